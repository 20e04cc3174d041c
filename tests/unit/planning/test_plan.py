"""Plans: the order of steps, and which of them share a transaction."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from alembic_plugins.errors import RequirementCycle, RevisionCycle
from alembic_plugins.planning.operations import (
    AcceptFiles,
    ApplyRevision,
    CheckObjects,
    CreateNamespace,
    Direction,
    DropLeftovers,
    DropUnknownObjects,
    KeepAtBase,
    KeepToBackup,
    LeaveAtBase,
    Operation,
    QuarantinePlugin,
    RecordReverted,
    RegisterPlugin,
    RemovePlugin,
    RevertRevision,
    StageBackup,
    WriteBackup,
)
from alembic_plugins.planning.ordering import order_requirements
from alembic_plugins.planning.plan import Plan, Transaction
from alembic_plugins.planning.transactions import (
    find_dependents,
    plan_downgrade,
    plan_outcome,
    plan_record,
    plan_steps,
    plan_uninstall,
    plan_upgrade,
)
from alembic_plugins.revisions.branches import Node

from ..builders import find_outcomes, make_applied, make_node, make_nodes

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
    return [[step.revision for step in unit.steps] for unit in plan.transactions]


def plan_up(
    nodes: Sequence[Node],
    requires: Mapping[str, Sequence[str]] | None = None,
    is_alone: Callable[[str], bool] = together,
) -> Grouped:
    """Return the revisions of an upgrade, unit by unit."""
    return group(plan_upgrade(make_nodes(*nodes), requires or {}, is_alone))


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
    plan = plan_upgrade(make_nodes(*HOST, *TAGS), {"tags": []}, together)
    assert [unit.plugins for unit in plan.transactions] == [("host",), ("tags",)]


def test_each_revision_has_a_transaction_where_it_shall() -> None:
    assert plan_up(TAGS, is_alone=alone) == [["t1"], ["t2"]]


def test_only_the_plugin_that_wants_it_has_a_transaction_a_revision() -> None:
    found = plan_up((*TAGS, *NOTES), {"tags": [], "notes": []}, "tags".__eq__)
    assert found == [["t1"], ["t2"], ["n1", "n2"]]


def test_steps_of_an_upgrade_run_upwards() -> None:
    plan = plan_upgrade(make_nodes(TAGS[0]), {}, together)
    assert plan.steps == (ApplyRevision("tags", "t1"),)


def test_plan_of_an_upgrade_knows_its_nodes() -> None:
    nodes = make_nodes(*TAGS)
    assert plan_upgrade(nodes, {}, together).nodes == nodes


def test_steps_of_a_plan_are_those_of_its_units() -> None:
    plan = plan_upgrade(make_nodes(*TAGS), {}, alone)
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
    plan = plan_downgrade({"n1", "t2", "n2"}, APPLIED, together)
    assert group(plan) == [["n2"], ["t2"], ["n1"]]


def test_downgrade_of_one_branch_is_one_unit() -> None:
    plan = plan_downgrade({"t1", "t2"}, APPLIED, together)
    assert group(plan) == [["t2", "t1"]]


def test_downgrade_can_have_a_transaction_a_revision() -> None:
    plan = plan_downgrade({"t1", "t2"}, APPLIED, alone)
    assert group(plan) == [["t2"], ["t1"]]


def test_downgrade_leaves_out_what_is_not_applied() -> None:
    assert plan_downgrade({"zz"}, APPLIED, together) == Plan()


def test_steps_of_a_downgrade_run_downwards() -> None:
    plan = plan_downgrade({"t2"}, APPLIED, together)
    assert plan.steps == (RevertRevision("tags", "t2"),)


def test_uninstall_is_one_unit() -> None:
    plan = plan_uninstall(["tags", "notes"], APPLIED, together, purge=False)
    assert group(plan) == [["n2", "t2", "n1", "t1"]]


def test_uninstall_has_a_transaction_a_revision_where_a_plugin_wants_it() -> None:
    plan = plan_uninstall(["tags", "notes"], APPLIED, "tags".__eq__, purge=False)
    assert group(plan) == [["n2"], ["t2"], ["n1"], ["t1"]]


def test_uninstall_removes_all_that_are_named() -> None:
    plan = plan_uninstall(["tags", "notes"], APPLIED, together, purge=False)
    outcomes = {"tags": RemovePlugin, "notes": RemovePlugin}
    assert (find_outcomes(plan), plan.transactions[0].action) == (outcomes, "uninstall")


def test_uninstall_removes_a_plugin_with_its_last_revision() -> None:
    plan = plan_uninstall(["tags", "notes"], APPLIED, alone, purge=False)
    assert [[*unit.outcomes] for unit in plan.transactions] == [[], [], ["notes"], ["tags"]]


def test_uninstall_leaves_other_plugins() -> None:
    plan = plan_uninstall(["notes"], APPLIED, together, purge=False)
    assert (group(plan), find_outcomes(plan)) == ([["n2", "n1"]], {"notes": RemovePlugin})


@pytest.mark.parametrize("purge", [True, False])
def test_uninstall_knows_whether_to_purge(purge: bool) -> None:
    plan = plan_uninstall(["notes"], APPLIED, together, purge=purge)
    assert [item.purge for item in plan.find(DropLeftovers)] == [purge]
    assert {item.may_fail for item in plan.find(RevertRevision)} == {purge}


@pytest.mark.parametrize("with_unknown", [True, False])
def test_uninstall_knows_whether_unknown_objects_go_along(with_unknown: bool) -> None:
    plan = plan_uninstall(["notes"], APPLIED, together, purge=False, with_unknown=with_unknown)
    assert bool(plan.find(DropUnknownObjects)) is with_unknown
    assert [item.with_unknown for item in plan.find(DropLeftovers)] == [with_unknown]


@pytest.mark.parametrize("is_alone", [together, alone])
def test_uninstall_removes_what_has_no_revisions(is_alone: Callable[[str], bool]) -> None:
    # Its row in the registry has to go all the same.
    plan = plan_uninstall(["empty"], APPLIED, is_alone, purge=False)
    assert find_outcomes(plan) == {"empty": RemovePlugin}


def test_uninstall_removes_what_has_no_revisions_beside_what_has() -> None:
    plan = plan_uninstall(["empty", "notes"], APPLIED, together, purge=False)
    assert [list(unit.outcomes) for unit in plan.transactions] == [["notes"], ["empty"]]


@pytest.mark.parametrize("backup", [None, Path("notes.dump")])
def test_uninstall_knows_its_backup(backup: Path | None) -> None:
    plan = plan_uninstall(["notes"], APPLIED, together, purge=False, backup=backup)
    assert plan.backup == backup


def test_backup_is_staged_written_and_kept_to() -> None:
    backup = Path("notes.dump")
    plan = plan_uninstall(["notes"], APPLIED, alone, purge=False, backup=backup)
    staged, written, kept = (t.operations[0] for t in plan.transactions)
    assert staged == StageBackup(backup, ("notes",))
    assert written == WriteBackup(backup, ("notes",))
    assert kept == KeepToBackup(backup)


def test_one_outcome_of_several_plugins_is_one_transaction_without_steps() -> None:
    plan = plan_outcome(["tags", "notes"], QuarantinePlugin, "quarantine")
    operations = (QuarantinePlugin("tags"), QuarantinePlugin("notes"))
    assert plan == Plan((Transaction(operations, "quarantine"),))


def test_outcomes_of_a_plan_are_those_of_its_transactions_in_order() -> None:
    first = plan_outcome(["tags"], RemovePlugin, "uninstall")
    plan = plan_outcome(["notes"], AcceptFiles, "repair").after(first)
    assert list(plan.outcomes) == ["tags", "notes"]


def test_transaction_is_about_the_plugins_that_its_operations_are_about() -> None:
    operations = (
        RevertRevision("tags", "t1"),
        RevertRevision("notes", "n1"),
        CheckObjects(),
        RemovePlugin("notes"),
        RemovePlugin("empty"),
    )
    assert Transaction(operations, "uninstall").plugins == ("tags", "notes", "empty")


def test_namespace_is_made_before_the_first_revision_only() -> None:
    plan = plan_upgrade(make_nodes(*HOST, *TAGS, *NOTES), {}, alone, ["notes"])
    assert [op.plugin for op in plan.find(CreateNamespace)] == ["tags"]
    assert plan.operations.index(CreateNamespace("tags")) < plan.operations.index(
        ApplyRevision("tags", "t1")
    )


def test_revisions_are_checked_before_the_plugin_is_registered() -> None:
    plan = plan_upgrade(make_nodes(TAGS[0]), {}, together)
    assert plan.operations[-2:] == (CheckObjects(), RegisterPlugin("tags"))


@pytest.mark.parametrize(
    ("revisions", "leaving", "last"),
    [
        ({"t2"}, (), RegisterPlugin("tags")),
        ({"t1", "t2"}, (), KeepAtBase("tags")),
        ({"t1", "t2"}, ("tags",), LeaveAtBase("tags", has_run=True)),
    ],
)
def test_downgrade_ends_with_what_becomes_of_the_plugin(
    revisions: set[str], leaving: tuple[str, ...], last: Operation
) -> None:
    plan = plan_downgrade(revisions, APPLIED, together, leaving=leaving)
    assert plan.operations[-1] == last


def test_single_steps_have_a_transaction_each() -> None:
    steps = [ApplyRevision("empty", "e1"), RevertRevision("notes", "n2")]
    plan = plan_steps(steps, APPLIED, make_nodes(make_node("e1", "empty")))
    assert [t.operations for t in plan.transactions] == [
        (CreateNamespace("empty"), steps[0], CheckObjects(), RegisterPlugin("empty")),
        (steps[1], CheckObjects(), RegisterPlugin("notes")),
    ]


@pytest.mark.parametrize(
    ("operation", "words"),
    [
        (RevertRevision("tags", "t1", may_fail=True), ("downgrade", "tags", "t1")),
        (RecordReverted("tags", "t1"), ("record", "tags", "t1", "as not applied")),
        (DropLeftovers(("tags", "notes"), purge=False), ("check for leftovers", "tags, notes")),
        (DropLeftovers(("tags",), purge=True), ("drop leftovers", "tags")),
        (LeaveAtBase("tags", has_run=True), ("forget at base", "tags")),
        (WriteBackup(Path("a.dump"), ("tags",)), ("write backup", "a.dump", "tags")),
        (CheckObjects(), ("check objects",)),
    ],
)
def test_operation_words_itself(operation: Operation, words: tuple[str, ...]) -> None:
    assert operation.words == words


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
    assert [(unit.plugins, unit.action) for unit in plan.transactions] == [
        (("host", "tags"), "adopt")
    ]


def test_record_of_what_is_recorded_has_no_units() -> None:
    before = [make_applied("t1", "tags"), make_applied("t2", "tags", ("t1",))]
    assert plan_record(before, TAGS, "stamp").transactions == ()
