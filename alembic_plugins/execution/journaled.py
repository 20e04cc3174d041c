"""The lines of a journal, and what is to be known of the statements that they stand for."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.engine.interfaces import DBAPICursor

DONE_ALREADY = {
    "42P07": "duplicate table or index",
    "42710": "duplicate object",
    "42701": "duplicate column",
    "42P01": "undefined table",
    "42704": "undefined object, which an index is too",
    "42703": "undefined column",
}
"""SQLSTATEs by which a statement says that it was done when its session ended unheard."""

KEY_LENGTH = 16
"""A line of the journal says how often in a row a statement was run, its digest, and the rows that
it has returned, if any."""

CONTROL = re.compile(r"\s*(SAVEPOINT|RELEASE|ROLLBACK)\b", re.IGNORECASE)
"""What belongs to the transaction of this run, and is never passed over; no more than what streams
its rows, which only reads."""

ENDS = re.compile(r"(?P<commits>COMMIT|END)\b|(ROLLBACK|ABORT)\b(?!.*\bTO\b)", re.IGNORECASE)
"""What ends the transaction, said in SQL."""

MAY_END = re.compile(r"\b(COMMIT|END|ROLLBACK|ABORT|TRANSACTION)\b", re.IGNORECASE)
"""What may be in a string that ends it among other commands: then PostgreSQL is asked."""

SETS = re.compile(r"\b(SET|RESET|DISCARD|SET_CONFIG|DO|CALL)\b", re.IGNORECASE)
"""What may change the role or the search path of the session."""

Run = Callable[[], None]


@dataclass
class Line:
    """A statement of a revision: how often in a row it was run, its digest, and its rows."""

    count: int
    key: str
    rows: str

    @classmethod
    def parse(cls, text: str) -> "Line":
        """Return the line that a text is."""
        count, _, rest = text.partition(" ")
        return cls(int(count), rest[:KEY_LENGTH], rest[KEY_LENGTH:])

    def __str__(self) -> str:
        return f"{self.count} {self.key}{self.rows}"


@dataclass(frozen=True)
class Execution:
    """A statement that SQLAlchemy is about to have executed."""

    cursor: Any
    context: DefaultExecutionContext
    run: Run


def is_streaming(cursor: DBAPICursor) -> bool:
    """Tell whether a cursor is one of the server's: psycopg's have a name, asyncpg's are told."""
    is_named = getattr(cursor, "name", None) is not None
    return is_named or getattr(cursor, "server_side", False)


def add_line(lines: list[Line], key: str, rows: str) -> None:
    """Add a statement to the lines of a journal, or count it with the last one that it repeats."""
    last = lines[-1] if lines else None
    if last and (last.key, last.rows) == (key, rows):
        last.count += 1
    else:
        lines.append(Line(1, key, rows))


def is_lost(connection: Connection, error: Exception, execution: Execution) -> bool:
    """Tell whether an error of the driver means that the connection is gone."""
    driver, dialect = connection.connection.dbapi_connection, execution.context.dialect
    return dialect.is_disconnect(error, driver, execution.cursor)  # type: ignore[arg-type]  # DBAPI's
