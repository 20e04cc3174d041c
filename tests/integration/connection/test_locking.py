"""One migration at a time."""

import subprocess
import sys
from collections.abc import Callable, Iterator

import psycopg
import pytest
from alembic.config import Config
from sqlalchemy import Connection, StaticPool, create_engine, text
from sqlalchemy.exc import ProgrammingError
from support.databases import Database
from support.disturbances import tell
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.connection.locking import hold_lock
from alembic_plugins.errors import (
    LeftoverObjects,
    LockLost,
    LockTimeout,
    MigrationFailed,
    NotQuarantined,
    PluginError,
    PluginInUse,
    SchemaTaken,
)
from alembic_plugins.execution.display import Display

# Workers share a server, and advisory locks are those of a database.
_HELD = """
    FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()
"""

LOCKS = f"SELECT count(*) {_HELD}"

KEYS = f"SELECT l.classid::int8::int, l.objid::int8::int {_HELD} ORDER BY 1"

PIDS = f"SELECT l.pid {_HELD} ORDER BY l.classid"

# Waits in the server until a command waits for a table, or until the first lock of one is free.
_AWAIT = """
    DO $$ BEGIN
        WHILE {0} LOOP
            PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
            ASSERT clock_timestamp() < now() + interval '1 minute';
        END LOOP;
    END $$
"""

AWAIT_WAITING = _AWAIT.format(
    "NOT EXISTS (SELECT FROM pg_locks WHERE relation = 'accounts'::regclass AND NOT granted)"
)

AWAIT_FIRST_LOCK = _AWAIT.format(f"(SELECT count(*) {_HELD}) <> 1")

END_ONE = "SELECT pg_terminate_backend({0}, 10000)"

END_HOLDERS = f"SELECT pg_terminate_backend(l.pid) {_HELD}"


def ignore(_line: str) -> None:
    """Be told who holds the lock."""


def test_two_locks_are_held_while_the_block_runs(
    connection: Connection, database: Database
) -> None:
    with hold_lock(connection, "versions", 0, ignore):
        assert database.values(LOCKS) == [2]


def test_lock_is_free_after_the_block(connection: Connection, database: Database) -> None:
    with hold_lock(connection, "versions", 0, ignore):
        pass
    assert database.values(LOCKS) == [0]


def test_lock_is_free_after_a_failure(connection: Connection, database: Database) -> None:
    with pytest.raises(ValueError, match="no"), hold_lock(connection, "versions", 0, ignore):
        raise ValueError("no")
    assert database.values(LOCKS) == [0]


def test_lock_outlives_the_transactions_of_the_migration(
    connection: Connection, database: Database
) -> None:
    with hold_lock(connection, "versions", 0, ignore):
        connection.execute(text("SELECT 1"))
        connection.rollback()
        assert database.values(LOCKS) == [2]


def test_second_migration_names_the_first(connection: Connection) -> None:
    second = hold_lock(connection, "versions", 0, ignore)
    with hold_lock(connection, "versions", 0, ignore), pytest.raises(LockTimeout) as excinfo:
        second.__enter__()
    assert "alembic" in excinfo.value.holder


def test_other_version_tables_have_locks_of_their_own(
    connection: Connection, database: Database
) -> None:
    with hold_lock(connection, "a", 0, ignore), hold_lock(connection, "b", 0, ignore):
        assert database.values(LOCKS) == [4]


def test_lock_that_was_lost_is_told(connection: Connection, database: Database) -> None:
    with pytest.raises(LockLost), hold_lock(connection, "versions", 0, ignore):
        database.execute(END_HOLDERS)


def test_failure_is_told_where_the_lock_was_lost_too(
    connection: Connection, database: Database
) -> None:
    with pytest.raises(ValueError, match="no"), hold_lock(connection, "versions", 0, ignore):
        raise ValueError(f"no {database.values(END_HOLDERS)}")


def test_second_lock_is_held_until_the_transaction_of_the_caller_ends(
    connection: Connection, database: Database
) -> None:
    with connection.begin() as transaction:
        with hold_lock(connection, "version", 1, ignore):
            pass
        assert database.values(LOCKS) == [1]
        transaction.rollback()
    assert database.values(LOCKS) == [0]


def test_transaction_of_the_caller_is_left_open(connection: Connection) -> None:
    connection.execute(text("CREATE TEMPORARY TABLE kept (id int)"))
    with hold_lock(connection, "versions", 0, ignore):
        assert connection.scalar(text("SELECT count(*) FROM kept")) == 0


@pytest.fixture
def runaway(connection: Connection, database: Database) -> Iterator[psycopg.Connection]:
    """A session with the second lock alone: its process has died, and the first lock with it."""
    with hold_lock(connection, "versions", 0, ignore):
        _, second = database.query(KEYS)
    with psycopg.connect(database.plain, autocommit=True, application_name="runaway") as session:
        session.execute("SELECT pg_advisory_lock(%s, %s)", second)
        yield session


def test_first_lock_has_a_connection_of_its_own(connection: Connection, database: Database) -> None:
    with hold_lock(connection, "versions", 0, ignore):
        first, second = database.values(PIDS)
    assert second == connection.scalar(text("SELECT pg_backend_pid()"))
    assert first != second


def test_session_that_still_runs_is_waited_for(
    connection: Connection, runaway: psycopg.Connection
) -> None:
    waiting = hold_lock(connection, "versions", 300, lambda _line: runaway.close())
    with waiting:
        assert runaway.closed


def test_migration_that_waits_tells_for_whom(
    connection: Connection, runaway: psycopg.Connection
) -> None:
    told: list[str] = []

    def tell_and_end(line: str) -> None:
        told.append(line)
        runaway.close()

    words = f"Waiting for another migration: process {runaway.info.backend_pid}, 'runaway', since "
    with hold_lock(connection, "versions", 300, tell_and_end):
        assert told[0].startswith(words)


@pytest.mark.usefixtures("runaway")
def test_session_that_still_runs_is_named(connection: Connection) -> None:
    with pytest.raises(LockTimeout) as excinfo, hold_lock(connection, "versions", 0, ignore):
        pass
    assert "'runaway'" in excinfo.value.holder


@pytest.mark.usefixtures("runaway")
def test_first_lock_is_free_again_where_the_second_was_not_to_be_had(
    connection: Connection, database: Database
) -> None:
    with pytest.raises(LockTimeout), hold_lock(connection, "versions", 0, ignore):
        pass
    assert database.values(LOCKS) == [1]


def test_second_migration_that_gives_up_leaves_the_locks_of_the_first(
    connection: Connection, database: Database
) -> None:
    with hold_lock(connection, "versions", 0, ignore):
        before = database.values(PIDS)
        with pytest.raises(LockTimeout), hold_lock(connection, "versions", 0, ignore):
            pass
        assert database.values(PIDS) == before


@pytest.mark.parametrize("number", [0, 1])
def test_each_of_the_locks_that_was_lost_is_told(
    connection: Connection, database: Database, number: int
) -> None:
    with pytest.raises(LockLost), hold_lock(connection, "versions", 0, ignore):
        database.execute(END_ONE.format(database.values(PIDS)[number]))


def test_no_transaction_is_left_open(connection: Connection) -> None:
    with hold_lock(connection, "versions", 0, ignore):
        assert not connection.in_transaction()
    assert not connection.in_transaction()


def test_locks_are_free_after_the_transaction_of_the_caller_has_failed(
    connection: Connection, database: Database
) -> None:
    connection.begin()
    with pytest.raises(ProgrammingError), hold_lock(connection, "versions", 0, ignore):
        connection.execute(text("SELECT * FROM nowhere"))
    connection.rollback()
    assert database.values(LOCKS) == [0]


REFUSED: dict[str, tuple[type[PluginError], Callable[[Config], object]]] = {
    "a failure": (MigrationFailed, lambda c: commands.install(c, ["fails_in_sql"])),
    "in use": (PluginInUse, lambda c: commands.uninstall(c, ["billing"])),
    "leftovers": (LeftoverObjects, lambda c: commands.uninstall(c, ["leaves_leftovers"])),
    "not to be kept": (SchemaTaken, lambda c: commands.uninstall(c, ["shares"], keep_data=True)),
    "not quarantined": (NotQuarantined, lambda c: commands.restore(c, "billing_old")),
}


@pytest.mark.parametrize("why", REFUSED)
def test_locks_are_free_after_a_refusal(host: Host, connection: Connection, why: str) -> None:
    host.add(
        "fails_in_sql",
        "billing",
        "crm_requires_billing",
        "leaves_leftovers",
        shares="named_by_prefix",
    )
    host.write("plugins/shares/plugin.toml", 'namespace = "schema public existing"\n')
    commands.install(host.config(), ["crm_requires_billing", "leaves_leftovers", "shares"])
    host.database.execute("CREATE SCHEMA quarantine_shares")
    error, refused = REFUSED[why]
    with pytest.raises(error):
        refused(host.config(connection=connection))
    assert host.database.values(LOCKS) == [0]


def test_locks_are_free_after_a_command(host: Host, connection: Connection) -> None:
    commands.install(host.add("billing").config(connection=connection), ["billing"])
    assert host.database.values(LOCKS) == [0]


def test_locks_are_free_after_an_autocommit_block(host: Host, connection: Connection) -> None:
    commands.install(host.add("autocommit").config(connection=connection), ["autocommit"])
    assert host.database.values(LOCKS) == [0]


def test_migration_on_the_one_connection_of_a_pool_is_a_transaction(host: Host) -> None:
    engine = create_engine(host.database.url, poolclass=StaticPool)
    with engine.connect() as connection, pytest.raises(MigrationFailed):
        commands.install(host.add("fails_midway").config(connection=connection), ["fails_midway"])
    engine.dispose()
    assert host.database.schemas() == []


@pytest.fixture
def killed(host: Host) -> Iterator[psycopg.Connection]:
    """A session for whose sake a statement of a killed process still waits."""
    wait = "op.execute('CREATE TABLE t (id int); LOCK TABLE accounts')"
    tell(host, wait).parent.parent.rename(host.folder / "plugins" / "late")
    host.run("upgrade", "head")
    with psycopg.connect(host.database.plain) as session:
        session.execute("LOCK TABLE accounts")
        command = [sys.executable, "-m", "alembic", "plugin", "install", "late"]
        with subprocess.Popen(command, cwd=host.folder, stderr=subprocess.DEVNULL) as process:
            host.database.execute(AWAIT_WAITING)
            process.kill()
        host.database.execute(AWAIT_FIRST_LOCK)
        yield session


@pytest.mark.usefixtures("killed")
def test_what_the_server_does_for_a_killed_process_is_waited_for(host: Host) -> None:
    host.configure("plugin_lock_wait = 0")
    with pytest.raises(LockTimeout):
        commands.install(host.config(), ["late"])


def test_what_the_server_did_for_a_killed_process_is_seen(
    host: Host, killed: psycopg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Display, "tell", lambda _self, _words: killed.close())
    commands.install(host.config(), ["late"])
    assert host.database.applied() == ["host_1", "host_2", "story_1"]


def test_idle_session_timeout_does_not_end_the_session_of_the_lock(
    connection: Connection, database: Database
) -> None:
    name = connection.engine.url.database
    database.execute(f"ALTER DATABASE {name} SET idle_session_timeout = '1h'")
    with hold_lock(connection, "versions", 0, ignore) as locking:
        assert locking is not None
        assert locking.scalar(text("SHOW idle_session_timeout")) == "0"


def test_lock_that_was_lost_is_told_where_its_session_is_asked(
    connection: Connection, database: Database
) -> None:
    def ask(locking: Connection | None) -> None:
        assert locking is not None
        database.execute(END_ONE.format(database.values(PIDS)[0]))
        locking.execute(text("SELECT 1"))

    with pytest.raises(LockLost), hold_lock(connection, "versions", 0, ignore) as locking:
        ask(locking)


def test_command_whose_lock_is_lost_says_so_and_changes_nothing(host: Host) -> None:
    host.run("upgrade", "head")
    host.revise(
        "crm",
        f"SELECT pg_terminate_backend(l.pid, 10000) {_HELD} AND l.pid <> pg_backend_pid()",
    ).revise("crm", "CREATE TABLE a ()")
    assert host.refuse("plugin", "install", "crm").startswith("The lock of ")


def test_command_whose_connection_is_lost_says_so(host: Host) -> None:
    host.run("upgrade", "head")
    host.revise("crm", "CREATE TABLE a ()")
    end = "SELECT pg_terminate_backend(pg_backend_pid())"
    host.revise("crm", f"CREATE TABLE b (); CREATE TABLE c AS {end} AS x")
    words = host.refuse("plugin", "install", "crm")
    assert "terminating connection due to administrator command" in words
    failed = "SELECT count(*) FROM alembic_plugin_event WHERE outcome = 'failed'"
    assert host.database.values(failed) == [1]
