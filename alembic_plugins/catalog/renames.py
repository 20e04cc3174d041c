"""The statements that give objects other names, and what objects are after these."""

from collections.abc import Iterator, Mapping

from .drift import Comparison, Key
from .printed import split_name, split_on
from .states import State, Statement, Verb, find_field, find_table

_FIRST = ("schema", "type", "table", "foreign table", "view", "materialized view", "sequence")


def make_renames(state: State, renamed: Mapping[Key, Key]) -> tuple[Statement, ...]:
    """Return what gives objects other names, relations before what is on them.

    Args:
        state: what they are before.
        renamed: which have which name afterwards; also those that only are on a renamed relation.
    """
    found: list[Statement] = []
    for before, now in sorted(renamed.items(), key=_find_rank):
        if before in state.inherited:
            continue
        found += _rename(before, now, renamed)
    return tuple(found)


def _find_rank(pair: tuple[Key, Key]) -> tuple[int, Key]:
    kind = pair[0][0]
    return (_FIRST.index(kind) if kind in _FIRST else len(_FIRST), pair[0])


def _rename(before: Key, now: Key, renamed: Mapping[Key, Key]) -> Iterator[Statement]:
    kind = before[0]
    own, table = split_on(before[1])
    (schema, name), (new_schema, new_name) = split_name(own), split_name(split_on(now[1])[0])
    if kind == "column":
        name, new_name = find_field(before), find_field(now)
        if name != new_name:
            yield _rename_on(before, find_table(now), f"RENAME COLUMN {name} TO {new_name}")
    elif kind in ("constraint", "trigger", "rule", "policy"):
        if name != new_name:
            yield _rename_part(before, now, name, new_name)
    else:
        arguments = own.removeprefix(_join(schema, name))
        head = f"ALTER {kind.upper().removesuffix(' OBJECT')}"
        schema = renamed.get(("schema", schema), ("schema", schema))[1]
        if schema != new_schema and not table:
            sql = f"{head} {_join(schema, name)}{arguments} SET SCHEMA {new_schema}"
            yield Statement(Verb.RENAME, before, sql)
        if name != new_name:
            sql = f"{head} {_join(new_schema, name)}{arguments} RENAME TO {new_name}"
            yield Statement(Verb.RENAME, before, sql)


def _join(schema: str, name: str) -> str:
    return f"{schema}.{name}" if schema else name


def _rename_on(before: Key, table: str, words: str) -> Statement:
    return Statement(Verb.RENAME, before, f"ALTER TABLE {table} {words}")


def _rename_part(before: Key, now: Key, name: str, new_name: str) -> Statement:
    table = split_on(now[1])[1]
    if before[0] == "constraint":
        return _rename_on(before, table, f"RENAME CONSTRAINT {name} TO {new_name}")
    word = before[0].upper()
    return Statement(Verb.RENAME, before, f"ALTER {word} {name} ON {table} RENAME TO {new_name}")


def rename_state(state: State, renamed: Mapping[Key, Key]) -> State:
    """Return a state as PostgreSQL tells it after renames."""
    if not renamed:
        return state
    names = Comparison(state.definitions, {}, renamed)
    keys = {key: renamed.get(key) or names.find_now(key) for key in state.definitions}

    def rekey(found: Mapping[Key, object]) -> dict[Key, object]:
        return {keys.get(key, key): value for key, value in found.items()}

    definitions = {
        keys[key]: {part: names.rewrite(words, key, keys[key]) for part, words in parts.items()}
        for key, parts in state.definitions.items()
    }
    needs = {
        keys.get(key, key): frozenset(keys.get(it, it) for it in found)
        for key, found in state.needs.items()
    }
    return State(
        definitions,
        rekey(state.notes),  # type: ignore[arg-type]
        rekey(state.places),  # type: ignore[arg-type]
        needs,
        {keys.get(key, key): keys.get(it, it) for key, it in state.owners.items()},
        rekey(state.view_columns),  # type: ignore[arg-type]
        frozenset(keys.get(key, key) for key in state.inherited),
    )
