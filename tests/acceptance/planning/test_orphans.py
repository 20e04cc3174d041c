"""A plugin's folder is gone: nobody is its hostage."""

import pytest
from support.hosts import Host

REMEMBERED = (
    "autocommit",
    "billing",
    "creates_own_schema",
    "depends_on_host",
    "drops_concurrently",
    "forks_host",
    "makes_things",
    "named_by_prefix",
    "needs_extension",
    "opens_connection",
    "speaks_in_signs",
    "takes_arguments",
    "two_heads",
)


@pytest.fixture
def bereft(host: Host) -> Host:
    """A host whose plugin `depends_on_host` is installed, and whose folder is gone."""
    host.add("billing", "depends_on_host").run("-x", "plugin=billing", "upgrade", "billing_1")
    host.run("plugin", "install", "depends_on_host")
    return host.remove("depends_on_host")


def test_host_upgrades_without_an_orphan_s_files(bereft: Host) -> None:
    bereft.succeed("revision", "-m", "more", "--rev-id", "host_3")
    bereft.succeed("upgrade", "head")
    assert bereft.database.versions() == ["billing_1", "dependent_1", "host_3"]


def test_upgrade_heads_leaves_an_orphan_as_it_is(bereft: Host) -> None:
    bereft.succeed("upgrade", "heads")
    assert bereft.database.versions() == ["billing_2", "dependent_1", "host_2"]


def test_upgrade_all_leaves_an_orphan_as_it_is(bereft: Host) -> None:
    bereft.succeed("plugin", "upgrade", "--all")
    assert bereft.database.versions() == ["billing_2", "dependent_1", "host_2"]


def test_another_plugin_can_be_uninstalled_beside_an_orphan(bereft: Host) -> None:
    bereft.succeed("plugin", "uninstall", "billing", "--yes")
    assert bereft.database.plugins() == ["depends_on_host"]


def test_another_plugin_can_be_installed_beside_an_orphan(bereft: Host) -> None:
    bereft.add("named_by_prefix").succeed("plugin", "install", "named_by_prefix")
    assert bereft.database.plugins() == ["billing", "depends_on_host", "named_by_prefix"]


def test_current_of_an_orphan_shows_its_row(bereft: Host) -> None:
    result = bereft.succeed("-x", "plugin=depends_on_host", "current")
    assert result.lines == ["depends_on_host (its revision files are gone): dependent_1 (head)"]


@pytest.mark.parametrize(
    "arguments", ["heads", "history", "branches", "show head", "check", "plugin history"]
)
def test_reading_commands_work_beside_an_orphan(bereft: Host, arguments: str) -> None:
    bereft.run("plugin", "upgrade", "--all")
    bereft.succeed(*arguments.split())


def test_host_is_not_downgraded_under_an_orphan(bereft: Host) -> None:
    words = bereft.refuse("downgrade", "host_1")
    assert "is needed by depends_on_host." in words


@pytest.mark.parametrize("name", REMEMBERED)
def test_uninstall_of_an_orphan_takes_everything_away(host: Host, name: str) -> None:
    host.add(name).database.execute("CREATE EXTENSION citext")
    host.run("upgrade", "head")
    before = host.database.catalog()
    host.run("plugin", "install", name)
    host.remove(name).succeed("plugin", "uninstall", name, "--yes")
    assert host.database.catalog() == before


def test_orphan_can_be_downgraded(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.remove("billing").succeed("-x", "plugin=billing", "downgrade", "-1")
    assert host.database.versions() == ["billing_1", "host_2"]
    assert host.succeed("plugin", "list").lines == [
        "[!] billing  2.1  schema billing  billing_1  its revision files are gone"
    ]


def test_orphan_that_was_required_goes_with_cascade(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    host.remove("billing").remove("crm_requires_billing")
    host.succeed("plugin", "uninstall", "billing", "--cascade", "--yes")
    assert host.database.tables() == ["public.accounts"]


def test_orphan_that_is_required_is_not_uninstalled(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    words = host.remove("billing").refuse("plugin", "uninstall", "billing", "--yes")
    assert words.startswith("Plugin 'billing' is required by crm_requires_billing.")


def test_orphan_whose_downgrade_asks_the_database_is_refused(host: Host) -> None:
    host.add("asks_database").run("plugin", "install", "asks_database")
    words = host.remove("asks_database").refuse("plugin", "uninstall", "asks_database", "--yes")
    assert words.startswith("Revision 'asks_1' of 'asks_database' cannot be downgraded without its")


def test_downgrade_that_asks_the_database_works_by_its_file(host: Host) -> None:
    host.add("asks_database").run("plugin", "install", "asks_database")
    host.succeed("plugin", "uninstall", "asks_database", "--yes")
    assert host.database.plugins() == []


def test_broken_plugin_can_be_uninstalled_by_what_is_remembered(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.write("plugins/billing/versions/billing_1_create_invoices.py", "def upgrade(:\n")
    host.succeed("plugin", "uninstall", "billing", "--yes")
    assert host.database.tables() == ["public.accounts"]


def test_revision_that_an_older_package_lacks_can_be_taken_back(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    (host.folder / "plugins/billing/versions/billing_2_add_invoices_paid.py").unlink()
    host.succeed("-x", "plugin=billing", "downgrade", "-1")
    assert host.database.versions() == ["billing_1", "host_2"]
    assert host.succeed("plugin", "list").lines == [
        "[X] billing  2.1  schema billing  billing_1 (head)"
    ]


def test_what_the_database_remembers_is_never_run_as_python(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.remove("billing").database.execute(
        "UPDATE alembic_plugin_revision"
        " SET downgrade_sql = ARRAY['print(1)'], downgrade_checksum = NULL"
    )
    words = host.refuse("plugin", "uninstall", "billing", "--yes")
    assert "syntax error" in words


@pytest.mark.parametrize("command", ["install", "upgrade"])
def test_orphan_cannot_be_upgraded(bereft: Host, command: str) -> None:
    words = bereft.refuse("plugin", command, "depends_on_host")
    assert words.startswith("There is no plugin 'depends_on_host' among those that are there")


def test_orphan_comes_back_with_its_files(bereft: Host) -> None:
    bereft.add("depends_on_host").succeed("plugin", "uninstall", "depends_on_host", "--yes")
    assert bereft.database.plugins() == ["billing"]


def test_unknown_row_in_the_version_table_is_shown(host: Host) -> None:
    host.run("upgrade", "head")
    host.database.execute("INSERT INTO alembic_version VALUES ('whose')")
    assert sorted(host.succeed("current").lines) == [
        "host: host_2 (head)",
        "unknown (its revision files are gone): whose (head)",
    ]


def test_unknown_row_in_the_version_table_stays_there(host: Host) -> None:
    host.run("upgrade", "host_1")
    host.database.execute("INSERT INTO alembic_version VALUES ('whose')")
    host.add("billing").succeed("plugin", "install", "billing")
    assert host.database.versions() == ["billing_2", "host_2", "whose"]
