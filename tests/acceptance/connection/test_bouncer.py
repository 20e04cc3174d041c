"""PostgreSQL behind PgBouncer: pools of transactions are refused, pools of sessions are not."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection
from support.bouncer import PROGRAM, fill_pool, run_bouncer
from support.databases import Database
from support.hosts import Host
from support.servers import Server

from alembic_plugins.connection.locking import hold_lock
from alembic_plugins.errors import PooledConnection

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="no pgbouncer program on PATH or in /usr/sbin"
)

Environment = dict[str, str]

LOCKS = """
    SELECT count(*) FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND d.datname = current_database()
"""

NAMES = """
    SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND application_name LIKE 'alembic %'
"""

# How many sessions, and whether they are used in turn. Two connections that ask in turn have two
# such sessions as if each were its own.
POOLS = {
    "one": (1, False),
    "two": (2, False),
    "two in turn": (2, True),
    "many": (20, False),
    "many in turn": (20, True),
}

COMMANDS = ["plugin install billing", "upgrade heads"]


def find_on(server: Server, database: Database) -> Database:
    """Return the same database as it is reached through another server."""
    return Database(database.url.set(host=None, port=server.port, query={"host": server.host}))


def lead_to(database: Database) -> Environment:
    """Return what leads a command to a database."""
    return {"DATABASE_URL": database.text}


@pytest.fixture(params=POOLS.values(), ids=list(POOLS))
def transactions(
    request: pytest.FixtureRequest, server: Server, database: Database
) -> Iterator[Environment]:
    """What leads to the database through a pool that gives sessions for a transaction."""
    size, rotates = request.param
    with run_bouncer(server, "transaction", size, rotates=rotates) as bouncer:
        through = find_on(bouncer, database)
        fill_pool(through, min(size, 3))
        yield lead_to(through)


@pytest.fixture(params=[2, 20])
def sessions(
    request: pytest.FixtureRequest, server: Server, database: Database
) -> Iterator[Environment]:
    """What leads to the database through a pool that gives sessions for as long as it is used."""
    with run_bouncer(server, "session", request.param) as bouncer:
        yield lead_to(find_on(bouncer, database))


@pytest.fixture
def ready(host: Host) -> Host:
    """A host with a plugin, which does not wait for another migration."""
    return host.add("billing").configure("plugin_lock_wait = 0")


@pytest.fixture
def installed(ready: Host) -> Host:
    """The same, with the plugin installed."""
    ready.run("plugin", "install", "billing")
    return ready


@pytest.mark.parametrize("command", COMMANDS)
def test_pool_of_transactions_is_refused(
    ready: Host, transactions: Environment, command: str
) -> None:
    words = ready.fail(*command.split(), env=transactions)
    assert words == str(PooledConnection())


def test_uninstall_through_a_pool_of_transactions_is_refused(
    installed: Host, transactions: Environment
) -> None:
    words = installed.fail("plugin", "uninstall", "billing", "--yes", env=transactions)
    assert words == str(PooledConnection())


def test_refusal_changes_nothing(installed: Host, transactions: Environment) -> None:
    before = installed.database.dump()
    installed.fail("plugin", "uninstall", "billing", "--yes", env=transactions)
    assert installed.database.dump() == before


def test_refusal_leaves_no_lock(ready: Host, transactions: Environment) -> None:
    ready.fail("plugin", "install", "billing", env=transactions)
    assert ready.database.values(LOCKS) == [0]


def test_refusal_leaves_our_name_on_no_session(ready: Host, transactions: Environment) -> None:
    ready.fail("plugin", "install", "billing", env=transactions)
    assert ready.database.values(NAMES) == [0]


def test_server_itself_migrates_right_after_a_refusal(
    ready: Host, transactions: Environment
) -> None:
    ready.fail("plugin", "install", "billing", env=transactions)
    ready.succeed("plugin", "install", "billing")
    assert ready.database.plugins() == ["billing"]


def test_plugins_are_listed_through_a_pool_of_transactions(
    installed: Host, transactions: Environment
) -> None:
    result = installed.alembic("plugin", "list", env=transactions)
    assert result.stdout == installed.succeed("plugin", "list").stdout


def test_plugin_is_installed_through_a_pool_of_sessions(ready: Host, sessions: Environment) -> None:
    result = ready.alembic("plugin", "install", "billing", env=sessions)
    assert result.exit_code == 0, result.output
    assert ready.database.plugins() == ["billing"]


def test_heads_are_reached_through_a_pool_of_sessions(
    installed: Host, sessions: Environment
) -> None:
    installed.run("downgrade", "host_1")
    result = installed.alembic("upgrade", "heads", env=sessions)
    assert result.exit_code == 0, result.output


def test_plugin_is_uninstalled_through_a_pool_of_sessions(
    installed: Host, sessions: Environment
) -> None:
    result = installed.alembic("plugin", "uninstall", "billing", "--yes", env=sessions)
    assert result.exit_code == 0, result.output
    assert installed.database.plugins() == []


def test_lock_is_free_after_a_migration_through_a_pool_of_sessions(
    ready: Host, sessions: Environment
) -> None:
    ready.alembic("plugin", "install", "billing", env=sessions)
    assert ready.database.values(LOCKS) == [0]


def test_pool_of_sessions_sees_a_migration_on_the_server_itself(
    ready: Host, sessions: Environment, connection: Connection
) -> None:
    with hold_lock(connection, ".alembic_version", 0, print):
        words = ready.fail("plugin", "install", "billing", env=sessions)
    assert words.startswith("Another migration is running")


def test_pool_of_one_session_is_not_waited_for_without_end(ready: Host, server: Server) -> None:
    with run_bouncer(server, "session", 1) as bouncer:
        words = ready.fail("upgrade", "heads", env=lead_to(find_on(bouncer, ready.database)))
    assert "query_wait_timeout" in words


def test_pool_of_statements_is_refused(ready: Host, server: Server) -> None:
    with run_bouncer(server, "statement") as bouncer:
        words = ready.fail("upgrade", "heads", env=lead_to(find_on(bouncer, ready.database)))
    assert "statement pooling mode" in words
