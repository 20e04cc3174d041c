"""The result of a statement, kept as Python's values, where the driver is not psycopg's sync one.

PostgreSQL's own text of a value, which `alembic_plugins.execution.replay` keeps, only that driver
hands out.
"""

import json
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.engine.interfaces import DBAPICursor, ExecuteStyle

_MOST_ROWS = 1000

_PLAIN = (type(None), bool, int, float, str)

_WRITE: dict[type, Callable[[Any], object]] = {
    bytes: bytes.hex,
    date: date.isoformat,
    datetime: datetime.isoformat,
    Decimal: str,
    dict: lambda value: [[_write(key), _write(inner)] for key, inner in value.items()],
    list: lambda value: [_write(inner) for inner in value],
    memoryview: memoryview.hex,
    time: time.isoformat,
    timedelta: lambda value: [value.days, value.seconds, value.microseconds],
    tuple: lambda value: [_write(inner) for inner in value],
    UUID: str,
}

_READ: dict[str, Callable[[Any], object]] = {
    "bytes": bytes.fromhex,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "Decimal": Decimal,
    "dict": lambda pairs: {_read(key): _read(inner) for key, inner in pairs},
    "list": lambda values: [_read(inner) for inner in values],
    "memoryview": lambda digits: memoryview(bytes.fromhex(digits)),
    "time": time.fromisoformat,
    "timedelta": lambda parts: timedelta(*parts),
    "tuple": lambda values: tuple(_read(inner) for inner in values),
    "UUID": UUID,
}


class _Kept:
    """A cursor that has rows without having run anything, to which SQLAlchemy turns for them."""

    arraysize = 1
    lastrowid = None

    def __init__(
        self,
        cursor: DBAPICursor,
        description: Sequence[Any] | None,
        rows: Sequence[Any],
        rowcount: int,
    ) -> None:
        self._cursor = cursor
        self._rows = list(rows)
        self.description = description
        self.rowcount = rowcount

    def fetchone(self) -> Any:  # noqa: ANN401 - a row
        """Return the next row."""
        return self._rows.pop(0) if self._rows else None

    def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Return the next rows."""
        size = size or self.arraysize
        taken, self._rows = self._rows[:size], self._rows[size:]
        return taken

    def fetchall(self) -> Sequence[Any]:
        """Return the rows that are left."""
        taken, self._rows = self._rows, []
        return taken

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the driver's
        return getattr(self._cursor, name)


def keep_result(cursor: DBAPICursor, context: DefaultExecutionContext) -> str | None:
    """Return the result of what was just executed, or None where there is none or it cannot be.

    SQLAlchemy finds it as it would have done.
    """
    columns = cursor.description
    if columns is None:
        return None if cursor.rowcount < 0 else _dump(context, None, [], cursor.rowcount)
    if context.execute_style is ExecuteStyle.INSERTMANYVALUES and not _takes_batches(context):
        return None
    rows = list(cursor.fetchall())
    _give(context, _Kept(cursor, columns, rows, cursor.rowcount))
    try:
        names = [[column[0], column[1]] for column in columns]
        kept = [[_write(value) for value in row] for row in rows[: _MOST_ROWS + 1]]
    except TypeError:
        return None
    return None if len(rows) > _MOST_ROWS else _dump(context, names, kept, cursor.rowcount)


def replay_result(cursor: DBAPICursor, context: DefaultExecutionContext, kept: str) -> bool:
    """Let SQLAlchemy find the result that was kept; tell whether the driver can return it."""
    found = json.loads(kept)
    if not isinstance(found, dict) or found["driver"] != context.dialect.driver:
        return False
    columns = found["columns"]
    description = None if columns is None else [(*column, *[None] * 5) for column in columns]
    rows = [tuple(_read(value) for value in row) for row in found["rows"]]
    _give(context, _Kept(cursor, description, rows, found["rowcount"]))
    return True


def _dump(context: DefaultExecutionContext, columns: object, rows: object, rowcount: int) -> str:
    driver = context.dialect.driver
    return json.dumps({"driver": driver, "columns": columns, "rows": rows, "rowcount": rowcount})


def _takes_batches(context: DefaultExecutionContext) -> bool:
    """Tell whether an INSERT of several batches asks the context for the rows of each."""
    return hasattr(context, "fetchall_for_returning")


def _give(context: DefaultExecutionContext, cursor: _Kept) -> None:
    context.cursor = cast("DBAPICursor", cursor)
    if context.execute_style is ExecuteStyle.INSERTMANYVALUES:
        context.fetchall_for_returning = lambda _cursor: cursor.fetchall()  # type: ignore[method-assign]


def _write(value: object) -> object:
    """Return what JSON has for a value.

    Raises:
        TypeError: its type is another one than those that are read again.
    """
    # Asyncpg has a class of its own for it, whose values are equal to Python's.
    kind = UUID if isinstance(value, UUID) else type(value)
    if kind in _PLAIN:
        return value
    if kind not in _WRITE:
        raise TypeError(kind)
    return {kind.__name__: _WRITE[kind](value)}


def _read(value: object) -> object:
    if not isinstance(value, dict):
        return value
    [(name, written)] = value.items()
    return _READ[name](written)
