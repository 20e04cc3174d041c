"""What is remembered of a downgrade, and how it is run."""

from pathlib import Path

import pytest
from alembic.runtime.migration import MigrationContext

from alembic_plugins.revisions.branches import Branch, BranchScript
from alembic_plugins.revisions.files import read_revision_file
from alembic_plugins.revisions.undo import (
    NEEDS_DATABASE,
    Renderer,
    Undo,
    needs_database,
)

HEAD = "from alembic import op\nrevision = 'b1'\ndown_revision = None\n"


def render(folder: Path, downgrade: str) -> Undo:
    """Render a downgrade whose lines are given."""
    file = folder / "b1.py"
    file.write_text(f"{HEAD}def downgrade():\n    {downgrade}\n", "utf-8")
    branch = Branch("billing", [read_revision_file("billing", file)])
    context = MigrationContext.configure(dialect_name="postgresql+psycopg")
    return Renderer(context, {}).render(BranchScript(branch, branch.infos["b1"], ()))


@pytest.mark.parametrize(
    ("downgrade", "statements"),
    [
        ("op.drop_table('bills')", ("DROP TABLE bills",)),
        ("op.execute('SELECT 1'); op.execute('SELECT 2;')", ("SELECT 1", "SELECT 2")),
        ("op.execute(\"SELECT 'a%b'\")", ("SELECT 'a%b'",)),
        ("pass", ()),
        (
            "from sqlalchemy import text\n"
            "    op.get_bind().execute(text('DELETE FROM a WHERE b = :b'), {'b': 'c'})",
            ("DELETE FROM a WHERE b = 'c'",),
        ),
    ],
)
def test_downgrade_is_kept_statement_by_statement(
    tmp_path: Path, downgrade: str, statements: tuple[str, ...]
) -> None:
    assert render(tmp_path, downgrade) == Undo(statements, None)


def test_autocommit_block_is_kept_with_its_ends(tmp_path: Path) -> None:
    undo = render(
        tmp_path,
        "with op.get_context().autocommit_block(): op.execute('DROP INDEX CONCURRENTLY i')",
    )
    assert undo.statements == ("COMMIT", "DROP INDEX CONCURRENTLY i", "BEGIN")


@pytest.mark.parametrize(
    ("downgrade", "reason"),
    [
        ("raise NotImplementedError", "NotImplementedError"),
        ("op.get_bind().execute(sa)", "NameError: name 'sa' is not defined"),
        ("raise ValueError('no way back.')", "ValueError: no way back"),
    ],
)
def test_downgrade_that_cannot_be_rendered_leaves_a_reason(
    tmp_path: Path, downgrade: str, reason: str
) -> None:
    assert render(tmp_path, downgrade) == Undo(None, reason)


@pytest.mark.parametrize(
    "downgrade",
    [
        "op.get_bind().execute('SELECT 1').all()",
        "len(op.get_bind().execute('SELECT 1').all())",
        "[row for row in op.get_bind().execute('SELECT 1')]",
        "op.get_bind().execute('SELECT 1').scalar() + 1",
        "import sqlalchemy; sqlalchemy.inspect(op.get_bind())",
        "op.get_bind().scalar('SELECT 1')",
        "op.get_bind().execute('SELECT 1') or op.drop_table('bills')",
        "try: op.get_bind().scalar('SELECT 1')\n    except Exception: pass",
    ],
)
def test_downgrade_that_asks_the_database_says_so(tmp_path: Path, downgrade: str) -> None:
    assert render(tmp_path, downgrade) == Undo(None, NEEDS_DATABASE)


@pytest.mark.parametrize(
    ("reason", "needs"),
    [
        (NEEDS_DATABASE, True),
        ("NoInspectionAvailable: No inspection system is available for object of type", True),
        ("AttributeError: 'NoneType' object has no attribute 'scalar'", True),
        ("TypeError: 'NoneType' object is not iterable", True),
        ("AttributeError: 'Table' object has no attribute 'x'", False),
        ("ValueError: no way back", False),
    ],
)
def test_reason_tells_whether_a_downgrade_needs_the_database(reason: str, needs: bool) -> None:
    assert needs_database(reason) is needs


def test_file_without_a_downgrade_leaves_a_reason(tmp_path: Path) -> None:
    file = tmp_path / "b1.py"
    file.write_text(HEAD, "utf-8")
    branch = Branch("billing", [read_revision_file("billing", file)])
    context = MigrationContext.configure(dialect_name="postgresql+psycopg")
    undo = Renderer(context, {}).render(BranchScript(branch, branch.infos["b1"], ()))
    assert undo.statements is None
