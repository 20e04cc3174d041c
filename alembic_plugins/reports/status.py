"""What there is to know of plugins, on disk and in the database."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .._alembic import version_table
from .._base_errors import PluginError
from ..catalog.objects import DatabaseObject, NamedObject
from ..catalog.queries import Column, read_invalid_indexes
from ..config.discovery import FoundPlugin
from ..config.errors import UnknownPlugin
from ..execution.errors import FilesChanged
from ..execution.migrator import Migrator
from ..loading.dependencies import read_branch_objects, read_session_ownership
from ..loading.session import Session
from ..namespaces.ownership import PluginObjects, read_plugin_objects
from ..planning.dependents import find_requiring
from ..planning.phases import find_waiting
from ..planning.squashes import find_gone
from ..plugin import HOST
from ..registry.renaming import find_recorded_name
from ..registry.state import InstalledPlugin, Interruption, find_heads
from ..revisions.branches import Branch
from .errors import DatabaseAhead, NamespaceChanged


@dataclass(frozen=True)
class PluginStatus:
    """One line of ``alembic plugin list``.

    Attributes:
        state: ``available``, ``installed``, ``outdated``, ``ahead``, ``broken``, ``orphaned``,
            ``quarantined``, ``interrupted`` or ``leftover``.
        current: the applied heads, with commas; None where nothing is applied.
        head: the heads on disk, with commas; None where they cannot be read.
        pending: how many revisions on disk are not applied; None where they cannot be read.
        remark: where its data is, or what was interrupted.
        waiting: those of the pending that phase expand leaves out; none where nothing is applied.
    """

    name: str
    version: str | None
    namespace: str | None
    state: str
    current: str | None
    head: str | None
    pending: int | None
    remark: str = ""
    waiting: tuple[str, ...] = ()


@dataclass(frozen=True)
class PluginDetails:
    """What ``alembic plugin show`` tells besides the status.

    Attributes:
        package: the distribution that brings it, or that has brought it.
        source: where its declaration is; None where it is gone.
        versions: the folder of its revision files; likewise.
        models, transaction, requires, extensions, writes, description: what it declares.
        required_by: the installed plugins that require it.
        revisions: all of its branch, each after those that it follows.
        pending_revisions: those of them that are not applied.
        objects: what its revisions have made.
        unknown_objects: what is in its own schema, and none of them has made.
        problems: what is wrong with it.
    """

    status: PluginStatus
    description: str
    package: str | None
    source: str | None
    versions: str | None
    models: str | None
    transaction: str
    requires: tuple[str, ...]
    required_by: tuple[str, ...]
    extensions: tuple[str, ...]
    writes: tuple[str, ...]
    revisions: tuple[str, ...]
    pending_revisions: tuple[str, ...]
    objects: tuple[NamedObject, ...]
    unknown_objects: tuple[NamedObject, ...]
    problems: tuple[PluginError, ...]


def read_requires(session: Session, name: str) -> tuple[str, ...]:
    """Return what a plugin declares that it requires, or has declared."""
    declared = session.declaration(name)
    if declared:
        return tuple(declared.requires)
    installed = session.state.plugins.get(name) or session.state.quarantined.get(name)
    return installed.requires if installed else ()


def find_problems(session: Session, name: str) -> list[PluginError]:
    """Return what is wrong with what is installed, besides files that cannot be read."""
    problems: list[PluginError] = []
    changed = session.find_changed(name)
    if changed:
        problems.append(FilesChanged(name, changed))
    problems += find_ahead(session, [session.remembered_branch(name)])
    found = session.find_usable(name)
    if found:
        try:
            session.find_requirements(name)
        except PluginError as error:
            problems.append(error)
    problems += find_moved(session, [name])
    return problems


def find_ahead(session: Session, branches: Iterable[Branch]) -> tuple[PluginError, ...]:
    """Return of which branches the database has revisions that the files have not."""
    return tuple(
        find_gone(session, branch) or DatabaseAhead(branch.name, ahead, branch.file_heads)
        for branch in branches
        if (ahead := branch.ahead)
    )


def find_moved(session: Session, names: Iterable[str]) -> tuple[NamespaceChanged, ...]:
    """Return which plugins declare another namespace by now than the one they are in."""
    known = session.state.plugins
    pairs = [
        (known[n], session.find_usable(n))
        for n in names
        if n in known and n not in session.state.damaged and not known[n].former
    ]
    return tuple(
        NamespaceChanged(plugin.name, str(plugin.namespace), str(found.namespace))
        for plugin, found in pairs
        if found and plugin.name not in session.state.lost and plugin.namespace != found.namespace
    )


def read_details(migrator: Migrator, name: str) -> PluginDetails:
    """Return what is to be known of one plugin, or of the host.

    Raises:
        UnknownPlugin: it is neither on disk nor in the database.
    """
    if name == HOST:
        return _read_host(migrator)
    session = migrator.session
    problems: list[PluginError] = []
    status = read_status(migrator, name, problems)
    installed = session.state.plugins.get(name) or session.state.quarantined.get(name)
    if problems and not installed:
        raise problems[0]
    found = session.find_usable(name)
    declared = found.declaration if found else None
    branch = session.remembered_branch(name)
    known = {item.revision for item in (*session.state.applied, *session.state.kept)}
    owned = _read_plugin_objects(migrator, name) if installed else PluginObjects()
    return PluginDetails(
        status,
        declared.description if declared else "",
        _package(found, installed),
        found.source if found else None,
        str(found.versions) if found else None,
        declared.models if declared else None,
        declared.transaction if declared else "plugin",
        read_requires(session, name),
        find_requiring(session, [name]),
        tuple(declared.extensions) if declared else (),
        tuple(declared.writes) if declared else (),
        branch.order,
        tuple(revision for revision in branch.order if revision not in known),
        _name(owned.made),
        _name(owned.unknown),
        (*problems, *find_problems(session, name)),
    )


def _read_host(migrator: Migrator) -> PluginDetails:
    """Return what is to be known of the host's branch, whose namespace is the host's schema."""
    session = migrator.session
    branch, problem = session.remembered_branch(HOST), _find_host_problem(session)
    state = session.state
    applied = {item.revision for item in state.of(HOST)}
    pending = tuple(revision for revision in branch.order if revision not in applied)
    schema = state.host_schema
    status = PluginStatus(
        HOST,
        None,
        f"schema {schema}" if schema else None,
        _find_host_state(session, branch, is_broken=problem is not None),
        ", ".join(state.heads(HOST)) or None,
        None if problem else ", ".join(branch.file_heads) or None,
        None if problem else len(pending),
        _describe(migrator, HOST),
        find_waiting(session, HOST),
    )
    return PluginDetails(
        status,
        description="",
        package=None,
        source=session.settings.source,
        versions=", ".join(map(str, session.host_folders.found)) or None,
        models=session.settings.target_metadata,
        transaction="revision" if session.transaction_per_revision else "plugin",
        requires=(),
        required_by=find_requiring(session, [HOST]),
        extensions=(),
        writes=(),
        revisions=branch.order,
        pending_revisions=pending,
        objects=_read_host_objects(migrator),
        unknown_objects=(),
        problems=(*filter(None, [problem]), *find_problems(session, HOST)),
    )


def _find_host_problem(session: Session) -> PluginError | None:
    """Return why the host's revision files cannot be read."""
    try:
        session.branch(HOST)
        session.host_folders.check()
    except PluginError as error:
        return error
    return None


def _find_host_state(session: Session, branch: Branch, *, is_broken: bool) -> str:
    applied = session.state.of(HOST)
    if HOST in session.state.interruptions:
        return "interrupted"
    if applied and not (branch.has_files or branch.orphaned):
        return "orphaned"
    if is_broken:
        return "broken"
    if branch.ahead:
        return "ahead"
    if branch.infos.keys() <= session.state.by_revision.keys():
        return "installed"
    return "outdated" if applied else "available"


def _name(items: Iterable[DatabaseObject | Column]) -> tuple[NamedObject, ...]:
    return tuple(
        NamedObject("column", f"{item.table.identity}.{item.name}")
        if isinstance(item, Column)
        else NamedObject(item.kind, item.identity)
        for item in items
    )


def _read_host_objects(migrator: Migrator) -> tuple[NamedObject, ...]:
    """Return what is the host's in its schema, without the version table and the registry."""
    schema, tables = migrator.session.state.host_schema, migrator.tables
    if schema is None:
        return ()
    ownership = read_session_ownership(migrator.connection, tables, migrator.session)
    found = read_branch_objects(migrator.connection, ownership, HOST)
    migrator.end_reading()
    ours = {version_table(migrator.context).name, *tables.names}
    return _name(item for item in found if item.name not in ours)


def _read_plugin_objects(migrator: Migrator, name: str) -> PluginObjects:
    ownership = read_session_ownership(migrator.connection, migrator.tables, migrator.session)
    owned = read_plugin_objects(migrator.connection, ownership, name)
    migrator.end_reading()
    return owned


def _package(found: FoundPlugin | None, installed: InstalledPlugin | None) -> str | None:
    if found:
        return found.package
    return installed.package if installed else None


def read_status(migrator: Migrator, name: str, problems: list[PluginError]) -> PluginStatus:
    """Return the status of a plugin, and add to `problems` why something of it is not known."""
    session = migrator.session
    found, branch, is_gone = None, None, False
    try:
        found = session.find_plugin(name)
        branch = session.branch(name)
    except PluginError as error:
        is_gone = found is None and isinstance(error, UnknownPlugin)
        problems.append(error)
    state = session.state  # With what the squashes of the branch stand for.
    installed = state.plugins.get(name) or state.quarantined.get(name)
    damage = session.find_damage(name)
    if damage and str(damage) not in map(str, problems):
        problems.append(damage)
    known = installed or found
    version = found.declaration.version if found else installed and installed.version
    applied = {item.revision for item in (*state.of(name), *state.kept_of(name))}
    current = {branch.find(revision) for revision in applied} if branch else set()
    pending = sum(r not in current for r in branch.infos) if branch else None
    return PluginStatus(
        name,
        version or None,
        str(known.namespace) if known else None,
        _find_state(session, branch, name, is_gone=is_gone, pending=pending),
        ", ".join(find_heads((*state.of(name), *state.kept_of(name)))) or None,
        ", ".join(branch.file_heads) or None if branch else None,
        pending,
        _describe(migrator, name),
        find_waiting(session, name) if pending else (),
    )


def _find_state(
    session: Session, branch: Branch | None, name: str, *, is_gone: bool, pending: int | None
) -> str:
    state = session.state
    named: dict[str, Collection[str]] = {
        "quarantined": state.quarantined,
        "broken": [name] if session.find_damage(name) else [],
        "interrupted": state.interruptions,
        "leftover": state.leftover,
    }
    for word, names in named.items():
        if name in names:
            return word
    if is_gone or (branch and branch.infos and not branch.has_files):
        return "orphaned"
    if branch is None:
        return "broken"
    if name not in state.plugins:
        return "available"
    if branch.ahead:
        return "ahead"
    return "outdated" if pending else "installed"


def _describe(migrator: Migrator, name: str) -> str:
    """Return what there is to say of a plugin that is set aside, interrupted or renamed."""
    former = find_recorded_name(migrator.session.state, name)
    renamed = f"called {former} until the next upgrade" if former != name else ""
    return ", ".join(filter(None, (_describe_state(migrator, name), renamed)))


def _describe_state(migrator: Migrator, name: str) -> str:
    aside = migrator.session.state.quarantined.get(name)
    if aside:
        return f"set aside in schema {aside.quarantine}"
    damage = migrator.session.find_damage(name)
    if damage:
        return f"its row in table {damage.table} is damaged"
    if name in migrator.session.state.leftover:
        return "at base, its downgrades have left something behind"
    known = migrator.session.state.interruptions.get(name)
    return _describe_interruption(migrator, known) if known else _describe_tables(migrator, name)


def _describe_tables(migrator: Migrator, name: str) -> str:
    """Return what there is to say of a plugin that has tables and no revisions."""
    session = migrator.session
    declaration = session.declaration(name)
    if declaration is None or declaration.tables is None or session.branch(name).infos:
        return ""
    return "tables synced" if name in session.state.synced else "tables not synced"


def _describe_interruption(migrator: Migrator, known: Interruption) -> str:
    plugin = migrator.session.state.plugins.get(known.plugin)
    found = read_invalid_indexes(migrator.connection, plugin.namespace if plugin else None)
    migrator.end_reading()
    indexes = [index for index in found if index not in known.invalid_before]
    invalid = f", invalid index {', '.join(indexes)}" if indexes else ""
    return f"interrupted in the {known.direction} of {known.revision}{invalid}"
