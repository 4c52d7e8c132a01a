"""The versions of the tables and the way from one to the next (Alembic).

A database is brought up to date when it is opened, in one transaction. ``versions/`` holds one file per step; how to
write one after changing a record: ``python -m gongguan.node.migrations.draft --help``.
"""

from pathlib import Path
from typing import Final

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from gongguan.protocol.errors import refuse

FOLDER: Final = Path(__file__).parent
VERSIONS: Final = FOLDER / "versions"


def upgrade(connection: sa.Connection) -> None:
    """Bring the database of this connection to the newest version, inside its transaction.

    Nothing is done to one that is there already. Raises ``I-database-newer`` for a version that we do not know.
    """
    scripts = ScriptDirectory(str(FOLDER))
    present = MigrationContext.configure(connection).get_current_revision()
    if present is not None and present not in {script.revision for script in scripts.walk_revisions()}:
        raise refuse("I-database-newer", version=present)
    if present == scripts.get_current_head():
        return
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
