"""The SQL that lets a plugin's namespace, and what is in it, follow the plugin's new name.

Whatever refers to objects by identity follows: foreign keys, views, defaults, privileges. The
bodies of functions are text, and stay.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, Executable, bindparam, text

from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import find_partitions
from ..plugin import Prefix, Schema
from ..registry.sql import quote_name, raw
from .drops import name_kind

_LONGEST = 63
"""The bytes of a name that PostgreSQL keeps."""

# The indexes and owned sequences of some tables, and their own foreign keys, checks and NOT NULLs,
# as ALTER names them.
_PARTS = text("""
    SELECT pg_catalog.concat('INDEX ', o.identity) AS words, c.relname AS name
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(c.tableoid, c.oid, 0) o
    WHERE i.indrelid = ANY (CAST(:oids AS oid[]))
    UNION
    SELECT pg_catalog.concat('SEQUENCE ', o.identity), c.relname
    FROM pg_catalog.pg_depend d
    JOIN pg_catalog.pg_class c ON c.tableoid = d.classid AND c.oid = d.objid AND c.relkind = 'S'
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(c.tableoid, c.oid, 0) o
    WHERE d.refclassid = d.classid AND d.refobjid = ANY (CAST(:oids AS oid[]))
      AND d.deptype IN ('a', 'i')
    UNION
    SELECT pg_catalog.concat('TABLE ', o.identity, ' RENAME CONSTRAINT ',
                             pg_catalog.quote_ident(c.conname)), c.conname
    FROM pg_catalog.pg_constraint c
    JOIN pg_catalog.pg_class t ON t.oid = c.conrelid
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(t.tableoid, t.oid, 0) o
    WHERE c.conrelid = ANY (CAST(:oids AS oid[])) AND c.contype IN ('c', 'f', 'n')
      AND c.conislocal AND c.coninhcount = 0 AND c.conparentid = 0
    ORDER BY 1
""").bindparams(bindparam("oids"))

# The names of relations of a schema that are among some.
_TAKEN = text("""
    SELECT c.relname
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = :schema AND c.relname = ANY (CAST(:names AS text[]))
    ORDER BY c.relname
""").bindparams(bindparam("schema"), bindparam("names"))

# Functions whose bodies, or settings, have one of some words.
_TEXTS = text("""
    SELECT o.type AS kind, o.identity,
           pg_catalog.concat_ws(' ', p.prosrc, CAST(p.proconfig AS text)) AS body
    FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(p.tableoid, p.oid, 0) o
    WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND EXISTS (SELECT FROM pg_catalog.unnest(CAST(:words AS text[])) w
                  WHERE pg_catalog.strpos(pg_catalog.concat_ws(
                      ' ', p.prosrc, CAST(p.proconfig AS text)), w) > 0)
      AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                      WHERE d.classid = p.tableoid AND d.objid = p.oid AND d.deptype = 'e')
    ORDER BY 1, 2
""").bindparams(bindparam("words"))


@dataclass(frozen=True)
class PrefixChange:
    """What is renamed where a plugin's prefix becomes another one.

    Attributes:
        statements: what renames it.
        names: the new names of tables, by the former ones.
    """

    statements: tuple[Executable, ...]
    names: Mapping[str, str]


def change_prefix(
    connection: Connection, before: Prefix, after: Prefix, items: Iterable[DatabaseObject]
) -> PrefixChange:
    """Return what renames relations from one prefix to another, with what is named after them.

    That are their indexes, constraints and sequences, where the name of the relation is in theirs.

    Raises:
        ValueError: a name is taken, or would be too long.
    """
    found = {item.key: item for item in items if item.own_name is not None}
    found |= read_objects(connection, find_partitions(connection, found.values()))
    relations = [i for i in found.values() if i.own_name and before.covers(i.own_name)]
    names = {str(i.own_name): _change(str(i.own_name), before, after) for i in relations}
    long = next((new for new in names.values() if len(new.encode()) > _LONGEST), None)
    if long is not None:
        raise ValueError(f"'{long}' would be longer than {_LONGEST} bytes")
    for schema in {item.own_schema for item in relations}:
        new = [names[str(item.own_name)] for item in relations if item.own_schema == schema]
        taken = connection.scalar(_TAKEN, {"schema": schema, "names": new})
        if taken is not None:
            raise ValueError(f"there is a '{taken}' in schema {schema}")
    statements = [*_rename_parts(connection, relations, names)]
    for item in relations:
        statements.append(_rename(f"{name_kind(item)} {item.identity}", names[str(item.own_name)]))
    return PrefixChange(tuple(statements), names)


def _change(name: str, before: Prefix, after: Prefix) -> str:
    """Return what a relation is called by a new prefix, or exact name."""
    pairs = dict(zip(before.names, after.names, strict=True))
    if name in pairs:
        return pairs[name]
    fitting = [prefix for prefix in pairs if prefix.endswith("_") and name.startswith(prefix)]
    longest = max(fitting, key=len)
    return pairs[longest] + name.removeprefix(longest)


def _rename_parts(
    connection: Connection, relations: Collection[DatabaseObject], names: Mapping[str, str]
) -> Iterator[Executable]:
    rows = connection.execute(_PARTS, {"oids": [item.objid for item in relations]}).all()
    whole = find_words(names)
    for row in rows:
        new = whole.sub(lambda match: names[match[0]], row.name) if names else row.name
        if new != row.name and len(new.encode()) <= _LONGEST:
            yield _rename(row.words, new)


def _rename(words: str, name: str) -> Executable:
    verb = "TO" if " RENAME CONSTRAINT " in words else "RENAME TO"
    return raw(f"ALTER {words} {verb} {quote_name(name)}")


def find_words(names: Iterable[str]) -> re.Pattern[str]:
    """Return what finds names in others that are made of them, with underscores between."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, longest_first))})(?![^\W_])")


def find_texts(
    connection: Connection, moved: Schema | Prefix, names: Collection[str] = ()
) -> tuple[str, ...]:
    """Return the functions whose bodies have a former name in them, of a schema or of tables."""
    words = [moved.name] if isinstance(moved, Schema) else [*names]
    if not words:
        return ()
    any_of = "|".join(map(re.escape, words))
    end = r'"?\s*\.' if isinstance(moved, Schema) else r"(?![\w$])"
    # What the text means, only PostgreSQL knows, and when it is run: this is for a warning.
    named = re.compile(rf"(?<![\w$])(?:{any_of}){end}|search_path=[^)]*?\b(?:{any_of})\b")
    rows = connection.execute(_TEXTS, {"words": words})
    return tuple(f"{row.kind} {row.identity}" for row in rows if named.search(row.body))
