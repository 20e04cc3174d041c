"""What a running command has to record."""

import pytest
from sqlalchemy import Column, MetaData, String, Table

from alembic_plugins.ledger import Ledger
from alembic_plugins.registry import State
from alembic_plugins.tables import make_tables
from alembic_plugins.undo import Undo

from .builders import make_applied, make_installed, make_node, make_nodes, make_state, to_sql

TABLES = make_tables(None)
VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32)))

STATE = make_state(
    make_applied("h1", "host"),
    make_applied("t1", "tags"),
    make_applied("b1", "billing", (), ("t1", "h1")),
)

UNDO = Undo(("DROP TABLE bills",), None)


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
    assert open_ledger().find_needed("billing", {}) == {"tags", "host"}


def test_branches_that_revisions_of_the_plan_depend_on_are_needed() -> None:
    nodes = make_nodes(make_node("c1", "crm", depends=("b1",)), make_node("x1", "x", (), ("t1",)))
    assert open_ledger().find_needed("crm", nodes) == {"billing"}


def test_applied_revision_is_recorded_with_its_row() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, 1)
    assert take_all(ledger) == ["UPDATE alembic_version SET", "INSERT INTO alembic_plugin_revision"]


def test_rows_change_when_the_statements_are_taken() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, 1)
    before = ledger.rows("billing")
    take_all(ledger)
    assert (before, ledger.rows("billing")) == (("b1",), ("b2",))


def test_many_steps_of_a_branch_change_its_row_once() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, 1)
    ledger.add_applied(make_applied("b3", "billing", ("b2",)), UNDO, 1)
    (statement,) = ledger.take_versions()
    assert "SET version_num='b3'" in to_sql(statement)


def test_first_revision_of_a_branch_inserts_a_row() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("c1", "crm", (), ("b1",)), UNDO, None)
    assert take_all(ledger)[0] == "INSERT INTO alembic_version"


def test_first_revision_that_depends_on_a_head_leaves_the_other_row() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("c1", "crm", (), ("b1",)), UNDO, None)
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
    assert take_all(ledger) == ["DELETE FROM alembic_plugin"]
    assert ("billing" in ledger.plugins, ledger.is_recorded("billing")) == (False, False)


def test_event_tells_where_a_branch_came_from_and_went_to() -> None:
    ledger = open_ledger()
    ledger.add_applied(make_applied("b2", "billing", ("b1",)), UNDO, 1)
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
