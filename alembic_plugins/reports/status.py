"""How plugins are, on disk and in the database; `alembic_plugins.reports.details` tells more."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from .._base_errors import PluginError
from ..catalog.queries import read_invalid_indexes
from ..config.errors import UnknownPlugin
from ..execution.errors import FilesChanged
from ..execution.migrator import Migrator
from ..loading.session import Session
from ..planning.phases import find_waiting
from ..planning.squashes import find_gone
from ..registry.renaming import find_recorded_name
from ..registry.state import Interruption, find_heads
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
        describe_plugin(migrator, name),
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


def describe_plugin(migrator: Migrator, name: str) -> str:
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
