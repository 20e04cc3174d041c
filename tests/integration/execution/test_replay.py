"""The rows of statements are kept, and returned again as they were."""

import json
from collections.abc import Iterator

import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlalchemy import NullPool, create_engine, text
from support.databases import Database

from alembic_plugins.execution.replay import keep_rows, replay_rows

Cursor = psycopg.Cursor[TupleRow]

MAKE = """
    CREATE TYPE mood AS ENUM ('so so', 'it''s "good"');
    CREATE TYPE pair AS (a int, b text);
    CREATE DOMAIN small AS int CHECK (value < 10);
    CREATE SCHEMA "Else";
    CREATE TYPE "Else"."A type" AS ENUM ('x');
"""

VALUES = [
    "7",
    "7::smallint",
    "9223372036854775807",
    "1.50::numeric",
    "'Infinity'::numeric",
    "0.1::float8 + 0.2",
    "1e300::float8",
    "true",
    "false",
    "'text'",
    "''",
    "'it''s \"quoted\"'",
    "'100% %s %(x)s %%'",
    "'two' || chr(10) || 'lines' || chr(13) || chr(9)",
    r"'back\slash \n :x {}'",
    "'Öl 🛢'",
    "NULL",
    "NULL::int",
    "NULL::json",
    "'null'::json",
    "'ab'::varchar(2)",
    "'n'::name",
    "'c'::\"char\"",
    "'2024-05-06 07:08:09.123456+02'::timestamptz",
    "'2024-05-06 07:08:09'::timestamp",
    "'2024-05-06'::date",
    "'07:08:09.5'::time",
    "'1 mon 2 days 03:04:05.6'::interval",
    "'12345678-1234-5678-1234-567812345678'::uuid",
    """'{"a": [1, null, "%"]}'::json""",
    """'{"a": {"b": "it''s"}}'::jsonb""",
    r"'\x00ff25'::bytea",
    "'{}'::int[]",
    "ARRAY[1, NULL, 3]",
    "ARRAY[[1, 2], [3, 4]]",
    "ARRAY['a b', 'c\"d', 'e,f', '{}', '', NULL, 'NULL']",
    "ARRAY[1.50]",
    "'it''s \"good\"'::mood",
    "ARRAY['so so'::mood]",
    '\'x\'::"Else"."A type"',
    "ROW(1, 'it''s')::pair",
    "7::small",
    "'192.0.2.1/24'::inet",
    "'[1,5)'::int4range",
    "B'101'::bit varying",
    "'pg_class'::regclass",
    "1::oid",
    "set_config('a.b', 'c', true)",
    "pg_notify('a', 'b')",
]

TRUNCATED = ["'ab'::char(5)", "'101'::bit(3)", "ARRAY['ab'::char(5)]", "ARRAY['101'::bit(3)]"]


@pytest.fixture
def cursor(database: Database) -> Iterator[Cursor]:
    """A cursor on a database that has types of its own."""
    with psycopg.connect(database.plain) as connection:
        connection.execute(MAKE)
        yield connection.cursor()


def ask(cursor: Cursor, query: str) -> str:
    """Run a query and return what is kept of its rows."""
    cursor.execute(query.encode())
    kept = keep_rows(cursor)
    assert kept is not None
    return kept


def describe(cursor: Cursor) -> tuple[list[tuple[str, int]], list[list[tuple[type, object]]]]:
    """Return the columns and the rows that are not fetched yet, with the types of their values."""
    columns = [(column.name, column.type_code) for column in cursor.description or ()]
    return columns, [[(type(value), value) for value in row] for row in cursor.fetchall()]


def replay(cursor: Cursor, kept: str) -> Cursor:
    """Return another cursor, with the rows that were kept."""
    other = cursor.connection.cursor()
    replay_rows(other, kept)
    return other


@pytest.mark.parametrize("value", VALUES)
def test_value_comes_back_as_it_was(cursor: Cursor, value: str) -> None:
    kept = ask(cursor, f"SELECT {value}")
    assert describe(replay(cursor, kept)) == describe(cursor)


@pytest.mark.parametrize("value", TRUNCATED)
def test_value_of_a_fixed_length_comes_back_as_it_was(cursor: Cursor, value: str) -> None:
    kept = ask(cursor, f"SELECT {value}")
    assert describe(replay(cursor, kept)) == describe(cursor)


def test_record_is_not_kept_since_postgresql_reads_none(cursor: Cursor) -> None:
    cursor.execute("SELECT ROW(1, 'x')")
    assert keep_rows(cursor) is None


def test_number_of_changed_rows_comes_back(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE t AS SELECT generate_series(1, 3)")
    kept = ask(cursor, "DELETE FROM t")
    again = replay(cursor, kept)
    assert (again.rowcount, again.description) == (3, None)


def test_several_rows_come_back_in_their_order(cursor: Cursor) -> None:
    kept = ask(cursor, "SELECT n, n::text AS word FROM generate_series(9, 1, -1) n")
    assert replay(cursor, kept).fetchall() == [(n, str(n)) for n in range(9, 0, -1)]


def test_equal_rows_come_back_as_often_as_they_were(cursor: Cursor) -> None:
    kept = ask(cursor, "SELECT 1 FROM generate_series(1, 3)")
    assert replay(cursor, kept).fetchall() == [(1,), (1,), (1,)]


def test_nulls_among_values_come_back(cursor: Cursor) -> None:
    kept = ask(cursor, "VALUES (NULL::int, 'a'), (2, NULL)")
    assert replay(cursor, kept).fetchall() == [(None, "a"), (2, None)]


@pytest.mark.parametrize(
    "columns", ['1 AS "it\'s 100%"', "1 AS a, 2 AS a", "1, 2", '1 AS "Öl "', "1 AS order"]
)
def test_columns_come_back_with_their_names(cursor: Cursor, columns: str) -> None:
    kept = ask(cursor, f"SELECT {columns}")
    assert describe(replay(cursor, kept)) == describe(cursor)


def test_empty_result_comes_back_with_its_columns(cursor: Cursor) -> None:
    kept = ask(cursor, "SELECT 1 AS a, now() AS b, 'so so'::mood AS c WHERE false")
    assert describe(replay(cursor, kept)) == describe(cursor)


def test_rows_without_columns_come_back(cursor: Cursor) -> None:
    kept = ask(cursor, "SELECT FROM generate_series(1, 2)")
    assert replay(cursor, kept).fetchall() == [(), ()]


def test_rows_of_returning_come_back(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE a (id int GENERATED ALWAYS AS IDENTITY, word text)")
    kept = ask(cursor, "INSERT INTO a (word) VALUES ('x'), ('y') RETURNING id, word")
    assert replay(cursor, kept).fetchall() == [(1, "x"), (2, "y")]


def test_replaying_does_nothing_else(cursor: Cursor) -> None:
    cursor.execute("CREATE TABLE a (id int)")
    kept = ask(cursor, "INSERT INTO a VALUES (1) RETURNING id")
    replay(cursor, kept)
    assert cursor.execute("SELECT count(*) FROM a").fetchone() == (1,)


def test_rows_come_back_on_another_connection(cursor: Cursor, database: Database) -> None:
    kept = ask(cursor, "SELECT 'so so'::mood AS m, 1.50::numeric AS n")
    cursor.connection.commit()
    with psycopg.connect(database.plain, autocommit=True) as other:
        assert describe(replay(other.cursor(), kept)) == describe(cursor)


def test_kept_rows_can_still_be_fetched(cursor: Cursor) -> None:
    ask(cursor, "SELECT generate_series(1, 2)")
    assert cursor.fetchall() == [(1,), (2,)]


@pytest.mark.parametrize("statement", ["CREATE TABLE a (id int)", "SET a.b = 'c'"])
def test_statement_without_a_result_has_no_rows(cursor: Cursor, statement: str) -> None:
    cursor.execute(statement.encode())
    assert keep_rows(cursor) is None


def test_cursor_that_has_run_nothing_has_no_rows(cursor: Cursor) -> None:
    assert keep_rows(cursor) is None


def test_thousand_rows_come_back(cursor: Cursor) -> None:
    kept = ask(cursor, "SELECT n, n::text FROM generate_series(1, 1000) n")
    assert len(replay(cursor, kept).fetchall()) == 1000


def test_too_many_rows_are_not_kept(cursor: Cursor) -> None:
    cursor.execute("SELECT generate_series(1, 1001)")
    assert keep_rows(cursor) is None


def test_binary_values_are_not_kept(cursor: Cursor) -> None:
    cursor.execute("SELECT 1", binary=True)
    assert keep_rows(cursor) is None


def test_what_is_kept_fits_into_a_line_of_text(cursor: Cursor) -> None:
    kept = ask(cursor, "SELECT 'two' || chr(10) || 'lines'")
    assert "\n" not in kept
    assert json.loads(kept)


def test_sqlalchemy_gets_the_values_that_it_wants(database: Database) -> None:
    with create_engine(database.url, poolclass=NullPool).connect() as connection:
        result = connection.execute(text("""SELECT '{"a": 1}'::jsonb, 1.5, now()"""))
        kept = keep_rows(result.cursor)  # type: ignore[arg-type]  # psycopg's it is
        assert kept is not None
        driver = connection.connection.driver_connection
        assert driver is not None
        assert replay(driver.cursor(), kept).fetchall() == [tuple(result.one())]


def test_values_are_kept_in_any_encoding(cursor: Cursor) -> None:
    cursor.execute("SET client_encoding TO latin1")
    kept = ask(cursor, "SELECT chr(228) AS a")
    assert replay(cursor, kept).fetchall() == [("ä",)]
