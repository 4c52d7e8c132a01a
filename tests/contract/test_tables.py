"""What the SQL databases promise beyond the Store port: their tables, and snapshots beside the writer."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from gongguan.node.database.database import SqlDatabase, open_database
from gongguan.node.database.migrations import upgrade
from gongguan.node.database.tables import METADATA
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.records import Setting
from gongguan.sync.store import Store
from tests.contract.conftest import SEAL


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    return request.getfixturevalue("postgresql_url") if request.param == "postgresql" else tmp_path / "node.sqlite3"


@pytest.fixture
def engine(where: str | Path) -> Iterator[sa.Engine]:
    url = (
        sa.make_url(str(where)).set(drivername="postgresql+psycopg") if isinstance(where, str) else f"sqlite:///{where}"
    )
    engine = sa.create_engine(url)
    yield engine
    engine.dispose()


@pytest.fixture
def database(where: str | Path) -> Iterator[SqlDatabase]:
    database = open_database(where, SEAL)
    yield database
    database.close()


def test_the_migrations_make_exactly_the_tables_of_the_record_classes(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        upgrade(connection)
    with engine.connect() as connection:
        difference = compare_metadata(MigrationContext.configure(connection), METADATA)
    assert difference == [], "a record changed: run python -m gongguan.node.database.migrations.draft"


def test_a_database_of_a_newer_version_is_not_opened(where: str | Path, engine: sa.Engine) -> None:
    open_database(where, SEAL).close()
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(ProtocolError) as caught:
        open_database(where, SEAL)
    assert caught.value.code == "I-database-newer"


def test_a_reader_sees_one_moment_while_the_writer_goes_on(database: SqlDatabase) -> None:
    def look(store: Store) -> tuple[int, int]:
        before = store.count(Setting)
        database.write(lambda other: other.put(Setting(name="a", value="")))
        return before, store.count(Setting)

    assert database.read(look) == (0, 0)
    assert database.read(lambda store: store.count(Setting)) == 1


def test_many_readers_at_once_leave_the_writer_its_turn(database: SqlDatabase) -> None:
    def nested(depth: int) -> Callable[[Store], int]:
        return lambda store: store.count(Setting) if depth == 0 else database.read(nested(depth - 1))

    assert database.read(nested(5)) == 0
    database.write(lambda store: store.put(Setting(name="a", value="")))
    assert database.read(nested(5)) == 1


def test_a_commit_to_a_server_that_went_away_is_uncertain_and_the_next_one_finds_it_again(postgresql_url: str) -> None:
    server = sa.create_engine(sa.make_url(postgresql_url).set(drivername="postgresql+psycopg"))
    end_others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"

    def work(store: Store) -> None:
        store.put(Setting(name="a", value=""))
        store.count(Setting)
        with server.connect() as connection:
            connection.execute(sa.text(f"{end_others} AND pid <> pg_backend_pid()"))

    with closing(open_database(postgresql_url, SEAL)) as database:
        with pytest.raises(ProtocolError) as caught:
            database.write(work)
        assert caught.value.code == "I-commit-unknown"
        database.write(lambda store: store.put(Setting(name="b", value="")))
        assert [found.name for found in database.read(lambda store: store.find(Setting))] == ["b"]
    server.dispose()
