"""Stores of plugins: what is refused before anything is sent, and what a process keeps."""

import multiprocessing
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Event, Lock, Thread
from typing import Any, cast

import pytest
from sqlalchemy import Connection, Engine, create_engine, create_mock_engine

import alembic_plugins
from alembic_plugins.store import PluginStore, VolatileStore, volatile_store

CIRCLE: list[object] = []
CIRCLE.append(CIRCLE)

WORDS = "half a surrogate pair|NUL character|numbers are finite|more than 200 levels|at most 2000"

NO_JSON = [{1}, b"a", 1j, Ellipsis, int, Path("a"), {1: "a"}, {None: 1}, {"a": [{"b": {2}}]}]

NOT_KEPT = [
    *(float("nan"), float("inf"), float("-inf"), [float("nan")]),
    *("a\0", ["\0"], {"\0": 1}, "\ud800", "\ude00\ud83d", {"a\udfff": 1}, {"a": "\udcff"}),
    CIRCLE,
]


class Silence:
    """A connection to which nothing is to be sent."""

    def __init__(self) -> None:
        self.sent: list[object] = []
        engine = create_mock_engine("postgresql://", lambda sql, *_args: self.sent.append(sql))
        self.store = PluginStore(cast("Connection", engine), "crm")


def test_names_of_plugins_and_schemas_are_strings() -> None:
    engine = cast("Connection", create_mock_engine("postgresql://", print))
    with pytest.raises(TypeError, match="as the name of a plugin is"):
        PluginStore(engine, cast("str", None))
    with pytest.raises(TypeError, match="as the name of a schema is"):
        PluginStore(engine, "crm", cast("str", 5))


@pytest.fixture
def silence() -> Silence:
    """A connection to which nothing is to be sent, with a store."""
    return Silence()


CHANGES: dict[str, Callable[[PluginStore, Any], object]] = {
    "[]": lambda store, value: store.__setitem__("a", value),
    "update": lambda store, value: store.update({"first": 1, "a": value}),
    "setdefault": lambda store, value: store.setdefault("a", value),
    "modify": lambda store, value: store.modify("a", str, default=value),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("value", NO_JSON, ids=repr)
def test_value_that_is_no_json_is_not_sent(
    silence: Silence, change: Callable[[PluginStore, Any], object], value: object
) -> None:
    with pytest.raises(TypeError, match=r"is no JSON|is no string"):
        change(silence.store, value)
    assert silence.sent == []


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
@pytest.mark.parametrize("value", NOT_KEPT, ids=ascii)
def test_value_that_postgresql_cannot_keep_is_not_sent(
    silence: Silence, change: Callable[[PluginStore, Any], object], value: object
) -> None:
    with pytest.raises(ValueError, match=WORDS):
        change(silence.store, value)
    assert silence.sent == []


KEYED: dict[str, Callable[[PluginStore, Any], object]] = {
    "[]": lambda store, key: store[key],
    "get": lambda store, key: store.get(key),
    "in": lambda store, key: key in store,
    "[]=": lambda store, key: store.__setitem__(key, 1),
    "update": lambda store, key: store.update({key: 1}),
    "del": lambda store, key: store.__delitem__(key),
    "pop": lambda store, key: store.pop(key, None),
    "setdefault": lambda store, key: store.setdefault(key, 1),
    "modify": lambda store, key: store.modify(key, str),
    "find": lambda store, key: store.find(key),
}


@pytest.mark.parametrize("use", KEYED.values(), ids=KEYED)
@pytest.mark.parametrize("key", [1, None, b"a", ("a",)])
def test_key_that_is_no_string_is_not_sent(
    silence: Silence, use: Callable[[PluginStore, Any], object], key: object
) -> None:
    with pytest.raises(TypeError, match="is no string"):
        use(silence.store, key)
    assert silence.sent == []


@pytest.mark.parametrize("use", KEYED.values(), ids=KEYED)
@pytest.mark.parametrize("key", ["\0", "a\ud800"], ids=ascii)
def test_key_that_postgresql_cannot_keep_is_not_sent(
    silence: Silence, use: Callable[[PluginStore, Any], object], key: str
) -> None:
    with pytest.raises(ValueError, match=WORDS):
        use(silence.store, key)
    assert silence.sent == []


@pytest.mark.parametrize("name", ["[]=", "update", "setdefault", "modify"])
def test_key_too_long_for_an_index_is_not_stored(silence: Silence, name: str) -> None:
    with pytest.raises(ValueError, match="at most 2000 bytes"):
        KEYED[name](silence.store, "ü" * 1001)
    assert silence.sent == []


def test_update_with_nothing_sends_nothing(silence: Silence) -> None:
    silence.store.update({})
    assert silence.sent == []


def test_number_with_more_digits_than_python_reads_is_refused(silence: Silence) -> None:
    with pytest.raises(ValueError, match="limit"):
        silence.store["a"] = 10**5000


@pytest.fixture
def engine() -> Engine:
    """An engine that has connected to nothing."""
    return create_engine("postgresql+psycopg://")


def test_engine_is_no_connection(engine: Engine) -> None:
    words = "A store needs a Connection of SQLAlchemy, and 'Engine' is none"
    with pytest.raises(TypeError, match=words):
        PluginStore(cast("Connection", engine), "crm")


@pytest.mark.parametrize("name", [None, 1])
def test_name_of_a_plugin_is_a_string(silence: Silence, name: object) -> None:
    with pytest.raises(TypeError, match="is no string"):
        PluginStore(silence.store._connection, cast("str", name))


def test_import_costs_sqlalchemy_alone() -> None:
    source = (
        "import sys, alembic_plugins.store\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'alembic', 'psycopg', 'mako'})"
    )
    root = Path(alembic_plugins.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", source], cwd=root, capture_output=True, check=True)
    assert done.stdout.split() == []


@pytest.fixture
def kept() -> VolatileStore:
    """An empty store in this process."""
    return VolatileStore()


def test_volatile_store_is_the_same_for_all_who_ask() -> None:
    assert volatile_store("same") is volatile_store("same")


def test_volatile_stores_of_plugins_are_their_own() -> None:
    volatile_store("one").set("key", 1)
    assert not volatile_store("other").has("key")


def test_name_of_a_volatile_store_is_a_string() -> None:
    with pytest.raises(TypeError, match="is no string"):
        volatile_store(cast("str", None))


def test_volatile_value_is_the_object_itself(kept: VolatileStore) -> None:
    value = object()
    kept.set("key", value)
    assert kept.get("key") is value


def test_volatile_value_that_is_not_there_is_the_default(kept: VolatileStore) -> None:
    assert (kept.get("key"), kept.get("key", 7), kept.has("key")) == (None, 7, False)


def test_volatile_value_can_be_none(kept: VolatileStore) -> None:
    kept.set("key", None)
    assert (kept.has("key"), kept.get("key", 7), len(kept)) == (True, None, 1)
    assert kept.get_or_set("key", lambda: 7) is None


def test_remove_tells_whether_there_was_a_value(kept: VolatileStore) -> None:
    kept.set("key", 1)
    assert (kept.remove("key"), kept.remove("key"), len(kept)) == (True, False, 0)


def test_snapshot_is_a_copy(kept: VolatileStore) -> None:
    kept.set("key", 1)
    snapshot = kept.snapshot()
    kept.set("key", 2)
    snapshot["other"] = 3
    assert (snapshot["key"], kept.snapshot()) == (1, {"key": 2})


def test_function_of_get_or_set_is_called_once_among_threads(kept: VolatileStore) -> None:
    calls: list[int] = []
    together = Barrier(8)

    def ask(number: int) -> int:
        together.wait()

        def make() -> int:
            calls.append(number)
            return number

        return kept.get_or_set("key", make)

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(8)))
    assert found == set(calls)
    assert len(calls) == 1


def test_value_of_one_key_is_made_while_that_of_another_is_waited_for(kept: VolatileStore) -> None:
    begun, other_is_made = Event(), Event()

    def make() -> bool:
        begun.set()
        return other_is_made.wait(10)

    thread = Thread(target=kept.get_or_set, args=("slow", make))
    thread.start()
    begun.wait(10)
    kept.get_or_set("quick", other_is_made.set)
    thread.join()
    assert kept.get("slow") is True


def test_function_that_raises_leaves_the_key_to_the_next(kept: VolatileStore) -> None:
    with pytest.raises(ZeroDivisionError):
        kept.get_or_set("key", lambda: 1 // 0)
    assert kept.get_or_set("key", lambda: 2) == 2


def test_value_that_is_set_meanwhile_stays(kept: VolatileStore) -> None:
    def make() -> int:
        kept.set("key", 1)
        return 2

    assert (kept.get_or_set("key", make), kept.get("key")) == (1, 1)


def test_function_may_ask_for_another_value(kept: VolatileStore) -> None:
    assert kept.get_or_set("a", lambda: kept.get_or_set("b", lambda: 1) + 1) == 2


def test_value_is_made_again_after_it_was_removed(kept: VolatileStore) -> None:
    kept.get_or_set("key", lambda: 1)
    kept.remove("key")
    assert kept.get_or_set("key", lambda: 2) == 2


@pytest.mark.filterwarnings("ignore:.*multi-threaded, use of fork")
def test_forked_process_does_not_wait_for_a_thread_that_it_has_not(kept: VolatileStore) -> None:
    begun, lock = Event(), Lock()
    lock.acquire()

    def make() -> int:
        begun.set()
        with lock:
            return 1

    thread = Thread(target=kept.get_or_set, args=("key", make))
    thread.start()
    begun.wait(10)
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=lambda: queue.put(kept.get_or_set("key", lambda: 2)))
    child.start()
    child.join(10)
    lock.release()
    thread.join()
    assert (child.exitcode, queue.get(), kept.get("key")) == (0, 2, 1)
