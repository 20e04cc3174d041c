"""Run a command's work on the host's database, or print it as SQL."""

from alembic import context

from alembic_plugins import configure, run_migrations
from alembic_plugins.config.database import connect, set_up_logging

set_up_logging(context.config)

if context.is_offline_mode():
    configure(url="postgresql+psycopg://", dialect_opts={"paramstyle": "named"})
    run_migrations()
else:
    with connect(context.config) as connection:
        configure(connection)
        run_migrations()
