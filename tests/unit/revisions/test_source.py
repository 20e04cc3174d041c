"""Revision files as they were applied, and what has been changed in them since."""

from pathlib import Path

import pytest

from alembic_plugins.revisions.source import (
    Source,
    find_changes,
    find_checksum_of_statements,
    is_same,
    read_source,
)

from ..builders import write_file

TEXT = '''"""create bills

Revision ID: b1
"""

import sqlalchemy as sa
from alembic import op

revision = "b1"
down_revision = "b0"


def upgrade() -> None:
    """Make the table."""
    # What is owed.
    op.create_table("bills", sa.Column("id", sa.Integer(), primary_key=True))
    op.add_column("bills", sa.Column("sum", sa.Numeric(10, 2)))


def downgrade() -> None:
    op.drop_table("bills")
'''


def read(folder: Path, text: str) -> Source:
    """Return the source of a file."""
    source = read_source(str(write_file(folder / "b1_.py", text)))
    assert source is not None
    return source


def has_changed(folder: Path, old: str, new: str) -> bool:
    """Tell whether the revision is another one where `new` is put in for `old`."""
    assert old in TEXT
    return not is_same(read(folder, TEXT).text, read(folder, TEXT.replace(old, new)).text)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n\n", "\n\n\n\n"),
        ("    # What is owed.\n", ""),
        ("What is owed.", "What they owe."),
        ('"b0"\n', '"b0"  # noqa\n'),
        ("10, 2", "10,2"),
        ("10, 2", "\n        10,\n        2,\n    "),
        ("    ", "\t"),
        ("\n", "\r\n"),
    ],
)
def test_formatting_and_comments_do_not_count(tmp_path: Path, old: str, new: str) -> None:
    assert not has_changed(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("create bills", "create the bills"),
        ("Make the table.", "Make a table."),
        ('    """Make the table."""\n', ""),
        ('    op.drop_table("bills")', '    """Drop it."""\n    op.drop_table("bills")'),
    ],
)
def test_docstrings_do_not_count(tmp_path: Path, old: str, new: str) -> None:
    assert not has_changed(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"b0"', "'b0'"),
        ('"bills"', '"""bills"""'),
        ('"bills"', 'u"bills"'),
        ('"bills"', '"bi" "lls"'),
        ('"bills"', r'"\x62ills"'),
        ("10, 2", "0x0A, 2"),
        ('revision = "b1"', 'revision = ("b1")'),
    ],
)
def test_ways_to_write_a_literal_do_not_count(tmp_path: Path, old: str, new: str) -> None:
    assert not has_changed(tmp_path, old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"b0"', '"a9"'),
        ('"b0"', "None"),
        ('revision = "b1"', 'revision = b"b1"'),
        ("10, 2", "10, 3"),
        ("10, 2", "10, 2.0"),
        ("10, 2", "2, 10"),
        ("10, 2", "10"),
        ("10, 2", "10, scale=2"),
        ('"sum"', '"Sum"'),
        ("sa.Integer", "sa.BigInteger"),
        ("upgrade", "upgrade2"),
        ("def downgrade", "async def downgrade"),
        (" -> None", ""),
        ("primary_key=True", "primary_key=1"),
        ("import sqlalchemy as sa\nfrom alembic import op", "from alembic import op"),
        ('    op.drop_table("bills")\n', '    op.drop_table("bills")\n    "Drop it."\n'),
        ('    op.drop_table("bills")\n', '    op.drop_table("bills")\n    op.f("x")\n'),
        ('    op.drop_table("bills")\n', "    return\n"),
        ('    op.drop_table("bills")\n', '    if True:\n        op.drop_table("bills")\n'),
    ],
)
def test_what_runs_differently_counts(tmp_path: Path, old: str, new: str) -> None:
    assert has_changed(tmp_path, old, new)


def test_order_of_statements_counts() -> None:
    assert not is_same("a = 1\nb = 2\n", "b = 2\na = 1\n")


def test_where_a_statement_belongs_counts() -> None:
    assert not is_same("if a:\n    b()\n    c()\n", "if a:\n    b()\nc()\n")


@pytest.mark.parametrize("body", ['"What it does."', "pass", '"""What\n    it does."""', '""'])
def test_body_that_is_a_docstring_is_like_pass(body: str) -> None:
    text = f"def upgrade(): {body}\nclass A: {body}\nasync def f(): {body}\n"
    assert is_same("def upgrade(): pass\nclass A: pass\nasync def f(): pass\n", text)


@pytest.mark.parametrize("text", ["f'a'", "b'a'", "1", "...", "('a', 'b')"])
def test_first_expression_that_is_no_docstring_counts(text: str) -> None:
    assert not is_same("a = 1\n", f"{text}\na = 1\n")


def test_name_of_the_file_does_not_count(tmp_path: Path) -> None:
    first, second = (write_file(tmp_path / name, TEXT) for name in ("a.py", "b.py"))
    assert read_source(str(first)) == read_source(str(second))


def test_source_has_the_text(tmp_path: Path) -> None:
    assert read(tmp_path, TEXT).text == TEXT


@pytest.mark.parametrize(
    "data",
    [
        "# -*- coding: latin-1 -*-\nname = 'Müller'\n".encode("latin-1"),
        "# coding: cp1252\nname = 'Müller'\n".encode("cp1252"),
        "name = 'Müller'\n".encode(),
        "name = 'Müller'\n".encode("utf-8-sig"),
    ],
    ids=["latin-1", "cp1252", "utf-8", "utf-8 with a mark"],
)
def test_encoding_is_the_one_that_the_file_declares(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "b1_.py"
    path.write_bytes(data)
    source = read_source(str(path))
    assert source is not None
    assert source.text.endswith("name = 'Müller'\n")
    assert is_same(source.text, "name = 'Müller'\n")


@pytest.mark.parametrize(
    "data",
    [b"a = '\xff'\n", b"# coding: no-such\n"],
    ids=["bytes", "encoding"],
)
def test_file_that_is_no_text_has_no_source(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "b1_.py"
    path.write_bytes(data)
    assert read_source(str(path)) is None


@pytest.mark.parametrize(
    "text",
    ["a = " + " + ".join(["'x'"] * 1500), "a = b" + ".c()" * 700],
    ids=["sum", "chain of calls"],
)
def test_file_with_deep_expressions_is_no_error(tmp_path: Path, text: str) -> None:
    compile(text, "b1_.py", "exec")
    assert read_source(str(write_file(tmp_path / "b1_.py", text))) is not None


def test_files_with_deep_expressions_can_be_compared() -> None:
    text = "a = b" + ".c()" * 400
    assert "+d = 1" in find_changes(text, f"{text}\nd = 1\n")


def test_file_that_is_gone_has_no_source(tmp_path: Path) -> None:
    assert read_source(str(tmp_path / "b1_.py")) is None


def test_folder_has_no_source(tmp_path: Path) -> None:
    (tmp_path / "b1_.py").mkdir()
    assert read_source(str(tmp_path / "b1_.py")) is None


def test_compiled_file_has_no_source(tmp_path: Path) -> None:
    assert read_source(str(write_file(tmp_path / "b1_.pyc", TEXT))) is None


def test_revision_without_a_file_has_no_source() -> None:
    assert read_source(None) is None


def test_format_of_a_value_is_no_change() -> None:
    assert is_same("a = f'{b:>{c}}'\n", "a = f'{b:>{c}}'  # right\n")


def test_deep_expression_is_like_itself() -> None:
    text = "a = b" + ".c()" * 700
    assert is_same(text, text)
    assert not is_same(text, f"{text}\nd = 1\n")


def test_any_other_byte_makes_another_checksum(tmp_path: Path) -> None:
    assert read(tmp_path, "a = 1\n").checksum != read(tmp_path, "a = 1\n\n").checksum


def test_diff_has_the_changed_lines() -> None:
    assert find_changes("a = 1\nb = 2\n", "a = 1\nb = 3\n") == (
        "--- as applied",
        "+++ on disk",
        "@@ -1,2 +1,2 @@",
        " a = 1",
        "-b = 2",
        "+b = 3",
    )


def test_diff_leaves_out_what_does_not_count() -> None:
    after = TEXT.replace("    # What is owed.\n", "").replace('"bills"', "'bills'")
    assert find_changes(TEXT, after) == ()


def test_diff_shows_only_what_counts() -> None:
    after = TEXT.replace("What is owed.", "").replace("create bills", "").replace("10, 2", "10, 3")
    changed = [line for line in find_changes(TEXT, after) if line[:1] in "+-"][2:]
    assert changed == [
        "-    op.add_column('bills', sa.Column('sum', sa.Numeric(10, 2)))",
        "+    op.add_column('bills', sa.Column('sum', sa.Numeric(10, 3)))",
    ]


def test_diff_has_two_lines_around_a_change() -> None:
    lines = find_changes("a = 1\nb = 2\nc = 3\nd = 4\n", "a = 1\nb = 2\nc = 3\nd = 5\n")
    assert lines[2:] == ("@@ -2,3 +2,3 @@", " b = 2", " c = 3", "-d = 4", "+d = 5")


@pytest.mark.parametrize(("before", "after"), [("a = (", "a = 1"), ("a = 1", "a = (")])
def test_diff_of_what_python_cannot_read_is_of_its_lines(before: str, after: str) -> None:
    assert find_changes(before, after)[-2:] == (f"-{before}", f"+{after}")


def test_diff_to_a_file_that_is_gone_takes_all_away() -> None:
    assert find_changes("a = 1\n", "")[-1] == "-a = 1"


@pytest.mark.parametrize(
    "other",
    [
        ("DROP TABLE bills", "DROP TABLE users"),
        ("DROP TABLE sums",),
        ("DROP TABLE bills", ""),
        (),
    ],
)
def test_statements_that_were_changed_have_another_checksum(other: tuple[str, ...]) -> None:
    known = find_checksum_of_statements(("DROP TABLE bills",))
    assert find_checksum_of_statements(other) != known


def test_order_of_remembered_statements_counts() -> None:
    assert find_checksum_of_statements(("a", "b")) != find_checksum_of_statements(("b", "a"))


def test_where_a_remembered_statement_ends_counts() -> None:
    assert find_checksum_of_statements(("a; b",)) != find_checksum_of_statements(("a", " b"))


def test_equal_statements_have_one_checksum() -> None:
    first, second = ("DROP TABLE bills",), ("DROP TABLE " + "bills",)
    assert find_checksum_of_statements(first) == find_checksum_of_statements(second)


def test_no_statements_have_a_checksum_and_none_has_none() -> None:
    assert find_checksum_of_statements(()) is not None
    assert find_checksum_of_statements(None) is None
