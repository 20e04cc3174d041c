"""What can be wrong with the configuration, with plugins on disk, and with the database."""

from collections.abc import Sequence

from .._base_errors import PluginError


class UnknownOption(PluginError):
    """The configuration has an option that begins as ours do, and is none."""

    words = "There is no option '{option}'. Remove it, or write one of these: {similar}."

    option: str
    similar: Sequence[str]


class BrokenConfiguration(PluginError):
    """The configuration file cannot be read."""

    words = "Configuration file '{file}' cannot be read: {reason}. Correct it, or name another one."

    file: str
    reason: str


class ReferenceFailed(PluginError):
    """An option names a Python object that cannot be imported."""

    words = (
        "Option '{option}' names '{reference}', which cannot be used: {reason}. Correct the "
        "option, or what it names."
    )

    option: str
    reference: str
    reason: str


class UnknownPlugin(PluginError):
    """No source has a plugin of that name."""

    words = (
        "There is no plugin '{name}' among those that are there: {known}{looked}. Install the "
        "package that has it, or see 'alembic plugin list'."
    )

    name: str
    known: Sequence[str]
    places: Sequence[str] = ()

    def facts(self) -> dict[str, object]:
        """Return the facts, with the places that were searched."""
        looked = f"; looked in {', '.join(self.places)}" if self.places else ""
        return {**super().facts(), "looked": looked}


class PluginRenamed(PluginError):
    """A plugin is asked for by a name that it had before."""

    words = "Plugin '{name}' is called '{successor}' now. Name it so."

    name: str
    successor: str


class DuplicatePlugin(PluginError):
    """Several sources declare a plugin of the same name."""

    words = "Plugin '{name}' is declared more than once: {sources}. Remove or rename all but one."

    name: str
    sources: Sequence[str]


class BrokenPlugin(PluginError):
    """A plugin's declaration cannot be loaded."""

    words = (
        "Plugin '{name}' of {source} cannot be loaded: {reason}. Repair or remove its package; "
        "other plugins are not affected."
    )

    name: str
    source: str
    reason: str


class WrongUrl(PluginError):
    """The database URL cannot be used; it is not kept, since it may hold a password."""

    words = "The database URL in {source} {problem}. Write it as postgresql://USER@HOST/DATABASE."

    source: str
    problem: str


class ConnectionFailed(PluginError):
    """PostgreSQL cannot be reached, or does not let us in."""

    words = (
        "Cannot connect to {database}: {reason}. Start the server, or correct DATABASE_URL or "
        "sqlalchemy.url."
    )

    database: str
    reason: str


class DatabaseRefused(PluginError):
    """PostgreSQL refused a statement of ours, for example in a read-only database."""

    words = (
        "PostgreSQL refused: {reason}. See to the database and run the command again; nothing was"
        " changed."
    )

    reason: str


class NoDatabase(PluginError):
    """No database was named, and the embedded PostgreSQL is not wanted."""

    words = (
        "There is no database URL, and with plugin_environment = {environment} no embedded "
        "PostgreSQL is started. Set DATABASE_URL or sqlalchemy.url."
    )

    environment: str


class EmbeddedUnavailable(PluginError):
    """No database was named, and the embedded PostgreSQL cannot be started."""

    words = (
        "There is no database URL, and the embedded PostgreSQL cannot serve: {reason}. Set "
        "DATABASE_URL or sqlalchemy.url, or run pip install 'alembic-plugins[embedded]'."
    )

    reason: str


class WrongConnection(PluginError):
    """What a configuration or a function was given for a connection is none."""

    words = (
        "{given} is an object of type '{type}'. {way_out}; 'await async_connection.run_sync(...)' "
        "calls a function with one."
    )

    type: str
    given: str = "config.attributes['connection']"

    def facts(self) -> dict[str, object]:
        """Return the facts, with what is taken there."""
        is_option = self.given == WrongConnection.given
        way_out = "Set it to a Connection or an Engine" if is_option else "Give a Connection"
        return {**super().facts(), "way_out": way_out}


class NoLibpq(PluginError):
    """psycopg finds no libpq."""

    words = (
        "psycopg finds no libpq, PostgreSQL's client library. Run 'pip install "
        "alembic-plugins[binary]', which brings one, or install that of the system, such as "
        "Debian's package 'libpq5'."
    )


class NoGreenlet(PluginError):
    """SQLAlchemy's async engines find no greenlet."""

    words = (
        "SQLAlchemy finds no greenlet, which its async engines need. Run "
        "'pip install sqlalchemy[asyncio]'."
    )


class ConnectionLost(PluginError):
    """The connection to PostgreSQL was lost while the command ran."""

    words = (
        "The connection to the database was lost: {reason}. What was not committed is rolled back;"
        " look at 'alembic plugin list' and run the command again."
    )

    reason: str


class AutomigrateForbidden(PluginError):
    """Changes by hand are to be captured by themselves where the environment is production."""

    words = (
        "Where plugin_environment is production, nothing that was changed by hand is captured by "
        "itself. {way_out}, or capture a single plugin by its name."
    )

    way_out: str
