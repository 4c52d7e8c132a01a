"""The WAL is brought into the database file beside the writer, and whoever waits for the WAL is told."""

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from gongguan.node.database.checkpoints import ROWS, Checkpoints
from gongguan.node.database.database import open_database
from gongguan.sync.records import Setting
from gongguan.sync.store import Store
from tests.node.crashes import SEAL


def _settings_of(file: Path) -> int:
    """How many stand in the file itself, whatever its WAL says."""
    alone = file.with_name("alone.sqlite3")
    alone.write_bytes(file.read_bytes())
    with closing(sqlite3.connect(alone)) as database:
        if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'setting'").fetchall():
            return 0
        count: int = database.execute("SELECT COUNT(*) FROM setting").fetchone()[0]
        return count


def _wait_for_checkpoints() -> None:
    for thread in threading.enumerate():
        if thread.name == "database-checkpoint":
            thread.join()


def test_what_was_written_comes_into_the_file_while_the_node_runs(tmp_path: Path) -> None:
    file = tmp_path / "node.sqlite3"

    def work(store: Store) -> None:
        for number in range(ROWS):
            store.put(Setting(name=f"n{number}", value=""))

    with closing(open_database(file, SEAL)) as database:
        database.write(lambda store: store.put(Setting(name="one", value="")))
        _wait_for_checkpoints()
        assert _settings_of(file) == 0
        database.write(work)
        _wait_for_checkpoints()
        assert _settings_of(file) == ROWS + 1


def test_whoever_waits_for_the_wal_is_told_even_if_nothing_could_be_brought() -> None:
    told: list[bool] = []

    def connect() -> sqlite3.Connection:
        raise sqlite3.OperationalError("disk I/O error")

    checkpoints = Checkpoints(connect, lambda: told.append(True))
    checkpoints.wrote(ROWS - 1)
    checkpoints.close()
    assert not told
    checkpoints.wrote(ROWS)
    checkpoints.close()
    assert told
    # Another connection of the writer's begins to count anew.
    checkpoints.wrote(1)
    checkpoints.close()
    assert len(told) == 2


def test_where_the_wal_has_grown_large_the_writer_waits_until_it_is_brought() -> None:
    told: list[bool] = []

    def connect() -> sqlite3.Connection:
        return sqlite3.connect(":memory:", check_same_thread=False)

    def after() -> None:
        threading.Event().wait(0.1)
        told.append(True)

    # A database in memory has no WAL, and says -1 of it.
    checkpoints = Checkpoints(connect, after, pages_max=-1)
    for number in (1, 2):
        checkpoints.wrote(number * ROWS)
        assert len(told) == number
    checkpoints.close()
