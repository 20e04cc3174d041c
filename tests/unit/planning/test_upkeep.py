"""Plans for what is done to plugins besides moving them."""

from dataclasses import replace
from pathlib import Path

import pytest

from alembic_plugins import Prefix, Schema
from alembic_plugins.errors import (
    AlreadyInstalled,
    CannotForget,
    CannotLeave,
    EmptyPlugin,
    InvalidDeclaration,
    NamespaceConflict,
    NotInstalled,
    NotQuarantined,
    Quarantined,
    RequirementNotInstalled,
    RevisionMoved,
    SeveralHeads,
    UnknownPlugin,
    UnknownRevision,
)
from alembic_plugins.planning import upkeep
from alembic_plugins.planning.operations import (
    AcceptFiles,
    DeleteVersionRows,
    Eject,
    ForgetPlugin,
    RecordApplied,
    RegisterPlugin,
    RestorePlugin,
)
from alembic_plugins.planning.plan import Plan, Transaction
from alembic_plugins.planning.transactions import plan_outcome
from alembic_plugins.registry.state import Interruption, State
from alembic_plugins.revisions.branches import Node

from ..builders import (
    ALL,
    HOST,
    POSTS,
    REQUIRES,
    TAGS,
    Ids,
    find_outcomes,
    make_applied,
    make_installed,
    make_state,
    open_session,
    set_aside,
    write_file,
    write_host,
    write_plugin,
    write_revision,
)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with the plugins tags and posts, which requires tags."""
    return write_host(tmp_path)


def test_what_is_set_aside_is_planned_to_come_back(here: Path) -> None:
    plan = upkeep.restore(open_session(here, set_aside(ALL, "posts")), "posts")
    assert plan == plan_outcome(["posts"], RestorePlugin, "restore")


def test_what_is_set_aside_comes_back_without_its_files(tmp_path: Path) -> None:
    state = set_aside(make_state(make_applied("g1", "gone")), "gone")
    plan = upkeep.restore(open_session(tmp_path, state), "gone")
    assert find_outcomes(plan) == {"gone": RestorePlugin}


def test_what_is_installed_is_not_brought_back(here: Path) -> None:
    with pytest.raises(AlreadyInstalled) as excinfo:
        upkeep.restore(open_session(here, ALL), "posts")
    assert excinfo.value.name == "posts"


@pytest.mark.parametrize("name", ["audit", "tags"])
def test_what_is_not_set_aside_cannot_come_back(here: Path, name: str) -> None:
    with pytest.raises(NotQuarantined) as excinfo:
        upkeep.restore(open_session(here), name)
    assert excinfo.value.name == name


def test_what_is_set_aside_does_not_come_back_before_what_it_requires(here: Path) -> None:
    state = set_aside(make_state(make_applied("p1", "posts"), requires=REQUIRES), "posts")
    with pytest.raises(RequirementNotInstalled) as excinfo:
        upkeep.restore(open_session(here, state), "posts")
    assert vars(excinfo.value) == {"name": "posts", "missing": ("tags",)}


def test_what_is_set_aside_does_not_come_back_before_the_revisions_that_it_needs(
    here: Path,
) -> None:
    state = set_aside(make_state(*POSTS), "posts")
    with pytest.raises(RequirementNotInstalled) as excinfo:
        upkeep.restore(open_session(here, state), "posts")
    assert vars(excinfo.value) == {"name": "posts", "missing": ("revision 't1'",)}


def test_all_that_is_missing_is_told_at_once(here: Path) -> None:
    state = set_aside(make_state(*POSTS, requires={"posts": ("tags", "audit>=1")}), "posts")
    with pytest.raises(RequirementNotInstalled) as excinfo:
        upkeep.restore(open_session(here, state), "posts")
    assert excinfo.value.missing == ("audit", "revision 't1'", "tags")


@pytest.mark.parametrize("requires", [("audit?",), ("audit?>=1",)])
def test_optional_requirement_does_not_hinder_a_return(here: Path, requires: Ids) -> None:
    state = make_state(make_applied("p1", "posts"), requires={"posts": requires})
    plan = upkeep.restore(open_session(here, set_aside(state, "posts")), "posts")
    assert find_outcomes(plan) == {"posts": RestorePlugin}


def test_own_revisions_do_not_hinder_a_return(here: Path) -> None:
    applied = (make_applied("t1", "tags"), make_applied("t2", "tags", ("t1",), ("t1",)))
    plan = upkeep.restore(open_session(here, set_aside(make_state(*applied), "tags")), "tags")
    assert find_outcomes(plan) == {"tags": RestorePlugin}


@pytest.mark.parametrize(
    ("first", "second"),
    [(Schema("money"), Schema("money")), (Prefix("bill_"), Prefix("bill_items"))],
)
def test_what_is_set_aside_does_not_come_back_to_where_another_plugin_is(
    tmp_path: Path, first: Schema | Prefix, second: Schema | Prefix
) -> None:
    state = make_state(make_applied("b1", "billing"), make_applied("x1", "tax"))
    plugins = {
        "billing": make_installed("billing", namespace=first),
        "tax": make_installed("tax", namespace=second),
    }
    session = open_session(tmp_path, set_aside(replace(state, plugins=plugins), "billing"))
    with pytest.raises(NamespaceConflict) as excinfo:
        upkeep.restore(session, "billing")
    assert (excinfo.value.first, excinfo.value.second) == ("tax", "billing")


def test_plugins_of_a_backup_may_need_each_other(tmp_path: Path) -> None:
    coming = make_state(*TAGS, *POSTS, requires=REQUIRES)
    session = open_session(tmp_path, make_state(*HOST))
    upkeep.check_returning(session, coming.plugins["posts"], coming)
    assert session.state.plugins == {}


def test_plugin_of_a_backup_may_not_be_there_already(here: Path) -> None:
    with pytest.raises(AlreadyInstalled):
        upkeep.check_returning(open_session(here, ALL), ALL.plugins["tags"], ALL)


def test_plugin_of_a_backup_needs_what_is_not_in_it(here: Path) -> None:
    coming = make_state(*POSTS, requires=REQUIRES)
    with pytest.raises(RequirementNotInstalled) as excinfo:
        upkeep.check_returning(open_session(here), coming.plugins["posts"], coming)
    assert excinfo.value.missing == ("revision 't1'", "tags")


def test_plugin_is_planned_to_be_forgotten(here: Path) -> None:
    plan = upkeep.forget(open_session(here, ALL), "posts")
    assert plan == plan_outcome(["posts"], ForgetPlugin, "forget")


@pytest.mark.parametrize("name", ["posts", "gone"])
def test_orphan_and_what_is_set_aside_can_be_forgotten(here: Path, name: str) -> None:
    state = set_aside(make_state(*TAGS, *POSTS, make_applied("g1", "gone")), "posts")
    assert find_outcomes(upkeep.forget(open_session(here, state), name)) == {name: ForgetPlugin}


def test_what_is_not_installed_cannot_be_forgotten(here: Path) -> None:
    with pytest.raises(NotInstalled):
        upkeep.forget(open_session(here), "posts")


@pytest.mark.parametrize("requires", [REQUIRES, {}], ids=["requirement", "revision"])
def test_what_others_need_is_not_forgotten(here: Path, requires: dict[str, Ids]) -> None:
    state = make_state(*TAGS, *POSTS, requires=requires)
    with pytest.raises(CannotForget) as excinfo:
        upkeep.forget(open_session(here, state), "tags")
    assert vars(excinfo.value) == {"name": "tags", "dependents": ("posts",)}


def test_adoption_records_without_running(here: Path) -> None:
    plan = upkeep.adopt(open_session(here, make_state(*HOST)), {"tags": ["heads"]})
    steps = tuple(RecordApplied("tags", r) for r in ("t1", "t2"))
    operations = (*steps, RegisterPlugin("tags"))
    assert plan.transactions == (Transaction(operations, "adopt"),)


def test_adoption_can_be_of_an_earlier_revision(here: Path) -> None:
    plan = upkeep.adopt(open_session(here), {"tags": ["t1"]})
    assert [step.revision for step in plan.steps] == ["t1"]


def test_adoption_knows_what_its_revisions_need(here: Path) -> None:
    plan = upkeep.adopt(open_session(here, make_state(*HOST, *TAGS)), {"posts": ["heads"]})
    assert plan.nodes == {"p1": Node("p1", "posts", (), ("t1",))}


def test_what_is_installed_is_not_adopted(here: Path) -> None:
    with pytest.raises(AlreadyInstalled):
        upkeep.adopt(open_session(here, ALL), {"tags": ["heads"]})


def test_what_is_set_aside_is_not_adopted(here: Path) -> None:
    with pytest.raises(Quarantined):
        upkeep.adopt(open_session(here, set_aside(ALL, "posts")), {"posts": ["heads"]})


@pytest.mark.parametrize(
    ("name", "target", "error"),
    [
        ("no_such", "heads", UnknownPlugin),
        ("empty", "heads", EmptyPlugin),
        ("tags", "zz", UnknownRevision),
        ("forked", "head", SeveralHeads),
    ],
)
def test_what_leads_nowhere_is_not_adopted(
    here: Path, name: str, target: str, error: type[Exception]
) -> None:
    write_plugin(here, "empty")
    write_revision(write_plugin(here, "forked", "f1") / "versions", "f2")
    with pytest.raises(error):
        upkeep.adopt(open_session(here), {name: [target]})


def test_adoption_refuses_what_would_take_anothers_namespace(here: Path) -> None:
    write_plugin(here, "labels", "l1", toml="namespace = 'schema tags'")
    with pytest.raises(NamespaceConflict):
        upkeep.adopt(open_session(here, make_state(*TAGS)), {"labels": ["heads"]})


def test_adoption_waits_for_what_the_plugin_requires(here: Path) -> None:
    with pytest.raises(RequirementNotInstalled) as excinfo:
        upkeep.adopt(open_session(here, make_state(*HOST)), {"posts": ["heads"]})
    assert vars(excinfo.value) == {"name": "posts", "missing": ("tags",)}


def test_adoption_waits_for_a_requirement_on_which_no_revision_depends(here: Path) -> None:
    write_plugin(here, "blog", "b1", toml="requires = ['tags']")
    with pytest.raises(RequirementNotInstalled) as excinfo:
        upkeep.adopt(open_session(here), {"blog": ["heads"]})
    assert excinfo.value.missing == ("tags",)


def test_adoption_waits_for_what_no_requirement_names(here: Path) -> None:
    folder = write_plugin(here, "blog")
    write_revision(folder / "versions", "b1", depends=("t1",))
    with pytest.raises(RequirementNotInstalled) as excinfo:
        upkeep.adopt(open_session(here), {"blog": ["heads"]})
    assert excinfo.value.missing == ("tags",)


def test_adoption_waits_for_the_host(here: Path) -> None:
    folder = write_plugin(here, "blog")
    write_revision(folder / "versions", "b1", depends=("h2",))
    with pytest.raises(RequirementNotInstalled) as excinfo:
        upkeep.adopt(open_session(here, make_state(HOST[0])), {"blog": ["heads"]})
    assert excinfo.value.missing == ("revision 'h2' of the host",)


def change_files(*names: str) -> State:
    """Return a state in which other files of some branches were applied."""
    changed = dict.fromkeys(names, "c0ffee")
    applied = [item._replace(checksum=changed.get(item.plugin)) for item in ALL.applied]
    return make_state(*applied, requires=REQUIRES)


def test_changed_files_are_planned_to_be_accepted(here: Path) -> None:
    session = open_session(here, change_files("tags", "host"))
    plan = upkeep.repair(session, ["host", "tags", "posts"], ())
    assert plan.transactions == (
        Transaction((AcceptFiles("host"),), "repair"),
        Transaction((AcceptFiles("tags"),), "repair"),
    )


def test_repair_leaves_what_it_was_not_asked_for(here: Path) -> None:
    session = open_session(here, change_files("tags", "posts"))
    assert find_outcomes(upkeep.repair(session, ["posts"], ())) == {"posts": AcceptFiles}


def test_repair_of_what_has_not_changed_is_empty(here: Path) -> None:
    assert upkeep.repair(open_session(here, ALL), ["host", "tags", "gone"], ()) == Plan()


def test_repair_deletes_rows_that_nothing_explains(here: Path) -> None:
    plan = upkeep.repair(open_session(here, ALL), ["tags"], ["yy", "zz"])
    assert plan.transactions == (Transaction((DeleteVersionRows(("yy", "zz")),), "history-sync"),)


def test_repair_accepts_files_before_it_deletes_rows(here: Path) -> None:
    session = open_session(here, change_files("tags"))
    units = upkeep.repair(session, ["tags"], ["zz"]).transactions
    assert [unit.action for unit in units] == ["repair", "history-sync"]


def test_repair_takes_revisions_as_their_files_now_are(here: Path) -> None:
    write_revision(here / "plugins/posts/versions", "p1", depends=("t2",))
    session = open_session(here, change_files("posts"))
    assert upkeep.find_repairs(session, "posts") == (Node("p1", "posts", (), ("t2",)),)


def test_repair_refuses_a_file_that_follows_what_is_not_applied(here: Path) -> None:
    folder = here / "plugins/tags/versions"
    write_revision(folder, "t0")
    write_revision(folder, "t1", "t0")
    with pytest.raises(RevisionMoved) as excinfo:
        upkeep.repair(open_session(here, change_files("tags")), ["tags"], ())
    facts = {"name": "tags", "revision": "t1", "missing": ("t0",)}
    assert vars(excinfo.value) == facts


def test_repair_refuses_a_file_that_depends_on_what_is_not_applied(here: Path) -> None:
    write_plugin(here, "audit", "a1")
    write_revision(here / "plugins/posts/versions", "p1", depends=("t1", "a1"))
    with pytest.raises(RevisionMoved) as excinfo:
        upkeep.find_repairs(open_session(here, change_files("posts")), "posts")
    assert excinfo.value.missing == ("a1",)


def test_row_that_neither_a_file_nor_the_registry_explains_is_unknown(here: Path) -> None:
    state = replace(ALL, rows=ALL.rows | {"zz", "yy"})
    assert upkeep.find_unknown_rows(open_session(here, state)) == ("yy", "zz")


@pytest.mark.parametrize("state", [State(), ALL])
def test_rows_of_what_is_applied_are_not_unknown(here: Path, state: State) -> None:
    assert upkeep.find_unknown_rows(open_session(here, state)) == ()


def eject(here: Path, state: State) -> Ids:
    """Return the rows that stock Alembic is left with."""
    (operation,) = upkeep.eject(open_session(here, state)).find(Eject)
    return operation.rows


def test_stock_alembic_gets_no_row_of_what_others_depend_on(here: Path) -> None:
    posts = make_applied("p1", "posts", (), ("t2", "h2"))
    assert eject(here, make_state(*HOST, *TAGS, posts)) == ("p1",)


def test_stock_alembic_gets_the_rows_of_what_others_have_left_behind(here: Path) -> None:
    assert eject(here, ALL) == ("h2", "t2", "p1")


def test_stock_alembic_gets_a_row_of_each_independent_branch(here: Path) -> None:
    assert eject(here, make_state(*HOST, *TAGS)) == ("h2", "t2")


def test_database_without_revisions_can_be_handed_back(here: Path) -> None:
    assert eject(here, State()) == ()


STUCK = make_state(*HOST, *TAGS)


@pytest.mark.parametrize(
    ("state", "names"),
    [
        (make_state(*HOST, *TAGS, make_applied("g1", "gone")), ("gone",)),
        (make_state(*HOST, *TAGS, make_applied("t3", "tags", ("t2",))), ("tags",)),
        (make_state(*HOST, make_applied("h3", "host", ("h2",))), ("host",)),
        (set_aside(ALL, "posts"), ("posts",)),
        (replace(STUCK, rows=STUCK.rows | {"zz"}), ("zz",)),
        (
            replace(STUCK, interruptions={"audit": Interruption("a1", "audit", "upgrade")}),
            ("audit",),
        ),
    ],
    ids=["orphan", "file gone", "host's file gone", "set aside", "unknown row", "interrupted"],
)
def test_database_is_not_handed_back_with_what_stock_alembic_could_not_find(
    here: Path, state: State, names: Ids
) -> None:
    with pytest.raises(CannotLeave) as excinfo:
        upkeep.eject(open_session(here, state))
    assert excinfo.value.names == names


def test_all_that_hinders_the_leave_is_told_at_once(here: Path) -> None:
    state = make_state(*HOST, *POSTS, make_applied("g1", "gone"), make_applied("x1", "x"))
    with pytest.raises(CannotLeave) as excinfo:
        upkeep.eject(open_session(here, set_aside(state, "posts")))
    assert set(excinfo.value.names) == {"gone", "posts", "x"}


def test_broken_plugin_hinders_the_leave(here: Path) -> None:
    write_file(here / "plugins/tags/versions/x.py", "not python")
    with pytest.raises(CannotLeave) as excinfo:
        upkeep.eject(open_session(here, STUCK))
    assert excinfo.value.names == ("tags",)


def test_stock_alembic_needs_the_locations_of_the_host_and_of_what_is_installed(
    here: Path,
) -> None:
    state = make_state(*HOST, *TAGS, make_applied("g1", "gone"))
    locations = (str(here / "versions"), str(here / "plugins/tags/versions"))
    assert upkeep.find_locations(open_session(here, state)) == locations


def test_stock_alembic_needs_no_location_of_what_is_not_installed(here: Path) -> None:
    assert upkeep.find_locations(open_session(here)) == (str(here / "versions"),)


def test_location_of_a_broken_plugin_is_not_to_be_had(here: Path) -> None:
    write_file(here / "plugins/tags/plugin.toml", "not toml")
    with pytest.raises(InvalidDeclaration):
        upkeep.find_locations(open_session(here, STUCK))
