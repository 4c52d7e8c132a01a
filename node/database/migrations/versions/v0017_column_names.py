"""Column names."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0016 to 0017. There is no way back but a backup."""
    op.create_table(
        "column_name",
        sa.Column("sheet", TEXT, autoincrement=False, nullable=False),
        sa.Column("header", TEXT, autoincrement=False, nullable=False),
        sa.Column("column", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("sheet", "header", name=op.f("pk_column_name")),
    )
