"""Run plans. This is the only module that changes the database."""

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from itertools import groupby
from time import monotonic, sleep
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext, MigrationInfo
from sqlalchemy import Connection, Executable, func, select
from sqlalchemy.exc import DBAPIError

from . import _alembic
from .branches import BranchScript
from .catalog import CatalogObject, has_schema, read_leaning, read_objects
from .errors import PluginError, RevisionTooLong
from .failures import explain_failure, find_naps, find_transient
from .ledger import Ledger
from .namespaces import (
    CreateExtension,
    DropObject,
    create_namespace,
    drop_schema,
    enter_namespace,
    leave_namespace,
)
from .plan import Direction, Plan, Step, Unit
from .plugin import HOST, Namespace, Schema, parse_requirement
from .refusals import (
    LeftoverObjects,
    MigrationFailed,
    NoDowngrade,
    ObjectsInUse,
    UnexpectedVersionRows,
)
from .registry import InstalledPlugin, read_undo
from .session import Session
from .simulate import remember_plugin, remember_revision
from .tables import make_tables
from .undo import render_undo, run_statements

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
    """

    def __init__(
        self,
        session: Session,
        context: MigrationContext,
        recorded: frozenset[str],
        run_args: Mapping[str, Any],
        progress: Progress,
    ) -> None:
        self.session = session
        self.context = context
        self._run_args = run_args
        self._progress = progress
        self._tables = make_tables(context.version_table_schema)
        self._versions = _alembic.version_table(context)
        self._ledger = Ledger(session.state, recorded, self._versions, self._tables)
        self._has_tables = (session.state.version_table, session.state.registry)
        self._entered: Executable | None = None
        self._path: str | None = None
        self._total = self._done = 0
        # A transaction that is the caller's, or was committed midway, cannot be tried again.
        self._is_ours = not (context.as_sql or _alembic.in_external_transaction(context))
        self._is_committed = False

    @property
    def connection(self) -> Connection:
        """The connection; in offline mode one that prints."""
        connection = self.context.connection
        assert connection is not None  # noqa: S101 - a configured context has one
        return connection

    def run(self, contact: Plan, plan: Plan) -> None:
        """Record `contact`, then run `plan`: each unit is kept as soon as it is done.

        Raises:
            MigrationFailed: a revision raised; the units before its own are kept.
            LeftoverObjects: an uninstalled plugin left something behind; nothing is kept.
        """
        self._check_lengths(plan)
        self._total, self._done = sum(step.runs for step in plan.steps), 0
        if not self.context.as_sql:
            self._path = self.connection.scalar(select(func.current_setting("search_path")))
        for source in (contact, plan):
            for unit in source.units:
                self._run_unit(unit, source)

    def _check_lengths(self, plan: Plan) -> None:
        limit = getattr(self._versions.c.version_num.type, "length", None)
        for step in plan.steps:
            if limit and step.direction is Direction.UPGRADE and len(step.revision) > limit:
                raise RevisionTooLong(step.plugin, step.revision, limit)

    def _run_unit(self, unit: Unit, plan: Plan) -> None:
        """Run a unit, and once more where it met another transaction; record that it failed."""
        naps = find_naps()
        while True:
            ledger, done, started = self._ledger.copy(), self._done, monotonic()
            self._is_committed = False
            try:
                self._try_unit(unit, plan)
            except MigrationFailed as error:
                self._ledger, self._done, self._entered = ledger, done, None
                undone = self._is_ours and not self._is_committed
                met = find_transient(error) if undone else None
                nap = next(naps, None) if met else None
                if nap is None:
                    self._record_failure(unit, error, self._duration(started))
                    raise
                log.warning("Trying again: %s in %s", met, ", ".join(unit.plugins))
                sleep(nap)
            else:
                return

    def _record_failure(self, unit: Unit, error: MigrationFailed, duration: int | None) -> None:
        """Record what was taken back, where there is a registry and the transaction was ours."""
        if self._is_committed or not self._is_ours or not self._has_tables[1]:
            return
        # Losing the connection is a failure that cannot be recorded.
        with suppress(DBAPIError), _alembic.transaction(self.context):
            rows = self._ledger.rows(error.plugin)
            self._ledger.add_event(error.plugin, unit.action, rows, duration, str(error))
            self._flush()

    def _set_timeouts(self) -> None:
        """Let no statement of the transaction wait or run for longer than the host allows."""
        settings = self.session.settings
        timeouts = {
            "lock_timeout": settings.lock_timeout,
            "statement_timeout": settings.statement_timeout,
        }
        for name, seconds in timeouts.items():
            if seconds is not None and not self.context.as_sql:
                self._execute(select(func.set_config(name, f"{round(seconds * 1000)}ms", True)))

    def _try_unit(self, unit: Unit, plan: Plan) -> None:
        started = monotonic()
        moved = dict.fromkeys((*unit.plugins, *unit.removes))
        before = {name: self._ledger.rows(name) for name in moved}
        with self._flushing_before_autocommit(), _alembic.transaction(self.context):
            self._set_timeouts()
            self._ensure_tables()
            for plugin, steps in groupby(unit.steps, key=lambda step: step.plugin):
                self._run_branch(plugin, tuple(steps), plan)
            for name in unit.removes:
                self._remove_leftovers(name, purge=plan.purge)
            for name, rows in before.items():
                self._finish(name, unit.action, rows, self._duration(started))
            self._flush()
        self._has_tables = (True, True)

    def _run_branch(self, plugin: str, steps: tuple[Step, ...], plan: Plan) -> None:
        """Run consecutive steps of one plugin in its namespace."""
        if plugin != HOST and any(step.runs for step in steps):
            if steps[0].direction is Direction.UPGRADE:
                self._prepare_namespace(plugin)
            self._enter(plugin, plan)
        for step in steps:
            self._run_step(step, plan)
        self._leave()

    def _run_step(self, step: Step, plan: Plan) -> None:
        started = monotonic()
        if step.runs:
            self._progress(self._done, self._total, step)
            self._call(step)
            self._done += 1
        duration = self._duration(started) if step.runs else None
        if step.direction is Direction.UPGRADE:
            self._remember(step, plan, duration)
        else:
            self._ledger.add_reverted(step.plugin, step.revision)
        if self.context.on_version_apply_callbacks:
            self._notify(step)

    def _remember(self, step: Step, plan: Plan, duration: int | None) -> None:
        """Record an applied revision, with what takes it back when its file is gone."""
        assert plan.nodes is not None  # noqa: S101 - a plan with upgrades has its nodes
        remembered = remember_revision(self.session, plan.nodes[step.revision])
        script = self.session.find_script(step.plugin, step.revision)
        undo = render_undo(self.context, script, self._run_args)
        self._ledger.add_applied(remembered, undo, duration)

    def _call(self, step: Step) -> None:
        """Run a revision's function, as Alembic does."""
        script = self.session.find_script(step.plugin, step.revision)
        words = _describe(step, script)
        log.info("Running %s", words)
        if self.context.as_sql:
            self.context.impl.static_output(f"-- Running {words.splitlines()[0]}")
        run = self._find_function(step, script)
        try:
            with Operations.context(self.context):
                run()
        except PluginError:
            raise
        except Exception as error:
            reason = explain_failure(error, script.path)
            raise MigrationFailed(step.plugin, step.revision, step.direction, reason) from error

    def _find_function(self, step: Step, script: BranchScript) -> Callable[[], None]:
        """Return what runs a step: the file's function, or what is remembered of its downgrade."""
        try:
            module = script.module
        except PluginError:
            if step.direction is Direction.UPGRADE or self.context.as_sql:
                raise
            return self._find_undo(step)
        function = getattr(module, step.direction, None)
        if function is None:
            reason = f"the file has no function {step.direction}()"
            raise MigrationFailed(step.plugin, step.revision, step.direction, reason)
        return partial(function, **self._run_args)

    def _find_undo(self, step: Step) -> Callable[[], None]:
        undo = read_undo(self.connection, self._tables, step.revision)
        if undo.statements is None:
            raise NoDowngrade(step.plugin, step.revision, undo.reason or "none was recorded")
        return partial(run_statements, self.context, undo.statements)

    def _notify(self, step: Step) -> None:
        """Call the host's `on_version_apply`, which sees the version table as it is by then."""
        self._flush()
        script = self.session.find_script(step.plugin, step.revision)
        info = MigrationInfo(
            revision_map=self.session.remembered_branch(step.plugin).map,
            is_upgrade=step.direction is Direction.UPGRADE,
            is_stamp=not step.runs,
            up_revisions=step.revision,
            down_revisions=script.down_revisions,
        )
        arguments = dict(self._run_args)
        for callback in self.context.on_version_apply_callbacks:
            callback(ctx=self.context, step=info, heads=self._ledger.all_rows, run_args=arguments)

    def _ensure_tables(self) -> None:
        """Make what is missing of the version table and the registry."""
        versions, registry = self._has_tables
        if not versions:
            self._versions.create(self.connection)
        if not registry:
            self._tables.metadata.create_all(self.connection, checkfirst=False)

    def _prepare_namespace(self, name: str) -> None:
        """Make the schema and the extensions of a plugin that is about to be installed."""
        if name in self._ledger.plugins:
            return
        found = self.session.find_plugin(name)
        for extension in found.declaration.extensions:
            self._execute(CreateExtension(extension))
        existed = not self.context.as_sql and has_schema(self.connection, found.namespace)
        statements = () if existed else tuple(create_namespace(found.namespace))
        for statement in statements:
            self._execute(statement)
        plugin = remember_plugin(self.session, name, schema_created=bool(statements))
        self._ledger.add_installed(plugin)

    def _enter(self, name: str, plan: Plan) -> None:
        """Put the plugin's schema on the search path, with those of the plugins that it needs."""
        plugins = self._ledger.plugins
        needed = (plugins[other].namespace for other in self._find_needed(name, plan))
        schemas = [namespace.name for namespace in needed if isinstance(namespace, Schema)]
        statement = enter_namespace(plugins[name].namespace, schemas)
        if statement is not None:
            self._execute(statement)
            self._entered = statement

    def _find_needed(self, name: str, plan: Plan) -> list[str]:
        """Return the installed plugins that a plugin needs, by requirement or by revision."""
        found: list[str] = []
        todo = [name]
        while todo:
            current = todo.pop(0)
            if current in self._ledger.plugins and current not in found:
                found.append(current)
                requires = self._ledger.plugins[current].requires
                todo += [parse_requirement(text).name for text in requires]
                todo += sorted(self._ledger.find_needed(current, plan.nodes or {}))
        return found[1:]

    def _leave(self) -> None:
        if self._entered is not None:
            self._execute(leave_namespace(self._path))
            self._entered = None

    def _flush(self) -> None:
        """Write what is to be recorded, on the host's search path."""
        entered = self._entered
        self._leave()
        for statement in self._ledger.take_versions():
            self._change_version_row(statement)
        for statement in self._ledger.take_due():
            self._execute(statement)
        if entered is not None:
            self._execute(entered)
            self._entered = entered

    def _finish(
        self, name: str, action: str, before: tuple[str, ...], duration: int | None
    ) -> None:
        """Register a plugin of which something is applied, and forget one of which nothing is."""
        new = not before and action == "upgrade" and name != HOST
        plugin = self._ledger.plugins.get(name)
        if name != HOST and self._ledger.has_applied(name):
            created = plugin is not None and plugin.schema_created
            if self.session.declaration(name):
                remembered = remember_plugin(self.session, name, schema_created=created)
                self._ledger.add_installed(remembered)
        elif plugin is not None:
            self._ledger.add_uninstalled(name)
            self._drop_empty_schema(plugin)
        self._ledger.add_event(name, "install" if new else action, before, duration)

    def _remove_leftovers(self, name: str, *, purge: bool) -> None:
        """Drop what the downgrades of an uninstalled plugin have left, where that is wished."""
        left = self._read_objects(self._ledger.plugins[name].namespace)
        if left and not purge:
            raise LeftoverObjects(name, tuple(str(item) for item in left))
        leaning = read_leaning(self.connection, left) if left else ()
        if leaning:
            raise ObjectsInUse(name, leaning)
        for item in left:
            self._execute(DropObject(item.kind, item.identity))

    def _drop_empty_schema(self, plugin: InstalledPlugin) -> None:
        namespace = plugin.namespace
        if plugin.schema_created and isinstance(namespace, Schema):
            if self._read_objects(namespace):
                log.warning("Schema %s is kept: there is still something in it.", namespace.name)
            else:
                self._execute(drop_schema(namespace.name))

    def _read_objects(self, namespace: Namespace) -> tuple[CatalogObject, ...]:
        return () if self.context.as_sql else read_objects(self.connection, namespace)

    def _execute(self, statement: Executable) -> None:
        self.context.impl.execute(statement)

    def _change_version_row(self, statement: Executable) -> None:
        """Change one row of the version table, which nobody else must have changed."""
        if self.context.as_sql:
            self._execute(statement)
        elif self.connection.execute(statement).rowcount == 0:
            raise UnexpectedVersionRows(self._versions.name)

    def _duration(self, started: float) -> int | None:
        return None if self.context.as_sql else round((monotonic() - started) * 1000)

    @contextmanager
    def _flushing_before_autocommit(self) -> Iterator[None]:
        """Write what is due before an `autocommit_block()` commits what it belongs to."""
        original = self.context.autocommit_block

        def autocommit_block() -> AbstractContextManager[None]:
            self._flush()
            self._is_committed = True
            return original()

        self.context.autocommit_block = autocommit_block  # type: ignore[assignment,method-assign]
        try:
            yield
        finally:
            del self.context.autocommit_block


def _describe(step: Step, script: BranchScript) -> str:
    """Return what a step does, as Alembic says it, with its branch."""
    below = ", ".join(script.down_revisions) or "<base>"
    ends = (below, step.revision)
    from_, to = ends if step.direction is Direction.UPGRADE else reversed(ends)
    return f"{step.direction} of {step.plugin} {from_} -> {to}, {script.doc}"
