"""Plans: the order of steps, and which of them share a transaction."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from alembic_plugins.errors import RequirementCycle, RevisionCycle
from alembic_plugins.planning.plan import (
    Direction,
    Fate,
    Plan,
    Step,
    Unit,
    find_dependents,
    order_requirements,
    plan_downgrade,
    plan_fate,
    plan_record,
    plan_uninstall,
    plan_upgrade,
)
from alembic_plugins.revisions.branches import Node

from ..builders import make_applied, make_node, make_nodes

Grouped = list[list[str]]

HOST = (make_node("h1", "host"), make_node("h2", "host", ("h1",)))
TAGS = (make_node("t1", "tags"), make_node("t2", "tags", ("t1",)))
NOTES = (make_node("n1", "notes"), make_node("n2", "notes", ("n1",)))


def together(_plugin: str) -> bool:
    """Let all revisions of a plugin share a transaction."""
    return False


def alone(_plugin: str) -> bool:
    """Let each revision have a transaction of its own."""
    return True


def group(plan: Plan) -> Grouped:
    """Return the revisions of a plan, unit by unit."""
    return [[step.revision for step in unit.steps] for unit in plan.units]


def plan_up(
    nodes: Sequence[Node],
    requires: Mapping[str, Sequence[str]] | None = None,
    is_alone: Callable[[str], bool] = together,
) -> Grouped:
    """Return the revisions of an upgrade, unit by unit."""
    return group(plan_upgrade(make_nodes(*nodes), requires or {}, is_alone, "upgrade"))


def test_requirement_comes_before_the_plugin() -> None:
    graph = {"crm": ["billing"], "billing": ["tags"], "tags": []}
    assert order_requirements(["crm"], graph.__getitem__) == ("tags", "billing", "crm")


def test_requirement_of_two_comes_once() -> None:
    graph = {"crm": ["tags"], "tax": ["tags"], "tags": []}
    assert sorted(order_requirements(["crm", "tax"], graph.__getitem__)) == ["crm", "tags", "tax"]


def test_plugins_that_require_nothing_keep_their_order() -> None:
    assert order_requirements(["b", "a", "c"], lambda _name: ()) == ("b", "a", "c")


def test_circle_of_requirements_is_named() -> None:
    graph = {"crm": ["billing"], "billing": ["crm"]}
    with pytest.raises(RequirementCycle) as excinfo:
        order_requirements(["crm"], graph.__getitem__)
    assert set(excinfo.value.names) == {"crm", "billing"}
    assert excinfo.value.names[0] == excinfo.value.names[-1]


def test_upgrade_of_nothing_has_no_units() -> None:
    assert plan_up([]) == []


def test_revision_comes_after_what_it_follows() -> None:
    assert plan_up(TAGS[::-1]) == [["t1", "t2"]]


def test_host_comes_first_where_nothing_says_otherwise() -> None:
    assert plan_up((*TAGS, *HOST)) == [["h1", "h2"], ["t1", "t2"]]


def test_required_plugin_comes_first() -> None:
    requires = {"notes": ["tags"], "tags": []}
    assert plan_up((*NOTES, *TAGS), requires) == [["t1", "t2"], ["n1", "n2"]]


def test_requirement_that_does_not_move_is_no_matter() -> None:
    assert plan_up(NOTES, {"notes": ["tags"]}) == [["n1", "n2"]]


def test_plugins_keep_the_preferred_order() -> None:
    requires: dict[str, list[str]] = {"tags": [], "notes": []}
    assert plan_up((*NOTES, *TAGS), requires) == [["t1", "t2"], ["n1", "n2"]]


def test_plugin_whose_revision_depends_on_another_comes_after_it() -> None:
    late = make_node("n1", "notes", depends=("t2",))
    requires: dict[str, list[str]] = {"notes": [], "tags": []}
    assert plan_up((late, *TAGS), requires) == [["t1", "t2"], ["n1"]]


def test_host_that_depends_on_a_plugin_comes_after_it() -> None:
    late = make_node("h2", "host", ("h1",), ("t1",))
    assert plan_up((HOST[0], late, TAGS[0]), {"tags": []}) == [["t1"], ["h1", "h2"]]


def test_dependency_that_is_applied_is_no_matter() -> None:
    assert plan_up([make_node("n1", "notes", depends=("t1",))]) == [["n1"]]


def test_mutual_dependencies_interleave() -> None:
    nodes = (
        make_node("t1", "tags"),
        make_node("n1", "notes", depends=("t1",)),
        make_node("t2", "tags", ("t1",), ("n1",)),
        make_node("n2", "notes", ("n1",), ("t2",)),
    )
    assert plan_up(nodes) == [["t1"], ["n1"], ["t2"], ["n2"]]


def test_mutual_dependencies_interleave_as_little_as_can_be() -> None:
    nodes = (
        make_node("t1", "tags"),
        make_node("t2", "tags", ("t1",)),
        make_node("n1", "notes", depends=("t2",)),
        make_node("n2", "notes", ("n1",)),
        make_node("t3", "tags", ("t2",), ("n2",)),
    )
    assert plan_up(nodes) == [["t1", "t2"], ["n1", "n2"], ["t3"]]


def test_what_requires_plugins_in_a_circle_comes_after_all_of_them() -> None:
    nodes = (
        make_node("t1", "tags"),
        make_node("n1", "notes", depends=("t1",)),
        make_node("t2", "tags", ("t1",), ("n1",)),
        make_node("a1", "audit"),
    )
    requires = {"tags": [], "notes": [], "audit": ["tags", "notes"]}
    assert plan_up(nodes, requires) == [["t1"], ["n1"], ["t2"], ["a1"]]


def test_mutual_requirements_with_an_order_of_revisions_have_a_plan() -> None:
    requires = {"notes": ["tags"], "tags": ["notes"]}
    found = plan_up((*NOTES, *TAGS), requires)
    assert sorted(found) == [["n1", "n2"], ["t1", "t2"]]


def test_circle_of_revisions_is_named() -> None:
    nodes = (make_node("t1", "tags", depends=("n1",)), make_node("n1", "notes", depends=("t1",)))
    with pytest.raises(RevisionCycle) as excinfo:
        plan_up(nodes)
    assert set(excinfo.value.revisions) == {"t1", "n1"}


def test_two_arms_of_a_branch_share_a_unit() -> None:
    nodes = (*TAGS, make_node("t3", "tags", ("t1",)), make_node("t4", "tags", ("t2", "t3")))
    (found,) = plan_up(nodes)
    assert (found[0], set(found[1:3]), found[3]) == ("t1", {"t2", "t3"}, "t4")


def test_each_plugin_has_a_transaction() -> None:
    plan = plan_upgrade(make_nodes(*HOST, *TAGS), {"tags": []}, together, "upgrade")
    assert [unit.plugins for unit in plan.units] == [("host",), ("tags",)]


def test_each_revision_has_a_transaction_where_it_shall() -> None:
    assert plan_up(TAGS, is_alone=alone) == [["t1"], ["t2"]]


def test_only_the_plugin_that_wants_it_has_a_transaction_a_revision() -> None:
    found = plan_up((*TAGS, *NOTES), {"tags": [], "notes": []}, "tags".__eq__)
    assert found == [["t1"], ["t2"], ["n1", "n2"]]


def test_steps_of_an_upgrade_run_upwards() -> None:
    plan = plan_upgrade(make_nodes(TAGS[0]), {}, together, "upgrade")
    assert plan.units == (Unit((Step("tags", "t1", Direction.UPGRADE),), "upgrade"),)


def test_plan_of_an_upgrade_knows_its_nodes() -> None:
    nodes = make_nodes(*TAGS)
    assert plan_upgrade(nodes, {}, together, "upgrade").nodes == nodes


def test_steps_of_a_plan_are_those_of_its_units() -> None:
    plan = plan_upgrade(make_nodes(*TAGS), {}, alone, "upgrade")
    assert [step.revision for step in plan.steps] == ["t1", "t2"]


@pytest.mark.parametrize(
    ("direction", "name"), [(Direction.UPGRADE, "upgrade"), (Direction.DOWNGRADE, "downgrade")]
)
def test_direction_is_the_name_of_the_function(direction: Direction, name: str) -> None:
    assert str(direction) == name


APPLIED = (
    make_applied("h1", "host"),
    make_applied("t1", "tags"),
    make_applied("n1", "notes", depends=("t1",)),
    make_applied("t2", "tags", ("t1",)),
    make_applied("n2", "notes", ("n1",)),
)


def test_downgrade_takes_back_what_was_applied_last_first() -> None:
    plan = plan_downgrade({"n1", "t2", "n2"}, APPLIED, together, cascade=False)
    assert group(plan) == [["n2"], ["t2"], ["n1"]]


def test_downgrade_of_one_branch_is_one_unit() -> None:
    plan = plan_downgrade({"t1", "t2"}, APPLIED, together, cascade=False)
    assert group(plan) == [["t2", "t1"]]


def test_downgrade_can_have_a_transaction_a_revision() -> None:
    plan = plan_downgrade({"t1", "t2"}, APPLIED, alone, cascade=False)
    assert group(plan) == [["t2"], ["t1"]]


def test_downgrade_leaves_out_what_is_not_applied() -> None:
    assert plan_downgrade({"zz"}, APPLIED, together, cascade=False) == Plan()


def test_steps_of_a_downgrade_run_downwards() -> None:
    plan = plan_downgrade({"t2"}, APPLIED, together, cascade=False)
    assert plan.units == (Unit((Step("tags", "t2", Direction.DOWNGRADE),), "downgrade"),)


def test_uninstall_is_one_unit() -> None:
    plan = plan_uninstall(["tags", "notes"], APPLIED, together, purge=False)
    assert group(plan) == [["n2", "t2", "n1", "t1"]]


def test_uninstall_has_a_transaction_a_revision_where_a_plugin_wants_it() -> None:
    plan = plan_uninstall(["tags", "notes"], APPLIED, "tags".__eq__, purge=False)
    assert group(plan) == [["n2"], ["t2"], ["n1"], ["t1"]]


def test_uninstall_removes_all_that_are_named() -> None:
    plan = plan_uninstall(["tags", "notes"], APPLIED, together, purge=False)
    fates = {"tags": Fate.REMOVED, "notes": Fate.REMOVED}
    assert (plan.fates, plan.units[0].action) == (fates, "uninstall")


def test_uninstall_removes_a_plugin_with_its_last_revision() -> None:
    plan = plan_uninstall(["tags", "notes"], APPLIED, alone, purge=False)
    notes, tags = {"notes": Fate.REMOVED}, {"tags": Fate.REMOVED}
    assert [unit.fates for unit in plan.units] == [{}, {}, notes, tags]


def test_uninstall_leaves_other_plugins() -> None:
    plan = plan_uninstall(["notes"], APPLIED, together, purge=False)
    assert (group(plan), plan.fates) == ([["n2", "n1"]], {"notes": Fate.REMOVED})


@pytest.mark.parametrize("purge", [True, False])
def test_uninstall_knows_whether_to_purge(purge: bool) -> None:
    assert plan_uninstall(["notes"], APPLIED, together, purge=purge).purge is purge


@pytest.mark.parametrize("with_unknown", [True, False])
def test_uninstall_knows_whether_unknown_objects_go_along(with_unknown: bool) -> None:
    plan = plan_uninstall(["notes"], APPLIED, together, purge=False, with_unknown=with_unknown)
    assert plan.with_unknown is with_unknown


@pytest.mark.parametrize("is_alone", [together, alone])
def test_uninstall_removes_what_has_no_revisions(is_alone: Callable[[str], bool]) -> None:
    # Its row in the registry has to go all the same.
    plan = plan_uninstall(["empty"], APPLIED, is_alone, purge=False)
    assert plan.fates == {"empty": Fate.REMOVED}


def test_uninstall_removes_what_has_no_revisions_beside_what_has() -> None:
    plan = plan_uninstall(["empty", "notes"], APPLIED, together, purge=False)
    assert [list(unit.fates) for unit in plan.units] == [["notes"], ["empty"]]


@pytest.mark.parametrize("backup", [None, Path("notes.dump")])
def test_uninstall_knows_its_backup(backup: Path | None) -> None:
    plan = plan_uninstall(["notes"], APPLIED, together, purge=False, backup=backup)
    assert plan.backup == backup


@pytest.mark.parametrize("cascade", [True, False])
def test_downgrade_knows_whether_to_take_others_along(cascade: bool) -> None:
    assert plan_downgrade({"t2"}, APPLIED, together, cascade=cascade).cascade is cascade


def test_one_fate_of_several_plugins_is_one_unit_without_steps() -> None:
    plan = plan_fate(["tags", "notes"], Fate.QUARANTINED)
    fates = {"tags": Fate.QUARANTINED, "notes": Fate.QUARANTINED}
    assert plan == Plan((Unit((), "quarantine", fates),))


@pytest.mark.parametrize(
    ("fate", "action"),
    [
        (Fate.REMOVED, "uninstall"),
        (Fate.QUARANTINED, "quarantine"),
        (Fate.RESTORED, "restore"),
        (Fate.FORGOTTEN, "forget"),
        (Fate.REGISTERED, "register"),
        (Fate.REPAIRED, "repair"),
    ],
)
def test_fate_is_what_the_event_log_calls_it(fate: Fate, action: str) -> None:
    (unit,) = plan_fate(["tags"], fate).units
    assert (str(fate), unit.action) == (action, action)


def test_fates_of_a_plan_are_those_of_its_units_in_order() -> None:
    units = (*plan_fate(["tags"], Fate.REMOVED).units, *plan_fate(["notes"], Fate.REPAIRED).units)
    fates = [("tags", Fate.REMOVED), ("notes", Fate.REPAIRED)]
    assert list(Plan(units).fates.items()) == fates


def test_unit_is_about_the_plugins_that_it_moves_and_those_that_it_makes_something_of() -> None:
    steps = (Step("tags", "t1", Direction.DOWNGRADE), Step("notes", "n1", Direction.DOWNGRADE))
    unit = Unit(steps, "uninstall", {"notes": Fate.REMOVED, "empty": Fate.REMOVED})
    assert unit.plugins == ("tags", "notes", "empty")


@pytest.mark.parametrize(
    ("plan", "is_empty"),
    [
        (Plan(), True),
        (Plan((), {}, purge=True, cascade=True), True),
        (plan_fate(["tags"], Fate.FORGOTTEN), False),
        (Plan((Unit((), "history-sync", unknown_rows=("zz",)),)), False),
        (Plan(stock_rows=("t2",)), False),
        (Plan(stock_rows=()), False),
    ],
)
def test_plan_is_empty_where_there_is_nothing_to_do(plan: Plan, is_empty: bool) -> None:
    assert plan.is_empty is is_empty


def test_revision_that_follows_is_a_dependent() -> None:
    assert [item.revision for item in find_dependents({"n1"}, APPLIED)] == ["n2"]


def test_revision_that_depends_is_a_dependent() -> None:
    assert [item.revision for item in find_dependents({"t1"}, APPLIED)] == ["n1", "t2", "n2"]


@pytest.mark.parametrize("revisions", [set(), {"n2"}, {"t2"}, {"h1"}, {"zz"}])
def test_revision_that_nothing_needs_has_no_dependents(revisions: set[str]) -> None:
    assert find_dependents(revisions, APPLIED) == ()


def test_record_runs_nothing() -> None:
    plan = plan_record((), TAGS, "stamp")
    assert [(step.revision, step.runs) for step in plan.steps] == [("t1", False), ("t2", False)]


def test_record_takes_back_before_it_applies() -> None:
    before = [make_applied("t1", "tags"), make_applied("t9", "tags", ("t1",))]
    plan = plan_record(before, TAGS, "stamp")
    assert [(step.revision, str(step.direction)) for step in plan.steps] == [
        ("t9", "downgrade"),
        ("t2", "upgrade"),
    ]


def test_record_orders_what_it_applies() -> None:
    plan = plan_record((), TAGS[::-1], "stamp")
    assert [step.revision for step in plan.steps] == ["t1", "t2"]


def test_record_is_one_unit_of_several_branches() -> None:
    plan = plan_record((), (*HOST, *TAGS), "adopt")
    assert [(unit.plugins, unit.action) for unit in plan.units] == [(("host", "tags"), "adopt")]


def test_record_of_what_is_recorded_has_no_units() -> None:
    before = [make_applied("t1", "tags"), make_applied("t2", "tags", ("t1",))]
    assert plan_record(before, TAGS, "stamp").units == ()
