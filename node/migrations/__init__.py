"""The versions of the tables and the way from one to the next (Alembic).

A database is brought up to date when it is opened, in one transaction. Alembic itself is loaded only when there is
something to do: a node that starts with a database of today needs no half second for it. ``versions/`` holds one file
per step; how to write one after changing a record: ``python -m gongguan.node.migrations.draft --help``.
"""

from pathlib import Path
from typing import Final

import sqlalchemy as sa

from gongguan.protocol.errors import refuse

FOLDER: Final = Path(__file__).parent
VERSIONS: Final = FOLDER / "versions"


def upgrade(connection: sa.Connection) -> None:
    """Bring the database of this connection to the newest version, inside its transaction.

    Nothing is done to one that is there already. Raises ``I-database-newer`` for a version that we do not know.
    """
    known = _known()
    present = _present(connection)
    if present is not None and present not in known:
        raise refuse("I-database-newer", version=present)
    if present == known[-1]:
        return
    from alembic import command  # noqa: PLC0415 - see the module
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def standing(connection: sa.Connection) -> tuple[str | None, str]:
    """The version of this database, None for one without tables, and the newest that this software knows."""
    return _present(connection), _known()[-1]


def _known() -> list[str]:
    return sorted(path.stem[1:5] for path in VERSIONS.glob("v*.py"))


def _present(connection: sa.Connection) -> str | None:
    """The version that the database says it has; None for one without tables."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return str(found) if found is not None else None
