"""Branches as the disk and the registry tell them, in the order in which they were begun."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from .._base_errors import PluginError
from ..loading.session import Session
from ..planning.ordering import order_requirements
from ..plugin import HOST, Requires, parse_requirement
from ..registry.history import EMPTY_DOWNGRADE, Application
from ..registry.state import State
from ..revisions.branches import Branch
from ..revisions.files import RevisionInfo
from ..revisions.undo import needs_database
from .values import GraphRevision, Requirement

Applications = Mapping[str, Application]
"""How revisions were applied, by id."""


def order_branches(state: State, names: Iterable[str]) -> tuple[str, ...]:
    """Return branches: the host, and the others in the order in which they were begun."""
    first = (HOST, *state.branches, *state.plugins, *state.quarantined)
    known = set(names)
    return tuple(name for name in dict.fromkeys((*first, *sorted(known))) if name in known)


@dataclass(frozen=True)
class DiskBranch:
    """A branch as its files tell it, whatever a database has of it."""

    name: str
    version: str | None
    requires: tuple[Requirement, ...]
    revisions: tuple[GraphRevision, ...]


def read_disk_branches(session: Session, names: Iterable[str] = ()) -> Iterator[DiskBranch]:
    """Yield branches from their files: the host's, and each plugin's after what it requires.

    Args:
        session: what is on disk.
        names: the plugins, which come with what they require; none are all.

    Raises:
        PluginError: a plugin or one of its files is broken.
    """
    chosen = list(names) or session.discovery.names
    ordered = order_requirements(chosen, lambda name: _find_on_disk(session, name))
    for name in dict.fromkeys((HOST, *ordered)):
        session.branch(name)
        version = None if name == HOST else session.find_plugin(name).declaration.version
        requires = find_requirements(session, name)
        yield DiskBranch(name, version, requires, find_revisions(session, name, {}))


def _find_on_disk(session: Session, name: str) -> tuple[str, ...]:
    if name == HOST:
        return ()
    found = session.find_plugin(name).declaration.requirements
    names = (session.renames.resolve(requires) for requires in found)
    return tuple(other for other in names if other in session.discovery.names)


def find_requirements(session: Session, name: str) -> tuple[Requirement, ...]:
    """Return what a plugin requires: as it declares, or as the registry has it where it is gone."""
    if name == HOST:
        return ()
    declared = session.declaration(name)
    known = session.state.plugins.get(name) or session.state.quarantined.get(name)
    found: Iterable[Requires] = declared.requirements if declared else ()
    if not declared and known:
        found = map(parse_requirement, known.requires)
    return tuple(
        Requirement(item.text, session.renames.resolve(item), item.optional) for item in found
    )


def find_revisions(
    session: Session, name: str, applications: Applications
) -> tuple[GraphRevision, ...]:
    """Return the revisions of a branch, each after those that it follows."""
    branch = session.remembered_branch(name)
    kept = {item.revision: item.info for item in session.state.kept_of(name)}
    infos = {**kept, **branch.infos}
    order = dict.fromkeys((*kept, *branch.order) if not branch.infos else branch.order)
    edited = () if kept else session.find_changed(name)
    made = []
    for revision in order:
        info, how = infos[revision], applications.get(revision)
        is_applied = revision in session.state.by_revision
        state = "set aside" if revision in kept else "pending"
        if is_applied:
            state = _find_state(session, branch, info, is_edited=revision in edited)
        found = GraphRevision(
            revision,
            info.doc.strip().partition("\n")[0],
            state,
            session.state.positions.get(revision),
            tuple(down for down in info.down_revision if down in infos),
            _find_dependencies(session, branch, info),
            info.phase,
        )
        made.append(found if how is None else _add_application(found, info, how))
    return tuple(made)


def _find_state(session: Session, branch: Branch, info: RevisionInfo, *, is_edited: bool) -> str:
    half = session.state.interruptions.get(branch.name)
    if half is not None and half.revision == info.revision:
        return "interrupted"
    if info.path is None:
        return "ahead" if branch.has_files else "orphaned"
    return "edited" if is_edited else "applied"


def _find_dependencies(session: Session, branch: Branch, info: RevisionInfo) -> tuple[str, ...]:
    """Return the revisions of other branches that one depends on, by id as far as they are there.

    What is applied depended on what the registry has of it.
    """
    applied = session.state.by_revision.get(info.revision)
    if applied is not None:
        return applied.depends_on
    foreign = [down for down in info.down_revision if down not in branch]
    if not (foreign or info.depends_on) or info.revision not in branch:
        return ()
    try:
        return session.lookup.make_node(branch, info.revision).depends
    except PluginError:
        return (*foreign, *info.depends_on)


def _add_application(found: GraphRevision, info: RevisionInfo, how: Application) -> GraphRevision:
    why = how.irreversible
    if why and info.path is not None and (why == EMPTY_DOWNGRADE or needs_database(why)):
        why = None  # Its file does, or there is nothing to be undone.
    return replace(
        found,
        applied_at=how.applied_at,
        applied_by=how.applied_by,
        duration_ms=how.duration_ms,
        irreversible=why,
    )
