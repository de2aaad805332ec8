"""Run by alembic: in the transaction that `sync.state.upgrading` has begun."""

from alembic import context

from sync.state.versions import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    transactional_ddl=True,
)
context.run_migrations()
