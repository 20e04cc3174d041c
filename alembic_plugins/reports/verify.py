"""Compare the live database with what was recorded of it; nothing is written."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from sqlalchemy import text

from .._alembic import version_table
from .._base_errors import PluginError
from ..catalog.drift import Drift
from ..catalog.queries import find_prefixed, read_host_schema
from ..declared.loading import load_tables
from ..declared.requests import SyncPlanner
from ..execution.display import make_display
from ..execution.migrator import Migrator
from ..loading.session import Session
from ..namespaces.comparisons import BranchComparison, read_comparisons
from ..planning.targets import check_installed
from ..plugin import HOST, Prefix, Schema
from ..registry.tables import make_tables
from .verification import BranchVerification, Discrepancy, Rule, Verification
from .verify_objects import describe_drift, find_drift, leave_out, select_changed
from .verify_revisions import find_orphan_note, find_revision_faults, find_unknown_revisions

if TYPE_CHECKING:
    from ..execution.reprint import DatabaseCopy

_TRIES = 3
"""How often it is read anew where another migration commits meanwhile."""

_ACCEPTED = (Rule.DRIFT, Rule.NOT_COMPARED, Rule.UNRECORDED_REVISION)
"""What is told of no more when objects are recorded as they are."""

_READ_ONLY = text("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")


def verify(migrator: Migrator, names: Sequence[str] = ()) -> Verification:
    """Return what in the database is not as it was recorded.

    Args:
        migrator: leads to the database.
        names: the branches; none are the host and all plugins that the database has.

    Raises:
        NotInstalled: the database does not have one of them.
        UnknownPlugin: it is not on disk, either.
    """
    session = migrator.session
    plugins = [name for name in names if name != HOST]
    for name in plugins:
        if session.find_damage(name) is None:
            check_installed(session, [name], with_aside=True)
    comparisons = read_current(migrator)
    state = session.state
    drift = find_drift(comparisons, state.plugins.values(), state.host_schema or "")
    everything = dict.fromkeys((HOST, *sorted({*state.plugins, *state.quarantined, *comparisons})))
    chosen = [name for name in everything if not names or name in names]
    from ..execution.reprint import DatabaseCopy  # Most often there is nothing for it to do.

    with make_display(session.config) as display, DatabaseCopy(migrator.connection) as copy:
        found = []
        for number, name in enumerate(chosen):
            display.show(number, len(chosen), f"verify {name}")
            facts = (comparisons.get(name), drift.get(name, ()))
            found.append(_verify_branch(migrator, copy, name, *facts))
        return Verification(tuple(found))


def find_accepted(migrator: Migrator, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return, by branch and in words, what recording objects as they are will tell no more.

    Args:
        migrator: leads to the database.
        names: the branches; none are all.
    """
    found = {
        branch.name: (
            *(str(item) for item in branch.findings if item.rule in _ACCEPTED),
            *(str(item) for item in branch.notes if item.rule is Rule.NOTE and item.identity),
            *branch.remarks,
        )
        for branch in verify(migrator, names).branches
    }
    return {name: words for name, words in found.items() if words}


@dataclass(frozen=True)
class BranchDrift:
    """How the objects of a branch differ from what was recorded of them.

    Attributes:
        comparison: what was recorded, and what is there.
        drift: how definitions differ, but for what only reads otherwise.
    """

    comparison: BranchComparison
    drift: tuple[Drift, ...]


def read_drift(migrator: Migrator, names: Sequence[str] = ()) -> dict[str, BranchDrift]:
    """Return how the objects of branches differ from what was recorded, the host's first.

    Branches are left out that are set aside, or whose objects are not compared.

    Args:
        migrator: leads to the database.
        names: the branches; none are all.
    """
    comparisons = read_current(migrator)
    session = migrator.session
    state = session.state
    drift = find_drift(comparisons, state.plugins.values(), state.host_schema or "")
    from ..execution.reprint import DatabaseCopy  # Most often there is nothing for it to do.

    found = {}
    with DatabaseCopy(migrator.connection) as copy:
        for name in (HOST, *sorted(state.plugins)):
            it = comparisons.get(name)
            if it is None or (names and name not in names) or not _is_compared(session, it):
                continue
            left, _ = _compare_words(migrator, copy, it, drift.get(name, ()))
            found[name] = BranchDrift(it if _knows_all(session, name) else _shed(it), left)
    return found


def _is_compared(session: Session, it: BranchComparison) -> bool:
    """Tell whether the objects of a branch can be compared with what was recorded of them."""
    broken = (Rule.DAMAGED_ROW, Rule.INTERRUPTED)
    if any(item.rule in broken for item in find_revision_faults(session, it.branch)):
        return False
    return it.revisions is not None and it.is_readable and _is_of(session, it)


def read_current(migrator: Migrator) -> Mapping[str, BranchComparison]:
    """Return what objects are and were, as of one moment, which is that of the session's state."""
    for _ in range(_TRIES):
        found = _read_once(migrator)
        is_late = any(not _is_of(migrator.session, it) for it in found.values())
        if not (is_late and migrator.read()):
            break
    return found


def _read_once(migrator: Migrator) -> Mapping[str, BranchComparison]:
    connection, state = migrator.connection, migrator.session.state
    if not connection.in_transaction():
        connection.execute(_READ_ONLY)
    known = (*state.plugins.values(), *state.quarantined.values())
    host_schema = state.host_schema or read_host_schema(connection)
    registry = migrator.tables.metadata.schema or host_schema
    found = read_comparisons(
        connection,
        make_tables(registry),
        state.registry,
        (HOST, *(plugin.recorded_name for plugin in known)),
        known,
        host_schema,
        (version_table(migrator.context).name, *migrator.tables.names),
    )
    migrator.end_reading()
    names = {plugin.recorded_name: plugin.name for plugin in known}
    return {
        names.get(name, name): replace(it, branch=names.get(name, name))
        for name, it in found.items()
    }


def _is_of(session: Session, it: BranchComparison) -> bool:
    """Tell whether the last step of a branch was recorded: no other tool has run one since."""
    state = session.state
    if it.revisions is None or it.branch in state.quarantined:
        return True
    rows = {item.revision for item in state.of(it.branch)} & state.rows
    # A row that no branch has any more may be that of revisions for which another one stands now.
    return rows <= set(it.revisions) <= state.rows


def _verify_branch(
    migrator: Migrator,
    copy: "DatabaseCopy",
    name: str,
    it: BranchComparison | None,
    drift: tuple[Drift, ...],
) -> BranchVerification:
    session = migrator.session
    findings = [*find_revision_faults(session, name)]
    notes = [*find_orphan_note(session, name)]
    remarks: list[str] = []
    if name == HOST:
        findings += find_unknown_revisions(session)
    if not any(item.rule in (Rule.DAMAGED_ROW, Rule.INTERRUPTED) for item in findings):
        remarks += _find_remarks(session, name, it)
        findings += _find_stamped(migrator, name, it)
        if it is not None and not _is_of(session, it):
            findings.append(_describe_unrecorded(session, it))
        elif it is not None and it.is_readable:
            left, untold = _compare_words(migrator, copy, it, drift)
            found, noted = describe_drift(it if _knows_all(session, name) else _shed(it), left)
            findings += (*found, *untold)
            notes += noted
        findings += _find_undeclared(migrator, name)
    revisions = (it.revisions if it else None) or session.state.heads(name)
    recorded_at = it.recorded_at if it and it.is_readable else None
    if it is not None and it.since is not None:
        recorded_at, revisions = it.since
    facts = (tuple(findings), tuple(notes), tuple(remarks))
    return BranchVerification(name, tuple(revisions), recorded_at, *facts)


def _knows_all(session: Session, name: str) -> bool:
    """Tell whether all that the revisions of a branch have made is recorded."""
    return not _find_unwatched(session, name)


def _find_unwatched(session: Session, name: str) -> list[str]:
    """Return the applied revisions of a branch of which it is not recorded what they have made."""
    applied = (*session.state.of(name), *session.state.kept_of(name))
    return [item.revision for item in applied if not item.objects_known]


def _shed(it: BranchComparison) -> BranchComparison:
    """Leave out what no revision is known to have made, where not all of that is known."""
    return replace(it, unknown=())


def _find_remarks(session: Session, name: str, it: BranchComparison | None) -> Iterator[str]:
    """Yield why the objects of a branch were not compared, or not all of them."""
    if not (session.state.of(name) or session.state.kept_of(name) or name in session.state.synced):
        return
    if it is None or it.revisions is None:
        yield (
            "it is not recorded yet what its objects are, since an earlier release, or another "
            "tool, has made them; the next command that changes the database records them"
        )
    elif it.failure is not None:
        yield (
            f"PostgreSQL could not say after its last step what its objects are: {it.failure}; its "
            "next step, or 'alembic plugin repair --accept-drift', records them anew"
        )
    elif not it.is_readable:
        yield (
            "its objects were recorded by another release, in another form; its next step records "
            "them anew"
        )


def _describe_unrecorded(session: Session, it: BranchComparison) -> Discrepancy:
    known = ", ".join(it.revisions or ()) or "base"
    now = ", ".join(session.state.heads(it.branch)) or "base"
    words = (
        f"Another tool has taken it from {known} to {now}; its objects are not compared until "
        "the next command that changes the database has recorded that"
    )
    return Discrepancy(Rule.UNRECORDED_REVISION, words)


def _find_stamped(
    migrator: Migrator, name: str, it: BranchComparison | None
) -> Iterator[Discrepancy]:
    """Yield which revisions are applied by the registry, though nothing of them is there."""
    revisions = _find_unwatched(migrator.session, name)
    if not revisions or name == HOST or it is None or it.objects or it.unknown:
        return
    plugin = migrator.session.state.plugins.get(name)
    if plugin is None or (isinstance(plugin.namespace, Schema) and not plugin.namespace.create):
        return
    if isinstance(plugin.namespace, Prefix):
        schema = read_host_schema(migrator.connection)
        found = find_prefixed(migrator.connection, plugin.namespace, schema)
        migrator.end_reading()
        if found:
            return
    words = (
        f"Revisions are recorded as applied, and nothing is in {plugin.namespace}: "
        f"{', '.join(revisions)}. Record that they are not with 'alembic -x plugin={name} stamp "
        "base'"
    )
    yield Discrepancy(Rule.STAMPED, words)


def _compare_words(
    migrator: Migrator, copy: "DatabaseCopy", it: BranchComparison, drift: tuple[Drift, ...]
) -> tuple[tuple[Drift, ...], tuple[Discrepancy, ...]]:
    """Leave out what only reads otherwise, since another server or release has printed it.

    Of what cannot be told, there is a finding.
    """
    keys = [key for key in select_changed(drift) if key in it.expected and key in it.found]
    is_printed_here = it.server_version == it.current_version and it.is_same_database
    if is_printed_here or not keys:
        return drift, ()
    from ..execution.reprint import find_same

    try:
        same, untold = find_same(copy.open(it.branch), keys, it.expected, it.found)
        reason = "it cannot be replaced there"
    except PluginError as error:
        same, untold = set(), set(keys)
        reason = str(getattr(error, "reason", error)).rstrip(".")
    finally:
        migrator.end_reading()
    where = f"on PostgreSQL {it.server_version}" + (
        "" if it.server_version != it.current_version else ", in another database"
    )
    found = (
        Discrepancy(
            Rule.NOT_COMPARED,
            f"{kind} {identity} cannot be compared: its definition was recorded {where}, and "
            f"PostgreSQL could not print that anew in a copy of the database: {reason}",
            kind,
            identity,
        )
        for kind, identity in sorted(untold)
    )
    return leave_out(drift, same | untold), tuple(found)


def _find_undeclared(migrator: Migrator, name: str) -> Iterator[Discrepancy]:
    """Yield how the tables of a plugin that were synced differ from its declaration."""
    session = migrator.session
    found = session.find_usable(name) if name in session.state.synced else None
    if found is None or found.declaration.tables is None:
        return
    try:
        planner = SyncPlanner(session, migrator.context, migrator.tables, name)
        plan = planner.plan(load_tables(found), is_complete=True)
    except PluginError as error:
        yield Discrepancy(Rule.DECLARATION, str(error))
        return
    finally:
        migrator.end_reading()
    for change in (it for table in plan.tables for it in (*table.changes, *table.late)):
        words = (
            f"table {change.table} is not as it is declared: in a sync, "
            f"{'it ' if change.column is None else ''}{change}"
        )
        yield Discrepancy(Rule.DECLARATION, words, "table", change.table)
    for item in (*(it for table in plan.tables for it in table.refused), *plan.refused):
        column = "" if item.column is None else f", column {item.column},"
        words = f"table {item.table}{column} is not as it is declared: {item.reason}"
        yield Discrepancy(Rule.DECLARATION, words, "table", item.table)
