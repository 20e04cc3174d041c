"""What a plan has to do for squashes: record them, and refuse what nobody has squashed."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from .._base_errors import PluginError
from ..loading.session import Session
from ..plugin import HOST
from ..revisions.branches import Branch
from ..revisions.errors import HalfApplied, ReplacedRevision
from .errors import RevisionsGone, SquashesLeft
from .operations import Direction, RecordSquash
from .plan import Plan, Transaction


def add_squashes(session: Session, plan: Plan) -> Plan:
    """Return a plan with what is to be recorded of squashes before and after it."""
    before = [Transaction((squash,), "squash") for squash in _find_due(session)]
    after = [Transaction((squash,), "squash") for squash in _find_completed(session, plan)]
    if not (before or after):
        return plan
    return replace(plan, transactions=(*before, *plan.transactions, *after))


def _find_due(session: Session) -> Iterator[RecordSquash]:
    """Yield the squashes that the database has by what they replace."""
    state = session.state
    for squash in dict.fromkeys(state.squashed.values()):
        if squash in state.by_revision:
            name = state.by_revision[squash].plugin
            aliases = session.branch(name).squashes.find_aliases(squash)
            yield RecordSquash(name, squash, tuple(aliases))


def _find_completed(session: Session, plan: Plan) -> Iterator[RecordSquash]:
    """Yield the squashes that stand when a plan has applied the rest of what they replace."""
    up = {s.revision: s.plugin for s in plan.steps if s.direction is Direction.UPGRADE}
    for name in dict.fromkeys(up.values()):
        branch = session.remembered_branch(name)
        applied = {item.revision for item in session.state.of(name)} | up.keys()
        waiting = branch.squashes.waiting
        done = [s for s in waiting if find_parts(branch, s) <= applied]
        for squash in done:
            if not any(squash in waiting[other] for other in done):
                yield RecordSquash(name, squash, waiting[squash])


def find_parts(branch: Branch, squash: str) -> set[str]:
    """Return what is applied where a squash that does not stand could."""
    return {r for r in branch.squashes.waiting[squash] if r in branch}


def hold_back(session: Session, name: str, argument: str) -> None:
    """Let the old files of a branch count where an argument means less than their squash."""
    branch = session.branch(name)
    alias = branch.squashes.find_alias(argument, branch.infos)
    if alias and alias not in branch.squashes.whole:
        session.keep_files(name, alias)


def find_squashed(session: Session, start: Mapping[str, str]) -> dict[str, str]:
    """Return the squashes that stand for revisions at which branches are, by these.

    Of one in the midst of what is squashed, the old files are to go on.

    Raises:
        ReplacedRevision: they are gone.
    """
    found: dict[str, str] = {}
    for name, argument in start.items():
        hold_back(session, name, argument)
        squashes = session.branch(name).squashes
        alias = squashes.find_alias(argument, session.branch(name).infos)
        if alias and squashes.aliases[alias] not in squashes.waiting:
            if alias not in squashes.whole:
                raise ReplacedRevision(name, alias, squashes.aliases[alias])
            found[alias] = squashes.aliases[alias]
    return found


def check_squashed(session: Session, branch: Branch) -> None:
    """Check that the files of a branch have not been replaced by others that do not say so.

    Raises:
        RevisionsGone: they seem to.
    """
    if error := find_gone(session, branch):
        raise error


def find_gone(session: Session, branch: Branch) -> RevisionsGone | None:
    """Return that a branch begins with a file that is to be run, and with one that is gone."""
    applied = session.state.by_revision
    gone = [r for r in branch.bases if r in applied and branch.infos[r].path is None]
    new = [r for r in branch.bases if r not in applied and branch.infos[r].path is not None]
    if not (gone and new):
        return None
    heads = session.state.heads(branch.name)
    lost = [revision for revision in heads if branch.infos[revision].path is None]
    return RevisionsGone(branch.name, tuple(lost or gone), tuple(new))


def find_half_applied(session: Session) -> dict[str, PluginError]:
    """Return the plugins of which the version table alone has a part of a squash, and why not more.

    They look as if they were not installed.
    """
    found: dict[str, PluginError] = {}
    if not session.state.current_rows <= session.state.by_revision.keys():
        for name in session.discovery.names:
            try:
                session.branch(name)
            except HalfApplied as error:
                found[name] = error
            except PluginError:
                continue
    return found


def check_stock(session: Session) -> None:
    """Check that stock Alembic, which knows nothing of squashes, can do without them.

    Raises:
        SquashesLeft: files that do not stand are there, or files name revisions that have none.
    """
    branches = [session.remembered_branch(name) for name in (HOST, *session.state.plugins)]
    aliases = {alias for branch in branches for alias in branch.squashes.aliases}
    for branch in branches:
        left = [info.revision for info in branch.squashes.replaced]
        for info in branch.infos.values():
            if aliases.intersection(info.down_revision + info.depends_on):
                left.append(info.revision)
        if found := dict.fromkeys((*left, *branch.squashes.led)):
            raise SquashesLeft(branch.name, tuple(found))
