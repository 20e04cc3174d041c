"""Run one revision, up or down, and record it."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from time import monotonic
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationInfo

from .. import _alembic
from .._base_errors import PluginError, foreign_code
from .._base_errors import explain as explain_error
from ..connection.errors import MigrationFailed
from ..connection.pipeline import Pipeline
from ..connection.writer import RegistryWriter
from ..guard.monitor import Monitor
from ..planning.operations import Direction, Step
from ..planning.projection import remember_revision
from ..plugin import HOST
from ..registry.history import read_undo
from ..registry.statements import Duration, measure_duration
from ..revisions.branches import BranchScript, Node
from ..revisions.failures import explain_failure, is_ours
from ..revisions.rendering import asks_database, is_asked
from ..revisions.source import Source, read_source
from ..revisions.undo import Renderer, Undo, run_statements
from .errors import CannotCommit, NoDowngrade, OfflineRevision, OwnFailure
from .journal import Journal
from .transaction_end import TransactionEnds

log = logging.getLogger("alembic.runtime.migration")
"""Alembic's own, by which hosts show what runs."""


class StepRunner:
    """Run the steps of a plan, one after the other.

    Args:
        writer: executes and records.
        monitor: watches what a revision touches.
        pipeline: by which statements are sent that nobody waits for.
        run_args: what ``env.py`` wants passed to each revision's function.
    """

    def __init__(
        self,
        writer: RegistryWriter,
        monitor: Monitor,
        pipeline: Pipeline,
        run_args: Mapping[str, Any],
    ) -> None:
        self.ends = TransactionEnds(writer.connection)
        self.journal = Journal(writer, monitor, pipeline, self.ends)
        self._writer = writer
        self._monitor = monitor
        self._run_args = run_args
        self._renderer = Renderer(writer.context, run_args)

    def forget_types(self) -> None:
        """Forget which types were made: another try of the transaction makes them again."""
        self._context.impl.memo.clear()

    @contextmanager
    def listen_to_ends(self) -> Iterator[None]:
        """Keep revisions and hooks that run in the block from ending their transaction."""
        if self._writer.is_offline:
            yield
            return
        with self.ends.listen():
            yield

    @property
    def _context(self) -> MigrationContext:
        return self._writer.context

    def run(self, step: Step, nodes: Mapping[str, Node]) -> None:
        """Run a step, or only record it.

        Args:
            step: the step.
            nodes: the revisions of the plan's steps upwards, by id.

        Raises:
            MigrationFailed: the revision raised.
            NoDowngrade: its file is gone, and no downgrade of it is remembered.
            TamperedUndo: what is remembered is not what was recorded.
        """
        started = monotonic()
        if step.runs:
            self._monitor.add(step)
            script = self._writer.session.find_script(step.plugin, step.revision)
            with self._journaled_autocommit(step), self.journal.keep(step, script.path):
                self._call(step, script)
            if self.journal.has_set:
                self._writer.return_session()
            self._monitor.check_revision()
        if step.direction is Direction.UPGRADE:
            self._remember(step, nodes[step.revision], started)
        else:
            self._writer.pending.add_reverted(step.plugin, step.revision)
        self.journal.close()
        if step.runs and self._monitor.is_on:
            self._writer.write_due()  # By the order of commands, it tells whose an object is.
        if not step.runs and step.plugin in self._writer.session.state.interruptions:
            # It is said how far that has come.
            self._writer.pending.add_interruption_end(step.plugin)
        if self._context.on_version_apply_callbacks:
            self._notify(step)

    def _find_duration(self, step: Step, started: float) -> Duration:
        if not step.runs or self._writer.is_offline:
            return None
        if self.journal.is_written:
            return self._writer.find_duration(started)  # It had several transactions.
        return measure_duration(self._writer.tables)

    def _remember(self, step: Step, node: Node, started: float) -> None:
        """Record an applied revision, with what downgrades it when its file is gone."""
        duration = self._find_duration(step, started)
        undo, source = self.read_file(node.plugin, node.revision)
        is_known = (step.runs or step.knows_objects) and not self._writer.is_offline
        remembered = remember_revision(self._writer.session, node, objects_known=is_known)
        self._writer.pending.add_applied(remembered, undo, source, duration)

    def accept(self, node: Node) -> None:
        """Record that an applied revision is what its file says now."""
        undo, source = self.read_file(node.plugin, node.revision)
        self._writer.pending.add_repaired(
            remember_revision(self._writer.session, node, objects_known=True), undo, source
        )

    def read_file(self, name: str, revision: str) -> tuple[Undo, Source | None]:
        """Return what undoes a revision of a branch, and what its file is."""
        script = self._writer.session.find_script(name, revision)
        return self._renderer.render(script), read_source(script.info.path)

    def _call(self, step: Step, script: BranchScript) -> None:
        """Run a revision's function, as Alembic does."""
        words = _describe(step, script)
        log.info("Running %s", words)
        if self._writer.is_offline:
            self._context.impl.static_output(f"-- Running {words.splitlines()[0]}")
        run = self._find_function(step, script)

        def explain(error: BaseException) -> PluginError:
            facts = (step.plugin, step.revision, step.direction)
            if self._writer.is_offline and asks_database(error):
                return OfflineRevision(*facts)
            if is_ours(error):
                return OwnFailure(*facts, explain_error(error))
            return MigrationFailed(*facts, explain_failure(error, script.path))

        with (
            self.ends.refused(step),
            foreign_code(explain),
            Operations.context(self._context),
        ):
            run()
        if is_asked(self._context):  # It has gone on as if there were an answer.
            raise OfflineRevision(step.plugin, step.revision, step.direction)

    def _find_function(self, step: Step, script: BranchScript) -> Callable[[], None]:
        """Return what runs a step: the file's function, or what is remembered of its downgrade."""
        try:
            module = script.module
        except PluginError:
            if step.direction is Direction.UPGRADE or self._writer.is_offline:
                raise
            return self._find_undo(step)
        function = getattr(module, step.direction, None)
        if function is None:
            reason = f"the file has no function {step.direction}()"
            raise MigrationFailed(step.plugin, step.revision, step.direction, reason)
        return partial(function, **self._run_args)

    def _find_undo(self, step: Step) -> Callable[[], None]:
        writer = self._writer
        undo = read_undo(
            writer.connection, writer.tables, step.revision, writer.session.state.registry
        )
        if undo.statements is None:
            raise NoDowngrade(step.plugin, step.revision, undo.reason or "none was recorded")
        return partial(run_statements, self._context, undo.statements)

    def _notify(self, step: Step) -> None:
        """Call the host's `on_version_apply`, which sees the version table as it is by then."""
        self._writer.flush()
        script = self._writer.session.find_script(step.plugin, step.revision)
        info = MigrationInfo(
            revision_map=self._writer.session.remembered_branch(step.plugin).map,
            is_upgrade=step.direction is Direction.UPGRADE,
            is_stamp=not step.runs,
            up_revisions=step.revision,
            down_revisions=script.down_revisions,
        )
        rows, arguments = self._writer.pending.all_rows, dict(self._run_args)
        for callback in self._context.on_version_apply_callbacks:
            callback(ctx=self._context, step=info, heads=rows, run_args=arguments)

    @contextmanager
    def _journaled_autocommit(self, step: Step) -> Iterator[None]:
        """Keep the journal of what an `autocommit_block()` commits."""
        original = self._context.autocommit_block

        @contextmanager
        def autocommit_block() -> Iterator[None]:
            block = original()  # Where a plan is rehearsed, it is refused.
            if _alembic.in_external_transaction(self._context):
                raise CannotCommit(step.plugin, step.revision)
            ended: BaseException | None = None
            try:
                with self.ends.allowed(), self.journal.keep_block(), block:
                    self.journal.begin_block()
                    try:
                        yield
                    except (KeyboardInterrupt, SystemExit) as error:
                        ended = error
                        raise
            except Exception as error:
                if ended is None:
                    raise
                raise ended from error  # Alembic cannot commit what was interrupted.

        with _alembic.replaced_autocommit_block(self._context, autocommit_block):
            yield


def _describe(step: Step, script: BranchScript) -> str:
    """Return what a step does, as Alembic says it, with the plugin's name."""
    below = ", ".join(script.down_revisions)
    ends = (below, step.revision)
    from_, to = ends if step.direction is Direction.UPGRADE else reversed(ends)
    name = "" if step.plugin == HOST else f" ({step.plugin})"
    message = f", {script.doc}" if script.doc else ""
    return f"{step.direction} {from_} -> {to}{message}{name}"
