"""Bring back what was changed by hand in the database, as a plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ..catalog.drift import Key
from ..catalog.states import Statement
from ..registry.tables import FIX_MARK
from .operations import Call
from .plan import Plan, Transaction

ACTION = "fix"
"""What the history calls it."""


@dataclass(frozen=True)
class Part:
    """Something of an object that is brought back.

    Attributes:
        key: the object, by the name that it was recorded with.
        name: the part of its definition or of its notes; None is all of it.
        is_note: whether it is one of the notes.
    """

    key: Key
    name: str | None = None
    is_note: bool = False


@dataclass(frozen=True)
class FixDrift(Call):
    """Bring back what was changed by hand of a branch, if it is still what it was.

    Attributes:
        digest: of what was there when it was planned.
        statements: what brings it back, in order.
        fixed: what is brought back, in words.
        queries: what shows the rows that may be against it, by kind and identity of objects.
        replaced: the objects for which others stand, and that are those again.
        parts: what of objects is brought back.
    """

    digest: str
    statements: tuple[Statement, ...]
    fixed: tuple[str, ...]
    queries: Mapping[Key, str] = field(default_factory=dict)
    replaced: tuple[Key, ...] = ()
    parts: tuple[Part, ...] = ()

    verb, runs = "fix", True

    @property
    def id(self) -> str:
        """What no revision has, nor a hook."""
        return FIX_MARK

    @property
    def is_downgrade(self) -> bool:
        """That it is none."""
        return False

    @property
    def detail(self) -> str:
        """What is brought back."""
        return "; ".join(self.fixed)

    def to_json(self) -> dict[str, object]:
        """Return it with its SQL, as JSON can have it."""
        return {
            "operation": type(self).__name__,
            "plugin": self.plugin,
            "statements": [item.sql for item in self.statements],
            "fixed": list(self.fixed),
        }

    @property
    def words(self) -> tuple[str, ...]:
        """What is done, of which branch."""
        return self.verb, self.plugin, self.detail


def plan_fixes(operations: Sequence[FixDrift]) -> Plan:
    """Plan to bring back what was changed by hand, each branch in a transaction of its own."""
    return Plan(tuple(Transaction((operation,), ACTION) for operation in operations))
