"""A registry of an earlier release is extended by the first command that writes."""

import pytest
from sqlalchemy import Connection
from support.databases import Database
from support.hosts import Host
from support.registries import take_back_to_1

from alembic_plugins import commands
from alembic_plugins.errors import IncompleteRegistry, MigrationFailed, NewerRegistry
from alembic_plugins.registry.tables import VERSION

_NO_SEQUENCES = "--exclude-table-data=*_seq"
"""Numbers of rows that were taken back are not given again."""

TOLD = "SELECT obj_description('alembic_plugin'::regclass)"

ENV = """\
from alembic import context
import alembic_plugins

alembic_plugins.configure(context.config.attributes["connection"], version_table_schema="control")
alembic_plugins.run_migrations()
"""


@pytest.fixture
def old(host: Host) -> Host:
    """A host with plugin `billing`, whose registry is of version 1."""
    host.add("billing", "named_by_prefix").run("plugin", "install", "billing")
    take_back_to_1(host.database)
    return host


def test_install_extends_the_registry(old: Host) -> None:
    commands.install(old.config(), ["named_by_prefix"])
    assert old.database.values(TOLD) == [f"alembic-plugins registry {VERSION}"]
    assert old.database.plugins() == ["billing", "named_by_prefix"]


def test_uninstall_extends_the_registry(old: Host) -> None:
    commands.uninstall(old.config(), ["billing"])
    assert old.database.values(TOLD) == [f"alembic-plugins registry {VERSION}"]
    assert old.database.plugins() == []


def test_downgrade_extends_the_registry(old: Host) -> None:
    commands.downgrade(old.config(), "billing", "-1")
    assert old.database.values(TOLD) == [f"alembic-plugins registry {VERSION}"]
    assert old.database.applied() == ["host_1", "host_2", "billing_1"]


def test_quarantine_extends_the_registry(old: Host) -> None:
    commands.uninstall(old.config(), ["billing"], keep_data=True)
    assert old.database.values("SELECT quarantine FROM alembic_plugin") == ["quarantine_billing"]


def test_extended_registry_is_like_a_new_one(
    old: Host, second_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    commands.install(old.config(), ["named_by_prefix"])
    monkeypatch.setenv("DATABASE_URL", second_database.text)
    commands.install(old.config(), ["billing", "named_by_prefix"])
    assert old.database.catalog() == second_database.catalog()


@pytest.mark.parametrize("table", ["alembic_plugin_event", "alembic_plugin_revision"])
def test_extending_keeps_what_is_remembered(old: Host, table: str) -> None:
    kept = "jsonb_strip_nulls(to_jsonb(r)) - 'objects_known'"
    rows = f"SELECT {kept} FROM {{0}} r WHERE plugin = 'billing' ORDER BY 1"
    before = old.database.values(rows.format(table))
    commands.install(old.config(), ["named_by_prefix"])
    assert old.database.values(rows.format(table)) == before


@pytest.mark.parametrize("command", [["list"], ["show", "billing"], ["history"]])
def test_command_that_reads_leaves_the_registry(old: Host, command: list[str]) -> None:
    before = old.database.dump(_NO_SEQUENCES)
    old.run("plugin", *command)
    assert old.database.dump(_NO_SEQUENCES) == before


def test_command_that_has_nothing_to_do_leaves_the_registry(old: Host) -> None:
    before = old.database.dump(_NO_SEQUENCES)
    commands.upgrade(old.config())
    assert old.database.dump(_NO_SEQUENCES) == before


def test_dry_run_leaves_the_registry(old: Host) -> None:
    before = old.database.dump(_NO_SEQUENCES)
    commands.uninstall(old.config(), ["billing"], dry_run=True)
    assert old.database.dump(_NO_SEQUENCES) == before


def test_command_that_fails_leaves_the_registry(old: Host) -> None:
    before = old.database.dump(_NO_SEQUENCES)
    with pytest.raises(MigrationFailed):
        commands.install(old.add("fails_in_sql").config(), ["fails_in_sql"])
    assert old.database.dump(_NO_SEQUENCES) == before


def test_autocommit_block_finds_the_registry_extended(old: Host) -> None:
    commands.install(old.add("autocommit").config(), ["autocommit"])
    assert old.database.plugins() == ["autocommit", "billing"]


def test_files_of_version_1_do_not_count_as_changed(old: Host) -> None:
    listing = commands.list_plugins(old.config())
    assert listing.problems == ()


def test_files_of_version_1_do_not_count_as_changed_when_extended(old: Host) -> None:
    commands.install(old.config(), ["named_by_prefix"])
    assert commands.list_plugins(old.config()).problems == ()


def test_revisions_of_version_1_are_taken_back_without_files(old: Host) -> None:
    old.remove("billing")
    commands.uninstall(old.config(), ["billing"])
    assert old.database.schemas() == []


def test_revisions_of_version_1_are_taken_back_without_files_when_extended(old: Host) -> None:
    commands.install(old.config(), ["named_by_prefix"])
    old.remove("billing")
    commands.uninstall(old.config(), ["billing"])
    assert old.database.schemas() == []


def test_registry_is_extended_where_it_is(host: Host, connection: Connection) -> None:
    host.database.execute("CREATE SCHEMA control")
    host.add("billing", "named_by_prefix").write("migrations/env.py", ENV)
    host.ini.write_text(
        host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/migrations")
    )
    commands.install(host.config(connection=connection), ["billing"])
    take_back_to_1(host.database, "control")
    commands.install(host.config(connection=connection), ["named_by_prefix"])
    assert len(host.database.query("SELECT name, quarantine FROM control.alembic_plugin")) == 2


def test_lost_comment_hinders_nothing(host: Host) -> None:
    host.add("billing", "named_by_prefix").run("plugin", "install", "billing")
    host.database.execute("COMMENT ON TABLE alembic_plugin IS NULL")
    commands.install(host.config(), ["named_by_prefix"])
    assert host.database.plugins() == ["billing", "named_by_prefix"]


def test_comment_lost_of_version_1_is_put_back(old: Host) -> None:
    old.database.execute("COMMENT ON TABLE alembic_plugin IS NULL")
    commands.install(old.config(), ["named_by_prefix"])
    assert old.database.values(TOLD) == [f"alembic-plugins registry {VERSION}"]


@pytest.mark.parametrize("names", [["billing"], ["named_by_prefix"]])
def test_newer_registry_is_left_alone(host: Host, names: list[str]) -> None:
    host.add("billing", "named_by_prefix").run("plugin", "install", "billing")
    host.database.execute("COMMENT ON TABLE alembic_plugin IS 'alembic-plugins registry 999'")
    before = host.database.dump()
    with pytest.raises(NewerRegistry):
        commands.install(host.config(), names)
    assert host.database.dump() == before


def test_damaged_registry_is_left_alone(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.database.execute("DROP TABLE alembic_plugin_journal")
    before = host.database.dump()
    with pytest.raises(IncompleteRegistry):
        commands.uninstall(host.config(), ["billing"])
    assert host.database.dump() == before
