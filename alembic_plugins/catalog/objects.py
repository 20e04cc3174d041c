"""Objects of the database, as PostgreSQL identifies them: by system catalog and row.

Names are for readers. A rename, a move or a change of schema leaves class and OID as they are.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CollectionAggregate,
    Connection,
    Select,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import OID

from ..registry.tables import Tables
from .identify import make_query
from .oids import PG_CLASS, PG_EXTENSION, PG_PROC, PG_TYPE
from .transaction_rows import Key


@dataclass(frozen=True)
class NamedObject:
    """An object of the database, for readers.

    Attributes:
        kind: PostgreSQL's word: table, function, column ...
        identity: what SQL calls it, with its schema.
    """

    kind: str
    identity: str

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"


@dataclass(frozen=True)
class DatabaseObject:
    """An object of the database, as one of its sessions sees it.

    Attributes:
        classid: the system catalog that it is in.
        objid: its row there.
        kind: PostgreSQL's word: table, function, table constraint ...
        identity: what SQL calls it, with its schema.
        schema: the schema that it, or the table on which it hangs, is in; None for what is in none.
        name: its name, or that of the table on which it hangs.
        own_schema: the schema that a relation itself is in, and other objects' as above.
        own_name: the name of a relation itself; None for what is none.
        chain: itself and what it hangs on, nearest first.
        made_of: the types that a cast, an operator and the like are made of, and an operator's
            function.
        is_everywhere: whether it is a publication of all tables.
        is_part: whether it hangs on a relation: an index, a constraint, a partition ...
        is_internal: whether it comes and goes with something else, or with the session; or is a
            NOT NULL, which is no object before PostgreSQL 18, and stays where a key is dropped.
        maker: the branch that has made it, or else the nearest that it hangs on; None where that is
            not recorded.
        is_made: whether it is recorded itself, and not only what it hangs on.
        permitted: the plugins that were permitted to change it, whatever it was called then.
    """

    classid: int
    objid: int
    kind: str
    identity: str
    schema: str | None
    name: str | None
    own_schema: str | None = None
    own_name: str | None = None
    chain: tuple[Key, ...] = ()
    made_of: tuple[Key, ...] = ()
    is_everywhere: bool = False
    is_part: bool = False
    is_internal: bool = False
    maker: str | None = None
    is_made: bool = False
    permitted: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.identity}"

    @property
    def key(self) -> Key:
        """The system catalog that it is in, and its row there."""
        return (self.classid, self.objid)

    @property
    def root(self) -> Key:
        """The relation on which it hangs in the end, or else itself."""
        relations = [key for key in self.chain if key[0] == PG_CLASS]
        return relations[-1] if relations else self.key

    @property
    def extension(self) -> Key | None:
        """The extension that it is a member of."""
        last = self.chain[-1] if self.chain else self.key
        return last if last[0] == PG_EXTENSION and last != self.key else None

    def with_records_of(self, other: "DatabaseObject") -> "DatabaseObject":
        """Return it with what is recorded of it as another session sees it."""
        return replace(self, maker=other.maker, is_made=other.is_made, permitted=other.permitted)

    @classmethod
    def from_row(cls, row: Any) -> "DatabaseObject":  # noqa: ANN401 - of either query below
        """Make one of a row."""
        made_of = [(PG_TYPE, oid) for oid in row.types or () if oid]
        made_of += [(PG_PROC, row.function)] if row.function else []
        fields = row._mapping if hasattr(row, "_mapping") else row._asdict()
        return cls(
            row.classid,
            row.objid,
            row.kind,
            row.identity,
            row.schema,
            row.name,
            row.own_schema or row.schema,
            row.own_name,
            tuple(zip(row.chain_classids, row.chain_objids, strict=True)),
            tuple(made_of),
            row.is_everywhere,
            row.is_part,
            row.is_internal,
            fields.get("maker"),
            bool(fields.get("is_made")),
            tuple(fields.get("permitted") or ()),
        )


def select_objects(keys: Collection[Key]) -> Select[Any]:
    """Return the query for objects by their keys, without what is recorded of them."""
    return _select_objects(_find_catalogs(keys))


@cache
def _select_objects(catalogs: frozenset[int]) -> Select[Any]:
    return select(make_query(catalogs).subquery("found"))


def select_recorded_objects(keys: Collection[Key], tables: Tables) -> Select[Any]:
    """Return the query for objects by their keys, with what the registry has recorded of them.

    Objects that are gone have no row; what is recorded of them has to be asked for by itself.
    """
    return _select_recorded_objects(_find_catalogs(keys), tables)


def _find_catalogs(keys: Collection[Key]) -> frozenset[int]:
    return frozenset(classid for classid, _ in keys)


@cache
def _select_recorded_objects(catalogs: frozenset[int], tables: Tables) -> Select[Any]:
    found = make_query(catalogs).subquery("found")
    known = tables.object.alias("known")
    chain = found.c.chain_objids
    place = func.pg_catalog.array_position(chain, known.c.objid)
    on_chain = (
        known.c.objid == func.any(chain),
        known.c.objsubid == 0,
        known.c.classid == found.c.chain_classids[place],
    )
    nearest = select(known.c.plugin).where(*on_chain, known.c.made).order_by(place).limit(1)
    itself = (known.c.objid == found.c.objid, known.c.classid == found.c.classid)
    made = select(known.c.id).where(*itself, known.c.objsubid == 0, known.c.made)
    permitted = select(func.pg_catalog.array_agg(known.c.plugin)).where(*on_chain, ~known.c.made)
    return select(
        found,
        nearest.scalar_subquery().label("maker"),
        made.exists().label("is_made"),
        permitted.scalar_subquery().label("permitted"),
    )


def make_parameters(keys: Collection[Key]) -> Mapping[str, object]:
    """Return what the queries for objects by their keys want."""
    return {"classids": [key[0] for key in keys], "objids": [key[1] for key in keys]}


def read_objects(
    connection: Connection, keys: Collection[Key], tables: Tables | None = None
) -> Mapping[Key, DatabaseObject]:
    """Return those of some objects that are there, by key.

    Args:
        connection: leads to the database.
        keys: which objects.
        tables: the registry's, where it is to be asked what is recorded of them.
    """
    if not keys:
        return {}
    query = select_objects(keys) if tables is None else select_recorded_objects(keys, tables)
    return make_objects(connection.execute(query, make_parameters(keys)))


def any_oid(oids: Sequence[int]) -> CollectionAggregate[Any]:
    """Return what a column of OIDs is compared with, for any of these; they have all 32 bits."""
    return any_(bindparam(None, oids, type_=ARRAY(OID)))


def make_objects(rows: Iterable[Any]) -> Mapping[Key, DatabaseObject]:
    """Return the objects that rows of one of the queries above are about, by key."""
    return {item.key: item for item in map(DatabaseObject.from_row, rows)}


def read_makers(
    connection: Connection, tables: Tables, items: Collection[DatabaseObject]
) -> Mapping[Key, DatabaseObject]:
    """Return objects that the transaction has dropped with what is recorded of them, by key."""
    if not items:
        return {}
    table = tables.object
    oids = [objid for item in items for _, objid in item.chain]
    chosen = select(table).where(table.c.objid == any_oid(oids), table.c.objsubid == 0)
    rows = connection.execute(chosen).all()
    makers = {(row.classid, row.objid): row.plugin for row in rows if row.made}
    permitted: dict[Key, list[str]] = {}
    for row in rows:
        if not row.made:
            permitted.setdefault((row.classid, row.objid), []).append(row.plugin)
    return {
        item.key: replace(
            item,
            maker=next((makers[key] for key in item.chain if key in makers), None),
            is_made=item.key in makers,
            permitted=tuple(name for key in item.chain for name in permitted.get(key, ())),
        )
        for item in items
    }
