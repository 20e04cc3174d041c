"""What is in a database, out of pg_catalog, so that two databases can be compared."""

import psycopg

# Relations, with the columns of those that have some; positions count, oids do not.
_COLUMNS = """\
SELECT n.nspname, c.relname, c.relkind::text, c.relpersistence::text, a.attnum::int, a.attname,
    format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity::text,
    pg_get_expr(d.adbin, d.adrelid)
FROM pg_class c
JOIN pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
WHERE n.nspname ~ '^p[0-9]+$'
"""

# Constraints, in PostgreSQL's own words.
_CONSTRAINTS = """\
SELECT n.nspname, c.conname, c.conrelid::regclass::text, pg_get_constraintdef(c.oid)
FROM pg_constraint c
JOIN pg_namespace n ON n.oid = c.connamespace
WHERE n.nspname ~ '^p[0-9]+$'
"""

# Indexes, in PostgreSQL's own words.
_INDEXES = """\
SELECT n.nspname, c.relname, pg_get_indexdef(c.oid), i.indisvalid
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname ~ '^p[0-9]+$'
"""

# Identity columns and their sequences.
_SEQUENCES = """\
SELECT n.nspname, c.relname, format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmax
FROM pg_sequence s
JOIN pg_class c ON c.oid = s.seqrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname ~ '^p[0-9]+$'
"""

Catalog = frozenset[tuple[object, ...]]


def read_catalog(connection: psycopg.Connection) -> Catalog:
    """Return all that stands in the schemas of plugins; bookkeeping is elsewhere."""
    # Names that pg_get_... writes are qualified unless the search path leads to them.
    connection.execute("SET search_path = ''")
    return frozenset(
        row
        for query in (_COLUMNS, _CONSTRAINTS, _INDEXES, _SEQUENCES)
        for row in connection.execute(query).fetchall()
    )


def describe_difference(one: Catalog, other: Catalog) -> str | None:
    """Return the first thing that only one of two databases has, and how many there are."""
    different = sorted(one ^ other, key=repr)
    return f"{len(different)} differences, {different[0]}" if different else None
