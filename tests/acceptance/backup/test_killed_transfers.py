"""Backups and restores that are killed: the next command completes them, or takes them back.

A lock that another session holds tells how far a command has come when it is killed, so that
nothing here depends on time.
"""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.schema import CreateSchema
from support.hosts import Host

from alembic_plugins.registry.tables import BACKUP_SCHEMA, TRANSFER, make_tables

EVENTS = "alembic_plugin_event IN SHARE ROW EXCLUSIVE MODE"
ACCOUNTS = "accounts IN ACCESS EXCLUSIVE MODE"
ITEMS = "shop_items IN ROW EXCLUSIVE MODE"

KILLS = pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])

FILL = """
    INSERT INTO accounts VALUES (1, 'a@example.org', true) ON CONFLICT DO NOTHING;
    INSERT INTO shop_items (word) VALUES ('{0}');
    INSERT INTO shop_orders (item_id, account_id) SELECT min(id), 1 FROM shop_items
"""


@pytest.fixture
def shop(host: Host) -> Host:
    """A host with an installed plugin that has rows."""
    host.add("shop_by_prefix").run("plugin", "install", "shop_by_prefix")
    host.database.execute(FILL.format("live"))
    return host


@pytest.fixture
def gone(shop: Host) -> Host:
    """A host without the plugin, but with a backup of it."""
    shop.run(*uninstall("old"))
    return shop


@pytest.fixture
def gone_twice(gone: Host) -> Host:
    """The same, with a second backup, which has other rows."""
    gone.run("plugin", "install", "shop_by_prefix")
    gone.database.execute(FILL.format("new"))
    gone.run(*uninstall("new"))
    return gone


@pytest.fixture(autouse=True)
def _in_folder(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(host.folder)


@contextmanager
def holding(host: Host, lock: str) -> Iterator[None]:
    """Hold a lock while the block runs."""
    with psycopg.connect(host.database.plain) as connection:
        connection.execute(f"LOCK TABLE {lock}".encode())
        yield


def kill(host: Host, end: signal.Signals, *arguments: str) -> None:
    """Start a command, and end it when it waits for a lock."""
    command = [sys.executable, "-m", "alembic", *arguments]
    output = subprocess.DEVNULL
    with subprocess.Popen(command, cwd=host.folder, stdout=output, stderr=output) as process:
        host.database.await_lock()
        process.send_signal(end)
    assert process.returncode == -end


def restore(word: str) -> tuple[str, ...]:
    """Return the command that restores a backup."""
    return ("plugin", "restore", "shop_by_prefix", "--from", f"{word}.dump")


def uninstall(word: str) -> tuple[str, ...]:
    """Return the command that writes a backup."""
    return ("plugin", "uninstall", "shop_by_prefix", "--yes", "--backup", f"{word}.dump")


def words(host: Host) -> list[object]:
    """Return the rows of the plugin."""
    return host.database.values("SELECT word FROM shop_items")


def check_clean(host: Host) -> None:
    """Check that nothing is left of what was at work."""
    assert host.database.schemas() == []
    assert list(host.folder.glob(".alembic-plugins*")) == []
    sessions = "SELECT application_name FROM pg_stat_activity WHERE application_name ~ 'plugins'"
    assert host.database.values(f"{sessions} AND datname = current_database()") == []


@pytest.mark.parametrize(
    ("lock", "end"),
    [(EVENTS, signal.SIGKILL), (ACCOUNTS, signal.SIGKILL), (ACCOUNTS, signal.SIGTERM)],
)
def test_restore_that_was_killed_is_done_again(gone: Host, lock: str, end: signal.Signals) -> None:
    with holding(gone, lock):
        kill(gone, end, *restore("old"))
    assert gone.succeed(*restore("old")).lines == ["restored shop_by_prefix"]
    assert words(gone) == ["live"]
    check_clean(gone)


@pytest.mark.parametrize("lock", [EVENTS, ACCOUNTS])
def test_restore_that_was_killed_gives_way_to_another(gone_twice: Host, lock: str) -> None:
    with holding(gone_twice, lock):
        kill(gone_twice, signal.SIGKILL, *restore("old"))
    gone_twice.succeed(*restore("new"))
    assert words(gone_twice) == ["new"]
    check_clean(gone_twice)


@KILLS
def test_restore_that_was_killed_may_be_followed_at_once(gone: Host, end: signal.Signals) -> None:
    with holding(gone, ACCOUNTS):
        kill(gone, end, *restore("old"))
        gone.succeed("plugin", "repair")
        check_clean(gone)
    assert "shop_items" not in " ".join(map(str, gone.database.tables()))


@pytest.mark.parametrize(
    "command", ["plugin install shop_by_prefix", "upgrade heads", "plugin forget shop_by_prefix"]
)
def test_next_command_completes_a_restore(gone: Host, command: str) -> None:
    with holding(gone, EVENTS):
        kill(gone, signal.SIGKILL, *restore("old"))
    gone.succeed(*command.split(), *(["--yes"] if "forget" in command else []))
    assert words(gone) == ["live"]
    check_clean(gone)


def test_completed_restore_is_in_the_registry(gone: Host) -> None:
    with holding(gone, EVENTS):
        kill(gone, signal.SIGKILL, *restore("old"))
    gone.run("upgrade", "heads")
    assert gone.database.plugins() == ["shop_by_prefix"]
    event = "SELECT action || ' ' || outcome FROM alembic_plugin_event ORDER BY id DESC LIMIT 1"
    assert gone.database.values(event) == ["restore done"]


def test_command_that_reads_leaves_a_restore_as_it_is(gone: Host) -> None:
    with holding(gone, EVENTS):
        kill(gone, signal.SIGKILL, *restore("old"))
    gone.succeed("plugin", "list")
    assert gone.database.plugins() == []


def test_what_others_use_of_a_killed_restore_is_kept(
    gone_twice: Host,
) -> None:
    with holding(gone_twice, EVENTS):
        kill(gone_twice, signal.SIGKILL, *restore("old"))
    gone_twice.database.execute("CREATE VIEW report AS SELECT * FROM shop_items")
    assert "used by view public.report" in gone_twice.fail(*restore("new"))
    assert words(gone_twice) == ["live"]


def test_session_of_a_program_that_was_left_is_ended(gone_twice: Host) -> None:
    with holding(gone_twice, ACCOUNTS):
        kill(gone_twice, signal.SIGKILL, *restore("old"))
    table = "alembic_plugin_backup.alembic_plugin_transfer"
    identity = gone_twice.database.values(f"SELECT backup FROM {table}")[0]
    name = f"alembic_plugins {identity}"
    with psycopg.connect(gone_twice.database.plain, application_name=name) as survivor:
        survivor.execute("CREATE TABLE shop_items ()")
        gone_twice.succeed(*restore("new"))
        with pytest.raises(psycopg.OperationalError):
            survivor.execute("SELECT 1")
    assert words(gone_twice) == ["new"]


@pytest.mark.parametrize(("lock", "end"), [(EVENTS, signal.SIGKILL), (ITEMS, signal.SIGTERM)])
def test_uninstall_that_was_killed_is_done_again(
    shop: Host, lock: str, end: signal.Signals
) -> None:
    with holding(shop, lock):
        kill(shop, end, *uninstall("live"))
    assert words(shop) == ["live"]
    shop.succeed(*uninstall("live"))
    check_clean(shop)
    shop.succeed(*restore("live"))
    assert words(shop) == ["live"]


@pytest.mark.parametrize("lock", [EVENTS, ITEMS])
def test_uninstall_that_was_killed_leaves_no_backup(shop: Host, lock: str) -> None:
    with holding(shop, lock):
        kill(shop, signal.SIGKILL, *uninstall("live"))
    shop.run("upgrade", "heads")
    check_clean(shop)
    assert not (shop.folder / "live.dump").exists()


def test_file_of_another_backup_is_left_alone(gone: Host) -> None:
    gone.run("plugin", "install", "shop_by_prefix")
    with holding(gone, EVENTS):
        kill(gone, signal.SIGKILL, *uninstall("live"))
    (gone.folder / "old.dump").replace(gone.folder / "live.dump")
    gone.run("upgrade", "heads")
    assert (gone.folder / "live.dump").exists()


def test_backup_that_was_killed_is_not_taken_for_restored(gone: Host) -> None:
    gone.run("plugin", "install", "shop_by_prefix")
    with holding(gone, ITEMS):
        kill(gone, signal.SIGKILL, *uninstall("second"))
    gone.run("plugin", "forget", "shop_by_prefix", "--yes")
    assert "already exists" in gone.fail(*restore("old"))
    gone.database.execute("DROP TABLE shop_days, shop_orders, shop_items CASCADE")
    gone.succeed(*restore("old"))
    assert words(gone) == ["live"]


def test_what_a_restore_of_another_registry_has_staged_is_left_alone(shop: Host) -> None:
    with create_engine(shop.database.url, poolclass=NullPool).begin() as connection:
        connection.execute(CreateSchema(BACKUP_SCHEMA))
        make_tables(BACKUP_SCHEMA).metadata.create_all(connection)
        TRANSFER.create(connection)
        theirs = {"registry": "two.alembic_version", "path": "two.dump", "backup": "two"}
        connection.execute(TRANSFER.insert().values(action="restore", **theirs))
    told = shop.refuse(*uninstall("a"))
    assert told.startswith("A restore of 'two.dump' for the plugins of version table 'two.")
    actions = shop.database.values("SELECT action FROM alembic_plugin_event ORDER BY id")
    assert set(actions) == {"upgrade", "install"}
