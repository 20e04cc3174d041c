"""What is changed while a database is watched becomes revisions."""

import signal
from pathlib import Path

import pytest
from sqlalchemy import NullPool, create_engine
from support.databases import Database
from support.hosts import Host
from support.watches import watching

from alembic_plugins import commands
from alembic_plugins.catalog.diff import Catalog
from alembic_plugins.catalog.snapshot import read_catalog
from alembic_plugins.plugin import Schema

SESSION = (
    "CREATE TABLE shop.tags (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY)",
    "ALTER TABLE shop.tags ADD COLUMN name text",
    "ALTER TABLE shop.tags RENAME COLUMN name TO label",
    "CREATE UNIQUE INDEX tags_label_idx ON shop.tags (label)",
    "ALTER TABLE shop.items ALTER COLUMN n TYPE bigint",
    "COMMENT ON TABLE shop.tags IS 'words for items'",
    "ALTER TABLE shop.items DROP COLUMN old",
)
"""What an admin tool sends, statement by statement."""

OFTEN = ("--interval", "0.1", "--pause", "0")
REMOVED = "DROP TABLE items"


@pytest.fixture
def shop(host: Host) -> Host:
    """A host with a plugin that has a table."""
    host.revise("shop", "CREATE TABLE items (id int, n int, old text)", REMOVED)
    host.run("plugin", "install", "shop")
    return host


def files(host: Host) -> list[Path]:
    """Return the revisions of the plugin that were written, in their order."""
    return sorted((host.folder / "plugins/shop/versions").glob("2*.py"))


def catalog(database: Database) -> Catalog:
    """Return the definition of all that is in the schema."""
    with create_engine(database.text, poolclass=NullPool).begin() as connection:
        return read_catalog(connection, Schema("shop"))


def test_each_change_becomes_a_revision_that_makes_the_same_elsewhere(
    shop: Host, second_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with watching(shop, "shop", *OFTEN) as watch:
        for number, statement in enumerate(SESSION[:3], 1):
            shop.database.execute(statement)
            watch.wait_for_words("recorded ", number)
        watch.end(signal.SIGKILL)
    shop.database.execute(SESSION[3])
    with watching(shop, "shop", *OFTEN) as watch:
        watch.wait_for_words("recorded ")
        for number, statement in enumerate(SESSION[4:], 2):
            shop.database.execute(statement)
            watch.wait_for_words("recorded ", number)
        assert watch.end() == 128 + signal.SIGINT
    assert "Traceback" not in watch.text
    assert len(files(shop)) == len(SESSION)
    assert commands.verify(shop.config()).is_spotless
    monkeypatch.setenv("DATABASE_URL", second_database.text)
    shop.run("plugin", "install", "shop")
    assert catalog(second_database) == catalog(shop.database)


def test_what_cannot_be_captured_is_told_once_and_a_lost_connection_is_no_end(shop: Host) -> None:
    pending = shop.revise("shop", "SELECT 1").folder / "plugins/shop/versions/shop_2.py"
    shop.database.execute(SESSION[0])
    with watching(shop, *OFTEN) as watch:
        watch.wait_for_words("cannot be captured: revisions are not applied: shop_2")
        # It has no connection at times, between a capture and the next look.
        while "The database cannot be reached" not in watch.text:
            assert watch.process.poll() is None, watch.text
            shop.database.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        pending.unlink()
        shop.database.execute("ALTER TABLE shop.tags ADD COLUMN more text")
        watch.wait_for_words("recorded ")
        assert watch.text.count("cannot be captured") == 1


def test_two_watches_write_one_revision(shop: Host) -> None:
    with watching(shop, "shop", *OFTEN) as first, watching(shop, "shop", *OFTEN) as second:
        shop.database.execute(SESSION[0])
        while not files(shop):
            assert first.process.poll() is None, first.text
            assert second.process.poll() is None, second.text
        first.end(signal.SIGTERM)
        second.end(signal.SIGTERM)
    assert len(files(shop)) == 1
    assert commands.verify(shop.config()).is_spotless


def test_upgrades_capture_first_where_the_configuration_says_so(shop: Host) -> None:
    shop.configure("plugin_automigrate = shop")
    shop.database.execute(
        "ALTER TABLE shop.items ADD note text; ALTER TABLE accounts ADD note text"
    )
    assert (
        "which an upgrade captures"
        in shop.succeed("plugin", "upgrade", "--all", "--dry-run").stderr
    )
    shop.succeed("upgrade", "heads", "--sql")
    assert files(shop) == []
    shop.succeed("upgrade", "heads")
    assert [file.name.endswith("_add_column_note_to_items.py") for file in files(shop)] == [True]
    assert [it.name for it in commands.verify(shop.config()).branches if it.findings] == ["host"]


def test_upgrade_goes_on_where_revisions_are_pending(shop: Host) -> None:
    shop.configure("plugin_automigrate = true")
    shop.database.execute("ALTER TABLE shop.items ADD note text")
    shop.revise("shop", "CREATE TABLE more (id int)", "DROP TABLE more")
    assert "The upgrade goes on" in shop.succeed("plugin", "upgrade", "shop").stderr
    assert files(shop) == []
    shop.succeed("plugin", "upgrade", "shop")
    assert len(files(shop)) == 1
    assert commands.verify(shop.config()).is_spotless


def test_production_captures_nothing_by_itself(shop: Host) -> None:
    shop.configure("plugin_environment = production")
    shop.database.execute("ALTER TABLE shop.items ADD note text")
    assert "Watch a database that is for development" in shop.refuse("plugin", "watch")
    shop.configure("plugin_automigrate = true")
    assert "Leave out plugin_automigrate" in shop.refuse("upgrade", "heads")
    assert files(shop) == []
