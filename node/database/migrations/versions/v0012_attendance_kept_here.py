"""Attendance kept here."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0011 to 0012. There is no way back but a backup."""
    with op.batch_alter_table("activity_invitation", schema=None) as batch_op:
        batch_op.add_column(sa.Column("attendance", TEXT, autoincrement=False, nullable=True))
        batch_op.add_column(sa.Column("absence_reason", TEXT, autoincrement=False, nullable=True))
