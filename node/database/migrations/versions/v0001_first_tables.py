"""First tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From nothing to 0001. There is no way back but a backup."""
    _agreement_draft()
    _agreement_version()
    _audit_entry()
    _body()
    _card_note()
    _certificate()
    _delivery()
    _departure()
    _draft()
    _epoch()
    _fork_evidence()
    _handshake()
    _invitation()
    _log_message()
    _member()
    _mobility_period()
    _outflow_entry()
    _pairing()
    _recovery()
    _segment()
    _setting()
    _shared_record()
    _signed_statement()
    _staff()
    _task()
    _token()
    _unit()


def _agreement_draft() -> None:
    op.create_table(
        "agreement_draft",
        sa.Column("draft_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("text", TEXT, autoincrement=False, nullable=False),
        sa.Column("version", TEXT, autoincrement=False, nullable=False),
        sa.Column("prepared_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("prepared_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("proposal", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("draft_id", name=op.f("pk_agreement_draft")),
    )
    op.create_index(op.f("ix_agreement_draft_pairing_id"), "agreement_draft", ["pairing_id"], unique=False)


def _agreement_version() -> None:
    op.create_table(
        "agreement_version",
        sa.Column("version", TEXT, autoincrement=False, nullable=False),
        sa.Column("agreement", TEXT, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("text", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("version", name=op.f("pk_agreement_version")),
    )
    op.create_index(op.f("ix_agreement_version_agreement"), "agreement_version", ["agreement"], unique=False)
    op.create_index(op.f("ix_agreement_version_pairing_id"), "agreement_version", ["pairing_id"], unique=False)


def _audit_entry() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("at", TEXT, autoincrement=False, nullable=False),
        sa.Column("staff", TEXT, autoincrement=False, nullable=False),
        sa.Column("operation", TEXT, autoincrement=False, nullable=False),
        sa.Column("about", TEXT, autoincrement=False, nullable=True),
        sa.Column("outcome", TEXT, autoincrement=False, nullable=False),
        sa.Column("digest", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_entry")),
    )
    op.create_index(op.f("ix_audit_entry_about"), "audit_entry", ["about"], unique=False)


def _body() -> None:
    op.create_table(
        "body",
        sa.Column("code", TEXT, autoincrement=False, nullable=False),
        sa.Column("full_name", TEXT, autoincrement=False, nullable=False),
        sa.Column("short_name", TEXT, autoincrement=False, nullable=False),
        sa.Column("category", TEXT, autoincrement=False, nullable=False),
        sa.Column("parent_code", TEXT, autoincrement=False, nullable=True),
        sa.Column("secretary", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("phone", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_body")),
    )
    op.create_index(op.f("ix_body_parent_code"), "body", ["parent_code"], unique=False)


def _card_note() -> None:
    op.create_table(
        "card_note",
        sa.Column("hash", TEXT, autoincrement=False, nullable=False),
        sa.Column("node_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("serial", INTEGER, autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_card_note")),
    )
    op.create_index(op.f("ix_card_note_node_id"), "card_note", ["node_id"], unique=False)


def _certificate() -> None:
    op.create_table(
        "certificate",
        sa.Column("number", TEXT, autoincrement=False, nullable=False),
        sa.Column("member_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("issued_on", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_certificate")),
    )
    op.create_index(op.f("ix_certificate_member_id"), "certificate", ["member_id"], unique=False)


def _delivery() -> None:
    op.create_table(
        "delivery",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("failures", INTEGER, autoincrement=False, nullable=False),
        sa.Column("next_at", TEXT, autoincrement=False, nullable=True),
        sa.Column("reached_at", TEXT, autoincrement=False, nullable=True),
        sa.Column("heard_at", TEXT, autoincrement=False, nullable=True),
        sa.Column("last_error", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("pairing_id", name=op.f("pk_delivery")),
    )


def _departure() -> None:
    op.create_table(
        "departure",
        sa.Column("departure_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("member_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("reported_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("left_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("destination_place", TEXT, autoincrement=False, nullable=False),
        sa.Column("reason", TEXT, autoincrement=False, nullable=False),
        sa.Column("briefed_on", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("departure_id", name=op.f("pk_departure")),
    )
    op.create_index(op.f("ix_departure_member_id"), "departure", ["member_id"], unique=False)


def _draft() -> None:
    op.create_table(
        "draft",
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_draft")),
    )
    op.create_index(op.f("ix_draft_pairing_id"), "draft", ["pairing_id"], unique=False)


def _epoch() -> None:
    op.create_table(
        "epoch",
        sa.Column("ordinal", INTEGER, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("own", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("epoch", TEXT, autoincrement=False, nullable=False),
        sa.Column("parents", TEXT, autoincrement=False, nullable=False),
        sa.Column("size", INTEGER, autoincrement=False, nullable=False),
        sa.Column("frontier", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("lamport", INTEGER, autoincrement=False, nullable=False),
        sa.Column("head", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("receipted", INTEGER, autoincrement=False, nullable=False),
        sa.Column("receipt", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("shown", INTEGER, autoincrement=False, nullable=False),
        sa.Column("returned", INTEGER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("ordinal", name=op.f("pk_epoch")),
        sa.UniqueConstraint("pairing_id", "epoch", name=op.f("uq_epoch_pairing_id_epoch")),
    )


def _fork_evidence() -> None:
    op.create_table(
        "fork_evidence",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("epoch", TEXT, autoincrement=False, nullable=False),
        sa.Column("size", INTEGER, autoincrement=False, nullable=False),
        sa.Column("first", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("second", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pairing_id", "epoch", "size", name=op.f("pk_fork_evidence")),
    )


def _handshake() -> None:
    op.create_table(
        "handshake",
        sa.Column("peer", TEXT, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("invited_here", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("token", TEXT, autoincrement=False, nullable=False),
        sa.Column("card_here", TEXT, autoincrement=False, nullable=False),
        sa.Column("card_there", TEXT, autoincrement=False, nullable=False),
        sa.Column("officer_here", TEXT, autoincrement=False, nullable=False),
        sa.Column("officer_there", TEXT, autoincrement=False, nullable=False),
        sa.Column("compared_by", TEXT, autoincrement=False, nullable=True),
        sa.Column("signature_here", TEXT, autoincrement=False, nullable=True),
        sa.Column("signature_there", TEXT, autoincrement=False, nullable=True),
        sa.Column("expires_at", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("peer", name=op.f("pk_handshake")),
    )


def _invitation() -> None:
    op.create_table(
        "invitation",
        sa.Column("token", TEXT, autoincrement=False, nullable=False),
        sa.Column("card", TEXT, autoincrement=False, nullable=False),
        sa.Column("officer", TEXT, autoincrement=False, nullable=False),
        sa.Column("created_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("expires_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("used_by", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_invitation")),
    )


def _log_message() -> None:
    op.create_table(
        "log_message",
        sa.Column("ordinal", INTEGER, autoincrement=False, nullable=False),
        sa.Column("index", INTEGER, autoincrement=False, nullable=False),
        sa.Column("author", TEXT, autoincrement=False, nullable=False),
        sa.Column("id", TEXT, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, autoincrement=False, nullable=False),
        sa.Column("unit", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("leaf_hash", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("lamport", INTEGER, autoincrement=False, nullable=False),
        sa.Column("verdict", TEXT, autoincrement=False, nullable=False),
        sa.Column("effect", TEXT, autoincrement=False, nullable=False),
        sa.Column("data", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("ordinal", "index", name=op.f("pk_log_message")),
    )
    op.create_index(op.f("ix_log_message_author_id"), "log_message", ["author", "id"], unique=False)
    op.create_index(op.f("ix_log_message_unit"), "log_message", ["unit"], unique=False)


def _member() -> None:
    op.create_table(
        "member",
        sa.Column("member_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("branch_code", TEXT, autoincrement=False, nullable=False),
        sa.Column("id_digest", TEXT, autoincrement=False, nullable=False),
        sa.Column("name", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("id_number", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("details", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("category", TEXT, autoincrement=False, nullable=False),
        sa.Column("floating", sa.Boolean(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_member")),
        sa.UniqueConstraint("id_digest", name=op.f("uq_member_id_digest")),
    )
    op.create_index(op.f("ix_member_branch_code"), "member", ["branch_code"], unique=False)


def _mobility_period() -> None:
    op.create_table(
        "mobility_period",
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("agreement", TEXT, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("side", TEXT, autoincrement=False, nullable=False),
        sa.Column("member_id", TEXT, autoincrement=False, nullable=True),
        sa.Column("body_code", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("subject", name=op.f("pk_mobility_period")),
    )
    op.create_index(op.f("ix_mobility_period_agreement"), "mobility_period", ["agreement"], unique=False)
    op.create_index(op.f("ix_mobility_period_member_id"), "mobility_period", ["member_id"], unique=False)


def _outflow_entry() -> None:
    op.create_table(
        "outflow_entry",
        sa.Column("member_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("left_on", TEXT, autoincrement=False, nullable=True),
        sa.Column("destination_place", TEXT, autoincrement=False, nullable=True),
        sa.Column("certificate_number", TEXT, autoincrement=False, nullable=True),
        sa.Column("details", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("member_id", name=op.f("pk_outflow_entry")),
    )


def _pairing() -> None:
    op.create_table(
        "pairing",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("peer", TEXT, autoincrement=False, nullable=False),
        sa.Column("party", INTEGER, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("card_here", TEXT, autoincrement=False, nullable=False),
        sa.Column("card_there", TEXT, autoincrement=False, nullable=False),
        sa.Column("confirmed_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("recovering", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("pairing_id", name=op.f("pk_pairing")),
    )
    op.create_index(op.f("ix_pairing_peer"), "pairing", ["peer"], unique=False)


def _recovery() -> None:
    op.create_table(
        "recovery",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("recovery", TEXT, autoincrement=False, nullable=False),
        sa.Column("because", TEXT, autoincrement=False, nullable=False),
        sa.Column("began_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("ended_at", TEXT, autoincrement=False, nullable=True),
        sa.Column("marks", TEXT, autoincrement=False, nullable=False),
        sa.Column("lacked_here", INTEGER, autoincrement=False, nullable=False),
        sa.Column("lacked_there", INTEGER, autoincrement=False, nullable=False),
        sa.Column("returned", INTEGER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pairing_id", "recovery", name=op.f("pk_recovery")),
    )


def _segment() -> None:
    op.create_table(
        "segment",
        sa.Column("ordinal", INTEGER, autoincrement=False, nullable=False),
        sa.Column("size", INTEGER, autoincrement=False, nullable=False),
        sa.Column("start", INTEGER, autoincrement=False, nullable=False),
        sa.Column("head", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("ordinal", "size", name=op.f("pk_segment")),
    )


def _setting() -> None:
    op.create_table(
        "setting",
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.Column("value", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )


def _shared_record() -> None:
    op.create_table(
        "shared_record",
        sa.Column("unit", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("key", TEXT, autoincrement=False, nullable=False),
        sa.Column("agreement", TEXT, autoincrement=False, nullable=False),
        sa.Column("subject", TEXT, autoincrement=False, nullable=False),
        sa.Column("category", TEXT, autoincrement=False, nullable=False),
        sa.Column("value", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("version", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("unit", "key", name=op.f("pk_shared_record")),
    )
    op.create_index(
        op.f("ix_shared_record_agreement_category"), "shared_record", ["agreement", "category"], unique=False
    )


def _signed_statement() -> None:
    op.create_table(
        "signed_statement",
        sa.Column("hash", TEXT, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("at", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_signed_statement")),
    )
    op.create_index(op.f("ix_signed_statement_pairing_id"), "signed_statement", ["pairing_id"], unique=False)


def _staff() -> None:
    op.create_table(
        "staff",
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.Column("role", TEXT, autoincrement=False, nullable=False),
        sa.Column("body_code", TEXT, autoincrement=False, nullable=False),
        sa.Column("password", TEXT, autoincrement=False, nullable=False),
        sa.Column("failures", INTEGER, autoincrement=False, nullable=False),
        sa.Column("locked_until", TEXT, autoincrement=False, nullable=True),
        sa.Column("disabled", sa.Boolean(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_staff")),
    )


def _task() -> None:
    op.create_table(
        "task",
        sa.Column("task_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("agreement", TEXT, autoincrement=False, nullable=True),
        sa.Column("subject", TEXT, autoincrement=False, nullable=True),
        sa.Column("opened_at", TEXT, autoincrement=False, nullable=False),
        sa.Column("closed_at", TEXT, autoincrement=False, nullable=True),
        sa.Column("note", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_task")),
    )
    op.create_index(op.f("ix_task_state"), "task", ["state"], unique=False)
    op.create_index(op.f("ix_task_subject"), "task", ["subject"], unique=False)


def _token() -> None:
    op.create_table(
        "token",
        sa.Column("digest", TEXT, autoincrement=False, nullable=False),
        sa.Column("staff", TEXT, autoincrement=False, nullable=False),
        sa.Column("expires_at", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_token")),
    )


def _unit() -> None:
    op.create_table(
        "unit",
        sa.Column("unit", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("agreement", TEXT, autoincrement=False, nullable=False),
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.Column("last_lamport", INTEGER, autoincrement=False, nullable=False),
        sa.Column("last_party", INTEGER, autoincrement=False, nullable=False),
        sa.Column("last_epoch", TEXT, autoincrement=False, nullable=False),
        sa.Column("last_index", INTEGER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("unit", name=op.f("pk_unit")),
    )
    op.create_index(op.f("ix_unit_agreement"), "unit", ["agreement"], unique=False)
