"""Run statements of which it is not known whether and in which order they can be run."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from ..catalog.states import Statement
from ..registry.sql import raw
from ..revisions.failures import describe_refusal

_UNSAFE_NEW_LABEL = "55P04"
"""PostgreSQL's code for a label of an enumeration that is used where it was added."""


@dataclass(frozen=True)
class Trial:
    """What has become of statements.

    Attributes:
        done: those that were run, in the order in which they could be.
        failed: the others, each with the reason that PostgreSQL gives.
        is_early: whether one of them uses a label of an enumeration that was not committed before.
        errors: why the others failed, in their order.
    """

    done: tuple[Statement, ...]
    failed: tuple[tuple[Statement, str], ...] = ()
    is_early: bool = False
    errors: tuple[DBAPIError, ...] = ()


def try_statements(connection: Connection, statements: Iterable[Statement]) -> Trial:
    """Run statements in the connection's transaction, each behind those that it needs.

    What fails is tried again behind the others, until nothing is left or nothing more can be run.
    """
    left, done, is_early = list(statements), [], False
    failed: Sequence[tuple[Statement, str]] = ()
    errors: Sequence[DBAPIError] = ()
    while left:
        failures, raised = [], []
        for statement in left:
            error = _try(connection, statement)
            if error is None:
                done.append(statement)
                continue
            is_early |= getattr(error.orig, "sqlstate", None) == _UNSAFE_NEW_LABEL
            failures.append((statement, describe_refusal(error.orig)))
            raised.append(error)
        if len(failures) == len(left):
            failed, errors = failures, raised
            break
        left = [statement for statement, _ in failures]
    return Trial(tuple(done), tuple(failed), is_early and bool(failed), tuple(errors))


def _try(connection: Connection, statement: Statement) -> DBAPIError | None:
    """Run a statement in a savepoint; return why it cannot be run, if it cannot."""
    savepoint = connection.begin_nested()
    try:
        connection.execute(raw(statement.sql))
    except DBAPIError as error:
        savepoint.rollback()
        return error
    savepoint.commit()
    return None
