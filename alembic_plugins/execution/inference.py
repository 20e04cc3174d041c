"""Find out what a plugin has made that another tool has installed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from sqlalchemy import Connection

from .._base_errors import PluginError
from ..catalog.queries import read_host_schema
from ..loading.session import Session
from ..namespaces.inferred import Inferred, place_rows
from ..namespaces.recorded import RecordedObject, find_in_namespace
from ..plugin import HOST
from ..registry.renaming import find_renamed
from ..registry.state import find_heads

_INFERRED = "alembic_plugins.inferred"
"""Where a configuration keeps what plugins make, for the commands that it is used for."""


class Scratch(Protocol):
    """A database in which revisions of plugins were run."""

    def read_made(self, name: str) -> tuple[RecordedObject, ...]:
        """Return what the revisions of a plugin have made."""
        ...


Connect = Callable[[], AbstractContextManager[Connection]]
"""Leads to the host's database."""

Build = Callable[[Mapping[str, Sequence[str]]], AbstractContextManager[Scratch]]
"""Makes the scratch database, with all that is needed up to some revisions of plugins."""


def add_inferred(session: Session, connect: Connect, build: Build, names: Iterable[str]) -> bool:
    """Find out what plugins have made of which it is not known; tell whether there were any.

    Those that are to be renamed are left out, since they are elsewhere yet.
    """
    renamed = {plugin.name for plugin in find_renamed(session.state)}
    new = [n for n in names if not (n in (HOST, *renamed) or session.is_inferred(n))]
    for name in new:
        session.add_inferred(name, _find_inferred(session, connect, build, name))
    return bool(new)


def _find_inferred(session: Session, connect: Connect, build: Build, name: str) -> Inferred:
    """Return what a plugin has made, by its revisions in a scratch database or by its namespace."""
    state = session.state
    known = session.config.attributes.setdefault(_INFERRED, {})
    heads = find_heads((*state.of(name), *state.kept_of(name)))
    if (name, heads) not in known:
        try:
            with build({name: heads}) as other:
                known[name, heads] = (other.read_made(name), None)
        except PluginError as error:
            known[name, heads] = ((), getattr(error, "reason", None) or str(error))
    rows, doubt = known[name, heads]
    with connect() as reading:
        if doubt is None:
            return Inferred(place_rows(reading, rows))
        plugin = state.plugins.get(name) or state.quarantined[name]
        schema = read_host_schema(reading)
        return Inferred(tuple(find_in_namespace(reading, plugin, schema)), doubt)
