"""Bring back what was changed by hand in the live database."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from .. import _alembic
from .._base_errors import PluginError
from ..catalog.drift import Change, Key
from ..catalog.states import State
from ..execution.branch_states import make_digest, read_branch_states
from ..execution.migrator import Migrator
from ..guard.errors import NamespaceViolation
from ..planning.errors import DriftChanged, FixesFailed, FixFailed, RowsAgainst
from ..planning.fixes import FixDrift, plan_fixes
from ..plugin import HOST
from ..registry.sql import raw
from ..reports.verify import BranchDrift, read_drift, verify
from .planner import Fix, plan_fix
from .results import BranchFix, DriftFix, Left


def fix_drift(migrator: Migrator, names: Sequence[str] = (), *, dry_run: bool = False) -> DriftFix:
    """Bring back what was changed by hand, as far as nothing is lost by that.

    Args:
        migrator: leads to the database.
        names: the branches; none are the host and all plugins that the database has.
        dry_run: only plan it.

    Raises:
        NotInstalled: the database does not have one of them.
        RowsAgainst: rows do not keep what was dropped.
        FixFailed: PostgreSQL refuses it for another reason.
        DriftChanged: somebody has changed something meanwhile.
        FixesFailed: some branches could not be brought back, and others were.
    """
    found = verify(migrator, names)
    drift = read_drift(migrator, names)
    states = _read_states(migrator, drift)
    fixes = dict(_plan(migrator, drift, states))
    operations = [
        FixDrift(
            name,
            make_digest(states[name]),
            fix.statements,
            fix.report.fixed,
            fix.queries,
            fix.replaced,
            fix.parts,
        )
        for name, fix in fixes.items()
        if fix.report.fixed
    ]
    reports = tuple(fix.report for fix in fixes.values())
    result = DriftFix(reports, done=False, found=found, plan=plan_fixes(operations))
    if dry_run or not operations:
        return result
    _run(migrator, operations)
    return replace(result, done=True, found=verify(migrator, names))


def _run(migrator: Migrator, operations: Sequence[FixDrift]) -> None:
    """Bring back one branch after the other, also where one fails.

    Raises:
        FixesFailed: some have failed, and others not.
        PluginError: the only one has failed.
    """
    failures: dict[str, PluginError] = {}
    for operation in operations:
        plan = plan_fixes([operation])
        try:
            migrator.run(lambda _session, plan=plan: plan)  # type: ignore[misc]
        except (DriftChanged, FixFailed, NamespaceViolation, RowsAgainst) as error:
            failures[operation.plugin] = error
    done = tuple(it.plugin for it in operations if it.plugin not in failures)
    if len(failures) == 1 and not done:
        raise next(iter(failures.values()))
    if failures:
        raise FixesFailed(tuple(failures), done, tuple(map(str, failures.values())))


def _read_states(migrator: Migrator, drift: Mapping[str, BranchDrift]) -> Mapping[str, State]:
    if not drift:
        return {}
    ours = (_alembic.version_table(migrator.context).name, *migrator.tables.names)
    facts = (migrator.connection, migrator.session, migrator.tables, ours)
    found = read_branch_states(*facts, list(dict.fromkeys((HOST, *drift))))
    migrator.end_reading()
    return {name: found.get(name, State({})) for name in (HOST, *drift)}


def _plan(
    migrator: Migrator, drift: Mapping[str, BranchDrift], states: Mapping[str, State]
) -> Iterator[tuple[str, Fix]]:
    role = migrator.connection.scalar(select(func.current_user()))
    migrator.end_reading()
    for name in sorted(drift, key=lambda name: _find_rank(migrator, name)):
        it = drift[name]
        views = _find_replaceable(migrator, it)
        fix = plan_fix(it.comparison, it.drift, states[name], states[HOST], str(role), views)
        if fix.report.fixed or fix.report.left:
            yield name, replace(fix, report=_count_rows(migrator, it, fix.report))


def _find_rank(migrator: Migrator, name: str) -> tuple[bool, int, str]:
    """Return what sorts branches so that each is behind those that it requires."""
    needed: Sequence[str] = ()
    with suppress(PluginError):  # Its files are gone.
        needed = migrator.session.find_requirements(name)
    return (name != HOST, len(needed), name)


def _find_replaceable(migrator: Migrator, it: BranchDrift) -> frozenset[Key]:
    """Return the views that can get back what they were while others use them."""
    expected, found = it.comparison.expected, it.comparison.found
    views = {item.key for item in it.drift if item.kind == "view"}
    return frozenset(
        key
        for key in views & expected.keys() & found.keys()
        if _has_columns(migrator, expected[key]["definition"], found[key]["definition"])
    )


def _has_columns(migrator: Migrator, before: str, now: str) -> bool:
    """Tell whether a query has the columns of another one, and perhaps more behind them."""
    columns = []
    for query in (before, now):
        words = f"SELECT * FROM ({query.rstrip(' ;')}) AS it LIMIT 0"  # noqa: S608 - likewise
        try:
            result = migrator.connection.execute(raw(words))
            columns.append([tuple(column) for column in result.cursor.description])
            result.close()
        except DBAPIError:
            return False  # What it is about is gone, or not to be read.
        finally:
            migrator.end_reading()
    return columns[0][: len(columns[1])] == columns[1]


def _count_rows(migrator: Migrator, it: BranchDrift, report: BranchFix) -> BranchFix:
    """Say how many rows tables have that no revision has made."""
    new = [item.key for item in it.drift if item.change is Change.NEW]
    unknown = (*new, *it.comparison.unknown)
    tables = {f"the rows of table {name}": name for kind, name in unknown if kind == "table"}
    return replace(report, left=tuple(_count(migrator, tables, left) for left in report.left))


def _count(migrator: Migrator, tables: Mapping[str, str], left: Left) -> Left:
    table = tables.get(left.lost or "")
    if table is None:
        return left
    try:
        words = f"SELECT count(*) FROM {table}"  # noqa: S608 - PostgreSQL's own words
        number = migrator.connection.scalar(raw(words))
    except DBAPIError:
        return left  # The role may not read it.
    finally:
        migrator.end_reading()
    rows = "row" if number == 1 else "rows"
    return replace(left, lost=f"the {number} {rows} of table {table}" if number else None)
