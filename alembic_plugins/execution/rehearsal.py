"""What a plan would do, found out by running it and rolling it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NoReturn

from alembic.runtime.migration import MigrationContext

from .. import _alembic
from ..guard.changes import Effect
from ..planning.hook_operations import RunHook
from .errors import CannotRehearse

if TYPE_CHECKING:
    from .context import Context


@dataclass(frozen=True)
class Rehearsal:
    """What revisions do that were run and rolled back.

    Attributes:
        effects: what they do, to whomever it is.
        hooks: the hooks that would be called with them, and were not.
    """

    effects: tuple[Effect, ...]
    hooks: tuple[RunHook, ...] = ()

    @property
    def words(self) -> tuple[str, ...]:
        """All of it, a line each."""
        hooks = (f"does not run hook {hook.moment} of {hook.plugin}" for hook in self.hooks)
        return (*map(str, self.effects), *dict.fromkeys(hooks))


@contextmanager
def rolled_back(context: MigrationContext) -> Iterator[MigrationContext]:
    """Begin a transaction that is rolled back in the end, and that no revision may commit.

    Yield a context of Alembic's in it, which stands for `context` meanwhile.
    """
    connection = context.connection
    assert connection is not None  # noqa: S101 - nothing is rehearsed offline
    with connection.begin() as transaction:
        options, environment = context.opts, context.environment_context
        inner = MigrationContext(context.dialect, connection, options, environment)
        with (
            _alembic.replaced_context(context, inner),
            _alembic.replaced_autocommit_block(inner, _refuse),
        ):
            yield inner
        transaction.rollback()


def rehearse(context: "Context") -> Rehearsal:
    """Run a plan in the transaction that is the caller's; return what it has done.

    Raises:
        NamespaceViolation: a revision does what it may not do.
    """
    from ..guard.monitor import Monitor  # Few commands rehearse, and all know this module.
    from .executor import Executor

    plan, writer = context.plan, context.writer
    monitor = Monitor(writer, context.pipeline, context.lock_connection)
    writer.remember_path()
    writer.ensure_tables()
    writer.keep_tables()
    monitor.begin(plan)
    for transaction in plan.transactions:
        # What was done before is not to be taken for what this transaction does.
        running = [step for step in transaction.steps if step.runs]
        before = monitor.find_violations(running)
        part = replace(plan, transactions=(transaction,), problems={})
        Executor(replace(context, plan=part)).run()
        after = monitor.find_violations(running)
        new = [violation for words, violation in after.items() if words not in before]
        if new:
            monitor.refuse(new)
    for step in plan.steps:
        monitor.add(step)
    return Rehearsal(monitor.describe(), plan.find(RunHook))


def _refuse() -> NoReturn:
    raise CannotRehearse
