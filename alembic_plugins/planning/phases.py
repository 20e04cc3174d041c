"""What of an upgrade or a downgrade is run in a phase of a release, and what waits for the other.

Upwards, phase expand comes first: it ends, on each branch, before the first contract revision. The
other phase is the rest. Downwards, phase contract comes first: it takes back what came after the
last expand revision, from the first contract revision on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from .._base_errors import PluginError
from ..loading.session import Session
from ..revisions.branches import Node
from ..revisions.errors import FilesGone
from ..revisions.phases import CONTRACT, EXPAND
from .errors import BeyondPhase, HeldBack
from .operations import Step
from .ordering import order_nodes


@dataclass(frozen=True)
class HeldRevision:
    """A revision that phase expand leaves out.

    Attributes:
        plugin: its branch.
        revision: its id.
        contract: the contract revision that has to come before it, or that it is itself.
        is_expand: whether it is marked expand, so that new code is likely to need it.
    """

    plugin: str
    revision: str
    contract: str
    is_expand: bool

    def to_json(self) -> dict[str, object]:
        """Return it as JSON has the operations of a plan."""
        return {"operation": "HoldBack", **asdict(self)}

    @property
    def words(self) -> tuple[str, ...]:
        """What is done with it, in columns."""
        return "hold back", self.plugin, self.revision


def find_held(session: Session, nodes: Mapping[str, Node]) -> dict[str, HeldRevision]:
    """Return which of the revisions that are to be applied phase expand leaves out, by id.

    A branch of which nothing is applied has no contract revisions: no old code uses what it has.

    Args:
        session: the command's view of disk and database.
        nodes: the revisions by id, closed: what a node needs is applied or among them.

    Raises:
        RevisionCycle: they depend on each other in a circle.
    """
    held: dict[str, HeldRevision] = {}
    for node in order_nodes(nodes, {}):
        name, revision = node.plugin, node.revision
        phase = session.branch(name).infos[revision].phase
        below = next((held[r].contract for r in (*node.down, *node.depends) if r in held), None)
        contract = revision if phase == CONTRACT and not is_new(session, name) else below
        if contract is not None:
            held[revision] = HeldRevision(name, revision, contract, phase == EXPAND)
    return held


def is_new(session: Session, name: str) -> bool:
    """Tell whether nothing of a branch is applied, or its install has not come to an end."""
    known = session.state.plugins.get(name)
    return name not in session.state.branches or (known is not None and known.installing)


def check_targets(
    session: Session,
    targets: Mapping[str, str],
    wanted: Iterable[tuple[str, str]],
    held: Mapping[str, HeldRevision],
) -> None:
    """Check that phase expand comes to what was asked for by more than as far as it goes.

    A plugin is installed as a whole.

    Raises:
        BeyondPhase: it does not.
    """
    for name, revision in wanted:
        is_exact = targets[name] not in ("head", "heads") or is_new(session, name)
        if revision in held and is_exact:
            raise BeyondPhase(name, targets[name], EXPAND, held[revision].contract)


def group_held(held: Iterable[HeldRevision]) -> dict[str, list[HeldRevision]]:
    """Return the revisions that are left out, by branch."""
    found: dict[str, list[HeldRevision]] = {}
    for item in held:
        found.setdefault(item.plugin, []).append(item)
    return found


def check_held(held: Iterable[HeldRevision]) -> None:
    """Check that no revision is left out that is marked expand.

    Raises:
        HeldBack: some are.
    """
    missed = [item for item in held if item.is_expand]
    if missed:
        raise _tell_missed(missed)


def find_missed(held: Iterable[HeldRevision]) -> dict[str, PluginError]:
    """Return what there is to say of revisions that are left out and marked expand, by branch."""
    missed = group_held(item for item in held if item.is_expand)
    return {name: _tell_missed(them) for name, them in missed.items()}


def _tell_missed(missed: Iterable[HeldRevision]) -> HeldBack:
    contracts = dict.fromkeys(item.contract for item in missed)
    return HeldBack(tuple(item.revision for item in missed), tuple(contracts))


def describe_held(held: Iterable[HeldRevision]) -> list[str]:
    """Return what waits, a line a branch."""
    return [
        f"{name}: {describe_waiting([item.revision for item in them])}"
        for name, them in group_held(held).items()
    ]


def describe_waiting(revisions: Sequence[str]) -> str:
    """Return in words that revisions wait."""
    return f"{', '.join(revisions)} {'waits' if len(revisions) == 1 else 'wait'} for phase contract"


def find_waiting(session: Session, name: str) -> tuple[str, ...]:
    """Return the revisions of a branch that phase expand would leave out; none if it has not begun.

    Of what cannot be read nothing waits.
    """
    if name not in session.state.branches:
        return ()
    try:
        branch = session.branch(name)
        if branch.infos.keys() <= session.state.by_revision.keys():
            return ()  # As most often, and far faster.
        pending = [r for r in branch.order if r not in session.state.by_revision]
        held = find_held(session, session.lookup.close((name, revision) for revision in pending))
    except PluginError:
        return ()
    return tuple(revision for revision in pending if revision in held)


def find_contracted(session: Session, name: str) -> set[str]:
    """Return the applied revisions of a branch that phase contract has come to.

    Raises:
        FilesGone: a head has no file any more, which would tell its phase.
    """
    branch = session.remembered_branch(name)
    for head in session.state.heads(name):
        if branch.infos[head].path is None:
            raise FilesGone(name, head)
    contracted = _find_all_contracted(session)
    return {item.revision for item in session.state.of(name) if item.revision in contracted}


def _find_all_contracted(session: Session) -> set[str]:
    """Return the revisions of all branches that contract, or need one that does.

    What an expand revision follows on its branch is no more of that phase.
    """
    branches = {name: session.remembered_branch(name) for name in session.state.branches}
    phases: dict[str, str | None] = {}
    expanded: set[str] = set()
    for name, branch in branches.items():
        own = {item.revision: branch.infos[item.revision].phase for item in session.state.of(name)}
        expanded |= branch.close(revision for revision in own if own[revision] == EXPAND)
        phases |= own
    found: set[str] = set()
    for item in session.state.applied:  # Each after what it needs.
        needs = not found.isdisjoint((*item.down_revision, *item.depends_on))
        if item.revision not in expanded and (needs or phases[item.revision] == CONTRACT):
            found.add(item.revision)
    return found


def check_downgrade(session: Session, steps: Iterable[Step], target: str) -> None:
    """Check that in phase contract nothing is downgraded but what that has come to.

    Raises:
        BeyondPhase: something is.
        FilesGone: see `find_contracted`.
    """
    if session.settings.phase != CONTRACT:
        return
    found: dict[str, set[str]] = {}
    for step in steps:
        name = step.plugin
        if name not in found:
            found[name] = find_contracted(session, name)
        if step.revision not in found[name]:
            raise BeyondPhase(name, target, CONTRACT, step.revision)
