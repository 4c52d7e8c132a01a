"""Probation."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0014 to 0015. There is no way back but a backup."""
    op.create_table(
        "probation_case",
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("ends_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("meeting_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("answer_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("drafted_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("sent_at", TEXT, autoincrement=False, nullable=True),
        sa.Column("resolved_on", TEXT, autoincrement=False, nullable=True),
        sa.Column("resolution_number", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("subject", "ends_on", name=op.f("pk_probation_case")),
    )
