"""Movement."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0006 to 0007. There is no way back but a backup."""
    _certificate_check()
    _identity_check()
    _intake()
    _own_account()
    _reminder()
    _roster_version()


def _certificate_check() -> None:
    op.create_table(
        "certificate_check",
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("checked_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("checked_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("unmatched", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_certificate_check")),
    )


def _identity_check() -> None:
    op.create_table(
        "identity_check",
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("how", TEXT, autoincrement=False, nullable=False),
        sa.Column("checked_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("checked_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("reason", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_identity_check")),
    )


def _intake() -> None:
    op.create_table(
        "intake",
        sa.Column("intake_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("found_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("name", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("id_number", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("phone", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("certificate_number", TEXT, autoincrement=False, nullable=True),
        sa.Column("taken_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=True),
        sa.Column("message", TEXT, autoincrement=False, nullable=True),
        sa.Column("subject", TEXT, autoincrement=False, nullable=True),
        sa.Column("reason", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("intake_id", name=op.f("pk_intake")),
    )
    with op.batch_alter_table("intake", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_intake_message"), ["message"], unique=False)


def _own_account() -> None:
    op.create_table(
        "own_account",
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("given_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("taken_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("text", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_own_account")),
    )


def _reminder() -> None:
    op.create_table(
        "reminder",
        sa.Column("reminder_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("matter", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("channel", TEXT, autoincrement=False, nullable=False),
        sa.Column("outcome", TEXT, autoincrement=False, nullable=False),
        sa.Column("by", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("reminder_id", name=op.f("pk_reminder")),
    )
    with op.batch_alter_table("reminder", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_reminder_subject"), ["subject"], unique=False)


def _roster_version() -> None:
    op.create_table(
        "roster_version",
        sa.Column("roster", TEXT, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("since", TEXT, autoincrement=False, nullable=False),
        sa.Column("at", TEXT, autoincrement=False, nullable=False),
        sa.Column("row", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("roster", "person", "number", name=op.f("pk_roster_version")),
    )
    with op.batch_alter_table("roster_version", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_roster_version_roster_since"), ["roster", "since"], unique=False)
