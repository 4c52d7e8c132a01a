"""SQLite and PostgreSQL through their own drivers: opened, begun, kept open between transactions.

A running node loads neither SQLAlchemy nor Alembic: those are for bringing tables up to date
(``node/database/migrations``), and cost a third of its memory, and a fifth of a millisecond for each transaction.
``Dialect`` is what the two databases differ in; a ``Link`` lends connections that have begun their transaction::

    link = Link(dialect, connect, "BEGIN", places=8)
    with link.transaction() as driver: driver.execute("SELECT 1"); driver.commit()
"""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from gongguan.protocol.errors import refuse

BUSY_TIMEOUT_MS: Final = 5_000
READERS_MAX: Final = 8
PLACE_TIMEOUT_S: Final = 30.0
STATEMENTS_KEPT: Final = 512
# Any fixed number: PostgreSQL knows our lock by it. The ASCII letters "gongguan".
WRITER_LOCK: Final = int.from_bytes(b"gongguan", "big")


class Dialect(NamedTuple):
    """What differs between the databases. ``mark``: the placeholder; ``scheme``: the name for SQLAlchemy."""

    name: str
    scheme: str
    mark: str
    nulls_sort_last: bool
    error: type[Exception]


SQLITE: Final = Dialect("sqlite", "sqlite://", "?", False, sqlite3.Error)


class Link:
    """Connections of one kind, at most ``places`` of them in use at a time."""

    def __init__(self, dialect: Dialect, connect: Callable[[], Any], begin: str, places: int) -> None:
        """``begin``: what a transaction begins with; a server that went away meanwhile shows by it."""
        self.dialect = dialect
        self.connect = connect
        self.begin = begin
        self._idle: list[Any] = []
        self._places = threading.Lock() if places == 1 else threading.BoundedSemaphore(places)

    @contextmanager
    def transaction(self) -> Iterator[Any]:
        """A connection that has begun. Whoever wants to keep what was written commits; the rest is rolled back."""
        driver = self.take()
        try:
            yield driver
        finally:
            self.give_back(driver)

    def take(self) -> Any:
        """``transaction`` for whoever gives it back in any case."""
        if not self._places.acquire(timeout=PLACE_TIMEOUT_S):
            raise refuse("R-database-busy", driver_code="no connection is free")
        try:
            return self._begun()
        except BaseException:
            self._places.release()
            raise

    def give_back(self, driver: Any) -> None:
        """What ``take`` gave."""
        try:
            self._put_back(driver)
        finally:
            self._places.release()

    def close(self) -> None:
        """Close what is open and not in use."""
        while self._idle:
            self._idle.pop().close()

    def _begun(self) -> Any:
        while self._idle:
            driver = self._idle.pop()
            try:
                driver.execute(self.begin)
            except self.dialect.error:
                if not getattr(driver, "broken", False):
                    self._put_back(driver)
                    raise
                driver.close()
            else:
                return driver
        driver = self.connect()
        try:
            driver.execute(self.begin)
        except BaseException:
            driver.close()
            raise
        return driver

    def _put_back(self, driver: Any) -> None:
        try:
            driver.rollback()
        except self.dialect.error:
            driver.close()
        else:
            self._idle.append(driver)


def links(where: str | Path) -> tuple[Link, Link]:
    """For writing and for reading. ``where`` as for ``open_database``. Raises I-folder-not-writable."""
    if isinstance(where, str) and where.startswith("postgresql"):
        return _postgresql("postgresql" + where[where.index("://") :])
    return _sqlite(Path(where))


def looking(where: str | Path) -> Link:
    """For one look at a database that is there already: nothing is made, and nothing asked of it."""
    if isinstance(where, str):
        return links(where)[1]
    address = f"file:{quote(str(where.resolve()))}?mode=rw"
    return Link(SQLITE, lambda: sqlite3.connect(address, uri=True, isolation_level=None), "BEGIN", 1)


def _sqlite(path: Path) -> tuple[Link, Link]:
    try:
        # Made here so that the file, and with it the WAL beside it, is for this account only.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(path.parent), reason=error.strerror) from error

    def connect() -> sqlite3.Connection:
        driver = sqlite3.connect(path, isolation_level=None, cached_statements=STATEMENTS_KEPT, check_same_thread=False)
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        return driver

    # The driver's own BEGIN is deferred: two transactions that read before they write lose an update or fail.
    return (
        Link(SQLITE, lambda: _durable(connect()), "BEGIN IMMEDIATE", 1),
        Link(SQLITE, lambda: _only_reading(connect()), "BEGIN", READERS_MAX),
    )


SETTINGS: Final = {
    "journal_mode": "wal",
    "synchronous": 2,
    "secure_delete": 1,
    "cache_size": -8_000,
    "wal_autocheckpoint": 4_096,
}
"""WAL and a full sync for every commit; what is deleted is overwritten, so that an erased member is not left in free
pages of the file. 8 MB of pages: a bundle of a thousand messages changes three thousand, and with the usual 2 MB some
of them were written and read again before the commit. The WAL is brought into the file by ``checkpoints.py``, and by
the writer's connection only where that could not."""


def _durable(driver: sqlite3.Connection) -> sqlite3.Connection:
    """Ask for what durability depends on, and look whether SQLite does it: it ignores silently what it cannot do."""
    try:
        for name, value in SETTINGS.items():
            driver.execute(f"PRAGMA {name} = {value}")
            found = driver.execute(f"PRAGMA {name}").fetchone()[0]
            if found != value:
                raise refuse("I-database-settings", setting=name, wanted=value, found=found)
    except BaseException:
        driver.close()
        raise
    return driver


def empty_wal(driver: sqlite3.Connection) -> bool:
    """Write the WAL back into the database file and cut it to nothing; False while a reader still needs it.

    Called between two transactions of the writer, which waits for nobody here. Raises ``sqlite3.Error``.
    """
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        (busy, _, _) = driver.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    return not busy


def _only_reading(driver: sqlite3.Connection) -> sqlite3.Connection:
    driver.execute("PRAGMA query_only = 1")
    return driver


def _postgresql(url: str) -> tuple[Link, Link]:
    import psycopg  # noqa: PLC0415 - an extra that most nodes do not have

    def connect_reader() -> Any:
        driver = psycopg.connect(url)
        driver.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        driver.read_only = True
        return driver

    dialect = Dialect("postgresql", "postgresql+psycopg://", "%s", True, psycopg.Error)
    # Held to the end of the transaction: a second process that writes to the same database waits for its turn.
    lock = f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"
    return (
        Link(dialect, lambda: psycopg.connect(url), lock, 1),
        Link(dialect, connect_reader, "SELECT 1", READERS_MAX),
    )
