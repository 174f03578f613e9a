"""Alembic's entry: run inside the connection that `voc.base.migrate` hands over."""

from alembic import context

from voc.base.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    user_module_prefix="types.",
    # SQLite cannot alter a table in place: alembic copies it.
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()
