"""The database of a node: whole transactions as plain functions over a Store.

One thread writes, one transaction after the other; readers see a snapshot and never wait for it. A transaction is a
function: when it returns, everything in it is on disk (SQLite: WAL with ``synchronous=FULL``); when it raises, nothing
of it is, and the error comes through::

    with lock_folder(folder), closing(open_database(folder / "node.sqlite3", seal)) as database:
        database.write(lambda store: store.put(Setting(name="region", value="330102")))
        database.read(lambda store: store.get(Setting, "region"))

The one exception is ``I-commit-unknown``: COMMIT itself failed, and only looking again tells whether it took effect.
"""

import fcntl
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, TypeVar

import sqlalchemy as sa

from gongguan.node.database_errors import refusal
from gongguan.node.field_seal import FieldSeal
from gongguan.node.migrations import upgrade
from gongguan.node.storage import Backend, SqlStore
from gongguan.protocol.errors import refuse
from gongguan.sync.store import Store

T = TypeVar("T")

BUSY_TIMEOUT_MS: Final = 5_000
READERS_MAX: Final = 8
STATEMENTS_KEPT: Final = 512
# Any fixed number: PostgreSQL knows our lock by it. The ASCII letters "gongguan".
WRITER_LOCK: Final = int.from_bytes(b"gongguan", "big")


class Database(Protocol):
    """Transactions over a Store; ``tests/fakes.py`` has one in memory."""

    def write(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` in one transaction and return its result once that is on disk."""

    def read(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` on a snapshot; it cannot write."""

    def submit(self, work: Callable[[Store], T]) -> "Future[T]":
        """``write`` without waiting, for callers in an event loop (``asyncio.wrap_future``)."""

    def close(self) -> None:
        """Finish what was submitted, then close. Twice is harmless."""


class FolderLock:
    """The right to be the one process that works on a data folder. The system frees it when the process dies."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    def release(self) -> None:
        """Let another process have the folder. Twice is harmless."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> "FolderLock":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.release()


def lock_folder(folder: Path) -> FolderLock:
    """Lock a data folder, made if it is not there. Raises ``I-folder-in-use`` or ``I-folder-not-writable``."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(folder), reason=error.strerror) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        owner = os.read(descriptor, 20).decode("ascii", "replace").strip()
        os.close(descriptor)
        raise refuse("I-folder-in-use", folder=str(folder), process=owner or "unknown") from error
    try:
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
    except OSError as error:
        os.close(descriptor)
        raise refuse("I-folder-not-writable", folder=str(folder), reason=error.strerror) from error
    return FolderLock(descriptor)


def open_database(where: str | Path, seal: FieldSeal) -> "SqlDatabase":
    """Open (or make) the database and bring its tables up to date.

    ``where`` is a ``postgresql://`` URL or the path of an SQLite file. Raises the refusals of
    ``node/database_errors.py``, ``I-database-settings`` and ``I-database-newer``.
    """
    engines = _postgresql(where) if isinstance(where, str) and where.startswith("postgresql") else _sqlite(Path(where))
    return SqlDatabase(*engines, seal)


class SqlDatabase:
    """The Database port over SQLite or PostgreSQL: a writing engine with one connection, a reading one with several."""

    def __init__(self, writing: sa.Engine, reading: sa.Engine, seal: FieldSeal) -> None:
        """Migrates first. After an error both engines are closed again."""
        self._writing, self._reading = writing, reading
        self._backend = Backend(writing.dialect, seal)
        self._driver_error = self._backend.driver_error
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="database-writer")
        self._writer_thread: int | None = None
        try:
            self._writer.submit(self._start).result()
        except (sa.exc.DBAPIError, self._driver_error) as error:
            self.close()
            raise refusal(getattr(error, "orig", None) or error) from error
        except BaseException:
            self.close()
            raise

    def write(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` in one transaction on the writer thread; rolled back and re-raised if it raises.

        Raises the refusals of ``node/database_errors.py``, and ``I-commit-unknown`` when COMMIT itself failed.
        """
        if threading.get_ident() == self._writer_thread:
            raise RuntimeError("a transaction cannot start another one")
        return self.submit(work).result()

    def submit(self, work: Callable[[Store], T]) -> "Future[T]":
        """``write`` without waiting. Transactions run in the order in which they were submitted."""
        return self._writer.submit(self._transaction, work)

    def read(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` on a snapshot, in the calling thread, beside the writer."""
        try:
            with self._reading.connect() as connection, connection.begin():
                return work(SqlStore(connection, self._backend, writable=False))
        except (sa.exc.DBAPIError, self._driver_error) as error:
            raise refusal(getattr(error, "orig", None) or error) from error

    def close(self) -> None:
        """Finish what was submitted, then close both engines."""
        self._writer.shutdown(wait=True)
        self._writing.dispose()
        self._reading.dispose()

    def _start(self) -> None:
        self._writer_thread = threading.get_ident()
        with self._writing.connect() as connection, connection.begin():
            upgrade(connection)

    def _transaction(self, work: Callable[[Store], T]) -> T:
        try:
            with self._writing.connect() as connection:
                connection.begin()
                store = SqlStore(connection, self._backend, writable=True)
                result = work(store)
                store.finish()
                self._commit(connection)
                return result
        except (sa.exc.DBAPIError, self._driver_error) as error:
            raise refusal(getattr(error, "orig", None) or error) from error

    def _commit(self, connection: sa.Connection) -> None:
        try:
            connection.commit()
        except (sa.exc.DBAPIError, self._driver_error) as error:
            # Never to be used again: closing it is the only way to be sure that nothing of it lives on.
            connection.invalidate()
            driver_code = refusal(getattr(error, "orig", None) or error).facts["driver_code"]
            raise refuse("I-commit-unknown", driver_code=driver_code) from error


def _sqlite(path: Path) -> tuple[sa.Engine, sa.Engine]:
    try:
        # Made here so that the file, and with it the WAL beside it, is for this account only.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(path.parent), reason=error.strerror) from error
    options = {"isolation_level": None, "cached_statements": STATEMENTS_KEPT, "check_same_thread": False}
    url = sa.URL.create("sqlite", database=str(path))
    writing = sa.create_engine(url, connect_args=options, pool_size=1, max_overflow=0)
    reading = sa.create_engine(url, connect_args=options, pool_size=READERS_MAX, max_overflow=0)
    sa.event.listen(writing, "connect", _sqlite_settings)
    sa.event.listen(reading, "connect", _sqlite_reader_settings)
    # The driver's own BEGIN is deferred: two transactions that read before they write lose an update or fail.
    sa.event.listen(writing, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    sa.event.listen(reading, "begin", lambda connection: connection.exec_driver_sql("BEGIN"))
    return writing, reading


def _sqlite_settings(driver: Any, _record: object) -> None:
    """Ask for what durability depends on, and look whether SQLite does it: it ignores silently what it cannot do."""
    wanted = {"busy_timeout": BUSY_TIMEOUT_MS, "journal_mode": "wal", "synchronous": 2}
    for name, value in wanted.items():
        driver.execute(f"PRAGMA {name} = {value}")
        found = driver.execute(f"PRAGMA {name}").fetchone()[0]
        if found != value:
            raise refuse("I-database-settings", setting=name, wanted=value, found=found)


def _sqlite_reader_settings(driver: Any, _record: object) -> None:
    driver.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    driver.execute("PRAGMA query_only = 1")


def _postgresql(where: str) -> tuple[sa.Engine, sa.Engine]:
    url = sa.make_url(where).set(drivername="postgresql+psycopg")
    writing = sa.create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True)
    reading = sa.create_engine(
        url,
        pool_size=READERS_MAX,
        max_overflow=0,
        pool_pre_ping=True,
        isolation_level="REPEATABLE READ",
        execution_options={"postgresql_readonly": True},
    )
    # Held to the end of the transaction: a second process that writes to the same database waits for its turn.
    lock = f"SELECT pg_advisory_xact_lock({WRITER_LOCK})"
    sa.event.listen(writing, "begin", lambda connection: connection.exec_driver_sql(lock))
    return writing, reading
