"""Plugins of which nothing is applied: kept where a downgrade took them there, or forgotten."""

import json

import pytest
from support.hosts import Host

from alembic_plugins import commands

BASE = "Plugin 'crm' is at base, and stays installed. 'alembic upgrade heads' applies"
GONE = "Plugin 'crm' is at base, and not installed any more."


@pytest.fixture
def crm(host: Host) -> Host:
    """A host with a plugin of two revisions, which is installed."""
    host.revise("crm", "CREATE TABLE contacts (id int)", "DROP TABLE contacts")
    host.revise("crm", "CREATE TABLE deals (id int)", "DROP TABLE deals")
    commands.install(host.config(), ["crm"])
    return host


def list_states(host: Host) -> dict[str, str]:
    """Return the states of plugins, by name."""
    return {p.name: p.state for p in commands.list_plugins(host.config()).plugins}


@pytest.mark.parametrize(
    "arguments",
    [
        ("downgrade", "-2"),
        ("-x", "plugin=crm", "downgrade", "-2"),
        ("-x", "plugin=crm", "downgrade", "crm_1-1"),
        ("downgrade", "crm@-2"),
        ("plugin", "downgrade", "crm", "-2", "--yes"),
    ],
)
def test_plugin_whose_first_revision_goes_stays_installed(
    crm: Host, arguments: tuple[str, ...]
) -> None:
    assert BASE in crm.succeed(*arguments).stderr
    assert crm.database.tables() == ["public.accounts"]
    assert crm.succeed("plugin", "list").lines == [
        "[X] crm  -  schema crm  at base  2 revisions behind"
    ]
    crm.succeed("upgrade", "heads")
    assert crm.database.tables() == ["crm.contacts", "crm.deals", "public.accounts"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("-x", "plugin=crm", "downgrade", "base"),
        ("downgrade", "crm@base"),
        ("plugin", "downgrade", "crm", "base", "--yes"),
    ],
)
def test_plugin_that_is_taken_to_base_is_uninstalled(crm: Host, arguments: tuple[str, ...]) -> None:
    assert GONE in crm.succeed(*arguments).stderr
    assert (list_states(crm), crm.database.schemas()) == ({"crm": "available"}, [])
    crm.succeed("upgrade", "heads")
    assert crm.database.tables() == ["public.accounts"]


def test_plugin_at_base_is_uninstalled_by_another_downgrade_to_base(crm: Host) -> None:
    crm.run("downgrade", "-2")
    crm.succeed("-x", "plugin=crm", "downgrade", "base")
    assert (list_states(crm), crm.database.schemas()) == ({"crm": "available"}, [])


def test_plugin_at_base_is_uninstalled(crm: Host) -> None:
    crm.run("downgrade", "-2")
    crm.succeed("plugin", "uninstall", "crm", "--yes")
    assert (crm.database.plugins(), crm.database.schemas()) == ([], [])


def test_plugin_at_base_comes_back_where_its_schema_was_dropped(crm: Host) -> None:
    crm.run("downgrade", "-2")
    crm.database.execute("DROP SCHEMA crm")
    crm.succeed("upgrade", "heads")
    assert crm.database.tables() == ["crm.contacts", "crm.deals", "public.accounts"]


def test_plugin_at_base_is_behind(crm: Host) -> None:
    crm.run("downgrade", "-2")
    [status] = json.loads(crm.succeed("plugin", "list", "--json").stdout)
    assert (status["state"], status["current"], status["pending"]) == ("outdated", None, 2)
    assert crm.fail("current", "--check-heads") == "Database is not on all head revisions"


def test_plugin_at_base_lets_the_host_go_to_base(crm: Host) -> None:
    crm.run("downgrade", "-2")
    crm.succeed("downgrade", "base")
    assert (crm.database.tables(), crm.database.plugins()) == ([], ["crm"])


def test_plugin_that_goes_along_to_base_stays_installed_if_the_other_does(crm: Host) -> None:
    crm.revise("mail", "CREATE TABLE mails (id int)", "DROP TABLE mails")
    crm.declare("mail", 'requires = ["crm"]')
    crm.run("plugin", "install", "mail")
    crm.run("-x", "plugin=crm", "-x", "cascade=true", "downgrade", "-2")
    assert list_states(crm) == {"crm": "outdated", "mail": "outdated"}
    crm.run("upgrade", "heads")
    assert list_states(crm) == {"crm": "installed", "mail": "installed"}


def test_plugin_that_goes_along_to_base_goes_for_good_if_the_other_does(crm: Host) -> None:
    crm.revise("mail", "CREATE TABLE mails (id int)", "DROP TABLE mails")
    crm.declare("mail", 'requires = ["crm"]')
    crm.run("plugin", "install", "mail")
    crm.run("-x", "plugin=crm", "-x", "cascade=true", "downgrade", "base")
    assert list_states(crm) == {"crm": "available", "mail": "available"}


def test_plugin_at_base_whose_downgrade_leaves_something_is_left_there(host: Host) -> None:
    host.revise("crm", "CREATE TABLE contacts (id int)")
    commands.install(host.config(), ["crm"])
    assert "have left table crm.contacts" in host.succeed("downgrade", "-1").stderr
    host.succeed("upgrade", "heads")
    assert list_states(host) == {"crm": "leftover"}


def test_bringing_a_plugin_back_is_no_install(crm: Host) -> None:
    crm.run("downgrade", "-2")
    crm.run("upgrade", "heads")
    actions = [event.action for event in commands.history(crm.config(), "crm")]
    assert actions == ["install", "downgrade", "upgrade"]


def test_stamp_with_purge_leaves_other_branches(crm: Host) -> None:
    crm.succeed("-x", "plugin=crm", "stamp", "--purge", "crm_1")
    assert crm.database.versions() == ["crm_1", "host_2"]
    crm.succeed("stamp", "--purge", "host_1")
    assert crm.database.versions() == ["crm_1", "host_1"]


FORGETTING = ("stamp", "--purge", "host_2", "crm@base")


def test_stamp_with_purge_forgets_no_plugin_without_a_question(crm: Host) -> None:
    assert crm.refuse(*FORGETTING) == (
        "'alembic stamp --purge host_2 crm@base' needs confirmation. Pass -x yes=true before "
        "'stamp' to run it without asking."
    )


@pytest.mark.parametrize(
    "arguments",
    [("-x", "yes=true", *FORGETTING), ("-x", "yes=1", "-x", "plugin=crm", *FORGETTING[:2], "base")],
)
def test_stamp_with_purge_forgets_the_plugins_that_are_named(
    crm: Host, arguments: tuple[str, ...]
) -> None:
    crm.succeed(*arguments)
    assert (crm.database.plugins(), crm.database.versions()) == ([], ["host_2"])
    assert crm.database.tables() == ["crm.contacts", "crm.deals", "public.accounts"]
