"""The SQL of revisions, and where it comes from."""

import pytest
from alembic.config import Config
from support.checked import Checked

from alembic_plugins.checks.sources import read_files as read_branches
from alembic_plugins.checks.statements import Rendered, reading_statements
from alembic_plugins.integration.disk import read_disk


def render(checked: Checked, up: str, down: str = "pass") -> Rendered:
    """Render a revision, by its functions."""
    checked.revise(up, down)
    session = read_disk(Config(checked.folder / "alembic.ini"))
    [(file, info)] = read_branches(session)[0]["tags"].readable
    with reading_statements(session) as reader:
        return reader.read(file, info)


def test_statement_knows_its_line(checked: Checked) -> None:
    rendered = render(checked, "op.execute('SELECT 1')\n\nfor word in 'ab':\n    op.execute(word)")
    lines = [(statement.text, statement.line) for statement in rendered.statements]
    assert lines == [("SELECT 1", 10), ("a", 13), ("b", 13)]


def test_autocommit_block_divides_transactions(checked: Checked) -> None:
    rendered = render(
        checked,
        "op.execute('a')\n"
        "with op.get_context().autocommit_block():\n"
        "    op.execute('b')\n"
        "    op.execute('c')\n"
        "op.execute('d')",
    )
    assert len({statement.segment for statement in rendered.statements}) == 4
    assert [s.text for s in rendered.statements if s.commits_itself] == ["b", "c"]


@pytest.mark.parametrize(
    ("up", "reason"),
    [
        ("op.get_bind().scalar(sa.text('SELECT 1'))", "asks the database something"),
        ("raise ValueError('no')", "cannot be run without a database: ValueError: no"),
    ],
)
def test_upgrade_that_cannot_be_rendered_is_a_note(checked: Checked, up: str, reason: str) -> None:
    [note] = render(checked, up).findings
    assert (note.rule.name, note.line, note.message) == ("unchecked", 9, f"upgrade() {reason}")
    assert not note.rule.fails


def test_downgrade_that_cannot_be_rendered_is_found(checked: Checked) -> None:
    rendered = render(checked, "op.execute('a')", "raise NotImplementedError")
    [finding] = rendered.findings
    assert (finding.rule.name, finding.line) == ("unrenderable-downgrade", 13)
    assert [statement.text for statement in rendered.statements] == ["a"]


def test_revision_that_cannot_be_imported_is_a_note(checked: Checked) -> None:
    file = checked.revise()
    file.write_text(f"import not_there_at_all\n{file.read_text()}")
    assert checked.find() == [("unchecked", "tags_1.py", 1)]
