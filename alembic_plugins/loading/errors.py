"""What can be wrong with plugins as disk and database have them, in words."""

from collections.abc import Sequence
from pathlib import Path

from .._base_errors import PluginError
from .._quoting import join_command


class NamespaceConflict(PluginError):
    """Two plugins claim the same namespace."""

    words = (
        "Plugins '{first}' and '{second}' overlap: both claim {namespace}. Give one of them "
        "another namespace."
    )

    first: str
    second: str
    namespace: str


class RevisionsRecorded(PluginError):
    """A plugin's revisions are applied as those of another one, which is gone."""

    words = (
        "Revisions of plugin '{name}' are recorded for plugin '{other}', which is not on disk: "
        "{revisions}. If '{name}' was called so, declare formerly = [\"{other}\"] in {place}, and "
        "what is recorded follows; else give the revisions other ids."
    )

    name: str
    other: str
    revisions: Sequence[str]
    place: str


class BothInstalled(PluginError):
    """The database has a plugin by two of its names."""

    words = (
        "Plugins '{name}' and '{other}' are both in the database, and '{name}' declares formerly = "
        "[\"{former}\"]. Uninstall or forget one of them, or take '{former}' out of it in "
        "{place}."
    )

    name: str
    other: str
    former: str
    place: str


class FormerNameTaken(PluginError):
    """Another plugin has the name that a plugin had before, or says that it had it, too."""

    words = (
        "Plugin '{name}' declares formerly = [\"{former}\"], and {claim}. Remove the package of "
        "that one, or take '{former}' out of it in {place}; two plugins that swap their names go "
        "by a third one, in two releases."
    )

    name: str
    former: str
    claim: str
    place: str


class CannotFollow(PluginError):
    """The objects of a renamed plugin cannot be moved to where it has them by its new name."""

    words = (
        "The objects of plugin '{name}', formerly '{former}', are in {found}, and cannot be "
        'renamed to {declared}: {reason}. Declare namespace = "{found}" in {place}; nothing was '
        "changed of '{name}'."
    )

    name: str
    former: str
    found: str
    declared: str
    reason: str
    place: str


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


class MissingRevision(PluginError):
    """A revision depends on one that is nowhere."""

    words = (
        "Revision '{revision}' of '{plugin}' depends on '{missing}', which no revision file has. "
        "Install the package that has it, or correct the revision."
    )

    plugin: str
    revision: str
    missing: str


class BrokenHooks(PluginError):
    """Hooks cannot be loaded, or are none."""

    words = (
        "The hooks of {owner}, '{reference}', cannot be used: {reason}. Correct that, or leave "
        "hooks out by --without-hooks, with stock commands by -x without_hooks=true."
    )

    owner: str
    reference: str
    reason: str


class HooksGone(PluginError):
    """A plugin goes, or goes back, without its hooks, which are gone."""

    words = (
        "The hooks of plugin '{name}', '{reference}', are not called, since its package is gone "
        "or broken. Put it back first where they matter."
    )

    name: str
    reference: str


class NotSynced(PluginError):
    """A plugin has no revisions, and its declared tables are not there."""

    words = (
        "Plugin '{name}' has no revisions: it declares its tables, which 'alembic plugin sync "
        "{name}' makes. Do that first."
    )

    name: str


class Quarantined(PluginError):
    """A plugin is set aside, and neither installed nor free to be installed."""

    words = (
        "Plugin '{name}' is set aside in schema '{schema}'. Bring it back with 'alembic plugin "
        "restore {name}', or drop what is there with 'alembic plugin uninstall {name} --purge'."
    )

    name: str
    schema: str
