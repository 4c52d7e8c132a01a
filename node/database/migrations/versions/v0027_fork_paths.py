"""Two histories are proved by heads of different sizes too."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INTEGER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """From 0026 to 0027. There is no way back but a backup."""
    with op.batch_alter_table("fork_evidence", schema=None) as batch_op:
        batch_op.add_column(sa.Column("path", sa.LargeBinary(), autoincrement=False, nullable=True))
    # No literal is an empty sequence of bytes to both databases.
    empty = sa.bindparam("empty", b"", type_=sa.LargeBinary())
    op.execute(sa.text("UPDATE fork_evidence SET path = :empty").bindparams(empty))
    with op.batch_alter_table("fork_evidence", schema=None) as batch_op:
        batch_op.alter_column("path", existing_type=sa.LargeBinary(), nullable=False)
