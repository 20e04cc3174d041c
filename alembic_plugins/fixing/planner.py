"""Plan what brings back what was changed by hand of one branch, without a database."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..catalog.changes import make_changes
from ..catalog.drift import Change, Drift, Key, find_renamed
from ..catalog.note_changes import change_notes
from ..catalog.printed import quote_literal, split_field, split_on
from ..catalog.renames import make_renames
from ..catalog.states import Changes, State, Statement, Verb, find_table
from ..namespaces.comparisons import BranchComparison
from ..planning.fixes import Part
from .differences import Aspect, Difference, Goal, find_differences, make_goal
from .locks import describe_locks
from .reasons import find_reasons
from .results import BranchFix, Left
from .rows import ask_for_rows


@dataclass(frozen=True)
class Fix:
    """What brings a branch back.

    Attributes:
        report: what it does and leaves, for readers.
        statements: the statements, in order.
        queries: what shows the rows that may be against them, by object.
        replaced: the objects for which others stand that become what those were.
        parts: what of objects is brought back.
    """

    report: BranchFix
    statements: tuple[Statement, ...]
    queries: Mapping[Key, str]
    replaced: tuple[Key, ...]
    parts: tuple[Part, ...]


def plan_fix(
    it: BranchComparison,
    drift: Sequence[Drift],
    live: State,
    host: State,
    role: str,
    replaceable: Collection[Key] = (),
) -> Fix:
    """Plan what brings back what was changed by hand of a branch.

    Args:
        it: what was recorded, and what is there.
        drift: what differs of definitions.
        live: what the branch's objects are.
        host: what the host's are, among which are those that nobody has recorded.
        role: who is going to run it.
        replaceable: the views that have had the columns that they have, or more.
    """
    goal = make_goal(live, host, it, _find_renamed(it), replaceable)
    differences = tuple(find_differences(it, drift))
    reasons = find_reasons(it.branch, goal, differences)
    while True:
        chosen = [item for item in differences if item not in reasons]
        after = goal.make(chosen)
        changes = _make_changes(goal, live, after)
        more = dict(_find_refused(goal, chosen, changes))
        if not more:
            break
        reasons |= more
    created = _find_created(changes)
    made = [s for s in changes if not (s.key in created and _is_owned(s, after, role))]
    finish = _finish(goal, it, chosen, after, changes, role)
    statements = (*made, *finish) if chosen else ()
    along = {part.key for item in chosen for part in goal.name_parts(item)}
    left = tuple(
        _describe_left(goal, item, why, live, host)
        for item, why in reasons.items()
        if item.drift.change is not Change.GONE or item.key not in along
    )
    fixed = tuple(dict.fromkeys(map(str, chosen)))
    sql = tuple(item.sql for item in statements)
    report = BranchFix(it.branch, fixed, sql, describe_locks(statements, after), left)
    queries = {item.key: ask_for_rows(item.key, _get(after, item.key)) for item in statements}
    replaced = tuple(item.key for item in chosen if item.drift.change is Change.REPLACED)
    found = {key: query for key, query in queries.items() if query}
    parts = tuple(part for item in chosen for part in goal.name_parts(item))
    return Fix(report, statements, found, replaced, parts)


def _find_created(changes: Changes) -> set[Key]:
    return {key for s in changes if s.verb is Verb.CREATE for key in (s.key, *s.members)}


def _is_owned(statement: Statement, after: State, role: str) -> bool:
    """Tell whether a statement gives an object to who makes it anew."""
    owner = after.notes.get(statement.key, {}).get("owner")
    return statement.part == "owner" and owner == role


def _find_renamed(it: BranchComparison) -> Mapping[Key, Key]:
    if not it.is_same_database:
        return {}
    return find_renamed(it.expected, it.found, it.expected_places, it.found_places)


def _get(state: State, key: Key) -> Mapping[str, str]:
    return state.definitions.get(key, {})


def _make_changes(goal: Goal, live: State, after: State) -> Changes:
    """Return what makes objects what they are to be; indexes are built anew where they are."""
    renames = make_renames(live, goal.back)
    before = _leave_invalid(goal.live, after)
    found = make_changes(before, after)
    return Changes((*renames, *found), found.unexpressed)


def _leave_invalid(before: State, after: State) -> State:
    """Take indexes for valid that are to be so, and nothing else."""
    definitions = dict(before.definitions)
    for key, parts in before.definitions.items():
        if key[0] == "index" and "validity" in parts:
            valid = {part: words for part, words in parts.items() if part != "validity"}
            definitions[key] = valid if _get(after, key) == valid else parts
    return replace(before, definitions=definitions)


def _find_refused(
    goal: Goal, chosen: Collection[Difference], changes: Changes
) -> Iterator[tuple[Difference, str]]:
    """Yield what no statement undoes, or only one that loses something."""
    refused = {item.key: item.reason for item in changes.unexpressed}
    refused |= {it.key: f"that would lose {it.lost}" for it in changes if it.lost is not None}
    refused |= {
        it.key: "values of that type would have to be written anew"
        for it in changes
        if it.part == "attributes" and " RENAME ATTRIBUTE " not in it.sql
    }
    found = [item for item in chosen if goal.back.get(item.key, item.key) in refused]
    for item in found or (chosen if refused else ()):
        key = goal.back.get(item.key, item.key)
        yield item, refused.get(key) or next(iter(refused.values()))


def _finish(
    goal: Goal,
    it: BranchComparison,
    chosen: Collection[Difference],
    after: State,
    changes: Changes,
    role: str,
) -> Iterator[Statement]:
    """Yield what no difference between two states tells."""
    created = _find_created(changes)
    for item in chosen:
        key = goal.back.get(item.key, item.key)
        is_index = item.aspect is Aspect.VALIDITY and key[0] == "index"
        if is_index and key not in created:
            sql = f"REINDEX INDEX {split_on(key[1])[0]}"
            yield Statement(Verb.ALTER, key, sql, "validity")
        if item.drift.part == "identity" and item.drift.found is None:
            yield from _set_number(after, key)
    for key in sorted(created - goal.live.definitions.keys()):
        owner = after.notes.get(key, {}).get("owner")
        if owner is not None and it.is_same_cluster:
            notes = ({"owner": role}, {"owner": owner})
            yield from change_notes(after, key, *notes)


def _set_number(after: State, column: Key) -> Iterator[Statement]:
    """Yield what lets a new sequence go on behind the numbers that are there."""
    sequence = after.find_sequence(column)
    if sequence is None:
        return
    table, name = split_field(column[1])
    is_down = after.definitions[sequence].get("increment", "").startswith("INCREMENT -")
    last = f"{'min' if is_down else 'max'}({name})"
    words = quote_literal(split_on(sequence[1])[0])
    sql = f"SELECT pg_catalog.setval({words}, {last}) FROM {table}"  # noqa: S608 - printed names
    yield Statement(Verb.ALTER, sequence, sql, "last value")


def _describe_left(goal: Goal, item: Difference, reason: str, live: State, host: State) -> Left:
    """Return a difference that stays, with the SQL that would undo it."""
    key = goal.back.get(item.key, item.key)
    change = item.drift.change
    found: list[Statement] = []
    if change is Change.NEW:
        around = goal.live if key in goal.live.definitions else host
        parts = [k for k in around.definitions if k == key or find_table(k) == key[1]]
        rest = around.select(around.definitions.keys() - set(parts))
        found = [it for it in make_changes(around, rest) if it.key == key]
    elif key[0] != "schema" and (change is Change.GONE or _is_changed(goal, item, key)):
        found = list(make_changes(goal.live, goal.make([item])))
    elif change is Change.RENAMED:
        found = [it for it in make_renames(live, goal.back) if it.key == item.key]
    lost = dict.fromkeys(it.lost for it in found if it.lost)
    return Left(str(item), reason, tuple(it.sql for it in found), "; ".join(lost) or None)


def _is_changed(goal: Goal, item: Difference, key: Key) -> bool:
    return item.drift.change is Change.CHANGED and key in goal.live.definitions
