"""Write plugins to a backup before they go."""

from functools import partial

from ..planning.operations import KeepToBackup, StageBackup, WriteBackup
from .context import Context


def stage(context: Context, operation: StageBackup) -> None:
    """Copy what the registry knows of plugins to where pg_dump sees it, which is what is committed.

    Raises:
        BackupExists: there is a file of the backup's name.
        BackupIncomplete: the plugins have made what the backup could not have.
    """
    from .backup_run import stage_backup  # Few commands write a backup.

    run = stage_backup(context.writer, operation.path, operation.names)
    context.backups[operation.path] = run
    # What is there before that is committed may be what a command of another registry has left.
    undo = partial(context.callbacks.after_failure.append, run.unstage)
    context.callbacks.after_commit.append(undo)


def write(context: Context, operation: WriteBackup) -> None:
    """Write the backup, as a part of the transaction.

    It is removed where the transaction fails: whether a COMMIT was done that has got no answer,
    cannot be told.

    Raises:
        BackupFailed: it cannot be written.
    """
    run = context.backups[operation.path]
    run.write(context.lock_connection)
    context.callbacks.after_rollback.append(run.remove)
    context.callbacks.before_commit.append(run.make_check())


def keep_to(context: Context, operation: KeepToBackup) -> None:
    """Check that the transaction drops nothing that is not in the backup.

    Raises:
        BackupIncomplete: it does, when it is about to be committed.
    """
    context.callbacks.before_commit.append(context.backups[operation.path].make_check())
