"""The guard among other sessions, odd transactions, settings and declarations."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from threading import Event

import psycopg
import pytest
from alembic import command
from support.worlds import Run, World, Worlds, clone, execute

from alembic_plugins.errors import NamespaceViolation, TransactionEnded

_BUSY = (
    "CREATE TABLE other.busy (a int PRIMARY KEY)",
    "INSERT INTO other.busy SELECT generate_series(1, 50)",
    "ALTER TABLE other.busy ADD COLUMN b text DEFAULT 'x'",
    "CREATE OR REPLACE FUNCTION other.busily() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "UPDATE other.settings SET rank = rank + 1",
    "GRANT SELECT ON other.users TO public",
    "COMMENT ON TABLE other.users IS 'busy'",
    "DROP FUNCTION other.busily()",
    "DROP TABLE other.busy",
)
_DECLARED = 'namespace = "schema mine"\nrequires = ["required"]\n'


@pytest.fixture
def world(worlds: Worlds) -> Iterator[World]:
    with clone(worlds.find("schema", "owner")) as world:
        yield world


@contextmanager
def _declare(world: World, line: str) -> Iterator[None]:
    world.host.write("plugins/mine/plugin.toml", _DECLARED + line)
    try:
        yield
    finally:
        world.host.write("plugins/mine/plugin.toml", _DECLARED)


def _guard(world: World, mode: str, *functions: Run) -> None:
    config = world.configure("mine", *functions)
    config.set_main_option("plugin_guard", mode)
    command.upgrade(config, f"mine_{len(functions) + 1}")


def _run(*statements: str) -> Run:
    return partial(execute, *statements)


def _work(url: str, begun: Event, ended: Event) -> int:
    """Do all kinds of things again and again; return how many times."""
    rounds = 0
    with psycopg.connect(url, autocommit=True) as connection:
        while not ended.is_set():
            for statement in _BUSY:
                connection.execute(statement.encode())
            rounds += 1
            begun.set()
    return rounds


def test_other_sessions_are_not_taken_for_the_revision(world: World) -> None:
    begun, ended = Event(), Event()
    with ThreadPoolExecutor() as pool:
        work = pool.submit(_work, world.database.plain, begun, ended)
        begun.wait(20)
        world.upgrade(
            _run("CREATE TABLE fresh (a int)", "SELECT pg_sleep(0.5)"),
            _run("ALTER TABLE fresh ADD COLUMN b int", "SELECT pg_sleep(0.5)"),
        )
        ended.set()

    assert work.result() > 1


def test_transaction_of_another_session_that_is_open_is_not_taken_for_ours(world: World) -> None:
    with psycopg.connect(world.database.plain) as other:
        other.execute("ALTER TABLE other.users ADD COLUMN more int")
        other.execute("CREATE FUNCTION other.fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'")

        world.execute("CREATE TABLE fresh (a int)")


def test_violation_is_seen_among_other_sessions(world: World) -> None:
    with psycopg.connect(world.database.plain) as other:
        other.execute("ALTER TABLE other.users ADD COLUMN more int")

        with pytest.raises(NamespaceViolation) as caught:
            world.execute("DROP TABLE other.scratch")

    assert tuple(caught.value.violations) == (
        "drops table other.scratch, which belongs to plugin 'other'",
    )


def test_rollback_in_revision_is_refused(world: World) -> None:
    before = world.snapshot()

    with pytest.raises(TransactionEnded) as caught:
        world.execute("CREATE TABLE fresh (a int)", "ROLLBACK")

    assert (caught.value.plugin, tuple(caught.value.revisions)) == ("mine", ("mine_2",))
    assert world.snapshot() == before


def test_commit_in_revision_is_told(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.execute("CREATE TABLE fresh (a int)", "COMMIT")

    assert "Revision mine_2 of 'mine' has ended its transaction" in caplog.text


def test_warning_guard_tells_of_violation(world: World, caplog: pytest.LogCaptureFixture) -> None:
    _guard(world, "warn", _run("DROP TABLE other.scratch"))

    words = "Revision mine_2 of 'mine' drops table other.scratch, which belongs to plugin 'other'."
    assert words in caplog.messages


def test_warning_guard_lets_violation_happen(world: World) -> None:
    _guard(world, "warn", _run("DROP TABLE other.scratch"))

    assert "other.scratch" not in world.database.tables()


def test_guard_that_is_off_says_nothing(world: World, caplog: pytest.LogCaptureFixture) -> None:
    _guard(world, "off", _run("DROP TABLE other.scratch"))

    assert "other.scratch" not in caplog.text


def test_guard_that_is_off_lets_violation_happen(world: World) -> None:
    _guard(world, "off", _run("DROP TABLE other.scratch"))

    assert "other.scratch" not in world.database.tables()


@pytest.mark.parametrize("name", ["users", "public.users"])
def test_writing_of_declared_table_is_allowed(world: World, name: str) -> None:
    with _declare(world, f'writes = ["{name}"]\n'):
        world.execute("UPDATE public.users SET email = 'new'")

    assert world.database.values("SELECT email FROM public.users") == ["new"]


def test_writing_of_table_beside_declared_one_is_refused(world: World) -> None:
    with (
        _declare(world, 'writes = ["users"]\n'),
        pytest.raises(NamespaceViolation, match=r"writes to table public\.scratch, which"),
    ):
        world.execute("DELETE FROM public.scratch")


def test_declared_extension_is_allowed(world: World) -> None:
    with _declare(world, 'extensions = ["citext"]\n'):
        world.execute("CREATE EXTENSION IF NOT EXISTS citext")

    assert world.database.values("SELECT extname FROM pg_extension WHERE extname = 'citext'")


def test_extension_beside_declared_one_is_refused(world: World) -> None:
    with (
        _declare(world, 'extensions = ["citext"]\n'),
        pytest.raises(NamespaceViolation, match="creates extension hstore"),
    ):
        world.execute("CREATE EXTENSION hstore")


def test_guilty_revision_is_named(world: World) -> None:
    with pytest.raises(NamespaceViolation) as caught:
        world.upgrade(
            _run("CREATE TABLE one (a int)"),
            _run("DROP TABLE other.scratch"),
            _run("CREATE TABLE two (a int)"),
        )

    assert tuple(caught.value.revisions) == ("mine_3",)


def test_violation_takes_back_innocent_revisions_too(world: World) -> None:
    before = world.snapshot()

    with pytest.raises(NamespaceViolation):
        world.upgrade(_run("CREATE TABLE one (a int)"), _run("DROP TABLE other.scratch"))

    assert world.snapshot() == before


def test_downgrade_is_guarded(world: World) -> None:
    world.execute("CREATE TABLE fresh (a int)")
    config = world.configure("mine", down=_run("DROP TABLE other.scratch"))

    with pytest.raises(NamespaceViolation) as caught:
        command.downgrade(config, "mine_1")

    assert tuple(caught.value.revisions) == ("mine_2",)


def test_host_is_guarded(world: World) -> None:
    config = world.configure("host")
    config.attributes.update(plugin="host", host_4_up=_run("DROP TABLE other.scratch"))

    with pytest.raises(NamespaceViolation, match=r"'host_4' of 'host'.*table other\.scratch"):
        command.upgrade(config, "host_4")


def test_host_is_at_home_among_its_own(world: World) -> None:
    config = world.configure("host")
    config.attributes.update(plugin="host", host_4_up=_run("DROP TABLE scratch"))

    command.upgrade(config, "host_4")

    assert "public.scratch" not in world.database.tables()
