"""Matters."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0010 to 0011. There is no way back but a backup."""
    op.create_table(
        "matter",
        sa.Column("matter_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("category", TEXT, autoincrement=False, nullable=False),
        sa.Column("title", TEXT, autoincrement=False, nullable=False),
        sa.Column("text", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("body_code", TEXT, autoincrement=False, nullable=False),
        sa.Column("announced_on", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("matter_id", name=op.f("pk_matter")),
    )
    op.create_table(
        "matter_reach",
        sa.Column("matter_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("outcome", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("reply", TEXT, autoincrement=False, nullable=True),
        sa.Column("by", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("matter_id", "person", name=op.f("pk_matter_reach")),
    )
