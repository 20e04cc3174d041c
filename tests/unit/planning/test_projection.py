"""What will be remembered after a plan, and what another tool has done."""

from dataclasses import replace
from pathlib import Path

import pytest

from alembic_plugins import Schema
from alembic_plugins.planning import removals, targets
from alembic_plugins.planning.operations import RecoverPlugin
from alembic_plugins.planning.plan import Plan, Transaction
from alembic_plugins.planning.projection import (
    plan_catch_up,
    remember_plugin,
    remember_revision,
    simulate,
)
from alembic_plugins.planning.transactions import plan_outcome
from alembic_plugins.registry.state import InstalledPlugin, Interruption, State

from ..builders import (
    make_applied,
    make_installed,
    make_node,
    make_state,
    open_session,
    set_aside,
    write_file,
    write_plugin,
    write_revision,
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with the plugins tags and posts, whose revision depends on one of tags."""
    write_revision(tmp_path / "versions", "h1")
    write_revision(tmp_path / "versions", "h2", "h1")
    write_plugin(tmp_path, "tags", "t1", "t2", toml="version = '1.2'")
    posts = write_plugin(tmp_path, "posts")
    write_revision(posts / "versions", "p1", depends=("t2", "h2"))
    return tmp_path


def catch_up(here: Path, state: State) -> list[tuple[str, str]]:
    """Return the steps that record what another tool has done."""
    plan = plan_catch_up(open_session(here, state))
    assert not any(step.runs for step in plan.steps)
    return [(str(step.direction), step.revision) for step in plan.steps]


def test_state_after_an_install_has_its_revisions_and_plugin(here: Path) -> None:
    session = open_session(here)
    plan = targets.upgrade(session, "tags", "head")
    state = simulate(session, plan, schema_created=True)
    assert [item.revision for item in state.applied] == ["h1", "h2", "t1", "t2"]
    assert (state.plugins["tags"].version, state.plugins["tags"].schema_created) == ("1.2", True)


def test_state_after_an_install_knows_what_its_revisions_have_made(here: Path) -> None:
    session = open_session(here)
    plan = targets.upgrade(session, "tags", "head")
    state = simulate(session, plan, schema_created=True)
    assert {item.objects_known for item in state.of("tags")} == {True}


def test_state_after_contact_does_not_know_what_revisions_have_made(here: Path) -> None:
    session = open_session(here, State(rows=frozenset({"h2"})))
    state = simulate(session, plan_catch_up(session), schema_created=False)
    assert [item.objects_known for item in state.of("host")] == [False, False]


@pytest.mark.parametrize("known", [True, False])
def test_revision_is_remembered_with_what_is_known_of_its_objects(here: Path, known: bool) -> None:
    node = make_node("t1", "tags")
    revision = remember_revision(open_session(here), node, objects_known=known)
    assert (revision.revision, revision.objects_known) == ("t1", known)


def test_state_after_an_uninstall_has_forgotten_the_plugin(here: Path) -> None:
    session = open_session(here, make_state(make_applied("t1", "tags")))
    plan = removals.uninstall(session, ["tags"], cascade=False, purge=False)
    state = simulate(session, plan, schema_created=True)
    assert (state.applied, state.plugins) == ((), {})


def test_simulation_does_not_change_the_session(here: Path) -> None:
    session = open_session(here)
    simulate(session, targets.upgrade(session, "tags", "head"), schema_created=True)
    assert session.state == State()


def test_namespace_of_an_installed_plugin_stays_what_it_was(here: Path) -> None:
    old = make_installed("tags", namespace=Schema("old"))
    session = open_session(here, State(plugins={"tags": old}))
    assert remember_plugin(session, "tags", schema_created=True).namespace == Schema("old")


def test_nothing_new_is_no_contact(here: Path) -> None:
    session = open_session(here, make_state(make_applied("h1", "host")))
    assert plan_catch_up(session) == Plan()


def test_row_of_stock_alembic_is_recorded_with_all_below(here: Path) -> None:
    expected = [("upgrade", "h1"), ("upgrade", "h2")]
    assert catch_up(here, State(rows=frozenset({"h2"}))) == expected


def test_rows_that_stock_alembic_left_out_are_put_back(here: Path) -> None:
    steps = catch_up(here, State(rows=frozenset({"p1"})))
    assert {revision for _, revision in steps} == {"p1", "t1", "t2", "h1", "h2"}


def test_row_that_went_is_forgotten(here: Path) -> None:
    state = make_state(make_applied("h1", "host"), make_applied("t1", "tags"))
    left = State(frozenset({"h1"}), state.applied, state.plugins)
    assert catch_up(here, left) == [("downgrade", "t1")]


def test_row_that_moved_is_followed(here: Path) -> None:
    state = make_state(make_applied("h1", "host"))
    assert catch_up(here, State(frozenset({"h2"}), state.applied)) == [("upgrade", "h2")]


def test_row_that_no_file_explains_hinders_nobody(here: Path) -> None:
    assert catch_up(here, State(rows=frozenset({"zz"}))) == []


def test_row_of_an_orphan_that_went_is_no_news(here: Path) -> None:
    state = make_state(make_applied("h1", "host"), make_applied("g1", "gone"))
    assert catch_up(here, replace(state, rows=frozenset({"h1"}))) == []


def test_row_of_what_is_set_aside_is_not_missed(here: Path) -> None:
    state = set_aside(make_state(make_applied("h1", "host"), make_applied("t1", "tags")), "tags")
    assert catch_up(here, state) == []


def test_plugin_that_was_begun_and_interrupted_is_still_there(here: Path) -> None:
    begun = {"tags": make_installed("tags")}
    interruptions = {"tags": Interruption("t1", "tags", "upgrade")}
    session = open_session(here, State(plugins=begun, interruptions=interruptions))
    state = simulate(session, Plan(), schema_created=False)
    assert (state.plugins, state.interruptions) == (begun, interruptions)


def test_plugin_whose_revisions_the_registry_has_lost_is_still_there(here: Path) -> None:
    session = open_session(here, State(plugins={"tags": make_installed("tags")}))
    assert list(simulate(session, Plan(), schema_created=False).plugins) == ["tags"]


def test_state_after_a_plan_keeps_what_is_set_aside(here: Path) -> None:
    before = set_aside(make_state(make_applied("t1", "tags")), "tags")
    state = simulate(open_session(here, before), Plan(), schema_created=False)
    assert (state.quarantined, state.kept) == (before.quarantined, before.kept)


def lose(*names: str) -> State:
    """Return a state of whose plugins the registry has lost the rows."""
    state = make_state(*(make_applied(f"{name[0]}1", name) for name in names))
    guesses = {
        name: InstalledPlugin(name, None, None, Schema(name, create=False), False, ())
        for name in names
    }
    return replace(state, plugins=guesses, lost=frozenset(names))


def test_plugin_that_the_registry_has_lost_is_registered_again(here: Path) -> None:
    plan = plan_catch_up(open_session(here, lose("tags")))
    assert plan == plan_outcome(["tags"], RecoverPlugin, "register")


def test_plugins_that_the_registry_has_lost_are_registered_together(here: Path) -> None:
    (found,) = plan_catch_up(open_session(here, lose("tags", "posts"))).transactions
    assert list(found.outcomes) == ["posts", "tags"]


def test_orphan_that_the_registry_has_lost_is_not_registered(here: Path) -> None:
    assert plan_catch_up(open_session(here, lose("gone"))) == Plan()


def test_broken_plugin_that_the_registry_has_lost_is_not_registered(here: Path) -> None:
    write_file(here / "plugins/tags/plugin.toml", "not toml")
    assert plan_catch_up(open_session(here, lose("tags"))) == Plan()


def test_plugin_is_registered_again_besides_what_another_tool_has_done(here: Path) -> None:
    state = lose("tags")
    plan = plan_catch_up(open_session(here, replace(state, rows=state.rows | {"h1"})))
    assert [step.revision for step in plan.steps] == ["h1"]
    assert plan.transactions[-1] == Transaction((RecoverPlugin("tags"),), "register")


def test_plugin_that_is_registered_again_is_what_the_disk_says(here: Path) -> None:
    session = open_session(here, lose("tags"))
    plan = plan_catch_up(session)
    state = simulate(session, plan, schema_created=False)
    assert state.plugins["tags"] == InstalledPlugin("tags", None, "1.2", Schema("tags"), True, ())


@pytest.mark.parametrize("namespace", ["schema labels existing", "prefix tags_"])
def test_plugin_that_is_registered_again_has_no_schema_that_is_not_its_own(
    here: Path, namespace: str
) -> None:
    write_file(here / "plugins/tags/plugin.toml", f"namespace = '{namespace}'")
    session = open_session(here, lose("tags"))
    plugin = simulate(session, plan_catch_up(session), schema_created=False).plugins["tags"]
    assert (str(plugin.namespace), plugin.schema_created) == (namespace, False)


def test_orphan_that_the_registry_has_lost_stays_what_was_guessed(here: Path) -> None:
    session = open_session(here, lose("gone"))
    state = simulate(session, plan_catch_up(session), schema_created=False)
    assert state.plugins == session.state.plugins
