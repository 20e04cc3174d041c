"""A row of the registry that says what cannot be: told by table and row, and others go on."""

import json

import pytest
from support.hosts import Host

LIFT = "ALTER TABLE {0} ALTER COLUMN {1} DROP NOT NULL; UPDATE {0} SET {1} = NULL WHERE {2}"
BILLING_2 = "revision = 'billing_2'"

DAMAGES = {
    "namespace": (
        "UPDATE alembic_plugin SET namespace = 'cellar' WHERE name = 'billing'",
        "The row of 'billing' in table 'alembic_plugin' is damaged: namespace 'cellar' is not ",
    ),
    "no_namespace": (
        LIFT.format("alembic_plugin", "namespace", "name = 'billing'"),
        "The row of 'billing' in table 'alembic_plugin' is damaged: its namespace is NULL.",
    ),
    "requires": (
        "UPDATE alembic_plugin SET requires = ARRAY['tags>>1'] WHERE name = 'billing'",
        "The row of 'billing' in table 'alembic_plugin' is damaged: requirement 'tags>>1' is not ",
    ),
    "null_in_requires": (
        "UPDATE alembic_plugin SET requires = ARRAY[NULL::text] WHERE name = 'billing'",
        "The row of 'billing' in table 'alembic_plugin' is damaged: a value in its requires is NUL",
    ),
    "down_revision": (
        LIFT.format("alembic_plugin_revision", "down_revision", BILLING_2),
        "The row of 'billing_2' in table 'alembic_plugin_revision', of 'billing', is damaged: its "
        "down_revision is NULL.",
    ),
    "null_in_depends_on": (
        f"UPDATE alembic_plugin_revision SET depends_on = ARRAY[NULL::text] WHERE {BILLING_2}",
        "The row of 'billing_2' in table 'alembic_plugin_revision', of 'billing', is damaged: a "
        "value in its depends_on is NULL.",
    ),
    "description": (
        LIFT.format("alembic_plugin_revision", "description", BILLING_2),
        "The row of 'billing_2' in table 'alembic_plugin_revision', of 'billing', is damaged: its "
        "description is NULL.",
    ),
    "plugin": (
        LIFT.format("alembic_plugin_revision", "plugin", BILLING_2),
        "The row of 'billing_2' in table 'alembic_plugin_revision', of 'billing', is damaged: its "
        "plugin is NULL.",
    ),
    "plugin_of_all": (
        "UPDATE alembic_plugin_revision SET plugin = '' WHERE plugin = 'billing'",
        "The row of 'billing_1' in table 'alembic_plugin_revision', of 'billing', is damaged: '' "
        "is no name for a plugin.",
    ),
    "circle": (
        "UPDATE alembic_plugin_revision SET down_revision = '{billing_2}' "
        "WHERE revision = 'billing_1'",
        "The row of 'billing_2' in table 'alembic_plugin_revision', of 'billing', is damaged: its "
        "down_revision leads back to it.",
    ),
    "quarantine": (
        "UPDATE alembic_plugin SET quarantine = 'cellar' WHERE name = 'billing'",
        "The row of 'billing' in table 'alembic_plugin' is damaged: its quarantine is 'cellar', "
        "and revisions of it are applied.",
    ),
    "journal": (
        "INSERT INTO alembic_plugin_journal (revision, plugin, direction, statements, "
        "invalid_before) VALUES ('billing_2', 'billing', 'sideways', '{}', '{}')",
        "The row of 'billing_2' in table 'alembic_plugin_journal', of 'billing', is damaged: its "
        "direction is 'sideways'.",
    ),
}
WAY_OUT = "Correct it, or restore the table from a backup."

damaged_rows = pytest.mark.parametrize("damage", DAMAGES)


@pytest.fixture
def three(host: Host) -> Host:
    """A host with two plugins, and a third one that is not installed."""
    host.add("billing", "named_by_prefix", "makes_things")
    host.run("plugin", "install", "billing", "named_by_prefix")
    return host


def inflict(host: Host, damage: str) -> str:
    """Damage what the registry has of `billing`, and return how that is told."""
    statement, words = DAMAGES[damage]
    host.database.execute(statement)
    return words


@damaged_rows
def test_damaged_plugin_is_listed_with_its_problem(three: Host, damage: str) -> None:
    words = inflict(three, damage)
    result = three.succeed("plugin", "list")
    assert [line.split()[:2] for line in result.lines] == [
        ["[!]", "billing"],
        ["[", "]"],
        ["[X]", "named_by_prefix"],
    ]
    assert "  its row in table alembic_plugin" in result.lines[0]
    assert result.stderr.startswith(f"WARNING: {words}")
    assert all(line.endswith(WAY_OUT) for line in result.stderr.splitlines())


@damaged_rows
def test_damaged_plugin_is_shown_as_broken(three: Host, damage: str) -> None:
    words = inflict(three, damage)
    facts = json.loads(three.succeed("plugin", "show", "billing", "--json").stdout)
    assert (facts["name"], facts["state"]) == ("billing", "broken")
    assert [problem[: len(words)] for problem in facts["problems"]] == [words]


@damaged_rows
def test_commands_for_others_go_on_beside_a_damaged_plugin(three: Host, damage: str) -> None:
    inflict(three, damage)
    three.succeed("plugin", "install", "makes_things")
    three.succeed("plugin", "uninstall", "named_by_prefix", "--yes")
    three.succeed("plugin", "downgrade", "makes_things", "base", "--yes")
    assert three.database.plugins() == ["billing"]


@pytest.mark.parametrize("damage", ["namespace", "plugin"])
@pytest.mark.parametrize(
    "command",
    [
        *("install billing", "upgrade billing", "uninstall billing --yes", "repair billing"),
        *("forget billing --yes", "downgrade billing -1 --yes", "uninstall billing --purge --yes"),
    ],
)
def test_damaged_plugin_is_refused_with_table_and_row(
    three: Host, damage: str, command: str
) -> None:
    words = inflict(three, damage)
    assert three.refuse("plugin", *command.split()).startswith(words)


@damaged_rows
def test_upgrade_of_all_tells_of_a_damaged_plugin_when_others_are_done(
    host: Host, damage: str
) -> None:
    host.add("billing").revise("wiki", "CREATE TABLE pages (id int)")
    host.run("plugin", "install", "billing", "wiki")
    host.revise("wiki", "CREATE TABLE links (id int)")
    words = inflict(host, damage)
    failure = host.fail("upgrade", "heads")
    assert failure.startswith("Plugins that could not be upgraded: billing; upgraded: wiki. ")
    assert words in failure
    assert "wiki.links" in host.database.tables()


def test_row_that_was_corrected_is_in_order_again(three: Host) -> None:
    inflict(three, "namespace")
    three.database.execute("UPDATE alembic_plugin SET namespace = 'schema billing'")
    three.succeed("plugin", "uninstall", "billing", "--yes")


def test_repair_leaves_the_version_table_of_a_damaged_plugin_alone(three: Host) -> None:
    inflict(three, "plugin_of_all")
    three.succeed("plugin", "repair", "--yes")
    three.succeed("plugin", "history-sync", "--yes")
    assert "billing_2" in three.database.versions()


def test_damaged_row_of_the_host_stops_what_needs_the_host(three: Host) -> None:
    three.database.execute(
        "UPDATE alembic_plugin_revision SET depends_on = ARRAY[NULL::text] "
        "WHERE revision = 'host_2'"
    )
    words = "The row of 'host_2' in table 'alembic_plugin_revision', of 'host', is damaged: "
    assert three.refuse("plugin", "install", "makes_things").startswith(words)
    assert words in three.succeed("plugin", "list").stderr
    three.succeed("plugin", "uninstall", "billing", "--yes")


def test_damaged_plugin_is_in_the_current_revisions(three: Host) -> None:
    words = inflict(three, "namespace")
    result = three.succeed("current")
    assert words in result.stderr
    assert "billing (its rows in the registry are damaged): billing_2 (head)" in result.lines


def test_damaged_object_and_event_are_told_and_passed_over(three: Host) -> None:
    three.database.execute(LIFT.format("alembic_plugin_object", "kind", "plugin = 'billing'"))
    three.database.execute(LIFT.format("alembic_plugin_event", "to_revisions", "plugin = 'host'"))
    result = three.succeed("plugin", "uninstall", "named_by_prefix", "--yes")
    assert "in table 'alembic_plugin_object', of 'billing', is damaged: its kind" in result.stderr
    result = three.succeed("plugin", "history")
    assert "in table 'alembic_plugin_event', of 'host', is damaged: its to_r" in result.stderr
    assert len(result.lines) == 3


FOREVER = "UPDATE {0} SET {1} = 'infinity'"


@pytest.mark.parametrize(
    "damage",
    [
        FOREVER.format("alembic_plugin", "installed_at"),
        FOREVER.format("alembic_plugin_revision", "applied_at"),
        FOREVER.format("alembic_plugin_event", "happened_at"),
        "UPDATE alembic_plugin_object SET classid = 0 WHERE plugin = 'billing'",
        "UPDATE alembic_plugin_object SET classid = 1249 WHERE plugin = 'billing'",
        "INSERT INTO alembic_plugin_journal (revision, plugin, direction, statements, "
        "invalid_before, started_at) VALUES ('x', 'billing', 'up', '{}', '{}', '-infinity')",
    ],
)
def test_value_that_python_or_postgresql_cannot_take_stops_no_other_plugin(
    three: Host, damage: str
) -> None:
    three.database.execute(damage)
    three.succeed("plugin", "list")
    three.succeed("plugin", "history")
    three.succeed("plugin", "install", "makes_things")
    three.succeed("plugin", "uninstall", "named_by_prefix", "--yes")


def test_moment_that_python_does_not_have_is_told(three: Host) -> None:
    three.database.execute(
        "UPDATE alembic_plugin_event SET happened_at = '294000-01-01' WHERE plugin = 'host'"
    )
    result = three.succeed("plugin", "history", "--json")
    assert "of 'host', is damaged: its happened_at is '294000-01-01 " in result.stderr
    assert [event["plugin"] for event in json.loads(result.stdout)] == [
        "billing",
        "named_by_prefix",
    ]


def test_damaged_object_is_told_once_in_a_command(three: Host) -> None:
    three.database.execute("UPDATE alembic_plugin_object SET classid = 0 WHERE plugin = 'billing'")
    told = three.succeed("plugin", "uninstall", "named_by_prefix", "--yes").stderr.splitlines()
    damaged = [line for line in told if "is damaged: its classid is 0" in line]
    assert damaged
    assert len(damaged) == len(set(damaged))
