"""What is brought back and what is left, as values."""

from dataclasses import asdict, dataclass, field

from ..planning.plan import Plan
from ..reports.verification import Verification


@dataclass(frozen=True)
class Left:
    """Something that stays as it is.

    Attributes:
        words: what differs.
        reason: why it stays.
        statements: the SQL that would undo it, as far as there is some.
        lost: what that would lose; None where it would lose nothing.
    """

    words: str
    reason: str
    statements: tuple[str, ...] = ()
    lost: str | None = None


@dataclass(frozen=True)
class BranchFix:
    """What is brought back of one branch.

    Attributes:
        name: the plugin's, or ``host``.
        fixed: what is brought back, in words.
        statements: the SQL that does it, in order.
        locks: who waits for that, in sentences.
        left: what stays as it is.
    """

    name: str
    fixed: tuple[str, ...] = ()
    statements: tuple[str, ...] = ()
    locks: tuple[str, ...] = ()
    left: tuple[Left, ...] = ()


@dataclass(frozen=True)
class DriftFix:
    """What was changed by hand, and is brought back.

    Attributes:
        branches: those of which something differs.
        done: whether it was brought back; else that was only planned.
        found: what ``verify`` finds after that.
        plan: what was run.
    """

    branches: tuple[BranchFix, ...]
    done: bool
    found: Verification
    plan: Plan = field(default_factory=Plan, repr=False)

    def to_json(self) -> dict[str, object]:
        """Return it as JSON can have it."""
        branches = [asdict(branch) for branch in self.branches]
        found = [branch.to_json() for branch in self.found.branches]
        return {"done": self.done, "branches": branches, "found": found}

    @property
    def fixed(self) -> tuple[str, ...]:
        """What is brought back of all branches, in words."""
        return tuple(words for branch in self.branches for words in branch.fixed)
