"""What is sent to PostgreSQL ahead of its answers: statements, their origins, and questions."""

import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import psycopg
from sqlalchemy.exc import DBAPIError

from ..planning.operations import Step
from ..revisions.failures import explain_failure
from .errors import MigrationFailed

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
