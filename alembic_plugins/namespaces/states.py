"""Read what the objects of branches are, with all that is known of them."""

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache

from sqlalchemy import Connection, Text, bindparam, column, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TextualSelect

from ..catalog.snapshot import worded
from ..catalog.state_facts import add_facts
from ..catalog.states import State
from ..registry.state import InstalledPlugin
from ..registry.tables import Tables
from .comparisons import ask, make_place, split_keys
from .snapshots import ALL_SPACES, make_objects_query

_WANTED = """
    wanted AS MATERIALIZED (
        SELECT n ->> 0 AS plugin FROM given, jsonb_array_elements(it -> 'named') n)"""

_COLUMNS = (
    column("plugin", Text),
    *(column(name, JSONB) for name in ("definitions", "notes", "places")),
)

Merge = Callable[[Mapping[str, State]], Mapping[str, State]]
"""Returns the states of branches otherwise."""

_SET_PATH = text("SELECT set_config('search_path', :path, true)").bindparams(bindparam("path"))


def read_states(
    connection: Connection,
    tables: Tables,
    version: int,
    branches: Collection[str],
    plugins: Collection[InstalledPlugin],
    host_schema: str,
    ours: Sequence[str],
    path: str | None = None,
    merge: Merge = dict,
) -> Mapping[str, State]:
    """Return what the objects of branches are, by branch.

    What is in a plugin's own schema is the plugin's, whoever has made it.

    Args:
        connection: leads to the database, in a transaction.
        tables: the registry's, with their schema.
        version: the registry's version.
        branches: the branches.
        plugins: all that the registry has, set aside or not.
        host_schema: the schema of the host's tables.
        ours: the names of the registry's tables and of the version table.
        path: the search path on which names are to be found; None is one of none of their schemas.
        merge: says otherwise whose objects are, before it is asked what depends on what of a
            branch.
    """
    _, given, is_elsewhere = ask(connection, tables, version, branches, plugins, host_schema, ours)
    query = _make_query(tables, is_elsewhere=is_elsewhere, is_short=path is not None)
    with worded(connection, given):
        if path is not None:
            connection.execute(_SET_PATH, {"path": path})
        rows = connection.execute(query).all()
        states = {
            row.plugin: State(
                split_keys(row.definitions),
                split_keys(row.notes),
                {key: make_place(place) for key, place in split_keys(row.places).items()},
            )
            for row in rows
        }
        return {name: add_facts(connection, state) for name, state in merge(states).items()}


@cache
def _make_query(tables: Tables, *, is_elsewhere: bool, is_short: bool) -> TextualSelect:
    objects = make_objects_query(
        tables, _WANTED, ALL_SPACES, is_elsewhere=is_elsewhere, with_unknown=True, is_short=is_short
    )
    found = "SELECT plugin, definitions, notes, places FROM live"
    return text(f"WITH {objects} {found}").columns(*_COLUMNS)
