"""What Alembic runs: on the connection it was handed (``database.migrate``), in one transaction."""

from alembic import context

from cds.records.tables import METADATA

# SQLite changes tables by copying them, so batch mode.
context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA, render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
