"""Reading purposes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0008 to 0009. There is no way back but a backup."""
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.add_column(sa.Column("purpose", TEXT, autoincrement=False, nullable=True))
        batch_op.add_column(sa.Column("records", INTEGER, autoincrement=False, nullable=True))
