"""The ``alembic plugin`` commands as functions that return data."""

from collections.abc import Callable

import pytest
from alembic.config import Config
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import (
    BeyondPhase,
    CannotRehearse,
    InvalidName,
    NotInstalled,
    OfflineUnknown,
    PluginInUse,
    UnknownPlugin,
    UnmetRequirement,
)
from alembic_plugins.guard.changes import Effect
from alembic_plugins.planning.operations import Direction, RemovePlugin


def test_list_returns_a_status_a_plugin(host: Host) -> None:
    host.add("billing", "two_heads").run("-x", "plugin=billing", "upgrade", "billing_1")
    billing, two_heads = commands.list_plugins(host.config()).plugins
    assert (billing.state, billing.current, billing.pending) == ("outdated", "billing_1", 1)
    assert (two_heads.state, two_heads.head, two_heads.pending) == (
        "available",
        "two_2a, two_2b",
        3,
    )


def test_list_returns_why_a_plugin_cannot_be_read(host: Host) -> None:
    listing = commands.list_plugins(host.add("billing", "broken_syntax").config())
    [problem] = listing.problems
    assert "syntax_2_never_finished.py" in str(problem)


def test_list_counts_two_heads_behind(host: Host) -> None:
    host.add("two_heads").run("-x", "plugin=two_heads", "upgrade", "two_2a")
    [status] = commands.list_plugins(host.config()).plugins
    assert (status.state, status.current, status.pending) == ("outdated", "two_2a", 1)


def test_show_returns_pending_revisions_in_order(host: Host) -> None:
    details = commands.show_plugin(host.add("billing").config(), "billing")
    assert details.pending_revisions == ("billing_1", "billing_2")


def test_functions_take_a_phase_of_a_release(host: Host) -> None:
    host.declare("tags").revise("tags", "SELECT 1").run("plugin", "install", "tags")
    host.revise("tags", "CREATE TABLE words ()", "DROP TABLE words")
    drop = host.revise("tags", "SELECT 2").folder / "plugins/tags/versions/tags_3.py"
    drop.write_text(f'{drop.read_text()}\n\nphase = "contract"\n')
    config, name = host.config(), "tags"
    assert len(commands.rehearse(config, name, phase="expand").effects) == 1
    found = commands.upgrade(config, name, phase="expand")
    assert [step.revision for step in found.steps] == ["tags_2"]
    assert commands.list_plugins(config).plugins[0].waiting == ("tags_3",)
    assert commands.install(config, name, phase="expand").steps == ()
    commands.upgrade(config, phase="contract")
    found = commands.downgrade(config, name, "base", phase="contract")
    assert [step.revision for step in found.steps] == ["tags_3"]
    with pytest.raises(BeyondPhase):
        commands.rehearse_downgrade(config, name, "-1", phase="contract")


def test_show_of_an_unknown_plugin_is_refused(host: Host) -> None:
    with pytest.raises(UnknownPlugin):
        commands.show_plugin(host.config(), "nothing")


def test_show_of_an_orphan_knows_what_it_required(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    host.remove("crm_requires_billing")
    details = commands.show_plugin(host.config(), "crm_requires_billing")
    assert details.requires == ("billing>=2.0",)


def test_install_returns_what_was_run(host: Host) -> None:
    plan = commands.install(host.add("billing").config(), ["billing"])
    assert [step.revision for step in plan.steps] == ["host_1", "host_2", "billing_1", "billing_2"]
    assert [unit.plugins for unit in plan.transactions] == [("host",), ("billing",)]


def test_name_alone_stands_for_a_list_of_it(host: Host) -> None:
    config = host.add("billing").config()
    commands.rehearse(config, "billing")
    installed = commands.install(config, "billing")
    assert installed.transactions[-1].plugins == ("billing",)
    commands.rehearse(config, "billing", upgrade=True)
    assert commands.upgrade(config, "billing").steps == ()
    removal = commands.uninstall(config, "billing")
    assert removal.plan.outcomes == {"billing": RemovePlugin("billing")}


def test_name_alone_is_adopted(host: Host) -> None:
    config = host.add("billing").config()
    commands.install(config, "billing")
    commands.forget(config, "billing")
    commands.rehearse_adoption(config, "billing")
    adopted = commands.adopt(config, "billing")
    assert {step.plugin for step in adopted.steps} == {"billing"}


@pytest.mark.parametrize("names", ["", "no name", ["", "billing"], "host"])
@pytest.mark.parametrize(
    "command",
    [commands.install, commands.upgrade, commands.uninstall, commands.rehearse, commands.adopt],
)
def test_what_is_no_name_is_refused(
    host: Host, command: Callable[[Config, str | list[str]], object], names: str | list[str]
) -> None:
    with pytest.raises(InvalidName):
        command(host.config(), names)


def test_install_dry_run_returns_what_would_be_run(host: Host) -> None:
    dry = commands.install(host.add("billing").config(), ["billing"], dry_run=True)
    assert dry == commands.install(host.config(), ["billing"])


def test_install_of_nothing_new_returns_an_empty_plan(host: Host) -> None:
    commands.install(host.add("billing").config(), ["billing"])
    assert commands.install(host.config(), ["billing"]).steps == ()


def test_install_wants_the_version_that_is_required(host: Host) -> None:
    host.add("billing", "requires_newer")
    with pytest.raises(UnmetRequirement) as excinfo:
        commands.install(host.config(), ["requires_newer"])
    assert (excinfo.value.requirement, excinfo.value.found) == ("billing>=9", "2.1")


def test_upgrade_of_what_is_not_installed_is_refused(host: Host) -> None:
    with pytest.raises(NotInstalled):
        commands.upgrade(host.add("billing").config(), ["billing"])


def test_upgrade_of_all_cannot_be_told_offline(host: Host) -> None:
    with pytest.raises(OfflineUnknown):
        commands.upgrade(host.config(), sql=True)


def test_downgrade_returns_what_was_run(host: Host) -> None:
    commands.install(host.add("billing").config(), ["billing"])
    plan = commands.downgrade(host.config(), "billing", "base")
    assert [(step.revision, step.direction) for step in plan.steps] == [
        ("billing_2", Direction.DOWNGRADE),
        ("billing_1", Direction.DOWNGRADE),
    ]


def test_uninstall_returns_what_went(host: Host) -> None:
    commands.install(host.add("makes_things").config(), ["makes_things"])
    removal = commands.uninstall(host.config(), ["makes_things"])
    assert removal.plan.outcomes == {"makes_things": RemovePlugin("makes_things")}
    counted = {item.identity: item.rows for item in removal.previews["makes_things"].objects}
    assert counted["makes_things.things"] == 2


def test_uninstall_names_who_needs_it(host: Host) -> None:
    host.add("billing", "crm_requires_billing")
    commands.install(host.config(), ["crm_requires_billing"])
    with pytest.raises(PluginInUse) as excinfo:
        commands.uninstall(host.config(), ["billing"])
    assert excinfo.value.dependents == ("crm_requires_billing",)


def test_uninstall_with_cascade_returns_all_that_went(host: Host) -> None:
    host.add("billing", "crm_requires_billing")
    commands.install(host.config(), ["crm_requires_billing"])
    removal = commands.uninstall(host.config(), ["billing"], cascade=True)
    assert list(removal.plan.outcomes) == ["crm_requires_billing", "billing"]


def test_history_returns_events(host: Host) -> None:
    commands.install(host.add("billing").config(), ["billing"])
    assert [event.plugin for event in commands.history(host.config())] == ["host", "billing"]


def test_footprint_of_a_downgrade_is_told_and_rolled_back(host: Host) -> None:
    commands.install(host.add("billing").config(), ["billing"])
    before = host.database.dump("--exclude-table-data=*.alembic_plugin*")
    rehearsal = commands.rehearse_downgrade(host.config(), "billing", "base")
    assert Effect("drops", "table", "billing.invoices", "billing") in rehearsal.effects
    assert host.database.dump("--exclude-table-data=*.alembic_plugin*") == before


@pytest.mark.parametrize("command", ["install", "upgrade", "downgrade"])
def test_dry_run_tells_what_revisions_say_of_themselves(host: Host, command: str) -> None:
    config = host.add("billing").config()
    if command != "install":
        host.run("-x", "plugin=billing", "upgrade", "billing_1")
    plan = {
        "install": lambda: commands.install(config, ["billing"], dry_run=True),
        "upgrade": lambda: commands.upgrade(config, ["billing"], dry_run=True),
        "downgrade": lambda: commands.downgrade(config, "billing", "-1", dry_run=True),
    }[command]()
    assert plan.messages.keys() == {step.revision for step in plan.steps}
    assert {"create invoices", "add invoices paid"} & set(plan.messages.values())


def test_revision_that_commits_midway_cannot_be_rehearsed(host: Host) -> None:
    with pytest.raises(CannotRehearse):
        commands.rehearse(host.add("autocommit").config(), ["autocommit"])
    assert host.database.tables() == []


def test_script_cannot_tell_how_to_downgrade_what_has_no_files(host: Host) -> None:
    with pytest.raises(OfflineUnknown) as excinfo:
        commands.uninstall(host.config(), ["billing"], sql=True)
    assert "What downgrades 'billing', which has no files, only the registry" in str(excinfo.value)
