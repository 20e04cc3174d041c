"""What Alembic's own commands mean where there are plugins."""

import pytest
from support.hosts import Host


def test_upgrade_head_is_the_host(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    host.succeed("upgrade", "head")
    assert host.database.versions() == ["billing_1", "host_2"]


def test_upgrade_of_a_fresh_host_brings_no_plugin(host: Host) -> None:
    host.add("billing").succeed("upgrade", "head")
    assert host.database.tables() == ["public.accounts"]


def test_upgrade_by_steps_is_the_host(host: Host) -> None:
    host.add("billing").succeed("upgrade", "+1")
    assert host.database.versions() == ["host_1"]


def test_upgrade_heads_is_the_host_and_every_installed_plugin(host: Host) -> None:
    host.add("billing", "named_by_prefix").run("-x", "plugin=billing", "upgrade", "billing_1")
    host.succeed("upgrade", "heads")
    assert host.database.versions() == ["billing_2", "host_2"]


def test_upgrade_heads_brings_the_host_alone_where_nothing_is_installed(host: Host) -> None:
    host.add("billing").succeed("upgrade", "heads")
    assert host.database.versions() == ["host_2"]


@pytest.mark.parametrize(
    ("target", "row"),
    [("head", "billing_2"), ("heads", "billing_2"), ("+1", "billing_1"), ("billing_1",) * 2],
)
def test_upgrade_of_a_plugin_goes_to_the_target(host: Host, target: str, row: str) -> None:
    host.add("billing").succeed("-x", "plugin=billing", "upgrade", target)
    assert host.database.versions() == [row, "host_2"]


def test_upgrade_of_a_plugin_registers_it(host: Host) -> None:
    host.add("billing").succeed("-x", "plugin=billing", "upgrade", "head")
    assert host.database.query("SELECT name, version, namespace FROM alembic_plugin") == [
        ("billing", "2.1", "schema billing")
    ]


def test_upgrade_of_a_plugin_brings_what_it_requires_first(host: Host) -> None:
    host.add("billing", "crm_requires_billing")
    host.succeed("-x", "plugin=crm_requires_billing", "upgrade", "head")
    assert host.database.applied() == ["host_1", "host_2", "billing_1", "billing_2", "crm_1"]


def test_upgrade_at_a_plugin_is_the_plugin(host: Host) -> None:
    host.add("billing").succeed("upgrade", "billing@head")
    assert host.database.versions() == ["billing_2", "host_2"]


def test_upgrade_to_a_revision_of_a_plugin_is_the_plugin(host: Host) -> None:
    host.add("billing").succeed("upgrade", "billing_1")
    assert host.database.versions() == ["billing_1", "host_2"]


def test_downgrade_of_a_plugin_takes_back_the_plugin(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.run("upgrade", "head")
    host.succeed("-x", "plugin=billing", "downgrade", "-1")
    assert host.database.versions() == ["billing_1", "host_2"]


def test_downgrade_of_a_plugin_goes_to_a_revision(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.succeed("-x", "plugin=billing", "downgrade", "billing_1")
    assert host.database.applied() == ["host_1", "host_2", "billing_1"]


def test_downgrade_of_a_plugin_to_base_uninstalls_it(host: Host) -> None:
    host.add("billing").run("upgrade", "head")
    before = host.database.catalog()
    host.run("plugin", "install", "billing")
    host.succeed("-x", "plugin=billing", "downgrade", "base")
    assert host.database.plugins() == []
    assert host.database.catalog() == before


def test_downgrade_by_a_step_takes_back_what_was_applied_last(host: Host) -> None:
    host.add("billing", "named_by_prefix")
    host.run("plugin", "install", "named_by_prefix")
    host.run("plugin", "install", "billing")
    host.succeed("downgrade", "-1")
    assert host.database.versions() == ["billing_1", "host_2", "wiki_1"]


def test_downgrade_by_a_step_takes_back_the_host_where_that_came_last(host: Host) -> None:
    host.add("billing").configure("plugin_host_first = false")
    host.run("upgrade", "host_1")
    host.run("plugin", "install", "billing")
    host.run("upgrade", "head")
    host.succeed("downgrade", "-1")
    assert host.database.versions() == ["billing_2", "host_1"]


def test_downgrade_by_steps_crosses_branches(host: Host) -> None:
    host.add("billing", "named_by_prefix").run("plugin", "install", "billing")
    host.run("plugin", "install", "named_by_prefix")
    host.succeed("downgrade", "-2")
    assert host.database.applied() == ["host_1", "host_2", "billing_1"]


def test_downgrade_to_base_is_refused_while_plugins_are_installed(host: Host) -> None:
    host.add("billing", "named_by_prefix").run("plugin", "install", "billing", "named_by_prefix")
    words = host.refuse("downgrade", "base")
    assert words.startswith(
        "The host cannot go back to base while plugins are installed: billing, named_by_prefix."
    )


def test_downgrade_to_base_takes_plugins_along_with_cascade(host: Host) -> None:
    host.add("billing", "named_by_prefix").run("plugin", "install", "billing", "named_by_prefix")
    host.succeed("-x", "cascade=true", "downgrade", "base")
    assert host.database.versions() == []
    assert host.database.tables() == []


def test_downgrade_of_the_host_to_base_needs_no_cascade_without_plugins(host: Host) -> None:
    host.run("upgrade", "head")
    host.succeed("downgrade", "base")
    assert host.database.tables() == []


def test_downgrade_is_refused_where_a_plugin_depends_on_it(host: Host) -> None:
    host.add("depends_on_host").run("plugin", "install", "depends_on_host")
    words = host.refuse("downgrade", "host_1")
    assert words == (
        "The downgrade of 'host' would take away what is needed by depends_on_host. Downgrade "
        "depends_on_host first, or pass -x cascade=true."
    )


def test_downgrade_takes_dependents_along_with_cascade(host: Host) -> None:
    host.add("depends_on_host").run("plugin", "install", "depends_on_host")
    host.succeed("-x", "cascade=true", "downgrade", "host_1")
    assert host.database.applied() == ["host_1"]
    host.succeed("upgrade", "heads")
    assert host.database.versions() == ["dependent_1", "host_2"]


def test_downgrade_of_a_required_plugin_is_refused(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    words = host.refuse("-x", "plugin=billing", "downgrade", "-1")
    assert "is needed by crm_requires_billing." in words


def test_current_shows_every_branch(host: Host) -> None:
    host.add("billing", "named_by_prefix").run("-x", "plugin=billing", "upgrade", "billing_1")
    assert sorted(host.succeed("current").lines) == ["billing: billing_1", "host: host_2 (head)"]


def test_current_of_a_plugin_leaves_out_others(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.succeed("-x", "plugin=billing", "current")
    assert result.lines == ["billing: billing_2 (head)"]


def test_current_marks_orphans(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.remove("billing").succeed("current")
    assert sorted(result.lines) == [
        "billing (its revision files are gone): billing_2 (head)",
        "host: host_2 (head)",
    ]


def test_current_checks_the_heads_of_a_plugin_alone(host: Host) -> None:
    host.add("billing").configure("plugin_host_first = false")
    host.run("upgrade", "host_1")
    host.run("plugin", "install", "billing")
    result = host.succeed("-x", "plugin=billing", "current", "--check-heads")
    assert result.lines == ["billing: billing_2 (head)"]


def test_current_refuses_where_a_plugin_is_behind(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    assert host.fail("current", "--check-heads")


def test_history_shows_every_branch(host: Host) -> None:
    result = host.add("billing").succeed("history")
    assert result.lines == [
        "host: host_1 -> host_2 (head), add accounts active",
        "host: <base> -> host_1, create accounts",
        "billing: billing_1 -> billing_2 (head), add invoices paid",
        "billing: <base> -> billing_1, create invoices",
    ]


def test_history_of_a_plugin_marks_what_is_current(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    result = host.succeed("-x", "plugin=billing", "history", "--indicate-current")
    assert result.lines == [
        "billing: billing_1 -> billing_2 (head), add invoices paid",
        "billing: <base> -> billing_1 (current), create invoices",
    ]


def test_heads_shows_every_branch(host: Host) -> None:
    result = host.add("billing", "two_heads").succeed("heads")
    assert result.lines == [
        "host: host_2 (head)",
        "billing: billing_2 (head)",
        "two_heads: two_2a (head)",
        "two_heads: two_2b (head)",
    ]


def test_heads_of_a_plugin_leaves_out_others(host: Host) -> None:
    result = host.add("billing", "two_heads").succeed("-x", "plugin=billing", "heads")
    assert result.lines == ["billing: billing_2 (head)"]


def test_branches_shows_where_a_plugin_forks(host: Host) -> None:
    lines = host.add("billing", "two_heads").succeed("branches").lines
    assert lines[0] == "two_heads: two_1 (branchpoint)"
    assert sorted(lines[1:3]) == [
        "      -> two_heads: two_2a (head)",
        "      -> two_heads: two_2b (head)",
    ]


def test_branches_of_a_plugin_leaves_out_others(host: Host) -> None:
    result = host.add("billing", "two_heads").succeed("-x", "plugin=billing", "branches")
    assert result.stdout.strip() == ""


@pytest.mark.parametrize(
    ("arguments", "first"),
    [
        (["show", "billing_1"], "Rev: billing_1"),
        (["show", "head"], "Rev: host_2 (head)"),
        (["-x", "plugin=billing", "show", "head"], "Rev: billing_2 (head)"),
        (["show", "billing@head"], "Rev: billing_2 (head)"),
    ],
)
def test_show_finds_a_revision(host: Host, arguments: list[str], first: str) -> None:
    assert host.add("billing").succeed(*arguments).lines[0] == first


def test_show_tells_what_a_revision_depends_on(host: Host) -> None:
    result = host.add("depends_on_host").succeed("show", "dependent_1")
    assert "Depends on: host_2" in result.lines
    assert "Plugin: depends_on_host" in result.lines


def test_stamp_of_a_plugin_records_without_running(host: Host) -> None:
    host.add("billing").run("upgrade", "head")
    host.succeed("-x", "plugin=billing", "stamp", "head")
    assert host.database.versions() == ["billing_2", "host_2"]
    assert host.database.tables() == ["public.accounts"]


def test_stamp_is_the_host(host: Host) -> None:
    host.add("billing").succeed("stamp", "head")
    assert host.database.versions() == ["host_2"]


def test_stamp_of_a_plugin_to_base_forgets_it(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.succeed("-x", "plugin=billing", "stamp", "base")
    assert host.database.versions() == ["host_2"]
    assert host.database.plugins() == []


def test_stamp_heads_is_the_host_and_every_installed_plugin(host: Host) -> None:
    host.add("billing", "named_by_prefix").run("-x", "plugin=billing", "upgrade", "billing_1")
    host.succeed("stamp", "heads")
    assert host.database.versions() == ["billing_2", "host_2"]


def test_stamp_of_one_branch_leaves_the_others(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.succeed("stamp", "host_1")
    assert host.database.versions() == ["billing_2", "host_1"]


def test_check_finds_no_difference_after_an_install(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.succeed("-x", "plugin=billing", "check")
    assert result.lines == ["No new upgrade operations detected."]


def test_check_compares_every_installed_plugin(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "billing_1")
    words = host.refuse("check")
    assert words.startswith("Target database is not up to date")


def test_check_names_what_the_models_have_more(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.database.execute("ALTER TABLE billing.invoices DROP COLUMN paid")
    words = host.refuse("-x", "plugin=billing", "check")
    assert "add_column" in words
    assert "paid" in words


def test_merge_puts_its_file_into_the_plugin(host: Host) -> None:
    host.add("two_heads")
    host.succeed("-x", "plugin=two_heads", "merge", "heads", "-m", "join", "--rev-id", "two_3")
    assert [*(host.folder / "plugins/two_heads/versions").glob("*_two_3_join.py")]
    assert host.succeed("-x", "plugin=two_heads", "heads").lines == ["two_heads: two_3 (head)"]


def test_edit_opens_a_plugin_s_file(host: Host) -> None:
    host.add("billing")
    result = host.alembic("-x", "plugin=billing", "edit", "head", env={"EDITOR": "cat"})
    assert 'revision = "billing_2"' in result.stdout


def test_ensure_version_makes_the_version_table(host: Host) -> None:
    host.succeed("ensure_version")
    assert host.database.versions() == []
