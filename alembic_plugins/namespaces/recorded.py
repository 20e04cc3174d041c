"""What the registry has recorded of objects: which plugin has made them, or may change them.

Rows hold PostgreSQL's identities, which are numbers, and say in which epoch they hold. A dump and
restore and pg_upgrade begin another one: then kind and identity, which are words, find the numbers.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import OID

from ..catalog.objects import any_oid, read_objects
from ..catalog.oids import OBJECT_CATALOGS
from ..catalog.queries import find_prefixed, find_standing
from ..catalog.transaction_rows import Key, Place
from ..plugin import Prefix
from ..registry.rows import skip_damaged
from ..registry.state import InstalledPlugin
from ..registry.tables import HOOK_MARK, SYNC_MARK, Tables, TextList, is_since

# The objects that go by some words, wherever they are and whatever they hang on, and the columns.
_OBJECTS_BY_WORDS = text("""
    SELECT o.type AS kind, o.identity, d.classid, d.objid, 0 AS objsubid
    FROM (SELECT classid, objid FROM pg_catalog.pg_depend WHERE objid >= 16384
          UNION
          SELECT refclassid, refobjid FROM pg_catalog.pg_depend WHERE refobjid >= 16384
          UNION
          SELECT tableoid, oid FROM pg_catalog.pg_namespace WHERE oid >= 16384
          UNION SELECT tableoid, oid FROM pg_catalog.pg_publication
          UNION SELECT tableoid, oid FROM pg_catalog.pg_foreign_data_wrapper
          UNION SELECT tableoid, oid FROM pg_catalog.pg_foreign_server
          UNION SELECT tableoid, oid FROM pg_catalog.pg_event_trigger
          UNION SELECT tableoid, oid FROM pg_catalog.pg_extension
          UNION SELECT tableoid, oid FROM pg_catalog.pg_language WHERE oid >= 16384
          UNION SELECT tableoid, oid FROM pg_catalog.pg_am WHERE oid >= 16384
          UNION SELECT tableoid, oid FROM pg_catalog.pg_cast WHERE oid >= 16384
          UNION SELECT tableoid, oid FROM pg_catalog.pg_transform WHERE oid >= 16384
          UNION SELECT CAST(2613 AS oid), oid FROM pg_catalog.pg_largeobject_metadata) d
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(d.classid, d.objid, 0) o
    WHERE pg_catalog.concat_ws(' ', o.type, o.identity) = ANY (:words)
    UNION ALL
    SELECT o.type, o.identity, c.tableoid, c.oid, a.attnum
    FROM pg_catalog.pg_class c
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(c.tableoid, c.oid, 0) t
    JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(c.tableoid, c.oid, a.attnum) o
    WHERE c.relkind IN ('r', 'p', 'f', 'v', 'm') AND c.oid >= 16384
      AND EXISTS (SELECT FROM pg_catalog.unnest(CAST(:columns AS text[])) w
                  WHERE pg_catalog.starts_with(w, t.identity || '.'))
      AND o.identity = ANY (:columns)
""").bindparams(bindparam("words"), bindparam("columns"))

_COLUMN = " column "
"""What is between the kind and the identity of a column: a table's, a view's ..."""

GONE = "gone"
"""The epoch of objects that were dropped, which no words find again."""

_NAMES_SINCE = 2
"""The first version of the registry with names of objects."""


class Found(NamedTuple):
    """What some words mean today."""

    kind: str
    identity: str
    place: Place


@dataclass(frozen=True)
class RecordedObject:
    """A row of `alembic_plugin_object`.

    Attributes:
        plugin: the branch.
        revision: which of its revisions has made the object, or with ``@`` before its name which
            of its hooks, or `SYNC_MARK`; None where that is not known.
        made: whether it has made it; else it was permitted to change it.
        place: where PostgreSQL has it.
        kind: PostgreSQL's word for what it is.
        identity: what SQL calls it; it may have been renamed since.
        id: the row's number; None where there is no row yet.
        is_current: whether the place holds today.
    """

    plugin: str
    revision: str | None
    made: bool
    place: Place
    kind: str
    identity: str
    id: int | None = None
    is_current: bool = True

    @property
    def is_by_hook(self) -> bool:
        """Whether a hook has made it, so that no downgrade knows of it."""
        is_marked = self.revision is not None and self.revision.startswith(HOOK_MARK)
        return is_marked and not self.is_by_sync

    @property
    def is_by_sync(self) -> bool:
        """Whether a sync has made it, as the plugin declares it."""
        return self.revision == SYNC_MARK

    @property
    def words(self) -> str:
        """What it was when it was recorded."""
        return f"{self.kind} {self.identity}"


@cache
def select_epoch(tables: Tables) -> Select[tuple[str]]:
    """Return the query for the epoch in which numbers hold that are recorded now.

    It is PostgreSQL's own number of this cluster, and that of the registry's table in it. Both stay
    in a copy that CREATE DATABASE ... TEMPLATE makes, in which all other numbers stay too.
    """
    table = tables.object
    system = func.pg_catalog.pg_control_system().table_valued("system_identifier")
    name: ColumnElement[str] = literal(table.name, Text)
    if table.schema is not None:
        schema = func.pg_catalog.quote_ident(literal(table.schema, Text))
        name = func.pg_catalog.concat(schema, ".", name)
    number = cast(func.pg_catalog.to_regclass(name), OID)
    return select(func.pg_catalog.concat(system.c.system_identifier, "/", number))


def read_epoch(connection: Connection, tables: Tables) -> str:
    """Return the epoch in which numbers hold that are recorded now."""
    return str(connection.scalar(select_epoch(tables)))


def read_recorded(
    connection: Connection,
    tables: Tables,
    version: int,
    plugins: Iterable[InstalledPlugin],
    host_schema: str,
) -> tuple[RecordedObject, ...]:
    """Return what is recorded of objects that are there, with the places that they have today.

    Args:
        connection: leads to the database.
        tables: the registry's.
        version: the registry's version; before 3, what plugins own goes by names.
        plugins: all that the registry has, set aside or not.
        host_schema: the schema of the host's tables.
    """
    if not version:
        return ()
    if not is_since(tables.object, version):
        return tuple(_convert(connection, tables, version, plugins, host_schema))
    rows = _read_rows(connection, tables, tables.object.c.epoch != GONE)
    old = [row for row in rows if not row.is_current]
    found = find_places(connection, (row.words for row in old)) if old else {}
    known = (row if row.is_current else _place(row, found) for row in rows)
    return tuple(row for row in known if row is not None)


def read_outdated(connection: Connection, tables: Tables) -> Mapping[int, Place | None]:
    """Return where those objects are today whose numbers are of another epoch, by row.

    None is for what is not there any more.
    """
    rows = connection.execute(_select_outdated(tables)).all()
    if not rows:
        return {}
    found = find_places(connection, (f"{row.kind} {row.identity}" for row in rows))
    places = {words: item.place for words, item in found.items()}
    return {row.id: places.get(f"{row.kind} {row.identity}") for row in rows}


@cache
def _select_outdated(tables: Tables) -> Select[tuple[int, str, str]]:
    table = tables.object
    epoch = select_epoch(tables).scalar_subquery()
    chosen = table.c.epoch != epoch, table.c.epoch != GONE
    return select(table.c.id, table.c.kind, table.c.identity).where(*chosen)


def _place(row: RecordedObject, found: Mapping[str, Found]) -> RecordedObject | None:
    item = found.get(row.words)
    return replace(row, place=item.place, is_current=True) if item else None


def read_gone(connection: Connection, tables: Tables, plugin: str) -> tuple[RecordedObject, ...]:
    """Return what a plugin has made and is known to be gone."""
    table = tables.object
    chosen = table.c.plugin == plugin, table.c.made, table.c.epoch == GONE
    return tuple(_read_rows(connection, tables, *chosen))


def _read_rows(
    connection: Connection, tables: Tables, *chosen: ColumnElement[bool]
) -> list[RecordedObject]:
    table, epoch = tables.object, read_epoch(connection, tables)
    rows = connection.execute(select(table).where(*chosen).order_by(table.c.id))
    return [
        RecordedObject(
            row["plugin"],
            row["revision"],
            row["made"],
            (row["classid"], row["objid"], row["objsubid"]),
            row["kind"],
            row["identity"],
            row["id"],
            row["epoch"] == epoch,
        )
        for row in skip_damaged(rows, table, _find_fault)
    ]


def _find_fault(fields: Mapping[str, object]) -> str | None:
    catalog = fields["classid"]
    return None if catalog in (None, *OBJECT_CATALOGS) else f"its classid is {catalog}"


def read_column_makers(
    connection: Connection, tables: Tables, relations: Collection[Key]
) -> Mapping[Place, str]:
    """Return who has added columns to relations, as far as that is recorded."""
    if not relations:
        return {}
    table = tables.object
    oids = [objid for _, objid in relations]
    chosen = (table.c.objid == any_oid(oids), table.c.objsubid > 0, table.c.made)
    columns = (table.c.classid, table.c.objid, table.c.objsubid, table.c.plugin)
    rows = connection.execute(select(*columns).where(*chosen))
    return {(row.classid, row.objid, row.objsubid): row.plugin for row in rows}


def select_widened(tables: Tables, branches: Collection[str]) -> Select[tuple[int, int]]:
    """Return the query for the relations that have columns of others than some branches."""
    table = tables.object
    chosen = table.c.made, table.c.objsubid > 0, table.c.plugin.not_in(branches)
    return select(table.c.classid, table.c.objid).where(*chosen).distinct()


def find_places(connection: Connection, words: Iterable[str]) -> Mapping[str, Found]:
    """Return what is meant today by some words, as in ``table audit.entries``."""
    words = list(words)
    parameters = {"words": words, "columns": [w.partition(_COLUMN)[2] for w in words]}
    rows = connection.execute(_OBJECTS_BY_WORDS, parameters)
    found = (Found(r.kind, r.identity, (r.classid, r.objid, r.objsubid)) for r in rows)
    return {f"{item.kind} {item.identity}": item for item in found}


def _convert(
    connection: Connection,
    tables: Tables,
    version: int,
    plugins: Iterable[InstalledPlugin],
    host_schema: str,
) -> Iterator[RecordedObject]:
    """Yield what an earlier registry says of objects, which knows names, and not even all of them.

    What is in a plugin's own schema, or under its prefix, was taken for the plugin's.
    """
    named = dict(_read_names(connection, tables, version))
    found = find_places(connection, named) if named else {}
    for words, item in found.items():
        yield RecordedObject(*named[words], True, item.place, item.kind, item.identity)
    places = {item.place for item in found.values()}
    for plugin in plugins:
        for row in find_in_namespace(connection, plugin, host_schema):
            if row.place not in places:
                yield row


def find_in_namespace(
    connection: Connection, plugin: InstalledPlugin, host_schema: str
) -> Iterator[RecordedObject]:
    """Yield what is in a plugin's own schema or under its prefix, as if it had made all that."""
    space = plugin.place
    if isinstance(space, Prefix):
        keys = find_prefixed(connection, space, host_schema)
    else:
        is_own = space.create or plugin.quarantine is not None
        keys = find_standing(connection, space.name) if is_own else []
    for key, item in read_objects(connection, keys).items():
        yield RecordedObject(plugin.name, None, True, (*key, 0), item.kind, item.identity)


def _read_names(
    connection: Connection, tables: Tables, version: int
) -> Iterator[tuple[str, tuple[str, str]]]:
    """Yield the objects that revisions have made, in words, each with plugin and revision."""
    if version < _NAMES_SINCE:
        return
    table, objects = tables.revision, column("objects", TextList)
    for row in connection.execute(select(table.c.plugin, table.c.revision, objects)):
        for words in row.objects or ():
            yield words, (row.plugin, row.revision)
