"""The thread in which all write transactions of a database run: one piece of work after the other, in order.

    writer = Writer("database-writer", rest=forget)
    writer.submit(lambda: 7).result()
    writer.hand_over(lambda: print("who waits for this is told by it"))
    writer.close()

``rest`` is called after each piece of work, once whoever waits for it was told. A pool of threads would do the same for
several times the cost of a hand-over, of which one message needs three.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TypeVar

from gongguan.node.logs import get_logger

T = TypeVar("T")

log = get_logger(__name__)


class Writer:
    """See the module."""

    def __init__(self, name: str, rest: Callable[[], None]) -> None:
        self._rest = rest
        self._waiting: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._closed = False
        # Whoever forgets to close it must be able to end all the same: that is a crash, and as harmless as one.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], T]) -> "Future[T]":
        """The result to come. Raises RuntimeError once it is closed."""
        future: Future[T] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)

        self.hand_over(run)
        return future

    def hand_over(self, work: Callable[[], None]) -> None:
        """``submit`` for what tells by itself how it ended. Raises RuntimeError once it is closed."""
        with self._lock:
            if self._closed:
                raise RuntimeError("the writer is closed")
            self._waiting.put(work)

    def is_here(self) -> bool:
        """Whether the caller runs in this very thread."""
        return threading.get_ident() == self._thread.ident

    def close(self) -> None:
        """Finish what was submitted. Twice is harmless."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._waiting.put(None)
        if not self.is_here():
            self._thread.join()

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            try:
                work()
            except Exception as error:
                log.error("who waited could not be told", exc_info=error)
            # Nothing of it is kept while there is nothing to do.
            del work
            self._rest()
