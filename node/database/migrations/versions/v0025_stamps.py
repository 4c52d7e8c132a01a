"""Stamps: by which it is known that records are still what something was derived from; those that are there get one."""

import os

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

TABLES = ("member", "mobility_period", "outflow_entry", "departure")


def upgrade() -> None:
    """From 0024 to 0025. There is no way back but a backup."""
    op.create_table(
        "stamp",
        sa.Column("kind", TEXT, autoincrement=False, nullable=False),
        sa.Column("scope", TEXT, autoincrement=False, nullable=False),
        sa.Column("value", sa.LargeBinary(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("kind", "scope", name=op.f("pk_stamp")),
    )
    bind = op.get_bind()
    scopes = bind.exec_driver_sql("SELECT DISTINCT category, agreement FROM shared_record").fetchall()
    found = [("shared_record", f"{category}/{agreement}") for category, agreement in scopes]
    found += [(table, "") for table in TABLES]
    rows = [{"kind": kind, "scope": scope, "value": os.urandom(8)} for kind, scope in found]
    op.bulk_insert(sa.table("stamp", *map(sa.column, ("kind", "scope", "value"))), rows)
