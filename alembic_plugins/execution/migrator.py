"""Do a command's work: read what there is, plan, and run the plan, one migration at a time."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from .. import _alembic
from .._base_errors import PluginError
from .._warnings import is_untold
from ..guard.errors import NamespaceViolation
from ..loading.session import Session
from ..planning.dependents import find_going
from ..planning.errors import RevisionInUse
from ..planning.phases import check_held
from ..planning.plan import Plan
from ..planning.settled import MakePlan, plan_settled
from ..registry.renaming import find_current_name, find_renamed
from ..registry.tables import BACKUP_SCHEMA
from .errors import FilesChanged
from .outcomes import Outcomes
from .reader import DatabaseReader

if TYPE_CHECKING:
    from .context import Context
    from .display import Display
    from .progress import RevisionProgress, Watch
    from .rehearsal import Rehearsal
    from .restoring import Restorer
    from .scratch_builds import Targets

log = logging.getLogger(__name__)

PROGRESS = "plugin_progress"
"""The attribute of a configuration that is called with each `RevisionProgress`."""

Execute = Callable[[Plan], None]
"""Runs the transactions of a plan."""


class Migrator(DatabaseReader):
    """One command's work on one database, or in offline mode on none.

    It reads, plans, and hands the plan to an `Executor`, which runs transactions, in each of them
    the operations by their handlers, of which those of revisions have a `StepRunner` run one.

    Args:
        session: the command's view of disk and database.
        context: Alembic's, configured by ``env.py``.
        run_args: what ``env.py`` wants passed to each revision's function.
        watch: is called with each `RevisionProgress`, if it is given.
    """

    def __init__(
        self,
        session: Session,
        context: MigrationContext,
        run_args: Mapping[str, Any],
        watch: "Watch[RevisionProgress] | None" = None,
    ) -> None:
        super().__init__(session, context)
        self._run_args = run_args
        self._watch = watch

    def run(self, make_plan: MakePlan, *, always_again: bool = False) -> Plan:
        """Run what `make_plan` plans, and return it.

        It is planned once without the lock, since most often there is nothing to do, and again
        under the lock, since another migration may have done it meanwhile: where that is seen in
        the registry, or with `always_again` in any case.

        Raises:
            LockTimeout: another migration did not end in time.
            PluginError: see `Executor.run`.
        """
        plan = plan_settled(self.session, make_plan)
        due = (plan.transactions, self._catch_up.transactions, find_renamed(self.session.state))
        if not any(due):
            return self._tell(plan)
        # Most often there is nothing to run: then all that it needs is not imported.
        from .renaming import tell_failures

        self.end_reading()
        staging = self._lock(BACKUP_SCHEMA) if plan.backup else nullcontext()
        with self._lock() as lock_connection, staging:
            is_new = not self.context.as_sql and self.read()
            execute = partial(self._execute, lock_connection=lock_connection)
            renamed, failures = self._rename(execute, plan)
            if is_new or renamed.transactions or failures or always_again:
                plan = plan_settled(self.session, make_plan)
            self.infer(find_going(self.session, plan))
            done = self._run_to_end(plan, make_plan, execute)
            return self._tell(tell_failures(done, failures).after(renamed))

    def _rename(self, execute: Execute, plan: Plan) -> tuple[Plan, Sequence[PluginError]]:
        """Give plugins in the database the names that they have on disk; see `rename_plugins`."""
        from .renaming import rename_plugins

        done, failures = rename_plugins(self.session, execute, plan)
        if done.transactions or failures:
            self.read_anew()
        return done, failures

    def _run_to_end(self, plan: Plan, make_plan: MakePlan, execute: Execute) -> Plan:
        """Run a plan, or where others turn out to depend on what goes, one by which they go too."""
        while True:
            self._warn_of_changes(plan)
            if not self.context.as_sql:
                self.keep_host_first(plan)
            try:
                execute(plan.after(self._catch_up))
            except RevisionInUse as error:
                plan = self._plan_cascade(make_plan, plan, error)
            except NamespaceViolation as error:
                # What another tool has installed is not the host's, as it looks.
                if not self.infer([error.plugin]):
                    raise
                self.read()
                plan = plan_settled(self.session, make_plan)
            else:
                self._catch_up = Plan()
                return plan

    def _plan_cascade(self, make_plan: MakePlan, failed: Plan, error: RevisionInUse) -> Plan:
        """Return a plan by which what depends on the objects of plugins goes along.

        Raises:
            RevisionInUse: it is not to go along.
        """
        if not self.session.cascade_to(error.dependents):
            raise error
        self.read()
        try:
            plan = plan_settled(self.session, make_plan)
        except RevisionInUse:
            raise error from None
        if plan == failed:
            raise error
        return plan

    def rehearse(self, make_plan: MakePlan) -> "Rehearsal":
        """Run what `make_plan` plans and roll it back; return what it has done.

        Raises:
            CannotRehearse: a revision would commit midway.
            PluginError: see `Executor.run`.
        """
        from ..planning.renames import add_renames
        from .rehearsal import rehearse, rolled_back

        self.end_reading()
        with self._lock() as lock_connection:
            self.read()
            plan = add_renames(self.session, plan_settled(self.session, make_plan))
            self.infer(find_going(self.session, plan))
            self.end_reading()
            with rolled_back(self.context) as inner:
                return rehearse(self._make_context(plan, lock_connection, inner))

    def finish_transfer(self) -> None:
        """Complete the backup or restore of a command that was ended, or undo it."""
        if self.session.state.in_transfer and not self.context.as_sql:
            self.end_reading()
            with self._lock():
                self._make_restorer().finish_transfer()
            self.read()

    def bring_back(self, path: Path, name: str) -> tuple[str, ...]:
        """Bring back the plugins of a backup; see `Restorer.bring_back`."""
        from ..planning.hooks import plan_completion

        self.end_reading()
        with self._lock(), self._lock(BACKUP_SCHEMA):
            self.read()
            self._rename(self._execute, Plan())
            self._execute(self._catch_up)
            self.read()
            names = self._make_restorer().bring_back(path, name)
        self.read()
        names = tuple(find_current_name(self.session.state, name) for name in names)
        self.run(lambda session: plan_completion(session, names))
        return names

    def infer(self, names: Iterable[str]) -> bool:
        """Find out what plugins have made that another tool has installed; tell whether any were.

        Their revisions are run in a scratch database. Where that cannot be done, all that is in a
        plugin's own schema, or under its prefix, is taken for its own.
        """
        if self.context.as_sql:
            return False
        from .inference import add_inferred

        return add_inferred(self.session, self.reading, self.build, names)

    def build(
        self, targets: "Targets", *, guarded: bool = False
    ) -> AbstractContextManager["Migrator"]:
        """Run plugins' revisions in a database of their own; see `scratch_builds.build`."""
        from .scratch_builds import build  # Few commands need such a database.

        make = partial(Migrator, run_args=self._run_args)
        return build(self, make, targets, guarded=guarded)

    def _tell(self, plan: Plan) -> Plan:
        """Say what is wrong besides; what could not be done is an error when all else is done."""
        for warning in plan.warnings:
            if is_untold(warning):
                log.warning("%s", warning)
        Outcomes(self.session, plan).check()
        check_held(plan.held)
        return plan

    def _warn_of_changes(self, plan: Plan) -> None:
        for name in dict.fromkeys(step.plugin for step in plan.steps if step.runs):
            changed = self.session.find_changed(name)
            if changed:
                log.warning("%s", FilesChanged(name, changed))

    @cached_property
    def _display(self) -> "Display":
        from .display import make_display  # Most often there is nothing to show.

        return make_display(self.session.config, self.session.find_script)

    @contextmanager
    def capturing(self) -> Iterator[None]:
        """Let no other process write revisions of what was changed by hand in the block."""
        table = _alembic.version_table(self.context)
        self.end_reading()
        with self._lock(f"changes by hand of {table.schema or ''}.{table.name}"):
            yield

    @contextmanager
    def _lock(self, name: str | None = None) -> Iterator[Connection | None]:
        """Lock the registry or, by its name, the staging schema, which all registries share."""
        if self.context.as_sql:
            yield None
            return
        table = _alembic.version_table(self.context)
        from ..connection.locking import hold_lock

        key = name or f"{table.schema or ''}.{table.name}"
        wait, tell = self.session.settings.lock_wait, self._display.tell
        with self._display, hold_lock(self.connection, key, wait, tell) as connection:
            yield connection

    def _execute(self, plan: Plan, lock_connection: Connection | None = None) -> None:
        """Run the transactions of a plan; see `Executor.run` for what is raised."""
        from .executor import Executor

        Executor(self._make_context(plan, lock_connection)).run()

    def _make_context(
        self,
        plan: Plan,
        lock_connection: Connection | None,
        rehearsed: MigrationContext | None = None,
    ) -> "Context":
        from .context import make_context

        return make_context(
            self.session,
            rehearsed or self.context,
            self._recorded,
            self._run_args,
            plan,
            self._display,
            self._watch,
            lock_connection,
            is_rehearsal=rehearsed is not None,
        )

    def _make_restorer(self) -> "Restorer":
        from ..connection.callbacks import Callbacks
        from ..connection.writer import RegistryWriter
        from .restoring import Restorer  # Few commands find a backup.

        return Restorer(RegistryWriter(self.session, self.context, self._recorded, Callbacks()))
