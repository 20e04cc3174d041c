"""Plugins that have another name on disk than in the database."""

from dataclasses import replace
from pathlib import Path

import pytest

from alembic_plugins import Prefix, Schema
from alembic_plugins.errors import (
    BothInstalled,
    CannotFollow,
    DuplicateRevision,
    FormerNameTaken,
    HostSchemaClaimed,
    NotInstalled,
    PluginError,
    PluginRenamed,
    RevisionsRecorded,
)
from alembic_plugins.loading.renames import find_move
from alembic_plugins.loading.session import Session
from alembic_plugins.planning.dependents import find_requiring
from alembic_plugins.planning.targets import upgrade_installed, upgrade_to
from alembic_plugins.plugin import Namespace, parse_requirement
from alembic_plugins.registry.state import Interruption, State

from .. import builders
from ..builders import make_applied, make_installed, make_state, set_aside
from ..builders import write_plugin as write

AUDIT = make_state(make_applied("a1", "audit"))
FORMERLY = 'formerly = ["audit"]'


def open_session(here: Path, state: State | None = None) -> Session:
    """Return the view of a host that has no revisions."""
    (here / "versions").mkdir()
    return builders.open_session(here, state)


def rename(here: Path, state: State = AUDIT, *lines: str) -> Session:
    """Return the view of a host whose plugin `audit` is called `log` by now."""
    write(here, "log", "a1", toml="\n".join((FORMERLY, *lines)))
    return open_session(here, state)


def find_problem(session: Session) -> PluginError:
    """Return why `log` cannot get its name, which is what keeps it from being upgraded."""
    plan = upgrade_installed(session)
    assert plan.problems == session.renames.problems
    return plan.problems["log"]


def test_plugin_is_seen_by_its_new_name(tmp_path: Path) -> None:
    state = rename(tmp_path).state
    assert [(p.name, p.former) for p in state.plugins.values()] == [("log", "audit")]
    assert [item.plugin for item in state.applied] == ["log"]


def test_plugin_that_is_set_aside_is_seen_by_its_new_name(tmp_path: Path) -> None:
    state = rename(tmp_path, set_aside(AUDIT, "audit")).state
    assert [item.plugin for item in state.kept] == ["log"]
    assert state.quarantined["log"].quarantine == "quarantine_audit"


def test_what_is_interrupted_or_lost_goes_by_the_new_name(tmp_path: Path) -> None:
    interruptions = {"audit": Interruption("a2", "audit", "upgrade")}
    state = replace(AUDIT, lost=frozenset({"audit"}), interruptions=interruptions)
    found = rename(tmp_path, state).state
    assert found.lost == {"log"}
    assert found.interruptions["log"].plugin == "log"


def test_later_names_follow_earlier_ones(tmp_path: Path) -> None:
    write(tmp_path, "log", "a1", toml='formerly = ["trail", "audit"]')
    assert open_session(tmp_path, AUDIT).state.plugins.keys() == {"log"}


def test_plugin_that_is_there_by_its_name_is_not_renamed(tmp_path: Path) -> None:
    write(tmp_path, "audit", "a1")
    write(tmp_path, "log", "l1", toml=FORMERLY)
    session = open_session(tmp_path, AUDIT)
    assert session.state.plugins.keys() == {"audit"}
    assert not session.renames.problems


def test_others_are_loaded_only_where_one_is_gone(tmp_path: Path) -> None:
    write(tmp_path, "audit", "a1")
    write(tmp_path, "log", toml="not toml")
    session = open_session(tmp_path, AUDIT)
    assert "_successors" not in vars(session.discovery)


def test_requirement_by_the_former_name_means_the_plugin(tmp_path: Path) -> None:
    write(tmp_path, "crm", "c1", toml='requires = ["audit>=1"]')
    write(tmp_path, "log", "a1", toml=f'version = "2"\n{FORMERLY}')
    session = open_session(tmp_path)
    plan = upgrade_to(session, {"crm": "heads"})
    assert [step.plugin for step in plan.steps] == ["log", "crm"]


def test_recorded_requirement_by_the_former_name_means_the_plugin(tmp_path: Path) -> None:
    applied = (make_applied("a1", "audit"), make_applied("c1", "crm"))
    write(tmp_path, "crm", "c1", toml='requires = ["audit>=1"]')
    session = rename(tmp_path, make_state(*applied, requires={"crm": ("audit>=1",)}))
    assert find_requiring(session, ["log"]) == ("crm",)


def test_optional_requirement_counts_by_the_name_alone(tmp_path: Path) -> None:
    assert rename(tmp_path).renames.resolve(parse_requirement("audit?")) == "audit"


def test_dependency_by_the_former_name_means_the_first_revision(tmp_path: Path) -> None:
    write(tmp_path, "crm", "c1")
    session = rename(tmp_path)
    assert session.lookup.resolve(session.branch("crm"), "audit") == ("log", "a1")


def test_plugin_is_not_found_by_its_former_name(tmp_path: Path) -> None:
    with pytest.raises(PluginRenamed):
        rename(tmp_path).find_target("audit")


def test_both_names_in_the_database_are_refused(tmp_path: Path) -> None:
    both = make_state(make_applied("a1", "audit"), make_applied("l1", "log"))
    problem = find_problem(rename(tmp_path, both))
    assert isinstance(problem, BothInstalled)
    assert problem.other == "audit"


def test_two_former_names_in_the_database_are_refused(tmp_path: Path) -> None:
    both = make_state(make_applied("a1", "audit"), make_applied("t1", "trail"))
    write(tmp_path, "log", "a1", toml='formerly = ["trail", "audit"]')
    assert isinstance(find_problem(open_session(tmp_path, both)), BothInstalled)


def test_name_that_two_plugins_claim_is_refused_to_both(tmp_path: Path) -> None:
    write(tmp_path, "trail", "t1", toml=FORMERLY)
    session = rename(tmp_path)
    assert isinstance(find_problem(session), FormerNameTaken)
    assert session.renames.problems.keys() == {"log", "trail"}


@pytest.mark.parametrize(
    ("found", "declared", "moved"),
    [
        (Schema("audit"), Schema("log"), Schema("log")),
        (Schema("audit"), Schema("audit"), None),
        (Schema("audit"), Schema("audit", create=False), None),
        (Schema("app", create=False), Schema("app", create=False), None),
        (Prefix("audit_"), Prefix("log_"), Prefix("log_")),
        (Prefix("audit_", "audits"), Prefix("log_", "logs"), Prefix("log_", "logs")),
        (Prefix("audit_"), Prefix("audit_"), None),
    ],
)
def test_namespace_follows_or_stays(
    found: Namespace, declared: Namespace, moved: Namespace | None
) -> None:
    assert find_move(make_installed("audit", namespace=found), declared) == moved


@pytest.mark.parametrize(
    ("found", "declared"),
    [
        (Schema("app", create=False), Schema("log")),
        (Schema("audit"), Schema("log", create=False)),
        (Prefix("audit_"), Schema("log")),
        (Schema("audit"), Prefix("log_")),
        (Prefix("audit_"), Prefix("log_", "logs")),
        (Prefix("audit_"), Prefix("logs")),
    ],
)
def test_namespace_that_cannot_be_renamed_is_refused(found: Namespace, declared: Namespace) -> None:
    with pytest.raises(ValueError, match=r"."):
        find_move(make_installed("audit", namespace=found), declared)


def test_namespace_of_another_kind_is_told_with_what_to_declare(tmp_path: Path) -> None:
    problem = find_problem(rename(tmp_path, AUDIT, 'namespace = "prefix log_"'))
    assert isinstance(problem, CannotFollow)
    assert (problem.found, problem.declared) == ("schema audit", "prefix log_")


def test_namespace_of_another_plugin_is_refused(tmp_path: Path) -> None:
    state = make_state(make_applied("a1", "audit"), make_applied("c1", "crm"))
    write(tmp_path, "crm", "c1")
    problem = find_problem(rename(tmp_path, state, 'namespace = "schema crm"'))
    assert isinstance(problem, CannotFollow)
    assert problem.reason == "plugin 'crm' has schema crm"


def test_schema_of_the_host_is_refused(tmp_path: Path) -> None:
    state = replace(AUDIT, host_schema="log")
    assert isinstance(find_problem(rename(tmp_path, state)), HostSchemaClaimed)


def test_namespace_of_an_interrupted_revision_is_refused(tmp_path: Path) -> None:
    state = replace(AUDIT, interruptions={"audit": Interruption("a2", "audit", "upgrade")})
    problem = find_problem(rename(tmp_path, state))
    assert isinstance(problem, CannotFollow)
    assert "a2" in problem.reason


def test_plugin_that_could_not_be_renamed_keeps_its_former_name(tmp_path: Path) -> None:
    session, error = rename(tmp_path), NotInstalled("log")
    session.renames.fail("log", error)
    session.update(AUDIT)
    assert session.state.plugins.keys() == {"audit"}
    assert find_problem(session) is error


def test_revisions_of_a_plugin_that_is_gone_are_told_with_formerly(tmp_path: Path) -> None:
    write(tmp_path, "log", "a1")
    with pytest.raises(RevisionsRecorded) as excinfo:
        open_session(tmp_path, AUDIT).find_target("log")
    assert (excinfo.value.other, excinfo.value.revisions) == ("audit", ("a1",))


def test_revisions_of_a_plugin_that_is_gone_and_set_aside_are_told(tmp_path: Path) -> None:
    write(tmp_path, "log", "a1")
    with pytest.raises(RevisionsRecorded):
        open_session(tmp_path, set_aside(AUDIT, "audit")).find_target("log")


def test_revisions_of_a_plugin_of_the_former_name_are_a_claim(tmp_path: Path) -> None:
    write(tmp_path, "audit", "a1")
    with pytest.raises(FormerNameTaken) as excinfo:
        rename(tmp_path).find_target("log")
    assert excinfo.value.claim.endswith("has a plugin of that name")


def test_revisions_of_a_plugin_that_has_nothing_to_do_with_it_are_duplicates(
    tmp_path: Path,
) -> None:
    write(tmp_path, "audit", "a1")
    write(tmp_path, "log", "a1")
    with pytest.raises(DuplicateRevision):
        open_session(tmp_path, AUDIT).find_target("log")
