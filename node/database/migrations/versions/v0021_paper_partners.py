"""Paper partners."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0020 to 0021. There is no way back but a backup."""
    op.create_table(
        "letter",
        sa.Column("code", TEXT, autoincrement=False, nullable=False),
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("written_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("written_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("messages", TEXT, autoincrement=False, nullable=False),
        sa.Column("subjects", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_letter")),
        sa.UniqueConstraint("number", name=op.f("uq_letter_number")),
    )
    with op.batch_alter_table("letter", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_letter_pairing_id"), ["pairing_id"], unique=False)

    op.create_table(
        "paper_entry",
        sa.Column("message", TEXT, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, autoincrement=False, nullable=False),
        sa.Column("subject", TEXT, autoincrement=False, nullable=True),
        sa.Column("how", TEXT, autoincrement=False, nullable=False),
        sa.Column("letter", TEXT, autoincrement=False, nullable=True),
        sa.Column("reference", TEXT, autoincrement=False, nullable=True),
        sa.Column("clerk", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("said_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("entered_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("entered_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("withdrawn_by", TEXT, autoincrement=False, nullable=True),
        sa.Column("withdrawn_at", TEXT, autoincrement=False, nullable=True),
        sa.Column("offer", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("message", name=op.f("pk_paper_entry")),
    )
    with op.batch_alter_table("paper_entry", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_paper_entry_letter"), ["letter"], unique=False)
        batch_op.create_index(batch_op.f("ix_paper_entry_pairing_id"), ["pairing_id"], unique=False)

    op.create_table(
        "paper_partner",
        sa.Column("peer", TEXT, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("title", TEXT, autoincrement=False, nullable=False),
        sa.Column("region", TEXT, autoincrement=False, nullable=False),
        sa.Column("address", TEXT, autoincrement=False, nullable=True),
        sa.Column("phone", TEXT, autoincrement=False, nullable=True),
        sa.Column("added_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("added_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("version", TEXT, autoincrement=False, nullable=False),
        sa.Column("agreed_by", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("agreed_on", TEXT, autoincrement=False, nullable=True),
        sa.Column("reference", TEXT, autoincrement=False, nullable=True),
        sa.Column("linked_to", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("peer", name=op.f("pk_paper_partner")),
        sa.UniqueConstraint("pairing_id", name=op.f("uq_paper_partner_pairing_id")),
    )
