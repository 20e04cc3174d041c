"""What is done about a verdict: a warning, or an error that rolls the transaction back."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from .guard import Offence, Verdict
from .guard_errors import NamespaceViolation
from .ownership import Ownership
from .plan import Direction, Step
from .plugin import HOST, Namespace
from .remedies import Offender, find_remedies
from .session import Session

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Suspects:
    """The revisions that may have done what there is to say of a transaction.

    Attributes:
        steps: the revisions, of which the last names the branch.
        kept: what becomes of what they have done where it is refused.
    """

    steps: Sequence[Step]
    kept: str = "its transaction was rolled back"

    @property
    def name(self) -> str:
        """The branch."""
        return self.steps[-1].plugin

    @property
    def revisions(self) -> tuple[str, ...]:
        """The revisions by id."""
        return tuple(step.revision for step in self.steps)

    @property
    def is_downgrade(self) -> bool:
        """Whether they are downgraded."""
        return self.steps[-1].direction is Direction.DOWNGRADE


def enforce(
    session: Session,
    verdict: Verdict,
    suspects: Suspects,
    namespace: Namespace | None,
    ownership: Ownership,
    *,
    is_last: bool,
) -> None:
    """Raise or warn, as the host's configuration says.

    Args:
        session: the command's view of disk and database.
        verdict: what there is to say.
        suspects: of whom.
        namespace: the plugin's; None for the host.
        ownership: tells whose objects are.
        is_last: whether nothing more is judged in this transaction: then warnings are given.

    Raises:
        NamespaceViolation: a branch has done what it may not do.
    """
    settings = session.settings
    offences, reads = list(verdict.offences), list(verdict.reads)
    if settings.guard_reads == "enforce":
        offences, reads = offences + reads, []
    if settings.guard == "off":
        return
    if is_last:
        warn([*([] if settings.guard_reads == "off" else reads), *verdict.prefixed], suspects)
    if offences and settings.guard == "enforce" and _can_tell(session, suspects.name):
        raise _make_violation(session, offences, suspects, namespace, ownership)
    if is_last:
        warn(offences, suspects)


def _can_tell(session: Session, name: str) -> bool:
    """Tell whether it is known what a branch may do, and what is its own."""
    if name == HOST:
        return True
    trace = session.traces.get(name)
    return session.declaration(name) is not None and (trace is None or trace.doubt is None)


def warn(offences: Sequence[Offence], suspects: Suspects) -> None:
    """Tell what revisions have done."""
    if offences:
        words = "; ".join(str(offence) for offence in offences)
        log.warning(
            "Revision %s of '%s' %s.", " or ".join(suspects.revisions), suspects.name, words
        )


def _make_violation(
    session: Session,
    offences: Sequence[Offence],
    suspects: Suspects,
    namespace: Namespace | None,
    ownership: Ownership,
) -> NamespaceViolation:
    name = suspects.name
    found = None if name == HOST else session.find_usable(name)
    offender = Offender(
        name,
        namespace,
        found.source if found else "its declaration",
        found.declaration if found else None,
        suspects.is_downgrade,
        name in session.state.plugins,
    )
    needed = find_remedies(offences, offender, ownership)
    remedies: tuple[str, ...] = (", and ".join(needed),) if needed else ()
    if name != HOST and suspects.is_downgrade:
        command = f"alembic plugin uninstall {name} --purge"
        remedies = (*remedies, f"drop what the plugin has made with '{command}'")
    words = tuple(str(offence) for offence in offences)
    return NamespaceViolation(name, suspects.revisions, words, remedies, suspects.kept)
