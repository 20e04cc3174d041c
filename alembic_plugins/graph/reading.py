"""Read what the graph shows, of all branches at once: the queries are as many for 300 plugins."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from .._alembic import version_table
from .._base_errors import PluginError
from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import read_column_names
from ..catalog.transaction_rows import Key
from ..config.errors import UnknownPlugin
from ..execution.migrator import Migrator
from ..loading.dependencies import read_branch_objects, read_session_ownership
from ..loading.session import Session
from ..namespaces.ownership import Ownership, read_plugin_objects
from ..plugin import HOST
from ..registry.history import Event, read_applications, read_events
from ..reports.details import read_details
from ..reports.listing import Listing, read_listing
from ..reports.status import PluginStatus
from ..reports.verification import BranchVerification, name_branch
from ..reports.verify import verify
from .branches import Applications, find_requirements, find_revisions, order_branches
from .queries import count_values, read_place, read_sizes, read_uses
from .values import Graph, GraphBranch, GraphObject, Loss, find_needs, follow

_EVENTS = 20
"""How many of the last events of a branch are shown."""

_PARTS = ("index", "table constraint", "default value", "trigger", "policy", "rule")
"""What hangs on a table, and goes without saying where that is told."""


@dataclass(frozen=True)
class _Objects:
    """What branches have made, by their names, and what of others depends on it, in words."""

    made: Mapping[str, tuple[GraphObject, ...]]
    users: Mapping[str, tuple[str, ...]]


def read_graph(migrator: Migrator, names: Sequence[str] = ()) -> Graph:
    """Return the branches of a database.

    Args:
        migrator: leads to the database.
        names: the plugins, which come with all that they need; none are all.

    Raises:
        UnknownPlugin: one of them is neither on disk nor in the database.
    """
    verified = {branch.name: branch for branch in verify(migrator).branches}
    session, connection, tables = migrator.session, migrator.connection, migrator.tables
    listing = read_listing(migrator)
    host = read_details(migrator, HOST).status
    statuses = {HOST: host, **{it.name: it for it in listing.plugins}}
    for name in names:
        if name not in statuses:
            session.discovery.check_known(name)
    place = read_place(connection)
    version = session.state.registry
    applications = read_applications(connection, tables) if version else {}
    events = _group_events(session, read_events(connection, tables, None) if version else ())
    values = count_values(connection, tables, version) if version else {}
    objects = _read_objects(migrator)
    migrator.end_reading()
    branches = [
        _make_branch(session, statuses[name], applications, verified.get(name), events.get(name))
        for name in order_branches(session.state, statuses)
    ]
    needs = find_needs(branches)
    chosen = follow(needs, (HOST, *names)) if names else statuses
    needing = _find_needing(session, needs)
    told = {item.words for it in verified.values() for item in (*it.findings, *it.notes)}
    told |= {branch.problem for branch in branches if branch.problem}
    return Graph(
        tuple(
            _add_objects(session, branch, objects, values, follow(needing, [branch.name]))
            for branch in branches
            if branch.name in chosen
        ),
        tuple(_find_other_problems(listing, told)),
        place.database,
        place.server,
        place.role,
        place.moment,
        session.settings.guard,
    )


def _find_other_problems(listing: Listing, told: Collection[str]) -> Iterator[str]:
    """Yield what is wrong, and not told of a branch, which says itself that its files are gone."""
    gone = {it.name for it in listing.plugins if it.state in ("orphaned", "quarantined")}
    for problem in dict.fromkeys(listing.problems):
        is_gone = isinstance(problem, UnknownPlugin) and problem.name in gone
        if not (is_gone or str(problem) in told):
            yield str(problem)


def _group_events(session: Session, events: Iterable[Event]) -> Mapping[str, list[Event]]:
    """Return events by branch, as it is called now."""
    known = (*session.state.plugins.values(), *session.state.quarantined.values())
    names = {plugin.recorded_name: plugin.name for plugin in known}
    found: dict[str, list[Event]] = {}
    for event in events:
        found.setdefault(names.get(event.plugin, event.plugin), []).append(event)
    return found


def _make_branch(
    session: Session,
    status: PluginStatus,
    applications: Applications,
    verified: BranchVerification | None,
    events: list[Event] | None,
) -> GraphBranch:
    """Return a branch without its objects."""
    name = status.name
    found = None if name == HOST else session.find_usable(name)
    declared = found.declaration if found else None
    state = session.state
    installed = state.plugins.get(name) or state.quarantined.get(name)
    events = events or []
    checked = verified or BranchVerification(name)
    return GraphBranch(
        name,
        status.state,
        status.remark,
        _find_problem(session, name) if status.state == "broken" else None,
        status.version,
        declared.description if declared else "",
        found.package if found else installed.package if installed else None,
        status.namespace,
        find_requirements(session, name),
        tuple(declared.writes) if declared else (),
        tuple(declared.extensions) if declared else (),
        find_revisions(session, name, applications),
        findings=checked.findings,
        notes=checked.notes,
        remarks=checked.remarks,
        events=tuple(events[-_EVENTS:]),
        earlier_events=max(0, len(events) - _EVENTS),
    )


def _find_problem(session: Session, name: str) -> str | None:
    """Return why a branch cannot be read."""
    try:
        if name == HOST:
            session.host_folders.check()
        else:
            session.find_plugin(name)
        session.branch(name)
    except PluginError as error:
        return str(error)
    return None


def _add_objects(
    session: Session,
    branch: GraphBranch,
    objects: _Objects,
    values: Mapping[str, int],
    dependents: Collection[str],
) -> GraphBranch:
    """Return a branch with what it has made, and with what would go along with it."""
    name, state = branch.name, session.state
    known = state.plugins.get(name) or state.quarantined.get(name)
    loss = None
    if known:
        others = tuple(sorted({*dependents} - {name}))
        number = values.get(known.recorded_name, 0)
        loss = Loss(others, objects.users.get(name, ()), number)
    return replace(branch, objects=objects.made.get(name, ()), loss=loss)


def _find_needing(session: Session, needs: Mapping[str, set[str]]) -> Mapping[str, set[str]]:
    """Return which branches of the database need each at once."""
    state = session.state
    needing: dict[str, set[str]] = {}
    for name in {HOST, *state.plugins} - state.at_base:
        for other in needs.get(name, ()):
            needing.setdefault(other, set()).add(name)
    return needing


def _read_objects(migrator: Migrator) -> _Objects:
    """Return what all branches have made, and what of others depends on it."""
    session, connection, tables = migrator.session, migrator.connection, migrator.tables
    ownership = read_session_ownership(connection, tables, session)
    made = [row for row in ownership.recorded if row.made]
    found = dict(read_objects(connection, {row.place[:2] for row in made}))
    columns = read_column_names(connection, [row.place for row in made if row.place[2]])
    ours = {version_table(migrator.context).name, *tables.names}
    owned: dict[str, dict[Key, DatabaseObject]] = {}
    for row in made:
        if row.place[:2] in found and not row.place[2]:
            owned.setdefault(row.plugin, {})[row.place[:2]] = found[row.place[:2]]
    for name in _find_unrecorded(session):
        others = read_plugin_objects(connection, ownership, name).unknown
        owned[name] = {item.key: item for item in others}
    hosts = read_branch_objects(connection, ownership, HOST) if session.state.host_schema else ()
    owned[HOST] = {item.key: item for item in hosts if item.name not in ours}
    sizes = read_sizes(connection, [key[1] for items in owned.values() for key in items])
    named: dict[str, list[GraphObject]] = {
        name: [
            GraphObject(item.kind, item.identity, *sizes.get(item.objid, (None, None)))
            for item in items.values()
            if item.kind not in _PARTS
        ]
        for name, items in owned.items()
    }
    for row in made:
        if row.place in columns and row.place[:2] in found:
            identity = f"{found[row.place[:2]].identity}.{columns[row.place]}"
            named.setdefault(row.plugin, []).append(GraphObject("column", identity))
    return _Objects(
        {name: tuple(sorted(them, key=_rank)) for name, them in named.items()},
        _find_users(connection, ownership, owned),
    )


def _rank(item: GraphObject) -> tuple[bool, str, str]:
    """Sort what has rows before what has none."""
    return item.bytes is None, item.kind, item.identity


def _find_unrecorded(session: Session) -> Iterator[str]:
    """Yield the installed plugins of which another tool has made the objects."""
    state = session.state
    for name in (*state.plugins, *state.quarantined):
        if not session.is_inferred(name):
            yield name


def _find_users(
    connection: Connection,
    ownership: Ownership,
    owned: Mapping[str, Mapping[Key, DatabaseObject]],
) -> Mapping[str, tuple[str, ...]]:
    """Return what of other branches depends on the objects of each, in words."""
    owners = {key: name for name, items in owned.items() if name != HOST for key in items}
    uses = read_uses(connection, owners)
    items = read_objects(connection, {user for users in uses.values() for user in users})
    found: dict[str, dict[str, None]] = {}
    for key, users in uses.items():
        for item in (items[user] for user in users if user in items):
            owner = ownership.find_owner(item)
            if owner.name != owners[key]:
                words = f"{item} of {name_branch(owner.name)}"
                found.setdefault(owners[key], {})[words] = None
    return {name: tuple(sorted(words)) for name, words in found.items()}
