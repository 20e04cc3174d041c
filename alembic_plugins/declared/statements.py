"""The SQL of what is done to tables, as Alembic renders it in offline mode."""

from alembic.operations import MigrateOperation, Operations
from alembic.runtime.migration import MigrationContext
from sqlalchemy.schema import ExecutableDDLElement

from ..revisions.rendering import Statements, make_renderer


class StatementRenderer:
    """Render operations of Alembic's, and DDL of SQLAlchemy's.

    Args:
        context: the one that migrates.
    """

    def __init__(self, context: MigrationContext) -> None:
        self._statements = Statements()
        self._offline = make_renderer(context, self._statements)
        self.dialect = self._offline.dialect

    def quote(self, name: str) -> str:
        """Return a name as SQL has it."""
        return self.dialect.identifier_preparer.quote(name)

    def render(self, *operations: MigrateOperation | ExecutableDDLElement) -> tuple[str, ...]:
        """Return the statements of operations."""
        self._statements.clear()
        for operation in operations:
            if isinstance(operation, MigrateOperation):
                Operations(self._offline).invoke(operation)
            else:
                self._offline.impl.execute(operation)
        return tuple(self._statements)
