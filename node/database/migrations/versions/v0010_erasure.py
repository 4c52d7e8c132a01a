"""Erasure."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0009 to 0010. There is no way back but a backup."""
    op.create_table(
        "erasure",
        sa.Column("unit", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("agreement", TEXT, autoincrement=False, nullable=False),
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("member_id", TEXT, autoincrement=False, nullable=True),
        sa.Column("message", TEXT, autoincrement=False, nullable=False),
        sa.Column("own", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("basis", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("known_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("erased_at", TEXT, autoincrement=False, nullable=True),
        sa.Column("messages", INTEGER, autoincrement=False, nullable=False),
        sa.Column("files", INTEGER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_erasure")),
    )
    with op.batch_alter_table("erasure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_member_id"), ["member_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_erasure_pairing_id_state"), ["pairing_id", "state"], unique=False)

    op.create_table(
        "erasure_request",
        sa.Column("request_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("about", TEXT, autoincrement=False, nullable=False),
        sa.Column("basis", TEXT, autoincrement=False, nullable=False),
        sa.Column("document_number", TEXT, autoincrement=False, nullable=True),
        sa.Column("requested_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("requested_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("decided_by", TEXT, autoincrement=False, nullable=True),
        sa.Column("decided_at", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("request_id", name=op.f("pk_erasure_request")),
    )
    with op.batch_alter_table("erasure_request", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erasure_request_about_state"), ["about", "state"], unique=False)
