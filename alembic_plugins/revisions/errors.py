"""What can be wrong with revision files and their branches, in words."""

from collections.abc import Sequence
from pathlib import Path

from .._base_errors import PluginError


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
        "Revision '{revision}' is there twice: {places}. Remove one of the two, as the package of "
        "a plugin by its former name, or give the one that is not applied another id, also in the "
        "files that name it."
    )

    revision: str
    places: Sequence[str]


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


class FilesGone(PluginError):
    """A revision has to run and its file is not there."""

    words = (
        "Revision '{revision}' of '{plugin}' is applied, and its file is gone. Put back the "
        "version of the plugin's package that has it."
    )

    plugin: str
    revision: str


class BrokenSquash(PluginError):
    """A squash says that it replaces what it cannot."""

    words = (
        "Squash '{revision}' of '{plugin}' cannot be used: {reason}. Correct its 'replaces'; other "
        "plugins are not affected."
    )

    plugin: str
    revision: str
    reason: str


class HalfApplied(PluginError):
    """A database has a part of what a squash replaces, and the rest has no files any more."""

    words = (
        "The database is half way through what '{squash}' of '{plugin}' replaces: it has "
        "{applied}, and the files of {missing} are gone. Upgrade with the release of '{plugin}' "
        "that has them, and with this one after that; nothing was changed of '{plugin}'."
    )

    plugin: str
    squash: str
    applied: Sequence[str]
    missing: Sequence[str]


class ReplacedRevision(PluginError):
    """A revision is named that has become a part of another one."""

    words = (
        "Revision '{revision}' of '{branch}' is a part of '{squash}' by now, which is applied and "
        "reverted as a whole. Name '{squash}', or what comes before it."
    )

    branch: str
    revision: str
    squash: str
