"""How a database differs from what is on disk."""

from dataclasses import replace
from pathlib import Path

import pytest

from alembic_plugins.errors import BrokenRevision, HeldBack, NoVersions
from alembic_plugins.registry.state import Interruption, State
from alembic_plugins.reports.pending import Pending, find_pending

from ..builders import (
    ALL,
    HOST,
    TAGS,
    make_applied,
    make_state,
    open_session,
    set_aside,
    write_file,
    write_host,
    write_plugin,
    write_revision,
)

NOTHING = Pending({}, {}, {}, (), {}, ())


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with the plugins audit, tags and posts, which requires tags."""
    return write_host(tmp_path)


def find(here: Path, state: State) -> Pending:
    """Return what is pending in a state."""
    return find_pending(open_session(here), state)


def test_nothing_is_pending_where_all_that_is_installed_is_at_its_heads(here: Path) -> None:
    assert find(here, ALL) == NOTHING
    assert NOTHING.is_up_to_date


def test_revisions_are_pending_by_branch_in_the_order_in_which_they_are_run(here: Path) -> None:
    found = find(here, make_state(TAGS[0]))
    assert list(found.revisions.items()) == [("host", ("h1", "h2")), ("tags", ("t2",))]
    assert not found.is_up_to_date


def test_host_is_pending_in_an_empty_database(here: Path) -> None:
    assert find(here, State()).revisions == {"host": ("h1", "h2")}


def test_what_an_installed_plugin_has_come_to_require_is_pending(here: Path) -> None:
    write_plugin(here, "audit", "aaaa1", "aaaa2", toml="requires = ['tags']")
    found = find(here, make_state(*HOST, make_applied("aaaa1", "audit")))
    assert found.revisions == {"tags": ("t1", "t2"), "audit": ("aaaa2",)}


@pytest.fixture
def contracting(here: Path) -> Path:
    """The host when it has got a contract revision, and one behind it."""
    write_revision(here / "versions", "h3", "h2", phase="contract")
    write_revision(here / "versions", "h4", "h3")
    return here


def find_in_expand(here: Path, state: State) -> Pending:
    """Return what is pending in phase expand."""
    session = open_session(here)
    session.settings = replace(session.settings, phase="expand")
    return find_pending(session, state)


def test_what_waits_for_phase_contract_is_not_missed_in_phase_expand(contracting: Path) -> None:
    found = find_in_expand(contracting, ALL)
    assert (found.revisions, found.waiting) == ({}, {"host": ("h3", "h4")})
    assert found.is_up_to_date
    assert find(contracting, ALL).revisions == {"host": ("h3", "h4")}


def test_expand_revision_that_waits_is_missed(contracting: Path) -> None:
    write_revision(contracting / "versions", "h5", "h4", phase="expand")
    found = find_in_expand(contracting, ALL)
    assert not found.is_up_to_date
    [(name, problem)] = found.problems.items()
    assert isinstance(problem, HeldBack)
    assert (name, problem.revisions, problem.contracts) == ("host", ("h5",), ("h3",))


def test_plugin_that_is_set_aside_or_not_installed_is_not_missed(here: Path) -> None:
    assert find(here, set_aside(make_state(*HOST, *TAGS), "tags")) == NOTHING


def test_plugin_whose_package_is_gone_is_not_missed(here: Path) -> None:
    assert find(here, make_state(*HOST, make_applied("g1", "gone"))) == NOTHING


def test_revisions_that_the_files_have_not_are_ahead(here: Path) -> None:
    newer = make_applied("t3", "tags", ("t2",))
    found = find(here, make_state(*HOST, *TAGS, newer))
    assert found == replace(NOTHING, ahead={"tags": ("t3",)})
    assert not found.is_up_to_date


def test_host_may_be_ahead(here: Path) -> None:
    found = find(here, make_state(*HOST, make_applied("h3", "host", ("h2",))))
    assert found == replace(NOTHING, ahead={"host": ("h3",)})


def test_rows_that_nothing_explains_hinder_nothing(here: Path) -> None:
    found = find(here, replace(ALL, rows=ALL.rows | {"zz", "yy"}))
    assert found == replace(NOTHING, unknown_rows=("yy", "zz"))
    assert found.is_up_to_date


def test_revision_that_is_half_done_is_told(here: Path) -> None:
    half = {"tags": Interruption("t2", "tags", "downgrade")}
    found = find(here, replace(ALL, interruptions=half))
    assert found == replace(NOTHING, interrupted={"tags": "t2"})
    assert not found.is_up_to_date


def test_plugin_whose_install_has_not_called_its_last_hook_is_told(here: Path) -> None:
    begun = replace(ALL.plugins["tags"], installing=True)
    found = find(here, replace(ALL, plugins={**ALL.plugins, "tags": begun}))
    assert found == replace(NOTHING, installing=("tags",))
    assert not found.is_up_to_date


def test_installed_plugin_whose_files_are_broken_is_a_problem(here: Path) -> None:
    write_file(here / "plugins/tags/versions/x.py", "not python")
    found = find(here, make_state(*HOST, *TAGS))
    assert {name: type(error) for name, error in found.problems.items()} == {"tags": BrokenRevision}
    assert not found.is_up_to_date


def test_host_without_its_folder_is_an_error(here: Path) -> None:
    (here / "versions").rename(here / "elsewhere")
    with pytest.raises(NoVersions):
        find(here, ALL)


def test_what_rows_of_stock_alembic_imply_is_not_pending(here: Path) -> None:
    stock = State(rows=frozenset({"h2", "p1"}), version_table=True)
    assert find(here, stock) == replace(NOTHING, revisions={"tags": ("t2",)})
