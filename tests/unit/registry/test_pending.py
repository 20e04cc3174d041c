"""What a running command has to record."""

from collections.abc import Callable

import pytest
from sqlalchemy import Column, MetaData, String, Table

from alembic_plugins.planning.plan import Plan
from alembic_plugins.registry.pending import PendingChanges
from alembic_plugins.registry.state import State
from alembic_plugins.registry.tables import make_tables
from alembic_plugins.revisions.source import Source
from alembic_plugins.revisions.undo import Undo

from ..builders import (
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


def open_ledger(
    state: State = STATE, recorded: tuple[str, ...] = ("tags", "billing")
) -> PendingChanges:
    """Return the pending changes of a command that starts from `state`."""
    return PendingChanges(state, frozenset(recorded), VERSIONS, TABLES)


def take_all(pending: PendingChanges) -> list[str]:
    """Return the beginnings of the statements that are due."""
    statements = [*pending.take_versions(), *pending.take_due()]
    return [" ".join(to_sql(statement).split()[:3]) for statement in statements]


def test_rows_of_a_branch_are_those_of_the_version_table() -> None:
    assert open_ledger().rows("billing") == ("b1",)


def test_rows_of_all_branches_are_known() -> None:
    assert open_ledger().all_rows == {"h1", "t1", "b1"}


def test_row_that_no_applied_revision_explains_is_nobodys() -> None:
    state = State(rows=frozenset({"zz", "h1"}), applied=STATE.applied)
    assert open_ledger(state).all_rows == {"h1"}


def test_branch_that_was_not_begun_has_no_rows() -> None:
    pending = open_ledger()
    assert (pending.rows("crm"), pending.has_applied("crm")) == ((), False)


def test_branch_with_an_applied_revision_is_known() -> None:
    assert open_ledger().has_applied("billing")


def test_plugin_of_another_tool_is_not_recorded() -> None:
    pending = open_ledger(recorded=("tags",))
    assert (pending.is_recorded("tags"), pending.is_recorded("billing")) == (True, False)


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
    pending = open_ledger()
    pending.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)
    assert take_all(pending) == [
        "UPDATE alembic_version SET",
        "INSERT INTO alembic_plugin_revision",
    ]


def test_rows_change_when_the_statements_are_taken() -> None:
    pending = open_ledger()
    pending.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)
    before = pending.rows("billing")
    take_all(pending)
    assert (before, pending.rows("billing")) == (("b1",), ("b2",))


def test_many_steps_of_a_branch_change_its_row_once() -> None:
    pending = open_ledger()
    pending.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)
    pending.add_applied(make_applied("b3", "billing", ("b2",)), UNDO, SOURCE, 1)
    (statement,) = pending.take_versions()
    assert "SET version_num='b3'" in to_sql(statement)


def test_first_revision_of_a_branch_inserts_a_row() -> None:
    pending = open_ledger()
    pending.add_applied(make_applied("c1", "crm", (), ("b1",)), UNDO, SOURCE, None)
    assert take_all(pending)[0] == "INSERT INTO alembic_version"


def test_first_revision_that_depends_on_a_head_leaves_the_other_row() -> None:
    pending = open_ledger()
    pending.add_applied(make_applied("c1", "crm", (), ("b1",)), UNDO, SOURCE, None)
    take_all(pending)
    assert pending.all_rows == {"h1", "t1", "b1", "c1"}


def test_reverted_revision_is_forgotten_with_its_row() -> None:
    pending = open_ledger()
    pending.add_reverted("billing", "b1")
    assert take_all(pending) == [
        "DELETE FROM alembic_version",
        "DELETE FROM alembic_plugin_revision",
    ]
    assert not pending.has_applied("billing")


def test_statements_are_taken_once() -> None:
    pending = open_ledger()
    pending.add_reverted("billing", "b1")
    take_all(pending)
    assert take_all(pending) == []


def test_new_plugin_is_inserted() -> None:
    pending = open_ledger()
    pending.add_installed(make_installed("crm"))
    assert take_all(pending) == ["INSERT INTO alembic_plugin"]
    assert pending.is_recorded("crm")


def test_plugin_that_is_as_recorded_is_not_written() -> None:
    pending = open_ledger()
    pending.add_installed(make_installed("billing"))
    assert take_all(pending) == []


def test_plugin_that_has_changed_is_updated() -> None:
    pending = open_ledger()
    pending.add_installed(make_installed("billing", ("tags",)))
    assert take_all(pending) == ["UPDATE alembic_plugin SET"]


def test_plugin_that_only_the_state_knows_is_inserted() -> None:
    pending = open_ledger(recorded=())
    pending.add_installed(make_installed("billing"))
    assert take_all(pending) == ["INSERT INTO alembic_plugin"]


def test_uninstalled_plugin_is_forgotten() -> None:
    pending = open_ledger()
    pending.add_uninstalled("billing")
    assert take_all(pending) == [
        "DELETE FROM alembic_plugin",
        "DELETE FROM alembic_plugin_object",
        "DELETE FROM alembic_plugin_snapshot",
    ]
    assert ("billing" in pending.plugins, pending.is_recorded("billing")) == (False, False)


def test_event_tells_where_a_branch_came_from_and_went_to() -> None:
    pending = open_ledger()
    pending.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)
    pending.take_due()
    pending.add_event("billing", "upgrade", ("b1",), 7)
    (statement,) = pending.take_due()
    values = "'billing', 'upgrade', CAST(ARRAY['b1'] AS TEXT[]), CAST(ARRAY['b2'] AS TEXT[])"
    assert f"{values}, 'done', NULL, 7)" in to_sql(statement)


def test_event_of_a_removal_goes_to_nothing() -> None:
    pending = open_ledger()
    pending.add_reverted("billing", "b1")
    pending.take_due()
    pending.add_event("billing", "uninstall", ("b1",), None)
    (statement,) = pending.take_due()
    assert "CAST(ARRAY['b1'] AS TEXT[]), CAST(ARRAY[] AS TEXT[])" in to_sql(statement)


def test_ledger_does_not_change_the_state() -> None:
    pending = open_ledger()
    pending.add_uninstalled("billing")
    pending.add_reverted("billing", "b1")
    assert ("billing" in STATE.plugins, "b1" in STATE.by_revision) == (True, True)


def test_detail_of_an_event_is_no_failure() -> None:
    pending = open_ledger()
    pending.add_event("host", "history-sync", (), None, detail="removed zz")
    (statement,) = pending.take_due()
    assert "'done', 'removed zz', NULL)" in to_sql(statement)


def test_event_of_a_failure_tells_what_failed() -> None:
    pending = open_ledger()
    pending.add_event("billing", "upgrade", ("b1",), 7, failure="it raised")
    (statement,) = pending.take_due()
    assert "'failed', 'it raised', 7)" in to_sql(statement)


def test_copy_does_not_change_with_the_ledger() -> None:
    pending = open_ledger()
    copy = pending.copy()
    pending.add_forgotten("billing")
    assert (copy.rows("billing"), copy.has_applied("billing")) == (("b1",), True)
    assert ("billing" in copy.plugins, copy.is_recorded("billing")) == (True, True)
    assert take_all(copy) == []


def change_a_revision(pending: PendingChanges) -> None:
    """Record what changes rows and the registry."""
    pending.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, SOURCE, 1)


def change_a_plugin(pending: PendingChanges) -> None:
    """Record a plugin that was not there."""
    pending.add_installed(make_installed("crm"))


def change_the_rows(pending: PendingChanges) -> None:
    """Let the version table be written."""
    pending.add_reverted("billing", "b1")
    take_all(pending)


@pytest.mark.parametrize("change", [change_a_revision, change_a_plugin, change_the_rows])
def test_ledger_that_goes_back_says_what_the_other_says(
    change: Callable[[PendingChanges], None],
) -> None:
    pending = open_ledger()
    before = pending.copy()
    change(pending)
    pending.go_back_to(before)
    assert (take_all(pending), pending.all_rows) == ([], {"h1", "t1", "b1"})
    assert (pending.plugins, pending.is_recorded("crm")) == (STATE.plugins, False)


def test_ledger_that_went_back_can_go_back_again() -> None:
    pending = open_ledger()
    before = pending.copy()
    pending.go_back_to(before)
    change_a_plugin(pending)
    change_the_rows(pending)
    pending.go_back_to(before)
    assert (pending.plugins, pending.rows("billing")) == (STATE.plugins, ("b1",))


def test_ledger_that_goes_back_keeps_what_was_due_then() -> None:
    pending = open_ledger()
    change_a_plugin(pending)
    before = pending.copy()
    take_all(pending)
    pending.go_back_to(before)
    assert take_all(pending) == ["INSERT INTO alembic_plugin"]


def test_repaired_revision_is_updated_and_stays_applied() -> None:
    pending = open_ledger()
    pending.add_repaired(make_applied("b1", "billing", (), ("h1",)), UNDO, SOURCE)
    assert take_all(pending) == ["UPDATE alembic_plugin_revision SET"]
    assert (pending.rows("billing"), pending.find_needed("billing", ())) == (("b1",), {"host"})


def test_row_follows_a_revision_that_repair_has_put_elsewhere() -> None:
    applied = (make_applied("b1", "billing"), make_applied("b2", "billing", ("b1",)))
    pending = open_ledger(make_state(*applied))
    pending.add_repaired(make_applied("b2", "billing"), UNDO, SOURCE)
    take_all(pending)
    assert pending.rows("billing") == ("b1", "b2")


def test_plugin_that_is_set_aside_loses_its_rows_and_keeps_its_revisions() -> None:
    pending = open_ledger()
    pending.add_quarantined("billing", "quarantine_billing")
    assert take_all(pending) == ["DELETE FROM alembic_version", "UPDATE alembic_plugin SET"]
    assert (pending.rows("billing"), pending.has_applied("billing")) == ((), False)


def test_plugin_that_is_set_aside_is_recorded_and_not_installed() -> None:
    pending = open_ledger()
    pending.add_quarantined("billing", "quarantine_billing")
    (statement,) = pending.take_due()
    assert "quarantine='quarantine_billing', hooks=NULL, " in to_sql(statement)
    assert ("billing" in pending.plugins, pending.is_recorded("billing")) == (False, True)


def test_plugin_that_only_the_state_knows_can_be_set_aside() -> None:
    pending = open_ledger(recorded=())
    pending.add_quarantined("billing", "quarantine_billing")
    assert take_all(pending) == ["DELETE FROM alembic_version", "INSERT INTO alembic_plugin"]


def restore(pending: PendingChanges) -> None:
    """Bring back the plugin that is set aside."""
    pending.add_restored(AWAY, ASIDE.kept_of("billing"))


def test_restored_plugin_is_applied_after_all_else() -> None:
    pending = open_ledger(ASIDE)
    restore(pending)
    assert take_all(pending) == [
        "INSERT INTO alembic_version",
        "UPDATE alembic_plugin_revision SET",
        "UPDATE alembic_plugin SET",
    ]


def test_restored_plugin_is_as_it_was() -> None:
    pending = open_ledger(ASIDE)
    restore(pending)
    take_all(pending)
    assert pending.plugins == STATE.plugins
    assert (pending.rows("billing"), pending.has_applied("billing")) == (("b1",), True)


def test_restored_plugin_is_set_aside_no_more() -> None:
    pending = open_ledger(ASIDE)
    restore(pending)
    statement = pending.take_due()[-1]
    assert "quarantine=NULL, hooks=NULL, " in to_sql(statement)


def test_revisions_of_a_restored_plugin_come_back_in_their_order() -> None:
    pending = open_ledger(ASIDE)
    pending.add_restored(AWAY, (make_applied(r, "billing") for r in ("b2", "b1")))
    revisions = [to_sql(statement)[-4:] for statement in pending.take_due()[:2]]
    assert revisions == ["'b2'", "'b1'"]


def test_nothing_is_known_of_a_forgotten_plugin() -> None:
    pending = open_ledger()
    pending.add_forgotten("billing")
    assert take_all(pending) == [
        "DELETE FROM alembic_version",
        "DELETE FROM alembic_plugin_revision",
        "DELETE FROM alembic_plugin",
        "DELETE FROM alembic_plugin_object",
        "DELETE FROM alembic_plugin_snapshot",
    ]
    assert ("billing" in pending.plugins, pending.is_recorded("billing")) == (False, False)


def test_plugin_that_is_set_aside_is_forgotten_with_its_revisions() -> None:
    pending = open_ledger(ASIDE)
    pending.add_forgotten("billing", ASIDE.kept_of("billing"))
    assert take_all(pending) == [
        "DELETE FROM alembic_plugin_revision",
        "DELETE FROM alembic_plugin",
        "DELETE FROM alembic_plugin_object",
        "DELETE FROM alembic_plugin_snapshot",
    ]


def test_forgetting_leaves_other_plugins() -> None:
    pending = open_ledger()
    pending.add_forgotten("billing")
    take_all(pending)
    assert (pending.all_rows, "tags" in pending.plugins) == ({"h1", "t1"}, True)


def test_branch_without_an_interruption_has_no_entry_in_the_journal() -> None:
    pending = open_ledger()
    pending.add_interruption_end("billing")
    (statement,) = pending.take_due()
    assert to_sql(statement) == (
        "DELETE FROM alembic_plugin_journal WHERE alembic_plugin_journal.plugin = 'billing'"
    )
