"""What has become of the transactions of an upgrade, where some fail and the others go on."""

import logging
from collections.abc import Collection

from .._base_errors import PluginError
from ..loading.session import Session
from ..planning.operations import Direction, RecordSquash
from ..planning.plan import Plan, Transaction
from ..plugin import HOST
from .errors import PluginsFailed

log = logging.getLogger(__name__)


class Outcomes:
    """Keep what has failed of a plan's upgrades, and find what cannot go on without it.

    Args:
        session: tells what plugins require.
        plan: the plan; what could not even be planned has failed.
    """

    def __init__(self, session: Session, plan: Plan) -> None:
        self._session = session
        self._plan = plan
        blamed = {name: _find_blamed(error, name) for name, error in plan.problems.items()}
        self._skipped = {n: None for n, other in blamed.items() if other != n and other in blamed}
        self._failures = {
            name: error for name, error in plan.problems.items() if name not in self._skipped
        }
        self._done: dict[str, None] = {}
        self._revisions: set[str] = set()

    def can_go_on(self, transaction: Transaction) -> bool:
        """Tell whether the transactions after one that has failed may be run.

        It is so for plugins that are upgraded, unless the host wants to stop at once.
        """
        stops = self._session.settings.fail_fast or HOST in transaction.plugins
        return _is_upgrade(transaction) and not stops

    def find_missing(self, transaction: Transaction) -> Collection[str]:
        """Return the failed plugins without which a transaction cannot be run."""
        if not (self._failures and _is_upgrade(transaction)):
            return ()
        lost = {*self._failures, *self._skipped}
        needed = {name for name in transaction.plugins if name in lost}
        for name in transaction.plugins:
            needed |= lost.intersection(self._session.find_requirements(name))
        nodes = self._plan.nodes
        for step in transaction.steps:
            node = nodes.get(step.revision)
            below = self._revisions.intersection((*node.down, *node.depends)) if node else ()
            needed |= {nodes[revision].plugin for revision in below}
        return needed

    def add_failure(self, transaction: Transaction, name: str, error: PluginError) -> None:
        """Remember that a transaction has failed, and say so where others are run after it."""
        self._failures[name] = error
        self._revisions |= {step.revision for step in transaction.steps}
        transactions = self._plan.transactions
        later = transactions[transactions.index(transaction) + 1 :]
        if not all(map(self.find_missing, later)):
            log.error("%s", error)

    def add_skipped(self, transaction: Transaction) -> None:
        """Remember that a transaction was left out."""
        self._skipped |= dict.fromkeys(n for n in transaction.plugins if n not in self._failures)
        self._revisions |= {step.revision for step in transaction.steps}

    def add_done(self, transaction: Transaction) -> None:
        """Remember that a transaction was run."""
        if _is_upgrade(transaction):
            self._done |= dict.fromkeys(transaction.plugins)

    def check(self) -> None:
        """Raise what has failed.

        Raises:
            PluginsFailed: several plugins have failed, or one among others.
            PluginError: a single one has.
        """
        done = [n for n in self._done if n not in {*self._failures, *self._skipped}]
        if len(self._failures) == 1 and not self._skipped and not {*done} - {HOST}:
            raise next(iter(self._failures.values()))
        if self._failures:
            words = tuple(str(error) for error in self._failures.values())
            raise PluginsFailed(tuple(self._failures), tuple(self._skipped), tuple(done), words)


def _is_upgrade(transaction: Transaction) -> bool:
    """Tell whether a transaction runs revisions upwards, or records a squash of these."""
    steps = transaction.steps
    if any(isinstance(op, RecordSquash) for op in transaction.operations):
        return True
    return bool(steps) and all(s.runs and s.direction is Direction.UPGRADE for s in steps)


def _find_blamed(error: PluginError, name: str) -> str:
    """Return whose fault it is that a plugin cannot be upgraded: its own, or that of another."""
    return str(getattr(error, "plugin", getattr(error, "name", name)))
