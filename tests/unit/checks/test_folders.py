"""What is in a versions folder."""

import py_compile

import pytest
from support.checked import Checked


@pytest.mark.parametrize(
    "name", ["tags_1.py.bak", "tags_1.PY", ".#tags_1.py", "old/tags_1.py", "tags_1.pyi"]
)
def test_file_that_alembic_passes_over_is_found(checked: Checked, name: str) -> None:
    file = checked.revise()
    (checked.versions / name).parent.mkdir(exist_ok=True)
    file.rename(checked.versions / name)
    assert checked.find() == [("file-not-run", name.rpartition("/")[2], 1)]


def test_compiled_file_without_its_source_is_found(checked: Checked) -> None:
    file = checked.revise()
    py_compile.compile(str(file), str(file.with_suffix(".pyc")))
    file.unlink()
    assert checked.find() == [("file-not-run", "tags_1.pyc", 1)]


def test_compiled_file_is_run_where_the_host_is_sourceless(checked: Checked) -> None:
    file = checked.configure("sourceless = true").revise()
    py_compile.compile(str(file), str(file.with_suffix(".pyc")))
    file.unlink()
    assert checked.find() == []


@pytest.mark.parametrize("name", ["README", "README.py.md", "notes.sql", "__init__.py"])
def test_other_files_are_no_findings(checked: Checked, name: str) -> None:
    (checked.versions / name).write_text("")
    assert checked.find() == []


@pytest.mark.parametrize(("text", "line"), [("x = 1\n", 1), ("x = 1\nx = = 2\n", 2)])
def test_file_that_is_no_revision_is_found(checked: Checked, text: str, line: int) -> None:
    (checked.versions / "other.py").write_text(text)
    assert checked.find() == [("broken-revision", "other.py", line)]
