"""What a running command has to record."""

from collections.abc import Callable

import pytest
from sqlalchemy import Column, MetaData, String, Table

from alembic_plugins.ledger import Ledger
from alembic_plugins.plan import Plan
from alembic_plugins.registry import State
from alembic_plugins.sourcefile import Source
from alembic_plugins.tables import make_tables
from alembic_plugins.undo import Undo

from .builders import (
    make_applied,
    make_installed,
    make_node,
    make_nodes,
    make_state,
    set_aside,
    to_sql,
)

TABLES = make_tables(None)
VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32)))

STATE = make_state(
    make_applied("h1", "host"),
    make_applied("t1", "tags"),
    make_applied("b1", "billing", (), ("t1", "h1")),
)

UNDO = Undo(("DROP TABLE bills",), None)
SOURCE = Source("revision = 'b2'", "c0ffee")

ASIDE = set_aside(STATE, "billing")
AWAY = ASIDE.quarantined["billing"]


def open_ledger(state: State = STATE, recorded: tuple[str, ...] = ("tags", "billing")) -> Ledger:
    """Return the ledger of a command that starts from `state`."""
    return Ledger(state, frozenset(recorded), VERSIONS, TABLES)


def take_all(ledger: Ledger) -> list[str]:
    """Return the beginnings of the statements that are due."""
    statements = [*ledger.take_versions(), *ledger.take_due()]
    return [" ".join(to_sql(statement).split()[:3]) for statement in statements]


def test_rows_of_a_branch_are_those_of_the_version_table() -> None:
    assert open_ledger().rows("billing") == ("b1",)


def test_rows_of_all_branches_are_known() -> None:
    assert open_ledger().all_rows == {"h1", "t1", "b1"}


def test_row_that_no_applied_revision_explains_is_nobodys() -> None:
    state = State(rows=frozenset({"zz", "h1"}), applied=STATE.applied)
    assert open_ledger(state).all_rows == {"h1"}


def test_branch_that_was_not_begun_has_no_rows() -> None:
    ledger = open_ledger()
    assert (ledger.rows("crm"), ledger.has_applied("crm")) == ((), False)


def test_branch_with_an_applied_revision_is_known() -> None:
    assert open_ledger().has_applied("billing")


def test_plugin_of_another_tool_is_not_recorded() -> None:
    ledger = open_ledger(recorded=("tags",))
    assert (ledger.is_recorded("tags"), ledger.is_recorded("billing")) == (True, False)


@pytest.mark.parametrize(("revision", "owner"), [("t1", "tags"), ("h1", "host"), ("zz", None)])
def test_owner_of_a_revision_is_its_branch(revision: str, owner: str | None) -> None:
    assert open_ledger().find_owner(revision) == owner


def test_branches_that_applied_revisions_depend_on_are_needed() -> None:
    assert open_ledger().find_needed("billing", ()) == {"tags", "host"}


def test_branches_that_revisions_of_the_plan_depend_on_are_needed() -> None:
    nodes = make_nodes(make_node("c1", "crm", depends=("b1",)), make_node("x1", "x", (), ("t1",)))
    planned = Plan(nodes=nodes).find_depended("crm")
    assert open_ledger().find_needed("crm", planned) == {"billing"}


def test_applied_revision_is_recorded_with_its_row() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)
    assert take_all(ledger) == ["UPDATE alembic_version SET", "INSERT INTO alembic_plugin_revision"]


def test_rows_change_when_the_statements_are_taken() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)
    before = ledger.rows("billing")
    take_all(ledger)
    assert (before, ledger.rows("billing")) == (("b1",), ("b2",))


def test_many_steps_of_a_branch_change_its_row_once() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)
    ledger.add_applied(make_applied("b3", "billing", ("b2",)), UNDO, SOURCE, 1)
    (statement,) = ledger.take_versions()
    assert "SET version_num='b3'" in to_sql(statement)


def test_first_revision_of_a_branch_inserts_a_row() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("c1", "crm", (), ("b1",)), UNDO, SOURCE, None)
    assert take_all(ledger)[0] == "INSERT INTO alembic_version"


def test_first_revision_that_depends_on_a_head_leaves_the_other_row() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("c1", "crm", (), ("b1",)), UNDO, SOURCE, None)
    take_all(ledger)
    assert ledger.all_rows == {"h1", "t1", "b1", "c1"}


def test_reverted_revision_is_forgotten_with_its_row() -> None:
    ledger = open_ledger()
    ledger.add_reverted("billing", "b1")
    assert take_all(ledger) == [
        "DELETE FROM alembic_version",
        "DELETE FROM alembic_plugin_revision",
    ]
    assert not ledger.has_applied("billing")


def test_statements_are_taken_once() -> None:
    ledger = open_ledger()
    ledger.add_reverted("billing", "b1")
    take_all(ledger)
    assert take_all(ledger) == []


def test_new_plugin_is_inserted() -> None:
    ledger = open_ledger()
    ledger.add_installed(make_installed("crm"))
    assert take_all(ledger) == ["INSERT INTO alembic_plugin"]
    assert ledger.is_recorded("crm")


def test_plugin_that_is_as_recorded_is_not_written() -> None:
    ledger = open_ledger()
    ledger.add_installed(make_installed("billing"))
    assert take_all(ledger) == []


def test_plugin_that_has_changed_is_updated() -> None:
    ledger = open_ledger()
    ledger.add_installed(make_installed("billing", ("tags",)))
    assert take_all(ledger) == ["UPDATE alembic_plugin SET"]


def test_plugin_that_only_the_state_knows_is_inserted() -> None:
    ledger = open_ledger(recorded=())
    ledger.add_installed(make_installed("billing"))
    assert take_all(ledger) == ["INSERT INTO alembic_plugin"]


def test_uninstalled_plugin_is_forgotten() -> None:
    ledger = open_ledger()
    ledger.add_uninstalled("billing")
    assert take_all(ledger) == ["DELETE FROM alembic_plugin", "DELETE FROM alembic_plugin_object"]
    assert ("billing" in ledger.plugins, ledger.is_recorded("billing")) == (False, False)


def test_event_tells_where_a_branch_came_from_and_went_to() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)
    ledger.take_due()
    ledger.add_event("billing", "upgrade", ("b1",), 7)
    (statement,) = ledger.take_due()
    values = "'billing', 'upgrade', CAST(ARRAY['b1'] AS TEXT[]), CAST(ARRAY['b2'] AS TEXT[])"
    assert f"{values}, 'done', NULL, 7)" in to_sql(statement)


def test_event_of_a_removal_goes_to_nothing() -> None:
    ledger = open_ledger()
    ledger.add_reverted("billing", "b1")
    ledger.take_due()
    ledger.add_event("billing", "uninstall", ("b1",), None)
    (statement,) = ledger.take_due()
    assert "CAST(ARRAY['b1'] AS TEXT[]), CAST(ARRAY[] AS TEXT[])" in to_sql(statement)


def test_ledger_does_not_change_the_state() -> None:
    ledger = open_ledger()
    ledger.add_uninstalled("billing")
    ledger.add_reverted("billing", "b1")
    assert ("billing" in STATE.plugins, "b1" in STATE.by_revision) == (True, True)


def test_detail_of_an_event_is_no_failure() -> None:
    ledger = open_ledger()
    ledger.add_event("host", "history-sync", (), None, detail="removed zz")
    (statement,) = ledger.take_due()
    assert "'done', 'removed zz', NULL)" in to_sql(statement)


def test_event_of_a_failure_tells_what_failed() -> None:
    ledger = open_ledger()
    ledger.add_event("billing", "upgrade", ("b1",), 7, failure="it raised")
    (statement,) = ledger.take_due()
    assert "'failed', 'it raised', 7)" in to_sql(statement)


def test_copy_does_not_change_with_the_ledger() -> None:
    ledger = open_ledger()
    copy = ledger.copy()
    ledger.add_forgotten("billing")
    assert (copy.rows("billing"), copy.has_applied("billing")) == (("b1",), True)
    assert ("billing" in copy.plugins, copy.is_recorded("billing")) == (True, True)
    assert take_all(copy) == []


def change_a_revision(ledger: Ledger) -> None:
    """Record what changes rows and the registry."""
    ledger.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)


def change_a_plugin(ledger: Ledger) -> None:
    """Record a plugin that was not there."""
    ledger.add_installed(make_installed("crm"))


def change_the_rows(ledger: Ledger) -> None:
    """Let the version table be written."""
    ledger.add_reverted("billing", "b1")
    take_all(ledger)


@pytest.mark.parametrize("change", [change_a_revision, change_a_plugin, change_the_rows])
def test_ledger_that_goes_back_says_what_the_other_says(change: Callable[[Ledger], None]) -> None:
    ledger = open_ledger()
    before = ledger.copy()
    change(ledger)
    ledger.go_back_to(before)
    assert (take_all(ledger), ledger.all_rows) == ([], {"h1", "t1", "b1"})
    assert (ledger.plugins, ledger.is_recorded("crm")) == (STATE.plugins, False)


def test_ledger_that_went_back_can_go_back_again() -> None:
    ledger = open_ledger()
    before = ledger.copy()
    ledger.go_back_to(before)
    change_a_plugin(ledger)
    change_the_rows(ledger)
    ledger.go_back_to(before)
    assert (ledger.plugins, ledger.rows("billing")) == (STATE.plugins, ("b1",))


def test_ledger_that_goes_back_keeps_what_was_due_then() -> None:
    ledger = open_ledger()
    change_a_plugin(ledger)
    before = ledger.copy()
    take_all(ledger)
    ledger.go_back_to(before)
    assert take_all(ledger) == ["INSERT INTO alembic_plugin"]


def test_repaired_revision_is_updated_and_stays_applied() -> None:
    ledger = open_ledger()
    ledger.add_repaired(make_applied("b1", "billing", (), ("h1",)), UNDO, SOURCE)
    assert take_all(ledger) == ["UPDATE alembic_plugin_revision SET"]
    assert (ledger.rows("billing"), ledger.find_needed("billing", ())) == (("b1",), {"host"})


def test_row_follows_a_revision_that_repair_has_put_elsewhere() -> None:
    applied = (make_applied("b1", "billing"), make_applied("b2", "billing", ("b1",)))
    ledger = open_ledger(make_state(*applied))
    ledger.add_repaired(make_applied("b2", "billing"), UNDO, SOURCE)
    take_all(ledger)
    assert ledger.rows("billing") == ("b1", "b2")


def test_plugin_that_is_set_aside_loses_its_rows_and_keeps_its_revisions() -> None:
    ledger = open_ledger()
    ledger.add_quarantined("billing", "quarantine_billing")
    assert take_all(ledger) == ["DELETE FROM alembic_version", "UPDATE alembic_plugin SET"]
    assert (ledger.rows("billing"), ledger.has_applied("billing")) == ((), False)


def test_plugin_that_is_set_aside_is_recorded_and_not_installed() -> None:
    ledger = open_ledger()
    ledger.add_quarantined("billing", "quarantine_billing")
    (statement,) = ledger.take_due()
    assert "quarantine='quarantine_billing' WHERE alembic_plugin.name = 'billing'" in to_sql(
        statement
    )
    assert ("billing" in ledger.plugins, ledger.is_recorded("billing")) == (False, True)


def test_plugin_that_only_the_state_knows_can_be_set_aside() -> None:
    ledger = open_ledger(recorded=())
    ledger.add_quarantined("billing", "quarantine_billing")
    assert take_all(ledger) == ["DELETE FROM alembic_version", "INSERT INTO alembic_plugin"]


def restore(ledger: Ledger) -> None:
    """Bring back the plugin that is set aside."""
    ledger.add_restored(AWAY, ASIDE.kept_of("billing"))


def test_restored_plugin_is_applied_after_all_else() -> None:
    ledger = open_ledger(ASIDE)
    restore(ledger)
    assert take_all(ledger) == [
        "INSERT INTO alembic_version",
        "UPDATE alembic_plugin_revision SET",
        "UPDATE alembic_plugin SET",
    ]


def test_restored_plugin_is_as_it_was() -> None:
    ledger = open_ledger(ASIDE)
    restore(ledger)
    take_all(ledger)
    assert ledger.plugins == STATE.plugins
    assert (ledger.rows("billing"), ledger.has_applied("billing")) == (("b1",), True)


def test_restored_plugin_is_set_aside_no_more() -> None:
    ledger = open_ledger(ASIDE)
    restore(ledger)
    statement = ledger.take_due()[-1]
    assert "quarantine=NULL WHERE alembic_plugin.name = 'billing'" in to_sql(statement)


def test_revisions_of_a_restored_plugin_come_back_in_their_order() -> None:
    ledger = open_ledger(ASIDE)
    ledger.add_restored(AWAY, (make_applied(r, "billing") for r in ("b2", "b1")))
    revisions = [to_sql(statement)[-4:] for statement in ledger.take_due()[:2]]
    assert revisions == ["'b2'", "'b1'"]


def test_nothing_is_known_of_a_forgotten_plugin() -> None:
    ledger = open_ledger()
    ledger.add_forgotten("billing")
    assert take_all(ledger) == [
        "DELETE FROM alembic_version",
        "DELETE FROM alembic_plugin_revision",
        "DELETE FROM alembic_plugin",
        "DELETE FROM alembic_plugin_object",
    ]
    assert ("billing" in ledger.plugins, ledger.is_recorded("billing")) == (False, False)


def test_plugin_that_is_set_aside_is_forgotten_with_its_revisions() -> None:
    ledger = open_ledger(ASIDE)
    ledger.add_forgotten("billing", ASIDE.kept_of("billing"))
    assert take_all(ledger) == [
        "DELETE FROM alembic_plugin_revision",
        "DELETE FROM alembic_plugin",
        "DELETE FROM alembic_plugin_object",
    ]


def test_forgetting_leaves_other_plugins() -> None:
    ledger = open_ledger()
    ledger.add_forgotten("billing")
    take_all(ledger)
    assert (ledger.all_rows, "tags" in ledger.plugins) == ({"h1", "t1"}, True)


def test_settled_branch_has_no_page_in_the_journal() -> None:
    ledger = open_ledger()
    ledger.add_settled("billing")
    (statement,) = ledger.take_due()
    assert to_sql(statement) == (
        "DELETE FROM alembic_plugin_journal WHERE alembic_plugin_journal.plugin = 'billing'"
    )
