"""The query for what objects are, which asks only the system catalogs that they are in.

PostgreSQL plans what it might have to ask of each catalog anew in each session, which takes longer
than to run it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Boolean, Text, column, text
from sqlalchemy.dialects.postgresql import OID
from sqlalchemy.sql.selectable import TextualSelect

from .oids import (
    PG_ATTRDEF,
    PG_CAST,
    PG_CLASS,
    PG_CONSTRAINT,
    PG_DEFAULT_ACL,
    PG_OPCLASS,
    PG_OPERATOR,
    PG_POLICY,
    PG_PROC,
    PG_PUBLICATION,
    PG_PUBLICATION_NAMESPACE,
    PG_PUBLICATION_REL,
    PG_REWRITE,
    PG_TRANSFORM,
    PG_TRIGGER,
    PG_TYPE,
)

_DEPENDS_INTERNALLY = """EXISTS (
    SELECT FROM pg_catalog.pg_depend m
    WHERE m.classid = k.classid AND m.objid = k.objid AND m.deptype = 'i' OFFSET 0)"""


def _look_up(value: str, catalog: str) -> str:
    return f"(SELECT {value} FROM pg_catalog.{catalog} t WHERE t.oid = k.objid)"  # noqa: S608 - of constants


# Each object is looked up by itself, by subqueries: joins would be planned to read whole catalogs.
_RELATION = {
    PG_CLASS: """CASE
        WHEN c.relkind IN ('i', 'I') THEN (
            SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid)
        WHEN c.relkind = 'S' THEN (
            SELECT d.refobjid FROM pg_catalog.pg_depend d
            WHERE d.classid = k.classid AND d.objid = k.objid AND d.deptype IN ('a', 'i')
              AND d.refclassid = k.classid LIMIT 1)
        WHEN c.relispartition THEN (
            SELECT i.inhparent FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid) END""",
    PG_CONSTRAINT: _look_up("nullif(t.conrelid, 0)", "pg_constraint"),
    PG_TRIGGER: _look_up("t.tgrelid", "pg_trigger"),
    PG_REWRITE: _look_up("t.ev_class", "pg_rewrite"),
    PG_POLICY: _look_up("t.polrelid", "pg_policy"),
    PG_ATTRDEF: _look_up("t.adrelid", "pg_attrdef"),
    PG_PUBLICATION_REL: _look_up("t.prrelid", "pg_publication_rel"),
    PG_TYPE: _look_up("nullif(t.typrelid, 0)", "pg_type"),
}
_TYPE = {
    PG_TYPE: "k.objid",
    PG_CONSTRAINT: _look_up("nullif(t.contypid, 0)", "pg_constraint"),
}
_SCHEMA = {
    PG_DEFAULT_ACL: _look_up("t.defaclnamespace", "pg_default_acl"),
    PG_PUBLICATION_NAMESPACE: _look_up("t.pnnspid", "pg_publication_namespace"),
}
_MADE_OF = {
    PG_CAST: _look_up("ARRAY[t.castsource, t.casttarget]", "pg_cast"),
    PG_OPERATOR: _look_up("ARRAY[t.oprleft, t.oprright]", "pg_operator"),
    PG_OPCLASS: _look_up("ARRAY[t.opcintype]", "pg_opclass"),
    PG_TRANSFORM: _look_up("ARRAY[t.trftype]", "pg_transform"),
}
_FUNCTION = {PG_OPERATOR: _look_up("t.oprcode::oid", "pg_operator")}
_EVERYWHERE = {PG_PUBLICATION: _look_up("t.puballtables", "pg_publication")}
_INTERNAL = {
    PG_TRIGGER: _look_up("t.tgisinternal", "pg_trigger"),
    PG_TYPE: _look_up(
        "t.typrelid <> 0 OR t.typelem <> 0 AND t.typcategory = 'A' OR t.typtype = 'm'", "pg_type"
    ),
    PG_CAST: _DEPENDS_INTERNALLY,
    PG_PROC: _DEPENDS_INTERNALLY,
    PG_CONSTRAINT: _look_up("t.contype = 'n'", "pg_constraint"),
}

_COLUMNS = (
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


@cache
def make_query(catalogs: frozenset[int]) -> TextualSelect:
    """Return the query for what objects of some system catalogs are.

    It gives PostgreSQL's word for the kind, what SQL calls them, the schema that they are in, what
    they hang on, nearest first, and of which types casts, operators and the like are made, and
    operators of which function: a cast matters to whoever uses its types.

    A sequence hangs on the table whose column owns it, a partition on its parent, a member of an
    extension on it. What is internal never stands for itself: triggers of foreign keys, types of
    rows and arrays, casts of ranges, NOT NULL, and what ends with the session.

    Args:
        catalogs: the OIDs of the system catalogs; of objects in others, less is found.
    """

    def choose(answers: Mapping[int, str], otherwise: str) -> str:
        cases = [f"WHEN {oid} THEN {answers[oid]}" for oid in answers if oid in catalogs]
        return f"CASE k.classid {' '.join(cases)} ELSE {otherwise} END" if cases else otherwise

    fields: dict[str, Any] = {
        "relation": choose(_RELATION, "NULL::oid"),
        "type": choose(_TYPE, "NULL::oid"),
        "space": choose(_SCHEMA, "NULL::oid"),
        "made_of": choose(_MADE_OF, "NULL::oid[]"),
        "function": choose(_FUNCTION, "NULL::oid"),
        "everywhere": choose(_EVERYWHERE, "false"),
        "internal": choose(_INTERNAL, "false"),
    }
    return text(_QUERY.format_map(fields)).columns(*_COLUMNS)


_QUERY = r"""
    SELECT k.classid, k.objid, o.type AS kind, o.identity,
           CASE WHEN o.type = 'schema' THEN a.object_names[1]
                WHEN o.type IN ('operator class', 'operator family') THEN a.object_names[2]
                ELSE coalesce(
                    (SELECT n.nspname FROM pg_catalog.pg_namespace n
                     WHERE n.oid = coalesce(r.space, y.space, {space})),
                    CASE WHEN o.schema IS NOT NULL THEN a.object_names[1] END) END
               AS schema,
           coalesce(r.relname, y.typname,
                    a.object_names[pg_catalog.cardinality(a.object_names)]) AS name,
           (SELECT n.nspname FROM pg_catalog.pg_namespace n WHERE n.oid = c.space) AS own_schema,
           c.relname AS own_name,
           ARRAY[k.classid]
               || pg_catalog.array_fill(1259::oid, ARRAY[pg_catalog.cardinality(h.relations)])
               || CASE WHEN y.domain IS NOT NULL THEN ARRAY[1247::oid] ELSE '{{}}' END
               || CASE WHEN x.extension IS NOT NULL THEN ARRAY[3079::oid] ELSE '{{}}' END
               AS chain_classids,
           ARRAY[k.objid] || h.relations
               || CASE WHEN y.domain IS NOT NULL THEN ARRAY[y.domain] ELSE '{{}}' END
               || CASE WHEN x.extension IS NOT NULL THEN ARRAY[x.extension] ELSE '{{}}' END
               AS chain_objids,
           {made_of} AS types,
           {function} AS function,
           coalesce({everywhere}, false) AS is_everywhere,
           coalesce(pg_catalog.cardinality(h.relations) > 0, false) AS is_part,
           coalesce({internal}, false)
               OR coalesce(o.schema, a.object_names[1], '') ~ '^pg_(toast|temp)' AS is_internal
    FROM (SELECT u.classid, u.objid
          FROM unnest(CAST(:classids AS oid[]), CAST(:objids AS oid[])) AS u (classid, objid)
          OFFSET 0) AS k
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(k.classid, k.objid, 0) o
    CROSS JOIN LATERAL pg_catalog.pg_identify_object_as_address(k.classid, k.objid, 0) a
    LEFT JOIN LATERAL (
        SELECT c.oid, c.relkind, c.relispartition, c.relname, c.relnamespace AS space
        FROM pg_catalog.pg_class c
        WHERE c.oid = k.objid AND k.classid = 1259 OFFSET 0) c ON true
    LEFT JOIN LATERAL (SELECT {relation} AS relation OFFSET 0) p ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN p.relation IS NULL THEN CAST('{{}}' AS oid[])
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
               CASE WHEN y.oid <> k.objid OR k.classid <> 1247 THEN y.oid
                    WHEN y.typelem <> 0 AND y.typcategory = 'A' THEN y.typelem END AS domain
        FROM pg_catalog.pg_type y WHERE y.oid = {type} OFFSET 0) y ON true
    LEFT JOIN LATERAL (
        SELECT m.refobjid AS extension FROM pg_catalog.pg_depend m
        WHERE m.classid = k.classid AND m.objid = k.objid AND m.deptype = 'e'
        OFFSET 0) x ON true
    WHERE o.identity IS NOT NULL
"""
