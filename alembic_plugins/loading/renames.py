"""Which plugins in the database have another name on disk by now, and why one cannot get it."""

from collections.abc import Mapping
from typing import Protocol

from .._base_errors import PluginError
from ..config.discovery import Discovery, FoundPlugin
from ..plugin import Namespace, Prefix, Requires, Schema, overlap
from ..registry.renaming import rename_plugins, rename_requirement
from ..registry.rows import InstalledPlugin
from ..registry.state import State
from .errors import BothInstalled, CannotFollow, FormerNameTaken


class Source(Protocol):
    """What knows of the plugins on disk and in the database."""

    @property
    def state(self) -> State:
        """What the database remembers."""
        ...

    @property
    def discovery(self) -> Discovery:
        """The plugins on disk."""
        ...


class RenameFinder:
    """Let a command see plugins by the names that they have on disk.

    Other plugins are looked at only where the database has one that is not on disk by its name.

    Args:
        source: what knows of the plugins.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._failed: dict[str, PluginError] = {}
        self.problems: Mapping[str, PluginError] = {}
        """Why plugins keep the name in the database that they had before, by the new one."""

    def apply(self, state: State) -> State:
        """Return what the database remembers, by the names that plugins have on disk."""
        known = {*state.plugins, *state.quarantined}
        on_disk = self._source.discovery.names if known else ()
        names: dict[str, str] = {}
        problems: dict[str, PluginError] = {}
        for former in sorted(known - {*on_disk, *state.damaged}):
            for name in self._source.discovery.find_successors(former):
                problem = self._failed.get(name) or self._find_problem(state, former, name, names)
                if problem is None:
                    names[former] = name
                else:
                    problems[name] = problem
        self.problems = problems
        return rename_plugins(state, names)

    def fail(self, name: str, error: PluginError) -> None:
        """Leave a plugin its former name in the database, since it cannot be renamed there."""
        self._failed[name] = error

    def check(self, name: str) -> None:
        """Check that a plugin has its name in the database, or can be given it.

        Raises:
            PluginError: it cannot.
        """
        if name in self.problems:
            raise self.problems[name]

    def find_current(self, name: str) -> str:
        """Return what a plugin is called now, where nothing has that name any more."""
        source = self._source
        if name in source.discovery.names or name in source.state.plugins:
            return name
        found = source.discovery.find_successors(name)
        return found[0] if len(found) == 1 else name

    def resolve(self, requires: Requires) -> str:
        """Return what a plugin is called now that another one requires.

        One that is required only where it is installed has to be named as it is called.
        """
        return requires.name if requires.optional else self.find_current(requires.name)

    def resolve_text(self, text: str) -> str:
        """Return a requirement by the name that the required plugin has now."""
        return rename_requirement(text, self.resolve)

    def _find_problem(
        self, state: State, former: str, name: str, names: Mapping[str, str]
    ) -> PluginError | None:
        """Return why a plugin in the database cannot get the name that it has on disk."""
        discovery = self._source.discovery
        found = discovery.find(name)
        place = found.find_place("formerly")
        others = [n for n in discovery.find_successors(former) if n != name]
        if others:
            return FormerNameTaken(name, former, f"plugin '{others[0]}' does, too", place)
        twice = [other for other, new in names.items() if new == name]
        if twice or name in state.plugins or name in state.quarantined:
            return BothInstalled(name, former, (*twice, former)[0], place)
        return _find_obstacle(state, former, found)


def find_move(known: InstalledPlugin, declared: Namespace) -> Namespace | None:
    """Return the namespace to which that of a renamed plugin is renamed; None where it stays.

    Raises:
        ValueError: it can be neither.
    """
    space = known.namespace
    if isinstance(space, Schema) and isinstance(declared, Schema):
        if space.name == declared.name:
            return None
        if space.create and declared.create:
            return declared
        raise ValueError("a schema that is not the plugin's alone is not renamed")
    if isinstance(space, Prefix) and isinstance(declared, Prefix):
        kinds = [[name.endswith("_") for name in names] for names in (space.names, declared.names)]
        if space.names == declared.names:
            return None
        if kinds[0] == kinds[1]:
            return declared
        raise ValueError("which name is to become which cannot be told")
    raise ValueError("a schema does not become a prefix, nor a prefix a schema")


def _find_obstacle(state: State, former: str, found: FoundPlugin) -> PluginError | None:
    """Return why the namespace of a renamed plugin can neither stay nor be renamed."""
    known = state.plugins.get(former) or state.quarantined[former]
    if former in state.lost:
        return None
    try:
        declared = find_move(known, found.namespace)
        if declared is not None:
            if former in state.interruptions:
                revision = state.interruptions[former].revision
                raise ValueError(f"revision '{revision}' was interrupted, and has to be completed")
            _check_taken(state, former, declared)
            state.check_free(found.name, declared)
    except ValueError as error:
        place = found.find_place("namespace")
        facts = (str(known.namespace), str(found.namespace), str(error), place)
        return CannotFollow(found.name, former, *facts)
    except PluginError as error:
        return error
    return None


def _check_taken(state: State, former: str, declared: Namespace) -> None:
    for other in state.plugins.values():
        if other.name != former and overlap(other.namespace, declared):
            raise ValueError(f"plugin '{other.name}' has {other.namespace}")
