"""Card succession."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0007 to 0008. There is no way back but a backup."""
    with op.batch_alter_table("epoch", schema=None) as batch_op:
        batch_op.add_column(sa.Column("card", TEXT, autoincrement=False, nullable=True))

    with op.batch_alter_table("pairing", schema=None) as batch_op:
        batch_op.add_column(sa.Column("newest_there", TEXT, autoincrement=False, nullable=True))
        batch_op.add_column(sa.Column("shown_here", TEXT, autoincrement=False, nullable=True))
