"""CREATE INDEX CONCURRENTLY that meets duplicates: what is half done is named, and completed."""

import json

import pytest
from support.hosts import Host

NAME = "indexes_uniquely"
REFUSAL = (
    "The upgrade of revision 'uniquely_2' of 'indexes_uniquely' was interrupted, and a part of it "
    "is committed. Run that upgrade again to complete it, or take the plugin away with 'alembic "
    "plugin uninstall indexes_uniquely --purge'."
)
INDEXES = """
    SELECT c.relname, i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
    WHERE c.relname LIKE 'members_%' ORDER BY 1
"""


@pytest.fixture
def stuck(host: Host) -> Host:
    """A host whose plugin could not make its index, since two members have one address."""
    host.add(NAME).run("-x", f"plugin={NAME}", "upgrade", "uniquely_1")
    host.database.execute(f"INSERT INTO {NAME}.members VALUES (1, 'a@b.c'), (2, 'a@b.c')")
    host.fail("plugin", "upgrade", NAME)
    return host


def remove_duplicates(host: Host) -> None:
    """See to the cause."""
    host.database.execute(f"DELETE FROM {NAME}.members WHERE id = 2")


def test_failure_says_what_stays(host: Host) -> None:
    host.add(NAME).run("-x", f"plugin={NAME}", "upgrade", "uniquely_1")
    host.database.execute(f"INSERT INTO {NAME}.members VALUES (1, 'a@b.c'), (2, 'a@b.c')")
    words = host.fail("plugin", "upgrade", NAME)
    assert words.startswith("upgrade() of revision 'uniquely_2' of 'indexes_uniquely' failed: ")
    assert 'could not create unique index "members_email_key"' in words
    assert "with the invalid index indexes_uniquely.members_email_key;" in words


def test_list_names_the_index(stuck: Host) -> None:
    assert stuck.succeed("plugin", "list").lines == [
        "[!] indexes_uniquely  -  schema indexes_uniquely  uniquely_1  interrupted in the upgrade "
        "of uniquely_2, invalid index indexes_uniquely.members_email_key"
    ]


def test_list_as_json_tells_the_state(stuck: Host) -> None:
    [plugin] = json.loads(stuck.succeed("plugin", "list", "--json").stdout)
    assert (plugin["state"], plugin["current"]) == ("interrupted", "uniquely_1")


def test_list_names_the_index_of_an_orphan(stuck: Host) -> None:
    [line] = stuck.remove(NAME).succeed("plugin", "list").lines
    assert line.endswith("invalid index indexes_uniquely.members_email_key")


def test_interruption_is_in_the_history(stuck: Host) -> None:
    event = json.loads(stuck.succeed("plugin", "history", NAME, "--json").stdout)[-1]
    assert (event["action"], event["outcome"]) == ("upgrade", "failed")
    assert "invalid index indexes_uniquely.members_email_key" in event["detail"]


@pytest.mark.parametrize(
    "command",
    [
        f"plugin upgrade {NAME}",
        "plugin upgrade --all",
        f"plugin install {NAME}",
        "upgrade heads",
        f"-x plugin={NAME} upgrade head",
        f"-x plugin={NAME} upgrade +1",
    ],
)
def test_upgrade_is_completed_when_the_duplicates_are_gone(stuck: Host, command: str) -> None:
    remove_duplicates(stuck)
    stuck.succeed(*command.split())
    assert stuck.database.versions() == ["host_2", "uniquely_2"]
    assert stuck.database.query(INDEXES) == [("members_email_key", True), ("members_pkey", True)]


def test_completed_upgrade_made_what_an_undisturbed_one_makes(
    stuck: Host, other_host: Host
) -> None:
    remove_duplicates(stuck)
    stuck.succeed("plugin", "upgrade", NAME)
    other_host.add(NAME).succeed("plugin", "install", NAME)
    assert stuck.database.catalog() == other_host.database.catalog()


def test_completed_plugin_is_listed_as_installed(stuck: Host) -> None:
    remove_duplicates(stuck)
    stuck.run("plugin", "upgrade", NAME)
    [line] = stuck.succeed("plugin", "list").lines
    assert line.endswith("uniquely_2 (head)")


def test_upgrade_fails_again_while_the_duplicates_are_there(stuck: Host) -> None:
    words = stuck.fail("plugin", "upgrade", NAME)
    assert "with the invalid index indexes_uniquely.members_email_key;" in words
    assert stuck.database.query(INDEXES) == [("members_email_key", False), ("members_pkey", True)]


@pytest.mark.parametrize(
    "command",
    [
        f"plugin downgrade {NAME} -1 --yes",
        f"plugin downgrade {NAME} base --yes",
        f"-x plugin={NAME} downgrade base",
        "downgrade -1",
    ],
)
def test_other_movements_are_refused(stuck: Host, command: str) -> None:
    assert stuck.refuse(*command.split()) == REFUSAL


@pytest.mark.parametrize("command", ["plugin install billing", "current", "plugin show billing"])
def test_others_are_not_hindered(stuck: Host, command: str) -> None:
    stuck.add("billing").succeed(*command.split())


def test_host_is_upgraded_beside_a_stuck_plugin(stuck: Host) -> None:
    stuck.run("revision", "-m", "more", "--rev-id", "host_3")
    stuck.succeed("upgrade", "head")
    assert stuck.database.versions() == ["host_3", "uniquely_1"]


@pytest.mark.parametrize("away", [["--keep-data"], ["--backup", "kept"]])
def test_stuck_plugin_is_not_kept_as_if_it_were_whole(stuck: Host, away: list[str]) -> None:
    words = stuck.refuse("plugin", "uninstall", NAME, *away, "--yes")
    assert "was interrupted" in words


@pytest.mark.parametrize("option", [["--yes"], ["--purge", "--yes"]])
def test_stuck_plugin_is_uninstalled(stuck: Host, other_host: Host, option: list[str]) -> None:
    stuck.succeed("plugin", "uninstall", NAME, *option)
    other_host.succeed("upgrade", "head")
    assert stuck.database.catalog() == other_host.database.catalog()
    assert stuck.database.plugins() == []


def test_stuck_orphan_is_uninstalled(stuck: Host) -> None:
    stuck.remove(NAME).succeed("plugin", "uninstall", NAME, "--yes")
    assert stuck.database.tables() == ["public.accounts"]


def test_stuck_plugin_is_forgotten(stuck: Host) -> None:
    stuck.succeed("plugin", "forget", NAME, "--yes")
    assert stuck.database.plugins() == []
    assert stuck.database.tables() == ["indexes_uniquely.members", "public.accounts"]


def test_plugin_is_installed_anew_after_an_uninstall(stuck: Host) -> None:
    stuck.run("plugin", "uninstall", NAME, "--yes")
    stuck.succeed("plugin", "install", NAME)
    assert stuck.database.query(INDEXES) == [("members_email_key", True), ("members_pkey", True)]
