"""Pairings that follow."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0012 to 0013. There is no way back but a backup."""
    with op.batch_alter_table("handshake", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaces", TEXT, autoincrement=False, nullable=True))

    with op.batch_alter_table("invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaces", TEXT, autoincrement=False, nullable=True))

    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("replaces", TEXT, autoincrement=False, nullable=True))
