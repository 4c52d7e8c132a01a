"""Working day arrangements."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0019 to 0020. There is no way back but a backup."""
    op.create_table(
        "arranged_day",
        sa.Column("day", TEXT, autoincrement=False, nullable=False),
        sa.Column("worked", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_arranged_day")),
    )
