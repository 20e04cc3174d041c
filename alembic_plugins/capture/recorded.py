"""Whether the files of a branch make what is recorded of it."""

from collections.abc import Sequence

from ..catalog.diff import Definitions
from ..catalog.drift import Key
from ..catalog.states import State, find_table
from ..execution.branch_states import BranchState, select_hanging
from ..execution.migrator import Migrator
from ..namespaces.comparisons import BranchComparison, read_snapshot
from ..namespaces.recorded import RecordedObject
from .comparing import find_differences
from .errors import CannotCapture

_LISTED = 5


def leave_hooks(
    migrator: Migrator,
    name: str,
    it: BranchComparison | None,
    before: BranchState,
    live: BranchState,
) -> BranchState:
    """Return what is there without what hooks make, which no revision has to make.

    Raises:
        CannotCapture: the files make something else than what is recorded.
    """
    made = migrator.read_made(name)
    by_hook = _find_keys(live, [row for row in made if row.is_by_hook])
    by_sync = _find_keys(live, [row for row in made if row.is_by_sync])
    left_out = by_hook | by_sync
    expected = read_snapshot(migrator.connection, migrator.tables, name)
    migrator.end_reading()
    wanted = {key: parts for key, parts in expected.items() if not _is_on(key, left_out)}
    problems = _compare(it, wanted, before.full.definitions)
    if problems:
        listed = "; ".join(problems[:_LISTED])
        more = f" and {len(problems) - _LISTED} more" if len(problems) > _LISTED else ""
        reason = (
            f"its files, run in an empty database, do not make what is recorded: {listed}{more}"
        )
        way_out = f"Correct them first; 'alembic plugin check {name} --database' runs them"
        raise CannotCapture(name, reason, way_out)
    if not by_hook:
        return live
    keys = {key for key in live.full.definitions if not _is_on(key, by_hook)}
    places = {live.full.places[key] for key in keys}
    short = {key for key, place in live.short.places.items() if place in places}
    return BranchState(live.full.select(keys), live.short.select(short))


def _find_keys(live: BranchState, rows: Sequence[RecordedObject]) -> set[Key]:
    """Return recorded objects that are there, with what is on them."""
    places = {row.place for row in rows}
    keys = {key for key, place in live.full.places.items() if place in places}
    return select_hanging(live.full, keys) if keys else set()


def _is_on(key: Key, keys: set[Key]) -> bool:
    return key in keys or any(find_table(key) == other[1] for other in keys if find_table(key))


def _compare(it: BranchComparison | None, wanted: Definitions, made: Definitions) -> list[str]:
    is_printed_here = it is not None and it.is_same_database
    is_printed_here &= it is not None and it.server_version == it.current_version
    if is_printed_here:
        return find_differences(State(wanted), State(made))
    return [f"{key[0]} {key[1]}" for key in sorted(wanted.keys() ^ made.keys())]
