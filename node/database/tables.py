"""Every table, derived from the record classes of ``sync/records.py`` by way of their shapes.

Nothing is declared twice: a record's fields are its columns, ``KEY`` its primary key, ``UNIQUE`` and ``INDEXES`` its
constraints. Ordinary rowid tables but for ``CLUSTERED``: bodies in WITHOUT ROWID tables measured two to four times
slower.
A change of a record needs a migration (``python -m gongguan.node.database.migrations.draft``); a test compares both.
"""

from typing import Any, Final

import sqlalchemy as sa

from gongguan.node.database.shapes import Field, Form, Shape, all_shapes

# Byte order of UTF-8 on both databases, which is also Python's order of text: one answer to every ORDER BY.
TEXT: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# SQLite's INTEGER has 64 bits, and a single INTEGER primary key is the row id itself: no second index.
INTEGER: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COLUMN_TYPES: Final[dict[Form, sa.types.TypeEngine[Any]]] = {
    Form.TEXT: TEXT,
    Form.INTEGER: INTEGER,
    Form.BOOLEAN: sa.Boolean(),
    Form.BYTES: sa.LargeBinary(),
    Form.JSON: TEXT,
}

METADATA: Final = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)


def _column(field: Field, shape: Shape[Any]) -> sa.Column[Any]:
    type_ = sa.LargeBinary() if field.sealed else COLUMN_TYPES[field.form]
    return sa.Column(
        field.name, type_, nullable=field.nullable, primary_key=field.name in shape.key, autoincrement=False
    )


def _table(shape: Shape[Any]) -> sa.Table:
    columns = {field.name: _column(field, shape) for field in shape.fields}
    # The primary key in the order of KEY, whatever the order of the fields.
    key = sa.PrimaryKeyConstraint(*(columns[name] for name in shape.key))
    unique = [sa.UniqueConstraint(*(columns[name] for name in names)) for names in shape.unique]
    indexes = [sa.Index(None, *(columns[name] for name in names)) for names in shape.indexes]
    parts = (*columns.values(), key, *unique, *indexes)
    return sa.Table(shape.table, METADATA, *parts, sqlite_with_rowid=not shape.kind.CLUSTERED)


TABLES: Final[dict[type[Any], sa.Table]] = {shape.kind: _table(shape) for shape in all_shapes()}
