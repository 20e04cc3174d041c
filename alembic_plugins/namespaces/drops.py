"""Drop objects one by one, in an order in which nothing goes that is not meant to go.

Each DROP is without CASCADE, so that PostgreSQL refuses it where something else has come to depend
on the object. Only where objects depend on each other in a circle does CASCADE have to do, in a
savepoint that is rolled back if anything else went with them.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import Any

from sqlalchemy import BindParameter, Connection, Executable, bindparam, select, text
from sqlalchemy.exc import DBAPIError

from .._base_errors import find_field, find_sqlstate
from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.oids import PG_CLASS
from ..catalog.queries import Column, read_column_names
from ..catalog.transaction_rows import Key, Place
from ..registry.sql import raw
from .errors import ObjectsInUse

_PLACES: tuple[BindParameter[Any], ...] = (
    bindparam("classids"),
    bindparam("objids"),
    bindparam("subids"),
)

# What goes along with each of some objects and columns; with a composite type goes its row type.
_MEMBERS = """
    WITH RECURSIVE node AS (
        SELECT * FROM unnest(CAST(:classids AS oid[]), CAST(:objids AS oid[]),
                             CAST(:subids AS int[]))
            WITH ORDINALITY AS n (classid, objid, objsubid, number)),
    member (number, classid, objid, objsubid) AS (
        SELECT number, classid, objid, objsubid FROM node
        UNION
        SELECT m.number, d.classid, d.objid, d.objsubid
        FROM member m
        CROSS JOIN LATERAL (
            SELECT d.classid, d.objid, d.objsubid
            FROM pg_catalog.pg_depend d
            WHERE d.refclassid = m.classid AND d.refobjid = m.objid
                AND (m.objsubid = 0 OR d.refobjsubid = m.objsubid)
                AND d.deptype <> 'n' AND (d.classid, d.objid) <> (m.classid, m.objid)
            UNION ALL
            SELECT t.tableoid, t.oid, 0
            FROM pg_catalog.pg_class c JOIN pg_catalog.pg_type t ON t.oid = c.reltype
            WHERE c.tableoid = m.classid AND c.oid = m.objid AND c.relkind = 'c') d)
"""

# Which of some objects and columns go along as parts of others of them, or of what they are
# inherited from; and which of them depends on which.
_ORDERED = """
    SELECT DISTINCT 'part' AS what, n.number AS first, m.number AS second
    FROM member m
    JOIN node n ON n.classid = m.classid AND n.objid = m.objid
        AND (n.objsubid = m.objsubid OR m.objsubid = 0)
    WHERE m.number <> n.number
    UNION ALL
    SELECT 'part', n.number, n.number
    FROM node n
    LEFT JOIN pg_catalog.pg_attribute a
      ON n.objsubid > 0 AND a.attrelid = n.objid AND a.attnum = n.objsubid
    LEFT JOIN pg_catalog.pg_constraint t ON t.tableoid = n.classid AND t.oid = n.objid
    WHERE a.attinhcount > 0 OR t.coninhcount > 0
    UNION ALL
    SELECT DISTINCT 'depends', a.number, b.number
    FROM member a
    JOIN pg_catalog.pg_depend d ON d.classid = a.classid AND d.objid = a.objid
        AND (a.objsubid = 0 OR d.objsubid = a.objsubid) AND d.deptype = 'n'
    JOIN member b ON b.classid = d.refclassid AND b.objid = d.refobjid
        AND (b.objsubid = 0 OR b.objsubid = d.refobjsubid)
    WHERE a.number <> b.number
"""

_ORDER = text(_MEMBERS + _ORDERED).bindparams(*_PLACES)

_ALL_MEMBERS = text(
    _MEMBERS + "SELECT DISTINCT classid, objid, objsubid FROM member"  # noqa: S608 - of constants
).bindparams(*_PLACES)

# All that depends on something, so that CASCADE could take it along; not what PostgreSQL brings.
_ALL_DEPENDING = text("""
    SELECT DISTINCT classid, objid, objsubid FROM pg_catalog.pg_depend WHERE objid >= 16384
""")

# The columns of which some sequences are the identity.
_IDENTITIES = text("""
    SELECT d.classid, d.objid, pg_catalog.quote_ident(a.attname) AS attname
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
    WHERE d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refclassid = d.classid
      AND d.objid = ANY (CAST(:oids AS oid[])) AND d.deptype = 'i'
""").bindparams(bindparam("oids"))

# The foreign keys from one of some tables to another.
_FOREIGN_KEYS = text("""
    SELECT c.tableoid AS classid, c.oid AS objid FROM pg_catalog.pg_constraint c
    WHERE c.contype = 'f' AND c.conparentid = 0 AND c.conrelid <> c.confrelid
      AND c.conrelid = ANY (CAST(:oids AS oid[])) AND c.confrelid = ANY (CAST(:oids AS oid[]))
""").bindparams(bindparam("oids"))

# What revokes default privileges in a schema; those of the whole database are no plugin's.
_DEFAULT_PRIVILEGES = text("""
    SELECT pg_catalog.concat(
        'ALTER DEFAULT PRIVILEGES FOR ROLE ', pg_catalog.quote_ident(r.rolname),
        ' IN SCHEMA ', pg_catalog.quote_ident(n.nspname), ' REVOKE ALL ON ',
        CASE a.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES'
            WHEN 'T' THEN 'TYPES' ELSE 'ROUTINES' END, ' FROM ', pg_catalog.string_agg(
            DISTINCT CASE g.grantee WHEN 0 THEN 'PUBLIC'
                ELSE pg_catalog.quote_ident(o.rolname) END, ', '))
    FROM pg_catalog.pg_default_acl a
    JOIN pg_catalog.pg_namespace n ON n.oid = a.defaclnamespace
    JOIN pg_catalog.pg_roles r ON r.oid = a.defaclrole
    CROSS JOIN LATERAL pg_catalog.aclexplode(a.defaclacl) g
    LEFT JOIN pg_catalog.pg_roles o ON o.oid = g.grantee
    WHERE a.oid = ANY (CAST(:oids AS oid[]))
    GROUP BY a.oid, r.rolname, n.nspname, a.defaclobjtype
""").bindparams(bindparam("oids"))

_IN_USE = "2BP01"
"""The SQLSTATE of what cannot be dropped, since something depends on it."""

_KINDS = {
    "composite type": "TYPE",
    "aggregate": "ROUTINE",
    "statistics object": "STATISTICS",
    "foreign-data wrapper": "FOREIGN DATA WRAPPER",
}
"""What DROP and ALTER call kinds of objects that the catalog calls otherwise."""

_WITHOUT_DROP = ("default acl", "default value", "publication relation", "publication namespace")
"""What goes along with something else, or has no DROP."""

_LARGE_OBJECT = "large object"


def name_kind(item: DatabaseObject) -> str:
    """Return what DROP and ALTER call the kind of an object."""
    return _KINDS.get(item.kind, item.kind)


def drop_object(
    item: DatabaseObject, parent: DatabaseObject | None, *, cascade: bool = False
) -> Executable:
    """Return the statement that drops an object; `parent` is what a constraint hangs on."""
    end = " CASCADE" if cascade else ""
    if item.kind == _LARGE_OBJECT:
        return raw(f"SELECT pg_catalog.lo_unlink({item.objid})")
    if item.kind in ("table constraint", "domain constraint"):
        assert parent is not None  # noqa: S101 - a constraint hangs on something
        kind = "DOMAIN" if item.kind == "domain constraint" else "TABLE"
        name = item.identity.removesuffix(f" on {parent.identity}")
        return raw(f"ALTER {kind} {parent.identity} DROP CONSTRAINT {name}{end}")
    identity = item.identity
    if item.kind == "transform":  # PostgreSQL before 16 calls it by words that DROP has not.
        identity = identity.replace(" on language ", " language ")
    return raw(f"DROP {name_kind(item)} {identity}{end}")


def drop_column(column: Column) -> Executable:
    """Return the statement that drops a column of a table of another's."""
    return raw(f"ALTER TABLE {column.table.identity} DROP COLUMN {column.name}")


def drop_identity(table: DatabaseObject, column: str) -> Executable:
    """Return the statement that drops the sequence that is a column's identity."""
    return raw(f"ALTER TABLE {table.identity} ALTER COLUMN {column} DROP IDENTITY")


def lock_exclusively(identity: str) -> Executable:
    """Return the statement that keeps all others from a table, told as SQL writes it."""
    return raw(f"LOCK TABLE {identity} IN ACCESS EXCLUSIVE MODE")


def lock_table(item: DatabaseObject, mode: str) -> Executable:
    """Return the statement that locks a table in one of PostgreSQL's modes."""
    return raw(f"LOCK TABLE {item.identity} IN {mode} MODE")


@dataclass(frozen=True)
class _Order:
    """In which order places are dropped, and which are left when nothing more is without a user."""

    places: tuple[Place, ...]
    circle: tuple[Place, ...]


class Dropper:
    """Drop what a plugin has.

    Args:
        connection: leads to the database, in a transaction.
        execute: runs a statement.
        name: the plugin's, for messages.
    """

    def __init__(
        self, connection: Connection, execute: Callable[[Executable], None], name: str
    ) -> None:
        self._connection = connection
        self._execute = execute
        self._name = name
        self._identities: Mapping[Key, str] = {}

    def lock(self, items: Collection[DatabaseObject], columns: Collection[Column]) -> None:
        """Let nobody else use the tables from now on, so that nothing comes to depend on them.

        PostgreSQL locks no foreign tables before they are dropped.
        """
        tables = {item.key: item for item in items if item.kind == "table"}
        tables |= {c.table.key: c.table for c in columns if c.table.kind == "table"}
        for item in sorted(tables.values(), key=lambda item: item.identity):
            self._execute(lock_table(item, "ACCESS EXCLUSIVE"))

    def drop(self, items: Collection[DatabaseObject], columns: Collection[Column]) -> None:
        """Drop objects, and columns.

        Raises:
            ObjectsInUse: something else depends on them.
        """
        found: dict[Place, DatabaseObject | Column] = {
            (*item.key, 0): item for item in items if item.kind not in _WITHOUT_DROP
        }
        found |= {(*column.table.key, column.number): column for column in columns}
        self._revoke_default_privileges(items)
        if not found:
            return
        parents = self._read_parents(items)
        self._identities = self._read_identities(items)
        try:
            for item in self._read_foreign_keys(items):
                self._execute(drop_object(item, parents.get(item.chain[1])))
            order = self._find_order(list(found))
            for place in order.places:
                self._drop(found[place], parents)
            if order.circle:
                self._drop_circle([found[place] for place in order.circle], parents, found)
            # Statements are sent ahead: what is wrong with them, the next answer tells.
            self._connection.scalar(select(1))
        except DBAPIError as error:
            if find_sqlstate(error.orig) != _IN_USE:
                raise
            raise ObjectsInUse(self._name, _find_users(error)) from error

    def _drop(
        self,
        item: DatabaseObject | Column,
        parents: Mapping[Key, DatabaseObject],
        *,
        cascade: bool = False,
    ) -> None:
        if isinstance(item, Column):
            self._execute(drop_column(item))
        else:
            parent = parents.get(item.chain[1]) if len(item.chain) > 1 else None
            column = self._identities.get(item.key)
            if parent and column:
                self._execute(drop_identity(parent, column))
            else:
                self._execute(drop_object(item, parent, cascade=cascade))

    def _revoke_default_privileges(self, items: Collection[DatabaseObject]) -> None:
        oids = [item.objid for item in items if item.kind == "default acl"]
        if oids:
            for statement in self._connection.scalars(_DEFAULT_PRIVILEGES, {"oids": oids}).all():
                self._execute(raw(statement))

    def _read_parents(self, items: Collection[DatabaseObject]) -> Mapping[Key, DatabaseObject]:
        own = {item.key: item for item in items}
        keys = {item.chain[1] for item in items if len(item.chain) > 1} - own.keys()
        return {**own, **read_objects(self._connection, keys)}

    def _read_identities(self, items: Collection[DatabaseObject]) -> Mapping[Key, str]:
        oids = [item.objid for item in items if item.kind == "sequence"]
        rows = self._connection.execute(_IDENTITIES, {"oids": oids})
        return {(row.classid, row.objid): row.attname for row in rows}

    def _read_foreign_keys(self, items: Collection[DatabaseObject]) -> Iterator[DatabaseObject]:
        oids = [item.objid for item in items if item.key[0] == PG_CLASS]
        rows = self._connection.execute(_FOREIGN_KEYS, {"oids": oids})
        keys = [(row.classid, row.objid) for row in rows]
        yield from read_objects(self._connection, keys).values()

    def _find_order(self, places: Sequence[Place]) -> _Order:
        """Return in which order objects are dropped: what depends on others comes before these."""
        rows = self._connection.execute(_ORDER, _make_parameters(places)).all()
        parts = {row.first for row in rows if row.what == "part"}
        graph: dict[int, set[int]] = {n: set() for n in range(1, len(places) + 1)}
        graph = {number: users for number, users in graph.items() if number not in parts}
        for row in rows:
            if row.what == "depends" and row.second in graph and row.first in graph:
                graph[row.second].add(row.first)
        sorter = TopologicalSorter(graph)
        with suppress(CycleError):  # What has no users is found all the same.
            sorter.prepare()
        done: list[int] = []
        while sorter.is_active() and (ready := sorter.get_ready()):
            done += sorted(ready)
            sorter.done(*ready)
        left = [number for number in graph if number not in done]
        return _Order(
            tuple(places[number - 1] for number in done),
            tuple(places[number - 1] for number in left),
        )

    def _drop_circle(
        self,
        items: Sequence[DatabaseObject | Column],
        parents: Mapping[Key, DatabaseObject],
        going: Collection[Place],
    ) -> None:
        """Drop objects that depend on each other, and see that nothing else goes with them."""
        connection = self._connection
        members = _read_places(connection.execute(_ALL_MEMBERS, _make_parameters(list(going))))
        before = _read_places(connection.execute(_ALL_DEPENDING))
        with connection.begin_nested() as savepoint:
            for item in items:
                if isinstance(item, Column) or read_objects(connection, [item.key]):
                    self._drop(item, parents, cascade=True)
            gone = before - _read_places(connection.execute(_ALL_DEPENDING))
            lost = {place for place in gone if members.isdisjoint((place, (*place[:2], 0)))}
            if lost:
                savepoint.rollback()
        if lost:
            raise ObjectsInUse(self._name, tuple(_describe(connection, lost)))


def _make_parameters(places: Sequence[Place]) -> Mapping[str, object]:
    return {
        "classids": [place[0] for place in places],
        "objids": [place[1] for place in places],
        "subids": [place[2] for place in places],
    }


def _read_places(rows: Iterable[Any]) -> set[Place]:
    return {(row.classid, row.objid, row.objsubid) for row in rows}


def _describe(connection: Connection, places: Collection[Place]) -> Iterator[str]:
    """Yield objects and columns in words, without what only hangs on others of them."""
    keys = {place[:2] for place in places}
    whole = {place[:2] for place in places if not place[2]}
    found = read_objects(connection, keys)
    for key in whole:
        item = found.get(key)
        if item and not item.is_internal and whole.isdisjoint(item.chain[1:]):
            yield str(item)
    columns = [place for place in places if place[2] and place[:2] not in whole]
    for place, name in read_column_names(connection, columns).items():
        yield str(Column(found[place[:2]], name, place[2]))


def _find_users(error: DBAPIError) -> tuple[str, ...]:
    """Return what depends on an object that could not be dropped, in PostgreSQL's words."""
    detail = find_field(error.orig, "detail")
    lines = [line.partition(" depends on ")[0] for line in detail.splitlines()]
    return tuple(dict.fromkeys(lines)) or ("something else",)
