"""Each error of `alembic_plugins.integration`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.UndeclaredDependency("host", "shop@head", "shop"),
        "A revision of 'host' cannot depend on 'shop@head', which is of 'shop'. Leave out "
        "--depends-on.",
    ),
    (
        errors.UndeclaredDependency("crm", "shop@head", "shop"),
        "A revision of 'crm' cannot depend on 'shop@head', which is of 'shop'. Add 'shop' to what "
        "'crm' requires, or leave out --depends-on.",
    ),
    (
        errors.UnsupportedDriver("env.py", "postgresql+pg8000"),
        "The environment 'env.py' connects by postgresql+pg8000, on which migrations of plugins do "
        "not run. Use postgresql+psycopg, sync or async, postgresql+asyncpg or "
        "postgresql+psycopg2 in its URL.",
    ),
    (
        errors.NoTransactions("env.py"),
        "The connection of environment 'env.py' is in autocommit mode, where nothing could be "
        'rolled back. Leave isolation_level = "AUTOCOMMIT" or autocommit = true out of what the '
        "engine or the connection is made with; nothing was changed.",
    ),
    (
        errors.FlaskNeeded("alembic.ini"),
        "The environment of 'alembic.ini' is Flask-Migrate's, which runs inside an application. "
        "Run the command as one of 'flask db plugin'.",
    ),
    (
        errors.NoCompletion(),
        "Completion needs the package argcomplete, which is not installed. Run 'pip install "
        "alembic-plugins[completion]'.",
    ),
    (
        errors.Cancelled(),
        "Interrupted by the user. What was under way was rolled back; 'alembic plugin history' has "
        "what was done.",
    ),
    (
        errors.NotAHost("migrations/env.py"),
        "The environment 'migrations/env.py' does not run its migrations through "
        "alembic_plugins. Set script_location = alembic_plugins:environment, or call "
        "alembic_plugins.configure() and alembic_plugins.run_migrations() in its env.py.",
    ),
    (
        errors.PastEnvironment("env.py"),
        "A script runs migrations past the environment 'env.py', which knows of plugins. Call "
        "run_env() of its ScriptDirectory inside the EnvironmentContext, or a function of "
        "alembic.command.",
    ),
    (
        errors.AlreadyRunning(),
        "A command was called inside another one, and Alembic runs one at a time in a thread. Call "
        "it before or after that one, and not in env.py or a revision; in tasks of asyncio, await "
        "one after the other, or use 'asyncio.to_thread(...)'.",
    ),
    (
        errors.LoopRuns("migrations/env.py"),
        "The environment 'migrations/env.py' starts an event loop, and one runs in this thread. "
        "Call the command by 'await asyncio.to_thread(...)', or give it a connection by 'await "
        "async_connection.run_sync(...)'.",
    ),
    (
        errors.ConnectionIgnored("migrations/env.py"),
        "The environment 'migrations/env.py' does not use the connection that was given. Let its "
        "env.py call configure(connection=context.config.attributes['connection']) where that is "
        "there; nothing was changed.",
    ),
    (
        errors.ConfirmationNeeded("alembic plugin uninstall billing"),
        "'alembic plugin uninstall billing' needs confirmation. Pass --yes to run it without "
        "asking.",
    ),
    (
        errors.ConfirmationNeeded("alembic stamp --purge a@base", "-x yes=true"),
        "'alembic stamp --purge a@base' needs confirmation. Pass -x yes=true to run it "
        "without asking.",
    ),
    (
        errors.Declined("alembic plugin uninstall billing"),
        "'alembic plugin uninstall billing' was declined. Nothing was changed.",
    ),
    (
        errors.NotCompared("crm: Option 'models' cannot be used."),
        "Not everything could be compared; the rest does not differ. crm: Option 'models' cannot "
        "be used.",
    ),
    (
        errors.WrongOptions("billing", "acme:options", "'enum' is not one of entities, enums"),
        "The options 'acme:options', which plugin 'billing' declares as autogenerate, cannot be "
        "used: 'enum' is not one of entities, enums. Correct them, or leave autogenerate out of "
        "the declaration.",
    ),
    (
        errors.NoModels("billing"),
        "Plugin 'billing' declares no models to compare with. Set models = "
        "'package.module:Base.metadata' in its declaration.",
    ),
    (
        errors.OfflineUnknown("alembic plugin upgrade --all --sql", "Name the plugins"),
        "'alembic plugin upgrade --all --sql' asks the database something, and offline mode "
        "has none. Name the plugins.",
    ),
    (
        errors.UnknownReference("billing", "users"),
        "The models of 'billing' refer to 'users', which neither they nor the database have."
        " Correct the foreign key, or upgrade what has the table with 'alembic upgrade heads'.",
    ),
    (
        errors.WatchInterrupted("connection refused", "1"),
        "The database cannot be reached: connection refused. That is tried again every 1 seconds.",
    ),
]
