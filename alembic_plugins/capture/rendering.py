"""A revision file out of statements, as an author would write it."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.operations import ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import postgresql

from ..catalog.states import State, Statement
from .operations import find_operation

_LONGEST_LINE = 96
_COMMENT = re.compile(r"^\s*# ###.*\n?", re.MULTILINE)
_BLOCK = "with op.get_context().autocommit_block():"


class FunctionRenderer:
    """Write the body of ``upgrade()`` or ``downgrade()``.

    Args:
        before: what objects are before.
        after: what they are behind it.
    """

    def __init__(self, before: State, after: State) -> None:
        self._context = MigrationContext.configure(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
        self._before = before
        self._after = after

    def render(self, statements: Sequence[Statement], committed: Sequence[Statement] = ()) -> str:
        """Return the body, indented.

        Args:
            statements: what it does.
            committed: what it commits before.
        """
        lines = [line for it in statements for line in self._render(it).splitlines()]
        if committed:
            words = [line for it in committed for line in execute(it.sql).splitlines()]
            lines = [_BLOCK, *_indent(words), *lines]
        return "\n".join(_indent(lines or ["pass"]))

    def _render(self, statement: Statement) -> str:
        operation = find_operation(self._before, self._after, statement)
        if operation is None:
            return execute(statement.sql)
        if isinstance(operation, ops.RenameTableOp):  # Alembic itself never writes one.
            return f"op.rename_table({operation.table_name!r}, {operation.new_table_name!r})"
        found = render_python_code(ops.UpgradeOps([operation]), migration_context=self._context)
        body = _COMMENT.sub("", found)
        return "\n".join(line.removeprefix("    ") for line in body.splitlines() if line.strip())


def _indent(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines as they are in a function; those of texts stay as they are, being these texts."""
    is_in_text = False
    for line in lines:
        yield line if is_in_text or not line else f"    {line}"
        is_in_text ^= line.count('"""') % 2 == 1


def execute(sql: str) -> str:
    """Return what executes a statement."""
    words = sql.replace("\\", "\\\\")
    if sa.text(sql).compile().params:
        words = words.replace(":", "\\\\:")  # They are no parameters.
    line = f'op.execute("{words}")'
    if "\n" not in words and '"' not in words and len(line) <= _LONGEST_LINE:
        return line
    if '"""' in words or words.endswith('"'):
        words = words.replace('"', '\\"')
    return f'op.execute(\n    """{words}"""\n)'


def render_file(
    revision: str,
    message: str,
    down: Sequence[str],
    now: datetime,
    bodies: tuple[str, str],
    imports: Sequence[str] = (),
) -> str:
    """Return the text of a revision file.

    Args:
        revision: its id.
        message: what it is about.
        down: the revisions that it follows.
        now: when it is made.
        bodies: those of ``upgrade()`` and ``downgrade()``.
        imports: what it imports besides.
    """
    quoted = message.replace("\\", "\\\\").replace('"""', "'''")
    follows = [repr(it).replace("'", '"') for it in down]
    below = follows[0] if len(follows) == 1 else f"({', '.join(follows)})" if follows else "None"
    lines = (
        f'"""{quoted}',
        "",
        f"Revision ID: {revision}",
        f"Revises: {', '.join(down)}".rstrip(),
        f"Create Date: {now.isoformat(' ', 'seconds')}",
        "",
        '"""',
        "",
        *_find_imports(bodies, imports),
        "",
        f'revision = "{revision}"',
        f"down_revision = {below}",
        "branch_labels = None",
        "depends_on = None",
        "",
        "",
        "def upgrade() -> None:",
        bodies[0],
        "",
        "",
        "def downgrade() -> None:",
        bodies[1],
        "",
    )
    return "\n".join(lines)


def _find_imports(bodies: tuple[str, str], imports: Sequence[str]) -> Iterator[str]:
    text = "".join(bodies)
    if "sa." in text:
        yield "import sqlalchemy as sa"
    yield "from alembic import op"
    if "postgresql." in text:
        yield "from sqlalchemy.dialects import postgresql"
    yield from imports
