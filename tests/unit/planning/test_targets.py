"""From a command's words to its plan."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from alembic_plugins.errors import (
    BrokenRevision,
    EmptyPlugin,
    InvalidName,
    LeftOut,
    LostRevision,
    MissingRequirement,
    NeededByHost,
    NotInstalled,
    ObjectsInUse,
    PluginInUse,
    PluginsInstalled,
    PluginUsed,
    Quarantined,
    RequirementNotInstalled,
    RevisionInUse,
    UnknownPlugin,
    UnknownRevision,
    UnmetRequirement,
)
from alembic_plugins.loading.session import Session
from alembic_plugins.namespaces.ownership import Dependents
from alembic_plugins.planning import dependents, removals, targets
from alembic_plugins.planning.identifiers import split_target
from alembic_plugins.planning.operations import (
    DropLeftovers,
    DropUnknownObjects,
    LeaveAtBase,
    Operation,
    QuarantinePlugin,
    RemovePlugin,
)
from alembic_plugins.planning.plan import Plan
from alembic_plugins.registry.state import State

from ..builders import (
    ALL,
    HOST,
    POSTS,
    REQUIRES,
    TAGS,
    find_outcomes,
    make_applied,
    make_dependent,
    make_installed,
    make_state,
    open_session,
    set_aside,
    write_file,
    write_host,
    write_plugin,
)

AUDIT = (make_applied("aaaa1", "audit"), make_applied("aaaa2", "audit", ("aaaa1",)))
ASIDE = set_aside(make_state(*HOST, *TAGS), "tags")

KEY = make_dependent("constraint fk on table audit.entries")
VIEW = make_dependent("view audit.v")


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with the plugins audit, tags, and posts, which requires tags."""
    write_plugin(tmp_path, "audit", "aaaa1", "aaaa2")
    return write_host(tmp_path)


def keep_at_base(name: str, *, holding: bool = False, requires: tuple[str, ...] = ()) -> State:
    """Return a state in which a plugin is installed, and nothing of it applied."""
    state = make_state(*HOST, *TAGS)
    plugins = {**state.plugins, name: make_installed(name, requires)}
    return replace(state, plugins=plugins, holding=frozenset([name] if holding else ()))


def group(plan: Plan) -> list[list[str]]:
    """Return the revisions of a plan, unit by unit."""
    return [[step.revision for step in unit.steps] for unit in plan.transactions]


@pytest.mark.parametrize(
    ("scope", "target", "expected"),
    [
        (None, "head", (None, "head")),
        (None, "heads", (None, "heads")),
        (None, "base", (None, "base")),
        (None, "+1", (None, "+1")),
        (None, "-1", (None, "-1")),
        (None, "audit@head", ("audit", "head")),
        (None, "audit@+1", ("audit", "+1")),
        (None, "host@head", ("host", "head")),
        (None, "aaaa1", ("audit", "aaaa1")),
        (None, "h1", ("host", "h1")),
        (None, "aaaa1+1", ("audit", "aaaa1+1")),
        (None, "aaaa2-2", ("audit", "aaaa2-2")),
        (None, "audit", ("audit", "audit")),
        (None, "audit@head-1", ("audit", "head-1")),
        (None, "audit@aaaa1+1", ("audit", "aaaa1+1")),
        (None, "head-1", ("host", "head-1")),
        (None, "unknown+1", ("host", "unknown+1")),
        (None, "aaaa1@head", ("audit", "aaaa1@head")),
        (None, "head@head", ("host", "head@head")),
        (None, "unknown", ("host", "unknown")),
        ("audit", "head", ("audit", "head")),
        ("audit", "audit@head", ("audit", "head")),
        ("audit", "tags@head", ("audit", "tags@head")),
    ],
)
def test_argument_names_a_branch(
    here: Path, scope: str | None, target: str, expected: tuple[str | None, str]
) -> None:
    assert split_target(open_session(here), scope, target) == expected


def test_label_that_no_branch_has_is_the_name_of_no_plugin(here: Path) -> None:
    with pytest.raises(UnknownPlugin) as excinfo:
        split_target(open_session(here), None, "unknown@head")
    assert excinfo.value.name == "unknown"


def test_argument_can_name_an_orphan(here: Path) -> None:
    session = open_session(here, make_state(make_applied("g1", "gone")))
    assert split_target(session, None, "gone@base") == ("gone", "base")


def test_upgrade_without_a_plugin_is_the_hosts(here: Path) -> None:
    plan = targets.upgrade(open_session(here), None, "head")
    assert group(plan) == [["h1", "h2"]]


def test_upgrade_of_a_plugin_brings_the_host_first(here: Path) -> None:
    plan = targets.upgrade(open_session(here), "audit", "head")
    assert group(plan) == [["h1", "h2"], ["aaaa1", "aaaa2"]]


def test_upgrade_of_a_plugin_leaves_the_host_where_it_shall(here: Path) -> None:
    session = open_session(here, options="plugin_host_first = false")
    assert group(targets.upgrade(session, "audit", "head")) == [["aaaa1", "aaaa2"]]


def test_upgrade_by_one_step_is_one_step_of_the_plugin(here: Path) -> None:
    plan = targets.upgrade(open_session(here, make_state(*HOST)), "audit", "+1")
    assert group(plan) == [["aaaa1"]]


def test_upgrade_brings_what_is_required_to_its_heads(here: Path) -> None:
    plan = targets.upgrade(open_session(here, make_state(*HOST)), "posts", "head")
    assert group(plan) == [["t1", "t2"], ["p1"]]


def test_upgrade_of_what_is_at_its_head_is_empty(here: Path) -> None:
    assert targets.upgrade(open_session(here, ALL), "posts", "head").transactions == ()


def test_upgrade_to_heads_is_of_what_is_installed(here: Path) -> None:
    plan = targets.upgrade(open_session(here, make_state(TAGS[0])), None, "heads")
    assert group(plan) == [["h1", "h2"], ["t2"]]


def test_upgrade_to_heads_leaves_out_a_broken_plugin_and_tells_it_last(here: Path) -> None:
    write_file(here / "plugins/audit/versions/x.py", "not python")
    state = make_state(make_applied("aaaa1", "audit"), TAGS[0])
    plan = targets.upgrade(open_session(here, state), None, "heads")
    assert group(plan) == [["h1", "h2"], ["t2"]]
    assert {name: type(problem) for name, problem in plan.problems.items()} == {
        "audit": BrokenRevision
    }
    assert plan.warnings == ()


def write_needy(here: Path, requirement: str = "no_such") -> Path:
    """Write a plugin whose requirement is not met."""
    return write_plugin(here, "needy", "n1", "n2", toml=f"requires = ['{requirement}']")


NEEDY = (make_applied("n1", "needy"), make_applied("n2", "needy", ("n1",)))


def test_upgrade_to_heads_tells_last_what_has_to_be_done_and_lacks_a_requirement(
    here: Path,
) -> None:
    write_needy(here)
    plan = targets.upgrade(open_session(here, make_state(NEEDY[0], TAGS[0])), None, "heads")
    assert group(plan) == [["h1", "h2"], ["t2"]]
    assert vars(plan.problems["needy"]) == {"name": "needy", "requirement": "no_such"}
    assert plan.warnings == ()


@pytest.mark.parametrize(
    ("requirement", "error"),
    [("no_such", MissingRequirement), ("tags>=9", UnmetRequirement), ("audit", BrokenRevision)],
)
def test_upgrade_to_heads_warns_of_what_has_nothing_to_be_done_and_lacks_a_requirement(
    here: Path, requirement: str, error: type[Exception]
) -> None:
    write_file(here / "plugins/audit/versions/x.py", "not python")
    write_needy(here, requirement)
    plan = targets.upgrade(open_session(here, make_state(*HOST, *NEEDY)), None, "heads")
    assert [type(warning) for warning in plan.warnings] == [error]
    assert (plan.problems, plan.transactions) == ({}, ())


def test_upgrade_to_heads_leaves_what_is_set_aside(here: Path) -> None:
    assert targets.upgrade(open_session(here, ASIDE), None, "heads") == Plan((), {})


def test_upgrade_to_heads_leaves_a_plugin_at_base_that_has_left_something(here: Path) -> None:
    left = keep_at_base("audit", holding=True)
    plan = targets.upgrade(open_session(here, left), None, "heads")
    assert (plan.steps, [type(w) for w in plan.warnings]) == ((), [LeftOut])


def test_upgrade_to_heads_brings_back_a_plugin_at_base(here: Path) -> None:
    plan = targets.upgrade(open_session(here, keep_at_base("audit")), None, "heads")
    assert [step.revision for step in plan.steps] == ["aaaa1", "aaaa2"]


def test_upgrade_to_heads_leaves_a_plugin_at_base_whose_requirement_is_gone(here: Path) -> None:
    state = keep_at_base("posts", requires=("tags",))
    state = replace(state, applied=HOST, plugins={"posts": state.plugins["posts"]})
    plan = targets.upgrade(open_session(here, state), None, "heads")
    assert (plan.steps, [type(w) for w in plan.warnings]) == ((), [RequirementNotInstalled])


def test_upgrade_to_heads_brings_plugins_that_are_wanted_and_what_they_require(here: Path) -> None:
    plan = targets.upgrade_installed(open_session(here, make_state(HOST[0])), ["posts"])
    assert group(plan) == [["h2"], ["t1", "t2"], ["p1"]]


def test_wanted_plugins_that_are_not_to_be_had_hinder_no_other(here: Path) -> None:
    write_plugin(here, "empty")
    session = open_session(here, make_state(TAGS[0]))
    plan = targets.upgrade_installed(session, ["no_such", "empty", "posts"])
    assert group(plan) == [["h1", "h2"], ["t2"], ["p1"]]
    found = {name: type(problem) for name, problem in plan.problems.items()}
    assert found == {"no_such": UnknownPlugin, "empty": EmptyPlugin}


def test_wanted_plugin_that_is_set_aside_is_told_last(here: Path) -> None:
    plan = targets.upgrade_installed(open_session(here, ASIDE), ["tags"])
    assert {type(problem) for problem in plan.problems.values()} == {Quarantined}


def test_wanted_plugin_needs_a_name_that_a_plugin_can_have(here: Path) -> None:
    with pytest.raises(InvalidName):
        targets.upgrade_installed(open_session(here), ["no name"])


def test_wanted_plugin_at_base_comes_with_the_requirement_that_is_gone(here: Path) -> None:
    state = keep_at_base("posts", requires=("tags",))
    state = replace(state, applied=HOST, plugins={"posts": state.plugins["posts"]})
    plan = targets.upgrade_installed(open_session(here, state), ["posts"])
    assert (group(plan), plan.warnings) == ([["t1", "t2"], ["p1"]], ())


def test_plugin_at_base_hinders_no_other_from_going(here: Path) -> None:
    state = keep_at_base("posts", requires=("tags",))
    assert find_outcomes(uninstall(open_session(here, state), "tags")) == {"tags": RemovePlugin}


def test_downgrade_of_what_is_at_base_to_base_removes_it(here: Path) -> None:
    plan = removals.downgrade(
        open_session(here, keep_at_base("audit")), "audit", "base", cascade=False
    )
    assert find_outcomes(plan) == {"audit": RemovePlugin}


@pytest.mark.parametrize(("target", "outcomes"), [("base", {"posts": LeaveAtBase}), ("-1", {})])
def test_plugin_goes_where_base_is_said(
    here: Path, target: str, outcomes: dict[str, type[Operation]]
) -> None:
    plan = removals.downgrade(open_session(here, ALL), "posts", target, cascade=False)
    assert find_outcomes(plan) == outcomes


def test_upgrade_to_heads_warns_of_what_requires_what_is_set_aside(here: Path) -> None:
    state = set_aside(ALL, "tags")
    plan = targets.upgrade(open_session(here, state), None, "heads")
    assert ([type(warning) for warning in plan.warnings], plan.transactions) == ([Quarantined], ())


@pytest.mark.parametrize("name", ["tags", "posts"])
def test_install_is_refused_where_the_plugin_or_a_requirement_is_set_aside(
    here: Path, name: str
) -> None:
    with pytest.raises(Quarantined) as excinfo:
        targets.install(open_session(here, ASIDE), [name])
    assert vars(excinfo.value) == {"name": "tags", "schema": "quarantine_tags"}


@pytest.mark.parametrize("scope", ["tags", None])
def test_upgrade_of_what_is_set_aside_is_refused(here: Path, scope: str | None) -> None:
    with pytest.raises(Quarantined):
        targets.upgrade(open_session(here, ASIDE), scope, "tags@head")


def test_stamp_of_what_is_set_aside_is_refused(here: Path) -> None:
    with pytest.raises(Quarantined):
        targets.stamp(open_session(here, ASIDE), "tags", ["heads"])


@pytest.mark.parametrize(("name", "error"), [("tags", Quarantined), ("audit", NotInstalled)])
def test_plugin_that_is_not_installed_is_told(
    here: Path, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        targets.check_installed(open_session(here, ASIDE), [name])


def test_upgrade_to_heads_is_silent_about_an_orphan(here: Path) -> None:
    state = make_state(*HOST, make_applied("g1", "gone"))
    assert targets.upgrade(open_session(here, state), None, "heads") == Plan((), {})


def test_upgrade_of_the_host_reads_no_plugin(here: Path) -> None:
    write_file(here / "plugins/audit/versions/x.py", "not python")
    assert group(targets.upgrade(open_session(here), None, "head")) == [["h1", "h2"]]


def downgrade(session: Session, scope: str | None, target: str, *, cascade: bool = False) -> Plan:
    """Plan a downgrade."""
    return removals.downgrade(session, scope, target, cascade=cascade)


def test_downgrade_of_a_plugin_is_its_own(here: Path) -> None:
    state = make_state(*TAGS, make_applied("aaaa1", "audit"))
    assert group(downgrade(open_session(here, state), "tags", "base")) == [["t2", "t1"]]


def test_downgrade_by_one_step_takes_back_what_was_applied_last(here: Path) -> None:
    assert group(downgrade(open_session(here, ALL), None, "-1")) == [["p1"]]


def test_downgrade_by_two_steps_crosses_branches(here: Path) -> None:
    state = make_state(*TAGS, HOST[0])
    assert group(downgrade(open_session(here, state), None, "-2")) == [["h1"], ["t2"]]


@pytest.mark.parametrize("target", ["-9", "-0", "-x"])
def test_downgrade_by_steps_that_there_are_not_is_told(here: Path, target: str) -> None:
    with pytest.raises(UnknownRevision):
        downgrade(open_session(here, ALL), None, target)


def test_downgrade_of_what_is_not_installed_is_told(here: Path) -> None:
    with pytest.raises(NotInstalled):
        downgrade(open_session(here), "tags", "base")


def test_downgrade_below_a_dependency_names_the_dependents(here: Path) -> None:
    with pytest.raises(RevisionInUse) as excinfo:
        downgrade(open_session(here, ALL), "tags", "base")
    assert (excinfo.value.branch, excinfo.value.dependents) == ("tags", ("posts",))


def test_downgrade_with_cascade_takes_the_dependents_first(here: Path) -> None:
    plan = downgrade(open_session(here, ALL), "tags", "base", cascade=True)
    assert group(plan) == [["p1"], ["t2", "t1"]]


def test_downgrade_of_what_came_after_a_dependent_is_allowed(here: Path) -> None:
    state = make_state(TAGS[0], *POSTS, TAGS[1], requires=REQUIRES)
    assert group(downgrade(open_session(here, state), "tags", "-1")) == [["t2"]]


def test_host_does_not_go_to_base_under_its_plugins(here: Path) -> None:
    with pytest.raises(PluginsInstalled) as excinfo:
        downgrade(open_session(here, ALL), None, "base")
    assert excinfo.value.names == ("tags", "posts")


def test_host_goes_to_base_with_all_plugins_where_it_cascades(here: Path) -> None:
    plan = downgrade(open_session(here, ALL), None, "base", cascade=True)
    assert group(plan) == [["p1"], ["t2", "t1"], ["h2", "h1"]]


def test_orphan_can_be_planned_to_go(here: Path) -> None:
    state = make_state(make_applied("g1", "gone"))
    assert group(downgrade(open_session(here, state), "gone", "base")) == [["g1"]]


def test_downgrade_of_what_is_set_aside_is_told(here: Path) -> None:
    with pytest.raises(Quarantined):
        downgrade(open_session(here, ASIDE), "tags", "base")


def test_what_has_turned_out_to_depend_goes_along_where_it_may(here: Path) -> None:
    session = open_session(here, ALL)
    assert session.cascade_to(["tags"])
    assert not session.cascade_to(["tags"])
    with pytest.raises(RevisionInUse) as excinfo:
        downgrade(session, "posts", "base", cascade=False)
    assert excinfo.value.dependents == ("tags",)
    assert ["t2", "t1"] in group(downgrade(session, "posts", "base", cascade=True))


GAP = (make_applied("g1", "gone"), make_applied("g3", "gone", ("g2",)))


def test_downgrade_over_a_gap_in_the_registry_is_refused(here: Path) -> None:
    with pytest.raises(LostRevision) as excinfo:
        downgrade(open_session(here, make_state(*GAP)), "gone", "base")
    assert vars(excinfo.value) == {"name": "gone", "revision": "g3", "missing": "g2"}


def test_downgrade_above_a_gap_in_the_registry_is_allowed(here: Path) -> None:
    state = make_state(*GAP, make_applied("g4", "gone", ("g3",)))
    assert group(downgrade(open_session(here, state), "gone", "g3")) == [["g4"]]


def test_cascade_over_a_gap_in_the_registry_is_refused(here: Path) -> None:
    gap = (make_applied("g1", "gone", (), ("t1",)), GAP[1])
    session = open_session(here, make_state(*TAGS, *gap))
    with pytest.raises(LostRevision):
        downgrade(session, "tags", "base", cascade=True)


@dataclass
class Imagined:
    """A database that says what uses whose objects."""

    used: Mapping[str, Dependents]

    def find_users(self, name: str) -> Dependents:
        return self.used.get(name, {})

    def find_sources(self, _revisions: Sequence[str]) -> Mapping[str, str]:
        return {}


def open_used(here: Path, state: State, used: Mapping[str, Dependents]) -> Session:
    """Return the view of the host where the database says what uses whose objects."""
    session = open_session(here, state)
    session.update(state, Imagined(used))
    return session


BOTH = make_state(*TAGS, *AUDIT)
AUDIT_ON_TAGS: Mapping[str, Dependents] = {"tags": {"audit": (KEY, VIEW)}}


def test_plugin_that_leans_on_another_is_found(here: Path) -> None:
    found = dependents.find_using_plugins(open_used(here, BOTH, AUDIT_ON_TAGS), "tags")
    assert found == {"audit": (KEY, VIEW)}


def test_what_belongs_to_no_plugin_and_to_itself_is_no_plugin_that_leans(here: Path) -> None:
    used = {"tags": {"": (KEY,), "host": (KEY,), "tags": (VIEW,)}}
    session = open_used(here, BOTH, used)
    assert dependents.find_using_plugins(session, "tags") == {}


@pytest.mark.parametrize("requires", [REQUIRES, {}], ids=["requirement", "revision"])
def test_what_a_plugin_has_made_at_what_it_needs_does_not_lean_on_it(
    here: Path, requires: Mapping[str, tuple[str, ...]]
) -> None:
    state = make_state(*TAGS, *POSTS, requires=requires)
    session = open_used(here, state, {"posts": {"tags": (KEY,)}})
    assert dependents.find_using_plugins(session, "posts") == {}


def test_what_is_set_aside_and_leans_hinders(here: Path) -> None:
    session = open_used(here, set_aside(BOTH, "audit"), {"tags": {"audit": (KEY,)}})
    with pytest.raises(ObjectsInUse) as excinfo:
        dependents.find_using_plugins(session, "tags")
    users = ("constraint fk on table audit.entries, set aside of 'audit'",)
    assert vars(excinfo.value) == {"name": "tags", "users": users, "aside": "audit"}


def test_downgrade_to_base_names_what_leans_on_the_plugin(here: Path) -> None:
    with pytest.raises(RevisionInUse) as excinfo:
        downgrade(open_used(here, BOTH, AUDIT_ON_TAGS), "tags", "base")
    assert vars(excinfo.value) == {"branch": "tags", "dependents": ("audit",)}


def test_downgrade_with_cascade_takes_what_leans_first(here: Path) -> None:
    session = open_used(here, BOTH, AUDIT_ON_TAGS)
    plan = downgrade(session, "tags", "base", cascade=True)
    assert group(plan) == [["aaaa2", "aaaa1"], ["t2", "t1"]]


def test_downgrade_of_a_part_leaves_it_to_postgresql_what_leans(here: Path) -> None:
    session = open_used(here, BOTH, AUDIT_ON_TAGS)
    assert group(downgrade(session, "tags", "-1")) == [["t2"]]


def test_cascade_takes_what_leans_on_what_leans(here: Path) -> None:
    state = make_state(*TAGS, *AUDIT, make_applied("b1", "blog"))
    used: Mapping[str, Dependents] = {**AUDIT_ON_TAGS, "audit": {"blog": (KEY,)}}
    plan = downgrade(open_used(here, state, used), "tags", "base", cascade=True)
    assert group(plan) == [["b1"], ["aaaa2", "aaaa1"], ["t2", "t1"]]


def test_cascade_takes_what_needs_what_leans(here: Path) -> None:
    state = make_state(*TAGS, *AUDIT, make_applied("b1", "blog", (), ("aaaa2",)))
    plan = downgrade(open_used(here, state, AUDIT_ON_TAGS), "tags", "base", cascade=True)
    assert group(plan) == [["b1"], ["aaaa2", "aaaa1"], ["t2", "t1"]]


def test_cascade_takes_what_leans_on_what_needs(here: Path) -> None:
    state = make_state(*TAGS, *POSTS, *AUDIT, requires=REQUIRES)
    session = open_used(here, state, {"posts": {"audit": (KEY,)}})
    plan = downgrade(session, "tags", "base", cascade=True)
    assert group(plan) == [["aaaa2", "aaaa1"], ["p1"], ["t2", "t1"]]


def test_what_has_turned_out_to_lean_goes_along(here: Path) -> None:
    session = open_session(here, BOTH)
    session.cascade_to(["audit"])
    plan = downgrade(session, "tags", "-1", cascade=True)
    assert group(plan) == [["aaaa2", "aaaa1"], ["t2"]]


def test_what_needs_what_has_turned_out_to_lean_goes_along(here: Path) -> None:
    session = open_session(here, make_state(*TAGS, *AUDIT, make_applied("b1", "b", (), ("aaaa1",))))
    session.cascade_to(["audit"])
    plan = downgrade(session, "tags", "-1", cascade=True)
    assert group(plan) == [["b1"], ["aaaa2", "aaaa1"], ["t2"]]


def test_downgrade_of_the_last_revision_names_its_branch(here: Path) -> None:
    state = make_state(*AUDIT, TAGS[0])
    with pytest.raises(RevisionInUse) as excinfo:
        downgrade(open_used(here, state, AUDIT_ON_TAGS), None, "-1")
    assert excinfo.value.branch == "tags"


def test_downgrade_leaves_out_what_leans_on_a_plugin_of_which_nothing_is_applied(
    here: Path,
) -> None:
    state = make_state(*TAGS, *AUDIT)
    begun = replace(state, plugins={**state.plugins, "begun": make_installed("begun")})
    session = open_used(here, begun, {"begun": {"audit": (KEY,)}})
    assert group(downgrade(session, "tags", "-1")) == [["t2"]]


def uninstall(session: Session, *names: str, cascade: bool = False, purge: bool = False) -> Plan:
    """Plan an uninstall."""
    return removals.uninstall(session, names, cascade=cascade, purge=purge)


def test_uninstall_takes_a_plugin_to_base(here: Path) -> None:
    plan = uninstall(open_session(here, ALL), "posts")
    assert (group(plan), find_outcomes(plan)) == ([["p1"]], {"posts": RemovePlugin})


def test_uninstall_of_what_is_not_installed_is_told(here: Path) -> None:
    with pytest.raises(NotInstalled):
        uninstall(open_session(here, ALL), "audit")


def test_uninstall_refuses_while_required(here: Path) -> None:
    with pytest.raises(PluginInUse) as excinfo:
        uninstall(open_session(here, ALL), "tags")
    assert (excinfo.value.name, excinfo.value.dependents) == ("tags", ("posts",))


def test_uninstall_refuses_while_a_revision_depends_on_it(here: Path) -> None:
    with pytest.raises(PluginInUse):
        uninstall(open_session(here, make_state(*TAGS, *POSTS)), "tags")


@pytest.mark.parametrize("names", [("tags", "posts"), ("posts", "tags")])
def test_uninstall_of_dependents_together_is_allowed(here: Path, names: tuple[str, ...]) -> None:
    plan = uninstall(open_session(here, ALL), *names)
    outcomes = {"tags": RemovePlugin, "posts": RemovePlugin}
    assert (group(plan), find_outcomes(plan)) == ([["p1", "t2", "t1"]], outcomes)


def test_uninstall_with_cascade_takes_the_dependents(here: Path) -> None:
    plan = uninstall(open_session(here, ALL), "tags", cascade=True)
    assert find_outcomes(plan) == {"tags": RemovePlugin, "posts": RemovePlugin}


def test_optional_requirement_does_not_hinder_an_uninstall(here: Path) -> None:
    state = make_state(*TAGS, make_applied("aaaa1", "audit"), requires={"audit": ("tags?",)})
    assert find_outcomes(uninstall(open_session(here, state), "tags")) == {"tags": RemovePlugin}


def test_uninstall_refuses_while_a_revision_of_the_host_depends_on_it(here: Path) -> None:
    state = make_state(*TAGS, make_applied("h1", "host", (), ("t1",)))
    with pytest.raises(NeededByHost) as excinfo:
        uninstall(open_session(here, state), "tags", cascade=True)
    assert vars(excinfo.value) == {"name": "tags", "revisions": ("h1",)}


def test_uninstall_refuses_while_objects_lean_on_it(here: Path) -> None:
    with pytest.raises(PluginUsed) as excinfo:
        uninstall(open_used(here, BOTH, AUDIT_ON_TAGS), "tags")
    users = ("constraint fk on table audit.entries", "view audit.v")
    facts = {"name": "tags", "dependents": ("audit",), "users": users}
    assert vars(excinfo.value) == facts


def test_uninstall_names_those_that_say_so_before_those_that_lean(here: Path) -> None:
    state = make_state(*TAGS, *POSTS, *AUDIT, requires=REQUIRES)
    with pytest.raises(PluginInUse) as excinfo:
        uninstall(open_used(here, state, AUDIT_ON_TAGS), "tags")
    assert excinfo.value.dependents == ("posts",)


def test_uninstall_with_what_leans_is_allowed(here: Path) -> None:
    plan = uninstall(open_used(here, BOTH, AUDIT_ON_TAGS), "tags", "audit")
    assert group(plan) == [["aaaa2", "aaaa1", "t2", "t1"]]


def test_uninstall_with_cascade_takes_what_leans_on_what_leans(here: Path) -> None:
    state = make_state(*TAGS, *AUDIT, make_applied("b1", "blog"))
    used: Mapping[str, Dependents] = {**AUDIT_ON_TAGS, "audit": {"blog": (KEY,)}}
    plan = uninstall(open_used(here, state, used), "tags", cascade=True)
    assert group(plan) == [["b1", "aaaa2", "aaaa1", "t2", "t1"]]
    assert set(find_outcomes(plan)) == {"tags", "audit", "blog"}


def test_uninstall_is_not_hindered_by_what_belongs_to_no_plugin(here: Path) -> None:
    # The executor sees to that: downgrades may well take it away.
    plan = uninstall(open_used(here, BOTH, {"tags": {"": (KEY,)}}), "tags")
    assert find_outcomes(plan) == {"tags": RemovePlugin}


def test_uninstall_over_a_gap_in_the_registry_is_refused(here: Path) -> None:
    with pytest.raises(LostRevision):
        uninstall(open_session(here, make_state(*GAP)), "gone")


def test_purge_does_without_what_the_registry_has_lost(here: Path) -> None:
    plan = uninstall(open_session(here, make_state(*GAP)), "gone", purge=True)
    assert (group(plan), find_outcomes(plan)) == ([["g3", "g1"]], {"gone": RemovePlugin})


def test_uninstall_of_what_is_set_aside_is_refused(here: Path) -> None:
    with pytest.raises(Quarantined):
        uninstall(open_session(here, ASIDE), "tags")


def test_purge_removes_what_is_set_aside(here: Path) -> None:
    plan = uninstall(open_session(here, ASIDE), "tags", purge=True)
    (leftovers,) = plan.find(DropLeftovers)
    assert (group(plan), leftovers.purge) == ([[]], True)
    assert find_outcomes(plan) == {"tags": RemovePlugin}


def test_backup_of_what_is_set_aside_is_refused(here: Path) -> None:
    backup = here / "tags.dump"
    with pytest.raises(Quarantined):
        removals.uninstall(
            open_session(here, ASIDE), ["tags"], cascade=False, purge=True, backup=backup
        )


def test_uninstall_knows_its_backup(here: Path) -> None:
    backup = here / "posts.dump"
    plan = removals.uninstall(open_session(here, ALL), ["posts"], cascade=False, backup=backup)
    assert plan.backup == backup


@pytest.mark.parametrize("with_unknown", [True, False])
def test_uninstall_knows_whether_unknown_objects_go_along(here: Path, with_unknown: bool) -> None:
    session = open_session(here, ALL)
    plan = removals.uninstall(session, ["posts"], cascade=False, with_unknown=with_unknown)
    assert bool(plan.find(DropUnknownObjects)) is with_unknown


def quarantine(session: Session, *names: str, cascade: bool = False) -> Plan:
    """Plan to set plugins aside."""
    return removals.quarantine(session, names, cascade=cascade)


def test_setting_aside_runs_no_downgrade(here: Path) -> None:
    plan = quarantine(open_session(here, ALL), "posts")
    assert (plan.steps, find_outcomes(plan)) == ((), {"posts": QuarantinePlugin})


@pytest.mark.parametrize(("name", "error"), [("tags", Quarantined), ("audit", NotInstalled)])
def test_setting_aside_what_is_not_installed_is_told(
    here: Path, name: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        quarantine(open_session(here, ASIDE), name)


def test_setting_aside_refuses_while_required(here: Path) -> None:
    with pytest.raises(PluginInUse):
        quarantine(open_session(here, ALL), "tags")


def test_setting_aside_refuses_while_objects_lean_on_it(here: Path) -> None:
    with pytest.raises(PluginUsed):
        quarantine(open_used(here, BOTH, AUDIT_ON_TAGS), "tags")


def test_setting_aside_with_cascade_sets_the_dependents_aside(here: Path) -> None:
    state = make_state(*TAGS, *POSTS, *AUDIT, requires=REQUIRES)
    plan = quarantine(open_used(here, state, AUDIT_ON_TAGS), "tags", cascade=True)
    assert find_outcomes(plan) == dict.fromkeys(("tags", "posts", "audit"), QuarantinePlugin)


def test_setting_aside_does_without_what_the_registry_has_lost(here: Path) -> None:
    plan = quarantine(open_session(here, make_state(*GAP)), "gone")
    assert find_outcomes(plan) == {"gone": QuarantinePlugin}


def test_setting_aside_is_not_hindered_by_what_is_set_aside(here: Path) -> None:
    session = open_used(here, set_aside(BOTH, "audit"), {"tags": {"audit": (KEY,)}})
    assert find_outcomes(quarantine(session, "tags")) == {"tags": QuarantinePlugin}


def test_those_that_require_through_others_are_found(here: Path) -> None:
    requires = {"posts": ("tags",), "blog": ("posts>=1",)}
    state = make_state(*TAGS, *POSTS, make_applied("b1", "blog"), requires=requires)
    assert dependents.find_requiring(open_session(here, state), ["tags"]) == ("posts", "blog")


def stamp(session: Session, scope: str | None, *names: str) -> list[tuple[str, str, bool]]:
    """Return the steps of a stamp."""
    plan = targets.stamp(session, scope, names)
    return [(str(step.direction), step.revision, step.runs) for step in plan.steps]


def test_stamp_records_without_running(here: Path) -> None:
    expected = [("upgrade", "t1", False), ("upgrade", "t2", False)]
    assert stamp(open_session(here), "tags", "head") == expected


def test_stamp_takes_back_what_is_above(here: Path) -> None:
    assert stamp(open_session(here, ALL), "tags", "t1") == [("downgrade", "t2", False)]


def test_stamp_leaves_other_branches(here: Path) -> None:
    assert stamp(open_session(here, ALL), None, "h2") == []


def test_stamp_of_heads_is_of_the_host_and_what_is_installed(here: Path) -> None:
    steps = stamp(open_session(here, make_state(TAGS[0])), None, "heads")
    assert [revision for _, revision, _ in steps] == ["h1", "h2", "t2"]


def test_stamp_of_all_at_base_forgets_all(here: Path) -> None:
    plan = targets.stamp(open_session(here, ALL), None, ["h2", "tags@base", "posts@base"])
    assert [step.revision for step in plan.steps] == ["p1", "t2", "t1"]
    assert find_outcomes(plan) == {"posts": LeaveAtBase, "tags": LeaveAtBase}


def test_stamp_of_heads_leaves_a_plugin_at_base_that_has_left_something(here: Path) -> None:
    assert stamp(open_session(here, keep_at_base("audit", holding=True)), None, "heads") == []


def test_dependents_are_those_that_require_and_those_whose_revisions_depend(here: Path) -> None:
    applied = (*TAGS, *POSTS, make_applied("b1", "blog", (), ("t2",)))
    session = open_session(here, make_state(*applied, requires=REQUIRES))
    assert dependents.find_plugin_dependents(session, "tags") == ("posts", "blog")
