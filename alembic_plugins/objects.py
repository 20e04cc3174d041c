"""Objects of the database, as PostgreSQL identifies them: by system catalog and row.

Names are for readers. A rename, a move or a change of schema leaves class and OID as they are.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    Boolean,
    CollectionAggregate,
    Connection,
    Select,
    Text,
    any_,
    bindparam,
    column,
    func,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import OID

from .tables import Tables
from .written import PG_CLASS, Key

# What objects are: PostgreSQL's word for the kind, what SQL calls them, the schema that they are
# in, what they hang on, nearest first, and of which types casts, operators and the like are made,
# and operators of which function: a cast matters to whoever uses its types.
# A sequence hangs on the table whose column owns it, a partition on its parent, a member of an
# extension on it. What is internal never stands for itself: triggers of foreign keys, types of rows
# and arrays, casts of ranges, and what ends with the session. Each is looked up by itself, by
# subqueries: joins would be planned to read whole catalogs.
_IDENTIFY = text("""
    SELECT k.classid, k.objid, o.type AS kind, o.identity,
           CASE WHEN o.type = 'schema' THEN a.object_names[1]
                WHEN o.type IN ('operator class', 'operator family') THEN a.object_names[2]
                ELSE coalesce(
                    (SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = r.space),
                    (SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = y.space),
                    (SELECT n.nspname FROM pg_catalog.pg_namespace n
                     WHERE n.oid = coalesce(
                         (SELECT e.defaclnamespace FROM pg_catalog.pg_default_acl e
                          WHERE e.oid = k.objid AND k.catalog = 'pg_default_acl'),
                         (SELECT e.pnnspid FROM pg_catalog.pg_publication_namespace e
                          WHERE e.oid = k.objid AND k.catalog = 'pg_publication_namespace'))),
                    CASE WHEN o.schema IS NOT NULL THEN a.object_names[1] END) END
               AS schema,
           coalesce(r.relname, y.typname,
                    a.object_names[pg_catalog.cardinality(a.object_names)]) AS name,
           (SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = c.space) AS own_schema,
           c.relname AS own_name,
           ARRAY[k.classid]
               || pg_catalog.array_fill(1259::oid, ARRAY[pg_catalog.cardinality(h.relations)])
               || CASE WHEN y.domain IS NOT NULL THEN ARRAY[1247::oid] ELSE '{}' END
               || CASE WHEN x.extension IS NOT NULL THEN ARRAY[3079::oid] ELSE '{}' END
               AS chain_classids,
           ARRAY[k.objid] || h.relations
               || CASE WHEN y.domain IS NOT NULL THEN ARRAY[y.domain] ELSE '{}' END
               || CASE WHEN x.extension IS NOT NULL THEN ARRAY[x.extension] ELSE '{}' END
               AS chain_objids,
           CASE k.catalog
               WHEN 'pg_cast' THEN (SELECT ARRAY[t.castsource, t.casttarget]
                                    FROM pg_catalog.pg_cast t WHERE t.oid = k.objid)
               WHEN 'pg_operator' THEN (SELECT ARRAY[t.oprleft, t.oprright]
                                        FROM pg_catalog.pg_operator t WHERE t.oid = k.objid)
               WHEN 'pg_opclass' THEN (SELECT ARRAY[t.opcintype]
                                       FROM pg_catalog.pg_opclass t WHERE t.oid = k.objid)
               WHEN 'pg_transform' THEN (SELECT ARRAY[t.trftype]
                                         FROM pg_catalog.pg_transform t WHERE t.oid = k.objid)
               END AS types,
           (SELECT t.oprcode::oid FROM pg_catalog.pg_operator t
            WHERE t.oid = k.objid AND k.catalog = 'pg_operator') AS function,
           coalesce((SELECT t.puballtables FROM pg_catalog.pg_publication t
                     WHERE t.oid = k.objid AND k.catalog = 'pg_publication'), false)
               AS is_everywhere,
           coalesce(pg_catalog.cardinality(h.relations) > 0, false) AS is_part,
           coalesce((SELECT g.tgisinternal FROM pg_catalog.pg_trigger g
                     WHERE g.oid = k.objid AND k.catalog = 'pg_trigger'), false)
           OR coalesce(o.schema, a.object_names[1], '') ~ '^pg_(toast|temp)'
           OR EXISTS (SELECT FROM pg_catalog.pg_type v
                      WHERE v.oid = k.objid AND k.catalog = 'pg_type'
                        AND (v.typrelid <> 0 OR v.typelem <> 0 AND v.typcategory = 'A'
                             OR v.typtype = 'm')
                      OFFSET 0)
           OR EXISTS (SELECT FROM pg_catalog.pg_depend m
                      WHERE m.classid = k.classid AND m.objid = k.objid
                        AND m.deptype = 'i' AND k.catalog IN ('pg_cast', 'pg_proc')
                      OFFSET 0)
           OR EXISTS (SELECT FROM pg_catalog.pg_constraint t
                      WHERE t.oid = k.objid AND k.catalog = 'pg_constraint' AND t.contype = 'n'
                      OFFSET 0) AS is_internal
    FROM (SELECT u.classid, u.objid, (
              SELECT z.relname FROM pg_catalog.pg_class z WHERE z.oid = u.classid) AS catalog
          FROM unnest(CAST(:classids AS oid[]), CAST(:objids AS oid[])) AS u (classid, objid)
          OFFSET 0) AS k
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(k.classid, k.objid, 0) o
    CROSS JOIN LATERAL pg_catalog.pg_identify_object_as_address(k.classid, k.objid, 0) a
    LEFT JOIN LATERAL (
        SELECT c.oid, c.relkind, c.relispartition, c.relname, c.relnamespace AS space
        FROM pg_catalog.pg_class c
        WHERE c.oid = k.objid AND k.catalog = 'pg_class' OFFSET 0) c ON true
    LEFT JOIN LATERAL (
        SELECT CASE k.catalog
            WHEN 'pg_class' THEN CASE
                WHEN c.relkind IN ('i', 'I') THEN (
                    SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid)
                WHEN c.relkind = 'S' THEN (
                    SELECT d.refobjid FROM pg_catalog.pg_depend d
                    WHERE d.classid = k.classid AND d.objid = k.objid AND d.deptype IN ('a', 'i')
                      AND d.refclassid = k.classid LIMIT 1)
                WHEN c.relispartition THEN (
                    SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) END
            WHEN 'pg_constraint' THEN (SELECT nullif(t.conrelid, 0)
                FROM pg_catalog.pg_constraint t WHERE t.oid = k.objid)
            WHEN 'pg_trigger' THEN (SELECT t.tgrelid
                FROM pg_catalog.pg_trigger t WHERE t.oid = k.objid)
            WHEN 'pg_rewrite' THEN (SELECT t.ev_class
                FROM pg_catalog.pg_rewrite t WHERE t.oid = k.objid)
            WHEN 'pg_policy' THEN (SELECT t.polrelid
                FROM pg_catalog.pg_policy t WHERE t.oid = k.objid)
            WHEN 'pg_attrdef' THEN (SELECT t.adrelid
                FROM pg_catalog.pg_attrdef t WHERE t.oid = k.objid)
            WHEN 'pg_publication_rel' THEN (SELECT t.prrelid
                FROM pg_catalog.pg_publication_rel t WHERE t.oid = k.objid)
            WHEN 'pg_type' THEN (SELECT nullif(t.typrelid, 0)
                FROM pg_catalog.pg_type t WHERE t.oid = k.objid) END AS relation
        OFFSET 0) p ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.relation IS NULL THEN CAST('{}' AS oid[])
                    ELSE ARRAY[p.relation] || ARRAY(
                        SELECT t.relid::oid FROM pg_catalog.pg_partition_ancestors(p.relation) t
                        WHERE t.relid <> p.relation) END AS relations
        OFFSET 0) h
    LEFT JOIN LATERAL (
        SELECT r.relname, r.relnamespace AS space FROM pg_catalog.pg_class r
        WHERE r.oid = coalesce(h.relations[pg_catalog.cardinality(h.relations)], c.oid)
        OFFSET 0) r ON true
    LEFT JOIN LATERAL (
        SELECT y.typname, y.typnamespace AS space,
               CASE WHEN y.oid <> k.objid OR k.catalog <> 'pg_type' THEN y.oid
                    WHEN y.typelem <> 0 AND y.typcategory = 'A' THEN y.typelem END AS domain
        FROM pg_catalog.pg_type y
        WHERE y.oid = CASE k.catalog
            WHEN 'pg_type' THEN k.objid
            WHEN 'pg_constraint' THEN (SELECT nullif(t.contypid, 0)
                FROM pg_catalog.pg_constraint t WHERE t.oid = k.objid) END
        OFFSET 0) y ON true
    LEFT JOIN LATERAL (
        SELECT m.refobjid AS extension FROM pg_catalog.pg_depend m
        WHERE m.classid = k.classid AND m.objid = k.objid AND m.deptype = 'e'
        OFFSET 0) x ON true
    WHERE o.identity IS NOT NULL
""").columns(
    column("classid", OID),
    column("objid", OID),
    column("kind", Text),
    column("identity", Text),
    column("schema", Text),
    column("name", Text),
    column("own_schema", Text),
    column("own_name", Text),
    column("chain_classids", ARRAY(OID)),
    column("chain_objids", ARRAY(OID)),
    column("types", ARRAY(OID)),
    column("function", OID),
    column("is_everywhere", Boolean),
    column("is_part", Boolean),
    column("is_internal", Boolean),
)

_PG_TYPE = 1247
_PG_PROC = 1255
_PG_EXTENSION = 3079


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
        return last if last[0] == _PG_EXTENSION and last != self.key else None

    def with_records_of(self, other: "DatabaseObject") -> "DatabaseObject":
        """Return it with what is recorded of it as another session sees it."""
        return replace(self, maker=other.maker, is_made=other.is_made, permitted=other.permitted)

    @classmethod
    def from_row(cls, row: Any) -> "DatabaseObject":  # noqa: ANN401 - of either query below
        """Make one of a row."""
        made_of = [(_PG_TYPE, oid) for oid in row.types or () if oid]
        made_of += [(_PG_PROC, row.function)] if row.function else []
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


def select_objects() -> Select[Any]:
    """Return the query for objects by their keys, without what is recorded of them."""
    return select(_IDENTIFY.subquery("found"))


@cache
def select_recorded_objects(tables: Tables) -> Select[Any]:
    """Return the query for objects by their keys, with what the registry has recorded of them.

    Objects that are gone have no row; what is recorded of them has to be asked for by itself.
    """
    found = _IDENTIFY.subquery("found")
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
    query = select_objects() if tables is None else select_recorded_objects(tables)
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
