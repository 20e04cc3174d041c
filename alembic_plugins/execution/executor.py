"""Run plans: a transaction a unit, tried again where it met another, its failure recorded."""

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import replace
from itertools import groupby
from time import monotonic, sleep
from typing import Any, NoReturn

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from .. import _alembic
from .._base_errors import PluginError
from ..connection.errors import MigrationFailed
from ..connection.pipeline import Pipeline
from ..connection.writer import RegistryWriter
from ..guard.errors import NamespaceViolation, TransactionEnded
from ..guard.monitor import Monitor
from ..loading.session import Session
from ..planning.errors import Interrupted
from ..planning.plan import (
    Direction,
    Fate,
    Plan,
    Step,
    Unit,
)
from ..planning.upkeep import find_repairs
from ..plugin import HOST
from ..registry.errors import TamperedUndo
from ..registry.statements import record_versions
from ..revisions.failures import describe_failure, find_naps, find_transient
from .backup_run import BackupRun
from .causes import find_cause, find_registry_loss
from .errors import CannotTell, NoDowngrade, RevisionTooLong
from .estate import Estate
from .object_reader import ObjectReader
from .outcomes import Outcomes
from .restoring import Restorer
from .steps import StepRunner

log = logging.getLogger(__name__)

Progress = Callable[[int, int, Step], None]
"""Told before each step: how many are done, how many there are, and the step."""


class Executor:
    """Run the units of a plan, each in a transaction, and record what was done in the same one.

    Args:
        session: the command's view of disk and database.
        context: Alembic's, configured by ``env.py``.
        recorded: the plugins that have a row in the registry.
        run_args: what ``env.py`` wants passed to each revision's function.
        progress: told of each step before it runs.
        lock_connection: the one that holds the lock and sees what is committed, for the guard;
            None where there is none.
    """

    def __init__(
        self,
        session: Session,
        context: MigrationContext,
        recorded: frozenset[str],
        run_args: Mapping[str, Any],
        progress: Progress,
        lock_connection: Connection | None = None,
    ) -> None:
        self.session = session
        self.context = context
        self._progress = progress
        self._writer = RegistryWriter(session, context, recorded)
        # A transaction that is the caller's cannot be tried again, nor added to when it fails; what
        # the caller has done in it cannot be told from what revisions do.
        self._is_ours = not (context.as_sql or _alembic.in_external_transaction(context))
        self._lock_connection = lock_connection
        self._pipeline = Pipeline(context)
        self._monitor = Monitor(
            self._writer, self._pipeline, lock_connection if self._is_ours else None
        )
        self._steps = StepRunner(self._writer, self._monitor, self._pipeline, run_args)
        self._estate = Estate(self._writer, ObjectReader(self._writer))
        self._total = self._done = 0
        self._is_rehearsal = False

    def run(self, catch_up: Plan, plan: Plan) -> None:
        """Record `catch_up`, then run `plan`: each unit is kept as soon as it is done.

        Raises:
            MigrationFailed: a revision raised; the units before its own are kept.
            MigrationInterrupted: it raised after it had committed a part of itself.
            Interrupted: a revision that was interrupted has to be completed first.
            RevisionInUse: objects of other plugins lean on what was to go.
            LeftoverObjects: an uninstalled plugin left something behind; nothing is kept.
        """
        self._check_lengths(plan)
        self._check_interruptions(plan)
        self._total, self._done = sum(step.runs for step in plan.steps), 0
        self._writer.remember_path()
        self._estate.check(plan)
        self._end_reading()
        backup_run = BackupRun(self._writer, plan)
        with backup_run.prepare(), self._steps.journal.listen():
            for unit in catch_up.units:
                self._run_unit(unit, catch_up, backup_run)
            self._run_units(plan, backup_run)
        if plan.stock_rows is not None:
            self._eject(plan.stock_rows)

    def _run_units(self, plan: Plan, backup_run: BackupRun) -> None:
        """Run all units, but for those of plugins that need one which has failed."""
        outcomes = Outcomes(self.session, plan)
        for unit in plan.units:
            if outcomes.find_missing(unit):
                outcomes.add_skipped(unit)
                continue
            try:
                self._run_unit(unit, plan, backup_run)
            except PluginError as error:
                if not (self._can_go_on(error) and outcomes.can_go_on(unit)):
                    raise
                outcomes.add_failure(unit, getattr(error, "plugin", unit.plugins[0]), error)
            else:
                outcomes.add_done(unit)
        outcomes.check()

    def _can_go_on(self, error: PluginError) -> bool:
        """Tell whether the connection is of use after a failure, and nothing else comes of that."""
        if isinstance(error, NamespaceViolation) and not self.session.is_inferred(error.plugin):
            return False  # Whose the objects are has to be found out first.
        return self._is_ours and not self._writer.is_lost

    def _end_reading(self) -> None:
        """End the transaction that checks have begun by reading."""
        if self._is_ours:
            self._writer.connection.rollback()

    def _check_lengths(self, plan: Plan) -> None:
        limit = getattr(self._writer.versions.c.version_num.type, "length", None)
        for step in plan.steps:
            if limit and step.direction is Direction.UPGRADE and len(step.revision) > limit:
                raise RevisionTooLong(step.plugin, step.revision, limit)

    def _check_interruptions(self, plan: Plan) -> None:
        """Check that what was interrupted is completed before anything else is done to it."""
        for name, known in self.session.state.interruptions.items():
            if plan.fates.get(name, Fate.LEFT) is not Fate.LEFT:
                continue
            step = next((step for step in plan.steps if step.plugin == name), None)
            same = step and (step.revision, step.direction) == (known.revision, known.direction)
            if step and step.runs and not same:
                raise Interrupted(name, known.revision, known.direction)

    def _run_unit(self, unit: Unit, plan: Plan, backup_run: BackupRun) -> None:
        """Run a unit, and once more where it met another transaction; record that it failed."""
        naps = find_naps()
        suspected: NamespaceViolation | None = None
        self._monitor.is_close = False
        while True:
            done, started = self._done, monotonic()
            self._writer.begin()
            try:
                self._try_unit(unit, plan, backup_run, suspected)
            except BaseException as error:
                self._done = done
                self._writer.go_back()
                if isinstance(error, NamespaceViolation):
                    if not self.session.is_inferred(error.plugin) and error.plugin != HOST:
                        raise  # Whose the objects are has to be found out first.
                    if self._looks_closely(unit):
                        suspected = error
                        continue
                retriable = self._is_ours and not self._writer.is_committed
                met = find_transient(error) if retriable else None
                nap = next(naps, None) if met else None
                if nap is None:
                    self._fail(error, unit, plan, self._writer.find_duration(started))
                log.warning("Trying again: %s in %s", met, ", ".join(unit.plugins))
                sleep(nap)
            else:
                backup_run.end()
                return

    def _looks_closely(self, unit: Unit) -> bool:
        """Tell whether a unit is to be run again to see which of its revisions is guilty."""
        alike = sum(step.runs for step in unit.steps) < 2 or self._writer.is_committed
        if alike or self._monitor.is_close:
            return False
        self._monitor.is_close = True
        return True

    def _fail(
        self,
        error: BaseException,
        unit: Unit,
        plan: Plan,
        duration: int | None,
    ) -> NoReturn:
        """Record what has failed, and raise what it means."""
        failure = error
        if isinstance(error, TransactionEnded) and self._writer.is_committed:
            kept = f"{error.kept}, but what was committed midway stays"
            failure = TransactionEnded(error.plugin, error.revisions, kept)
        if isinstance(error, MigrationFailed) and self._is_ours:
            failure = find_cause(self._writer, self._steps.journal, plan, error)
        failure = find_registry_loss(error, unit.steps, self._writer.tables.names) or failure
        name = getattr(failure, "plugin", (*unit.plugins, HOST)[0])
        self._record_failure(unit, describe_failure(failure), name, duration)
        if failure is error:
            raise error
        raise failure from error

    def _record_failure(self, unit: Unit, words: str, name: str, duration: int | None) -> None:
        """Record what was taken back, where there is a registry and the transaction was ours."""
        if not self._is_ours or not self._writer.has_registry:
            return
        writer, rows = self._writer, self._writer.pending.rows(name)
        action = unit.name_action(name, self.session.state.plugins)
        writer.pending.add_event(name, action, rows, duration, failure=words)
        with suppress(SQLAlchemyError):  # The server may be gone.
            if not writer.is_lost:
                with _alembic.transaction(self.context):
                    if writer.is_committed:
                        writer.return_session()  # No rollback has done that.
                        if self._steps.journal.is_empty:
                            self._estate.withdraw(name)
                    writer.flush()
            elif self._lock_connection is not None:
                writer.write_elsewhere(self._lock_connection)

    def _try_unit(
        self,
        unit: Unit,
        plan: Plan,
        backup_run: BackupRun,
        suspected: NamespaceViolation | None,
    ) -> None:
        """Run a unit in its transaction.

        Raises:
            NamespaceViolation: a revision does what it may not do, or has done so before, as
                `suspected` says, and not again.
        """
        started = monotonic()
        self.context.impl.memo.clear()  # Types that another try has made are not there any more.
        before = {name: self._writer.pending.rows(name) for name in unit.plugins}
        with _alembic.transaction(self.context) as transaction, self._pipeline.use():
            self._writer.set_timeouts()
            self._writer.ensure_tables()
            self._writer.ensure_bound()
            with backup_run.keep() if plan.backup else nullcontext():
                self._run_steps(unit, plan)
                if suspected is not None:
                    raise suspected
                for name, rows in before.items():
                    action = unit.name_action(name, self.session.state.plugins)
                    self._writer.pending.add_event(
                        name, action, rows, self._writer.find_duration(started)
                    )
                self._writer.flush()
                if unit is plan.units[-1] and not self._is_rehearsal:
                    self._writer.refresh_objects()
            if transaction is not None:  # It is ours to end.
                self._pipeline.commit()
        self._writer.keep_tables()

    def _run_steps(self, unit: Unit, plan: Plan) -> None:
        self._estate.begin(unit)
        if plan.with_unknown and unit is plan.units[0]:
            self._estate.drop_unknown(plan)
        self._monitor.begin(plan)
        with nullcontext() if self._writer.is_offline else self._steps.ends.listen():
            for plugin, steps in groupby(unit.steps, key=lambda step: step.plugin):
                self._run_branch(plugin, tuple(steps), plan)
        self._monitor.check()
        removed = [name for name, fate in unit.fates.items() if fate is Fate.REMOVED]
        self._estate.drop_leftovers(removed, plan)
        for name in unit.plugins:
            self._finish(name, unit, plan)
        self._estate.remove_unknown_rows(unit.unknown_rows)
        self._estate.take_over(unit.tables)

    def rehearse(self, plan: Plan) -> tuple[str, ...]:
        """Run a plan in the transaction that is the caller's; return what it has done.

        Raises:
            NamespaceViolation: a revision does what it may not do.
        """
        monitor = Monitor(self._writer, self._pipeline, self._lock_connection)
        self._is_rehearsal = True
        self._writer.remember_path()
        self._writer.ensure_tables()
        self._writer.keep_tables()
        monitor.begin(plan)
        for unit in plan.units:
            # What was done before is not to be taken for what this unit does.
            running = [step for step in unit.steps if step.runs]
            before = monitor.find_violations(running)
            self.run(Plan(), replace(plan, units=(unit,), problems={}))
            after = monitor.find_violations(running)
            new = [violation for words, violation in after.items() if words not in before]
            if new:
                monitor.refuse(new)
        for step in plan.steps:
            monitor.add(step)
        return monitor.describe()

    @property
    def restorer(self) -> Restorer:
        """What brings back the plugins of backups."""
        return Restorer(self._writer)

    def _run_branch(self, plugin: str, steps: tuple[Step, ...], plan: Plan) -> None:
        """Run consecutive steps of one plugin in its namespace."""
        if self.session.settings.load == "all" and any(step.runs for step in steps):
            self.session.remembered_branch(plugin).load()
        if plugin != HOST and any(step.runs for step in steps):
            if steps[0].direction is Direction.UPGRADE:
                self._estate.prepare(plugin)
            self._writer.enter(plugin, plan)
        for step in steps:
            if step.runs:
                self._progress(self._done, self._total, step)
            if plan.purge and step.direction is Direction.DOWNGRADE:
                self._run_or_give_up(step, plan)
            else:
                self._steps.run(step, plan)
            self._done += step.runs
        self._writer.leave()

    def _run_or_give_up(self, step: Step, plan: Plan) -> None:
        """Take a revision back; where that fails, leave what it has made to be dropped."""
        savepoint = self._writer.connection.begin_nested()
        try:
            self._steps.run(step, plan)
            self._monitor.check_now()
        except (MigrationFailed, NoDowngrade, TamperedUndo, NamespaceViolation) as error:
            if self._writer.connection.invalidated or find_transient(error):
                raise
            if savepoint.is_active:
                savepoint.rollback()
            else:  # An `autocommit_block()` has ended the transaction, and the savepoint with it.
                _alembic.begin_again(self.context)
                self._monitor.begin_again()
                self._writer.pending.add_settled(step.plugin)
            inferred = self.session.inferred.get(step.plugin)
            if inferred is not None and inferred.doubt is not None and not inferred.rows:
                raise CannotTell(step.plugin, inferred.doubt) from error
            words = (
                "Revision %s of %s cannot be downgraded (%s). What it has made is dropped instead."
            )
            reason = getattr(error, "reason", None) or "; ".join(getattr(error, "violations", ()))
            log.warning(words, step.revision, step.plugin, reason)
            self._writer.pending.add_reverted(step.plugin, step.revision)
        else:
            if savepoint.is_active:
                savepoint.commit()

    def _finish(self, name: str, unit: Unit, plan: Plan) -> None:
        """Register a plugin of which something is applied, and forget one of which nothing is."""
        fate = unit.fates.get(name)
        has_gone = fate in (None, Fate.LEFT) and not self._writer.pending.has_applied(name)
        if self._is_rehearsal and has_gone:
            return  # It has still to be told whose its objects were.
        if fate is Fate.REPAIRED:
            for node in find_repairs(self.session, name):
                self._steps.accept(node)
            if plan.with_unknown:
                self._estate.claim(name)
        elif fate is not None:
            self._estate.settle(name, fate, plan)
        elif name != HOST and self._writer.pending.has_applied(name):
            self._estate.register(name)
        elif name in self._writer.pending.plugins:
            self._estate.stay(name)

    def _eject(self, rows: Sequence[str]) -> None:
        """Give the version table the rows that stock Alembic wants, and drop our tables."""
        with _alembic.transaction(self.context):
            before = self._writer.pending.all_rows
            for statement in record_versions(self._writer.versions, before, rows):
                self._writer.execute(statement)
            self._writer.tables.metadata.drop_all(self._writer.connection, checkfirst=True)
