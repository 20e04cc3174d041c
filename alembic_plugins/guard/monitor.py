"""Monitor what revisions do: check it before it is committed, and record it."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import find_all
from ..catalog.transaction_rows import Key, Place, select_commands
from ..connection.batch import NO_READER, Answer
from ..connection.pipeline import Pipeline
from ..connection.writer import RegistryWriter
from ..namespaces.ownership import Ownership
from ..namespaces.recorded import read_column_makers, select_widened
from ..planning.operations import Call
from ..planning.plan import Plan
from ..plugin import Schema
from .changes import Change, Effect, Footprint, describe_owned
from .checking import make_checker
from .enforcement import Candidates, enforce
from .errors import TransactionEnded, capitalize, describe_calls
from .footprint import (
    begin_outside,
    find_end,
    find_locks,
    find_new,
    find_xid,
    read_footprint,
    read_later_objects,
)
from .permissions import Permissions, make_permissions
from .recording import Recorder
from .registry_writes import RegistryWrites
from .rules import Checker, Findings, Violation

log = logging.getLogger(__name__)

UNWATCHED = "alembic_plugins.unwatched"
"""The attribute of a configuration by which the benchmarks leave out the guard and its records."""

_FIRE_TRIGGERS = text("SET CONSTRAINTS ALL IMMEDIATE")
"""Lets deferred triggers run that would run at COMMIT, where nobody could look at what they do."""


class Monitor:
    """Monitor one transaction after the other.

    PostgreSQL is asked once a transaction. Where it tells of a violation, the transaction is run
    again, and PostgreSQL asked after each revision, which tells the one at fault.

    Args:
        writer: whose connection is watched.
        pipeline: by which that connection is asked.
        lock_connection: the one that holds the lock, which sees what is committed; None where
            there is none, or where the transaction is the caller's: then it is only recorded.
    """

    def __init__(
        self, writer: RegistryWriter, pipeline: Pipeline, lock_connection: Connection | None
    ) -> None:
        self._writer = writer
        self._pipeline = pipeline
        self._lock_connection = lock_connection
        self._registry_writes = RegistryWrites(writer, pipeline, lock_connection)
        self.recorder = Recorder(writer)
        self._begun: Answer | None = None
        self._before: set[Key] = set()
        self._ends = False
        self._outside: str | None = None
        self._steps: list[Call] = []
        self._checked = 0
        self._committed: list[str] = []
        self._needed: dict[str, set[str]] = {}
        self._plan = Plan()
        self._checks_each = False

    @property
    def is_on(self) -> bool:
        """Whether what is done can be checked."""
        return self._lock_connection is not None

    @property
    def _is_idle(self) -> bool:
        """Whether nothing is asked: offline, and where a benchmark measures what that saves."""
        return self._writer.is_offline or UNWATCHED in self._writer.session.config.attributes

    @property
    def checks_each(self) -> bool:
        """Whether each revision is checked by itself, and not only all of them at the end."""
        return self._checks_each

    def check_each(self, *, is_on: bool) -> None:
        """Check each revision by itself from now on, or only all of them at the end."""
        self._checks_each = is_on

    def begin(self, plan: Plan) -> None:
        """Begin to monitor the transaction that begins with this."""
        self._steps, self._committed, self._plan, self._needed = [], [], plan, {}
        self._begin_transaction()

    def _begin_transaction(self) -> None:
        self._ends, self._checked = False, 0
        self.recorder.begin()
        if self._is_idle:
            return
        if self.is_on:
            self._begun = find_xid(self._pipeline)
            self._registry_writes.begin()
        else:
            self._before = set(find_all(self._writer.connection))

    def begin_again(self) -> None:
        """Go on with another transaction, after an `autocommit_block()`.

        What comes before it cannot be run again, so that each revision is checked by itself.
        """
        self._committed += [step.id for step in self._steps[:-1]]
        del self._steps[:-1]
        self._checks_each = self.is_on
        self._writer.set_timeouts()  # They have ended with the transaction before.
        self._begin_transaction()

    def begin_outside(self) -> None:
        """Take note of the moment at which an `autocommit_block()` has begun."""
        if self.is_on:
            self._outside = begin_outside(self._writer.connection)
            self._before = set(find_all(self._writer.connection))

    def look_outside(self, step: Call) -> None:
        """Record what was made meanwhile; tell what was changed elsewhere, which stays."""
        if self._outside is not None:
            xid, before, self._outside = self._outside, self._before, None
            self._record_later(step, xid, lambda item: item.key not in before)

    def expect_end(self) -> None:
        """Take note that the transaction is going to be committed, until another one begins."""
        self._ends = True

    def find_end(self) -> str:
        """Return what has become of the transaction: ``in progress`` is what is expected."""
        if self._lock_connection is None or self._begun is None or self._ends:
            return "in progress"
        return find_end(self._lock_connection, self._begun.scalar)

    def look_back(self, step: Call) -> None:
        """Record what was made in a transaction that was committed before anybody was asked.

        What has been there before cannot be told any more from what was made, so that in a schema
        that others share nothing is taken for the revision's.
        """
        assert self._begun is not None  # noqa: S101 - it has ended
        known = self._writer.pending.plugins.get(step.plugin)
        space = known.namespace if known else None
        is_shared = isinstance(space, Schema) and not space.create
        self._record_later(
            step, self._begun.scalar, lambda item: item.maker is None and not is_shared
        )

    def _record_later(self, step: Call, xid: str, is_new: Callable[[DatabaseObject], bool]) -> None:
        """Record what was made since a transaction; tell what was changed elsewhere."""
        later = read_later_objects(self._writer.connection, self._writer.tables, xid)
        items = [item for item in later if not self._registry_writes.has(item)]
        new = frozenset(item.key for item in items if is_new(item))
        permissions = self._make_permissions(new)
        self.recorder.record_new(items, new, permissions, step)
        others = [item for item in items if not permissions.may_touch(item)]
        if others and self._writer.session.settings.guard != "off":
            told = sorted(describe_owned(str(i), permissions.find_owner(i)) for i in others)
            words = (
                "%s changed while %s of '%s' ran outside of a transaction, by it or by another "
                "session."
            )
            log.warning(words, "; ".join(told), describe_calls([step.id]), step.plugin)

    def add(self, step: Call) -> None:
        """Take note that a revision is going to run."""
        if step.plugin not in self._needed:
            # What is downgraded is needed no more when it is checked.
            self._needed[step.plugin] = set(self._writer.find_needed(step.plugin, self._plan))
        self._steps.append(step)

    def check_revision(self) -> None:
        """Check a single revision, where the one at fault is looked for."""
        if self._checks_each:
            self.check_now()

    def check_now(self) -> None:
        """Check what was done until now, deferred triggers included, which stay deferred.

        Where nothing can be checked, it does nothing.

        Raises:
            NamespaceViolation: a branch has changed what is not its own.
        """
        if not self.is_on or not self._steps:
            return
        connection = self._writer.connection
        self._pipeline.leave()
        savepoint = connection.begin_nested()
        try:
            self._fire_triggers()
            self._check(is_last=False)
        finally:
            savepoint.rollback()

    def _fire_triggers(self) -> None:
        """Let deferred triggers run; where one fails, a later revision may mend what it found."""
        connection = self._writer.connection
        try:
            with connection.begin_nested():
                connection.execute(_FIRE_TRIGGERS)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise

    def check(self) -> None:
        """Check what was done since `begin`, and record what was made and what is gone.

        It is done before each COMMIT: that of the transaction, and those of `autocommit_block()`s.
        Where hooks are called in it, it is done in between.

        Raises:
            NamespaceViolation: a branch has changed what is not its own.
            TransactionEnded: nothing of it is left, since a revision has rolled it back.
            DBAPIError: a deferred trigger or constraint has failed.
        """
        self._check_and_record(is_last=True)

    def check_part(self) -> None:
        """Do as `check` does, and raise the same, where more comes from which this is told apart.

        Deferred triggers stay deferred: what they do counts as done by what comes.
        """
        self._check_and_record(is_last=False)

    def _check_and_record(self, *, is_last: bool) -> None:
        if not self._steps or self._is_idle:
            return
        if not self.is_on:
            self._record_unchecked()
        else:
            if is_last:
                self._writer.connection.execute(_FIRE_TRIGGERS, execution_options=NO_READER)
            checker, commands = self._check(is_last=is_last)
            rows = [(row.command, row.revision) for row in commands]
            self.recorder.record(checker, self._unchecked, rows)
            if self._plan.hooks:  # It is checked again, what was just recorded too.
                self._registry_writes.begin()
        self._checked = len(self._steps)

    @property
    def _unchecked(self) -> Sequence[Call]:
        """What has run since it was checked."""
        return self._steps[self._checked :] or self._steps[-1:]

    def _check(self, *, is_last: bool) -> tuple[Checker, Sequence[Any]]:
        """Check what was done; return the checker, and the commands that recorded revisions."""
        assert self._begun is not None  # noqa: S101 - the callers have looked
        running = find_xid(self._pipeline)
        locks = find_locks(self._pipeline)
        rows = self._registry_writes.ask()
        revisions = [step.id for step in self._steps]
        commands = self._pipeline.ask(select_commands(self._writer.tables.revision, revisions))
        widened = self._ask_widened()
        if running.scalar != self._begun.scalar:
            self._check_committed(self._begun.scalar)
            self._begun = running
        checker, permissions, ours = self._make_checker(locks, widened)
        findings = checker.check()
        writes, branches = self._registry_writes, permissions.branches
        violations = (*findings.violations, *writes.find_violations(rows, ours))
        violations += tuple(writes.find_stored_violations(rows, running.scalar, branches))
        found, ownership = replace(findings, violations=violations), permissions.ownership
        self._enforce(found, self._candidates, ownership, is_last=is_last)
        return checker, commands.rows

    def _enforce(
        self, findings: Findings, candidates: Candidates, ownership: Ownership, *, is_last: bool
    ) -> None:
        known = self._writer.pending.plugins.get(candidates.name)
        namespace = known.namespace if known else None
        session = self._writer.session
        enforce(session, findings, candidates, namespace, ownership, is_last=is_last)

    @property
    def _candidates(self) -> Candidates:
        steps = self._steps[-1:] if self._checks_each else self._unchecked
        if not self._writer.is_committed:
            return Candidates(tuple(steps))
        names = describe_calls(self._committed).replace(" or ", ", ")
        before = f"{names} and " if names else ""
        stays = f"{before}what was committed midway stays"
        return Candidates(tuple(steps), f"its transaction was rolled back, but {stays}")

    def _ask_widened(self) -> Answer:
        """Ask which tables have columns of others, which their owner is not to drop."""
        branches = {step.plugin for step in self._steps}
        return self._pipeline.ask(select_widened(self._writer.tables, branches))

    def _make_checker(
        self, locks: Answer, widened: Answer, *, whole: bool = False
    ) -> tuple[Checker, Permissions, list[Change]]:
        """Return who checks what was done, by which permissions; our own tables apart."""
        permissions = self._make_permissions()
        shared = {(row.classid, row.objid) for row in widened.rows}

        def is_own(item: DatabaseObject) -> bool:
            return not whole and item.key not in shared and permissions.is_own(item)

        footprint, ours = self._read_footprint(locks, is_own)
        new = frozenset(c.key for c in footprint.changes if c.before is None)
        keys = {key for c in footprint.changes if c.before is None for key in c.item.made_of}
        connection, tables = self._writer.connection, self._writer.tables
        tables_cut = {c.key for c in footprint.changes if c.old_columns}
        permissions = self._make_permissions(
            new,
            parts=read_objects(connection, keys, tables),
            columns=read_column_makers(connection, tables, tables_cut),
        )
        return make_checker(connection, footprint, permissions), permissions, ours

    def _check_committed(self, xid: str) -> None:
        """Check that a transaction that a revision has ended was not rolled back."""
        name, revisions = self._candidates.name, self._candidates.revisions
        if find_end(self._writer.connection, xid) == "aborted":
            raise TransactionEnded(name, revisions)
        words = "%s of '%s' has ended its transaction; what it did before is kept."
        log.warning(words, capitalize(describe_calls(revisions, quote="")), name)

    def _read_footprint(
        self, locks: Answer, is_own: Callable[[DatabaseObject], bool]
    ) -> tuple[Footprint, list[Change]]:
        """Return what was done since `begin`, to our own tables apart."""
        assert self._begun is not None and self._lock_connection is not None  # noqa: S101, PT018
        found = read_footprint(
            self._writer.connection,
            self._pipeline,
            self._lock_connection,
            self._writer.tables,
            self._begun.scalar,
            locks,
            is_own,
        )
        ours = [change for change in found.changes if self._registry_writes.has(change.item)]
        rest = self.recorder.leave_out_known(found.changes)
        others = tuple(change for change in rest if change not in ours)
        return replace(found, changes=others), ours

    def describe(self) -> tuple[Effect, ...]:
        """Return what was done since `begin`."""
        if self._begun is None:
            return ()
        checker, *_ = self._make_checker(
            find_locks(self._pipeline), self._ask_widened(), whole=True
        )
        return checker.describe()

    def find_violations(self, steps: Sequence[Call]) -> dict[str, Violation]:
        """Return what was done since `begin` that some revisions may not do, by its words."""
        self._steps, self._checked = list(steps), 0
        if self._begun is None or not steps:
            return {}
        checker, *_ = self._make_checker(find_locks(self._pipeline), self._ask_widened())
        return {str(violation): violation for violation in checker.check().violations}

    def refuse(self, violations: Sequence[Violation]) -> None:
        """Raise, or warn, of what was found in a transaction that is rolled back in any case.

        Raises:
            NamespaceViolation: what a branch has done is not to be done.
        """
        candidates = replace(self._candidates, kept="nothing was changed")
        ownership = self._make_permissions().ownership
        self._enforce(Findings(tuple(violations)), candidates, ownership, is_last=True)

    def _make_permissions(
        self,
        new: frozenset[Key] = frozenset(),
        parts: Mapping[Key, DatabaseObject] | None = None,
        columns: Mapping[Place, str] | None = None,
    ) -> Permissions:
        return make_permissions(
            self._writer, self._plan, self._steps, self._needed, new, parts or {}, columns or {}
        )

    def _record_unchecked(self) -> None:
        """Record what was made, where no other connection tells what was there before."""
        connection, tables = self._writer.connection, self._writer.tables
        ours = find_new(connection, self._pipeline, self._before)
        permissions = self._make_permissions(frozenset(ours))
        items = [i for i in read_objects(connection, ours, tables).values() if not i.is_internal]
        items = [item for item in items if not self._registry_writes.has(item)]
        self.recorder.record_new(items, ours, permissions, self._steps[-1])
