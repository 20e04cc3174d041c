"""A registry that somebody has damaged, or that is newer than we are: told in a sentence."""

import pytest
from support.hosts import Host

TAMPERINGS = {
    "changed": "SET downgrade_sql = ARRAY['DROP TABLE accounts CASCADE']",
    "added_to": "SET downgrade_sql = downgrade_sql || 'DROP TABLE accounts'::text",
    "emptied": "SET downgrade_sql = '{}'",
    "taken_away": "SET downgrade_sql = NULL",
}
TAMPERED = (
    "Revision 'billing_2' of 'billing' cannot be downgraded without its file: its SQL was changed "
    "in the registry since the revision was applied, and is not run. Put back the revision's "
    "file, or drop the plugin's objects with 'alembic plugin uninstall billing --purge'."
)
LOST = (
    "The registry has lost revision 'billing_1' of 'billing', which 'billing_2' follows. Put back "
    "its file or the registry's row, or drop the plugin's objects with 'alembic plugin uninstall "
    "billing --purge'."
)
NEWER = (
    "The registry tables say 'alembic-plugins registry 99', and this release knows them up to "
    "version 5. Install a later alembic-plugins."
)

READING = ("plugin list", "plugin show billing", "plugin history", "current")
WRITING = (
    "upgrade head",
    "upgrade heads",
    "-x plugin=billing downgrade -1",
    "plugin install named_by_prefix",
    "plugin uninstall billing --yes",
    "plugin uninstall billing --purge --yes",
)

FORGET_A_REVISION = "DELETE FROM alembic_plugin_revision WHERE revision = 'billing_1'"


@pytest.fixture
def billed(host: Host) -> Host:
    """A host with a plugin that is installed, and another one that is not."""
    host.add("billing", "named_by_prefix").run("plugin", "install", "billing")
    return host


def tamper(host: Host, how: str) -> None:
    """Change what takes back the plugin's last revision."""
    change = TAMPERINGS[how]
    host.database.execute(f"UPDATE alembic_plugin_revision {change} WHERE revision = 'billing_2'")


@pytest.mark.parametrize("how", TAMPERINGS)
@pytest.mark.parametrize(
    "command", ["plugin uninstall billing --yes", "-x plugin=billing downgrade -1"]
)
def test_downgrade_that_was_tampered_with_is_not_run(billed: Host, command: str, how: str) -> None:
    tamper(billed.remove("billing"), how)
    assert billed.refuse(*command.split()) == TAMPERED


def test_downgrade_that_was_tampered_with_is_not_wanted_where_its_file_is(billed: Host) -> None:
    tamper(billed, "changed")
    billed.succeed("plugin", "uninstall", "billing", "--yes")
    assert billed.database.tables() == ["public.accounts"]


def test_preview_tells_what_was_tampered_with(billed: Host) -> None:
    tamper(billed.remove("billing"), "changed")
    lines = billed.succeed("plugin", "uninstall", "billing", "--dry-run").lines
    assert [x for x in lines if x.startswith("  revision billing_2 may not be downgraded: ")]


def test_others_are_not_hindered_by_what_was_tampered_with(billed: Host) -> None:
    tamper(billed.remove("billing"), "changed")
    billed.succeed("plugin", "install", "named_by_prefix")
    assert billed.database.plugins() == ["billing", "named_by_prefix"]


@pytest.mark.parametrize("command", [*READING, *WRITING])
def test_registry_of_a_newer_version_is_refused(billed: Host, command: str) -> None:
    billed.database.execute("COMMENT ON TABLE alembic_plugin IS 'alembic-plugins registry 99'")
    assert billed.refuse(*command.split()) == NEWER


@pytest.mark.parametrize("command", ["plugin list", "upgrade heads"])
@pytest.mark.parametrize("name", ["", "_revision", "_event", "_journal"])
def test_registry_that_has_lost_a_table_is_refused(billed: Host, name: str, command: str) -> None:
    billed.database.execute(f"DROP TABLE alembic_plugin{name} CASCADE")
    words = billed.refuse(*command.split())
    assert words == (
        f"The registry has lost the tables alembic_plugin{name}. Restore them from a backup."
    )


@pytest.mark.parametrize(
    "command", ["plugin uninstall billing --yes", "-x plugin=billing downgrade -1"]
)
def test_column_that_is_gone_is_told(billed: Host, command: str) -> None:
    billed.remove("billing").database.execute(
        "ALTER TABLE alembic_plugin_revision DROP COLUMN downgrade_sql"
    )
    words = billed.refuse(*command.split())
    assert words.startswith("PostgreSQL refused: column alembic_plugin_revision.downgrade_sql does")


@pytest.mark.parametrize("tables", ["alembic_plugin", "alembic_plugin, alembic_plugin_revision"])
def test_truncated_registry_is_made_again_from_files(billed: Host, tables: str) -> None:
    before = billed.succeed("plugin", "list").lines
    billed.database.execute(f"TRUNCATE {tables} CASCADE")
    assert billed.succeed("plugin", "list").lines == before
    billed.succeed("plugin", "install", "named_by_prefix")
    assert billed.database.plugins() == ["billing", "named_by_prefix"]


@pytest.mark.parametrize("tables", ["alembic_plugin", "alembic_plugin, alembic_plugin_revision"])
def test_plugin_of_a_truncated_registry_is_uninstalled(billed: Host, tables: str) -> None:
    billed.database.execute(f"TRUNCATE {tables} CASCADE")
    billed.succeed("plugin", "uninstall", "billing", "--yes")
    assert billed.database.tables() == ["public.accounts"]
    assert billed.database.versions() == ["host_2"]


def test_orphan_whose_row_was_truncated_is_still_listed(billed: Host) -> None:
    billed.remove("billing").database.execute("TRUNCATE alembic_plugin CASCADE")
    [line, _] = billed.succeed("plugin", "list").lines
    assert line.split("  ", 1)[0] == "[!] billing"
    assert line.endswith("billing_2  its revision files are gone")


def test_orphan_whose_row_was_truncated_is_uninstalled(billed: Host) -> None:
    billed.remove("billing").database.execute("TRUNCATE alembic_plugin CASCADE")
    billed.succeed("plugin", "uninstall", "billing", "--yes")
    assert billed.database.tables() == ["public.accounts"]


@pytest.mark.parametrize("command", ["show billing", "uninstall billing --purge --dry-run"])
def test_orphan_whose_revisions_were_truncated_is_still_there(billed: Host, command: str) -> None:
    billed.remove("billing").database.execute("TRUNCATE alembic_plugin_revision")
    billed.succeed("plugin", *command.split())


def test_orphan_of_a_truncated_registry_is_unknown(billed: Host) -> None:
    billed.remove("billing").database.execute(
        "TRUNCATE alembic_plugin, alembic_plugin_revision CASCADE"
    )
    assert sorted(billed.succeed("current").lines) == [
        "host: host_2 (head)",
        "unknown (its revision files are gone): billing_2 (head)",
    ]


def test_others_go_on_in_a_truncated_registry(billed: Host) -> None:
    billed.remove("billing").database.execute(
        "TRUNCATE alembic_plugin, alembic_plugin_revision CASCADE"
    )
    billed.succeed("plugin", "install", "named_by_prefix")
    assert billed.database.plugins() == ["named_by_prefix"]
    assert billed.database.versions() == ["billing_2", "host_2", "wiki_1"]


@pytest.mark.parametrize(
    "command", ["plugin uninstall billing --yes", "-x plugin=billing downgrade -1"]
)
def test_orphan_s_lost_revision_is_named(billed: Host, command: str) -> None:
    billed.remove("billing").database.execute(FORGET_A_REVISION)
    assert billed.refuse(*command.split()) == LOST


def test_orphan_with_a_lost_revision_is_purged(billed: Host) -> None:
    billed.remove("billing").database.execute(FORGET_A_REVISION)
    billed.succeed("plugin", "uninstall", "billing", "--purge", "--yes")
    assert billed.database.tables() == ["public.accounts"]


def test_lost_revision_whose_file_is_there_is_taken_back(billed: Host) -> None:
    billed.database.execute(FORGET_A_REVISION)
    billed.succeed("plugin", "uninstall", "billing", "--yes")


@pytest.mark.parametrize("command", ["plugin install billing", "upgrade heads"])
def test_namespace_that_is_none_is_told(billed: Host, command: str) -> None:
    billed.database.execute("UPDATE alembic_plugin SET namespace = 'nonsense'")
    assert "'billing'" in billed.refuse(*command.split())


@pytest.mark.parametrize(
    "command", ["plugin uninstall billing --yes", "-x plugin=billing downgrade -1"]
)
def test_requirement_that_is_none_is_told(billed: Host, command: str) -> None:
    billed.database.execute("UPDATE alembic_plugin SET requires = '{!!}'")
    assert "'billing'" in billed.refuse(*command.split())
