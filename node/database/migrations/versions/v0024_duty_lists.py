"""Duty lists."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0023 to 0024. There is no way back but a backup."""
    op.create_table(
        "duty_hand_over",
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("by", TEXT, autoincrement=False, nullable=False),
        sa.Column("version", TEXT, autoincrement=False, nullable=False),
        sa.Column("sha256", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("person", "number", name=op.f("pk_duty_hand_over")),
    )
    op.create_table(
        "floating_organisation",
        sa.Column("code", TEXT, autoincrement=False, nullable=False),
        sa.Column("host_place", TEXT, autoincrement=False, nullable=False),
        sa.Column("approval", TEXT, autoincrement=False, nullable=False),
        sa.Column("established_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("registered_by", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_floating_organisation")),
    )
