"""Run revisions, or only record them."""

import logging

from .. import _alembic
from .._base_errors import in_one_line
from ..connection.errors import MigrationFailed
from ..guard.errors import NamespaceViolation
from ..loading.squashes import make_squash
from ..planning.operations import CheckObjects, RecordSquash, RevertRevision, Step
from ..planning.squashes import find_parts
from ..registry.errors import TamperedUndo
from ..revisions.failures import find_transient
from .context import Context
from .errors import CannotTell, NoDowngrade

log = logging.getLogger(__name__)


def run_revision(context: Context, operation: Step) -> None:
    """Run a revision on its branch's search path, and record it."""
    context.session.ensure_loaded(operation.plugin)
    with context.progress.report(operation):
        context.steps.run(operation, context.plan.nodes)


def record_revision(context: Context, operation: Step) -> None:
    """Record a revision as applied, or as not."""
    context.steps.run(operation, context.plan.nodes)


def record_squash(context: Context, operation: RecordSquash) -> None:
    """Record a squash in the place of what it replaces, if all of that is applied."""
    name, revision, pending = operation.plugin, operation.revision, context.writer.pending
    applied = pending.find_applied(name)
    squash = applied.get(revision)
    if squash is None:
        branch = context.session.remembered_branch(name)
        if not find_parts(branch, revision) <= applied.keys():
            return  # Its last one has failed.
        covered = [item for item in applied.values() if item.revision in operation.replaced]
        info = context.session.find_script(name, revision).info
        squash = make_squash(branch, info, covered)
    undo, source = context.steps.read_file(name, revision)
    pending.add_squash(squash, operation.replaced, undo, source)


def revert_revision(context: Context, operation: RevertRevision) -> None:
    """Revert a revision; where that may fail and does, leave what it has made to be dropped."""
    if not operation.may_fail:
        run_revision(context, operation)
        return
    writer = context.writer
    savepoint = writer.connection.begin_nested()
    try:
        run_revision(context, operation)
        context.monitor.check_now()
    except (MigrationFailed, NoDowngrade, TamperedUndo, NamespaceViolation) as error:
        if writer.connection.invalidated or find_transient(error):
            raise
        if savepoint.is_active:
            savepoint.rollback()
        else:  # An `autocommit_block()` has ended the transaction, and the savepoint with it.
            _alembic.begin_again(writer.context)
            context.monitor.begin_again()
            writer.pending.add_interruption_end(operation.plugin)
        inferred = context.session.inferred.get(operation.plugin)
        if inferred is not None and inferred.doubt is not None and not inferred.rows:
            raise CannotTell(operation.plugin, inferred.doubt) from error
        reason = getattr(error, "reason", None) or "; ".join(getattr(error, "violations", ()))
        log.warning(
            "Revision %s of %s cannot be downgraded (%s). What it has made is dropped instead.",
            operation.revision,
            operation.plugin,
            in_one_line(reason),
        )
        writer.pending.add_reverted(operation.plugin, operation.revision)
    else:
        if savepoint.is_active:
            savepoint.commit()


def check_objects(context: Context, _operation: CheckObjects) -> None:
    """Check what the transaction's revisions have touched, and record what they have made."""
    context.monitor.check()
