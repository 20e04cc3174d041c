"""Plugins that have another name by now: what is remembered of them, and how that is recorded."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from sqlalchemy import Executable

from ..plugin import Requires, parse_requirement
from .rows import AppliedRevision, InstalledPlugin
from .state import State
from .tables import Tables


def rename_plugins(state: State, names: Mapping[str, str]) -> State:
    """Return a state in which plugins go by other names, each with the one that it has there.

    Args:
        state: what the database remembers.
        names: the new names, by the former ones.
    """
    if not names:
        return state
    return replace(
        state,
        applied=_rename_revisions(state.applied, names),
        kept=_rename_revisions(state.kept, names),
        plugins=_rename_rows(state.plugins, names),
        quarantined=_rename_rows(state.quarantined, names),
        interruptions={
            names.get(name, name): replace(known, plugin=names.get(name, name))
            for name, known in state.interruptions.items()
        },
        lost=frozenset(names.get(name, name) for name in state.lost),
        holding=frozenset(names.get(name, name) for name in state.holding),
    )


def _rename_revisions(
    applied: Iterable[AppliedRevision], names: Mapping[str, str]
) -> tuple[AppliedRevision, ...]:
    return tuple(
        item._replace(plugin=names[item.plugin]) if item.plugin in names else item
        for item in applied
    )


def _rename_rows(
    plugins: Mapping[str, InstalledPlugin], names: Mapping[str, str]
) -> dict[str, InstalledPlugin]:
    def find_name(requires: Requires) -> str:
        return names.get(requires.name, requires.name)

    found = {}
    for name, plugin in plugins.items():
        requires = tuple(rename_requirement(text, find_name) for text in plugin.requires)
        former = name if name in names else plugin.former
        found[names.get(name, name)] = replace(
            plugin, name=names.get(name, name), requires=requires, former=former
        )
    return found


def rename_requirement(text: str, find_name: Callable[[Requires], str]) -> str:
    """Return a requirement by the name that `find_name` has for the required plugin."""
    requires = parse_requirement(text)
    return text.replace(requires.name, find_name(requires), 1)


def record_renamed(tables: Tables, former: str, name: str) -> Iterable[Executable]:
    """Yield the statements that let all that is recorded of a plugin go by its new name.

    What it has stored follows its row by itself.
    """
    yield tables.plugin.update().values(name=name).where(tables.plugin.c.name == former)
    for table in (tables.revision, tables.object, tables.snapshot, tables.journal, tables.event):
        yield table.update().values(plugin=name).where(table.c.plugin == former)


def find_renamed(state: State) -> tuple[InstalledPlugin, ...]:
    """Return the plugins that the registry has by a former name."""
    return tuple(plugin for plugin in _find_all(state) if plugin.former)


def find_recorded_name(state: State, name: str) -> str:
    """Return what the registry calls a plugin."""
    return next((p.recorded_name for p in _find_all(state) if p.name == name), name)


def find_current_name(state: State, recorded: str) -> str:
    """Return what a plugin is called that the registry has by a name."""
    return next((p.name for p in _find_all(state) if p.recorded_name == recorded), recorded)


def _find_all(state: State) -> Iterable[InstalledPlugin]:
    return (*state.plugins.values(), *state.quarantined.values())
