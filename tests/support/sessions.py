"""Parts of a command, for tests of one of them."""

from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from alembic_plugins import _alembic
from alembic_plugins.integration.hosts import open_session
from alembic_plugins.loading.session import Session
from alembic_plugins.registry.reading import read_state
from alembic_plugins.registry.tables import make_tables

from .hosts import Host


def open_session_on(host: Host, connection: Connection) -> Session:
    """Return a command's view of a host and of what its database remembers."""
    config = host.config()
    session = open_session(config, ScriptDirectory.from_config(config))
    versions = _alembic.version_table(MigrationContext.configure(connection))
    session.update(read_state(connection, versions, make_tables(None)))
    connection.rollback()
    return session
