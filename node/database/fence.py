"""The fence: what this node had signed and receipted, in a file outside the database.

After a restore of an older database the fence is ahead of it: that shows at the next start, and the node says that it
is recovering. The fence only detects; that no log ever forks is Rule E's work (``node/database/sequencer.py``). It
is written after commits by its own thread, at most once a second, and never waited for; where it cannot be written,
that is tried again and again, and ``gongguan doctor`` says so meanwhile::

    fence = Fence(path); behind = fence.compare(logs); fence.start()
    fence.note(logs)      # pairing id → sizes, after each commit
    fence.stop()

The file says: ``{"boot": 7, "letters": 4, "pairings": {id: {"own": {epoch: [size, root]}, "partner": {…}}}}``.
"""

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import msgspec

from gongguan.node.commits import reached
from gongguan.node.database.sequencer import LogSize
from gongguan.node.logs import get_logger
from gongguan.protocol.errors import refuse

INTERVAL_S: Final = 1.0
"""At most so much of what was signed is missing from the fence after a crash."""
RETRY_S: Final = 5.0
"""After so long a write that failed is tried again, whether or not anything has changed."""
EPOCHS_MAX: Final = 32
"""Epochs kept per direction: a lost database shows by the newest ones."""

log = get_logger(__name__)

Mark = tuple[Annotated[int, msgspec.Meta(ge=0)], str]


class Marks(msgspec.Struct, forbid_unknown_fields=True):
    """Both directions of a pairing: epoch → (size, root)."""

    own: dict[str, Mark] = {}
    partner: dict[str, Mark] = {}


class Contents(msgspec.Struct, forbid_unknown_fields=True):
    """The file."""

    boot: int = 0
    letters: int = 0
    pairings: dict[str, Marks] = {}


class Fence:
    """See the module. ``note`` may be called from any thread."""

    def __init__(self, path: Path, retry_s: float = RETRY_S) -> None:
        """Reads the file if there is one. Raises I-config for a file that is none: somebody has to look at it."""
        self._path = path
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._retry_s = retry_s
        self._is_written = True
        try:
            self._contents = msgspec.json.decode(path.read_bytes(), type=Contents)
        except FileNotFoundError:
            self._contents = Contents()
        except (OSError, msgspec.MsgspecError, UnicodeError) as error:
            raise refuse("I-config", file=path.name, problem="not a fence file") from error

    @property
    def boot(self) -> int:
        """How often this node was started."""
        return self._contents.boot

    @property
    def letters(self) -> int:
        """The number of the newest letter to a partner without a node."""
        return self._contents.letters

    def note_letters(self, newest: int) -> None:
        """Remember that letters up to this number were written; costs no disk."""
        with self._lock:
            self._contents.letters = max(self._contents.letters, newest)
        self._changed.set()

    def compare(self, logs: Mapping[str, tuple[LogSize, ...]]) -> list[str]:
        """The pairings whose logs in the database are behind the fence or differ from it at the same size."""
        return [
            pairing for pairing, marks in self._contents.pairings.items() if _is_behind(marks, logs.get(pairing, ()))
        ]

    def lacks(self, logs: Mapping[str, tuple[LogSize, ...]]) -> list[str]:
        """The pairings of which the database holds more than the fence was told."""
        return [pairing for pairing, sizes in logs.items() if self._lacks(pairing, sizes)]

    def _lacks(self, pairing: str, sizes: tuple[LogSize, ...]) -> bool:
        marks = self._contents.pairings.get(pairing, Marks())
        for item in sizes:
            side = marks.own if item.own else marks.partner
            is_let_go = item.epoch not in side and len(side) >= EPOCHS_MAX
            if not is_let_go and item.size > side.get(item.epoch, (0, ""))[0]:
                return True
        return False

    def ahead_of(self, pairing: str, sizes: tuple[LogSize, ...]) -> list[tuple[bool, str, int]]:
        """(own, epoch, size) of this pairing where the database has less."""
        marks = self._contents.pairings.get(pairing, Marks())
        held = {(item.own, item.epoch): item.size for item in sizes}
        sides = [(True, marks.own), (False, marks.partner)]
        return [
            (own, epoch, size)
            for own, side in sides
            for epoch, (size, _) in side.items()
            if held.get((own, epoch), 0) < size
        ]

    def begin_anew(self, pairing: str, sizes: tuple[LogSize, ...]) -> None:
        """From here on the database's own account of this pairing counts; what the fence said more stands there."""
        with self._lock:
            marks = self._contents.pairings[pairing] = Marks()
            for item in sizes:
                _raise_mark(marks.own if item.own else marks.partner, item)
        self._changed.set()

    def start(self) -> None:
        """Count this start and begin to write in the background."""
        self._contents.boot += 1
        self._write()
        self._thread = threading.Thread(target=self._run, name="fence", daemon=True)
        self._thread.start()

    def note(self, logs: Mapping[str, tuple[LogSize, ...]]) -> None:
        """Remember how far these logs have come; costs no disk."""
        is_more = False
        with self._lock:
            for pairing, sizes in logs.items():
                marks = self._contents.pairings.setdefault(pairing, Marks())
                for item in sizes:
                    side = marks.own if item.own else marks.partner
                    # Most of what a commit tells stands here already.
                    if side.get(item.epoch) != (item.size, item.root):
                        is_more |= _raise_mark(side, item)
        # Where it is set already, whoever writes clears it first and reads these marks after that.
        if is_more and not self._changed.is_set():
            self._changed.set()

    def stop(self) -> None:
        """Write what is missing and end the thread. Twice is harmless."""
        if self._thread is not None:
            self._stopping.set()
            self._changed.set()
            self._thread.join()
            self._thread = None
        elif self._changed.is_set():
            self._changed.clear()
            self._write()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._changed.wait(None if self._is_written else self._retry_s)
            self._changed.clear()
            self._write()
            self._stopping.wait(INTERVAL_S if self._is_written else min(INTERVAL_S, self._retry_s))
        if self._changed.is_set() or not self._is_written:
            self._write()

    def _write(self) -> None:
        reached("before-fence")
        with self._lock:
            data = msgspec.json.encode(self._contents)
        fresh = self._path.with_suffix(self._path.suffix + ".new")
        try:
            with fresh.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(fresh, self._path)
        except OSError as error:
            # The exchange goes on: without its fence a later restore of an old backup is noticed later, not never.
            if self._is_written:
                log.error("fence not written", reason=error.strerror)
            self._is_written = False
        else:
            if not self._is_written:
                log.info("fence written again")
            self._is_written = True


def _raise_mark(marks: dict[str, Mark], item: LogSize) -> bool:
    if item.size >= marks.get(item.epoch, (0, ""))[0] and item.size > 0:
        marks.pop(item.epoch, None)
        marks[item.epoch] = (item.size, item.root)
        while len(marks) > EPOCHS_MAX:
            marks.pop(next(iter(marks)))
        return item.epoch in marks
    return False


def _is_behind(marks: Marks, sizes: tuple[LogSize, ...]) -> bool:
    held = {(item.own, item.epoch): item for item in sizes}
    for own, side in ((True, marks.own), (False, marks.partner)):
        for epoch, (size, root) in side.items():
            item = held.get((own, epoch))
            if item is None or item.size < size or (item.size == size and item.root != root):
                return True
    return False
