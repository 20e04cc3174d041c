"""Whether what a revision has made is what it was to make."""

from collections.abc import Iterator, Mapping

from ..catalog.drift import Change, Comparison, Drift, Key
from ..catalog.note_changes import OF_ROLES, OF_SERVERS
from ..catalog.states import State
from ..namespaces.comparisons import BranchComparison

_PRINTED_ANEW = "statistics object"
"""The kind that is printed with columns in their order, which they lose when they come back."""


def find_differences(wanted: State, found: State, *, is_back: bool = False) -> list[str]:
    """Return how objects differ from what they are to be, in words.

    Args:
        wanted: what they are to be.
        found: what they are.
        is_back: whether they were that once, and columns have come back at the end of their tables.
    """
    drift = Comparison(wanted.definitions, found.definitions, {}).find_drift()
    words = [
        str(item)
        for item in drift
        if not (is_back and item.kind == _PRINTED_ANEW and item.change is Change.CHANGED)
    ]
    invalid = {"validity"}
    for key in wanted.definitions.keys() & found.definitions.keys():
        then, now = (state.definitions[key] for state in (wanted, found))
        if any(then.get(part) != now.get(part) for part in invalid):
            words.append(f"{key[0]} {key[1]} is valid in one place, and not in the other")
    return [*words, *(str(item) for item in compare_notes(wanted, found))]


def compare_notes(wanted: State, found: State) -> Iterator[Drift]:
    """Yield how comments, parameters ... differ of what is in both."""
    for key in sorted(wanted.definitions.keys() & found.definitions.keys()):
        then, now = (leave_servers(state.notes.get(key, {})) for state in (wanted, found))
        for part in sorted(then.keys() | now.keys()):
            if then.get(part) != now.get(part) and key[0] != "schema":
                yield Drift(Change.CHANGED, *key, part, then.get(part), now.get(part))


def differs_in_notes(it: BranchComparison) -> bool:
    """Tell whether comments, parameters ... are not as they were recorded."""
    keys = it.expected_notes.keys() | it.found_notes.keys()
    return any(
        leave_servers(it.expected_notes.get(key, {})) != leave_servers(it.found_notes.get(key, {}))
        for key in keys
        if key[0] != "schema"
    )


def leave_servers(notes: Mapping[str, str]) -> dict[str, str]:
    """Return the notes that are not about roles and tablespaces, which are those of one server."""
    left_out = (*OF_ROLES, *OF_SERVERS)
    return {part: words for part, words in notes.items() if part not in left_out}


def find_same_places(before: State, after: State) -> dict[Key, Key]:
    """Return which objects have another name by now, by their numbers."""
    now = {place: key for key, place in after.places.items()}
    pairs = ((key, now.get(place)) for key, place in before.places.items())
    return {key: other for key, other in pairs if other is not None and other != key}
