"""What plugins keep in the database, on every driver."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from random import random, sample
from threading import Barrier
from typing import cast

import pytest
from sqlalchemy import Connection, Engine, NullPool, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from support.databases import Database
from support.drivers import DRIVERS

from alembic_plugins.registry.tables import make_tables
from alembic_plugins.store import JSON, PluginStore

TABLES = make_tables(None)

STORED = "SELECT key || ' ' || value FROM alembic_plugin_value ORDER BY plugin, key"


@pytest.fixture
def registered(database: Database) -> Database:
    """A database with a registry, which has plugins `audit` and `crm`."""
    make_registry(database)
    return database


def make_registry(database: Database, schema: str | None = None) -> None:
    """Make a registry that has plugins `audit` and `crm`, whose values go with them."""
    tables = make_tables(schema)
    with create_engine(database.url, poolclass=NullPool).begin() as connection:
        if schema:
            connection.execute(text(f"CREATE SCHEMA {schema}"))
        tables.metadata.create_all(connection)
        fields = {"namespace": "schema", "schema_created": True, "requires": []}
        for name in ("audit", "crm"):
            connection.execute(tables.plugin.insert().values(name=name, **fields))


@pytest.fixture
def engine(registered: Database) -> Iterator[Engine]:
    """An engine for that database."""
    engine = create_engine(registered.url)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    """A connection to that database."""
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def store(connection: Connection) -> PluginStore:
    """The store of plugin `audit`, on that connection."""
    return PluginStore(connection, "audit")


@contextmanager
def count_statements(engine: Engine) -> Iterator[list[str]]:
    """Gather the statements of the block."""
    sent: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", listen)
    yield sent
    event.remove(engine, "before_cursor_execute", listen)


VALUES: list[JSON] = [
    *(None, True, False, 0, -7, "", "a", "ü €  😀", 'quotes " and \\ and %s :name', "a\tb\nc"),
    *(10**400, -(10**400), 2**63, 0.1, 1e308, 5e-324, 1e23, 1e16, 1.0, -2.5e-7, 123456789.125),
    [],
    {},
    [1, [2, [None, {"a": []}]]],
    {"": 0, "a.b": {"c": [1.0, 2]}},
]


def test_values_come_back_as_they_were(store: PluginStore) -> None:
    given = {f"{number:02}": value for number, value in enumerate(VALUES)}
    store.update(given)
    found = [store[key] for key in given]
    assert [(value, type(value)) for value in found] == [(value, type(value)) for value in VALUES]


def test_value_is_what_other_programs_read_as_json(
    store: PluginStore, connection: Connection
) -> None:
    store["key"] = {"a": [1, 2.5, None, "ü"]}
    query = text("SELECT value -> 'a' ->> 1 FROM alembic_plugin_value")
    assert connection.scalar(query) == "2.5"


def test_tuple_comes_back_as_a_list(store: PluginStore) -> None:
    store["key"] = cast("JSON", (1, (2,)))
    assert store["key"] == [1, [2]]


def test_key_can_be_any_string(store: PluginStore) -> None:
    keys = ["", " ", "%", "'; --", "a/b.c", "k" * 2000, "ü"]
    for key in keys:
        store[key] = key
    assert (list(store), [store[key] for key in keys]) == (keys, keys)


def test_value_that_is_not_there_is_a_key_error(store: PluginStore) -> None:
    with pytest.raises(KeyError) as excinfo:
        store["key"]
    assert excinfo.value.args == ("key",)
    assert (store.get("key"), store.get("key", 7), "key" in store) == (None, 7, False)


@pytest.mark.parametrize("delete", [PluginStore.__delitem__, PluginStore.pop])
def test_only_what_is_there_can_be_deleted(
    store: PluginStore, delete: Callable[[PluginStore, str], object]
) -> None:
    store["key"] = 1
    delete(store, "key")
    with pytest.raises(KeyError):
        delete(store, "key")
    assert len(store) == 0


def test_pop_returns_the_value_or_the_default(store: PluginStore) -> None:
    store["key"] = None
    assert (store.pop("key", 7), store.pop("key", 7)) == (None, 7)


def test_stores_of_plugins_are_their_own(connection: Connection, store: PluginStore) -> None:
    other = PluginStore(connection, "crm")
    store["key"], other["key"], other["more"] = 1, 2, 3
    store.clear()
    assert (dict(store.items()), dict(other.items())) == ({}, {"key": 2, "more": 3})


def test_keys_are_in_the_order_of_their_characters(store: PluginStore) -> None:
    store.update({"b": 1, "B": 2, "a": 3, "ä": 4})
    keys = ["B", "a", "b", "ä"]
    assert (list(store), list(store.find("")), list(store.keys())) == (keys, keys, keys)
    assert (list(store.values()), len(store)) == ([2, 3, 1, 4], 4)


@pytest.mark.parametrize(
    ("prefix", "keys"),
    [
        ("", ["%", "%a", "A", "\\", "_", "_x", "a", "ab"]),
        ("a", ["a", "ab"]),
        ("%", ["%", "%a"]),
        ("_", ["_", "_x"]),
        ("\\", ["\\"]),
        ("abc", []),
    ],
)
def test_prefix_is_taken_as_it_is(store: PluginStore, prefix: str, keys: list[str]) -> None:
    store.update(dict.fromkeys(["a", "ab", "A", "%", "%a", "_", "_x", "\\"], 1))
    assert store.find(prefix) == dict.fromkeys(keys, 1)


def test_prefix_is_found_by_the_index(connection: Connection) -> None:
    connection.execute(text("SET enable_seqscan = off"))
    plan = connection.scalars(
        text(
            "EXPLAIN SELECT FROM alembic_plugin_value"
            " WHERE plugin = 'audit' AND starts_with(key, 'a/')"
        )
    ).all()
    assert any("Index Cond" in line and "key >= 'a/'" in line for line in plan)


def test_update_is_one_statement(engine: Engine, store: PluginStore) -> None:
    store["a"] = 1
    with count_statements(engine) as sent:
        store.update({"a": 2, "b": 3}, c=4)
        store.update([("d", 5)])
    assert (len(sent), store.find("")) == (2, {"a": 2, "b": 3, "c": 4, "d": 5})


@pytest.mark.parametrize(
    "read", [len, iter, PluginStore.items, PluginStore.values, lambda store: store.find("")]
)
def test_reading_all_is_one_statement(
    engine: Engine, store: PluginStore, read: Callable[[PluginStore], object]
) -> None:
    store.update({"a": 2, "b": 3})
    with count_statements(engine) as sent:
        read(store)
    assert len(sent) == 1


def test_changing_what_is_returned_changes_nothing_stored(store: PluginStore) -> None:
    default: JSON = ["x"]
    for found in (store.setdefault("a", default), store["a"], store.find("")["a"]):
        cast("list[JSON]", found).append(1)
    cast("list[JSON]", store.modify("a", lambda value: value)).append(1)
    cast("list[JSON]", default).append(1)
    assert store["a"] == ["x"]


def test_setdefault_keeps_what_is_there(store: PluginStore) -> None:
    store["a"] = None
    assert (store.setdefault("a", 1), store.setdefault("b", 2), store.setdefault("c")) == (
        *(None, 2, None),
    )
    assert store.find("") == {"a": None, "b": 2, "c": None}


def test_modify_returns_the_new_value(store: PluginStore) -> None:
    assert [store.modify("n", lambda n: n + 1, default=0) for _ in range(3)] == [1, 2, 3]


def test_modify_gives_none_where_nothing_is_there(store: PluginStore) -> None:
    assert store.modify("key", lambda value: [value]) == [None]


def test_modify_that_raises_changes_nothing(store: PluginStore) -> None:
    store["n"] = 1
    with pytest.raises(ZeroDivisionError):
        store.modify("n", lambda n: n // 0)
    with pytest.raises(TypeError):
        store.modify("n", lambda _n: cast("JSON", {1, 2}))
    assert store["n"] == 1


def test_transaction_is_usable_after_what_was_not_sent(store: PluginStore) -> None:
    store["a"] = 1
    with pytest.raises(ValueError, match="NUL"):
        store["b"] = "\0"
    assert store["a"] == 1


def test_rollback_leaves_nothing(
    connection: Connection, store: PluginStore, registered: Database
) -> None:
    store["a"] = 1
    connection.rollback()
    store["b"] = 2
    connection.commit()
    assert registered.values(STORED) == ["b 2"]


def test_others_see_what_is_committed(
    engine: Engine, connection: Connection, store: PluginStore
) -> None:
    with engine.connect() as other:
        store["a"] = 1
        assert "a" not in PluginStore(other, "audit")
        connection.commit()
        assert "a" in PluginStore(other, "audit")


def test_savepoint_is_rolled_back(connection: Connection, store: PluginStore) -> None:
    store["a"] = 1
    with connection.begin_nested() as savepoint:
        store["b"] = 2
        savepoint.rollback()
    assert list(store) == ["a"]


def test_values_go_with_the_row_of_their_plugin(connection: Connection, store: PluginStore) -> None:
    store["a"], PluginStore(connection, "crm")["b"] = 1, 2
    connection.execute(text("DELETE FROM alembic_plugin WHERE name = 'audit'"))
    assert connection.scalars(text(STORED)).all() == ["b 2"]


def test_values_keep_to_a_plugin_that_gets_another_name(
    connection: Connection, store: PluginStore
) -> None:
    store["a"] = 1
    connection.execute(text("UPDATE alembic_plugin SET name = 'log' WHERE name = 'audit'"))
    assert PluginStore(connection, "log")["a"] == 1


@pytest.mark.parametrize("change", ["update", "setdefault", "modify"])
def test_nothing_is_stored_for_a_plugin_that_is_not_there(
    connection: Connection, change: str
) -> None:
    store = PluginStore(connection, "absent")
    calls: dict[str, Callable[[], object]] = {
        "update": lambda: store.update(a=1),
        "setdefault": lambda: store.setdefault("a", 1),
        "modify": lambda: store.modify("a", str),
    }
    assert store.find("") == {}
    words = (
        "The database does not have plugin 'absent'. Install it first by 'alembic plugin install "
        "absent'."
    )
    with pytest.raises(ValueError, match="does not have plugin") as excinfo:
        calls[change]()
    assert str(excinfo.value) == words


@pytest.mark.parametrize("driver", DRIVERS)
def test_registry_that_is_not_there_is_told(database: Database, driver: str) -> None:
    words = (
        "There is no table 'alembic_plugin_value' on the search path. Name the schema that it is "
        "in, or make it by 'alembic plugin store audit set KEY JSON'."
    )
    with pytest.raises(ValueError, match="There is no table") as excinfo:
        use(database, driver, lambda store: store.get("a"))
    assert str(excinfo.value) == words


def test_schema_of_the_registry_can_be_named(registered: Database, engine: Engine) -> None:
    make_registry(registered, "meta")
    with engine.connect() as connection:
        PluginStore(connection, "audit", "meta")["a"] = 1
        PluginStore(connection, "audit", schema="public")["b"] = 2
        connection.execute(text("SET LOCAL search_path TO meta"))
        assert list(PluginStore(connection, "audit")) == ["a"]


def test_schema_that_is_not_there_is_told(connection: Connection) -> None:
    with pytest.raises(ValueError, match="no table 'alembic_plugin_value' in schema 'nowhere'"):
        len(PluginStore(connection, "audit", "nowhere"))


def test_search_path_counts_whatever_the_connection_makes_of_schemas(engine: Engine) -> None:
    mapped = engine.execution_options(schema_translate_map={None: "crm"})
    with mapped.connect() as connection:
        store = PluginStore(connection, "audit")
        store["a"] = 1
        assert store.modify("a", lambda n: n + 1) == 2


def test_what_postgresql_refuses_besides_is_sqlalchemys_error(
    connection: Connection, store: PluginStore
) -> None:
    connection.execute(text("SET TRANSACTION READ ONLY"))
    with pytest.raises(DBAPIError, match="read-only"):
        store["a"] = 1


def test_application_needs_rights_on_its_table_alone(connection: Connection) -> None:
    connection.execute(text("CREATE ROLE store_app"))
    connection.execute(
        text("GRANT SELECT, INSERT, UPDATE, DELETE ON alembic_plugin_value TO store_app")
    )
    connection.execute(text("SET LOCAL ROLE store_app"))
    store = PluginStore(connection, "audit")
    store["a"] = 1
    store.modify("a", lambda n: n + 1)
    assert store.pop("a") == 2
    connection.rollback()


def use(database: Database, driver: str, call: Callable[[PluginStore], object]) -> object:
    """Call something with the store of `audit` on a driver, and commit."""
    url = database.url.set(drivername=f"postgresql+{driver}")

    def work(connection: Connection) -> object:
        return call(PluginStore(connection, "audit"))

    async def work_async() -> object:
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.begin() as connection:
            return await connection.run_sync(work)

    if DRIVERS[driver] == "async":
        return asyncio.run(work_async())
    with create_engine(url, poolclass=NullPool).begin() as connection:
        return work(connection)


@pytest.mark.parametrize("driver", DRIVERS)
def test_store_works_on_every_driver(registered: Database, driver: str) -> None:
    def call(store: PluginStore) -> object:
        store["big"], store["half"], store["text"] = 10**30, 1e308, "%s ü :x"
        counts = [store.modify("n", lambda n: n + 1, default=0) for _ in range(2)]
        store.update({"n/1": [None], "n/2": {"a": 1.0}})
        del store["text"]
        kept = store.setdefault("n", 7), store.setdefault("new", "x"), store.pop("new")
        return counts, kept, store.find("n/"), list(store), len(store), store["big"]

    kept = (2, "x", "x")
    found = {"n/1": [None], "n/2": {"a": 1.0}}
    keys = ["big", "half", "n", "n/1", "n/2"]
    assert use(registered, driver, call) == ([1, 2], kept, found, keys, 5, 10**30)


THREADS = 8


def run_at_once(
    engine: Engine, call: Callable[[PluginStore], object], isolation_level: str = "READ COMMITTED"
) -> list[object]:
    """Call something several times in each of several threads, each time with a transaction."""
    together = Barrier(THREADS)

    def work(_number: int) -> list[object]:
        found = []
        together.wait()
        for _ in range(5):
            with engine.connect().execution_options(isolation_level=isolation_level) as connection:
                found.append(call(PluginStore(connection, "audit")))
                connection.commit()
        return found

    with ThreadPoolExecutor(THREADS) as pool:
        return [item for items in pool.map(work, range(THREADS)) for item in items]


@pytest.fixture
def wide_engine(registered: Database) -> Iterator[Engine]:
    """An engine with a connection for each thread."""
    engine = create_engine(registered.url, pool_size=THREADS)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("isolation_level", ["READ COMMITTED", "AUTOCOMMIT"])
def test_modify_loses_nothing_that_others_store(wide_engine: Engine, isolation_level: str) -> None:
    def count(store: PluginStore) -> object:
        return store.modify("n", lambda n: n + 1, default=0)

    found = run_at_once(wide_engine, count, isolation_level=isolation_level)
    assert sorted(cast("list[int]", found)) == list(range(1, len(found) + 1))


def test_setdefault_stores_once_among_many(wide_engine: Engine) -> None:
    found = run_at_once(wide_engine, lambda store: store.setdefault("n", random()))
    assert len(set(found)) == 1


def test_pop_gives_a_value_to_one_among_many(wide_engine: Engine) -> None:
    with wide_engine.begin() as connection:
        PluginStore(connection, "audit")["n"] = 1
    found = run_at_once(wide_engine, lambda store: store.pop("n", None))
    assert found.count(1) == 1


def test_updates_in_another_order_do_not_wait_for_each_other_in_a_circle(
    wide_engine: Engine,
) -> None:
    keys = [str(number) for number in range(50)]

    def update(store: PluginStore) -> None:
        store.update(dict.fromkeys(sample(keys, len(keys)), 1))

    run_at_once(wide_engine, update)


def test_modify_waits_for_a_value_that_is_being_stored(
    wide_engine: Engine, registered: Database
) -> None:
    with wide_engine.connect() as first, ThreadPoolExecutor() as pool:
        PluginStore(first, "audit")["n"] = 10

        def count() -> object:
            with wide_engine.begin() as second:
                return PluginStore(second, "audit").modify("n", lambda n: n + 1, default=0)

        waiting = pool.submit(count)
        registered.await_lock()
        first.commit()
        assert waiting.result() == 11


def test_plugin_does_not_go_while_a_value_of_it_is_being_stored(wide_engine: Engine) -> None:
    with wide_engine.connect() as first, wide_engine.connect() as second:
        PluginStore(first, "audit")["n"] = 10
        second.execute(text("SET LOCAL lock_timeout = 1"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            second.execute(text("DELETE FROM alembic_plugin WHERE name = 'audit'"))
