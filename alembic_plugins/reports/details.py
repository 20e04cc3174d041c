"""All that is to be known of one plugin, or of the host, on disk and in the database."""

from collections.abc import Iterable
from dataclasses import dataclass

from .._alembic import version_table
from .._base_errors import PluginError
from ..catalog.objects import DatabaseObject, NamedObject
from ..catalog.queries import Column
from ..config.discovery import FoundPlugin
from ..execution.migrator import Migrator
from ..loading.dependencies import read_branch_objects, read_session_ownership
from ..loading.session import Session
from ..namespaces.ownership import PluginObjects, read_plugin_objects
from ..planning.dependents import find_requiring
from ..planning.phases import find_waiting
from ..plugin import HOST
from ..registry.state import InstalledPlugin
from ..revisions.branches import Branch
from .status import PluginStatus, describe_plugin, find_problems, read_requires, read_status


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
        describe_plugin(migrator, HOST),
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
