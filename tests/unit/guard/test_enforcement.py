"""What is done about findings."""

from dataclasses import replace
from pathlib import Path

import pytest

from alembic_plugins import Schema
from alembic_plugins.errors import NamespaceViolation
from alembic_plugins.guard.enforcement import Candidates, enforce
from alembic_plugins.guard.rules import Findings, Violation
from alembic_plugins.namespaces.inferred import Inferred
from alembic_plugins.planning.operations import ApplyRevision, RevertRevision, Step

from ..builders import make_object, make_ownership, open_session, write_plugin

OFFENCE = Violation("drops", make_object("app.users"), "table app.users", "host")
READ = Violation("reads", make_object("app.notes_a"), "table app.notes_a", "notes")
PREFIXED = Violation("creates", make_object("app.notes_b"), "table app.notes_b", "notes")

OFFENDING = Findings(violations=(OFFENCE,))
READING = Findings(reads=(READ,))


def suspect(*revisions: str, name: str = "crm", kind: type[Step] = ApplyRevision) -> Candidates:
    """Return the revisions of a branch that may have done it."""
    return Candidates(tuple(kind(name, revision) for revision in revisions))


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with the plugin crm."""
    write_plugin(tmp_path, "crm", "c1", "c2")
    return tmp_path


def act(
    here: Path,
    findings: Findings,
    options: str = "",
    *,
    candidates: Candidates | None = None,
    is_last: bool = True,
) -> None:
    """Do what is to be done about findings on the plugin crm, as the options say."""
    session = open_session(here, options=options)
    candidates = candidates or suspect("c1")
    enforce(session, findings, candidates, Schema("crm"), make_ownership(), is_last=is_last)


def test_violation_is_an_error(here: Path) -> None:
    with pytest.raises(NamespaceViolation) as excinfo:
        act(here, OFFENDING)
    assert vars(excinfo.value) == {
        "plugin": "crm",
        "revisions": ("c1",),
        "violations": ("drops table app.users, which belongs to the host",),
        "remedies": ("set plugin_guard_allow = app.users in the host's configuration",),
        "kept": "its transaction was rolled back",
    }


def test_violation_is_an_error_as_soon_as_it_is_seen(here: Path) -> None:
    with pytest.raises(NamespaceViolation):
        act(here, OFFENDING, is_last=False)


def test_error_names_all_revisions_that_may_have_done_it(here: Path) -> None:
    with pytest.raises(NamespaceViolation) as excinfo:
        act(here, OFFENDING, candidates=suspect("c1", "c2"))
    assert excinfo.value.revisions == ("c1", "c2")


def test_downgrade_that_offends_can_be_done_without(here: Path) -> None:
    with pytest.raises(NamespaceViolation) as excinfo:
        act(here, OFFENDING, candidates=suspect("c1", kind=RevertRevision))
    command = "alembic plugin uninstall crm --purge"
    assert excinfo.value.remedies[-1] == f"drop what the plugin has made with '{command}'"


def test_downgrade_of_the_hosts_cannot_be_done_without(here: Path) -> None:
    candidates = suspect("h1", name="host", kind=RevertRevision)
    with pytest.raises(NamespaceViolation) as excinfo:
        act(here, OFFENDING, candidates=candidates)
    assert [remedy for remedy in excinfo.value.remedies if "--purge" in remedy] == []


def test_verdict_without_violations_is_no_error(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    act(here, Findings())
    assert caplog.messages == []


def test_violation_is_a_warning_where_the_host_says_so(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    act(here, OFFENDING, "plugin_guard = warn", candidates=suspect("c1", "c2"))
    words = "Revision c1 or c2 of 'crm' drops table app.users, which belongs to the host."
    assert caplog.messages == [words]


def test_warnings_of_a_transaction_are_one(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    act(here, Findings(reads=(READ,), prefixed=(PREFIXED,)))
    assert caplog.messages == [f"Revision c1 of 'crm' {READ}; {PREFIXED}."]


@pytest.mark.parametrize("findings", [OFFENDING, READING, Findings(prefixed=(PREFIXED,))])
def test_nothing_is_said_where_the_guard_is_off(
    here: Path, caplog: pytest.LogCaptureFixture, findings: Findings
) -> None:
    act(here, findings, "plugin_guard = off")
    assert caplog.messages == []


@pytest.mark.parametrize("findings", [OFFENDING, READING, Findings(prefixed=(PREFIXED,))])
def test_warnings_wait_for_the_last_verdict_of_a_transaction(
    here: Path, caplog: pytest.LogCaptureFixture, findings: Findings
) -> None:
    act(here, findings, "plugin_guard = warn", is_last=False)
    assert caplog.messages == []


def test_read_is_a_warning(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    act(here, READING)
    words = "Revision c1 of 'crm' reads table app.notes_a, which belongs to plugin 'notes'."
    assert caplog.messages == [words]


def test_read_is_an_error_where_the_host_says_so(here: Path) -> None:
    with pytest.raises(NamespaceViolation) as excinfo:
        act(here, READING, "plugin_guard_reads = enforce")
    assert excinfo.value.violations == (str(READ),)


def test_read_is_not_told_where_the_host_says_so(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    act(here, READING, "plugin_guard_reads = off")
    assert caplog.messages == []


def test_read_is_no_error_where_nothing_is(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    act(here, READING, "plugin_guard = warn\nplugin_guard_reads = enforce")
    assert caplog.messages == [f"Revision c1 of 'crm' {READ}."]


def test_object_under_a_prefix_is_a_warning(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    act(here, Findings(prefixed=(PREFIXED,)), candidates=suspect("h1", name="host"))
    assert caplog.messages == [f"Revision h1 of 'host' {PREFIXED}."]


def test_warnings_are_told_beside_an_error(here: Path, caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(NamespaceViolation) as excinfo:
        act(here, Findings((OFFENCE,), (READ,)))
    assert (len(excinfo.value.violations), len(caplog.messages)) == (1, 1)


def test_orphan_is_only_warned_since_nobody_knows_what_it_may_do(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    act(here, OFFENDING, candidates=suspect("g1", name="gone"))
    assert caplog.messages == [f"Revision g1 of 'gone' {OFFENCE}."]


def enforce_traced(here: Path, doubt: str | None) -> None:
    """Do what is to be done about a plugin of which somebody has found out what it has made."""
    session = open_session(here)
    session.add_inferred("crm", Inferred((), doubt))
    enforce(session, OFFENDING, suspect("c1"), Schema("crm"), make_ownership(), is_last=True)


def test_plugin_is_only_warned_where_nobody_knows_what_is_its_own(
    here: Path, caplog: pytest.LogCaptureFixture
) -> None:
    enforce_traced(here, "it raised")
    assert caplog.messages == [f"Revision c1 of 'crm' {OFFENCE}."]


def test_plugin_is_refused_where_it_was_found_out_what_is_its_own(here: Path) -> None:
    with pytest.raises(NamespaceViolation):
        enforce_traced(here, None)


def test_violation_of_the_host_is_an_error(here: Path) -> None:
    with pytest.raises(NamespaceViolation) as excinfo:
        act(here, OFFENDING, candidates=suspect("h1", name="host"))
    assert excinfo.value.plugin == "host"


def test_suspects_are_of_the_branch_of_the_last_one() -> None:
    steps = (ApplyRevision("host", "h1"), ApplyRevision("crm", "c1"))
    assert Candidates(steps).name == "crm"


def test_error_tells_what_of_the_work_of_the_suspects_stays(here: Path) -> None:
    candidates = replace(suspect("c1"), kept="nothing stays")
    with pytest.raises(NamespaceViolation) as excinfo:
        act(here, OFFENDING, candidates=candidates)
    assert excinfo.value.kept == "nothing stays"
