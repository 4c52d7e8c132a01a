"""What changed since digests were kept is marked once a transaction. Digests kept before are computed anew."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0015 to 0016. There is no way back but a backup."""
    op.create_table(
        "changed_ranges",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("change", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("ranges", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pairing_id", "change", name=op.f("pk_changed_ranges")),
    )
    op.drop_table("changed_range")
    # Old marks say which of these are no longer true; without them none is believed.
    op.execute("DELETE FROM range_digest")
