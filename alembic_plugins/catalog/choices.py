"""What is to be done with each object so that one state becomes another."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from .column_changes import must_be_remade
from .drift import Key
from .object_changes import can_alter
from .states import TABLES, VIEWS, State, Unexpressed, find_table, get
from .table_changes import find_fixed
from .type_changes import can_alter_type

_PRINTED = (*VIEWS, "rule", "policy", "trigger", "function", "procedure")
"""What PostgreSQL keeps from changing the type of a column that it uses."""

_ON_COLUMNS = ("constraint", "index", "statistics object", "sequence")
"""What is dropped with the columns that it is on."""


class Way(StrEnum):
    """What is to be done with an object."""

    CREATE = "create"
    DROP = "drop"
    ALTER = "alter"
    REMAKE = "drop and create"
    REPLACE = "put another type by its name"


_GOING = (Way.DROP, Way.REMAKE)
_COMING = (Way.CREATE, Way.REMAKE)


@dataclass(frozen=True)
class Choices:
    """What is to be done with each object.

    Attributes:
        ways: what is to be done, for those with which anything is.
        retyped: columns whose type is put anew by its name.
        cleared: columns whose default uses a function that is made anew.
        unexpressed: what cannot be done.
    """

    ways: dict[Key, Way]
    retyped: set[Key]
    cleared: set[Key]
    unexpressed: tuple[Unexpressed, ...]

    def is_going(self, key: Key) -> bool:
        """Tell whether an object is dropped, be it made again or not."""
        return self.ways.get(key) in _GOING

    def is_coming(self, key: Key) -> bool:
        """Tell whether an object is made, be it anew or not."""
        return self.ways.get(key) in _COMING


def choose(before: State, after: State) -> Choices:
    """Return what is to be done so that one state becomes another."""
    ways: dict[Key, Way] = {}
    unexpressed: list[Unexpressed] = []
    for key in before.definitions.keys() | after.definitions.keys():
        reason = _find_reason(before, after, key)
        if reason is not None:
            unexpressed.append(Unexpressed(key, reason))
            continue
        way = _choose(before, after, key)
        if way is not None:
            ways[key] = way
    found = Choices(ways, set(), set(), tuple(sorted(unexpressed, key=lambda it: it.key)))
    _spread(before, after, found)
    return found


def _find_reason(before: State, after: State, key: Key) -> str | None:
    """Return why a difference cannot be expressed at all."""
    is_there = [key in state.definitions for state in (before, after)]
    if key[0] == "schema":
        return None if all(is_there) else "schemas are made and dropped with their plugins"
    return find_fixed(before, after, key) if key[0] in TABLES and all(is_there) else None


def _choose(before: State, after: State, key: Key) -> Way | None:
    """Return what is to be done with one object by itself.

    A column that is inherited comes and goes with the one above it, or with its table.
    """
    if key not in after.definitions:
        return None if key in before.inherited else Way.DROP
    if key not in before.definitions:
        return None if key in after.inherited else Way.CREATE
    if get(before, key) == get(after, key):
        return None
    return Way.ALTER if _can_alter(before, after, key) else Way.REMAKE


def _can_alter(before: State, after: State, key: Key) -> bool:
    kind = key[0]
    if kind in (*TABLES, "sequence"):
        return True
    if kind == "column":
        return not must_be_remade(before, after, key)
    return kind == "type" or can_alter(before, after, key)


def _spread(before: State, after: State, found: Choices) -> None:
    """Let what depends on objects that are made anew be made anew, too, and what hangs on them."""
    users = find_users(before)
    ways = found.ways
    for key in [key for key, way in ways.items() if way is Way.ALTER and key[0] == "type"]:
        if not can_alter_type(get(before, key), get(after, key)):
            ways[key] = Way.REPLACE
    queue = [key for key, way in ways.items() if way is not Way.CREATE]
    seen: set[Key] = set()
    while queue:
        key = queue.pop()
        if key in seen:
            continue
        seen.add(key)
        is_typed = key in found.retyped or _is_typed(before, after, key)
        if ways.get(key) not in (Way.REMAKE, Way.REPLACE) and not is_typed:
            continue
        for user in (*users.get(key, ()), *_find_hanging(before, key)):
            if user in after.definitions and ways.get(user) not in _GOING:
                queue += _follow(before, found, key, user)


def _is_typed(before: State, after: State, key: Key) -> bool:
    then, now = get(before, key), get(after, key)
    return key[0] == "column" and any(
        then.get(part) != now.get(part) for part in ("type", "collation")
    )


def _find_hanging(state: State, key: Key) -> Iterator[Key]:
    """Yield what goes with an object that is dropped without being known to depend on it."""
    if key[0] in VIEWS:
        yield from state.find_parts(key[1])
    if key[0] == "column":
        sequence = state.find_sequence(key)
        if sequence is not None:
            yield sequence


def _follow(before: State, found: Choices, key: Key, user: Key) -> Iterator[Key]:
    """Decide on what depends on something that is made anew, or is of another type by then."""
    kind = user[0]
    is_remade = found.ways.get(key) is Way.REMAKE
    is_generated = kind == "column" and "expression" in get(before, user)
    if kind == "column" and key[0] == "type":
        found.retyped.add(user)
        yield user
    elif kind == "column" and not is_generated:
        if is_remade:
            found.cleared.add(user)
    elif kind in TABLES or (kind == "sequence" and not is_remade):
        return
    elif is_remade or key[0] == "type" or kind in _PRINTED or is_generated:
        found.ways[user] = Way.REMAKE
        yield user


def find_users(state: State) -> Mapping[Key, Collection[Key]]:
    """Return what depends on objects, by these."""
    users: dict[Key, list[Key]] = {}
    for user, needed in state.needs.items():
        for key in needed:
            users.setdefault(key, []).append(user)
    return users


def goes_along(before: State, after: State, found: Choices, key: Key) -> bool:
    """Tell whether an object is dropped together with another one."""
    table = before.find_table_key(find_table(key))
    if table is not None and found.is_going(table):
        return not _is_crosswise(before, found, key, table)
    if key[0] == "sequence":
        owner = before.find_owner(key)
        return owner is not None and (
            found.is_going(owner)
            or ("identity" in get(before, owner) and "identity" not in get(after, owner))
        )
    if key[0] not in _ON_COLUMNS:
        return False
    needs = before.needs.get(key, frozenset())
    own = [it for it in needs if it[0] in ("column", *TABLES)]
    is_own = key[0] == "statistics object"
    return any(found.is_going(it) and (is_own or find_table(it) == find_table(key)) for it in own)


def _is_crosswise(before: State, found: Choices, key: Key, table: Key) -> bool:
    """Tell whether a constraint is on a table that goes before one that was made later.

    Where tables refer to each other, none of them could be dropped otherwise.
    """
    if key[0] != "constraint":
        return False
    needed = (find_table(it) or it[1] for it in before.needs.get(key, ()))
    tables = {before.find_table_key(it) for it in needed} - {table, None}
    place = before.find_order(table)
    return any(it and found.is_going(it) and before.find_order(it) > place for it in tables)
