"""The SQL of a revision, rendered without a database, and from which line each statement comes."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import CreateTableOp
from alembic.runtime.environment import EnvironmentContext

from .. import _alembic
from ..loading.session import Session
from ..revisions.branches import Branch, BranchScript
from ..revisions.errors import BrokenRevision
from ..revisions.files import RevisionInfo
from ..revisions.rendering import Statements
from ..revisions.undo import BEGIN, COMMIT, Renderer, needs_database
from .findings import Finding
from .rules import UNCHECKED, UNRENDERABLE_DOWNGRADE
from .sources import RevisionFile

_Table = tuple[str | None, str]
"""Schema and name."""


@dataclass(frozen=True)
class Statement:
    """What a line of a revision sends to PostgreSQL.

    Attributes:
        text: the SQL, without a semicolon at its end.
        line: the line of the revision file.
        is_of_new_table: whether it is of an operation on a table that the revision has made itself.
        segment: the number of the transaction that it is in, from 0; a statement of an
            `autocommit_block` has one of its own.
        commits_itself: whether it is a statement of an `autocommit_block`.
    """

    text: str
    line: int
    is_of_new_table: bool
    segment: int
    commits_itself: bool


@dataclass(frozen=True)
class Rendered:
    """What is known of a revision without a database.

    Attributes:
        file: the revision's.
        statements: those of its ``upgrade()``; none where it could not be rendered.
        findings: why it, or its ``downgrade()``, could not be.
    """

    file: RevisionFile
    statements: tuple[Statement, ...]
    findings: tuple[Finding, ...]


def leave_unchecked(file: RevisionFile) -> Rendered:
    """Return what is known of a revision that has not been executed, as it opens connections."""
    note = file.find(UNCHECKED, 1, "it has not been executed, as it opens connections")
    return Rendered(file, (), (note,))


class StatementReader:
    """Render revisions, each executed once.

    Args:
        renderer: renders into `written`.
        written: the statements, with their lines.
    """

    def __init__(self, renderer: Renderer, written: "_WithLines") -> None:
        self._renderer = renderer
        self._written = written

    def read(self, file: RevisionFile, info: RevisionInfo) -> Rendered:
        """Return what a revision sends to PostgreSQL, or why that is not known."""
        script = BranchScript(Branch(file.plugin, [info]), info, ())
        try:
            _ = script.module
        except BrokenRevision as error:
            note = file.find(UNCHECKED, 1, f"it cannot be executed: {error.reason}")
            return Rendered(file, (), (note,))
        findings = list(self._check_downgrade(file, script))
        self._written.path = script.path
        upgrade = self._renderer.render(script, "upgrade")
        if upgrade.reason is None:
            return Rendered(file, tuple(_divide(self._written)), tuple(findings))
        reason = _describe(upgrade.reason)
        note = file.find(UNCHECKED, file.find_function("upgrade"), f"upgrade() {reason}")
        return Rendered(file, (), (*findings, note))

    def _check_downgrade(self, file: RevisionFile, script: BranchScript) -> Iterator[Finding]:
        if not hasattr(script.module, "downgrade"):
            return  # That it is missing is another finding.
        reason = self._renderer.render(script).reason
        if reason is not None:
            message = f"downgrade() {_describe(reason)}"
            yield file.find(UNRENDERABLE_DOWNGRADE, file.find_function("downgrade"), message)


@contextmanager
def reading_statements(session: Session) -> Iterator[StatementReader]:
    """Let `alembic.op` and `alembic.context` answer in the block as they do in offline mode.

    The host's ``env.py`` is not run: it may need a database, or settings that are not there.
    """
    environment = EnvironmentContext(session.config, session.script, as_sql=True)
    with environment, _alembic.silenced_context_log():
        environment.configure(dialect_name="postgresql+psycopg", literal_binds=True)
        written = _WithLines()
        yield StatementReader(Renderer(environment.get_context(), {}, written), written)


class _WithLines(Statements):
    """Statements with the lines of the revision file that have sent them."""

    def __init__(self) -> None:
        super().__init__()
        self.path = ""
        self.origins: list[tuple[int, bool]] = []
        """The line of each statement, and whether it is of an operation on a new table."""
        self._table: _Table | None = None
        self._new: set[_Table] = set()

    def write(self, text: str) -> None:
        """Keep a statement and its line."""
        super().write(text)
        self.origins.append((_find_calling_line(self.path), self._table in self._new))

    def clear(self) -> None:
        """Forget all statements."""
        super().clear()
        self.origins.clear()
        self._new.clear()

    def attend(self, operations: Operations) -> None:
        """Take note of what table each operation is about."""
        invoke = operations.invoke

        def noting_invoke(operation: MigrateOperation) -> Any:  # noqa: ANN401 - as Alembic
            self._table = _find_table(operation)
            if isinstance(operation, CreateTableOp):
                self._new.add((operation.schema, operation.table_name))
            try:
                return invoke(operation)
            finally:
                self._table = None

        operations.invoke = noting_invoke  # type: ignore[method-assign]


def _find_table(operation: MigrateOperation) -> _Table | None:
    """Return schema and name of the table that an operation changes."""
    # A foreign key's operation calls its table by another name than the others do.
    name = getattr(operation, "source_table", None) or getattr(operation, "table_name", None)
    return (getattr(operation, "schema", None), name) if name else None


def _find_calling_line(path: str) -> int:
    """Return the line of a file that is being executed."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename != path:
        frame = frame.f_back
    return frame.f_lineno if frame else 1


def _divide(written: _WithLines) -> Iterator[Statement]:
    """Return the statements that are no ends of transactions, each with the number of its own."""
    segment, commits_itself = 0, False
    for text, (line, is_new) in zip(written, written.origins, strict=True):
        if text in (COMMIT, BEGIN):
            segment += 1
            commits_itself = text == COMMIT
            continue
        segment += commits_itself
        if text:
            yield Statement(text, line, is_new, segment, commits_itself)


def _describe(reason: str) -> str:
    if needs_database(reason):
        return "asks the database something"
    return f"cannot be run without a database: {reason}"
