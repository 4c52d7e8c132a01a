"""Batches."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0004 to 0005. There is no way back but a backup."""
    op.create_table(
        "batch",
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("sheet", TEXT, autoincrement=False, nullable=False),
        sa.Column("staff", TEXT, autoincrement=False, nullable=False),
        sa.Column("at", TEXT, autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, autoincrement=False, nullable=False),
        sa.Column("entries", INTEGER, autoincrement=False, nullable=False),
        sa.Column("made", TEXT, autoincrement=False, nullable=False),
        sa.Column("undone_at", TEXT, autoincrement=False, nullable=True),
        sa.Column("undone_by", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_batch")),
    )
    with op.batch_alter_table("batch", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_batch_at"), ["at"], unique=False)
