"""Do a command's work: read what there is, plan, and run the plan, one migration at a time."""

import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from alembic.runtime.migration import MigrationContext
from sqlalchemy import ColumnElement, Connection, Text, func, literal, select
from sqlalchemy.exc import SQLAlchemyError

from .. import _alembic
from .._base_errors import PluginError
from ..guard.errors import NamespaceViolation
from ..loading.session import Session
from ..namespaces.recorded import RecordedObject, read_recorded
from ..planning.dependents import find_going
from ..planning.errors import RevisionInUse
from ..planning.hooks import plan_completion
from ..planning.phases import check_held
from ..planning.plan import Plan
from ..planning.projection import plan_catch_up, simulate
from ..planning.renames import add_renames
from ..planning.squashes import MakePlan as MakePlan
from ..planning.squashes import plan_settled
from ..plugin import HOST, Schema
from ..registry.renaming import find_current_name, find_renamed
from ..registry.state import State, read_state
from ..registry.tables import BACKUP_SCHEMA, VERSION, Tables, make_tables
from .errors import CannotRehearse, FilesChanged, ScratchFailed
from .outcomes import Outcomes
from .progress import Watch, make_drawing
from .renaming import check_renamed, rename_plugins, tell_failures

if TYPE_CHECKING:
    from ..namespaces.ownership import Dependents
    from .rehearsal import Rehearsal
    from .runner import Runner
    from .scratch_builds import Targets

log = logging.getLogger(__name__)


class Migrator:
    """One command's work on one database, or in offline mode on none.

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
        watch: Watch | None = None,
    ) -> None:
        self.session = session
        self.context = context
        self.run_args = run_args
        self._watch = watch
        self._catch_up = Plan()
        self._state: State | None = None
        self._recorded: frozenset[str] = frozenset()
        self._found_path: str | None = None

    @property
    def connection(self) -> Connection:
        """The connection; in offline mode one that prints."""
        connection = self.context.connection
        assert connection is not None  # noqa: S101 - a configured context has one
        return connection

    @property
    def tables(self) -> Tables:
        """The registry's tables, which stand beside the version table."""
        return make_tables(self.context.version_table_schema)

    def assume(self, state: State) -> None:
        """Take the database to be in `state`, which offline mode cannot read."""
        check_renamed(state)
        self.session.update(state)
        self._recorded = frozenset(state.plugins.keys() - state.lost)

    def read(self) -> bool:
        """Read what the database remembers, with what another tool has done to it since.

        Return whether that is something else than when it was read before.
        """
        versions = _alembic.version_table(self.context)
        trusted = self.session.settings.trusted_roles
        state = read_state(self.connection, versions, self.tables, trusted)
        self.end_reading()
        if state.host_schema != state.first_schema:
            self._put_first(state.host_schema)
        if state == self._state:
            return False
        self._state = state
        self.session.update(state, self)
        known = self.session.state
        self._recorded = frozenset({*known.plugins, *known.quarantined} - known.lost)
        self._catch_up = plan_catch_up(self.session)
        if self._catch_up.transactions:
            caught_up = simulate(self.session, self._catch_up, schema_created=False)
            self.session.update(caught_up, self)
        return True

    def _put_first(self, schema: str | None) -> None:
        """Put the host's schema first on the search path, where it was when we first came."""
        if schema is None or self._found_path is not None:
            return
        path = func.pg_catalog.current_setting("search_path")
        self._found_path = str(self.connection.scalar(select(path)))
        quoted = func.pg_catalog.quote_ident(literal(schema, Text))
        self._set_path(func.pg_catalog.concat(quoted, ", ", path))

    def _keep_first(self, plan: Plan) -> None:
        """Keep the host's schema first where a plugin's will come, by which the role is called."""
        state = self.session.state
        new = {step.plugin for step in plan.steps} - {HOST, *state.plugins}
        spaces = [self.session.find_plugin(name).namespace for name in new]
        if any(isinstance(space, Schema) and space.name == state.role for space in spaces):
            self._put_first(state.host_schema)

    def put_back_path(self) -> None:
        """Put the search path back that was found."""
        if self._found_path is not None and not self.connection.closed:
            with suppress(SQLAlchemyError):
                self._set_path(literal(self._found_path, Text))

    def _set_path(self, path: ColumnElement[str]) -> None:
        self.connection.execute(select(func.pg_catalog.set_config("search_path", path, False)))
        if not _alembic.in_external_transaction(self.context):
            self.connection.commit()

    def end_reading(self) -> None:
        """End the transaction that reading has begun: nobody may wait for what it has locked."""
        if not (self.context.as_sql or _alembic.in_external_transaction(self.context)):
            self.connection.rollback()

    def find_users(self, name: str) -> "Dependents":
        """Return what depends on a plugin's objects, by the plugin that it belongs to."""
        from ..loading.dependencies import find_dependents

        with self._reading() as connection:
            return find_dependents(connection, self.tables, self.session, name)

    def find_sources(self, revisions: Sequence[str]) -> Mapping[str, str]:
        """Return files of applied revisions as they were then."""
        from ..registry.history import read_sources

        with self._reading() as connection:
            return read_sources(connection, self.tables, revisions)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """Read in the block, and end the transaction that this has begun, if it has begun one."""
        fresh = not self.connection.in_transaction()
        yield self.connection
        if fresh:
            self.end_reading()

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
        self.end_reading()
        staging = self._lock(BACKUP_SCHEMA) if plan.backup else nullcontext()
        with self._lock() as lock_connection, staging:
            is_new = not self.context.as_sql and self.read()
            renamed, failures = self._rename(lock_connection, plan)
            if is_new or renamed.transactions or failures or always_again:
                plan = plan_settled(self.session, make_plan)
            self.infer(find_going(self.session, plan))
            done = self._execute(plan, make_plan, lock_connection)
            return self._tell(tell_failures(done, failures).after(renamed))

    def _rename(self, lock: Connection | None, plan: Plan) -> tuple[Plan, Sequence[PluginError]]:
        """Give plugins in the database the names that they have on disk; see `rename_plugins`."""
        done, failures = rename_plugins(self.session, partial(self._make_runner, lock), plan)
        if done.transactions or failures:
            self._state = None
            self.read()
        return done, failures

    def rehearse(self, make_plan: MakePlan) -> "Rehearsal":
        """Run what `make_plan` plans and roll it back; return what it has done.

        Raises:
            CannotRehearse: a revision would commit midway.
            PluginError: see `Executor.run`.
        """
        self.end_reading()
        with self._lock() as lock_connection:
            self.read()
            plan = add_renames(self.session, plan_settled(self.session, make_plan))
            self.infer(find_going(self.session, plan))
            self.end_reading()
            with self.connection.begin() as transaction:
                context = self.context
                inner = MigrationContext(
                    context.dialect, self.connection, context.opts, context.environment_context
                )
                with (
                    _alembic.replaced_context(context, inner),
                    _alembic.replaced_autocommit_block(inner, _refuse),
                ):
                    touched = self._make_runner(lock_connection, inner).rehearse(plan)
                transaction.rollback()
        return touched

    def finish_transfer(self) -> None:
        """Complete the backup or restore of a command that was ended, or undo it."""
        if self.session.state.in_transfer and not self.context.as_sql:
            self.end_reading()
            with self._lock():
                self._make_runner().restorer.finish_transfer()
            self.read()

    def bring_back(self, path: Path, name: str) -> tuple[str, ...]:
        """Bring back the plugins of a backup; see `Restorer.bring_back`."""
        self.end_reading()
        with self._lock(), self._lock(BACKUP_SCHEMA):
            self.read()
            self._rename(None, Plan())
            self._make_runner().run(self._catch_up)
            self.read()
            names = self._make_runner().restorer.bring_back(path, name)
        self.read()
        names = tuple(find_current_name(self.session.state, name) for name in names)
        self.run(lambda session: plan_completion(session, names))
        return names

    def _execute(self, plan: Plan, make_plan: MakePlan, lock_connection: Connection | None) -> Plan:
        """Run a plan, or where others turn out to depend on what goes, one by which they go too."""
        while True:
            self._warn_of_changes(plan)
            if not self.context.as_sql:
                self._keep_first(plan)
            try:
                self._make_runner(lock_connection).run(plan.after(self._catch_up))
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

    def infer(self, names: Iterable[str]) -> bool:
        """Find out what plugins have made that another tool has installed; tell whether any were.

        Their revisions are run in a scratch database. Where that cannot be done, all that is in a
        plugin's own schema, or under its prefix, is taken for its own.
        """
        if self.context.as_sql:
            return False
        from .inference import add_inferred

        return add_inferred(self.session, self._reading, self.build, names)

    @contextmanager
    def build(self, targets: "Targets", *, guarded: bool = False) -> Iterator["Migrator"]:
        """Run plugins' revisions up to some, and all that they need, in a database of their own.

        It starts empty. Where they cannot be run there, as where none makes the host's tables, it
        has what the host's database has, but for rows, and for what the plugins have made; there
        the guard cannot tell anything, so that `guarded` makes what it refuses a failure at once.

        Raises:
            ScratchFailed: that cannot be done.
        """
        from .scratch_builds import WAYS, join_failures  # Few commands need such a database.

        with ExitStack() as stack:
            failures: list[ScratchFailed] = []
            for run_targets in WAYS if targets.keys() - {HOST} else WAYS[:1]:
                other = stack.enter_context(self._make_scratch(targets))
                try:
                    with _alembic.replaced_context(self.context, other.context):
                        run_targets(other, self, targets)
                    break
                except ScratchFailed as error:
                    failures.append(error)
                    if guarded and isinstance(error.__cause__, NamespaceViolation):
                        raise
                    stack.close()
            else:
                raise join_failures(failures)
            yield other

    @contextmanager
    def _make_scratch(self, targets: "Targets") -> Iterator["Migrator"]:
        from .scratch import make_scratch_database

        context, environment = self.context, self.context.environment_context
        name, revisions = next(iter(targets.items()), (HOST, ()))
        with make_scratch_database(self.connection, name, " ".join(revisions)) as connection:
            options = {**context.opts, "as_sql": False}
            scratch = MigrationContext(context.dialect, connection, options, environment)
            session = Session(self.session.config, self.session.script, State())
            session.configure(transaction_per_revision=self.session.transaction_per_revision)
            session.hooks.is_on = False  # What they do elsewhere would stay.
            session.settings = replace(session.settings, phase=None)
            yield Migrator(session, scratch, self.run_args)

    def read_made(self, name: str) -> tuple[RecordedObject, ...]:
        """Return what the revisions of a plugin have made."""
        with self._reading() as connection:
            plugins = self.session.state.plugins.values()
            rows = read_recorded(connection, self.tables, VERSION, plugins, "")
        return tuple(row for row in rows if row.plugin == name and row.made)

    def _tell(self, plan: Plan) -> Plan:
        """Say what is wrong besides; what could not be done is an error when all else is done."""
        for warning in plan.warnings:
            log.warning("%s", warning)
        Outcomes(self.session, plan).check()
        check_held(plan.held)
        return plan

    def _warn_of_changes(self, plan: Plan) -> None:
        for name in dict.fromkeys(step.plugin for step in plan.steps if step.runs):
            changed = self.session.find_changed(name)
            if changed:
                log.warning("%s", FilesChanged(name, changed))

    def _lock(self, name: str | None = None) -> AbstractContextManager[Connection | None]:
        """Lock the registry or, by its name, the staging schema, which all registries share."""
        if self.context.as_sql:
            return nullcontext()
        table = _alembic.version_table(self.context)
        name = name or f"{table.schema or ''}.{table.name}"
        from ..connection.locking import hold_lock

        return hold_lock(self.connection, name, self.session.settings.lock_wait, _report)

    def _make_runner(
        self, lock_connection: Connection | None = None, context: MigrationContext | None = None
    ) -> "Runner":
        # Most often there is nothing to run: then it, and all that it needs, is not imported.
        from .runner import Runner

        return Runner(
            self.session,
            context or self.context,
            self._recorded,
            self.run_args,
            make_drawing(sys.stderr),
            self._watch,
            lock_connection,
        )


def _refuse() -> NoReturn:
    raise CannotRehearse


def _report(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
