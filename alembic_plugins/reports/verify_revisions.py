"""Whether the revisions of branches are what was recorded of them."""

from collections.abc import Iterator

from .._base_errors import PluginError
from ..execution.errors import FilesChanged
from ..loading.session import Session
from ..planning.errors import Interrupted
from ..planning.upkeep import find_unknown_rows
from ..plugin import HOST, Requires, parse_requirement
from ..registry.errors import DamagedRow
from .status import find_ahead, find_moved
from .verification import Discrepancy, Rule


def find_revision_faults(session: Session, name: str) -> Iterator[Discrepancy]:
    """Yield what is wrong with the revisions of a branch, its requirements and its rows."""
    damage = session.find_damage(name)
    if damage is not None:
        yield Discrepancy(Rule.DAMAGED_ROW, _say(damage))
        return
    half = session.state.interruptions.get(name)
    if half is not None:
        words = _say(Interrupted(name, half.revision, half.direction))
        yield Discrepancy(Rule.INTERRUPTED, words)
    if name in session.state.quarantined:
        return
    yield from _find_file_faults(session, name)
    yield from _find_unmet(session, name)
    for moved in find_moved(session, [name]):
        yield Discrepancy(Rule.NAMESPACE, _say(moved))


def _find_file_faults(session: Session, name: str) -> Iterator[Discrepancy]:
    try:
        branch = session.branch(name)
    except PluginError as error:
        is_gone = name != HOST and name not in session.discovery.names
        if not (is_gone or isinstance(error, DamagedRow)):
            yield Discrepancy(Rule.FILES, _say(error))
        return
    for ahead in find_ahead(session, [branch]):
        yield Discrepancy(Rule.MISSING_REVISION, _say(ahead))
    known = set(branch.ahead)
    lost = [
        item.revision
        for item in session.state.of(name)
        if branch.has_files
        and item.revision not in known
        and branch.infos[item.revision].path is None
    ]
    if lost:
        words = f"The files of applied revisions are gone: {', '.join(lost)}."
        yield Discrepancy(Rule.MISSING_REVISION, words)
    changed = session.find_changed(name)
    if changed:
        yield Discrepancy(Rule.EDITED_REVISION, _say(FilesChanged(name, changed)))


def find_orphan_note(session: Session, name: str) -> Iterator[Discrepancy]:
    """Yield what there is to say of a plugin that the disk has not got any more."""
    is_gone = name not in session.discovery.names and session.find_damage(name) is None
    if name in (HOST, *session.state.quarantined) or not is_gone:
        return
    if session.state.of(name):
        words = "its revision files are gone; it was compared with the registry alone"
        yield Discrepancy(Rule.NOTE, words)


def _find_unmet(session: Session, name: str) -> Iterator[Discrepancy]:
    """Yield what a branch depends on that is not there, or is of another version."""
    state = session.state
    lost = [
        f"'{item.revision}' depends on '{needed}'"
        for item in state.of(name)
        for needed in item.depends_on
        if needed not in state.by_revision
    ]
    if lost:
        words = f"Revisions are applied without those that they need: {', '.join(lost)}."
        yield Discrepancy(Rule.REQUIREMENT, words)
    for requirement in _find_requirements(session, name):
        known = state.plugins.get(requirement.name)
        if known is None:
            if not requirement.optional:
                words = f"It requires '{requirement.text}', which is not installed."
                yield Discrepancy(Rule.REQUIREMENT, words)
        elif not requirement.met_by(known.version):
            found = f"version {known.version or 'unknown'}"
            words = f"It requires '{requirement.text}', and the database has {found} of that."
            yield Discrepancy(Rule.REQUIREMENT, words)


def _find_requirements(session: Session, name: str) -> list[Requires]:
    if name == HOST:
        return []
    declared, known = session.declaration(name), session.state.plugins.get(name)
    texts = declared.requires if declared else known.requires if known else ()
    return [parse_requirement(text) for text in texts]


def find_unknown_revisions(session: Session) -> Iterator[Discrepancy]:
    """Yield what the version table has that neither a file nor the registry explains."""
    rows = find_unknown_rows(session)
    if rows:
        words = (
            f"The version table has revisions that no file and no registry knows: "
            f"{', '.join(rows)}. Delete these rows with 'alembic plugin history-sync'."
        )
        yield Discrepancy(Rule.UNKNOWN_REVISION, words)


def _say(error: PluginError) -> str:
    return str(error)
