"""The database of a node: whole transactions as plain functions over a Store.

One thread writes, one transaction after the other; readers see a snapshot and never wait for it. A transaction is a
function: when it returns, everything in it is on disk (SQLite: WAL with ``synchronous=FULL``); when it raises, nothing
of it is, and the error comes through. What an erasure deleted is then overwritten in the database file and gone from
the WAL too, or at the latest when the last reader that still saw it has ended::

    with lock_folder(folder), closing(open_database(folder / "node.sqlite3", seal)) as database:
        database.write(lambda store: store.put(Setting(name="region", value="330102")))
        database.read(lambda store: store.get(Setting, "region"))

The one exception is ``I-commit-unknown``: COMMIT itself failed, and only looking again tells whether it took effect.
"""

import fcntl
import os
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

from gongguan.node.database import migrations
from gongguan.node.database.checkpoints import Checkpoints
from gongguan.node.database.drivers import SQLITE, Link, empty_wal, links
from gongguan.node.database.errors import refusal
from gongguan.node.database.remembered import Remembered
from gongguan.node.database.storage import Backend, SqlStore
from gongguan.node.database.writer import Writer
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.node.logs import get_logger
from gongguan.protocol.errors import refuse
from gongguan.sync.records import Erasure
from gongguan.sync.store import Store

T = TypeVar("T")
Told = Callable[[T | None, BaseException | None], None]
"""Hears how a transaction ended: its result, or why it had none."""

log = get_logger(__name__)


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


class TurnedDatabase(Database, Protocol):
    """One under a sequencer."""

    def take_turn(self, work: Callable[[Store], T], told: "Told[T]") -> None:
        """``submit``; ``told`` is called where the transaction ran, between this one and the next."""


class OvertakenError(Exception):
    """Somebody else has written since the transaction whose snapshot was to be read on."""


def _go_on(driver: Any, remembered: Remembered) -> None:
    """Begin to read where a transaction has just ended."""
    driver.execute("BEGIN")
    if not remembered.begin(driver):
        raise OvertakenError


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
    ``node/database/errors.py``, ``I-database-settings`` and ``I-database-newer``.
    """
    return SqlDatabase(*links(where), seal)


class SqlDatabase:
    """The Database port over SQLite or PostgreSQL: one connection that writes, several that read."""

    def __init__(self, writing: Link, reading: Link, seal: FieldSeal) -> None:
        """Migrates first. After an error all connections are closed again."""
        self._writing, self._reading = writing, reading
        self._backend = Backend(writing.dialect, seal)
        self._driver_error = writing.dialect.error
        self._writer = Writer("database-writer", self._let_go)
        self._inside = False
        self._left: tuple[SqlStore, Callable[[], None]] | None = None
        """The transaction that has just committed, until whoever waits for it was told, and how to read more of it."""
        self._remembered = Remembered() if writing.dialect is SQLITE else None
        self._wal_tells = False
        """Whether the WAL may still hold what an erasure deleted."""
        is_sqlite = writing.dialect is SQLITE
        self._checkpoints = Checkpoints(writing.connect, self._wal_is_free) if is_sqlite else None
        try:
            self._writer.submit(lambda: migrations.bring_up(self._writing)).result()
        except self._driver_error as error:
            self.close()
            raise refusal(error) from error
        except BaseException:
            self.close()
            raise

    def write(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` in one transaction on the writer thread; rolled back and re-raised if it raises.

        Raises the refusals of ``node/database/errors.py``, and ``I-commit-unknown`` when COMMIT itself failed.
        """
        if self._writer.is_here():
            raise RuntimeError("a transaction cannot start another one")
        return self.submit(work).result()

    def submit(self, work: Callable[[Store], T]) -> "Future[T]":
        """``write`` without waiting. Transactions run in the order in which they were submitted."""
        return self._writer.submit(lambda: self._transaction(work))

    def take_turn(self, work: Callable[[Store], T], told: "Told[T]") -> None:
        """``submit``; ``told`` is called in the writer thread before the next transaction."""

        def turn() -> None:
            try:
                result = self._transaction(work)
            except BaseException as error:
                told(None, error)
            else:
                told(result, None)

        self._writer.hand_over(turn)

    def read(self, work: Callable[[Store], T]) -> T:
        """Run ``work`` on a snapshot, in the calling thread, beside the writer.

        The writer's own thread reads between two transactions over its connection, which remembers what it has read.
        Whoever is told of a transaction there reads what it left: what it knows is not asked for again. Once something
        has to be asked for, and somebody else has written since, the work is done again over a fresh snapshot.
        """
        is_writer = self._writer.is_here() and not self._inside
        link, remembered = (self._writing, self._remembered) if is_writer else (self._reading, None)
        try:
            if is_writer and self._left is not None:
                try:
                    return self._left[0].read_on(work, self._left[1])
                except OvertakenError:
                    # Nor for the next who is told: what that transaction knew is of another state than what is asked.
                    self._left = None
            driver = link.take()
            try:
                if remembered is not None:
                    remembered.begin(driver)
                return work(SqlStore(driver, self._backend, writable=False, remembered=remembered))
            finally:
                link.give_back(driver)
        except self._driver_error as error:
            raise refusal(error) from error
        finally:
            self._wal_is_free()

    @property
    def kept_rows(self) -> int:
        """From how many rows what is kept between lists was derived (node/database/derived.py)."""
        return self._backend.derived.rows

    def close(self) -> None:
        """Finish what was submitted, then close all connections."""
        self._writer.close()
        if self._checkpoints is not None:
            self._checkpoints.close()
        self._writing.close()
        self._reading.close()

    def _committed(self, driver: Any, store: SqlStore) -> None:
        written = store.written()
        self._backend.derived.drop(store.changed)
        if self._remembered is not None:
            self._remembered.wrote(written)
            store.committed()
            self._left = store, partial(_go_on, driver, self._remembered)
        self._wal_tells = self._wal_tells or (Erasure in written and self._writing.dialect is SQLITE)
        if self._wal_tells:
            self._forget(driver)
        if self._checkpoints is not None:
            self._checkpoints.wrote(driver.total_changes)

    def _let_go(self) -> None:
        self._left = None

    def _transaction(self, work: Callable[[Store], T]) -> T:
        self._inside = True
        try:
            driver = self._writing.take()
            try:
                if self._remembered is not None:
                    self._remembered.begin(driver)
                store = SqlStore(driver, self._backend, writable=True, remembered=self._remembered)
                result = work(store)
                store.finish()
                self._commit(driver)
                self._committed(driver, store)
                return result
            finally:
                self._writing.give_back(driver)
        except self._driver_error as error:
            raise refusal(error) from error
        finally:
            self._inside = False

    def _wal_is_free(self) -> None:
        """A reader or a checkpoint has ended: perhaps it was the last that the WAL was needed for."""
        if self._wal_tells:
            with suppress(RuntimeError):  # closed meanwhile: whoever closes last empties the WAL
                self._writer.submit(self._forget_alone)

    def _forget_alone(self) -> None:
        if not self._wal_tells:
            return
        with self._writing.transaction() as driver:
            driver.rollback()
            self._forget(driver)

    def _forget(self, driver: Any) -> None:
        """After a commit, which stands whatever comes of this: it is tried again after the next one."""
        try:
            self._wal_tells = not empty_wal(driver)
        except self._driver_error as error:
            log.warning("the WAL could not be emptied after an erasure", exc_info=error)

    def _commit(self, driver: Any) -> None:
        try:
            driver.commit()
        except self._driver_error as error:
            # Never to be used again: closing it is the only way to be sure that nothing of it lives on.
            driver.close()
            if self._remembered is not None:
                self._remembered.forget()
            raise refuse("I-commit-unknown", driver_code=refusal(error).facts["driver_code"]) from error
