"""Certificates."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """From 0013 to 0014. There is no way back but a backup."""
    op.create_table(
        "certificate_verification",
        sa.Column("check_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("number", TEXT, autoincrement=False, nullable=False),
        sa.Column("checked_on", TEXT, autoincrement=False, nullable=False),
        sa.Column("checked_by", TEXT, autoincrement=False, nullable=False),
        sa.Column("method", TEXT, autoincrement=False, nullable=False),
        sa.Column("status", TEXT, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=True),
        sa.Column("agreement", TEXT, autoincrement=False, nullable=True),
        sa.Column("message", TEXT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("check_id", name=op.f("pk_certificate_verification")),
    )
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.add_column(sa.Column("valid_until", TEXT, autoincrement=False, nullable=True))
        batch_op.add_column(sa.Column("reason", TEXT, autoincrement=False, nullable=True))
        batch_op.add_column(sa.Column("place", TEXT, autoincrement=False, nullable=True))
        batch_op.add_column(sa.Column("left_on", TEXT, autoincrement=False, nullable=True))
        batch_op.add_column(sa.Column("state", TEXT, autoincrement=False, nullable=True))
    # What was issued before nobody had reported lost: it is in use.
    op.execute("UPDATE certificate SET state = 'in_use'")
    with op.batch_alter_table("certificate", schema=None) as batch_op:
        batch_op.alter_column("state", existing_type=TEXT, nullable=False)
