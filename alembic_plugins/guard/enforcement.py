"""What is done about findings: a warning, or an error that rolls the transaction back."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from ..loading.session import Session
from ..namespaces.ownership import Ownership
from ..planning.operations import Call
from ..plugin import HOST, Namespace
from .errors import NamespaceViolation, capitalize, describe_calls
from .remedies import Violator, find_remedies
from .rules import Findings, Violation

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Candidates:
    """The revisions and hooks that may have done what there is to say of a transaction.

    Attributes:
        steps: these, of which the last names the branch.
        kept: what becomes of what they have done where it is refused.
    """

    steps: Sequence[Call]
    kept: str = "its transaction was rolled back"

    @property
    def name(self) -> str:
        """The branch."""
        return self.steps[-1].plugin

    @property
    def revisions(self) -> tuple[str, ...]:
        """The revisions by id, and hooks by name after an ``@``."""
        return tuple(step.id for step in self.steps)

    @property
    def is_downgrade(self) -> bool:
        """Whether they are downgraded."""
        return self.steps[-1].is_downgrade


def enforce(
    session: Session,
    findings: Findings,
    candidates: Candidates,
    namespace: Namespace | None,
    ownership: Ownership,
    *,
    is_last: bool,
) -> None:
    """Raise or warn, as the host's configuration says.

    Args:
        session: the command's view of disk and database.
        findings: what there is to say.
        candidates: of whom.
        namespace: the plugin's; None for the host.
        ownership: tells whose objects are.
        is_last: whether nothing more is checked in this transaction: then warnings are given.

    Raises:
        NamespaceViolation: a branch has done what it may not do.
    """
    settings = session.settings
    violations, reads = list(findings.violations), list(findings.reads)
    if settings.guard_reads == "enforce":
        violations, reads = violations + reads, []
    if settings.guard == "off":
        return
    if is_last:
        warn([*([] if settings.guard_reads == "off" else reads), *findings.prefixed], candidates)
    if violations and settings.guard == "enforce" and _can_tell(session, candidates.name):
        raise _make_violation(session, violations, candidates, namespace, ownership)
    if is_last:
        warn(violations, candidates)


def _can_tell(session: Session, name: str) -> bool:
    """Tell whether it is known what a branch may do, and what is its own."""
    if name == HOST:
        return True
    inferred = session.inferred.get(name)
    return session.declaration(name) is not None and (inferred is None or inferred.doubt is None)


def warn(violations: Sequence[Violation], candidates: Candidates) -> None:
    """Tell what revisions have done."""
    if violations:
        words = "; ".join(str(violation) for violation in violations)
        calls = capitalize(describe_calls(candidates.revisions, quote=""))
        log.warning("%s of '%s' %s.", calls, candidates.name, words)


def _make_violation(
    session: Session,
    violations: Sequence[Violation],
    candidates: Candidates,
    namespace: Namespace | None,
    ownership: Ownership,
) -> NamespaceViolation:
    name = candidates.name
    found = None if name == HOST else session.find_usable(name)
    violator = Violator(
        name,
        namespace,
        found.find_place if found else lambda _key: "its declaration",
        found.declaration if found else None,
        candidates.is_downgrade,
        name in session.state.plugins,
    )
    needed = find_remedies(violations, violator, ownership)
    remedies: tuple[str, ...] = (", and ".join(needed),) if needed else ()
    if name != HOST and candidates.is_downgrade:
        command = f"alembic plugin uninstall {name} --purge"
        remedies = (*remedies, f"drop what the plugin has made with '{command}'")
    words = tuple(str(violation) for violation in violations)
    return NamespaceViolation(name, candidates.revisions, words, remedies, candidates.kept)
