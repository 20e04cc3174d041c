"""Record what each transaction of a plan has done, in that transaction, or that it has failed."""

from collections.abc import Mapping
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from .. import _alembic
from ..namespaces.object_statements import mark_objects_known, record_objects
from ..planning.plan import Transaction
from ..planning.transactions import ADOPT
from ..plugin import HOST
from ..revisions.failures import describe_failure
from .context import Context
from .handle_namespaces import forget_at_base
from .record_snapshots import read_drift, record_snapshots

Rows = Mapping[str, tuple[str, ...]]
"""The revisions at which branches are, by their names."""


def record_before(context: Context, transaction: Transaction) -> None:
    """Read what was changed by hand, and record what plugins have that another tool has installed.

    What is no more than a guess is recorded where the plugin goes, with which it is forgotten.
    """
    writer = context.writer
    if not context.is_rehearsal:
        read_drift(writer, transaction)
    for name in transaction.plugins:
        inferred, goes = context.session.inferred.get(name), transaction.allows_interruption(name)
        if inferred is None or not (inferred.doubt is None or (inferred.rows and goes)):
            continue
        known = {row.place for row in context.objects.read_recorded() if row.made}
        new = [row for row in inferred.rows if row.place not in known]
        if new:
            writer.write(record_objects(writer.tables, new, writer.epoch))
        writer.execute(mark_objects_known(writer.tables, name))


def record_done(
    context: Context,
    transaction: Transaction,
    before: Mapping[str, tuple[str, ...]],
    started: float,
) -> None:
    """Write what was done to the registry, and check once more what may be committed.

    Args:
        context: what the operations were done with.
        transaction: they are its.
        before: the revisions at which its branches were.
        started: when it has begun.
    """
    writer = context.writer
    detail = "; ".join(op.detail for op in transaction.operations if op.detail) or None
    for name, rows in before.items():
        action = transaction.name_action(name, context.session.state.plugins)
        duration = writer.find_duration(started)
        writer.pending.add_event(name, action, rows, duration, detail=detail)
    writer.flush()
    _mark_adopted(context, transaction)
    is_last = transaction is context.plan.transactions[-1]
    if is_last and writer.has_tables and not context.is_rehearsal:
        writer.refresh_objects()
    context.callbacks.check()
    if not context.is_rehearsal:
        record_snapshots(writer, transaction, context.monitor.recorder.footprints)


def _mark_adopted(context: Context, transaction: Transaction) -> None:
    """Record that it is known what revisions have made that were adopted, where it is."""
    if transaction.action != ADOPT:
        return
    for name in transaction.plugins:
        inferred = context.session.inferred.get(name)
        if inferred is not None and inferred.doubt is None:
            context.writer.execute(mark_objects_known(context.writer.tables, name))


def record_failure(
    context: Context, transaction: Transaction, failure: BaseException, duration: int | None
) -> None:
    """Record what was rolled back, where there is a registry and the transaction was ours."""
    writer = context.writer
    if not (transaction.action and writer.is_ours and writer.has_registry):
        return
    name = getattr(failure, "plugin", (*transaction.plugins, HOST)[0])
    rows = writer.pending.rows(name)
    action = transaction.name_action(name, context.session.state.plugins)
    words = describe_failure(failure)
    writer.pending.add_event(name, action, rows, duration, failure=words)
    with suppress(SQLAlchemyError):  # The server may be gone.
        if not writer.is_lost:
            with _alembic.transaction(writer.context):
                if writer.is_committed:
                    writer.return_session()  # No rollback has done that.
                    if context.steps.journal.is_empty:
                        _withdraw(context, name)
                writer.flush()
        elif context.lock_connection is not None:
            writer.write_elsewhere(context.lock_connection)


def _withdraw(context: Context, name: str) -> None:
    """Record that a revision has not been begun, and no plugin whose first one that is."""
    pending = context.writer.pending
    pending.add_interruption_end(name)
    if name in pending.plugins and not pending.has_applied(name):
        forget_at_base(context, pending.plugins[name])
