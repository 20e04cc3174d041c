"""Whether the objects of branches are what was recorded of them."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from ..catalog.diff import WHOLES, is_part
from ..catalog.drift import Change, Comparison, Drift, Key, find_renamed, join_moved
from ..catalog.printed import split, split_name, split_on, unquote
from ..namespaces.comparisons import BranchComparison
from ..plugin import HOST, Prefix
from ..registry.state import InstalledPlugin
from .verification import Discrepancy, Rule

_OF_ROLES = ("owner", "privileges")
"""The notes that are about roles, which another server has not got."""

_NAMED = {*WHOLES, "sequence", "type", "function", "procedure", "aggregate"}
"""The kinds of objects that are a plugin's where they go by its prefix."""

_NOTED = ("statistics object",)
"""The kinds of objects of which there is no more than a note."""


def find_drift(
    comparisons: Mapping[str, BranchComparison],
    plugins: Collection[InstalledPlugin],
    host_schema: str,
) -> dict[str, tuple[Drift, ...]]:
    """Return how the objects of branches differ from what was recorded, by branch.

    Args:
        comparisons: what was recorded and what is there.
        plugins: those that are installed; what is in the namespace of one is told with it.
        host_schema: the schema of the host's tables.
    """
    found: dict[str, list[Drift]] = {name: [] for name in comparisons}
    renamed = {a: b for it in comparisons.values() for a, b in _find_renamed(it).items()}
    compared = {
        name: Comparison(it.expected, it.found, renamed).find_drift()
        for name, it in comparisons.items()
    }
    for name, drift in join_moved(compared).items():
        for item in _leave_out_schema(drift):
            owner = _find_namespace(item, plugins, host_schema) if name == HOST else None
            found[owner if owner in found else name].append(item)
    return {name: tuple(items) for name, items in found.items()}


def _find_renamed(it: BranchComparison) -> Mapping[Key, Key]:
    if not it.is_same_database:
        return {}
    return find_renamed(it.expected, it.found, it.expected_places, it.found_places)


def _leave_out_schema(drift: Sequence[Drift]) -> Iterator[Drift]:
    """Leave out what was in a schema that is gone."""
    gone = [it.identity for it in drift if it.kind == "schema" and it.change is Change.GONE]
    for item in drift:
        place = item.identity.rpartition(" on ")[2]
        is_in = any(place.startswith(f"{schema}.") for schema in gone)
        if not (is_in and item.change is Change.GONE):
            yield item


def _find_namespace(
    item: Drift, plugins: Collection[InstalledPlugin], host_schema: str
) -> str | None:
    """Return the plugin in whose namespace an object is that nobody has recorded."""
    if item.change is not Change.NEW:
        return None
    own, table = split_on(item.identity)
    schema, name = (unquote(it) for it in (split(table or own, ".")[0], split_name(own)[1]))
    is_named = item.kind in _NAMED
    found = [
        plugin.name
        for plugin in plugins
        if (
            is_named and schema == host_schema and plugin.place.covers(name)
            if isinstance(plugin.place, Prefix)
            else schema == plugin.place.name != host_schema
        )
    ]
    return found[0] if len(found) == 1 else None


def describe_drift(
    it: BranchComparison, drift: Sequence[Drift]
) -> tuple[list[Discrepancy], list[Discrepancy]]:
    """Return the findings and the notes of the objects of a branch."""
    unknown = set(it.unknown)
    findings: list[Discrepancy] = []
    notes: list[Discrepancy] = []
    for item in drift:
        where = notes if item.kind in _NOTED else findings
        if item.change is Change.REPLACED or (item.change is Change.GONE and item.key in unknown):
            unknown.discard(item.key)
            where.append(_describe_replaced(it.branch, item))
        else:
            where.append(Discrepancy(Rule.DRIFT, _describe(item), *item.key))
    for kind, identity in sorted(unknown):
        words = f"{kind} {identity} was made by no revision"
        (notes if kind in _NOTED else findings).append(
            Discrepancy(Rule.UNKNOWN_OBJECT, words, kind, identity)
        )
    for invalid, is_known in _find_invalid(it, drift):
        (notes if is_known else findings).append(invalid)
    noted = find_changed_notes(it, drift)
    notes += [Discrepancy(Rule.NOTE, str(item), *item.key) for item in noted]
    return findings, notes


def _describe(item: Drift) -> str:
    if item.kind == "schema" and item.change is Change.GONE:
        return f"schema {item.identity} is gone, with all that was in it"
    return str(item)


def _describe_replaced(branch: str, item: Drift) -> Discrepancy:
    words = (
        f"{item.kind} {item.identity} is another one than the one that was recorded; where it was "
        f"restored by hand, 'alembic plugin repair {branch} --with-unknown-objects' records it"
    )
    return Discrepancy(Rule.REPLACED_OBJECT, words, *item.key)


def _find_invalid(
    it: BranchComparison, drift: Sequence[Drift]
) -> Iterator[tuple[Discrepancy, bool]]:
    """Yield the indexes that are INVALID, and the constraints that are NOT VALID.

    A revision may have left a constraint so, for a later one to validate it; beside each is whether
    that is so.
    """
    is_same = not it.expected
    new = {item.key for item in drift if item.change is Change.NEW}
    for kind, identity in it.invalid:
        if (kind, identity) in new:
            continue
        if kind == "index":
            words = f"index {identity} is INVALID: drop it, and build it again"
            yield Discrepancy(Rule.INVALID, words, kind, identity), False
            continue
        was = "validity" in it.expected.get((kind, identity), {})
        name = f"NOT NULL of column {identity}" if kind == "column" else f"{kind} {identity}"
        words = f"{name} is NOT VALID: rows that are there were not checked"
        yield Discrepancy(Rule.INVALID, words, kind, identity), was or is_same


def find_changed_notes(it: BranchComparison, drift: Sequence[Drift]) -> Iterator[Drift]:
    """Yield how owners, privileges, comments ... differ, of what is neither gone nor new."""
    left_out: set[Key] = {it.key for it in drift if it.change is not Change.CHANGED}
    left_out |= {(item.kind, str(item.expected)) for item in drift}
    wholes = {identity for kind, identity in left_out if kind in WHOLES}
    is_other = bool(it.expected or it.found)
    for key in sorted(it.expected_notes.keys() | it.found_notes.keys()):
        is_lone = is_other and (key not in it.expected or key not in it.found)
        if is_lone or key in left_out or is_part(key[1], wholes):
            continue
        before, after = it.expected_notes.get(key, {}), it.found_notes.get(key, {})
        for part in sorted(before.keys() | after.keys()):
            is_told = it.is_same_cluster or part not in _OF_ROLES
            if is_told and before.get(part) != after.get(part):
                yield Drift(Change.CHANGED, *key, part, before.get(part), after.get(part))


def select_changed(drift: Sequence[Drift]) -> tuple[Key, ...]:
    """Return of which objects the definition is printed otherwise than it was."""
    return tuple(dict.fromkeys(item.key for item in drift if item.change is Change.CHANGED))


def leave_out(drift: Sequence[Drift], same: Collection[Key]) -> tuple[Drift, ...]:
    """Leave out what is the same, and only printed in another way."""
    return tuple(item for item in drift if not (item.change is Change.CHANGED and item.key in same))
