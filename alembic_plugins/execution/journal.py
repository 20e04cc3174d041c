"""What a revision has committed before it is done, so that it can be carried on after a crash.

Only an `autocommit_block()`, and a COMMIT in SQL, commit midway. Each statement of a revision has a
line in the journal, which is written before that, and around each statement inside the block. When
the revision runs again, the statements that are in the journal are passed over.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from hashlib import sha256
from typing import Any

from psycopg import Cursor
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from .._base_errors import PluginError, find_sqlstate, first_line
from ..catalog.queries import read_invalid_indexes
from ..config.errors import DatabaseRefused
from ..connection.batch import Origin, skip_comments
from ..connection.pipeline import Pipeline
from ..connection.writer import RegistryWriter
from ..guard.errors import TransactionEnded
from ..guard.monitor import Monitor
from ..planning.operations import Call, Step
from ..plugin import HOST, Namespace
from ..registry.sql import raw
from ..registry.state import Interruption
from ..registry.statements import record_interruption
from ..revisions.failures import find_transient
from .errors import DriverChanged
from .journaled import (
    CONTROL,
    DONE_ALREADY,
    ENDS,
    KEY_LENGTH,
    MAY_END,
    SETS,
    Execution,
    Line,
    Run,
    add_line,
    is_lost,
    is_streaming,
)
from .replay import keep_rows, replay_rows
from .results import keep_result, replay_result
from .transaction_end import TransactionEnds

log = logging.getLogger(__name__)

_EVENTS = ("do_execute", "do_executemany", "do_execute_no_params")
"""By which SQLAlchemy lets others do what it was about to do."""

_KEPT = "Revision %s of '%s' has ended its transaction; what it did before is kept."


class Journal:
    """Keep the journal of the revision that runs.

    Args:
        writer: writes it.
        monitor: watches what the revision touches.
        pipeline: by which statements are sent that nobody waits for.
        ends: refuse that the revision ends its transaction.
    """

    def __init__(
        self, writer: RegistryWriter, monitor: Monitor, pipeline: Pipeline, ends: TransactionEnds
    ) -> None:
        self._writer = writer
        self._monitor = monitor
        self._pipeline = pipeline
        self._ends = ends
        self._step: Call | None = None
        self._entry: Interruption | None = None
        self._lines: list[Line] = []
        self._known: list[Line] = []
        self._pending: str | None = None
        self._is_written = False
        self._in_block = False
        self._is_apart = False
        self.has_set = False
        """Whether the revision may have changed the role or the search path."""

    @property
    def is_written(self) -> bool:
        """Whether the revision has committed something, now or before it was interrupted."""
        return self._is_written

    @property
    def is_empty(self) -> bool:
        """Whether the entry says nothing: the first statement that commits by itself has failed.

        What CALL and DO run may have committed a part before it has failed.
        """
        if self._entry is None or not self._is_written:
            return False
        is_begun = bool(self._lines or self._known or self._entry.pending or self.has_set)
        return not is_begun and not self.find_invalid()

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Stand between SQLAlchemy and psycopg while the block runs."""
        if self._writer.is_offline:
            yield
            return
        engine = self._writer.connection.engine
        listeners = {name: self._make_listener(name) for name in _EVENTS}
        for name, listener in listeners.items():
            event.listen(engine, name, listener)
        try:
            yield
        finally:
            for name, listener in listeners.items():
                event.remove(engine, name, listener)

    def _make_listener(self, name: str) -> Callable[..., bool]:
        """Return what SQLAlchemy calls in place of its dialect's method of that name."""

        def do(cursor: DBAPICursor, *arguments: Any) -> bool:  # noqa: ANN401 - the driver's
            statement, context = str(arguments[0]), arguments[-1]
            if context.root_connection is not self._writer.connection:
                return False
            run = partial(self._pipeline.execute, name, cursor, *arguments)
            if self._step is None or self._is_apart:
                run()
                return True
            self.has_set = self.has_set or SETS.search(statement) is not None
            if self._pipeline.is_taken or self._pipeline.is_idle:
                self._find_end()
            ending = None if self._in_block else ENDS.match(skip_comments(statement))
            if ending:
                self._end(run, commits=bool(ending["commits"]))
            elif is_streaming(cursor) or CONTROL.match(statement):
                run()
            else:
                self._do(Execution(cursor, context, run), statement)
                if not self._in_block and MAY_END.search(statement):
                    self._find_end(rest="what its string has done after that is committed")
            return True

        return do

    @contextmanager
    def keep(self, step: Step, path: str) -> Iterator[None]:
        """Keep the journal of a step, whose file is at `path`, from where it was interrupted."""
        if self._writer.is_offline:
            yield
            return
        self._open(step)
        with self._watch(step), self._pipeline.step(partial(Origin.find, step, path)):
            yield
            if self._is_written:
                self._pipeline.leave()  # What fails now has been committed in part.
            if self._pipeline.is_taken or self._pipeline.is_idle:
                self._find_end()

    @contextmanager
    def watch_hook(self, hook: Call) -> Iterator[None]:
        """Keep a hook in the block from ending the transaction, without a journal."""
        self._entry, self._is_written = None, False
        with self._watch(hook), self._pipeline.lent():
            yield
            if self._pipeline.is_taken or self._pipeline.is_idle:
                self._find_end()

    @contextmanager
    def _watch(self, step: Call) -> Iterator[None]:
        self._step = step
        try:
            yield
        except BaseException:
            with suppress(PluginError, SQLAlchemyError):  # Nothing may hide what has failed.
                self._find_end(has_failed=True)
            raise
        finally:
            self._step, self._in_block = None, False

    def _open(self, step: Step) -> None:
        known = self._writer.session.state.interruptions.get(step.plugin)
        if known and (known.revision, known.direction) != (step.revision, step.direction):
            known = None
        self._entry = known or Interruption(step.revision, step.plugin, step.direction)
        self._known = [Line.parse(text) for text in self._entry.statements]
        self._lines, self.has_set = [], False
        self._pending, self._is_written = self._entry.pending, known is not None
        if known:
            self._drop_invalid_indexes()

    def _drop_invalid_indexes(self) -> None:
        """Drop what a concurrent statement has left, which IF NOT EXISTS would take for good."""
        for index in self.find_invalid():
            log.warning("Dropping the invalid index %s, which was left unfinished.", index)
            self._writer.execute(raw(f"DROP INDEX IF EXISTS {index}"))

    def find_invalid(self) -> tuple[str, ...]:
        """Return the invalid indexes that have come since the revision was begun."""
        assert self._entry is not None  # noqa: S101 - there is an entry while a revision runs
        namespace = self._namespace(self._entry.plugin)
        indexes = read_invalid_indexes(self._writer.connection, namespace)
        return tuple(index for index in indexes if index not in self._entry.invalid_before)

    def _namespace(self, plugin: str) -> Namespace | None:
        return None if plugin == HOST else self._writer.pending.plugins[plugin].namespace

    @contextmanager
    def keep_block(self) -> Iterator[None]:
        """Write what is due, and the journal, before an `autocommit_block()`; and keep it in it."""
        if self._entry is None:
            self._writer.commit_midway()
            yield
            return
        self._prepare_commit(self._entry)
        self._in_block = True
        try:
            yield
        except Exception:
            # The revision may catch it, and go on in another transaction.
            with suppress(SQLAlchemyError, PluginError):
                self._leave_block()
            raise
        self._leave_block()

    def _leave_block(self) -> None:
        self._in_block = False
        with self._apart():
            self._monitor.look_outside(self._require_step())
            self._monitor.begin_again()

    def _prepare_commit(self, entry: Interruption) -> None:
        """Check and write what is about to be committed midway."""
        with self._apart():
            self._monitor.check()
            self._writer.commit_midway()
            self._write_entry(entry)
        self._monitor.expect_end()

    def _write_entry(self, entry: Interruption) -> None:
        if not self._is_written:
            invalid = read_invalid_indexes(self._writer.connection, self._namespace(entry.plugin))
            self._entry = replace(entry, invalid_before=invalid)
        self._write(None)

    def _end(self, run: Run, *, commits: bool) -> None:
        """Let a revision commit what it has done until now; do not let it roll that back.

        Raises:
            TransactionEnded: it rolls back.
        """
        step = self._require_step()
        if self._entry is None or not commits:
            self._ends.refuse(step)
        log.warning(_KEPT, step.id, step.plugin)
        self._prepare_commit(self._entry)
        run()
        with self._apart():
            self._monitor.begin_again()

    def _find_end(self, *, has_failed: bool = False, rest: str = "") -> None:
        """Find out whether a revision has ended its transaction without our knowing.

        It may have done so in a string of several commands, or by the driver's connection.

        Args:
            has_failed: whether the revision has raised.
            rest: what is to be said of what it has done since, if anything.

        Raises:
            TransactionEnded: it has rolled it back.
        """
        if self._in_block:
            return
        step, end = self._require_step(), self._monitor.find_end()
        if end == "aborted" and not has_failed:
            kept = TransactionEnded.kept
            self._ends.refuse(step, f"{kept}, and {rest}" if rest else kept)
        if end == "committed":
            self._keep_committed(step, self._entry, has_failed=has_failed)
            if self._entry is None and not has_failed:
                self._ends.refuse(step)  # It cannot be carried on, as a revision can.

    def _keep_committed(self, step: Call, entry: Interruption | None, *, has_failed: bool) -> None:
        """Write what is due, and the journal, after a COMMIT that we have not heard of before."""
        if entry is not None:
            log.warning(_KEPT, step.id, step.plugin)
        self._pipeline.leave()
        driver = self._writer.connection.connection
        if has_failed:
            driver.rollback()
        with self._apart():
            self._monitor.look_back(step)
            self._writer.commit_midway()
            if entry is not None:
                self._write_entry(entry)
        driver.commit()
        with self._apart():
            self._monitor.begin_again()

    def _require_step(self) -> Call:
        assert self._step is not None  # noqa: S101 - a block is a revision's
        return self._step

    def begin_block(self) -> None:
        """Take note of the moment at which what comes before an `autocommit_block()` is kept."""
        if self._entry is not None:
            with self._apart():
                self._monitor.begin_outside()

    def close(self) -> None:
        """Delete the entry, in the transaction that records the revision."""
        if self._entry is not None and self._is_written:
            self._writer.pending.add_interruption_end(self._entry.plugin)
        self._entry = None

    @contextmanager
    def _apart(self) -> Iterator[None]:
        """Keep what we do ourselves out of the journal."""
        self._is_apart = True
        try:
            yield
        except DBAPIError as error:
            if error.connection_invalidated or find_transient(error):
                raise
            # It is none of the revision's.
            raise DatabaseRefused(first_line(error.orig)) from error
        finally:
            self._is_apart = False

    def _write(self, pending: str | None) -> None:
        assert self._entry is not None  # noqa: S101 - there is an entry while a revision runs
        # What is known of an interrupted run stays known until this one has come as far.
        lines = tuple(str(line) for line in (*self._lines, *self._known))
        self._entry = replace(self._entry, statements=lines, pending=pending)
        statement = record_interruption(self._writer.tables, self._entry, known=self._is_written)
        with self._apart():
            self._writer.connection.execute(statement)
        self._is_written = True

    def _do(self, execution: Execution, statement: str) -> None:
        """Do what SQLAlchemy was about to do, unless it is done already."""
        if self._entry is None:
            execution.run()
            return
        # A remembered statement has the words of the file's, and not all of its white space.
        words = " ".join(statement.split())
        key = sha256(words.encode()).hexdigest()[:KEY_LENGTH]
        known = next((line for line in self._known if line.key == key), None)
        if known is not None:
            self._pass_over(execution, known)
        elif self._in_block:
            self._do_outside(execution, words, key)
        else:
            execution.run()
            self._note(execution, words, key)

    def _pass_over(self, execution: Execution, line: Line) -> None:
        """Pass over what is committed, but for the rows that it has returned."""
        if line.rows:
            self._replay(execution, line.rows)
        line.count -= 1
        if not line.count:
            self._known.remove(line)
        add_line(self._lines, line.key, line.rows)

    def _replay(self, execution: Execution, kept: str) -> None:
        if isinstance(execution.cursor, Cursor) and kept.startswith("["):
            replay_rows(execution.cursor, kept)
        elif not replay_result(execution.cursor, execution.context, kept):
            step, driver = self._require_step(), execution.context.dialect.driver
            raise DriverChanged(step.plugin, step.id, driver)

    def _do_outside(self, execution: Execution, words: str, key: str) -> None:
        """Do what commits by itself, so that a crash shows what it was."""
        was_pending = self._pending == key
        self._pending = None
        self._write(key)
        try:
            execution.run()
        except Exception as error:
            state = find_sqlstate(error)
            if not (was_pending and state in DONE_ALREADY):
                if state is not None and not is_lost(self._writer.connection, error, execution):
                    self._write(None)  # PostgreSQL has answered: it is not done.
                raise
        self._note(execution, words, key)
        self._write(None)

    def _note(self, execution: Execution, words: str, key: str) -> None:
        cursor = execution.cursor
        is_psycopg = isinstance(cursor, Cursor)
        rows = keep_rows(cursor) if is_psycopg else keep_result(cursor, execution.context)
        if rows is None and cursor.description is not None and words[:6].upper() == "SELECT":
            return  # It has read what cannot be kept, and reads it again.
        add_line(self._lines, key, rows or "")
