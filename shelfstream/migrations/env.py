"""Run by Alembic, not imported: migrates over the connection that ``upgrade`` hands in."""

from alembic import context

from shelfstream.sql import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
