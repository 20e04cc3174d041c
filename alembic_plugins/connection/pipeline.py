"""Statements whose answers nobody waits for: sent one after the other, and answered for together.

An answer takes a round trip to the server, in which either side does nothing. What a revision makes
has no result to wait for, so that the next revision can be read while the server is at it; whatever
has a result, on whichever cursor of the connection, waits for all that was sent before it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from threading import RLock
from time import monotonic
from typing import Any, NoReturn, TypeVar, cast

import psycopg
from alembic.runtime.migration import MigrationContext
from psycopg.rows import namedtuple_row
from sqlalchemy import Executable, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.exc import DBAPIError

from .errors import MigrationFailed
from .sent import (
    Answer,
    Origin,
    Sent,
    is_harmless,
    is_single,
)

T = TypeVar("T")

_LONGEST_SECONDS = 0.25
"""How far revisions may be ahead of the server: what is logged shall be what is being done."""

UNHEARD = {"alembic_plugins_unheard": True}
"""The execution option of what is executed by somebody who gets no result."""


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
        self._sent: list[Sent] = []
        self._is_paused = False
        self._is_stepping = False
        self._is_expected = self._was_used = False
        self._is_sending = False
        self._hidden: psycopg.Pipeline | None = None
        self._last: psycopg.Cursor[Any] | None = None
        self._failure: Exception | None = None

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
        self._driver, self._failure = driver, None
        with self._waiting_driver(driver), self._unheard_executions():
            try:
                yield
                self.wait()
            except BaseException as error:
                self._end(driver, error)
                raise
            finally:
                self._driver = None

    def commit(self) -> None:
        """Commit along with what was sent last; where any of that fails, nothing is committed.

        SQLAlchemy, which commits afterwards, has nothing left to do. Whoever listens to it wants to
        be heard before, and is.

        Raises:
            MigrationFailed: a statement of a revision has failed.
            DBAPIError: another one has, or COMMIT itself.
        """
        connection = self._context.connection
        if self._open is not None and connection is not None and not connection.dispatch.commit:
            self.send("COMMIT", (), None)
            self.wait()

    def _find_driver(self) -> psycopg.Connection[Any] | None:
        """Return psycopg's connection, where it can send ahead."""
        connection = None if self._context.as_sql else self._context.connection
        driver = connection.connection.driver_connection if connection is not None else None
        if not isinstance(driver, psycopg.Connection) or not psycopg.Pipeline.is_supported():
            return None
        # A host that has a class of cursors of its own wants all statements to go through it.
        return driver if driver.cursor_factory is psycopg.Cursor else None

    def _end(self, driver: psycopg.Connection[Any], error: BaseException) -> None:
        """Wait after something else has failed, before which what was sent may have."""
        if not isinstance(error, Exception):
            driver.cancel_safe()  # The process is told to end: nobody waits any more.
        with suppress(MigrationFailed, DBAPIError):
            self.wait()
        if self._failure not in (None, error) and isinstance(error, Exception):
            self._raise_failure()

    def _raise_failure(self) -> NoReturn:
        """Raise the first failure, of which all that came later has failed too."""
        assert self._failure is not None  # noqa: S101 - the callers have looked
        raise self._failure from self._failure.__cause__

    @contextmanager
    def step(self) -> Iterator[None]:
        """Run a revision in the block: send ahead again, whatever the last one has done."""
        self._is_paused, self._is_stepping, self._was_used = False, True, False
        try:
            yield
        except Exception:
            if self._failure is not None:
                self._raise_failure()
            raise
        finally:
            self._is_stepping = False

    @property
    def is_watched(self) -> bool:
        """Whether it is known what the driver's connection is used for past SQLAlchemy."""
        return self._driver is not None

    def take_use(self) -> bool:
        """Tell whether the driver's connection was used past SQLAlchemy since this was asked."""
        was_used, self._was_used = self._was_used, False
        return was_used

    @contextmanager
    def expected(self) -> Iterator[None]:
        """Know of what is done to the connection in the block: SQLAlchemy does it."""
        before, self._is_expected = self._is_expected, True
        try:
            yield
        finally:
            self._is_expected = before

    def can_take(self, statement: str, context: DefaultExecutionContext) -> bool:
        """Tell whether a statement can be sent without waiting for its answer.

        It is one command, in a transaction and in none of its savepoints, and whoever executes it
        gets no result: DDL, and what goes through ``op.execute()``. One of a revision leaves the
        session as it is.
        """
        if "SAVEPOINT" in statement.upper():
            self._is_paused = True  # Whoever makes one wants to know what fails after it.
        return (
            self._driver is not None
            and not (self._is_stepping and self._is_paused)
            and (context.isddl or context.execution_options.keys() >= UNHEARD.keys())
            and is_single(statement)
            and (not self._is_stepping or is_harmless(statement))
            and "RETURNING" not in statement  # SQLAlchemy reads the keys of rows that it inserts.
            and not self._driver.autocommit
            and not context.root_connection.in_nested_transaction()
        )

    def send(self, statement: str, parameters: tuple[Any, ...], origin: Origin | None) -> None:
        """Send a statement that `can_take` has let through, or COMMIT.

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
            self._begin(self._driver)
        cursor = self._last = psycopg.Cursor(self._driver, row_factory=namedtuple_row)
        self._sent.append(Sent(cursor, statement, parameters, origin))
        encoded = statement.encode(self._driver.info.encoding)
        try:
            self._add(partial(cursor.execute, encoded, *parameters))
        except psycopg.Error:
            self._sent.pop()
            raise

    def _begin(self, driver: psycopg.Connection[Any]) -> None:
        with self._sending():
            self._open = driver.pipeline()
            self._open.__enter__()
        self._opened = monotonic()

    @contextmanager
    def _sending(self) -> Iterator[None]:
        """Use the connection in the block, instead of waiting before it is used.

        Only here does psycopg know of our pipeline. Elsewhere it would do other things in one than
        without, before it comes to where we wait and end it.
        """
        driver = self._driver
        assert driver is not None  # noqa: S101 - can_take() has told
        before, driver._pipeline = driver._pipeline, self._hidden
        self._is_sending = True
        try:
            yield
        finally:
            self._is_sending = False
            self._hidden, driver._pipeline = driver._pipeline, before

    def _add(self, execute: Callable[[], T]) -> T:
        """Add a statement to the open pipeline."""
        try:
            with self._sending():
                return execute()
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
        with self._sending():
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
        # Where the connection is lost with the last answers, it was about the last statement.
        ours = [item for item in unanswered or sent if item.origin] or sent
        failed = ours[-1] if error.pgresult is None else (unanswered or sent)[0]
        found = self._translate(failed, error, is_lost=is_lost)
        if self._failure is not None:
            self._raise_failure()
        self._failure = failed.origin.explain(found) if failed.origin else found
        raise self._failure from (found if failed.origin else error)

    def _translate(self, failed: Sent, error: psycopg.Error, *, is_lost: bool) -> DBAPIError:
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
            if isinstance(statement, Executable):
                statement = statement.execution_options(**UNHEARD)
            original(statement, execution_options)

        impl.execute = execute  # type: ignore[method-assign]
        try:
            yield
        finally:
            impl.execute = original  # type: ignore[method-assign]

    @contextmanager
    def _waiting_driver(self, driver: psycopg.Connection[Any]) -> Iterator[None]:
        """Let whatever uses the connection wait for the answers to what was sent before.

        All that psycopg does on a connection goes through its `wait()`. Most of it holds the lock,
        which has to be one that can be taken again. Cursors of the server's are refused in a
        pipeline, before anything waits.
        """
        lock, driver.lock = driver.lock, RLock()  # type: ignore[assignment]
        # psycopg learns from answers, which come late, that what it has prepared is gone.
        threshold, driver.prepare_threshold = driver.prepare_threshold, None
        gates = {
            "wait": partial(self._use_driver, driver.wait),
            "cursor": partial(self._make_cursor, driver.cursor),
        }
        vars(driver).update(gates)
        try:
            yield
        finally:
            for name in gates:
                delattr(driver, name)
            driver.lock, driver.prepare_threshold = lock, threshold

    def _use_driver(self, use: Callable[..., T], *args: Any, **options: Any) -> T:  # noqa: ANN401
        """Use the connection as psycopg does, after what was sent or along with it."""
        if self._is_sending:
            return use(*args, **options)
        if not self._is_expected:
            # A revision may open anything on the connection, or end its transaction.
            self._is_paused = self._was_used = True
        if self._open is not None:
            if self._is_expected and not self._is_stepping:
                answer = self._add(partial(use, *args, **options))
                self.wait()
                return answer
            self.wait()
        return use(*args, **options)

    def _make_cursor(self, make: Callable[..., T], *args: Any, **options: Any) -> T:  # noqa: ANN401
        """Make a cursor; one with a name is the server's, beside which nothing is sent ahead."""
        if args or options.get("name"):
            self._is_paused = True
            self.wait()
        return make(*args, **options)
