"""The versions of the tables and the way from one to the next (Alembic).

A database is brought up to date when it is opened, in one transaction. Alembic and SQLAlchemy are loaded only when
there is something to do: a node that starts with a database of today needs no half second and no 25 MB for them.
``versions/`` holds one file per step; how to write one: ``python -m gongguan.node.database.migrations.draft --help``.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gongguan.node.database.drivers import Dialect, Link
from gongguan.protocol.errors import refuse

if TYPE_CHECKING:
    import sqlalchemy as sa

FOLDER: Final = Path(__file__).parent
VERSIONS: Final = FOLDER / "versions"
HAS_VERSION: Final = {
    "sqlite": "SELECT name FROM sqlite_master WHERE name = 'alembic_version'",
    "postgresql": "SELECT to_regclass('alembic_version')",
}


def bring_up(link: Link) -> None:
    """Bring the database to the newest version in one transaction; nothing is done to one that is there already.

    Raises ``I-database-newer`` for a version that we do not know.
    """
    with link.transaction() as driver:
        present, newest = standing(driver, link.dialect)
    if present == newest:
        return
    if present is not None and present not in _known():
        raise refuse("I-database-newer", version=present)
    import sqlalchemy as sa  # noqa: PLC0415 - see the module

    engine = sa.create_engine(link.dialect.scheme, creator=link.connect, poolclass=sa.pool.NullPool)
    sa.event.listen(engine, "begin", lambda connection: connection.exec_driver_sql(link.begin))
    try:
        with engine.connect() as connection, connection.begin():
            upgrade(connection)
    except sa.exc.DBAPIError as error:
        raise error.orig or error from error


def standing(driver: Any, dialect: Dialect) -> tuple[str | None, str]:
    """The version of this database, None for one without tables, and the newest that this software knows."""
    found = driver.execute(HAS_VERSION[dialect.name]).fetchone()
    row = driver.execute("SELECT version_num FROM alembic_version").fetchone() if found and found[0] else None
    return str(row[0]) if row else None, _known()[-1]


def upgrade(connection: "sa.Connection") -> None:
    """The steps from the version of this connection's database to the newest, inside its transaction."""
    from alembic import command  # noqa: PLC0415 - see the module
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _known() -> list[str]:
    return sorted(path.stem[1:5] for path in VERSIONS.glob("v*.py"))
