"""`alembic plugin ...`, on the real command line."""

import json
import subprocess

import pytest
from support.hosts import Host


def test_list_shows_what_is_available(host: Host) -> None:
    host.add("billing", "named_by_prefix")
    result = host.succeed("plugin", "list")
    assert result.lines == [
        "[ ] billing          2.1  schema billing",
        "[ ] named_by_prefix  0.1  prefix wiki_",
    ]


@pytest.mark.parametrize(("options", "answer"), [([], ""), (["--json"], "[]\n")])
def test_list_of_no_plugins_is_empty_and_says_where_it_looked(
    host: Host, options: list[str], answer: str
) -> None:
    result = host.succeed("plugin", "list", *options)
    assert result.stdout == answer
    assert result.stderr == (
        f"There are no plugins; looked in folder '{host.folder / 'plugins'}', which is not there, "
        "entry points of group 'alembic_plugins.plugins', sections [alembic_plugins.NAME] of "
        "alembic.ini. Install a package that has some, or set plugin_folders to where they are.\n"
    )


def test_show_of_the_host_tells_of_its_branch(host: Host) -> None:
    host.add("billing").run_all([["upgrade", "host_1"], ["plugin", "list"]])
    facts = json.loads(host.succeed("plugin", "show", "host", "--json").stdout)
    assert (facts["name"], facts["state"], facts["namespace"]) == (
        "host",
        "outdated",
        "schema public",
    )
    assert (facts["current"], facts["head"], facts["pending"]) == ("host_1", "host_2", 1)
    assert facts["versions"] == str(host.folder / "versions")
    assert (facts["revisions"], facts["pending_revisions"]) == (["host_1", "host_2"], ["host_2"])
    assert facts["objects"] == ["table public.accounts"]


def test_show_of_the_host_is_printed(host: Host) -> None:
    lines = host.succeed("plugin", "show", "host").lines
    assert "state:              available" in lines
    assert f"versions:           {host.folder / 'versions'}" in lines
    assert "pending_revisions:  host_1, host_2" in lines


@pytest.mark.parametrize(
    ("change", "state", "problem"),
    [
        ("rm -r versions", "orphaned", "There is no folder"),
        ("rm versions/host_2_*", "ahead", "host_2"),
        ("echo 'down_revision =' > versions/host_3.py", "broken", "host_3.py"),
    ],
)
def test_show_of_the_host_tells_what_is_wrong(
    host: Host, change: str, state: str, problem: str
) -> None:
    host.run("upgrade", "head")
    subprocess.run(["sh", "-c", change], cwd=host.folder, check=True)
    facts = json.loads(host.succeed("plugin", "show", "host", "--json").stdout)
    assert facts["state"] == state
    assert problem in " ".join(facts["problems"])


def test_list_changes_nothing(host: Host) -> None:
    host.add("billing").succeed("plugin", "list")
    assert host.database.query("SELECT FROM pg_tables WHERE schemaname = 'public'") == []


def test_list_marks_what_is_installed(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.succeed("plugin", "list")
    assert result.lines == ["[X] billing  2.1  schema billing  billing_2 (head)"]


def test_list_counts_what_is_behind(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    result = host.succeed("plugin", "list")
    assert result.lines == ["[X] billing  2.1  schema billing  billing_1  1 revision behind"]


def test_list_marks_orphans(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.remove("billing").succeed("plugin", "list")
    assert result.lines == [
        "[!] billing  2.1  schema billing  billing_2  its revision files are gone"
    ]


def test_list_does_not_warn_of_orphans(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    assert host.remove("billing").succeed("plugin", "list").stderr == ""


def test_list_names_a_broken_plugin_and_shows_the_others(host: Host) -> None:
    host.add("billing", "broken_syntax")
    result = host.succeed("plugin", "list")
    assert "[ ] billing" in result.stdout
    assert "WARNING: Revision file " in result.stderr
    assert "'broken_syntax' cannot be read: SyntaxError" in result.stderr


def test_list_as_json_has_one_object_a_plugin(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    result = host.succeed("plugin", "list", "--json")
    assert json.loads(result.stdout) == [
        {
            "name": "billing",
            "version": "2.1",
            "namespace": "schema billing",
            "state": "outdated",
            "current": "billing_1",
            "head": "billing_2",
            "pending": 1,
            "waiting": [],
        }
    ]


@pytest.mark.parametrize(
    ("commands", "state"),
    [
        ([], "available"),
        ([["plugin", "install", "billing"]], "installed"),
        ([["-x", "plugin=billing", "upgrade", "+1"]], "outdated"),
    ],
)
def test_list_as_json_tells_the_state(host: Host, commands: list[list[str]], state: str) -> None:
    host.add("billing").run_all(commands)
    result = host.succeed("plugin", "list", "--json")
    assert [plugin["state"] for plugin in json.loads(result.stdout)] == [state]


def test_list_as_json_tells_of_orphans(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.remove("billing").succeed("plugin", "list", "--json")
    assert [plugin["state"] for plugin in json.loads(result.stdout)] == ["orphaned"]


def test_list_as_json_stays_json_beside_a_broken_plugin(host: Host) -> None:
    host.add("broken_syntax")
    plugins = json.loads(host.succeed("plugin", "list", "--json").stdout)
    assert [(plugin["name"], plugin["head"]) for plugin in plugins] == [("broken_syntax", None)]


def test_show_tells_requirements_and_pending_revisions(host: Host) -> None:
    host.add("billing", "crm_requires_billing")
    result = host.succeed("plugin", "show", "crm_requires_billing")
    facts = dict(line.split(maxsplit=1) for line in result.lines)
    assert facts["requires:"] == "billing>=2.0"
    assert facts["pending_revisions:"] == "crm_1"


def test_show_as_json_tells_who_requires_it(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    facts = json.loads(host.succeed("plugin", "show", "billing", "--json").stdout)
    assert facts["required_by"] == ["crm_requires_billing"]
    assert facts["description"] == "Invoices of accounts"
    assert facts["models"] == "models:Base.metadata"
    assert facts["versions"] == str(host.folder / "plugins" / "billing" / "versions")


def test_show_tells_of_an_orphan(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    facts = json.loads(host.remove("billing").succeed("plugin", "show", "billing", "--json").stdout)
    assert (facts["state"], facts["current"], facts["version"]) == ("orphaned", "billing_2", "2.1")


def test_install_brings_the_host_and_the_plugin_to_their_heads(host: Host) -> None:
    result = host.add("billing").succeed("plugin", "install", "billing")
    assert result.lines == ["upgraded host: 2 revisions", "upgraded billing: 2 revisions"]
    assert host.database.versions() == ["billing_2", "host_2"]


def test_install_takes_several_plugins(host: Host) -> None:
    host.add("billing", "named_by_prefix").succeed(
        "plugin", "install", "billing", "named_by_prefix"
    )
    assert host.database.plugins() == ["billing", "named_by_prefix"]


def test_install_brings_requirements_first(host: Host) -> None:
    host.add("billing", "crm_requires_billing")
    result = host.succeed("plugin", "install", "crm_requires_billing")
    assert result.lines == [
        "upgraded host: 2 revisions",
        "upgraded billing: 2 revisions",
        "upgraded crm_requires_billing: 1 revision",
    ]


def test_install_leaves_other_plugins_alone(host: Host) -> None:
    host.add("billing", "named_by_prefix").succeed("plugin", "install", "billing")
    assert host.database.plugins() == ["billing"]


def test_install_of_what_is_installed_does_nothing(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    before = host.database.dump()
    assert host.succeed("plugin", "install", "billing").lines == ["nothing to do"]
    assert host.database.dump() == before


def test_install_brings_every_head(host: Host) -> None:
    host.add("two_heads").succeed("plugin", "install", "two_heads")
    assert host.database.versions() == ["host_2", "two_2a", "two_2b"]


def test_install_dry_run_prints_the_steps(host: Host) -> None:
    result = host.add("billing").succeed("plugin", "install", "billing", "--dry-run")
    assert result.lines == [
        "upgrade           host     host_1     create accounts",
        "upgrade           host     host_2     add accounts active",
        "check objects",
        "create namespace  billing",
        "upgrade           billing  billing_1  create invoices",
        "upgrade           billing  billing_2  add invoices paid",
        "check objects",
        "register          billing",
    ]


def test_plan_is_told_as_json(host: Host) -> None:
    host.add("billing").run("upgrade", "heads")
    planned = host.succeed("plugin", "install", "billing", "--dry-run", "--json").stdout
    (transaction,) = json.loads(planned)
    assert (transaction["action"], len(transaction["operations"])) == ("upgrade", 5)
    assert transaction["operations"][1] == {
        "operation": "ApplyRevision",
        "plugin": "billing",
        "revision": "billing_1",
        "message": "create invoices",
    }
    done = json.loads(host.succeed("plugin", "install", "billing", "--json").stdout)
    assert [item["operation"] for item in done[0]["operations"]] == [
        item["operation"] for item in transaction["operations"]
    ]
    gone = host.succeed("plugin", "uninstall", "billing", "--yes", "--json").stdout
    assert list(json.loads(gone)["plugins"]) == ["billing"]


def test_install_dry_run_changes_nothing(host: Host) -> None:
    before = host.database.dump()
    host.add("billing").succeed("plugin", "install", "billing", "--dry-run")
    assert host.database.dump() == before


def test_upgrade_brings_a_plugin_to_its_head(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    result = host.succeed("plugin", "upgrade", "billing")
    assert result.lines == ["upgraded billing: 1 revision"]
    assert host.database.versions() == ["billing_2", "host_2"]


def test_upgrade_all_brings_every_installed_plugin(host: Host) -> None:
    host.add("billing", "autocommit", "named_by_prefix")
    host.run("-x", "plugin=billing", "upgrade", "billing_1")
    host.run("-x", "plugin=autocommit", "upgrade", "autocommit_1")
    host.succeed("plugin", "upgrade", "--all")
    assert host.database.versions() == ["autocommit_2", "billing_2", "host_2"]


def test_upgrade_all_brings_the_host(host: Host) -> None:
    host.run("upgrade", "host_1")
    host.succeed("plugin", "upgrade", "--all")
    assert host.database.versions() == ["host_2"]


def test_upgrade_dry_run_changes_nothing(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    before = host.database.dump()
    result = host.succeed("plugin", "upgrade", "billing", "--dry-run")
    assert result.lines == [
        "upgrade        billing  billing_2  add invoices paid",
        "check objects",
        "register       billing",
    ]
    assert host.database.dump() == before


@pytest.mark.parametrize("revision", ["-1", "billing_1"])
def test_downgrade_takes_a_plugin_back(host: Host, revision: str) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.succeed("plugin", "downgrade", "billing", revision, "--yes")
    assert result.lines == [
        "downgrade      billing  billing_2  add invoices paid",
        "check objects",
        "register       billing",
        "downgraded billing: 1 revision",
    ]
    assert host.database.versions() == ["billing_1", "host_2"]


def test_downgrade_to_base_uninstalls(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.succeed("plugin", "downgrade", "billing", "base", "--yes")
    assert host.database.plugins() == []
    assert host.database.schemas() == []


def test_downgrade_dry_run_changes_nothing(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    before = host.database.dump()
    result = host.succeed("plugin", "downgrade", "billing", "base", "--dry-run")
    assert result.lines == [
        "downgrade       billing  billing_2  add invoices paid",
        "downgrade       billing  billing_1  create invoices",
        "check objects",
        "forget at base  billing",
    ]
    assert host.database.dump() == before


def test_downgrade_to_where_it_is_does_nothing(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.succeed("plugin", "downgrade", "billing", "billing_2")
    assert result.lines == ["nothing to do"]


def test_downgrade_wants_yes_where_nobody_can_be_asked(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    words = host.refuse("plugin", "downgrade", "billing", "-1")
    assert words == (
        "'alembic plugin downgrade billing -1' needs confirmation. Pass --yes to run it without "
        "asking."
    )


def test_history_tells_what_was_done(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.run("plugin", "downgrade", "billing", "-1", "--yes")
    events = json.loads(host.succeed("plugin", "history", "--json").stdout)
    assert [(e["plugin"], e["action"], e["to_revisions"]) for e in events] == [
        ("host", "upgrade", ["host_2"]),
        ("billing", "install", ["billing_2"]),
        ("billing", "downgrade", ["billing_1"]),
    ]


def test_history_of_a_plugin_leaves_out_others(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    lines = host.succeed("plugin", "history", "billing").lines
    assert len(lines) == 1
    assert "install  billing  - -> billing_2" in lines[0]


def test_history_outlives_an_uninstall(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.run("plugin", "uninstall", "billing", "--yes")
    events = json.loads(host.succeed("plugin", "history", "billing", "--json").stdout)
    assert [event["action"] for event in events] == ["install", "uninstall"]


def test_history_tells_of_what_failed(host: Host) -> None:
    host.add("fails_midway").run("upgrade", "head")
    host.fail("plugin", "install", "fails_midway")
    [event] = json.loads(host.succeed("plugin", "history", "fails_midway", "--json").stdout)
    assert (event["outcome"], event["to_revisions"]) == ("failed", [])
    assert "RuntimeError: out of paper" in event["detail"]


def test_history_of_an_empty_database_is_empty(host: Host) -> None:
    assert host.succeed("plugin", "history").lines == []


@pytest.mark.parametrize(
    "command",
    ["list", "show", "install", "upgrade", "downgrade", "uninstall", "history"],
)
def test_every_command_has_help(host: Host, command: str) -> None:
    result = host.succeed("plugin", command, "--help")
    assert result.lines[0].startswith("usage: ")


def test_plugin_without_a_command_is_refused(host: Host) -> None:
    assert host.alembic("plugin").exit_code == 2


@pytest.mark.parametrize("command", ["show nope --json", "install nope --dry-run", "adopt nope"])
def test_failure_goes_to_stderr(host: Host, command: str) -> None:
    result = host.alembic("plugin", *command.split())
    assert (result.exit_code, result.stdout) == (255, "")
    assert result.stderr.startswith("FAILED: ")


def test_failure_is_raised_where_that_is_wanted(host: Host) -> None:
    result = host.alembic("--raiseerr", "plugin", "show", "nope")
    assert "Traceback" in result.stderr
