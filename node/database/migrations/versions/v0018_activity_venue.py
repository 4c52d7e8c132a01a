"""Activity venue."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0017 to 0018. There is no way back but a backup."""
    with op.batch_alter_table("planned_activity", schema=None) as batch_op:
        batch_op.add_column(sa.Column("venue", TEXT, autoincrement=False, nullable=True))
