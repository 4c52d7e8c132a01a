"""Attachments."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0005 to 0006. There is no way back but a backup."""
    op.create_table(
        "attached_file",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("sha256", TEXT, autoincrement=False, nullable=False),
        sa.Column("size", INTEGER, autoincrement=False, nullable=False),
        sa.Column("type", TEXT, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("held", INTEGER, autoincrement=False, nullable=False),
        sa.Column("failures", INTEGER, autoincrement=False, nullable=False),
        sa.Column("counted", sa.Boolean(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pairing_id", "sha256", name=op.f("pk_attached_file")),
    )
    with op.batch_alter_table("attached_file", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attached_file_pairing_id_state"), ["pairing_id", "state"], unique=False)

    op.create_table(
        "attached_part",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("sha256", TEXT, autoincrement=False, nullable=False),
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pairing_id", "sha256", "number", name=op.f("pk_attached_part")),
    )
    op.create_table(
        "attached_use",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("message", TEXT, autoincrement=False, nullable=False),
        sa.Column("sha256", TEXT, autoincrement=False, nullable=False),
        sa.Column("own", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, autoincrement=False, nullable=False),
        sa.Column("unit", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("subject", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("pairing_id", "message", "sha256", name=op.f("pk_attached_use")),
    )
    with op.batch_alter_table("attached_use", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attached_use_pairing_id_sha256"), ["pairing_id", "sha256"], unique=False)
        batch_op.create_index(batch_op.f("ix_attached_use_subject"), ["subject"], unique=False)
        batch_op.create_index(batch_op.f("ix_attached_use_unit"), ["unit"], unique=False)

    op.create_table(
        "partner_wish",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("sha256", TEXT, autoincrement=False, nullable=False),
        sa.Column("missing", INTEGER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pairing_id", "sha256", name=op.f("pk_partner_wish")),
    )
