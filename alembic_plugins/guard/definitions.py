"""Whether relations of others are what they were: their definitions, columns and privileges."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, bindparam, text

from ..catalog.oids import PG_CLASS
from ..catalog.transaction_rows import Key
from .changes import CHANGING, Change

# What relations are, but for what changes of itself or when others refer to them; privileges, and
# numbers that constraints get when those on which they depend are made anew, are left out. The
# other columns are the privileges, which nobody else can change once we have.
_SHAPES = text("""
    SELECT c.oid, pg_catalog.md5(pg_catalog.concat(
        pg_catalog.to_jsonb(c) - CAST(:volatile AS text[]) - 'relacl',
        (SELECT pg_catalog.string_agg((pg_catalog.to_jsonb(a) - 'attacl')::text, ''
                                      ORDER BY a.attnum)
           FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid),
        (SELECT pg_catalog.string_agg((pg_catalog.to_jsonb(d) - 'oid')::text, '' ORDER BY d.adnum)
           FROM pg_catalog.pg_attrdef d WHERE d.adrelid = c.oid),
        (SELECT pg_catalog.string_agg((pg_catalog.to_jsonb(t) - CAST(:remade AS text[]))::text, ''
                                      ORDER BY t.conname)
           FROM pg_catalog.pg_constraint t WHERE t.conrelid = c.oid),
        (SELECT pg_catalog.string_agg((pg_catalog.to_jsonb(i) - 'indcheckxmin')::text, ''
                                      ORDER BY i.indexrelid)
           FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid OR i.indexrelid = c.oid),
        (SELECT pg_catalog.string_agg(pg_catalog.to_jsonb(g)::text, '' ORDER BY g.oid)
           FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid AND NOT g.tgisinternal),
        (SELECT pg_catalog.string_agg(pg_catalog.to_jsonb(p)::text, '' ORDER BY p.oid)
           FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid),
        (SELECT pg_catalog.string_agg(pg_catalog.to_jsonb(r)::text, '' ORDER BY r.oid)
           FROM pg_catalog.pg_rewrite r WHERE r.ev_class = c.oid),
        (SELECT pg_catalog.string_agg(pg_catalog.to_jsonb(h)::text, ''
                                      ORDER BY h.inhrelid, h.inhparent)
           FROM pg_catalog.pg_inherits h WHERE c.oid IN (h.inhrelid, h.inhparent)),
        (SELECT pg_catalog.to_jsonb(s) FROM pg_catalog.pg_sequence s WHERE s.seqrelid = c.oid)
        )) AS shape,
        pg_catalog.md5(pg_catalog.concat(
            pg_catalog.to_jsonb(c) - CAST(:volatile AS text[]))) AS row,
        (SELECT pg_catalog.md5(pg_catalog.string_agg(a.attacl::text, '' ORDER BY a.attnum))
           FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid) AS columns
    FROM pg_catalog.pg_class c WHERE c.oid = ANY (CAST(:oids AS oid[]))
""").bindparams(bindparam("oids"), bindparam("volatile"), bindparam("remade"))

_VOLATILE = [
    "relpages",
    "reltuples",
    "relallvisible",
    "relallfrozen",
    "relfrozenxid",
    "relminmxid",
    "relhasindex",
    "relhasrules",
    "relhastriggers",
    "relhassubclass",
]

_REMADE = ["oid", "conindid", "conparentid", "conpfeqop", "conppeqop", "conffeqop"]
"""What is another of a foreign key when the type of the column that it refers to is another."""

# The columns of some relations, also those that were dropped.
_COLUMNS = text("""
    SELECT a.attrelid, CAST(a.attnum AS int) AS attnum,
           pg_catalog.quote_ident(a.attname) AS attname, a.attisdropped
    FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = ANY (CAST(:oids AS oid[])) AND a.attnum > 0
    ORDER BY a.attrelid, a.attnum
""").bindparams(bindparam("oids"))


def compare_definitions(
    connection: Connection,
    lock_connection: Connection,
    others: Collection[Change],
    regranted: set[int],
) -> Mapping[Key, Change]:
    """Return changes of relations of others that are not what they were, with what is different."""
    strong = {change.key[1]: change for change in others if _may_differ(change, regranted)}
    if not strong:
        return {}
    parameters = {"oids": list(strong), "volatile": _VOLATILE, "remade": _REMADE}
    now, then = (
        {row.oid: row for row in seeing.execute(_SHAPES, parameters)}
        for seeing in (connection, lock_connection)
    )
    found = {}
    for oid, change in strong.items():
        after, before = now.get(oid), then.get(oid)
        if after and before:
            found[change.key] = replace(
                change,
                # Without such a lock, others may change it meanwhile.
                is_reshaped=bool(change.modes & {*CHANGING}) and after.shape != before.shape,
                is_regranted=(change.is_written and after.row != before.row)
                or (oid in regranted and after.columns != before.columns),
            )
    reshaped = [change.key[1] for change in found.values() if change.is_reshaped]
    for oid, (new, old) in _read_columns(connection, lock_connection, reshaped).items():
        key = strong[oid].key
        found[key] = replace(found[key], new_columns=new, old_columns=old)
    return found


def _may_differ(change: Change, regranted: set[int]) -> bool:
    if change.key[0] != PG_CLASS or change.after is None:
        return False
    return change.is_written or bool(change.modes & {*CHANGING}) or change.key[1] in regranted


def _read_columns(
    connection: Connection, lock_connection: Connection, oids: Sequence[int]
) -> Mapping[int, tuple[dict[int, str], dict[int, str]]]:
    """Return the columns that relations have got, and those that they have lost."""
    if not oids:
        return {}
    now, then = (
        {(row.attrelid, row.attnum): row for row in seeing.execute(_COLUMNS, {"oids": list(oids)})}
        for seeing in (connection, lock_connection)
    )
    found: dict[int, tuple[dict[int, str], dict[int, str]]] = {oid: ({}, {}) for oid in oids}
    for (oid, number), row in now.items():
        before = then.get((oid, number))
        if before is None and not row.attisdropped:
            found[oid][0][number] = row.attname
        elif before is not None and row.attisdropped and not before.attisdropped:
            found[oid][1][number] = before.attname
    return found
