"""What can go wrong, in words: one sentence for the case, one for the way out.

Each error takes facts, keeps them as attributes and words itself. Facts are positional, so that
an error survives pickling. All are `CommandError`s, which Alembic prints as ``FAILED: ...``.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, dataclass_transform

from alembic.util import CommandError

from .quoting import add_options, find_options


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error's text, or its type where it has none; no full stop."""
    text = str(error)
    if text.startswith("<class '"):  # SQLAlchemy puts it before what asyncpg says.
        text = text.partition(">: ")[2]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def printable(text: str) -> str:
    """Return a text without what a terminal obeys, or cannot encode: that is escaped."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text
    )


def find_sqlstate(error: BaseException | None) -> str | None:
    """Return the SQLSTATE of a driver's error, which psycopg2 has by another name."""
    return getattr(error, "sqlstate", None) or getattr(error, "pgcode", None)


def find_field(error: BaseException | None, name: str) -> str:
    """Return PostgreSQL's "detail" or "hint"; asyncpg has them in an error of its own."""
    diagnostics = getattr(error, "diag", None)
    if diagnostics is not None:
        return getattr(diagnostics, f"message_{name}") or ""
    return getattr(getattr(error, "__cause__", None), name, None) or ""


def explain(error: BaseException) -> str:
    """Return an error of somebody else's code in one line: its type and what it says."""
    name, line = type(error).__name__, first_line(error)
    return name if line == name else f"{name}: {line}"


def join(names: Sequence[str]) -> str:
    """Return `names` as a reader wants them: sorted, with commas."""
    return ", ".join(sorted(names))


def offer_purge(plugin: str, words: str) -> str:
    """Return the command that drops a plugin's objects, after some words; nothing for the host."""
    return f"{words} 'alembic plugin uninstall {plugin} --purge'" if plugin != "host" else ""


@dataclass_transform(eq_default=False)
class PluginError(CommandError):
    """The base of every error that this package raises.

    A leaf names its facts as a dataclass does, without the time that it takes to make one, and
    `words` says with what text they are told; sequences are told sorted, with commas.
    """

    words: ClassVar[str]
    _options: ClassVar[str] = ""

    def __init__(self, *facts: object) -> None:
        super().__init__(*facts)
        if options := find_options():
            vars(self)["_options"] = options
        vars(self).update(zip(type(self).__annotations__, facts, strict=False))

    def __str__(self) -> str:
        return add_options(printable(self.words.format_map(self.facts())), self._options)

    def facts(self) -> dict[str, object]:
        """Return the facts by name, as the text has them."""
        values = {name: getattr(self, name) for name in type(self).__annotations__}
        return {
            name: (join(value) or "none") if isinstance(value, tuple | list) else value
            for name, value in values.items()
        }


@contextmanager
def foreign_code(translate: Callable[[BaseException], PluginError]) -> Iterator[None]:
    """Run somebody else's code in the block, and raise in words what it raises.

    ``sys.exit()`` and whatever else is no `Exception` is told, too, lest the process ends as if all
    was well. What asks the process, or a task of asyncio's, to end goes through.

    Args:
        translate: returns what is raised, except that our own errors stay as they are.
    """
    try:
        yield
    except (PluginError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if type(error).__name__ == "CancelledError" and not isinstance(error, Exception):
            raise
        raise translate(error) from error


class Cancelled(PluginError):
    """Somebody has pressed Ctrl-C."""

    words = (
        "Interrupted by the user. What was under way was rolled back; 'alembic plugin history' has "
        "what was done."
    )


class InvalidOption(PluginError):
    """A configuration option or a command-line option has a value that means nothing."""

    words = "Option '{option}' is '{value}'. Set it to {expected}."

    option: str
    value: str
    expected: str


class UnknownOption(PluginError):
    """The configuration has an option that begins as ours do, and is none."""

    words = "There is no option '{option}'. Remove it, or write one of these: {similar}."

    option: str
    similar: Sequence[str]


class BrokenConfiguration(PluginError):
    """The configuration file cannot be read."""

    words = "Configuration file '{file}' cannot be read: {reason}. Correct it."

    file: str
    reason: str


class ReferenceFailed(PluginError):
    """An option names a Python object that cannot be had."""

    words = (
        "Option '{option}' names '{reference}', which cannot be used: {reason}. Correct the "
        "option, or what it names."
    )

    option: str
    reference: str
    reason: str


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


class InvalidName(PluginError):
    """A plugin or a schema has a name that is not allowed."""

    words = (
        "'{name}' is no name for a plugin. Take 1 to 48 characters out of a-z, 0-9 and _ that "
        "begin with a letter, and none of the names that Alembic and PostgreSQL keep for "
        "themselves."
    )

    name: str


class InvalidDeclaration(PluginError):
    """A plugin's declaration has an unknown key or a value of the wrong type."""

    words = (
        "The declaration of plugin '{name}' in {source} is wrong: {problem}. Correct it there; "
        "other plugins are not affected."
    )

    name: str
    source: str
    problem: str


class UnknownPlugin(PluginError):
    """No source has a plugin of that name."""

    words = (
        "There is no plugin '{name}' among those that are there: {known}. Install the package "
        "that has it, or see 'alembic plugin list'."
    )

    name: str
    known: Sequence[str]


class DuplicatePlugin(PluginError):
    """Several sources declare a plugin of the same name."""

    words = "Plugin '{name}' is declared more than once: {sources}. Remove or rename all but one."

    name: str
    sources: Sequence[str]


class NamespaceConflict(PluginError):
    """Two plugins claim the same namespace."""

    words = (
        "Plugins '{first}' and '{second}' overlap: both claim {namespace}. Give one of them "
        "another namespace."
    )

    first: str
    second: str
    namespace: str


class BrokenPlugin(PluginError):
    """A plugin's declaration cannot be loaded."""

    words = (
        "Plugin '{name}' of {source} cannot be loaded: {reason}. Repair or remove its package; "
        "other plugins are not affected."
    )

    name: str
    source: str
    reason: str


class BrokenRevision(PluginError):
    """A revision file cannot be read."""

    words = (
        "Revision file '{path}' of '{plugin}' cannot be read: {reason}. Correct the file; other "
        "plugins are not affected."
    )

    plugin: str
    path: Path
    reason: str


class DuplicateRevision(PluginError):
    """Two revision files carry the same id."""

    words = "Revision '{revision}' is there twice: {places}. Give one of them another id."

    revision: str
    places: Sequence[str]


class RevisionTooLong(PluginError):
    """A revision id does not fit into the version table."""

    words = (
        "Revision id '{revision}' of '{plugin}' is longer than the {limit} characters that the "
        "version table holds. Give the revision a shorter id."
    )

    plugin: str
    revision: str
    limit: int


class UnknownRevision(PluginError):
    """A revision was asked for that the branch has not."""

    words = (
        "'{argument}' leads nowhere on branch '{branch}': {reason}. See 'alembic -x "
        "plugin={branch} history'."
    )

    branch: str
    argument: str
    reason: str


class SeveralHeads(PluginError):
    """One head was asked for where a branch has several."""

    words = (
        "Branch '{branch}' has several heads: {heads}. Name one of them, say 'heads' for all, or "
        "join them with 'alembic -x plugin={branch} merge heads'."
    )

    branch: str
    heads: Sequence[str]


class EmptyPlugin(PluginError):
    """A plugin has no revision at all."""

    words = (
        "Plugin '{name}' has no revisions in '{versions}'. Make its first with 'alembic -x "
        "plugin={name} revision -m MESSAGE'."
    )

    name: str
    versions: Path


class NotInstalled(PluginError):
    """The database does not have the plugin."""

    words = "Plugin '{name}' is not installed. Install it with 'alembic plugin install {name}'."

    name: str


class MissingRequirement(PluginError):
    """A plugin requires another one that is nowhere."""

    words = (
        "Plugin '{name}' requires '{requirement}', which is not there. Install the package that "
        "has it."
    )

    name: str
    requirement: str


class UnmetRequirement(PluginError):
    """A plugin requires another version of a plugin than the one that is there."""

    words = (
        "Plugin '{name}' requires '{requirement}', and the one that is there is version {found}. "
        "Install a version that fits."
    )

    name: str
    requirement: str
    found: str | None

    def facts(self) -> dict[str, object]:
        """Return the facts; a version may be unknown."""
        return {**super().facts(), "found": self.found or "unknown"}


class RequirementCycle(PluginError):
    """Plugins require each other in a circle."""

    words = (
        "Plugins require each other in a circle: {circle}. Remove one of these requirements; "
        "their revisions may still depend on each other by depends_on."
    )

    names: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the circle in its order."""
        return {"circle": " -> ".join(self.names)}


class RevisionCycle(PluginError):
    """Revisions depend on each other in a circle."""

    words = (
        "Revisions depend on each other in a circle: {circle}. Correct down_revision or "
        "depends_on of one of them."
    )

    revisions: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the circle in its order."""
        return {"circle": " -> ".join(self.revisions)}


class MissingRevision(PluginError):
    """A revision depends on one that is nowhere."""

    words = (
        "Revision '{revision}' of '{plugin}' depends on '{missing}', which no revision file has. "
        "Install the package that has it, or correct the revision."
    )

    plugin: str
    revision: str
    missing: str
