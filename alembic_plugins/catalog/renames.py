"""The statements that give objects other names, and what objects are after these."""

from collections.abc import Collection, Iterator, Mapping

from .drift import Comparison, Key
from .printed import split_name, split_on, unquote
from .states import TABLES, VIEWS, State, Statement, Verb, find_field, find_table

_RELATIONS = (*TABLES, *VIEWS, "index", "sequence")
"""The kinds of which no two objects of a schema have one name."""

_LONGEST = 50
"""So many characters of a name are left where more are put to it; PostgreSQL has 63 bytes."""

_FIRST = ("schema", "type", "table", "foreign table", "view", "materialized view", "sequence")


def make_renames(state: State, renamed: Mapping[Key, Key]) -> tuple[Statement, ...]:
    """Return what gives objects other names, relations before what is on them.

    A name is given when no other object has it any more. Where objects have got each other's, one
    of them has a name of its own in between; so has what is in the way and not renamed, for good.

    Args:
        state: what they are before.
        renamed: which have which name afterwards; also those that only are on a renamed relation.
    """
    found: list[Statement] = []
    left = {
        before: now
        for before, now in renamed.items()
        if before not in state.inherited and any(_rename(before, now, renamed))
    }
    left |= _find_in_the_way(state, renamed, left)
    while left:
        pairs = sorted(left.items(), key=_find_rank)
        ready = next((pair for pair in pairs if _is_ready(pair, left)), None)
        before, goal = ready or pairs[0]
        del left[before]
        now = goal
        if ready is None:
            now = _find_free(
                _put_on(before, find_table(goal)), {*state.definitions, *left.values()}
            )
            left[now] = goal
        found += _rename(before, now, renamed)
    return tuple(found)


def _find_in_the_way(
    state: State, renamed: Mapping[Key, Key], left: Mapping[Key, Key]
) -> dict[Key, Key]:
    """Return other names for what has one that another object is to have, and is not renamed."""
    wanted = {find_slot(now) for now in left.values()}
    if not wanted:
        return {}
    tables = {before[1]: now[1] for before, now in renamed.items() if before[0] in _RELATIONS}
    moved: dict[Key, Key] = {}
    for key in state.definitions.keys() - renamed.keys():
        table = find_table(key)
        on = tables.get(table, table)
        if find_slot(key, on) in wanted:
            taken = {*state.definitions, *left.values(), *moved.values()}
            moved[key] = _find_free(_put_on(key, on), taken)
    return moved


def _is_ready(pair: tuple[Key, Key], left: Mapping[Key, Key]) -> bool:
    """Tell whether what an object is on has its name already, and its own name is free."""
    before, now = pair
    others = [(key, new) for key, new in left.items() if key != before]
    table, slot = find_table(now), find_slot(now)
    return not any(
        (new[0] in _RELATIONS and new[1] == table) or find_slot(key, find_table(new)) == slot
        for key, new in others
    )


def find_slot(key: Key, table: str | None = None) -> Key:
    """Return what only one object can have: a name among relations, or in a table.

    Args:
        key: the object.
        table: what it is on by now, where that was renamed.
    """
    kind, identity = key
    own, on = split_on(identity)
    if kind in _RELATIONS:
        return ("relation", own)
    if kind == "column":
        return (kind, f"{find_table(key) if table is None else table}.{find_field(key)}")
    return (kind, f"{own} on {on if table is None else table}" if on else own)


def _find_free(key: Key, keys: Collection[Key]) -> Key:
    """Return an object by a name that none of others has."""
    taken = {find_slot(other) for other in keys}
    names = (_replace_name(key, number) for number in range(1, len(taken) + 2))
    return next(name for name in names if find_slot(name) not in taken)


def _replace_name(key: Key, number: int) -> Key:
    """Return an object by its name with a number behind it."""
    kind, table = key[0], find_table(key)
    if kind == "column":
        return (kind, f"{table}.{_number(find_field(key), number)}")
    own = split_on(key[1])[0]
    schema, name = split_name(own)
    arguments = own.removeprefix(_join(schema, name))
    numbered = f"{_join(schema, _number(name, number))}{arguments}"
    return (kind, f"{numbered} on {table}" if table else numbered)


def _put_on(key: Key, table: str) -> Key:
    """Return an object on what its table is called by now."""
    if key[0] == "column":
        return (key[0], f"{table}.{find_field(key)}")
    own, on = split_on(key[1])
    return (key[0], f"{own} on {table}") if on else key


def _number(name: str, number: int) -> str:
    if not name.startswith('"'):
        return f"{name[:_LONGEST]}_{number}"
    numbered = f"{unquote(name)[:_LONGEST]}_{number}"
    return '"' + numbered.replace('"', '""') + '"'


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
