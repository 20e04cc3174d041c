"""What of an upgrade or a downgrade is run in a phase of a release, and what waits."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from alembic_plugins.errors import (
    BeyondPhase,
    FilesGone,
    HeldBack,
    PluginsInstalled,
    RevisionInUse,
)
from alembic_plugins.planning import removals, targets
from alembic_plugins.planning.phases import check_held, find_waiting
from alembic_plugins.planning.plan import Plan
from alembic_plugins.registry.state import State

from ..builders import (
    ALL,
    HOST,
    POSTS,
    REQUIRES,
    TAGS,
    make_applied,
    make_state,
    open_session,
    write_host,
    write_plugin,
    write_revision,
)

Write = Callable[..., None]

NEWER = (
    *(*HOST, *TAGS, *POSTS),
    *(make_applied("h3", "host", ("h2",)), make_applied("h4", "host", ("h3",))),
    *(make_applied("t3", "tags", ("t2",)), make_applied("t4", "tags", ("t3",))),
    make_applied("t5", "tags", ("t4",)),
)
CONTRACTED = make_state(*NEWER, requires=REQUIRES)
"""What the database remembers when both phases of `here` are run."""


@pytest.fixture
def here(tmp_path: Path, write: Write) -> Path:
    """A host with the plugins tags, and posts, which requires it; all have got a newer release."""
    write_host(tmp_path)
    write("host", "h3", "h2", phase="expand")
    write("host", "h4", "h3", phase="contract")
    write("tags", "t3", "t2")
    write("tags", "t4", "t3", phase="contract")
    write("tags", "t5", "t4")
    return tmp_path


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Returns nothing, and writes a revision of a branch."""

    def write_one(branch: str, revision: str, down: str | None = None, **values: object) -> None:
        folder = tmp_path if branch == "host" else tmp_path / "plugins" / branch
        write_revision(folder / "versions", revision, down, **values)  # type: ignore[arg-type]

    return write_one


def plan(here: Path, target: str, scope: str | None = None, state: State = ALL) -> Plan:
    """Return the plan of an upgrade in phase expand."""
    session = open_session(here, state)
    session.settings = replace(session.settings, phase="expand")
    return targets.upgrade(session, scope, target)


def plan_back(here: Path, target: str, scope: str | None = None, **options: object) -> Plan:
    """Return the plan of a downgrade in phase contract, or in another one."""
    session = open_session(here, CONTRACTED)
    session.settings = replace(session.settings, phase=str(options.get("phase", "contract")))
    return removals.downgrade(session, scope, target, cascade=bool(options.get("cascade")))


def steps(plan: Plan) -> list[str]:
    """Return the revisions of a plan, in order."""
    return [step.revision for step in plan.steps]


def held(plan: Plan) -> dict[str, str]:
    """Return the revisions that wait, each with the contract revision that it waits for."""
    return {item.revision: item.contract for item in plan.held}


def test_expand_runs_on_each_branch_what_comes_before_the_first_contract_revision(
    here: Path,
) -> None:
    found = plan(here, "heads")
    assert steps(found) == ["h3", "t3"]
    assert held(found) == {"h4": "h4", "t4": "t4", "t5": "t4"}


@pytest.mark.parametrize("phase", ["contract", None])
def test_other_phase_is_the_rest(here: Path, phase: str | None) -> None:
    session = open_session(here, ALL)
    session.settings = replace(session.settings, phase=phase)
    found = targets.upgrade(session, None, "heads")
    assert (steps(found), found.held) == (["h3", "h4", "t3", "t4", "t5"], ())


def test_plugin_is_upgraded_after_the_same_phase_of_the_host(here: Path) -> None:
    assert steps(plan(here, "head", "tags")) == ["h3", "t3"]


def test_nothing_is_held_back_of_a_branch_of_which_nothing_is_applied(here: Path) -> None:
    found = plan(here, "head", "posts", make_state(*HOST))
    assert steps(found) == ["h3", "t1", "t2", "t3", "t4", "t5", "p1"]
    assert held(found) == {"h4": "h4"}


def test_install_that_was_interrupted_goes_on_to_its_end(here: Path) -> None:
    state = make_state(*HOST, *TAGS)
    begun = {"tags": replace(state.plugins["tags"], installing=True)}
    found = plan(here, "head", "tags", replace(state, plugins=begun))
    assert steps(found) == ["h3", "t3", "t4", "t5"]


def test_what_depends_on_a_contract_revision_of_another_branch_waits(
    here: Path, write: Write
) -> None:
    write("posts", "p2", "p1")
    write("posts", "p3", "p2", depends=("h4",))
    found = plan(here, "heads")
    assert steps(found) == ["h3", "t3", "p2"]
    assert held(found)["p3"] == "h4"


def test_what_is_needed_only_by_what_waits_is_not_run(here: Path, write: Write) -> None:
    write_plugin(here, "audit", "a1")
    write("host", "h5", "h4", depends=("a1",))
    found = plan(here, "heads")
    assert steps(found) == ["h3", "t3"]
    assert held(found) == {"h4": "h4", "h5": "h4", "t4": "t4", "t5": "t4"}


def test_side_of_a_merge_is_run_and_the_merge_waits(here: Path, write: Write) -> None:
    write("tags", "t3b", "t2")
    write("tags", "t6", ("t3b", "t5"))
    found = plan(here, "heads")
    assert set(steps(found)) == {"h3", "t3", "t3b"}
    assert held(found)["t6"] == "t4"


def test_expand_revision_that_waits_is_told(here: Path, write: Write) -> None:
    write("tags", "t6", "t5", phase="expand")
    with pytest.raises(HeldBack) as excinfo:
        check_held(plan(here, "heads").held)
    assert (excinfo.value.revisions, excinfo.value.contracts) == (("t6",), ("t4",))


def test_contract_revisions_that_wait_are_no_error(here: Path) -> None:
    check_held(plan(here, "heads").held)


def test_contract_revisions_that_were_run_are_forgotten(here: Path, write: Write) -> None:
    write("tags", "t6", "t5", phase="expand")
    assert steps(plan(here, "heads", state=CONTRACTED)) == ["t6"]


@pytest.mark.parametrize("target", ["+2", "t4", "t5", "t5-1", "head-1"])
def test_target_beyond_the_phase_is_refused(here: Path, target: str) -> None:
    with pytest.raises(BeyondPhase) as excinfo:
        plan(here, target, "tags")
    facts = (excinfo.value.branch, excinfo.value.argument, excinfo.value.revision)
    assert facts == ("tags", target, "t4")


@pytest.mark.parametrize("target", ["+1", "t3", "t5-2"])
def test_target_within_the_phase_is_reached(here: Path, target: str) -> None:
    assert steps(plan(here, target, "tags")) == ["h3", "t3"]


def test_plugin_that_cannot_be_installed_as_a_whole_is_refused(here: Path, write: Write) -> None:
    write_plugin(here, "audit", "a1")
    write("audit", "a2", "a1", depends=("h4",))
    with pytest.raises(BeyondPhase) as excinfo:
        plan(here, "head", "audit")
    assert (excinfo.value.branch, excinfo.value.revision) == ("audit", "h4")


def test_plugin_that_cannot_be_installed_stops_no_other(here: Path, write: Write) -> None:
    write_plugin(here, "audit", "a1")
    write("audit", "a2", "a1", depends=("h4",))
    session = open_session(here, ALL)
    session.settings = replace(session.settings, phase="expand")
    found = targets.upgrade_installed(session, ["audit"])
    assert (steps(found), list(found.problems)) == (["h3", "t3"], ["audit"])


def test_json_has_what_waits_at_the_end(here: Path) -> None:
    *_, last = plan(here, "head").to_json()
    item = {"operation": "HoldBack", "plugin": "host", "revision": "h4", "contract": "h4"}
    assert last == {"action": "hold back", "operations": [{**item, "is_expand": False}]}


def test_plans_that_follow_each_other_hold_back_what_both_do(here: Path) -> None:
    first = plan(here, "head")
    assert Plan().after(first).held == first.after(first).held == first.held


@pytest.mark.parametrize(
    ("name", "waiting"), [("host", ("h4",)), ("tags", ("t4", "t5")), ("posts", ()), ("gone", ())]
)
def test_what_waits_is_found_without_a_phase(
    here: Path, name: str, waiting: tuple[str, ...]
) -> None:
    assert find_waiting(open_session(here, ALL), name) == waiting


def test_nothing_waits_of_what_cannot_be_read(here: Path, write: Write) -> None:
    write("tags", "t6", "t5", phase="expnd")
    assert find_waiting(open_session(here, ALL), "tags") == ()


def test_contract_goes_back_to_before_its_first_revision(here: Path) -> None:
    assert steps(plan_back(here, "base", "tags")) == ["t5", "t4"]


def test_contract_of_the_host_goes_back_while_plugins_are_installed(here: Path) -> None:
    assert steps(plan_back(here, "base")) == ["h4"]
    with pytest.raises(PluginsInstalled):
        plan_back(here, "base", phase="expand")


def test_contract_has_nothing_to_take_back_where_it_has_not_come(here: Path) -> None:
    assert plan_back(here, "base", "posts").transactions == ()


def test_contract_goes_back_no_further_than_the_last_expand_revision(
    here: Path, write: Write
) -> None:
    write("tags", "t5", "t4", phase="expand")
    assert plan_back(here, "base", "tags").transactions == ()


@pytest.mark.parametrize("target", ["-1", "t4", "t3"])
def test_contract_goes_back_to_a_revision(here: Path, target: str) -> None:
    assert set(steps(plan_back(here, target, "tags"))) <= {"t5", "t4"}


@pytest.mark.parametrize(("target", "scope"), [("-3", "tags"), ("t2", "tags"), ("-3", None)])
def test_going_back_beyond_contract_is_refused(here: Path, target: str, scope: str | None) -> None:
    with pytest.raises(BeyondPhase) as excinfo:
        plan_back(here, target, scope)
    assert (excinfo.value.argument, excinfo.value.phase) == (target, "contract")


def test_downgrade_in_phase_expand_is_the_rest(here: Path) -> None:
    assert steps(plan_back(here, "t2", "tags", phase="expand")) == ["t5", "t4", "t3"]


def test_what_depends_on_what_contract_takes_back_goes_along_if_asked(
    here: Path, write: Write
) -> None:
    write("tags", "t5", "t4", depends=("h4",))
    state = [item._replace(depends_on=("h4",)) if item.revision == "t5" else item for item in NEWER]
    session = open_session(here, make_state(*state, requires=REQUIRES))
    session.settings = replace(session.settings, phase="contract")
    with pytest.raises(RevisionInUse):
        removals.downgrade(session, None, "base", cascade=False)
    assert steps(removals.downgrade(session, None, "base", cascade=True)) == ["t5", "h4"]


def test_phase_is_not_told_where_the_file_is_gone(here: Path) -> None:
    (here / "plugins/tags/versions/t5_.py").unlink()
    with pytest.raises(FilesGone):
        plan_back(here, "base", "tags")
