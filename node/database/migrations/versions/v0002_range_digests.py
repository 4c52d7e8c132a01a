"""Range digests: where each shared record lies among those of its pairing, and digests kept between comparisons."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

PAGE = 5_000


def upgrade() -> None:
    """From 0001 to 0002. There is no way back but a backup."""
    op.create_table(
        "changed_range",
        sa.Column("place", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.Column("change", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("place", name=op.f("pk_changed_range")),
    )
    op.create_table(
        "range_digest",
        sa.Column("pairing_id", TEXT, autoincrement=False, nullable=False),
        sa.Column("prefix", TEXT, autoincrement=False, nullable=False),
        sa.Column("parts", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("pairing_id", "prefix", name=op.f("pk_range_digest")),
    )
    with op.batch_alter_table("shared_record", schema=None) as batch_op:
        batch_op.add_column(sa.Column("place", sa.LargeBinary(), autoincrement=False, nullable=True))
    _fill_places(op.get_bind())
    with op.batch_alter_table("shared_record", schema=None) as batch_op:
        batch_op.alter_column("place", existing_type=sa.LargeBinary(), nullable=False)
        batch_op.create_index(batch_op.f("ix_shared_record_place_version"), ["place", "version"], unique=False)


def _fill_places(connection: sa.Connection) -> None:
    """A place is 16 bytes of the pairing's id and 16 bytes of SHA-256 over unit and key, as 0002 has it."""
    fill = sa.text("UPDATE shared_record SET place = :place WHERE unit = :unit AND key = :key")
    for rows in _pages(connection):
        places = [
            {
                "place": bytes.fromhex(pairing[:32]) + sha256(bytes(unit) + key.encode()).digest()[:16],
                "unit": unit,
                "key": key,
            }
            for unit, key, pairing in rows
        ]
        connection.execute(fill, places)


def _pages(connection: sa.Connection) -> Iterator[Sequence[Any]]:
    """Unit, key and pairing id of each record: its scope is an agreement or the pairing itself."""
    ask = sa.text(
        "SELECT r.unit, r.key, COALESCE((SELECT MIN(v.pairing_id) FROM agreement_version v "
        "WHERE v.agreement = r.agreement), r.agreement) FROM shared_record r "
        "WHERE (r.unit, r.key) > (:unit, :key) ORDER BY r.unit, r.key LIMIT :page"
    )
    unit, key = b"", ""
    while rows := connection.execute(ask, {"unit": unit, "key": key, "page": PAGE}).fetchall():
        yield rows
        unit, key = rows[-1][0], rows[-1][1]
