"""On every driver, a statement that is passed over returns what it has returned."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, cast

import pytest
from sqlalchemy import Connection, NullPool, create_engine, event, text
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.ext.asyncio import create_async_engine
from support.databases import Database
from support.disturbances import disturb, tell
from support.drivers import OTHERS, drive
from support.hosts import Host

from alembic_plugins.errors import DriverChanged
from alembic_plugins.execution.results import keep_result, replay_result

from .test_journal import MAKE, SAME_AGAIN, VACUUM, install, read_what_is_got

VALUES = [
    "7",
    "9223372036854775807",
    "1.50::numeric",
    "'Infinity'::numeric",
    "0.1::float8 + 0.2",
    "'NaN'::float8",
    "true",
    "'it''s \"quoted\" %'::text",
    "NULL::int",
    "'2024-05-06 07:08:09.123456+02'::timestamptz",
    "'2024-05-06 07:08:09'::timestamp",
    "'2024-05-06'::date",
    "'07:08:09.5'::time",
    "'2 days 03:04:05.6'::interval",
    "'12345678-1234-5678-1234-567812345678'::uuid",
    """'{"a": [1, null, "%"]}'::json""",
    """'{"a": {"b": "it''s"}}'::jsonb""",
    "'{}'::int[]",
    "ARRAY[1, NULL, 3]",
    "ARRAY[[1, 2], [3, 4]]",
    "ARRAY['a b', NULL]",
]


@pytest.fixture
def slow(database: Database) -> Iterator[Connection]:
    """A connection of a driver whose rows are kept as values."""
    url = database.url.set(drivername="postgresql+psycopg2")
    with create_engine(url, poolclass=NullPool).connect() as connection:
        yield connection


def replay(connection: Connection, kept: str) -> None:
    """Let what is executed from now on return what was kept."""

    def do(cursor: Any, _statement: str, _parameters: object, context: Any) -> bool:  # noqa: ANN401
        return replay_result(cursor, context, kept)

    event.listen(connection.engine, "do_execute", do)


@contextmanager
def keep_all(connection: Connection) -> Iterator[list[str | None]]:
    """Keep the results of what is executed in the block."""
    kept: list[str | None] = []

    def do(cursor: Any, statement: str, parameters: object, context: Any) -> bool:  # noqa: ANN401
        context.dialect.do_execute(cursor, statement, parameters, context)
        kept.append(keep_result(cursor, context))
        return True

    event.listen(connection.engine, "do_execute", do)
    yield kept
    event.remove(connection.engine, "do_execute", do)


@pytest.mark.parametrize("value", VALUES)
def test_value_comes_back_as_it_was(slow: Connection, value: str) -> None:
    query = text(f"SELECT {value.replace(':', chr(92) + ':')} AS one, 2 AS two")
    with keep_all(slow) as kept:
        before = slow.execute(query).mappings().all()
    replay(slow, cast("str", kept[0]))
    assert repr(slow.execute(query).mappings().all()) == repr(before)


def test_bytes_come_back_as_they_were(slow: Connection) -> None:
    query = text(r"SELECT CAST('\x00ff25' AS bytea)")
    with keep_all(slow) as kept:
        slow.execute(query)
    replay(slow, cast("str", kept[0]))
    assert bytes(cast("memoryview", slow.scalar(query))) == b"\x00\xff%"


def test_what_is_kept_can_still_be_fetched(slow: Connection) -> None:
    with keep_all(slow):
        assert slow.scalars(text("SELECT generate_series(1, 3)")).all() == [1, 2, 3]


def test_value_of_a_type_that_is_not_read_again_is_not_kept(slow: Connection) -> None:
    with keep_all(slow) as kept:
        slow.execute(text("SELECT '[1,5)'\\:\\:int4range"))
    assert kept == [None]


def test_too_many_rows_are_not_kept(slow: Connection) -> None:
    with keep_all(slow) as kept:
        assert len(slow.execute(text("SELECT generate_series(1, 1001)")).all()) == 1001
    assert kept == [None]


def test_number_of_changed_rows_is_kept(slow: Connection) -> None:
    with keep_all(slow) as kept:
        slow.execute(text("CREATE TABLE t (i int)"))
        slow.execute(text("INSERT INTO t VALUES (1), (2)"))
    assert json.loads(cast("str", kept[1]))["rowcount"] == 2


def test_what_another_driver_has_kept_is_not_replayed(slow: Connection) -> None:
    replay(slow, '{"driver": "asyncpg"}')
    assert slow.scalar(text("SELECT 1.5")) == Decimal("1.5")


WITHOUT_BATCHES = ("inserted rows", "a session's objects")
"""What needs SQLAlchemy 2.0.10, the first that asks for the rows of an INSERT's batches."""


@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("driver", OTHERS)
@pytest.mark.parametrize("what", SAME_AGAIN)
def test_statement_that_is_passed_over_returns_the_same(host: Host, driver: str, what: str) -> None:
    if what in WITHOUT_BATCHES and not hasattr(DefaultExecutionContext, "fetchall_for_returning"):
        pytest.skip("SQLAlchemy is too old")
    drive(host, driver)
    first, second = read_what_is_got(host, SAME_AGAIN[what])
    assert first == second


def test_driver_that_was_changed_meanwhile_is_told(host: Host) -> None:
    tell(host, f"{MAKE}op.get_bind().execute(sa.text('SELECT 1')).all()\n{VACUUM}")
    disturb(lambda: install(host, "teller"), words="VACUUM")
    drive(host, "psycopg2")
    with pytest.raises(DriverChanged) as excinfo:
        install(host, "teller")
    assert (excinfo.value.revision, excinfo.value.driver) == ("story_1", "psycopg2")


def test_values_of_asyncpg_come_back_as_they_were(database: Database) -> None:
    url = database.url.set(drivername="postgresql+asyncpg")

    def check(connection: Connection) -> None:
        for value in VALUES:
            with keep_all(connection) as kept:
                before = connection.execute(text(f"SELECT {value} AS x")).all()
            assert kept[-1] is not None, value
            found = json.loads(kept[-1])
            assert len(found["rows"]) == len(before), value

    async def run() -> None:
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.connect() as connection:
            await connection.run_sync(check)
        await engine.dispose()

    asyncio.run(run())
