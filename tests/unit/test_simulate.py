"""What will be remembered after a plan, and what another tool has done."""

from pathlib import Path

import pytest

from alembic_plugins import Schema, targets
from alembic_plugins.plan import Plan
from alembic_plugins.registry import State
from alembic_plugins.session import Session
from alembic_plugins.simulate import plan_contact, remember_plugin, simulate

from .builders import (
    make_applied,
    make_config,
    make_installed,
    make_session,
    make_state,
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


def open_session(here: Path, state: State | None = None) -> Session:
    """Return the view of the host."""
    return make_session(make_config(here), state)


def contact(here: Path, state: State) -> list[tuple[str, str]]:
    """Return the steps that record what another tool has done."""
    plan = plan_contact(open_session(here, state))
    assert not any(step.runs for step in plan.steps)
    return [(str(step.direction), step.revision) for step in plan.steps]


def test_state_after_an_install_has_its_revisions_and_plugin(here: Path) -> None:
    session = open_session(here)
    plan = targets.upgrade(session, "tags", "head")
    state = simulate(session, plan, schema_created=True)
    assert [item.revision for item in state.applied] == ["h1", "h2", "t1", "t2"]
    assert (state.plugins["tags"].version, state.plugins["tags"].schema_created) == ("1.2", True)


def test_state_after_an_uninstall_has_forgotten_the_plugin(here: Path) -> None:
    session = open_session(here, make_state(make_applied("t1", "tags")))
    plan = targets.uninstall(session, ["tags"], cascade=False, purge=False)
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
    assert plan_contact(session) == Plan()


def test_row_of_stock_alembic_is_recorded_with_all_below(here: Path) -> None:
    expected = [("upgrade", "h1"), ("upgrade", "h2")]
    assert contact(here, State(rows=frozenset({"h2"}))) == expected


def test_rows_that_stock_alembic_left_out_are_put_back(here: Path) -> None:
    steps = contact(here, State(rows=frozenset({"p1"})))
    assert {revision for _, revision in steps} == {"p1", "t1", "t2", "h1", "h2"}


def test_row_that_went_is_forgotten(here: Path) -> None:
    state = make_state(make_applied("h1", "host"), make_applied("t1", "tags"))
    left = State(frozenset({"h1"}), state.applied, state.plugins)
    assert contact(here, left) == [("downgrade", "t1")]


def test_row_that_moved_is_followed(here: Path) -> None:
    state = make_state(make_applied("h1", "host"))
    assert contact(here, State(frozenset({"h2"}), state.applied)) == [("upgrade", "h2")]


def test_row_that_no_file_explains_hinders_nobody(here: Path) -> None:
    assert contact(here, State(rows=frozenset({"zz"}))) == []
