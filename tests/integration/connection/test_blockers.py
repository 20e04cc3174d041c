"""Who holds what a migration waits for, and for how long it does."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from support.databases import Database
from support.hosts import Host

from alembic_plugins.connection.locking import hold_lock

BLOCKED = "CREATE TABLE seen AS SELECT current_setting('lock_timeout') AS value"

IN_BLOCK = """
from alembic import op

revision = "foo_1"
down_revision = None


def upgrade():
    with op.get_context().autocommit_block():
        op.execute("CREATE TABLE inside AS SELECT current_setting('lock_timeout') AS value")
    op.execute("{}")


def downgrade():
    pass
"""


@pytest.fixture
def items(database: Database) -> Iterator[psycopg.Connection]:
    """A session that holds a lock on table items, and does nothing."""
    database.execute("CREATE TABLE items (id int)")
    with psycopg.connect(database.plain, application_name="report") as session:
        session.execute("LOCK TABLE items")
        yield session
        session.rollback()


def test_who_holds_a_lock_is_told(connection: Connection, items: psycopg.Connection) -> None:
    told: list[str] = []

    def tell_and_end(line: str) -> None:
        told.append(line)
        items.rollback()

    with hold_lock(connection, "versions", 0, tell_and_end):
        connection.execute(text("SELECT * FROM items"))
    pid = items.info.backend_pid
    words = f"lock on items, held by process {pid}, 'report', idle in transaction, its last query"
    assert told[0].startswith(f"Waiting for a {words} from ")


def test_who_holds_the_lock_of_another_transaction_is_told(
    connection: Connection, items: psycopg.Connection
) -> None:
    told: list[str] = []

    def tell_and_end(line: str) -> None:
        told.append(line)
        items.rollback()

    items.execute("CREATE UNIQUE INDEX ON items (id); INSERT INTO items VALUES (1)")
    items.commit()
    items.execute("INSERT INTO items VALUES (2)")
    with hold_lock(connection, "versions", 0, tell_and_end):
        connection.execute(text("INSERT INTO items VALUES (2)"))
    assert told[0].startswith(f"Waiting for a lock, held by process {items.info.backend_pid}, ")


def test_second_connection_that_waits_for_the_first_is_told(
    connection: Connection, database: Database
) -> None:
    told: list[str] = []
    database.execute("CREATE TABLE items (id int)")

    def tell_and_end(line: str) -> None:
        told.append(line)
        database.execute("SELECT pg_cancel_backend(pid) FROM pg_locks WHERE NOT granted")

    with hold_lock(connection, "versions", 0, tell_and_end):
        connection.execute(text("LOCK TABLE items"))
        with connection.engine.connect() as second, pytest.raises(DBAPIError, match="cancel"):
            second.execute(text("SELECT * FROM items"))
        connection.rollback()
    assert told[0].endswith(", a connection of this very process")


def test_failure_names_who_held_the_lock(host: Host, items: psycopg.Connection) -> None:
    host.configure("plugin_lock_timeout = 8", "plugin_guard = off")
    host.write("plugins/foo/versions/foo_1.py", IN_BLOCK.format("SELECT * FROM public.items"))
    words = host.fail("plugin", "install", "foo")
    who = f"the lock is held by process {items.info.backend_pid}, 'report'"
    assert "canceling statement due to lock timeout" in words
    assert who in words
    assert who in host.succeed("plugin", "history", "foo").stdout


@pytest.mark.parametrize(
    ("option", "setting", "expected"),
    [("", "0", "10s"), ("", "3s", "3s"), ("plugin_lock_timeout = 0", "3s", "0")],
)
def test_lock_timeout_has_a_default_that_comes_last(
    host: Host, option: str, setting: str, expected: str
) -> None:
    name = host.database.url.database
    host.database.execute(f"ALTER DATABASE {name} SET lock_timeout = '{setting}'")
    host.configure(option).revise("foo", BLOCKED).run("plugin", "install", "foo")
    assert host.database.values("SELECT value FROM foo.seen") == [expected]


def test_lock_timeout_does_not_hold_in_an_autocommit_block(host: Host) -> None:
    host.write("plugins/foo/versions/foo_1.py", IN_BLOCK.format(BLOCKED))
    host.run("plugin", "install", "foo")
    both = host.database.query("SELECT i.value, s.value FROM foo.inside i, foo.seen s")
    assert both == [("0", "10s")]


@pytest.fixture
def used(host: Host) -> Host:
    """A plugin whose table a view of another one and one made by hand use."""
    host.configure("plugin_guard = off")
    host.revise("foo", "CREATE TABLE a (i int)", "DROP TABLE a")
    host.revise("bar", "CREATE VIEW v AS SELECT * FROM foo.a", "DROP VIEW v")
    host.run("plugin", "install", "foo", "bar")
    return host


def test_drop_that_others_depend_on_names_objects_and_plugins(used: Host) -> None:
    used.revise("foo", "DROP TABLE a")
    words = used.refuse("plugin", "upgrade", "foo")
    assert "depends on table a" in words
    assert "it is used by" in words
    assert "view bar.v of plugin 'bar'" in words


def test_downgrade_that_others_depend_on_names_objects_and_plugins(used: Host) -> None:
    used.revise("foo", "SELECT 1", "DROP TABLE a").run("plugin", "upgrade", "foo")
    words = used.refuse("-x", "plugin=foo", "downgrade", "-1")
    assert "is needed by bar: " in words
    assert "view bar.v of plugin 'bar'" in words


def test_drop_that_the_host_depends_on_names_the_object(used: Host) -> None:
    used.run("plugin", "uninstall", "bar", "--yes")
    used.database.execute("CREATE VIEW public.mine AS SELECT * FROM foo.a")
    used.revise("foo", "DROP TABLE a")
    assert "view public.mine of the host" in used.refuse("plugin", "upgrade", "foo")


def test_what_hinders_a_drop_is_named_with_its_schema_wherever_that_is(used: Host) -> None:
    used.run("plugin", "uninstall", "bar", "--yes")
    used.database.execute(
        "CREATE VIEW foo.v AS SELECT * FROM foo.a; CREATE VIEW public.w AS SELECT * FROM foo.a"
    )
    words = used.refuse("plugin", "uninstall", "foo", "--yes", "--with-unknown-objects")
    assert "used by view public.w of the host." in words
    words = used.refuse("-x", "plugin=foo", "downgrade", "base")
    assert "used by view foo.v, view public.w of the host." in words


def test_what_begins_with_the_name_of_a_user_is_no_user(used: Host) -> None:
    used.run("plugin", "uninstall", "bar", "--yes")
    used.revise("foo", "CREATE TABLE b ()").run("plugin", "upgrade", "foo")
    used.database.execute("CREATE VIEW v AS SELECT 1 AS n FROM foo.b")
    used.database.execute("CREATE VIEW v_more AS SELECT 1 AS n FROM foo.a")
    used.revise("foo", "DROP TABLE a")
    words = used.refuse("plugin", "upgrade", "foo")
    assert "it is used by view public.v_more of the host." in words
