"""Upgrades that sync declared tables by themselves, where the configuration says so."""

import pytest
from alembic import command
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import InvalidName, NotSynced, SyncForbidden

PAGES = 'tables = [{ name = "pages", schema = { author = { type = "relation", to = "users" } } }]'


@pytest.fixture
def wiki(host: Host) -> Host:
    """A host whose upgrades sync, with a plugin that has tables and one that requires it."""
    host.revise("host", "CREATE TABLE users (id serial PRIMARY KEY)")
    host.declare("wiki", PAGES)
    host.declare("notes", 'requires = ["wiki"]')
    host.revise(
        "notes", "CREATE TABLE notes (page bigint REFERENCES wiki.pages)", "DROP TABLE notes"
    )
    return host.configure("plugin_auto_sync = true")


def test_install_makes_the_tables_before_what_requires_them(wiki: Host) -> None:
    assert wiki.succeed("plugin", "install", "notes").lines == [
        "upgraded host: 3 revisions",
        "upgraded notes: 1 revision",
        "synced table wiki.pages: is created",
    ]


def test_upgrade_syncs_what_is_installed(wiki: Host) -> None:
    wiki.run("plugin", "install", "wiki")
    wiki.declare("wiki", 'tables = [{ name = "pages" }, { name = "books" }]')
    command.upgrade(wiki.config(), "heads")
    assert "wiki.books" in wiki.database.tables()


def test_upgrade_of_one_plugin_syncs_that_one(wiki: Host) -> None:
    wiki.run("-x", "plugin=wiki", "upgrade", "head")
    assert "wiki.pages" in wiki.database.tables()


def test_upgrade_of_the_host_syncs_nothing(wiki: Host) -> None:
    wiki.run("plugin", "install", "wiki")
    wiki.declare("wiki", 'tables = [{ name = "pages" }, { name = "books" }]')
    wiki.run("upgrade", "head")
    assert "wiki.books" not in wiki.database.tables()


def test_upgrade_with_nothing_to_do_writes_nothing(wiki: Host) -> None:
    wiki.run("plugin", "install", "notes")
    before = wiki.database.registry_writes()
    assert commands.upgrade(wiki.config()).transactions == ()
    assert wiki.database.registry_writes() == before


@pytest.mark.parametrize("value", ["wiki", "notes, wiki"])
def test_plugins_that_are_named_are_synced(wiki: Host, value: str) -> None:
    wiki.ini.write_text(wiki.ini.read_text().replace("sync = true", f"sync = {value}"))
    wiki.run("plugin", "install", "wiki")
    assert "wiki.pages" in wiki.database.tables()


@pytest.mark.parametrize("value", ["false", "notes", ""])
def test_plugins_that_are_not_named_are_not_synced(wiki: Host, value: str) -> None:
    wiki.ini.write_text(wiki.ini.read_text().replace("sync = true", f"sync = {value}"))
    with pytest.raises(NotSynced):
        commands.install(wiki.config(), "wiki")


def test_option_that_names_no_plugin_is_refused(wiki: Host) -> None:
    wiki.ini.write_text(wiki.ini.read_text().replace("sync = true", "sync = Wiki?"))
    with pytest.raises(InvalidName):
        commands.upgrade(wiki.config())


def test_production_refuses(wiki: Host) -> None:
    wiki.run("plugin", "install", "wiki")
    wiki.configure("plugin_environment = production")
    with pytest.raises(SyncForbidden):
        command.upgrade(wiki.config(), "heads")
    with pytest.raises(SyncForbidden):
        commands.upgrade(wiki.config())
    assert wiki.succeed("plugin", "sync", "wiki").output == "nothing to do\n"


def test_dry_run_shows_what_would_be_synced(wiki: Host) -> None:
    wiki.run("plugin", "install", "wiki")
    wiki.declare("wiki", 'tables = [{ name = "pages" }, { name = "books" }]')
    shown = wiki.succeed("plugin", "upgrade", "--all", "--dry-run").lines
    assert shown[0].split() == ["sync", "wiki", "wiki.books", "is", "created"]
    assert "wiki.books" not in wiki.database.tables()


def test_dry_run_says_what_cannot_be_told_before(wiki: Host) -> None:
    result = wiki.succeed("plugin", "install", "wiki", "--dry-run")
    assert "Declared tables of 'wiki' are synced after that; it tells how." in result.stderr


def test_script_says_that_it_syncs_nothing(host: Host) -> None:
    host.declare("wiki", 'tables = [{ name = "pages" }]').configure("plugin_auto_sync = true")
    script = host.succeed("plugin", "install", "wiki", "--sql").stdout
    assert "-- Declared tables of wiki are not synced by this script" in script


def test_name_in_the_option_that_nothing_has_is_told(host: Host) -> None:
    host.declare("wiki", 'tables = [{ name = "pages" }]').configure("plugin_auto_sync = wki")
    result = host.succeed("upgrade", "heads")
    words = "plugin_auto_sync names 'wki', but there is no such plugin among those that are there"
    assert f"{words}: wiki." in result.stderr
