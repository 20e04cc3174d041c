"""Read what the objects of branches are, beside what was recorded of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnClause, Connection, DateTime, Integer, Text, column, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql.selectable import TextualSelect

from ..catalog.definitions import FORMAT
from ..catalog.diff import Definitions
from ..catalog.drift import Key, Places
from ..catalog.snapshot import worded
from ..registry.state import InstalledPlugin
from ..registry.tables import Tables, TextList, is_since
from .recorded import GONE, read_epoch, read_recorded
from .snapshot_statements import FACTS
from .snapshots import ALL_SPACES, MAJOR, find_names, give, make_objects_query

_BETWEEN = ": "
"""What is between kind and identity in a snapshot."""

# The branches that are named, and those of which another tool has taken everything away since.
_WANTED = """
    wanted AS MATERIALIZED (
        SELECT n ->> 0 AS plugin FROM given, jsonb_array_elements(it -> 'named') n
        UNION
        SELECT plugin FROM {snapshot} s)"""

# Of a registry that has no snapshots, nothing was recorded.
_NO_SNAPSHOT = """(
    SELECT NULL::text AS plugin, NULL::text[] AS revisions, NULL::timestamptz AS recorded_at,
           NULL::int AS server_version, NULL::int AS format, NULL::text AS epoch,
           NULL::jsonb AS definitions, NULL::jsonb AS notes, NULL::jsonb AS places WHERE false)"""

# A row a branch. What is as it was recorded does not come here: PostgreSQL compares it.
_COMPARED = f"""
    SELECT w.plugin, s.revisions, s.recorded_at, s.server_version, s.format, s.epoch,
           {MAJOR} AS major, i.invalid, coalesce(l.objects, 0) AS objects,
           CASE WHEN i.differs THEN s.definitions END AS expected,
           CASE WHEN i.differs THEN i.definitions END AS found,
           CASE WHEN i.differs THEN s.places END AS expected_places,
           CASE WHEN i.differs THEN i.places END AS found_places,
           CASE WHEN i.notes <> i.recorded THEN i.recorded END AS expected_notes,
           CASE WHEN i.notes <> i.recorded THEN i.notes END AS found_notes,
           s.notes -> '{FACTS}' AS facts,
           (SELECT jsonb_agg(jsonb_build_array(o.type, o.identity))
            FROM unrecorded u CROSS JOIN LATERAL pg_identify_object(u.classid, u.objid, 0) o
            WHERE u.plugin = w.plugin AND u.plugin <> 'host' AND o.identity IS NOT NULL) AS unknown
    FROM wanted w
    LEFT JOIN {{snapshot}} s ON s.plugin = w.plugin
    LEFT JOIN live l ON l.plugin = w.plugin
    CROSS JOIN LATERAL (
        SELECT coalesce(l.definitions, '{{{{}}}}') AS definitions,
               coalesce(l.notes, '{{{{}}}}') AS notes, coalesce(l.places, '{{{{}}}}') AS places,
               coalesce(l.invalid, '[]') AS invalid,
               coalesce(l.definitions, '{{{{}}}}') <> s.definitions AS differs,
               s.notes - '{FACTS}' AS recorded) i
    ORDER BY w.plugin"""  # noqa: S608 - constants

_COLUMNS: tuple[ColumnClause[Any], ...] = (
    *(column("plugin", Text), column("revisions", TextList)),
    *(column("recorded_at", DateTime(timezone=True)), column("server_version", Integer)),
    *(column("format", Integer), column("epoch", Text), column("major", Integer)),
    column("objects", Integer),
    *(column(name, JSONB) for name in ("invalid", "expected", "found", "unknown")),
    *(column(name, JSONB) for name in ("expected_places", "found_places")),
    *(column(name, JSONB) for name in ("expected_notes", "found_notes", "facts")),
)


@dataclass(frozen=True)
class BranchComparison:
    """What the objects of a branch are, and what was recorded of them.

    Attributes:
        branch: its name.
        revisions: its heads when that was recorded; None where nothing was.
        recorded_at: when that was.
        server_version: the major version of the server on which it was.
        current_version: that of the server now.
        is_readable: whether it was recorded by a release that asks PostgreSQL the same.
        failure: why it could not be recorded.
        since: the moment of the last step before which nothing is known to have been changed by
            hand, and the heads after it; None where it is the last one.
        is_same_database: whether numbers of objects hold that were recorded.
        is_same_cluster: whether roles are those of the server on which it was recorded.
        objects: how many objects it has.
        expected: what was recorded; nothing where it is the same as what is there.
        found: what is there; likewise.
        expected_places: where objects were; likewise.
        found_places: where they are; likewise.
        expected_notes: owners, privileges, comments ... as recorded; likewise.
        found_notes: the same as they are; likewise.
        invalid: the indexes that are INVALID, and the constraints that are NOT VALID.
        unknown: what is in its own schema, and no revision has made.
    """

    branch: str
    revisions: tuple[str, ...] | None
    recorded_at: datetime | None
    server_version: int | None
    current_version: int
    is_readable: bool
    failure: str | None
    since: tuple[datetime, tuple[str, ...]] | None
    is_same_database: bool
    is_same_cluster: bool
    objects: int
    expected: Definitions
    found: Definitions
    expected_places: Places
    found_places: Places
    expected_notes: Definitions
    found_notes: Definitions
    invalid: tuple[Key, ...]
    unknown: tuple[Key, ...]


def read_comparisons(
    connection: Connection,
    tables: Tables,
    version: int,
    branches: Collection[str],
    plugins: Collection[InstalledPlugin],
    host_schema: str,
    ours: Sequence[str],
) -> Mapping[str, BranchComparison]:
    """Return what the objects of branches are, and what was recorded of them, by branch.

    Args:
        connection: leads to the database, in a transaction.
        tables: the registry's, with their schema.
        version: the registry's version.
        branches: the branches.
        plugins: all that the registry has, set aside or not.
        host_schema: the schema of the host's tables.
        ours: the names of the registry's tables and of the version table.
    """
    if not is_since(tables.object, version) or not branches:
        return {}
    epoch, given, is_elsewhere = ask(
        connection, tables, version, branches, plugins, host_schema, ours
    )
    has_snapshots = is_since(tables.snapshot, version)
    query = _make_query(tables, is_elsewhere=is_elsewhere, has_snapshots=has_snapshots)
    with worded(connection, given):
        # There are many of them here, and not the few of one step.
        connection.execute(text("SELECT pg_catalog.set_config('enable_hashjoin', 'on', true)"))
        rows = connection.execute(query).all()
    return {row.plugin: _make_comparison(row, epoch) for row in rows}


def ask(
    connection: Connection,
    tables: Tables,
    version: int,
    branches: Collection[str],
    plugins: Collection[InstalledPlugin],
    host_schema: str,
    ours: Sequence[str],
) -> tuple[str, str, bool]:
    """Return where numbers hold, what queries are about, and whether the registry has others.

    It takes what `read_comparisons` takes.
    """
    epoch = read_epoch(connection, tables)
    is_elsewhere = _is_elsewhere(connection, tables, epoch)
    recorded = (
        read_recorded(connection, tables, version, plugins, host_schema) if is_elsewhere else ()
    )
    registry = str(tables.metadata.schema)
    given = give(dict.fromkeys(branches, ()), epoch, host_schema, registry, ours, recorded)
    return epoch, given, is_elsewhere


@cache
def _make_query(tables: Tables, *, is_elsewhere: bool, has_snapshots: bool) -> TextualSelect:
    snapshot = find_names(tables)["snapshot"] if has_snapshots else _NO_SNAPSHOT
    wanted = _WANTED.format(snapshot=snapshot)
    objects = make_objects_query(tables, wanted, ALL_SPACES, is_elsewhere=is_elsewhere)
    compared = _COMPARED.format(snapshot=snapshot)
    return text(f"WITH {objects} {compared}").columns(*_COLUMNS)


def _is_elsewhere(connection: Connection, tables: Tables, epoch: str) -> bool:
    """Tell whether the registry has numbers that a dump and restore has changed."""
    table = tables.object
    outdated = select(table.c.id).where(table.c.epoch != epoch, table.c.epoch != GONE).limit(1)
    return connection.scalar(outdated) is not None


def _make_comparison(row: Any, epoch: str) -> BranchComparison:  # noqa: ANN401 - of the query above
    recorded, facts = row.epoch or "", row.facts or {}
    since = facts.get("since")
    return BranchComparison(
        row.plugin,
        None if row.revisions is None else tuple(row.revisions),
        row.recorded_at,
        row.server_version,
        row.major,
        row.format == FORMAT,
        facts.get("failure"),
        (datetime.fromisoformat(since), tuple(facts["revisions"])) if since else None,
        recorded == epoch,
        recorded.partition("/")[0] == epoch.partition("/")[0],
        row.objects,
        split_keys(row.expected),
        split_keys(row.found),
        {key: make_place(place) for key, place in split_keys(row.expected_places).items()},
        {key: make_place(place) for key, place in split_keys(row.found_places).items()},
        split_keys(row.expected_notes),
        split_keys(row.found_notes),
        tuple(split_keys(dict.fromkeys(row.invalid))),
        tuple((kind, identity) for kind, identity in row.unknown or ()),
    )


def read_snapshot(connection: Connection, tables: Tables, branch: str) -> Definitions:
    """Return what was recorded of the objects of a branch, be it the same as what is there.

    Args:
        connection: leads to the database.
        tables: the registry's, of this version.
        branch: the branch.
    """
    table = tables.snapshot
    row = connection.execute(select(table.c.definitions).where(table.c.plugin == branch)).first()
    return split_keys(row.definitions) if row else {}


def join_key(key: Key) -> str:
    """Return kind and identity as snapshots have them."""
    return _BETWEEN.join(key)


def split_keys(found: Mapping[str, Any] | None) -> dict[Key, Any]:
    """Return what was put together by kind and identity."""
    parts = ((key.partition(_BETWEEN), value) for key, value in (found or {}).items())
    return {(kind, identity): value for (kind, _, identity), value in parts}


def make_place(numbers: Sequence[int | str]) -> tuple[int, int, int]:
    """Return where PostgreSQL has an object, of what JSON has."""
    return (int(numbers[0]), int(numbers[1]), int(numbers[2]))
