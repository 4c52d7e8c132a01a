"""Write a migration file from the record classes.

    python -m gongguan.node.database.migrations.draft            # the first migration again, from the tables
    python -m gongguan.node.database.migrations.draft add_phone  # the next one: the difference to the newest version

The first form is for as long as no release has been made: after it, every database in the field would differ from the
file. Read what was written, then commit it with the change of the record.
"""

import re
import subprocess
import sys
from collections.abc import Sequence
from typing import Literal

import sqlalchemy as sa
from alembic.autogenerate import produce_migrations, render_python_code
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import UpgradeOps
from alembic.runtime.migration import MigrationContext

from gongguan.node.database.migrations import VERSIONS, upgrade
from gongguan.node.database.tables import INTEGER, METADATA, TEXT

PAGE = '''"""{title}."""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {down_revision}
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From {before} to {revision}. There is no way back but a backup."""
    {body}
{tables}'''

TABLE = """

def _{name}() -> None:
    {body}
"""


def difference(connection: sa.Connection, *, first: bool) -> str:
    """The Python lines that lead from the tables of this connection to those of the record classes."""
    context = MigrationContext.configure(connection, opts={"target_metadata": METADATA})
    steps = produce_migrations(context, METADATA).upgrade_ops or UpgradeOps([])
    lines = render_python_code(steps, render_as_batch=not first, render_item=_type_name)
    return re.sub(r"^ *#.*\n?", "", lines, flags=re.MULTILINE).strip()


def _type_name(kind: str, item: object, _context: AutogenContext) -> str | Literal[False]:
    names = {id(TEXT): "TEXT", id(INTEGER): "INTEGER"}
    return names.get(id(item), False) if kind == "type" else False


def main(arguments: Sequence[str]) -> None:
    """Write one file and print its name."""
    if arguments and arguments[0] in ("-h", "--help"):
        print(__doc__)
        return
    newest = max((path.stem[1:5] for path in VERSIONS.glob("v*.py")), default="0000") if arguments else "0000"
    revision = f"{int(newest) + 1:04}"
    name = arguments[0] if arguments else "first_tables"
    with sa.create_engine("sqlite://").begin() as connection:
        if arguments:
            upgrade(connection)
        body = difference(connection, first=not arguments)
    tables = re.split(r"^ *(?=op\.create_table\()", body, flags=re.MULTILINE)[1:] if not arguments else []
    names = [re.search(r'"(\w+)"|\'(\w+)\'', table) for table in tables]
    functions = {(name[1] or name[2]): table.strip() for name, table in zip(names, tables, strict=True) if name}
    if functions:
        body = "\n    ".join(f"_{name}()" for name in functions)
    page = PAGE.format(
        title=name.replace("_", " ").capitalize(),
        revision=revision,
        before=newest if arguments else "nothing",
        down_revision=f'"{newest}"' if arguments else "None",
        body=body,
        tables="".join(TABLE.format(name=name, body=table) for name, table in functions.items()),
    )
    path = VERSIONS / f"v{revision}_{name}.py"
    path.write_text(page, encoding="utf-8")
    subprocess.run([sys.executable, "-m", "ruff", "format", "--quiet", str(path)], check=False)
    print(path.name)


if __name__ == "__main__":
    main(sys.argv[1:])
