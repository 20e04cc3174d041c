"""Find the hooks of plugins, and those that packages of the host have for every plugin."""

import inspect
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Protocol

from .._base_errors import PluginError, explain, foreign_code
from ..config.discovery import Discovery, FoundPlugin
from ..config.errors import ReferenceFailed
from ..config.settings import Settings
from ..hooks import HookContext, Moment
from .errors import BrokenHooks

ENTRY_POINT_GROUP = "alembic_plugins.hooks"
"""The entry points whose hooks are called for every plugin."""

_NOT_CALLED = (
    inspect.iscoroutinefunction,
    inspect.isgeneratorfunction,
    inspect.isasyncgenfunction,
)

Hook = Callable[[HookContext], object]


@dataclass(frozen=True)
class Hooks:
    """The hooks of one object.

    Attributes:
        source: the package and the entry point that name the object; None where a plugin does.
        functions: what is to be called, by the moment.
    """

    source: str | None
    functions: Mapping[Moment, Hook]


class Source(Protocol):
    """What knows of the plugins on disk."""

    settings: Settings

    @property
    def discovery(self) -> Discovery:
        """The plugins on disk."""
        ...

    def find_usable(self, name: str) -> FoundPlugin | None:
        """Return a plugin that is on disk, or None where it is gone or broken."""
        ...


class HookFinder:
    """Find the hooks that are to be called for plugins; each object is loaded at most once.

    Args:
        source: what knows of the plugins.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._own: dict[str, Hooks] = {}

    def find(self, name: str) -> tuple[Hooks, ...]:
        """Return the hooks for a plugin: those for every plugin by name, and then its own.

        Those of a plugin that is gone or broken are passed over.

        Raises:
            BrokenHooks: an object cannot be loaded, or has none of the functions that it says.
        """
        if self._source.settings.without_hooks:
            return ()
        found = self._source.find_usable(name)
        reference = found.declaration.hooks if found else None
        if found is None or reference is None:
            return self._general
        if name not in self._own:
            load = partial(found.load_hooks, reference)
            self._own[name] = Hooks(None, _load(f"plugin '{name}'", reference, load))
        return (*self._general, self._own[name])

    @cached_property
    def _general(self) -> tuple[Hooks, ...]:
        general, found = [], self._source.discovery.entry_points.find(ENTRY_POINT_GROUP)
        for entry_point in sorted(found, key=lambda e: e.name):
            package = f"{entry_point.dist.name}:" if entry_point.dist else ""
            source = f"{package}{entry_point.name}"
            owner = f"entry point '{source}'"
            general.append(Hooks(source, _load(owner, entry_point.value, entry_point.load)))
        return tuple(general)


def _load(owner: str, reference: str, load: Callable[[], object]) -> Mapping[Moment, Hook]:
    """Return the hooks that an object has.

    Args:
        owner: whose they are, in words.
        reference: what names the object.
        load: returns it.

    Raises:
        BrokenHooks: it cannot be loaded, has none, or something that is called as if it were one.
    """
    with foreign_code(lambda error: BrokenHooks(owner, reference, explain(error))):
        try:
            loaded = load()
        except PluginError as error:
            reason = error.reason if isinstance(error, ReferenceFailed) else explain(error)
            raise BrokenHooks(owner, reference, reason) from error
        named = [name for name in dir(loaded) if name.startswith(("before_", "after_"))]
        values = {name: getattr(loaded, name) for name in named}
    problems = (_find_problem(name, value) for name, value in values.items())
    if problem := next(filter(None, problems), None):
        raise BrokenHooks(owner, reference, problem)
    found = {moment: values[moment] for moment in Moment if moment in values}
    if not found:
        raise BrokenHooks(owner, reference, f"it has none of {', '.join(Moment)}")
    return found


def _find_problem(name: str, value: object) -> str | None:
    """Return why something that is called like a hook is none."""
    if name not in [*Moment]:
        return f"'{name}' is none of {', '.join(Moment)}" if callable(value) else None
    if not callable(value):
        return f"'{name}' is no function"
    if any(is_other(value) for is_other in _NOT_CALLED):
        return f"'{name}' is async, or a generator, of which nothing runs when it is called"
    with suppress(ValueError):  # What is written in C may not tell.
        try:
            inspect.signature(value).bind(None)
        except TypeError:
            return f"'{name}' does not take one argument, the context"
    return None
