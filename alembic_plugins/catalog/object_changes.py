"""The statements that make, drop and alter what is neither a table, a column nor a type."""

from collections.abc import Iterator

from .diff import Parts
from .drift import Key
from .printed import split, split_on
from .states import State, Statement, Verb, get

_POLICY = ("kind", "command", "roles", "using", "check")
_PRINTED = ("trigger", "rule", "function", "procedure", "statistics object")
_ON_TABLE = ("trigger", "rule", "policy")
_UNEXPRESSED = "there is no definition of it that could be written down"


def create_object(state: State, key: Key) -> Iterator[str]:
    """Yield what makes an object, except tables, columns, sequences and types.

    Raises:
        LookupError: PostgreSQL tells too little of it.
    """
    parts = state.definitions[key]
    kind, identity = key
    own, table = split_on(identity)
    if kind == "constraint":
        validity = " NOT VALID" if "validity" in parts else ""
        yield f"ALTER TABLE {table} ADD CONSTRAINT {own} {parts['definition']}{validity}"
    elif kind == "index":
        yield _create_index(table, parts)
    elif kind == "policy":
        yield _create_policy(own, table, parts)
    elif kind in ("view", "materialized view"):
        yield create_view(key, parts)
    elif kind in _PRINTED:
        yield parts["definition"].rstrip("; \n")
        yield from [enable(key, parts)] if "enabled" in parts else []
    elif kind == "aggregate":
        yield _create_aggregate(identity, parts["definition"])
    else:
        raise LookupError(_UNEXPRESSED)


def _create_index(table: str, parts: Parts) -> str:
    """Return what makes an index; on a partitioned table, those of the partitions are its own."""
    definition = parts["definition"]
    if "validity" in parts:
        raise LookupError("it is INVALID: drop it, or build it again")
    head, only, rest = definition.partition(" ON ONLY ")
    is_head = head.removeprefix("CREATE ").removeprefix("UNIQUE ").startswith("INDEX ")
    return f"{head} ON {rest}" if only and is_head and rest.startswith(table) else definition


def _create_policy(own: str, table: str, parts: Parts) -> str:
    kind = parts.get("kind", "PERMISSIVE")
    words = {**parts, "kind": "AS RESTRICTIVE" if kind == "RESTRICTIVE" else ""}
    clauses = " ".join(words[name] for name in _POLICY if words.get(name))
    return f"CREATE POLICY {own} ON {table} {clauses}".rstrip()


def create_view(key: Key, parts: Parts, *, replacing: bool = False) -> str:
    """Return what makes a view."""
    kind, identity = key
    head = "CREATE OR REPLACE" if replacing else "CREATE"
    options = parts.get("options", "AS")
    return f"{head} {kind.upper()} {identity} {options}\n{parts['definition'].rstrip(' ;')}"


def _create_aggregate(identity: str, definition: str) -> str:
    arguments, found, rest = definition.partition("SFUNC = ")
    if not found or "ORDER BY" in arguments:
        raise LookupError(_UNEXPRESSED)
    words, is_given, value = f"SFUNC = {rest}".partition(", INITCOND = ")
    doubled = value.replace("'", "''")
    condition = f", INITCOND = '{doubled}'" if is_given else ""
    return f"CREATE AGGREGATE {_name_aggregate(identity)} ({words}{condition})"


def _name_aggregate(identity: str) -> str:
    return f"{identity[:-2]}(*)" if identity.endswith("()") else identity


def enable(key: Key, parts: Parts) -> str:
    """Return what lets a trigger or a rule be fired as its definition says."""
    own, table = split_on(key[1])
    word = {"DISABLED": "DISABLE"}.get(parts.get("enabled", ""), parts.get("enabled", "ENABLE"))
    word = word.replace("ENABLED", "ENABLE")
    return f"ALTER TABLE {table} {word} {key[0].upper()} {own}"


def drop_object(key: Key, parts: Parts) -> str:
    """Return what drops an object, except columns and types."""
    kind, identity = key
    own, table = split_on(identity)
    if kind == "constraint":
        return f"ALTER TABLE {table} DROP CONSTRAINT {own}"
    if kind in _ON_TABLE:
        return f"DROP {kind.upper()} {own} ON {table}"
    if kind == "type" and ("type" in parts or "constraints" in parts):
        return f"DROP DOMAIN {identity}"
    if kind == "aggregate":
        return f"DROP AGGREGATE {_name_aggregate(identity)}"
    return f"DROP {kind.upper().removesuffix(' OBJECT')} {own}"


def can_alter(before: State, after: State, key: Key) -> bool:
    """Tell whether an object can be changed without making it anew.

    Of tables, columns, sequences and types it is told elsewhere.
    """
    kind = key[0]
    then, now = get(before, key), get(after, key)
    changed = {name for name in then.keys() | now.keys() if then.get(name) != now.get(name)}
    if kind == "constraint":
        return changed == {"validity"} and "validity" in then
    if kind in ("trigger", "rule"):
        return changed == {"enabled"}
    if kind in ("function", "procedure"):
        return _find_head(then["definition"]) == _find_head(now["definition"])
    if kind == "view":
        columns = before.view_columns.get(key)
        wanted = after.view_columns.get(key, ())
        return columns is not None and wanted[: len(columns)] == columns
    return False


def _find_head(definition: str) -> tuple[str, ...]:
    """Return what CREATE OR REPLACE cannot change: the arguments and the type of the result."""
    lines = split(definition, "\n")
    return tuple(lines[:2]) if lines[1:2] and "RETURNS " in lines[1] else tuple(lines[:1])


def alter_object(after: State, key: Key) -> Iterator[Statement]:
    """Yield what changes an object as `can_alter` tells that it can be."""
    parts = after.definitions[key]
    kind, identity = key
    own, table = split_on(identity)
    if kind == "constraint":
        refused = f"rows of table {table} that constraint {own} does not allow"
        sql = f"ALTER TABLE {table} VALIDATE CONSTRAINT {own}"
        yield Statement(Verb.ALTER, key, sql, "validity", refused=refused)
    elif kind in ("trigger", "rule"):
        yield Statement(Verb.ALTER, key, enable(key, parts), "enabled")
    elif kind == "view":
        yield Statement(Verb.ALTER, key, create_view(key, parts, replacing=True), "definition")
    else:
        yield Statement(Verb.ALTER, key, parts["definition"].rstrip("; \n"), "definition")


def tell_refused(state: State, key: Key) -> str | None:
    """Return what rows may keep an object from being made that was not there."""
    own, table = split_on(key[1])
    parts = state.definitions[key]
    definition = parts.get("definition", "")
    if key[0] == "constraint" and "validity" not in parts:
        return f"rows of table {table} that constraint {own} does not allow"
    if key[0] == "index" and definition.startswith("CREATE UNIQUE "):
        return f"rows of table {table} that are the same for the unique index {own}"
    return None
