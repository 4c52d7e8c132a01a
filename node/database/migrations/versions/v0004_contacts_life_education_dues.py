"""Contacts life education dues."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0003 to 0004. There is no way back but a backup."""
    _activity_invitation()
    _branch_report()
    _channel()
    _contact()
    _contact_officer()
    _dues_record()
    _festival()
    _help_case()
    _learning_item()
    _learning_reach()
    _planned_activity()
    _round_table()
    _suggestion()


def _activity_invitation() -> None:
    op.create_table(
        "activity_invitation",
        sa.Column("event", TEXT, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("invited_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("reply", TEXT, autoincrement=False, nullable=True),
        sa.Column("replied_on", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("event", "person", name=op.f("pk_activity_invitation")),
    )
    with op.batch_alter_table("activity_invitation", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_activity_invitation_person"), ["person"], unique=False)


def _branch_report() -> None:
    op.create_table(
        "branch_report",
        sa.Column("body_code", TEXT, autoincrement=False, nullable=False),
        sa.Column("quarter", TEXT, autoincrement=False, nullable=False),
        sa.Column("meeting", TEXT, autoincrement=False, nullable=False),
        sa.Column("reported_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("figures", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("body_code", "quarter", name=op.f("pk_branch_report")),
    )


def _channel() -> None:
    op.create_table(
        "channel",
        sa.Column("channel_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("body_code", TEXT, autoincrement=False, nullable=False),
        sa.Column("medium", TEXT, autoincrement=False, nullable=False),
        sa.Column("name", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("removed", sa.Boolean(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("channel_id", name=op.f("pk_channel")),
    )


def _contact() -> None:
    op.create_table(
        "contact",
        sa.Column("contact_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("kind", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("channel", TEXT, autoincrement=False, nullable=False),
        sa.Column("reached", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("officer", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("about", TEXT, autoincrement=False, nullable=True),
        sa.Column("note", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("entered_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("message", TEXT, autoincrement=False, nullable=True),
        sa.Column("withdrawn", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("contact_id", name=op.f("pk_contact")),
    )
    with op.batch_alter_table("contact", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_on"), ["on"], unique=False)
        batch_op.create_index(batch_op.f("ix_contact_person"), ["person"], unique=False)


def _contact_officer() -> None:
    op.create_table(
        "contact_officer",
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("officer", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("phone", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("staff", TEXT, autoincrement=False, nullable=True),
        sa.Column("since", TEXT, autoincrement=False, nullable=False),
        sa.Column("until", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("person", "number", name=op.f("pk_contact_officer")),
    )
    with op.batch_alter_table("contact_officer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_contact_officer_staff"), ["staff"], unique=False)


def _dues_record() -> None:
    op.create_table(
        "dues_record",
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("month", TEXT, autoincrement=False, nullable=False),
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("details", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("entered_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("message", TEXT, autoincrement=False, nullable=True),
        sa.Column("withdrawn", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("person", "month", "number", name=op.f("pk_dues_record")),
    )
    with op.batch_alter_table("dues_record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_dues_record_month"), ["month"], unique=False)


def _festival() -> None:
    op.create_table(
        "festival",
        sa.Column("code", TEXT, autoincrement=False, nullable=False),
        sa.Column("name", TEXT, autoincrement=False, nullable=False),
        sa.Column("lunar", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("month", INTEGER, autoincrement=False, nullable=False),
        sa.Column("day", INTEGER, autoincrement=False, nullable=False),
        sa.Column("observed", sa.Boolean(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_festival")),
    )


def _help_case() -> None:
    op.create_table(
        "help_case",
        sa.Column("case_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("category", TEXT, autoincrement=False, nullable=False),
        sa.Column("hardship", sa.Boolean(), autoincrement=False, nullable=False),
        sa.Column("status", TEXT, autoincrement=False, nullable=False),
        sa.Column("opened_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("touched_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("note", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.Column("word", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("case_id", name=op.f("pk_help_case")),
    )
    with op.batch_alter_table("help_case", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_help_case_person"), ["person"], unique=False)
        batch_op.create_index(batch_op.f("ix_help_case_status"), ["status"], unique=False)


def _learning_item() -> None:
    op.create_table(
        "learning_item",
        sa.Column("item_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("body_code", TEXT, autoincrement=False, nullable=False),
        sa.Column("form", TEXT, autoincrement=False, nullable=False),
        sa.Column("topic", TEXT, autoincrement=False, nullable=False),
        sa.Column("material", TEXT, autoincrement=False, nullable=True),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_learning_item")),
    )
    with op.batch_alter_table("learning_item", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_learning_item_on"), ["on"], unique=False)


def _learning_reach() -> None:
    op.create_table(
        "learning_reach",
        sa.Column("item_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("person", TEXT, autoincrement=False, nullable=False),
        sa.Column("state", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("item_id", "person", name=op.f("pk_learning_reach")),
    )
    with op.batch_alter_table("learning_reach", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_learning_reach_person"), ["person"], unique=False)


def _planned_activity() -> None:
    op.create_table(
        "planned_activity",
        sa.Column("event", TEXT, autoincrement=False, nullable=False),
        sa.Column("body_code", TEXT, autoincrement=False, nullable=False),
        sa.Column("activity", TEXT, autoincrement=False, nullable=False),
        sa.Column("title", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("mode", TEXT, autoincrement=False, nullable=False),
        sa.Column("theme", TEXT, autoincrement=False, nullable=True),
        sa.Column("planned_on", TEXT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_planned_activity")),
    )
    with op.batch_alter_table("planned_activity", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_planned_activity_on"), ["on"], unique=False)


def _round_table() -> None:
    op.create_table(
        "round_table",
        sa.Column("event", TEXT, autoincrement=False, nullable=False),
        sa.Column("body_code", TEXT, autoincrement=False, nullable=False),
        sa.Column("on", TEXT, autoincrement=False, nullable=False),
        sa.Column("title", TEXT, autoincrement=False, nullable=False),
        sa.Column("present", INTEGER, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("event", name=op.f("pk_round_table")),
    )


def _suggestion() -> None:
    op.create_table(
        "suggestion",
        sa.Column("suggestion_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("event", TEXT, autoincrement=False, nullable=False),
        sa.Column("text", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("answer", sa.LargeBinary(), autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("suggestion_id", name=op.f("pk_suggestion")),
    )
    with op.batch_alter_table("suggestion", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_suggestion_event"), ["event"], unique=False)
