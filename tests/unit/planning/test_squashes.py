"""What a plan does for squashes."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from alembic_plugins.errors import HalfApplied, ReplacedRevision, RevisionsGone, SquashesLeft
from alembic_plugins.loading.session import Session
from alembic_plugins.planning import removals, targets, upkeep
from alembic_plugins.planning.operations import Eject, Operation, RecordSquash, RevertRevision, Step
from alembic_plugins.planning.projection import plan_catch_up
from alembic_plugins.planning.settled import MakePlan, plan_settled
from alembic_plugins.registry.rows import Interruption
from alembic_plugins.registry.state import State

from ..builders import (
    make_applied,
    make_state,
    open_session,
    set_aside,
    write_plugin,
    write_revision,
)

TAGS = (
    make_applied("t1", "tags"),
    make_applied("t2", "tags", ("t1",)),
    make_applied("t3", "tags", ("t2",)),
)
POSTS = make_applied("p1", "posts", (), ("t2",))
OLD = ("t1", "t2", "t3")
RECORD = RecordSquash("tags", "s1", OLD)
UPGRADE: MakePlan = partial(targets.install, names=["tags"])


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with a plugin that has a squash beside what it replaces, and one that needs it."""
    (tmp_path / "versions").mkdir()
    tags = write_plugin(tmp_path, "tags", *OLD)
    write_revision(tags / "versions", "s1", replaces=OLD)
    write_revision(tags / "versions", "t4", "t3")
    posts = write_plugin(tmp_path, "posts", toml='requires = ["tags"]')
    write_revision(posts / "versions", "p1", depends=("t2",))
    return tmp_path


def remove(here: Path, *revisions: str) -> Path:
    """Remove files of the plugin."""
    for revision in revisions or OLD:
        (here / "plugins" / "tags" / "versions" / f"{revision}_.py").unlink()
    return here


def plan(
    here: Path, state: State | None = None, make: MakePlan = UPGRADE
) -> tuple[Session, list[Operation]]:
    """Return the view of a command, and what concerns revisions in its plan."""
    session = open_session(here, state)
    found = plan_settled(session, make)
    kinds = (Step, RecordSquash)
    return session, [item for item in found.operations if isinstance(item, kinds)]


def find(here: Path, state: State | None = None, make: MakePlan = UPGRADE) -> list[str]:
    """Return the revisions of a plan's operations."""
    return [str(getattr(item, "revision", "")) for item in plan(here, state, make)[1]]


def test_empty_database_runs_the_squash(here: Path) -> None:
    assert find(here) == ["s1", "t4"]


def test_squash_is_recorded_where_all_of_it_is_applied(here: Path) -> None:
    session, operations = plan(here, make_state(*TAGS, POSTS))
    assert operations[0] == RECORD
    assert session.state.heads("tags") == ("s1",)
    assert session.state.by_revision["p1"].depends_on == ("s1",)


def test_squash_takes_the_place_of_the_last_one_that_it_replaces(here: Path) -> None:
    state = make_state(*TAGS, make_applied("h1", "host"))
    session, _ = plan(here, state)
    assert [item.revision for item in session.state.applied] == ["s1", "h1"]


def test_what_follows_is_led_to_the_squash(here: Path) -> None:
    session, operations = plan(here, make_state(*TAGS, make_applied("t4", "tags", ("t3",))))
    assert operations == [RECORD]
    assert session.state.by_revision["t4"].down_revision == ("s1",)


def test_database_in_between_goes_by_the_old_files(here: Path) -> None:
    _, operations = plan(here, make_state(*TAGS[:2]))
    assert [getattr(item, "revision", "") for item in operations] == ["t3", "t4", "s1"]
    assert operations[-1] == RECORD


def test_squash_is_not_recorded_before_all_of_it_is_applied(here: Path) -> None:
    make: MakePlan = partial(targets.upgrade_to, targets={"tags": "t2"})
    assert find(here, make_state(TAGS[0]), make) == ["t2"]


def test_half_of_a_squash_without_its_files_is_told(here: Path) -> None:
    with pytest.raises(HalfApplied):
        plan(remove(here), make_state(*TAGS[:2]))


def test_half_of_a_squash_without_its_files_can_go(here: Path) -> None:
    make: MakePlan = partial(removals.uninstall, names=["tags"], cascade=False)
    assert find(remove(here), make_state(*TAGS[:2]), make) == ["t2", "t1"]


def test_squash_goes_by_itself(here: Path) -> None:
    make: MakePlan = partial(removals.uninstall, names=["tags"], cascade=False)
    _, operations = plan(here, make_state(*TAGS), make)
    assert operations == [RECORD, RevertRevision("tags", "s1")]


def test_downgrade_into_the_midst_is_refused(here: Path) -> None:
    make: MakePlan = partial(removals.downgrade, scope="tags", target="t2", cascade=False)
    with pytest.raises(ReplacedRevision):
        plan(here, make_state(*TAGS), make)


def test_downgrade_in_between_goes_by_the_old_files(here: Path) -> None:
    make: MakePlan = partial(removals.downgrade, scope="tags", target="t1", cascade=False)
    assert find(here, make_state(*TAGS[:2]), make) == ["t2"]


def test_interrupted_revision_is_completed_by_its_file(here: Path) -> None:
    stopped = {"tags": Interruption("t1", "tags", "upgrade")}
    state = replace(make_state(), interruptions=stopped)
    assert find(here, state) == ["t1", "t2", "t3", "t4", "s1"]


def test_old_id_that_another_plugin_depends_on_means_the_squash(here: Path) -> None:
    session = open_session(here)
    assert session.lookup.make_node(session.branch("posts"), "p1").depends == ("s1",)


def test_row_of_the_version_table_alone_means_the_squash(here: Path) -> None:
    session = open_session(remove(here), replace(make_state(), rows=frozenset(["t3"])))
    recorded = plan_catch_up(session)
    assert [step.revision for step in recorded.steps] == ["s1"]
    assert session.state.current_rows == {"s1"}
    assert upkeep.find_unknown_rows(session) == ()


def test_stamp_of_an_old_revision_goes_by_its_file_while_it_is_there(here: Path) -> None:
    make: MakePlan = partial(targets.stamp, scope="tags", targets=["t2"])
    assert find(here, make=make) == ["t1", "t2"]
    with pytest.raises(ReplacedRevision):
        plan(remove(here), make=make)


def test_old_files_can_be_run_where_the_squash_could(here: Path) -> None:
    make: MakePlan = partial(targets.upgrade_by_parts, name="tags", squash="s1")
    assert find(here, make=make) == [*OLD, "s1"]


def test_plugin_comes_back_to_a_squash_of_what_it_needs(here: Path) -> None:
    squashed = make_applied("s1", "tags")
    state = set_aside(make_state(squashed, POSTS, requires={"posts": ("tags",)}), "posts")
    session, operations = plan(here, state, partial(upkeep.restore, name="posts"))
    assert operations == [RECORD]
    assert session.state.kept[0].depends_on == ("s1",)


def test_files_that_begin_otherwise_are_not_run_over_what_is_applied(here: Path) -> None:
    write_revision(remove(here, *OLD, "s1", "t4") / "plugins" / "tags" / "versions", "n1")
    with pytest.raises(RevisionsGone) as excinfo:
        plan(here, make_state(*TAGS))
    assert (excinfo.value.applied, excinfo.value.found) == (("t3",), ("n1",))


def test_database_that_is_ahead_is_upgraded_all_the_same(here: Path) -> None:
    remove(here, "s1", "t4", "t3")
    write_revision(here / "plugins" / "tags" / "versions", "n3", "t2")
    assert find(here, make_state(*TAGS)) == ["n3"]


@pytest.mark.parametrize(("gone", "left"), [((), ("t1", "t2", "t3", "t4")), (OLD, ("t4",))])
def test_stock_alembic_gets_no_squash_beside_what_it_replaces(
    here: Path, gone: tuple[str, ...], left: tuple[str, ...]
) -> None:
    session = open_session(remove(here, *gone) if gone else here, make_state(*TAGS))
    with pytest.raises(SquashesLeft) as excinfo:
        plan_settled(session, upkeep.eject)
    assert tuple(excinfo.value.revisions) == left


def test_stock_alembic_gets_a_squash_alone(here: Path) -> None:
    session = open_session(remove(here, *OLD, "t4"), make_state(*TAGS))
    assert plan_settled(session, upkeep.eject).find(Eject)[0].rows == ("s1",)
