"""The SQL that takes a revision back, rendered when it is applied and run when its file is gone.

It is SQL and never Python: who can write a table must not thereby run code on the host.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from . import _alembic
from .branches import BranchScript
from .errors import explain

_COMMIT, _BEGIN = "COMMIT", "BEGIN"


@dataclass(frozen=True)
class Undo:
    """What takes a revision back: statements, or the reason why there are none."""

    statements: tuple[str, ...] | None
    reason: str | None


class _Statements(list[str]):
    """An output buffer: in offline mode, Alembic writes one statement at a time."""

    def write(self, text: str) -> None:
        """Keep a statement, without semicolons at its end: Alembic's, and one of the author's."""
        self.append(text.rstrip("; \n").lstrip())

    def flush(self) -> None:
        """Do nothing: nothing is held back."""


def render_undo(
    context: MigrationContext, script: BranchScript, run_args: Mapping[str, Any]
) -> Undo:
    """Return what a revision's ``downgrade()`` would send to PostgreSQL.

    A downgrade that asks the database something cannot be rendered; nor can one that raises.
    """
    statements = _Statements()
    try:
        with _offline(context, statements) as offline, Operations.context(offline):
            script.module.downgrade(**run_args)
    except Exception as error:  # noqa: BLE001 - the function is the author's code
        return Undo(None, explain(error))
    return Undo(tuple(statements), None)


@contextmanager
def _offline(context: MigrationContext, statements: _Statements) -> Iterator[MigrationContext]:
    """Make a context that renders, and let ``alembic.context`` be about it meanwhile."""
    dialect = type(context.dialect)(paramstyle="named")  # type: ignore[call-arg]  # psycopg's has it
    dialect.default_schema_name = context.dialect.default_schema_name
    options = {**context.opts, "as_sql": True, "literal_binds": True, "output_buffer": statements}
    offline = MigrationContext(dialect, None, options, context.environment_context)
    with _alembic.replaced_context(context, offline):
        yield offline


def run_statements(context: MigrationContext, statements: Sequence[str]) -> None:
    """Run what `render_undo` has rendered; what was between COMMIT and BEGIN, by autocommit."""
    todo = iter(statements)
    for statement in todo:
        if statement == _COMMIT:
            with context.autocommit_block():
                for inner in iter(lambda: next(todo, _BEGIN), _BEGIN):
                    _run(context, inner)
        else:
            _run(context, statement)


def _run(context: MigrationContext, statement: str) -> None:
    connection = context.connection
    if context.as_sql or connection is None:
        context.impl.static_output(f"{statement};")
    else:
        # Without parameters a percent sign means itself.
        connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
