"""Why files cannot be written for an author."""

from collections.abc import Sequence

from .._base_errors import PluginError


class FilesExist(PluginError):
    """What would be written is there already."""

    words = "These files are there already: {paths}. Remove them, or name another folder."

    paths: Sequence[str]


class PackageTaken(PluginError):
    """A Python package cannot have that name."""

    words = "A package cannot be called '{package}': {reason}. Pass another name by --package."

    package: str
    reason: str


class CannotSquash(PluginError):
    """Revisions cannot be squashed, or not by a machine."""

    words = "The revisions of '{plugin}' cannot be squashed: {reason}. {way_out}."

    plugin: str
    reason: str
    way_out: str
