"""Statements without a reader are sent one after the other, in psycopg's pipeline mode.

Each answer takes a round trip to the server, in which either side does nothing. A pipeline is
entered for statements whose result nobody reads, so that the next revision runs while the server
is at the last one, and is left, which waits for all answers, before SQLAlchemy does anything else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import Any, NoReturn, TypeGuard

import psycopg
from alembic.runtime.migration import MigrationContext
from psycopg.pq import TransactionStatus
from psycopg.rows import namedtuple_row
from sqlalchemy import Connection, Executable, event
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError

from .. import _alembic
from .batch import (
    BLOCK,
    READER,
    Answer,
    Batch,
    FindOrigin,
    Sent,
    has_no_reader,
    is_fatal,
    is_harmless,
    is_single,
    translate,
)
from .errors import MigrationFailed
from .lending import lend


class Pipeline:
    """Execute the statements of the connection that migrates, in a pipeline where that can be.

    A revision that asks for the connection has it alone: the pipeline is left, and not entered
    again before the revision ends. Nor is it entered in savepoints and `autocommit_block()`s.

    Args:
        context: Alembic's, whose connection it is.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._context = context
        self._driver: psycopg.Connection[Any] | None = None
        self._batch: Batch | None = None
        self._find_origin: FindOrigin | None = None
        self._is_alone = self._is_taken = False
        self._failure: Exception | None = None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block in a transaction, which stays open where it is the caller's.

        Raises:
            MigrationFailed: a statement of a revision has failed.
            DBAPIError: another one has, or COMMIT itself; nothing is committed then.
        """
        with ExitStack() as stack:
            if not self._context.as_sql:
                stack.enter_context(self._attached())
            with _alembic.transaction(self._context):
                try:
                    yield
                except BaseException as error:
                    self._give_up(error)
                    raise
            self.leave()

    @contextmanager
    def _attached(self) -> Iterator[None]:
        """Listen to the connection while the block runs."""
        connection = self._context.connection
        assert connection is not None  # noqa: S101 - only offline there may be none
        driver = connection.connection.driver_connection
        self._driver = driver if isinstance(driver, psycopg.Connection) else None
        self._failure = None
        listeners = {"commit": self.commit, "rollback": self._roll_back}
        # What listens to the engine hears last: whoever wants to be heard before COMMIT is.
        for name, listener in listeners.items():
            event.listen(connection.engine, name, listener)
        try:
            with lend(self._context, self._lend):
                yield
        finally:
            for name, listener in listeners.items():
                event.remove(connection.engine, name, listener)
            self._driver = None

    def _give_up(self, error: BaseException) -> None:
        """Leave the pipeline after something has failed, before which a sent statement may have."""
        if self._driver is not None and not isinstance(error, Exception):
            self._driver.cancel_safe()  # The process is told to end: nobody waits any more.
        with suppress(MigrationFailed, DBAPIError):
            self.leave()
        if isinstance(error, Exception):
            self._raise_failure()

    def _raise_failure(self) -> None:
        """Raise the first failure, if any, of which all that came later has failed too."""
        if self._failure is not None:
            raise self._failure from self._failure.__cause__

    @contextmanager
    def step(self, find_origin: FindOrigin) -> Iterator[None]:
        """Run a revision in the block.

        Args:
            find_origin: tells where the statement comes from that is just being executed.
        """
        self._find_origin, self._is_alone, self._is_taken = find_origin, False, False
        try:
            yield
        except Exception:
            self._raise_failure()
            raise
        finally:
            self._find_origin, self._is_alone = None, False

    @contextmanager
    def lent(self) -> Iterator[None]:
        """Run in the block what has the connection alone, as a hook has."""
        self.leave()
        self._is_alone, self._is_taken = True, False
        try:
            yield
        finally:
            self._is_alone = False

    def _lend(self, *, is_driver: bool) -> None:
        """Let a revision that asks for the connection, or for the driver's, have it alone."""
        if self._find_origin is not None or self._is_alone:
            self._is_alone = True
            self._is_taken = self._is_taken or is_driver
            self.leave()

    @property
    def is_taken(self) -> bool:
        """Whether what ran last may have used the driver's connection past SQLAlchemy."""
        return self._is_taken

    @property
    def is_idle(self) -> bool:
        """Whether psycopg's connection is known to be in no transaction."""
        if self._driver is None or self._batch is not None:
            return False
        return self._driver.info.transaction_status == TransactionStatus.IDLE

    def execute(self, name: str, cursor: DBAPICursor, statement: str, *arguments: Any) -> None:  # noqa: ANN401
        """Do what SQLAlchemy was about to do by a method of its dialect, or send it.

        Raises:
            MigrationFailed: a statement of a revision, that was sent before, has failed.
            DBAPIError: another one has.
            Error: this one has; it is the driver's.
        """
        context = arguments[-1]
        if self._find_origin is not None and "SAVEPOINT" in statement.upper():
            self._is_alone = True  # Whoever makes one wants to know what fails after it.
        is_block = BLOCK in context.execution_options
        is_one = name != "do_executemany" and (is_block or is_single(statement))
        is_ours = self._find_origin is None
        if is_one and has_no_reader(statement, context) and self._can_send(statement):
            self.send(statement, arguments[:-1], context.execution_options.get(READER))
        elif is_one and is_ours and (batch := self._batch) and _is_plain(cursor):
            with self._explained(batch):
                batch.execute(cursor, statement, arguments[:-1])
            self.leave()
        else:
            self.leave()
            getattr(context.dialect, name)(cursor, statement, *arguments)

    def _can_send(self, statement: str) -> bool:
        """Tell whether a statement without a reader can be sent ahead of what comes next.

        It is in a transaction, and in none of its savepoints; one of a revision leaves the session
        as it is.
        """
        driver, connection = self._driver, self._context.connection
        return (
            driver is not None
            and connection is not None
            and not self._is_alone
            and (self._find_origin is None or is_harmless(statement))
            and not driver.autocommit
            and not connection.in_nested_transaction()
            # A host that has a class of cursors of its own wants all statements to go through it.
            and driver.cursor_factory is psycopg.Cursor
            and psycopg.Pipeline.is_supported()
        )

    def send(
        self,
        statement: str,
        parameters: tuple[Any, ...] = (),
        reader: Callable[[psycopg.Cursor[Any]], object] | None = None,
    ) -> None:
        """Send a statement, and do not wait for its answer.

        Args:
            statement: one command, as psycopg takes it.
            parameters: what psycopg's `Cursor.execute` takes after it.
            reader: gets the cursor, which has rows once the pipeline is left.

        Raises:
            MigrationFailed: a statement of a revision, that was sent before, has failed.
            DBAPIError: another one has.
        """
        assert self._driver is not None  # noqa: S101 - the callers have looked
        if self._batch is not None and self._batch.is_late:
            self.leave()
        batch = self._batch = self._batch or Batch(self._driver)
        cursor = psycopg.Cursor(self._driver, row_factory=namedtuple_row)
        origin = self._find_origin() if self._find_origin is not None else None
        with self._explained(batch):
            batch.send(Sent(cursor, statement, parameters, origin))
        if reader is not None:
            reader(cursor)

    def ask(self, question: Executable, parameters: Mapping[str, object] | None = None) -> Answer:
        """Ask something; the answers to several questions come together."""
        connection = self._context.connection
        assert connection is not None  # noqa: S101 - offline, nobody can be asked
        sent: list[psycopg.Cursor[Any]] = []
        result = connection.execute(question, parameters, execution_options={READER: sent.append})
        if sent:
            return Answer(lambda: self._fetch(sent[0]))
        rows = result.all()
        return Answer(lambda: rows)

    def _fetch(self, cursor: psycopg.Cursor[Any]) -> Sequence[Any]:
        self.leave()
        return cursor.fetchall()

    def commit(self, connection: Connection) -> None:
        """Send COMMIT along with the statements before it, and wait for all answers.

        SQLAlchemy calls it before it commits, and has nothing left to do. Where any statement
        fails, nothing is committed.

        Raises:
            MigrationFailed: a statement of a revision has failed.
            DBAPIError: another one has, or COMMIT itself.
        """
        if self._batch is None or connection is not self._context.connection:
            return
        try:
            self.send("COMMIT")
            self.leave()
        except psycopg.Error as error:  # SQLAlchemy translates no error of a listener's.
            self._end_transaction(connection)
            raise translate("COMMIT", None, error, connection.dialect) from error
        except BaseException:
            self._end_transaction(connection)
            raise

    def _end_transaction(self, connection: Connection) -> None:
        """Roll back after COMMIT has failed, after which SQLAlchemy takes it for done."""
        if not connection.invalidated:
            with suppress(psycopg.Error):  # The session may be lost.
                connection.connection.rollback()

    def _roll_back(self, connection: Connection) -> None:
        """Leave the pipeline before SQLAlchemy rolls back, whatever has failed in it."""
        if connection is self._context.connection:
            with suppress(MigrationFailed, DBAPIError):
                self.leave()

    def leave(self) -> None:
        """Leave the pipeline, if it is entered: wait for the answers to all that was sent.

        Raises:
            MigrationFailed: a statement of a revision has failed.
            DBAPIError: another one has.
        """
        batch, self._batch = self._batch, None
        if batch is not None:
            try:
                batch.close()
            except psycopg.Error as error:
                self._fail(batch, error)

    @contextmanager
    def _explained(self, batch: Batch) -> Iterator[None]:
        """Add to a batch in the block; PostgreSQL may tell of a failure of what was sent before."""
        try:
            yield
        except psycopg.Error as error:
            if batch.has_failed(error):
                self._fail(batch, error)
            raise

    def _fail(self, batch: Batch, error: psycopg.Error) -> NoReturn:
        """Raise what it means that something of a batch has failed."""
        self._batch = None
        with suppress(psycopg.Error):
            batch.close()
        failed, connection = batch.find_failed(error), self._context.connection
        if failed is None:
            raise error  # It is that of the statement that is waited for.
        assert connection is not None  # noqa: S101 - it is whose statements were sent
        if is_fatal(error):
            connection.invalidate(error)
        self._raise_failure()
        found = failed.translate(error, connection.dialect)
        self._failure = failed.origin.explain(found) if failed.origin else found
        raise self._failure from (found if failed.origin else error)


def _is_plain(cursor: DBAPICursor) -> TypeGuard[psycopg.Cursor[Any]]:
    """Tell whether a cursor is one that can be used in a pipeline, for one command."""
    return type(cursor) is psycopg.Cursor  # type: ignore[comparison-overlap]  # DBAPI's protocol
