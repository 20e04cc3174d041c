"""Read what the objects of one branch are, by their names with schemas and without."""

import json
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from sqlalchemy import Connection, func, select

from ..catalog.drift import Key
from ..catalog.queries import read_host_schema
from ..catalog.states import State, find_table
from ..catalog.transaction_rows import Place
from ..loading.search_paths import plugin_search_path
from ..loading.session import Session
from ..namespaces.states import Merge, read_states
from ..plugin import HOST
from ..registry.tables import VERSION, Tables, make_tables

Choose = Callable[[State], Collection[Key]]
"""Returns some of the objects of a state."""


@dataclass(frozen=True)
class BranchState:
    """What the objects of a branch are.

    Attributes:
        full: what they are, by names with schemas.
        short: the same by names as its revisions have them, on their search path.
    """

    full: State
    short: State

    def shorten(self, key: Key) -> Key:
        """Return what revisions call an object."""
        place = self.full.places[key]
        return next(short for short, found in self.short.places.items() if found == place)

    @property
    def digest(self) -> str:
        """What tells whether any definition, comment ... has changed."""
        return make_digest(self.full)


def make_digest(state: State) -> str:
    """Return what tells whether any definition, comment ... has changed."""
    kept = (state.definitions, state.notes)
    rows = [[[*key, found[key]] for key in sorted(found)] for found in kept]
    return sha256(json.dumps(rows, sort_keys=True).encode()).hexdigest()


def read_branch_state(
    connection: Connection,
    session: Session,
    tables: Tables,
    ours: Collection[str],
    name: str,
    choose: Choose | None = None,
) -> BranchState:
    """Return what the objects of a branch are.

    Args:
        connection: leads to the database; it must be in a transaction.
        session: the command's view of disk and database.
        tables: the registry's.
        ours: the names of the registry's tables and of the version table.
        name: the plugin, or ``host``.
        choose: returns what of the host's is the plugin's besides.
    """
    found = session.find_usable(name) if name != HOST else None
    entered = plugin_search_path(connection, found, session) if found else nullcontext()
    with entered:
        current = func.pg_catalog.current_setting("search_path")
        path = str(connection.scalar(select(current)))
    names = (name, HOST) if choose else (name,)

    def read(words: str | None, choose: Choose | None) -> State:
        merge = partial(_merge, name, choose) if choose else dict
        states = read_branch_states(connection, session, tables, ours, names, words, merge)
        return states.get(name, State({}))

    full = read(None, choose)
    places = set(full.places.values())
    return BranchState(full, read(path, partial(_select_at, places=places) if choose else None))


def _merge(name: str, choose: Choose, states: Mapping[str, State]) -> Mapping[str, State]:
    """Return the state of a plugin, with some objects of the host's."""
    own, host = (states.get(branch, State({})) for branch in (name, HOST))
    return {name: own.join(host.select(choose(host)))}


def _select_at(state: State, places: Collection[Place]) -> set[Key]:
    return {key for key, place in state.places.items() if place in places}


def read_branch_states(
    connection: Connection,
    session: Session,
    tables: Tables,
    ours: Collection[str],
    names: Collection[str],
    path: str | None = None,
    merge: Merge = dict,
) -> Mapping[str, State]:
    """Return what the objects of branches are, by branch, by names as a search path finds them.

    It takes what `read_branch_state` takes, and `merge` as `read_states` does; without a `path`,
    names have their schemas.
    """
    state = session.state
    host_schema = state.host_schema or read_host_schema(connection)
    return read_states(
        connection,
        make_tables(tables.metadata.schema or host_schema),
        VERSION,
        names,
        (*state.plugins.values(), *state.quarantined.values()),
        host_schema,
        sorted(ours),
        path,
        merge,
    )


def select_hanging(state: State, keys: Collection[Key]) -> set[Key]:
    """Return objects with what is on them."""
    tables = {key[1] for key in keys}
    return {key for key in state.definitions if key in keys or find_table(key) in tables}


def choose_hanging(keys: Collection[Key]) -> Choose | None:
    """Return what chooses some objects with what is on them; nothing where there are none."""
    return partial(select_hanging, keys=keys) if keys else None
