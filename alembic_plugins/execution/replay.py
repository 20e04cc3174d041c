"""What a statement has returned, rows or their number, kept so that it can be returned again.

A revision that is carried on after a crash must not run what it has committed, and still wants
what that returned: the id of a row that it inserted, the number of rows that it found.
"""

import json
from collections.abc import Sequence
from typing import Any

from psycopg import Cursor, sql

_MOST_ROWS = 1000

_RECORD = 2249
"""The oid of the type of rows that have no type of their own."""

_COUNTER = "alembic_plugins_replay"

# PostgreSQL's names of some types, in order; 705 is that of a literal without one, which is text.
# The -1 stands for "of any length"; without it, character and bit would be of length 1.
_TYPE_NAMES = """
    SELECT pg_catalog.format_type(CASE o WHEN 705 THEN 25 ELSE o END, -1)
    FROM pg_catalog.unnest(%s::oid[]) WITH ORDINALITY AS t (o, n) ORDER BY n
"""


def keep_rows(cursor: Cursor[Any]) -> str | None:
    """Return the result of a cursor as text, or None where there is none or it cannot be kept.

    An empty result is rows too: its columns are kept. What changes rows has their number.
    """
    result = cursor.pgresult
    if result is None or result.ntuples > _MOST_ROWS:
        return None
    if cursor.description is None:
        return None if result.command_tuples is None else json.dumps([None, result.command_tuples])
    columns = [(column.name, column.type_code) for column in cursor.description]
    if any(result.fformat(i) or result.ftype(i) == _RECORD for i in range(result.nfields)):
        return None  # Binary values are not told by their text, and no text is read as a record.
    encoding = cursor.connection.info.encoding
    values = [
        [result.get_value(row, i) for i in range(result.nfields)] for row in range(result.ntuples)
    ]
    rows = [[None if v is None else bytes(v).decode(encoding) for v in row] for row in values]
    return json.dumps([columns, rows])


def replay_rows(cursor: Cursor[Any], kept: str) -> None:
    """Let a cursor return the rows that were kept, of the types that they had, or their number."""
    columns, rows = json.loads(kept)
    if columns is None:
        _replay_count(cursor, rows)
        return
    names = cursor.connection.execute(_TYPE_NAMES, [[oid for _, oid in columns]]).fetchall()
    types = [str(row[0]) for row in names]
    # The last part gives the columns their names and types where there are no rows.
    parts = [_select(columns, types, row) for row in rows]
    none = sql.SQL("{} WHERE false").format(_select(columns, types, [None] * len(columns)))
    cursor.execute(sql.SQL(" UNION ALL ").join([none, *parts]))


def _replay_count(cursor: Cursor[Any], count: int) -> None:
    """Let a cursor say that it has changed some rows, by a statement that passes over as many."""
    series = f"pg_catalog.generate_series(1, {count})"
    declare = f"DECLARE {_COUNTER} CURSOR WITH HOLD FOR SELECT FROM {series}"
    cursor.connection.execute(declare)
    cursor.execute(f"MOVE ALL FROM {_COUNTER}")
    cursor.connection.execute(f"CLOSE {_COUNTER}")


def _select(
    columns: Sequence[tuple[str, int]], types: Sequence[str], row: Sequence[str | None]
) -> sql.Composed:
    values = [
        # The name of a type is PostgreSQL's own, quoted where it has to be.
        sql.SQL("CAST({} AS {}) AS {}").format(
            sql.Literal(value),
            sql.SQL(name),
            sql.Identifier(column),
        )
        for (column, _), name, value in zip(columns, types, row, strict=True)
    ]
    return sql.SQL("SELECT {}").format(sql.SQL(", ").join(values))
