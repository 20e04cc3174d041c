"""Why a difference stays as it is, though it is known what was there before."""

from collections.abc import Iterator, Sequence

from ..catalog.diff import Parts
from ..catalog.drift import Change, Key, mentions
from ..catalog.printed import split_field, split_on
from ..catalog.states import TABLES, find_table
from ..catalog.type_changes import can_alter_type
from .differences import Aspect, Difference, Goal

_DATA = {
    "table": "its rows are lost, and an empty one would look as if it were right",
    "column": "its values are lost, and an empty one would look as if it were right",
    "sequence": "how far it was is lost, and numbers would come again",
    "schema": "all that was in it is lost",
}

_BY_HAND = "what somebody has made is not dropped"


_TAKEN = "another object has its former name by now; rename or drop that, and run this again"

_MOVED = "the guard lets no plugin rename schemas; do it by hand, and run this again"
_BEHIND = "the schema has to be renamed before that"


def find_reasons(
    branch: str, goal: Goal, differences: Sequence[Difference]
) -> dict[Difference, str]:
    """Return the differences that cannot be undone without losing something, and why.

    Args:
        branch: whose they are.
        goal: what the objects were.
        differences: all of them.
    """
    moved = [item for item in differences if _is_moved(item)]
    if moved:
        return {item: _MOVED if item in moved else _BEHIND for item in differences}
    found = {
        item: reason
        for item in differences
        if (reason := _find_reason(branch, goal, item, differences)) is not None
    }
    while more := dict(_find_needing(goal, differences, found)):
        found |= more
    return found


def _is_moved(item: Difference) -> bool:
    return item.key[0] == "schema" and item.drift.change is Change.RENAMED


def _find_reason(
    branch: str, goal: Goal, item: Difference, differences: Sequence[Difference]
) -> str | None:
    change, kind = item.drift.change, item.key[0]
    if change is Change.NEW:
        return _BY_HAND
    if _is_kept(goal, item):
        return _TAKEN
    is_known = item.key in goal.recorded.definitions and item.key in goal.live.definitions
    if change is Change.REPLACED and (kind in _DATA or not is_known):
        return (
            f"another one stands for it; 'alembic plugin repair {branch} --with-unknown-objects' "
            "records it"
        )
    if change is Change.GONE:
        return _DATA.get(kind) or _find_twin(goal, item.key, differences)
    key = goal.back.get(item.key, item.key)
    if change in (Change.RENAMED, Change.REPLACED):
        return None
    if key not in goal.live.definitions:
        return "it is not known any more whose it is"
    return _find_part_reason(goal, item, key) if item.aspect is Aspect.DEFINITION else None


def _is_kept(goal: Goal, item: Difference) -> bool:
    """Tell whether something has, or is on what has, a name that it cannot give back."""
    is_gone = item.drift.change is Change.GONE
    names = {key[1] for key in (goal.kept.values() if is_gone else goal.kept)}
    return item.key[1] in names or find_table(item.key) in names


def _find_part_reason(goal: Goal, item: Difference, key: Key) -> str | None:
    kind, part = key[0], item.drift.part
    if kind == "column" and part in ("type", "collation"):
        return "PostgreSQL writes all values anew, and some may not be what they were"
    if kind == "column" and part == "expression":
        return "PostgreSQL writes all values anew"
    if kind == "column" and part == "identity" and item.drift.expected is None:
        return "how far its numbers are would be lost"
    if kind == "type":
        then, now = goal.live.definitions[key], goal.recorded.definitions.get(key, {})
        if not can_alter_type(then, now):
            return "all columns of that type would have to be written anew"
    return None


def _find_twin(goal: Goal, key: Key, differences: Sequence[Difference]) -> str | None:
    """Return why something is not made that is there by another name, as far as that is known."""
    own, table = split_on(key[1])
    if not table:
        return None
    parts = goal.recorded.definitions.get(key, {})
    for other in differences:
        if other.drift.change is not Change.NEW or other.key[0] != key[0]:
            continue
        name, where = split_on(other.key[1])
        if where == table and _rename(parts, own, name) == goal.live.definitions.get(other.key):
            return f"{other.key[0]} {other.key[1]} is the same by another name"
    return None


def _rename(parts: Parts, before: str, after: str) -> Parts:
    old, new = (name.rpartition(".")[2] for name in (before, after))
    head = f"INDEX {old} ON "
    return {part: words.replace(head, f"INDEX {new} ON ", 1) for part, words in parts.items()}


def _find_needing(
    goal: Goal, differences: Sequence[Difference], left: dict[Difference, str]
) -> Iterator[tuple[Difference, str]]:
    """Yield what cannot be made since it needs what is gone and stays so."""
    gone = [item.key for item in left if item.drift.change is Change.GONE]
    for item in differences:
        if item in left or item.aspect is not Aspect.DEFINITION:
            continue
        if item.drift.change is Change.GONE:
            keys = goal.find_along(item.key)
            words = " ".join(w for key in keys for w in goal.recorded.definitions[key].values())
        else:
            words = item.drift.expected or "" if item.drift.change is Change.CHANGED else ""
        needed = next((key for key in gone if _needs(item.key, words, key)), None)
        if needed is not None:
            yield item, f"it needs {needed[0]} {needed[1]}, which is gone"


def _needs(key: Key, words: str, gone: Key) -> bool:
    """Tell whether a definition has something in it that is gone."""
    kind, identity = gone
    if kind == "column":
        table, name = split_field(identity)
        return mentions(words, name) and (find_table(key) == table or mentions(words, table))
    own = split_on(identity)[0]
    if kind in TABLES and find_table(key) == own:
        return True
    return mentions(words, own.partition("(")[0])
