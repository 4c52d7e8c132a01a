"""Alembic's entry: runs the steps on the connection that ``upgrade`` hands over, inside its transaction."""

from alembic import context

from gongguan.node.database.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    # SQLite changes a table by copying it; its own BEGIN is ours, so a failed step leaves nothing behind.
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
