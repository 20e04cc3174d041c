"""The SQL that downgrades a revision, rendered when it is applied and run when its file is gone.

It is SQL and never Python: who can write a table must not thereby run code on the host.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from .. import _alembic
from .._base_errors import explain
from .branches import BranchScript
from .rendering import Statements, asks_database, is_asked, make_renderer

COMMIT, BEGIN = "COMMIT", "BEGIN"

NEEDS_DATABASE = "its downgrade() asks the database something"
"""Why a downgrade cannot be rendered that can be run."""

_OLDER_REASONS = ("NoInspectionAvailable", "AttributeError: 'NoneType'", "TypeError: 'NoneType'")
"""How earlier releases have said that."""


@dataclass(frozen=True)
class Undo:
    """What downgrades a revision: statements, or the reason why there are none."""

    statements: tuple[str, ...] | None
    reason: str | None


class Renderer:
    """Render what downgrades revisions, with an offline context that is made once.

    Args:
        context: the one that migrates.
        run_args: what ``env.py`` wants passed to each revision's function.
        statements: where the statements are written to; a list of its own by default.
    """

    def __init__(
        self,
        context: MigrationContext,
        run_args: Mapping[str, Any],
        statements: Statements | None = None,
    ) -> None:
        self._context = context
        self._run_args = run_args
        self._statements = Statements() if statements is None else statements

    def render(self, script: BranchScript, function: str = "downgrade") -> Undo:
        """Return what a revision's ``downgrade()``, or another function, would send to PostgreSQL.

        One that asks the database something cannot be rendered; nor can one that raises.
        """
        self._statements.clear()
        reason = None
        try:
            with (
                _alembic.replaced_context(self._context, self._offline),
                Operations.context(self._offline) as operations,
            ):
                self._statements.attend(operations)
                getattr(script.module, function)(**self._run_args)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - it is the author's code
            reason = NEEDS_DATABASE if asks_database(error) else explain(error)
        if is_asked(self._offline):  # It may have gone on as if there were an answer.
            reason = NEEDS_DATABASE
        if reason is None:
            return Undo(tuple(self._statements), None)
        self.__dict__.pop("_offline", None)  # It may be in the middle of something.
        return Undo(None, reason)

    @cached_property
    def _offline(self) -> MigrationContext:
        """A context that renders."""
        return make_renderer(self._context, self._statements)


def needs_database(reason: str) -> bool:
    """Tell whether a reason says that a downgrade can be run, and only not be rendered."""
    return reason == NEEDS_DATABASE or reason.startswith(_OLDER_REASONS)


def run_statements(context: MigrationContext, statements: Sequence[str]) -> None:
    """Run what `Renderer.render` has rendered; what was between COMMIT and BEGIN, by autocommit."""
    todo = iter(statements)
    for statement in todo:
        if statement == COMMIT:
            with context.autocommit_block():
                for inner in iter(lambda: next(todo, BEGIN), BEGIN):
                    run_statement(context, inner)
        else:
            run_statement(context, statement)


def run_statement(context: MigrationContext, statement: str) -> None:
    """Run a statement as it is rendered, or print it."""
    connection = context.connection
    if context.as_sql or connection is None:
        context.impl.static_output(f"{statement};")
    else:
        execute_as_it_is(connection, statement)


def execute_as_it_is(connection: Connection, statement: str) -> None:
    """Execute SQL without parameters, in which a percent sign means itself."""
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
