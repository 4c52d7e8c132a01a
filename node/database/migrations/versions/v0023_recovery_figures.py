"""Recovery figures."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0022 to 0023. There is no way back but a backup."""
    with op.batch_alter_table("recovery", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("erased", INTEGER, autoincrement=False, nullable=False, server_default=sa.text("0"))
        )
        batch_op.add_column(
            sa.Column("given_up", sa.Boolean(), autoincrement=False, nullable=False, server_default=sa.false())
        )
