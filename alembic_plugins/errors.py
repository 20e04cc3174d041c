"""What can go wrong, in words: one sentence for the case, one for the way out."""

from collections.abc import Sequence
from pathlib import Path

from ._base_errors import (
    PluginError as PluginError,
)
from ._base_errors import (
    explain as explain,
)
from ._base_errors import (
    find_field as find_field,
)
from ._base_errors import (
    find_sqlstate as find_sqlstate,
)
from ._base_errors import (
    first_line as first_line,
)
from ._base_errors import (
    foreign_code as foreign_code,
)
from ._base_errors import (
    join as join,
)
from ._base_errors import (
    offer_purge as offer_purge,
)
from ._base_errors import (
    printable as printable,
)
from .quoting import join_command


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

    words = (
        "Revision '{revision}' is there twice: {places}. Remove one of the two, or give the one "
        "that is not applied another id, also in the files that name it."
    )

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


class NoVersions(PluginError):
    """The folder of the host's revisions is not there."""

    words = (
        "There is no folder '{folder}', where the host's revisions are. Create it with '{make}'."
    )

    folder: Path

    def facts(self) -> dict[str, object]:
        """Return the facts, with the command that makes the folder."""
        return {**super().facts(), "make": join_command(["mkdir", "-p", str(self.folder)])}


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
