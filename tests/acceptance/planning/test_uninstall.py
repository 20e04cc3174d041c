"""`alembic plugin uninstall`: what goes is shown first, and then goes wholly or not at all."""

from support.hosts import Host


def test_uninstall_lists_what_goes(host: Host) -> None:
    host.add("makes_things").run("plugin", "install", "makes_things")
    result = host.succeed("plugin", "uninstall", "makes_things", "--yes")
    assert [line.split()[:2] for line in result.lines[1:-1]] == [
        ["function", "makes_things.one()"],
        ["sequence", "makes_things.numbers"],
        ["table", "makes_things.parts"],
        ["table", "makes_things.things"],
        ["type", "makes_things.mood"],
        ["view", "makes_things.words"],
    ]


def test_uninstall_counts_rows(host: Host) -> None:
    host.add("makes_things").run("plugin", "install", "makes_things")
    result = host.succeed("plugin", "uninstall", "makes_things", "--yes")
    assert "makes_things.things   2 rows" in result.stdout


def test_uninstall_takes_everything_away(host: Host) -> None:
    host.add("makes_things").run("upgrade", "head")
    before = host.database.catalog()
    host.run("plugin", "install", "makes_things")
    result = host.succeed("plugin", "uninstall", "makes_things", "--yes")
    assert result.lines[-1] == "uninstalled makes_things"
    assert host.database.catalog() == before


def test_uninstall_dry_run_changes_nothing(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    before = host.database.dump()
    result = host.succeed("plugin", "uninstall", "billing", "--dry-run")
    assert result.lines[0] == "plugin billing and what it has made:"
    assert host.database.dump() == before


def test_uninstall_wants_yes_where_nobody_can_be_asked(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    words = host.refuse("plugin", "uninstall", "billing")
    assert words.endswith("Pass --yes to run it without asking.")


def test_uninstall_goes_on_when_the_answer_is_yes(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.answer("y", "plugin", "uninstall", "billing")
    assert "Run 'alembic plugin uninstall billing'? [y/N]" in result.stderr
    assert host.database.plugins() == []


def test_uninstall_stops_when_the_answer_is_no(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    result = host.answer("n", "plugin", "uninstall", "billing")
    assert "was declined" in result.failures[0]
    assert host.database.plugins() == ["billing"]


def test_uninstall_refuses_while_required(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    words = host.refuse("plugin", "uninstall", "billing", "--yes")
    assert words == (
        "Plugin 'billing' is required by crm_requires_billing. Uninstall crm_requires_billing "
        "first, or pass --cascade."
    )


def test_uninstall_takes_dependents_along_with_cascade(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    result = host.succeed("plugin", "uninstall", "billing", "--cascade", "--yes")
    assert set(result.lines[-2:]) == {"uninstalled crm_requires_billing", "uninstalled billing"}
    assert host.database.plugins() == []


def test_uninstall_takes_several_plugins_in_any_order(host: Host) -> None:
    host.add("billing", "crm_requires_billing").run("plugin", "install", "crm_requires_billing")
    host.succeed("plugin", "uninstall", "billing", "crm_requires_billing", "--yes")
    assert host.database.schemas() == []


def test_uninstall_refuses_to_leave_something_behind(host: Host) -> None:
    host.add("leaves_leftovers").run("plugin", "install", "leaves_leftovers")
    words = host.refuse("plugin", "uninstall", "leaves_leftovers", "--yes")
    assert "leave table leaves_leftovers.crumbs." in words
    assert "--purge" in words


def test_uninstall_drops_what_is_left_with_purge(host: Host) -> None:
    host.add("leaves_leftovers").run("plugin", "install", "leaves_leftovers")
    host.succeed("plugin", "uninstall", "leaves_leftovers", "--purge", "--yes")
    assert host.database.schemas() == []


def test_purge_drops_nothing_that_others_lean_on(host: Host) -> None:
    host.configure("plugin_guard = off").add("leaves_leftovers", "leans_on_leftovers")
    host.run("plugin", "install", "leaves_leftovers", "leans_on_leftovers")
    words = host.refuse("plugin", "uninstall", "leaves_leftovers", "--purge", "--yes")
    assert "view leans_on_leftovers.sweepings" in words


def test_uninstall_refuses_while_others_lean_on_its_tables(host: Host) -> None:
    host.configure("plugin_guard = off").add("billing", "leaning")
    host.run("plugin", "install", "billing", "leaning")
    words = host.refuse("plugin", "uninstall", "billing", "--yes")
    assert "leaning.debts" in words or "depend on it" in words


def test_uninstall_of_a_plugin_that_cannot_go_back_changes_nothing(host: Host) -> None:
    host.add("irreversible").run("plugin", "install", "irreversible")
    words = host.refuse("plugin", "uninstall", "irreversible", "--yes")
    assert "downgrade() of revision 'irreversible_1' of 'irreversible' failed" in words
    assert "NotImplementedError: ashes stay ashes" in words


def test_a_plugin_can_be_installed_again(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    before = host.database.catalog()
    host.run("plugin", "uninstall", "billing", "--yes")
    host.succeed("plugin", "install", "billing")
    assert host.database.catalog() == before
