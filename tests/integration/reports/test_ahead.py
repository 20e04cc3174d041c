"""Databases that are ahead of the files, and plugins that are broken, say so everywhere."""

import json

import pytest
from support.hosts import Host

from alembic_plugins import commands


@pytest.fixture
def ahead(host: Host) -> Host:
    """A host with a plugin of three revisions, two of which have lost their files."""
    for table in ("contacts", "deals", "notes"):
        host.revise("crm", f"CREATE TABLE {table} (id int)", f"DROP TABLE {table}")
    commands.install(host.config(), ["crm"])
    for number in (2, 3):
        (host.folder / f"plugins/crm/versions/crm_{number}.py").unlink()
    return host


WORDS = (
    "The database is ahead of the files of 'crm', which have not got crm_3. Deploy the version "
    "that has them, or go back to what is there with 'alembic -x plugin=crm downgrade crm_1'."
)


def read_status(host: Host, name: str = "crm") -> dict[str, object]:
    """Return what the list says of one plugin."""
    listed = json.loads(host.succeed("plugin", "list", "--json").stdout)
    found: dict[str, object] = next(item for item in listed if item["name"] == name)
    return found


def test_list_says_what_is_ahead(ahead: Host) -> None:
    listed = ahead.succeed("plugin", "list")
    assert listed.lines == [
        "[!] crm  -  schema crm  crm_3  ahead of its revision files, whose head is crm_1"
    ]
    assert WORDS in listed.stderr


def test_json_says_what_is_ahead(ahead: Host) -> None:
    status = read_status(ahead)
    assert (status["state"], status["current"], status["head"], status["pending"]) == (
        "ahead",
        "crm_3",
        "crm_1",
        0,
    )


def test_show_says_what_is_ahead(ahead: Host) -> None:
    shown = json.loads(ahead.succeed("plugin", "show", "crm", "--json").stdout)
    assert (shown["state"], shown["problems"]) == ("ahead", [WORDS])


def test_current_says_what_is_ahead(ahead: Host) -> None:
    current = ahead.succeed("current")
    assert "crm (ahead of its revision files): crm_3" in current.lines
    assert WORDS in current.stderr


@pytest.mark.parametrize("scope", [(), ("-x", "plugin=crm")])
def test_check_of_heads_fails_where_the_database_is_ahead(
    ahead: Host, scope: tuple[str, ...]
) -> None:
    words = ahead.fail(*scope, "current", "--check-heads")
    assert words == "Database is not on all head revisions"


def test_check_of_heads_of_another_branch_passes(ahead: Host) -> None:
    ahead.succeed("-x", "plugin=host", "current", "--check-heads")


def test_way_back_that_is_told_works(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    (host.folder / "plugins/billing/versions/billing_2_add_invoices_paid.py").unlink()
    told = host.succeed("plugin", "list").stderr
    assert "'alembic -x plugin=billing downgrade billing_1'" in told
    host.succeed("-x", "plugin=billing", "downgrade", "billing_1")
    assert read_status(host, "billing")["state"] == "installed"


def test_host_that_is_ahead_is_told(host: Host) -> None:
    host.run("upgrade", "heads")
    (host.folder / "versions/host_2_add_accounts_active.py").unlink()
    assert (
        "ahead of the files of 'host', which have not got host_2"
        in host.succeed("plugin", "list").stderr
    )
    assert host.succeed("current").lines == ["host (ahead of its revision files): host_2"]
    host.fail("current", "--check-heads")
    host.succeed("downgrade", "host_1")
    host.succeed("current", "--check-heads")


def test_what_is_squashed_is_not_ahead(host: Host) -> None:
    host.revise("crm", "CREATE TABLE contacts (id int)")
    host.revise("crm", "CREATE TABLE deals (id int)")
    commands.install(host.config(), ["crm"])
    (host.folder / "plugins/crm/versions/crm_1.py").unlink()
    assert read_status(host)["state"] == "installed"
    host.succeed("current", "--check-heads")


def test_plugin_without_any_file_is_orphaned(ahead: Host) -> None:
    (ahead.folder / "plugins/crm/versions/crm_1.py").unlink()
    assert (read_status(ahead)["state"], read_status(ahead)["head"]) == ("orphaned", None)


@pytest.mark.parametrize("installed", [True, False])
def test_plugin_that_cannot_be_read_is_broken(host: Host, *, installed: bool) -> None:
    host.revise("crm", "CREATE TABLE contacts (id int)")
    host.run(*(("plugin", "install", "crm") if installed else ("upgrade", "head")))
    host.write("plugins/crm/versions/crm_2.py", "revision = (")
    assert read_status(host)["state"] == "broken"


def test_plugin_whose_package_cannot_be_imported_is_broken(host: Host) -> None:
    package = host.distribute("acme", "1.0", "[alembic_plugins.plugins]\nacme = acme:plugin\n")
    (package / "__init__.py").write_text("import nothing_of_that_name")
    assert read_status(host, "acme")["state"] == "broken"
