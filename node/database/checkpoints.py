"""What stands in SQLite's WAL is brought into the database file beside the writer, which need not wait for that.

Left to SQLite, every commit behind which the WAL holds a thousand pages copies them and waits for the disk once more:
of a bundle a fourth of what the database takes. Here a thread does it while the next transaction computes; where the
disk cannot follow the writer waits for it, since a WAL starts anew only once all of it was brought. Nothing of
durability depends on it: what has committed is in the WAL, and on the disk::

    checkpoints.wrote(driver.total_changes)     # after each commit, in the writer's thread
"""

import sqlite3
import threading
from collections.abc import Callable
from typing import Final

from gongguan.node.logs import get_logger

ROWS: Final = 1_000
"""Rows written between two checkpoints, at least: about as many pages."""
PAGES_MAX: Final = 4_096
"""With so many in the WAL the writer waits: 16 MB, to be read again where a process died."""

log = get_logger(__name__)


class Checkpoints:
    """See the module. ``after`` is called in that thread when one has ended."""

    def __init__(
        self, connect: Callable[[], sqlite3.Connection], after: Callable[[], None], *, pages_max: int = PAGES_MAX
    ) -> None:
        self._connect = connect
        self._after = after
        self._pages_max = pages_max
        self._pages = 0
        self._driver: sqlite3.Connection | None = None
        self._under_way: threading.Thread | None = None
        self._before = 0

    def wrote(self, changes: int) -> None:
        """A transaction has committed; ``changes``: rows that the writer's connection has changed so far."""
        if 0 <= changes - self._before < ROWS:
            return
        is_small = self._pages < self._pages_max
        if self._under_way is not None:
            if is_small and self._under_way.is_alive():
                return
            self._under_way.join()
        self._before = changes
        self._under_way = threading.Thread(target=self._bring, name="database-checkpoint", daemon=True)
        self._under_way.start()
        if not is_small:
            self._under_way.join()

    def close(self) -> None:
        """Finish what is under way. Twice is harmless."""
        if self._under_way is not None:
            self._under_way.join()
        if self._driver is not None:
            self._driver.close()
            self._driver = None

    def _bring(self) -> None:
        try:
            self._driver = self._driver or self._connect()
            _, self._pages, _ = self._driver.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except Exception as error:
            # The writer's own connection will have to do it.
            log.warning("no checkpoint beside the writer", exc_info=error)
        self._after()
