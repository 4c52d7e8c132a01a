"""Reports to superiors."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0021 to 0022. There is no way back but a backup."""
    op.create_table(
        "upward_item",
        sa.Column("item_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("matter", TEXT, autoincrement=False, nullable=False),
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("content", TEXT, autoincrement=False, nullable=False),
        sa.Column("opened_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("report", INTEGER, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_upward_item")),
    )
    with op.batch_alter_table("upward_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_upward_item_report"), ["report"], unique=False)
        batch_op.create_index(batch_op.f("ix_upward_item_subject"), ["subject"], unique=False)

    op.create_table(
        "upward_report",
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("made_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("made_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("sent_on", TEXT, autoincrement=False, nullable=True),
        sa.Column("channel", TEXT, autoincrement=False, nullable=True),
        sa.Column("received_on", TEXT, autoincrement=False, nullable=True),
        sa.Column("receipt", TEXT, autoincrement=False, nullable=True),
        sa.Column("decision", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_upward_report")),
    )
