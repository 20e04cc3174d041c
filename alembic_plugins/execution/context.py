"""What the handlers of operations work with."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Executable

from ..connection.callbacks import Callbacks
from ..connection.writer import RegistryWriter
from ..guard.monitor import Monitor
from ..loading.session import Session
from ..planning.plan import Plan
from .hook_runner import HookRunner
from .object_reader import ObjectReader
from .progress import Progress
from .steps import StepRunner

if TYPE_CHECKING:
    from .backup_run import BackupRun


@dataclass(frozen=True)
class Context:
    """What the handlers of operations work with.

    Attributes:
        session: the command's view of disk and database.
        writer: executes statements and keeps the registry.
        objects: reads whose objects are.
        steps: runs revisions.
        hooks: calls hooks.
        monitor: tells what revisions have touched.
        callbacks: what is to be called when the transaction ends.
        plan: the plan that is run.
        progress: told of each revision before it runs.
        lock_connection: the one that holds the lock, whose statements are committed at once; None
            where there is none.
        is_rehearsal: whether all is rolled back in the end.
        backups: those that the plan writes.
    """

    session: Session
    writer: RegistryWriter
    objects: ObjectReader
    steps: StepRunner
    hooks: HookRunner
    monitor: Monitor
    callbacks: Callbacks
    plan: Plan
    progress: Progress
    lock_connection: Connection | None = None
    is_rehearsal: bool = False
    backups: "dict[Path, BackupRun]" = field(default_factory=dict)

    def execute(self, statements: Iterable[Executable]) -> None:
        """Execute statements, or print them."""
        for statement in statements:
            self.writer.execute(statement)
