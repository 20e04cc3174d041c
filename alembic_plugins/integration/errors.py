"""What can be wrong between the host, Alembic and us, in words."""

from .._base_errors import PluginError


class Cancelled(PluginError):
    """Somebody has pressed Ctrl-C."""

    words = (
        "Interrupted by the user. What was under way was rolled back; 'alembic plugin history' has "
        "what was done."
    )


class NotAHost(PluginError):
    """The configuration's environment does not use alembic_plugins."""

    words = (
        "The environment '{environment}' does not run its migrations through alembic_plugins. Set"
        " script_location = alembic_plugins:environment, or call alembic_plugins.configure() and "
        "alembic_plugins.run_migrations() in its env.py."
    )

    environment: str


class PastEnvironment(PluginError):
    """A script has Alembic walk the revisions itself, without the environment."""

    words = (
        "A script runs migrations past the environment '{environment}', which knows of plugins. "
        "Call run_env() of its ScriptDirectory inside the EnvironmentContext, or a function of "
        "alembic.command."
    )

    environment: str


class AlreadyRunning(PluginError):
    """A command was called while the same thread runs another one, as by a revision or a task."""

    words = (
        "A command was called inside another one, and Alembic runs one at a time in a thread. Call "
        "it before or after that one, and not in env.py or a revision; in tasks of asyncio, await "
        "one after the other, or use 'asyncio.to_thread(...)'."
    )


class LoopRuns(PluginError):
    """The environment starts an event loop of its own, where one runs already."""

    words = (
        "The environment '{environment}' starts an event loop, and one runs in this thread. Call "
        "the command by 'await asyncio.to_thread(...)', or give it a connection by 'await "
        "async_connection.run_sync(...)'."
    )

    environment: str


class NoCompletion(PluginError):
    """The package is not there by which shells complete commands."""

    words = (
        "Completion needs the package argcomplete, which is not installed. Run 'pip install "
        "alembic-plugins[completion]'."
    )


class ConnectionIgnored(PluginError):
    """The environment has connected by itself, though a connection was given."""

    words = (
        "The environment '{environment}' does not use the connection that was given. Let its "
        "env.py call configure(connection=context.config.attributes['connection']) where that is "
        "there; nothing was changed."
    )

    environment: str


class ConfirmationNeeded(PluginError):
    """A command that destroys was run where nobody can be asked."""

    words = "'{command}' needs confirmation. Pass {way} to run it without asking."

    command: str
    way: str = "--yes"


class Declined(PluginError):
    """The one who was asked said no."""

    words = "'{command}' was declined. Nothing was changed."

    command: str


class NoModels(PluginError):
    """Autogenerate was asked for a plugin that declares no models."""

    words = (
        "Plugin '{name}' declares no models to compare with. Set models = "
        "'package.module:Base.metadata' in its declaration."
    )

    name: str


class UndeclaredDependency(PluginError):
    """A new revision would depend on a plugin that its own does not require."""

    words = (
        "A revision of '{name}' cannot depend on '{revision}', which is of '{other}'. {way_out}."
    )

    name: str
    revision: str
    other: str

    def facts(self) -> dict[str, object]:
        """Return the facts, with what can be done: a host declares no requirements."""
        added = f"Add '{self.other}' to what '{self.name}' requires, or leave out --depends-on"
        way_out = "Leave out --depends-on" if self.name == "host" else added
        return {**super().facts(), "way_out": way_out}


class NotCompared(PluginError):
    """``check`` could not compare the models of everybody, and found no difference in others."""

    words = "Not everything could be compared; the rest does not differ. {problems}"

    problems: str


class WrongOptions(PluginError):
    """What a plugin declares as `autogenerate` cannot be used."""

    words = (
        "The options '{reference}', which plugin '{name}' declares as autogenerate, cannot be "
        "used: {problem}. Correct them, or leave autogenerate out of the declaration."
    )

    name: str
    reference: str
    problem: str


class OfflineUnknown(PluginError):
    """Offline mode was asked for what only the database can tell."""

    words = "'{command}' asks the database something, and offline mode has none. {way_out}."

    command: str
    way_out: str


class UnsupportedDriver(PluginError):
    """The environment connects by a driver that migrations do not run on."""

    words = (
        "The environment '{environment}' connects by {driver}, on which migrations of plugins do "
        "not run. Use postgresql+psycopg, sync or async, postgresql+asyncpg or "
        "postgresql+psycopg2 in its URL."
    )

    environment: str
    driver: str


class NoTransactions(PluginError):
    """The environment's connection commits each statement by itself."""

    words = (
        "The connection of environment '{environment}' is in autocommit mode, where nothing could "
        'be rolled back. Leave isolation_level = "AUTOCOMMIT" or autocommit = true out of what the '
        "engine or the connection is made with; nothing was changed."
    )

    environment: str


class FlaskNeeded(PluginError):
    """The environment is Flask-Migrate's, which knows its database by the application."""

    words = (
        "The environment of '{file}' is Flask-Migrate's, which runs inside an application. Run "
        "the command as one of 'flask db plugin'."
    )

    file: str


class UnknownReference(PluginError):
    """Models of a plugin refer to a table or a column that nobody has."""

    words = (
        "The models of '{name}' refer to '{target}', which neither they nor the database have. "
        "Correct the foreign key, or upgrade what has the table with 'alembic upgrade heads'."
    )

    name: str
    target: str


class WatchInterrupted(PluginError):
    """What watches the database does not reach it any more."""

    words = "The database cannot be reached: {reason}. That is tried again every {seconds} seconds."

    reason: str
    seconds: str
