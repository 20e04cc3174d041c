"""Where the host's own revisions are: version locations that are no plugin's."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from .. import _alembic
from .errors import NoVersions

_PACKAGE = Path(__file__).resolve().parents[1]


class HostFolders:
    """The folders of the host's revisions.

    Args:
        config: the host's configuration.
        script: Alembic's script directory.
        plugins: the folders that are plugins'.
    """

    def __init__(self, config: Config, script: ScriptDirectory, plugins: Iterable[Path]) -> None:
        self._config = config
        self._script = script
        self._plugins = plugins

    @cached_property
    def found(self) -> tuple[Path, ...]:
        """The version locations of the configuration that are no plugin's."""
        plugins = {_identify(folder) for folder in self._plugins} - {None}
        locations = _alembic.version_locations(self._script)
        return tuple(location for location in locations if _identify(location) not in plugins)

    @property
    def is_named(self) -> bool:
        """Whether the configuration says where they are; our own environment has none."""
        is_ours = Path(self._script.dir).resolve().is_relative_to(_PACKAGE)
        return not is_ours or bool(self._config.get_version_locations_list())

    def check(self) -> None:
        """Check that there is one, if the configuration names any: a host need not have revisions.

        Raises:
            NoVersions: there is none.
        """
        is_there = any(folder.is_dir() for folder in self.found)
        if self.found and not is_there and self.is_named:
            raise NoVersions(self.found[0])


def _identify(folder: Path) -> tuple[int, int] | None:
    """Return what tells a folder from others, whatever it is called; None where it is not there."""
    try:
        stat = folder.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino
