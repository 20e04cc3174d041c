"""What to run, in which order and in which transactions, and what to refuse.

A plan is a value: `--dry-run`, `--json`, `--sql`, the tests and the real run share it. Nothing here
sees a connection or the disk.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TypeVar

from .._base_errors import PluginError
from ..hooks import Moment
from ..plugin import HOST
from ..revisions.branches import Node
from .hook_operations import RunHook
from .operations import (
    Call,
    DeleteVersionRows,
    Direction,
    Operation,
    PluginOperation,
    RecordSquash,
    Step,
    WriteBackup,
    find_plugins,
)
from .phases import HeldRevision

Op = TypeVar("Op", bound=Operation)


@dataclass(frozen=True)
class Transaction:
    """Operations that share one transaction: they are all kept or none is.

    Attributes:
        operations: what to do, in order.
        action: what the history calls it; empty where it is not in there.
        has_savepoint: whether it has one where the transaction is the caller's, so that what came
            before it stays when it fails.
    """

    operations: tuple[Operation, ...]
    action: str
    has_savepoint: bool = False

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The operations that concern a revision."""
        return tuple(item for item in self.operations if isinstance(item, Step))

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The operations by which functions of branches are called."""
        return tuple(item for item in self.operations if isinstance(item, Call) and item.runs)

    @cached_property
    def plugins(self) -> tuple[str, ...]:
        """The branches that it is about, in order."""
        return find_plugins(self.operations)

    @cached_property
    def outcomes(self) -> Mapping[str, PluginOperation]:
        """What becomes of plugins as a whole, in order."""
        found = (op for op in self.operations if isinstance(op, PluginOperation) and op.is_outcome)
        return {op.plugin: op for op in found}

    def allows_interruption(self, name: str) -> bool:
        """Tell whether it may be run while a revision of a plugin is interrupted."""
        return name in self.outcomes and self.outcomes[name].allows_interruption

    def name_action(self, name: str, installed: Collection[str]) -> str:
        """Return what the history calls it for one of its branches."""
        is_new = self.action == "upgrade" and name != HOST and name not in installed
        return "install" if is_new else self.action


@dataclass(frozen=True)
class Plan:
    """The ordered transactions that a command will run.

    Attributes:
        transactions: what to run.
        nodes: the revisions of the steps upwards, by id.
        problems: why plugins had to be left out, by name; raised when all else is done.
        warnings: what is wrong with plugins for which there is nothing to do.
        messages: the first lines of what revisions say of themselves, for readers.
        held: the revisions that wait for phase contract, in order.
    """

    transactions: tuple[Transaction, ...] = ()
    nodes: Mapping[str, Node] = field(default_factory=dict)
    problems: Mapping[str, PluginError] = field(default_factory=dict)
    warnings: tuple[PluginError, ...] = ()
    messages: Mapping[str, str] = field(default_factory=dict, compare=False)
    held: tuple[HeldRevision, ...] = ()

    @cached_property
    def operations(self) -> tuple[Operation, ...]:
        """All operations, in order."""
        return tuple(op for transaction in self.transactions for op in transaction.operations)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """All steps, in order."""
        return tuple(step for transaction in self.transactions for step in transaction.steps)

    @cached_property
    def outcomes(self) -> Mapping[str, PluginOperation]:
        """What becomes of plugins as a whole, in order."""
        return {name: op for item in self.transactions for name, op in item.outcomes.items()}

    @cached_property
    def hooks(self) -> frozenset[tuple[str, Moment]]:
        """For which plugins hooks are called, and when."""
        return frozenset((op.plugin, op.moment) for op in self.find(RunHook))

    @property
    def recorded(self) -> tuple[Step | RecordSquash, ...]:
        """What makes a revision to be recorded as applied, in order."""
        up = (step for step in self.steps if step.direction is Direction.UPGRADE)
        return (*up, *self.find(RecordSquash))

    def find(self, kind: type[Op]) -> tuple[Op, ...]:
        """Return the operations of a kind, in order."""
        return tuple(op for op in self.operations if isinstance(op, kind))

    def after(self, other: "Plan") -> "Plan":
        """Return a plan that does what another one does, and then what this one does."""
        transactions = (*other.transactions, *self.transactions)
        nodes, held = {**other.nodes, **self.nodes}, dict.fromkeys((*other.held, *self.held))
        return replace(self, transactions=transactions, nodes=nodes, held=tuple(held))

    def to_json(self) -> list[dict[str, object]]:
        """Return the transactions as JSON can have them, with what revisions say of themselves.

        What waits for phase contract is one more at the end.
        """
        found: list[tuple[str, Sequence[Operation | HeldRevision]]]
        found = [(item.action, item.operations) for item in self.transactions]
        found += [("hold back", self.held)] if self.held else []
        return [
            {"action": action, "operations": [self._describe(item) for item in operations]}
            for action, operations in found
        ]

    def _describe(self, item: Operation | HeldRevision) -> dict[str, object]:
        described = item.to_json()
        if isinstance(item, Step | HeldRevision) and item.revision in self.messages:
            described["message"] = self.messages[item.revision]
        return described

    @property
    def backup(self) -> Path | None:
        """The file that plugins are written to before they go."""
        return next((op.path for op in self.find(WriteBackup)), None)

    @property
    def deleted_rows(self) -> tuple[str, ...]:
        """The rows of the version table that nothing explains, and that are deleted."""
        return tuple(row for op in self.find(DeleteVersionRows) for row in op.rows)

    def find_depended(self, branch: str) -> Collection[str]:
        """Return the revisions of other branches on which the revisions of a branch depend."""
        return self._depended.get(branch, ())

    @cached_property
    def _depended(self) -> Mapping[str, Collection[str]]:
        found: dict[str, set[str]] = {}
        for node in self.nodes.values():
            found.setdefault(node.plugin, set()).update(node.depends)
        return found
