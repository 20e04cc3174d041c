"""What can go wrong between us and the driver, in words."""

from .errors import PluginError


class OwnFailure(PluginError):
    """Our own code has raised while a revision ran."""

    words = (
        "alembic-plugins has failed in {function}() of revision '{revision}' of '{plugin}': "
        "{reason}. The revision is not to blame; run the command again with Alembic's option "
        "--raiseerr, and report what it shows."
    )

    plugin: str
    revision: str
    function: str
    reason: str


class UnsupportedDriver(PluginError):
    """The environment connects by a driver that migrations do not run on."""

    words = (
        "The environment '{environment}' connects by {driver}, on which migrations of plugins do "
        "not run. Use postgresql+psycopg, sync or async, postgresql+asyncpg or "
        "postgresql+psycopg2 in its URL."
    )

    environment: str
    driver: str


class DriverChanged(PluginError):
    """A revision is carried on by another driver than that which has kept its results."""

    words = (
        "Revision '{revision}' of '{plugin}' was interrupted, and what its statements have "
        "returned was kept by another driver than '{driver}'. Run the command once more on the "
        "engine that it was begun with."
    )

    plugin: str
    revision: str
    driver: str


class WrongConnection(PluginError):
    """What a configuration was given to connect by is nothing that migrations run on."""

    words = (
        "config.attributes['connection'] is an object of type '{type}'. Set it to a Connection or "
        "an Engine; 'await async_connection.run_sync(...)' calls a function with one."
    )

    type: str


class NoSecondConnection(PluginError):
    """The engine's pool has no connection left for the lock."""

    words = (
        "Migrations need a connection for their lock besides the one that migrates, and the "
        "engine's pool has none left. Let it have one more by pool_size or max_overflow, or use "
        "poolclass=NullPool."
    )


class NoLibpq(PluginError):
    """psycopg finds no libpq."""

    words = (
        "psycopg finds no libpq, PostgreSQL's client library. Run 'pip install "
        "alembic-plugins[binary]', which brings one, or install that of the system, such as "
        "Debian's package 'libpq5'."
    )


class FlaskNeeded(PluginError):
    """The environment is Flask-Migrate's, which knows its database by the application."""

    words = (
        "The environment of '{file}' is Flask-Migrate's, which runs inside an application. Run "
        "the command as one of 'flask db plugin'."
    )

    file: str


class ConnectionLost(PluginError):
    """The connection to PostgreSQL was lost while the command ran."""

    words = (
        "The connection to the database was lost: {reason}. What was not committed is rolled back;"
        " look at 'alembic plugin list' and run the command again."
    )

    reason: str
