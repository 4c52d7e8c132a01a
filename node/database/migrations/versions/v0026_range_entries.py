"""Entries of records among those of their pairing lie in a table of their own, into which many are brought at once."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0025 to 0026. There is no way back but a backup."""
    op.create_table(
        "range_entry",
        sa.Column("place", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("version", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("unit", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_range_entry")),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO range_entry (place, version, unit) SELECT place, version, unit FROM shared_record ORDER BY place"
    )
    op.drop_table("changed_ranges")
    op.create_table(
        "changed_ranges",
        sa.Column("number", INTEGER, autoincrement=False, nullable=False),
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("change", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("entries", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("ranges", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_changed_ranges")),
    )
    op.create_index(op.f("ix_changed_ranges_pairing_id"), "changed_ranges", ["pairing_id"])
    # Old marks say which of these are no longer true; without them none is believed.
    op.execute("DELETE FROM range_digest")
    with op.batch_alter_table("shared_record", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_shared_record_place_version"))
        batch_op.drop_column("place")
