"""Each error between us and the driver, and its text."""

from alembic_plugins import driver_errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        driver_errors.OwnFailure("billing", "a1", "upgrade", "KeyError: 'x'"),
        "alembic-plugins has failed in upgrade() of revision 'a1' of 'billing': KeyError: 'x'. The "
        "revision is not to blame; run the command again with Alembic's option --raiseerr, and "
        "report what it shows.",
    ),
    (
        driver_errors.UnsupportedDriver("env.py", "postgresql+pg8000"),
        "The environment 'env.py' connects by postgresql+pg8000, on which migrations of plugins do "
        "not run. Use postgresql+psycopg, sync or async, postgresql+asyncpg or "
        "postgresql+psycopg2 in its URL.",
    ),
    (
        driver_errors.DriverChanged("billing", "a1", "asyncpg"),
        "Revision 'a1' of 'billing' was interrupted, and what its statements have returned was "
        "kept by another driver than 'asyncpg'. Run the command once more on the engine that it "
        "was begun with.",
    ),
    (
        driver_errors.WrongConnection("AsyncEngine"),
        "config.attributes['connection'] is an object of type 'AsyncEngine'. Set it to a "
        "Connection or an Engine; 'await async_connection.run_sync(...)' calls a function with "
        "one.",
    ),
    (
        driver_errors.NoSecondConnection(),
        "Migrations need a connection for their lock besides the one that migrates, and the "
        "engine's pool has none left. Let it have one more by pool_size or max_overflow, or use "
        "poolclass=NullPool.",
    ),
    (
        driver_errors.NoLibpq(),
        "psycopg finds no libpq, PostgreSQL's client library. Run 'pip install "
        "alembic-plugins[binary]', which brings one, or install that of the system, such as "
        "Debian's package 'libpq5'.",
    ),
    (
        driver_errors.FlaskNeeded("alembic.ini"),
        "The environment of 'alembic.ini' is Flask-Migrate's, which runs inside an application. "
        "Run the command as one of 'flask db plugin'.",
    ),
    (
        driver_errors.ConnectionLost("server closed the connection unexpectedly"),
        "The connection to the database was lost: server closed the connection unexpectedly. What "
        "was not committed is rolled back; look at 'alembic plugin list' and run the command "
        "again.",
    ),
]
