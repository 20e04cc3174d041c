"""Find the statements that lead from what files make to what is there, and back."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ..catalog.changes import make_changes
from ..catalog.drift import Key, find_renamed
from ..catalog.note_changes import OF_ROLES, OF_SERVERS
from ..catalog.renames import make_renames
from ..catalog.states import Changes, State, Statement, Verb
from ..execution.branch_states import BranchState
from ..execution.trials import Trial, try_statements
from ..namespaces.comparisons import BranchComparison
from ..registry.sql import raw
from .building import ScratchBranch
from .comparing import find_differences, find_same_places


@dataclass(frozen=True)
class Way:
    """Statements in one direction.

    Attributes:
        statements: in order.
        before: what objects are before, by the names that revisions have for them.
        after: what they are to be.
        problems: what they do not do, object by object.
        committed: what has to be committed before them.
        renamed: which objects they rename.
    """

    statements: tuple[Statement, ...]
    before: State
    after: State
    problems: tuple[str, ...] = ()
    committed: tuple[Statement, ...] = ()
    renamed: Mapping[Key, Key] = field(default_factory=dict)


def map_renames(
    it: BranchComparison | None, before: BranchState, live: BranchState
) -> dict[Key, Key]:
    """Return which objects were renamed by hand, by the names that revisions have for them.

    Args:
        it: what was recorded, and what is there.
        before: what is in a scratch database.
        live: what is there.
    """
    if it is None or not it.is_same_database:
        return {}
    renamed = find_renamed(it.expected, it.found, it.expected_places, it.found_places)
    return {
        before.shorten(key): live.shorten(now)
        for key, now in renamed.items()
        if key in before.full.places and now in live.full.places
    }


def find_ways(
    scratch: ScratchBranch,
    live: BranchState,
    renamed: Mapping[Key, Key],
) -> tuple[Way, Way]:
    """Return the way up and the way down; in the end, the database is as it was.

    Where a new label of an enumeration is used, it is not: that label is committed.
    """
    committed: tuple[Statement, ...] = ()
    original = scratch.read()
    scratch.migrator.end_reading()
    for _ in range(2):
        with _rolled_back(scratch) as connection:
            start = scratch.read()
            up, is_early = _go_up(scratch, start, live, renamed, committed)
            if not is_early or committed:
                down = _go_down(scratch, original, connection)
                return up, down
        committed = tuple(it for it in up.statements if " ADD VALUE " in it.sql and _is_label(it))
        _commit(scratch, committed)
    raise AssertionError


def _is_label(statement: Statement) -> bool:
    return statement.verb is Verb.ALTER and statement.part == "labels"


def _go_up(
    scratch: ScratchBranch,
    start: BranchState,
    live: BranchState,
    renamed: Mapping[Key, Key],
    committed: tuple[Statement, ...],
) -> tuple[Way, bool]:
    connection = scratch.connection
    first = try_statements(connection, make_renames(start.short, renamed))
    middle = scratch.read().short
    changes = make_changes(middle, live.short)
    second = try_statements(connection, _leave_servers(changes))
    reached = scratch.read()
    done = (*first.done, *second.done, *(it for it, _ in second.failed if second.is_early))
    problems = _find_problems(changes, (first, second))
    problems += tuple(find_differences(live.full, reached.full)) if not problems else ()
    return Way(done, start.short, live.short, problems, committed, renamed), second.is_early


def _go_down(
    scratch: ScratchBranch,
    original: BranchState,
    connection: Connection,
) -> Way:
    start = scratch.read()
    renamed = find_same_places(start.short, original.short)
    first = try_statements(connection, make_renames(start.short, renamed))
    middle = scratch.read().short
    changes = make_changes(middle, original.short)
    second = try_statements(connection, _leave_servers(changes))
    reached = scratch.read()
    problems = _find_problems(changes, (first, second))
    if not problems:
        problems = tuple(find_differences(original.full, reached.full, is_back=True))
    return Way((*first.done, *second.done), start.short, original.short, problems)


def _leave_servers(changes: Changes) -> Iterator[Statement]:
    """Yield the statements that are not about roles and tablespaces, or a schema itself."""
    for statement in changes:
        is_note = statement.verb is Verb.NOTE
        is_of_server = statement.part in (*OF_ROLES, *OF_SERVERS)
        if not (is_note and (is_of_server or statement.key[0] == "schema")):
            yield statement


def _find_problems(changes: Changes, trials: Sequence[Trial]) -> tuple[str, ...]:
    failed = (pair for trial in trials for pair in trial.failed)
    words = (f"{it.key[0]} {it.key[1]}: {reason}, by '{it.sql}'" for it, reason in failed)
    return (*map(str, changes.unexpressed), *words)


@contextmanager
def _rolled_back(scratch: ScratchBranch) -> Iterator[Connection]:
    """Have the search path of a branch in the block, and roll back what is done in it."""
    connection = scratch.connection
    with connection.begin() as transaction:
        with scratch.entering():
            yield connection
        transaction.rollback()


def _commit(scratch: ScratchBranch, statements: Sequence[Statement]) -> None:
    with scratch.connection.begin(), scratch.entering():
        for statement in statements:
            scratch.connection.execute(raw(statement.sql))
