"""Statements whose answers nobody waits for: sent one after the other, and answered for together.

An answer takes a round trip to the server, in which either side does nothing. What a revision makes
has no result to wait for, so that the next revision can be read while the server is at it; whatever
has a result, on whichever cursor of the connection, waits for all that was sent before it.
"""

import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property, partial
from time import monotonic
from typing import Any, NoReturn, cast

import psycopg
from alembic.runtime.migration import MigrationContext
from psycopg.rows import namedtuple_row
from sqlalchemy import Executable, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.exc import DBAPIError

from .failures import explain_failure
from .plan import Step
from .refusals import MigrationFailed

_LONGEST_SECONDS = 0.25
"""How far revisions may be ahead of the server: what is logged shall be what is being done."""

UNHEARD = {"alembic_plugins_unheard": True}
"""The execution option of what is executed by somebody who gets no result."""

CONTROL = re.compile(r"\s*(SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
"""What belongs to the transaction, and changes nothing else."""


@dataclass(frozen=True)
class Origin:
    """Where a statement comes from: the step, its file, and the line of the file that runs."""

    step: Step
    path: str
    line: int | None

    @classmethod
    def find(cls, step: Step, path: str) -> "Origin":
        """Return the origin of the statement that is just being executed."""
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename != path:
            frame = frame.f_back  # type: ignore[assignment]  # None at the end
        return cls(step, path, frame.f_lineno if frame else None)

    def explain(self, error: DBAPIError) -> MigrationFailed:
        """Return what it means for the revision that its statement has failed."""
        reason = explain_failure(error, self.path, self.line)
        return MigrationFailed(self.step.plugin, self.step.revision, self.step.direction, reason)


@dataclass(frozen=True)
class _Sent:
    cursor: psycopg.Cursor[Any]
    statement: str
    parameters: tuple[Any, ...]
    origin: Origin | None

    @property
    def is_answered(self) -> bool:
        return self.cursor.statusmessage is not None


class Answer:
    """What a question has for an answer, which is waited for when somebody looks at it.

    Args:
        rows: returns the rows, with the columns as attributes.
    """

    def __init__(self, rows: Callable[[], Sequence[Any]]) -> None:
        self._find_rows = rows

    @cached_property
    def rows(self) -> Sequence[Any]:
        """The rows."""
        return self._find_rows()

    @property
    def scalar(self) -> Any:  # noqa: ANN401 - whatever was asked for
        """The one value."""
        return self.rows[0][0]


class Pipeline:
    """Send statements of a connection that migrates.

    Args:
        context: Alembic's, whose connection it is.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        self._driver: psycopg.Connection[Any] | None = None
        self._open: AbstractContextManager[psycopg.Pipeline] | None = None
        self._opened = 0.0
        self._sent: list[_Sent] = []
        self._is_paused = False
        self._last: psycopg.Cursor[Any] | None = None
        self.failure: Exception | None = None
        """What has failed of that which was sent, once that is known."""

    @contextmanager
    def use(self) -> Iterator[None]:
        """Send what can be sent so while the block runs, and wait for the answers at its end.

        Raises:
            MigrationFailed: a statement of a revision has failed.
            DBAPIError: another one has.
        """
        driver = self._find_driver()
        if driver is None:
            yield
            return
        self._driver, self.failure = driver, None
        with self._waiting_cursors(driver), self._unheard_executions():
            try:
                yield
                self.wait()
            except BaseException as error:
                self._end(driver, error)
                raise
            finally:
                self._driver = None

    def _find_driver(self) -> psycopg.Connection[Any] | None:
        """Return psycopg's connection, where it can send ahead."""
        connection = None if self._context.as_sql else self._context.connection
        driver = connection.connection.driver_connection if connection is not None else None
        can = isinstance(driver, psycopg.Connection) and psycopg.Pipeline.is_supported()
        return driver if can else None

    def _end(self, driver: psycopg.Connection[Any], error: BaseException) -> None:
        """Wait after something else has failed, before which what was sent may have."""
        if not isinstance(error, Exception):
            driver.cancel_safe()  # The process is told to end: nobody waits any more.
        try:
            self.wait()
        except (MigrationFailed, DBAPIError) as earlier:
            if isinstance(error, Exception):
                raise earlier from error

    @property
    def is_open(self) -> bool:
        """Whether something was sent that is not answered."""
        return self._open is not None

    def begin_step(self) -> None:
        """Send ahead again, whatever the last revision has done."""
        self._is_paused = False

    def can_take(self, statement: str, context: DefaultExecutionContext) -> bool:
        """Tell whether a statement can be sent without waiting for its answer.

        It is one command, in a transaction and in none of its savepoints, and whoever executes it
        gets no result: DDL, and what goes through ``op.execute()``.
        """
        if CONTROL.match(statement):
            self._is_paused = True  # Whoever makes one wants to know what fails after it.
        return (
            self._driver is not None
            and not self._is_paused
            and (context.isddl or context.execution_options.keys() >= UNHEARD.keys())
            and _is_single(statement)
            and "RETURNING" not in statement  # SQLAlchemy reads the keys of rows that it inserts.
            and not self._driver.autocommit
            and not context.root_connection.in_nested_transaction()
        )

    def send(self, statement: str, parameters: tuple[Any, ...], origin: Origin | None) -> None:
        """Send a statement that `can_take` has let through.

        Args:
            statement: SQL as psycopg takes it.
            parameters: what psycopg's `Cursor.execute` takes after it.
            origin: which revision it is of; None for what is ours.

        Raises:
            MigrationFailed: a statement of a revision, that was sent before, has failed.
            DBAPIError: another one has.
        """
        assert self._driver is not None  # noqa: S101 - can_take() has told
        if self._open is not None and monotonic() - self._opened > _LONGEST_SECONDS:
            self.wait()
        if self._open is None:
            self._open = self._driver.pipeline()
            self._open.__enter__()
            self._opened = monotonic()
        # One that does not wait.
        cursor = self._last = psycopg.Cursor(self._driver, row_factory=namedtuple_row)
        encoded = statement.encode(self._driver.info.encoding)
        self._sent.append(_Sent(cursor, statement, parameters, origin))
        try:
            self._add(partial(cursor.execute, encoded, *parameters))
        except psycopg.Error:
            self._sent.pop()
            raise

    def take_along(self, execute: Callable[[], object]) -> None:
        """Execute what is waited for along with what was sent.

        Raises:
            psycopg.Error: it has failed.
            MigrationFailed: a statement of a revision, that was sent before, has failed.
            DBAPIError: another one has.
        """
        self._add(execute)
        self.wait()

    def _add(self, execute: Callable[[], object]) -> None:
        """Add a statement to the open pipeline."""
        try:
            execute()
        except psycopg.Error as error:
            if error.pgresult is None and self._driver and not self._driver.closed:
                raise  # Its parameters cannot be sent.
            self._fail(error)  # PostgreSQL has told of an earlier one.

    def ask(self, question: Executable, parameters: Mapping[str, object] | None = None) -> Answer:
        """Ask something; the answers to several questions come together."""
        connection = self._context.connection
        assert connection is not None  # noqa: S101 - offline, nobody can be asked
        self._last = None
        result = connection.execute(question, parameters, execution_options=UNHEARD)
        sent: psycopg.Cursor[Any] | None = self._last
        if sent is None:
            rows = result.all()
            return Answer(lambda: rows)
        return Answer(lambda: self._fetch(sent))

    def _fetch(self, cursor: psycopg.Cursor[Any]) -> Sequence[Any]:
        self.wait()
        return cursor.fetchall()

    def wait(self) -> None:
        """Wait for the answers to all that was sent.

        Raises:
            MigrationFailed: a statement of a revision has failed.
            DBAPIError: another one has.
        """
        if self._open is not None:
            try:
                self._close()
            except psycopg.Error as error:
                self._fail(error)
            self._sent.clear()

    def _close(self) -> None:
        assert self._open is not None  # noqa: S101 - the callers have looked
        pipeline, self._open = self._open, None
        pipeline.__exit__(None, None, None)

    def _fail(self, error: psycopg.Error) -> NoReturn:
        """Raise what it means that something has failed of that which was sent."""
        if self._open is not None:
            with suppress(psycopg.Error):
                self._close()
        sent, self._sent = self._sent, []
        unanswered = [item for item in sent if not item.is_answered]
        is_lost = error.diag.severity_nonlocalized in (None, "FATAL", "PANIC")
        if not unanswered and not is_lost:
            raise error  # It is that of the statement that has gone along, and is waited for.
        # Of a connection that is lost, the last answers are lost too: it was about the last one.
        ours = [item for item in unanswered or sent if item.origin] or sent
        failed = ours[-1] if is_lost else unanswered[0]
        found = self._translate(failed, error, is_lost=is_lost)
        if self.failure is None:
            self.failure = failed.origin.explain(found) if failed.origin else found
        # Until the transaction is taken back, whatever comes then fails of that.
        raise self.failure from (found if failed.origin else error)

    def _translate(self, failed: _Sent, error: psycopg.Error, *, is_lost: bool) -> DBAPIError:
        """Return what SQLAlchemy would have raised."""
        connection = self._context.connection
        assert connection is not None  # noqa: S101 - it is whose driver was found
        if is_lost:
            connection.invalidate(error)
        found = DBAPIError.instance(
            failed.statement,
            failed.parameters[0] if failed.parameters else None,
            error,
            psycopg.Error,
            connection_invalidated=is_lost,
            dialect=connection.dialect,
        )
        return cast("DBAPIError", found)

    @contextmanager
    def _unheard_executions(self) -> Iterator[None]:
        """Mark what is executed for those who get no result."""
        impl = self._context.impl
        original = impl.execute

        def execute(sql: Executable | str, execution_options: dict[str, Any] | None = None) -> None:
            statement = text(sql) if isinstance(sql, str) else sql
            original(statement.execution_options(**UNHEARD), execution_options)

        impl.execute = execute  # type: ignore[method-assign]
        try:
            yield
        finally:
            impl.execute = original  # type: ignore[method-assign]

    @contextmanager
    def _waiting_cursors(self, driver: psycopg.Connection[Any]) -> Iterator[None]:
        """Let each cursor wait for the answers to what was sent, before it executes anything."""
        factories = (driver.cursor_factory, driver.server_cursor_factory)
        driver.cursor_factory = _make_waiting(factories[0], self)
        driver.server_cursor_factory = _make_waiting(factories[1], self)
        try:
            yield
        finally:
            driver.cursor_factory, driver.server_cursor_factory = factories


def _make_waiting(factory: type[Any], pipeline: Pipeline) -> type[Any]:
    """Return a class of cursors that wait for what was sent before."""

    def make(name: str) -> Callable[..., Any]:
        def method(self: Any, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - any method
            original = getattr(super(waiting, self), name)
            if name == "execute" and is_plain and pipeline.is_open and _is_single(args[0]):
                pipeline.take_along(partial(original, *args, **options))
                return self
            pipeline.wait()
            return original(*args, **options)

        return method

    is_plain = not issubclass(factory, psycopg.ServerCursor)
    names = ("execute", "executemany", "stream", "copy")
    waiting = type(factory.__name__, (factory,), {name: make(name) for name in names})
    return waiting


def _is_single(statement: object) -> bool:
    """Tell whether a statement is one command for sure: a pipeline takes no other."""
    return isinstance(statement, str) and ";" not in statement.rstrip("; \n")
