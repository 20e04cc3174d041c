"""What the failure of a revision means."""

from types import SimpleNamespace

import pytest
from sqlalchemy.exc import OperationalError

from alembic_plugins.revisions.failures import (
    explain_failure,
    find_dependents_in_words,
    find_transient,
    is_duplicate,
    make_delays,
)


class Refused(Exception):
    """What psycopg raises, as far as it matters here."""

    def __init__(
        self, sqlstate: str, detail: str | None = None, words: str = "it was refused"
    ) -> None:
        super().__init__(f"{words}\nLINE 1: SELECT")
        self.sqlstate = sqlstate
        self.diag = SimpleNamespace(message_detail=detail, message_hint=None)


def fail(sqlstate: str, detail: str | None = None) -> Exception:
    """Return an error whose cause PostgreSQL gave."""
    error = RuntimeError("failed")
    error.__cause__ = OperationalError("SELECT", {}, Refused(sqlstate, detail))
    return error


@pytest.mark.parametrize(
    ("sqlstate", "words"),
    [
        ("55P03", "lock not available"),
        ("40P01", "deadlock"),
        ("40001", "serialization failure"),
        ("42P07", None),
    ],
)
def test_only_what_met_another_transaction_is_transient(sqlstate: str, words: str | None) -> None:
    assert find_transient(fail(sqlstate)) == words


@pytest.mark.parametrize("done", ["updated", "deleted"])
def test_change_of_what_another_session_has_just_changed_is_transient(done: str) -> None:
    words = f"tuple concurrently {done}"
    error = OperationalError("GRANT", {}, Refused("XX000", words=words))
    assert find_transient(error) == words


def test_other_internal_error_is_not_transient() -> None:
    assert find_transient(fail("XX000")) is None


def test_failure_that_postgresql_did_not_cause_is_not_transient() -> None:
    assert find_transient(ValueError("no")) is None


def test_naps_grow_and_end() -> None:
    naps = list(make_delays())
    assert naps == sorted(naps)
    assert len(naps) == 4


def test_statement_is_left_out_of_the_explanation() -> None:
    assert explain_failure(OperationalError("SELECT", {}, Refused("42P01")), "") == "it was refused"


def test_psycopg2_tells_of_duplicates_by_another_name() -> None:
    refused = OperationalError("CREATE TABLE", {}, Refused(""))
    refused.orig.pgcode = "42P07"  # type: ignore[union-attr]
    error = RuntimeError("failed")
    error.__cause__ = refused
    assert is_duplicate(error)


def test_dependents_are_in_the_detail_of_what_postgresql_says() -> None:
    detail = "constraint c on table crm.t depends on table bills\nview v depends on table bills"
    assert find_dependents_in_words(fail("2BP01", detail)) == detail


def test_dependents_may_not_be_told() -> None:
    assert find_dependents_in_words(fail("2BP01")) == ""


@pytest.mark.parametrize(
    "error",
    [
        fail("42P01", "constraint c depends"),
        ValueError("2BP01"),
        OperationalError("", {}, Refused("2BP01")),
    ],
)
def test_other_failures_have_no_dependents(error: Exception) -> None:
    assert find_dependents_in_words(error) is None
