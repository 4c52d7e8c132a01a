"""Held messages."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0002 to 0003. There is no way back but a backup."""
    op.create_table(
        "attempt",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("epoch", TEXT, autoincrement=False, nullable=False),
        sa.Column("index", INTEGER, autoincrement=False, nullable=False),
        sa.Column("attempts", INTEGER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pairing_id", "epoch", "index", name=op.f("pk_attempt")),
    )
    op.create_table(
        "holding",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("by_epoch", TEXT, autoincrement=False, nullable=False),
        sa.Column("by_index", INTEGER, autoincrement=False, nullable=False),
        sa.Column("own", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("epoch", TEXT, autoincrement=False, nullable=False),
        sa.Column("index", INTEGER, autoincrement=False, nullable=False),
        sa.Column("message", TEXT, autoincrement=False, nullable=False),
        sa.Column("code", TEXT, autoincrement=False, nullable=False),
        sa.Column("scope", TEXT, autoincrement=False, nullable=False),
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("unit", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("released", TEXT, autoincrement=False, nullable=False),
        sa.Column("withdrawn", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pairing_id", "by_epoch", "by_index", name=op.f("pk_holding")),
    )
