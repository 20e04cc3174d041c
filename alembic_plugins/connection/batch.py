"""Statements that are sent in one pipeline, with their origins, and the answers to questions."""

import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from time import monotonic
from typing import Any, cast

import psycopg
from sqlalchemy import Dialect
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.exc import DBAPIError

from ..planning.operations import Step
from ..revisions.failures import explain_failure
from .errors import MigrationFailed

_LONGEST_SECONDS = 0.25
"""How far revisions may be ahead of the server: what is logged shall be what is being done."""

READER = "alembic_plugins_reader"
"""The execution option of what is executed by somebody who does not read its result.

Its value is called with psycopg's cursor, which gets the result later on.
"""

NO_READER: Mapping[str, Any] = {READER: None}
"""The execution option of what is executed by somebody who never reads a result."""

BLOCK = "alembic_plugins_block"
"""The execution option of a block of PL/pgSQL, which is one command for all its semicolons."""

_COMMENTS = re.compile(r"(\s+|--[^\n]*|/\*.*?\*/)*", re.DOTALL)

_HARMLESS = {
    *("ALTER", "COMMENT", "CREATE", "DELETE", "DROP"),
    *("GRANT", "INSERT", "REVOKE", "TRUNCATE", "UPDATE"),
}
"""What statements of revisions begin with that leave session and transaction as they were, so that
what comes next can be sent without knowing what has become of them."""


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


FindOrigin = Callable[[], Origin]


@dataclass(frozen=True)
class Sent:
    """A statement that was sent, with the cursor that gets its answer."""

    cursor: psycopg.Cursor[Any]
    statement: str
    parameters: tuple[Any, ...]
    origin: Origin | None

    @property
    def is_answered(self) -> bool:
        """Whether PostgreSQL has done it."""
        return self.cursor.pgresult is not None

    def translate(self, error: psycopg.Error, dialect: Dialect) -> DBAPIError:
        """Return what SQLAlchemy would have raised if it had waited for the answer."""
        parameters = self.parameters[0] if self.parameters else None
        return translate(self.statement, parameters, error, dialect)


def translate(
    statement: str,
    parameters: Any,  # noqa: ANN401 - the driver's
    error: psycopg.Error,
    dialect: Dialect,
) -> DBAPIError:
    """Return what SQLAlchemy would have raised for an error of psycopg's."""
    found = DBAPIError.instance(
        statement,
        parameters,
        error,
        psycopg.Error,
        connection_invalidated=is_fatal(error),
        dialect=dialect,
    )
    return cast("DBAPIError", found)


def is_fatal(error: psycopg.Error) -> bool:
    """Tell whether an error has ended the session."""
    return error.diag.severity_nonlocalized in (None, "FATAL", "PANIC")


class Batch:
    """The statements of one pipeline of psycopg's, which is left when the batch is closed.

    Args:
        driver: the connection, which is put in pipeline mode.
    """

    def __init__(self, driver: psycopg.Connection[Any]) -> None:
        self._driver = driver
        self._pipeline = ExitStack()
        self._pipeline.enter_context(driver.pipeline())
        self._begun = monotonic()
        self._sent: list[Sent] = []

    @property
    def is_late(self) -> bool:
        """Whether nobody has waited for an answer for as long as may be."""
        return monotonic() - self._begun > _LONGEST_SECONDS

    def send(self, sent: Sent) -> None:
        """Send a statement, whose cursor gets the result.

        Raises:
            Error: psycopg's; `find_failed` tells of which statement it is.
        """
        self._sent.append(sent)
        try:
            self.execute(sent.cursor, sent.statement, sent.parameters)
        except Exception as error:
            if not self.has_failed(error):
                self._sent.pop()
            raise

    def execute(
        self, cursor: psycopg.Cursor[Any], statement: str, parameters: tuple[Any, ...]
    ) -> None:
        """Send a statement, whose result is waited for: the batch is closed after that.

        Raises:
            Error: as above.
        """
        encoded = statement.encode(self._driver.info.encoding)
        # psycopg would learn too late that what it has prepared is gone.
        cursor.execute(encoded, *parameters, prepare=False)

    def has_failed(self, error: Exception) -> bool:
        """Tell whether an error is PostgreSQL's, or the loss of the connection.

        Otherwise it means that the last statement cannot be sent.
        """
        is_told = isinstance(error, psycopg.Error) and error.pgresult is not None
        return is_told or self._driver.closed

    def close(self) -> None:
        """Wait for all answers, and leave the pipeline, even if that raises.

        Raises:
            Error: as above.
        """
        self._pipeline.close()

    def find_failed(self, error: psycopg.Error) -> Sent | None:
        """Return the statement that has failed: the first one of those sent that has no answer.

        Where the session is lost with the last answers, it was the last statement of a revision's.
        None is returned where all were answered: then it is the one that `execute` has sent.
        """
        unanswered = [item for item in self._sent if not item.is_answered]
        if not unanswered and not is_fatal(error):
            return None
        if error.pgresult is not None:
            return (unanswered or self._sent)[0]
        return ([item for item in unanswered or self._sent if item.origin] or self._sent)[-1]


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


def has_no_reader(statement: str, context: DefaultExecutionContext) -> bool:
    """Tell whether nobody reads the result of a statement: it is DDL, or marked."""
    # SQLAlchemy reads the keys of rows that it inserts.
    is_marked = context.isddl or READER in context.execution_options
    return is_marked and "RETURNING" not in statement


def is_single(statement: str) -> bool:
    """Tell whether a statement is one command for sure: a pipeline takes no other."""
    return ";" not in statement.rstrip("; \n")


def is_harmless(statement: str) -> bool:
    """Tell whether a statement leaves session and transaction as they were, by how it begins."""
    words = skip_comments(statement).split(None, 1)
    return bool(words) and words[0].upper() in _HARMLESS


def skip_comments(statement: str) -> str:
    """Return a statement without the comments before it."""
    comments = _COMMENTS.match(statement)
    return statement[comments.end() if comments else 0 :]
