"""From a command's words to its plan."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from alembic_plugins import targets
from alembic_plugins.errors import NotInstalled, UnknownRevision
from alembic_plugins.plan import Plan
from alembic_plugins.refusals import PluginInUse, PluginsInstalled, RevisionInUse
from alembic_plugins.registry import State
from alembic_plugins.session import Session

from .builders import (
    make_applied,
    make_config,
    make_session,
    make_state,
    write_file,
    write_plugin,
    write_revision,
)

HOST = (make_applied("h1", "host"), make_applied("h2", "host", ("h1",)))
TAGS = (make_applied("t1", "tags"), make_applied("t2", "tags", ("t1",)))
POSTS = (make_applied("p1", "posts", (), ("t1",)),)
REQUIRES: Mapping[str, tuple[str, ...]] = {"posts": ("tags",)}
ALL = make_state(*HOST, *TAGS, *POSTS, requires=REQUIRES)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with the plugins audit, tags, and posts, which requires tags."""
    write_revision(tmp_path / "versions", "h1")
    write_revision(tmp_path / "versions", "h2", "h1")
    write_plugin(tmp_path, "audit", "aaaa1", "aaaa2")
    write_plugin(tmp_path, "tags", "t1", "t2")
    posts = write_plugin(tmp_path, "posts", toml="requires = ['tags']")
    write_revision(posts / "versions", "p1", depends=("t1",))
    return tmp_path


def open_session(here: Path, state: State | None = None, options: str = "") -> Session:
    """Return the view of the host."""
    return make_session(make_config(here, options), state)


def group(plan: Plan) -> list[list[str]]:
    """Return the revisions of a plan, unit by unit."""
    return [[step.revision for step in unit.steps] for unit in plan.units]


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
        (None, "unknown", ("host", "unknown")),
        ("audit", "head", ("audit", "head")),
        ("audit", "audit@head", ("audit", "head")),
        ("audit", "tags@head", ("audit", "tags@head")),
    ],
)
def test_argument_names_a_branch(
    here: Path, scope: str | None, target: str, expected: tuple[str | None, str]
) -> None:
    assert targets.split_target(open_session(here), scope, target) == expected


def test_argument_can_name_an_orphan(here: Path) -> None:
    session = open_session(here, make_state(make_applied("g1", "gone")))
    assert targets.split_target(session, None, "gone@base") == ("gone", "base")


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
    assert targets.upgrade(open_session(here, ALL), "posts", "head").units == ()


def test_upgrade_to_heads_is_of_what_is_installed(here: Path) -> None:
    plan = targets.upgrade(open_session(here, make_state(TAGS[0])), None, "heads")
    assert group(plan) == [["h1", "h2"], ["t2"]]


def test_upgrade_to_heads_leaves_out_a_broken_plugin_and_tells_it_last(here: Path) -> None:
    write_file(here / "plugins/audit/versions/x.py", "not python")
    state = make_state(make_applied("aaaa1", "audit"), TAGS[0])
    plan = targets.upgrade(open_session(here, state), None, "heads")
    assert group(plan) == [["h1", "h2"], ["t2"]]
    assert [problem.__class__.__name__ for problem in plan.problems] == ["BrokenRevision"]


def test_upgrade_to_heads_is_silent_about_an_orphan(here: Path) -> None:
    state = make_state(*HOST, make_applied("g1", "gone"))
    assert targets.upgrade(open_session(here, state), None, "heads") == Plan((), {})


def test_upgrade_of_the_host_reads_no_plugin(here: Path) -> None:
    write_file(here / "plugins/audit/versions/x.py", "not python")
    assert group(targets.upgrade(open_session(here), None, "head")) == [["h1", "h2"]]


def downgrade(session: Session, scope: str | None, target: str, *, cascade: bool = False) -> Plan:
    """Plan a downgrade."""
    return targets.downgrade(session, scope, target, cascade=cascade)


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


def uninstall(session: Session, *names: str, cascade: bool = False) -> Plan:
    """Plan an uninstall."""
    return targets.uninstall(session, names, cascade=cascade, purge=False)


def test_uninstall_takes_a_plugin_to_base(here: Path) -> None:
    plan = uninstall(open_session(here, ALL), "posts")
    assert (group(plan), plan.removes) == ([["p1"]], ("posts",))


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
    assert (group(plan), set(plan.removes)) == ([["p1", "t2", "t1"]], {"tags", "posts"})


def test_uninstall_with_cascade_takes_the_dependents(here: Path) -> None:
    plan = uninstall(open_session(here, ALL), "tags", cascade=True)
    assert set(plan.removes) == {"tags", "posts"}


def test_optional_requirement_does_not_hinder_an_uninstall(here: Path) -> None:
    state = make_state(*TAGS, make_applied("aaaa1", "audit"), requires={"audit": ("tags?",)})
    assert uninstall(open_session(here, state), "tags").removes == ("tags",)


def test_those_that_require_through_others_are_found(here: Path) -> None:
    requires = {"posts": ("tags",), "blog": ("posts>=1",)}
    state = make_state(*TAGS, *POSTS, make_applied("b1", "blog"), requires=requires)
    assert targets.find_requiring(open_session(here, state), ["tags"]) == ("posts", "blog")


def stamp(session: Session, scope: str | None, *names: str) -> list[tuple[str, str, bool]]:
    """Return the steps of a stamp."""
    plan = targets.stamp(session, scope, names, purge=False)
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


def test_stamp_with_purge_forgets_other_branches(here: Path) -> None:
    plan = targets.stamp(open_session(here, ALL), None, ["h2"], purge=True)
    assert [step.revision for step in plan.steps] == ["p1", "t2", "t1"]
