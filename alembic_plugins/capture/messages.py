"""What a revision is about, told by what it changes, where nobody has said it."""

from collections.abc import Iterator, Mapping, Sequence

from ..catalog.diff import WHOLES
from ..catalog.drift import Change, Comparison, Drift, Key, split_column
from ..catalog.states import State
from .comparing import compare_notes

_LISTED = 2
"""How many changes are named; the rest is counted."""

_VERBS = {
    Change.NEW: "add",
    Change.GONE: "drop",
    Change.RENAMED: "rename",
    Change.CHANGED: "change",
    Change.REPLACED: "replace",
}


def describe_changes(before: State, after: State, renamed: Mapping[Key, Key]) -> str:
    """Return what is changed, in a few words of one line.

    Args:
        before: what objects are before, by the names that revisions have for them.
        after: what they are behind it.
        renamed: which of them have another name behind it.
    """
    drift = Comparison(before.definitions, after.definitions, renamed).find_drift()
    found = _choose(drift, list(compare_notes(before, after)))
    if not found:
        return "change what is there"
    if len(found) == 1:
        return " ".join(_describe(found[0]).split())
    return " ".join(_list(found).split())


def _choose(drift: Sequence[Drift], noted: Sequence[Drift]) -> list[Drift]:
    """Return one change an object: relations, columns, what hangs on them, and then comments."""
    by_key: dict[Key, Drift] = {}
    for item in [*sorted(drift, key=_find_rank), *noted]:
        by_key.setdefault(item.key, item)
    return list(by_key.values())


def _find_rank(item: Drift) -> tuple[bool, bool]:
    return item.kind not in WHOLES, item.kind != "column"


def _list(found: Sequence[Drift]) -> str:
    """Return several changes; a verb is said again where it is another one."""
    words = list(_say_verbs(found[:_LISTED]))
    rest = len(found) - _LISTED
    if rest:
        return f"{', '.join(words)} and {rest} more"
    return " and ".join(words)


def _say_verbs(found: Sequence[Drift]) -> Iterator[str]:
    verb = None
    for item in found:
        now = _VERBS[item.change]
        name = _name(item)
        yield name if now == verb else f"{now} {name}"
        verb = now


def _describe(item: Drift) -> str:
    """Return a single change, with where it is."""
    _, table = _split(item.kind, item.identity)
    part = f"{item.part} of " if item.change is Change.CHANGED and item.part else ""
    where = {Change.NEW: "to", Change.GONE: "from"}.get(item.change, "of")
    words = f"{_VERBS[item.change]} {part}{item.kind} {_name(item)}"
    return f"{words} {where} {table}" if table else words


def _name(item: Drift) -> str:
    """Return the name of an object, with the former one if it was renamed."""
    name, _ = _split(item.kind, item.identity)
    if item.change is Change.RENAMED:
        return f"{_split(item.kind, str(item.expected))[0]} to {name}"
    return name


def _split(kind: str, identity: str) -> tuple[str, str]:
    """Return the name of an object, and of the relation that it is on, if it is on one."""
    if kind == "column":
        table, name = split_column(identity)
        return name, table
    name, on, table = identity.rpartition(" on ")
    return (name, table) if on else (identity, "")
