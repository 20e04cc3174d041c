"""What is read of revision files, and when they are executed."""

from hashlib import sha256
from pathlib import Path

import pytest

from alembic_plugins.errors import BrokenRevision
from alembic_plugins.revisions.files import RevisionInfo, load_revision_module, read_revision_file

from ..builders import write_file

MINIMAL = "revision = 'a1'\ndown_revision = None\n"
EXPLOSIVE = "raise RuntimeError('executed')\n"


def read(folder: Path, text: str, name: str = "some_file.py") -> RevisionInfo:
    """Return what a revision file with that text says of itself."""
    return read_revision_file("billing", write_file(folder / name, text))


def read_broken(folder: Path, text: str, name: str = "some_file.py") -> BrokenRevision:
    """Return why a revision file with that text cannot be read."""
    with pytest.raises(BrokenRevision) as excinfo:
        read(folder, text, name)
    assert (excinfo.value.plugin, excinfo.value.path) == ("billing", folder / name)
    return excinfo.value


def test_literals_are_read(tmp_path: Path) -> None:
    text = (
        '"""Add bills.\n\nRevision ID: a1\n"""\n'
        "revision = 'a1'\ndown_revision = 'a0'\nbranch_labels = ('money',)\ndepends_on = ['h1']\n"
    )
    info = read(tmp_path, text)
    doc = "Add bills.\n\nRevision ID: a1"
    path, checksum = str(tmp_path / "some_file.py"), sha256(text.encode()).hexdigest()
    assert info == RevisionInfo("a1", ("a0",), ("h1",), ("money",), doc, path, True, checksum)


def test_annotated_literals_are_read(tmp_path: Path) -> None:
    text = "revision: str = 'a1'\ndown_revision: str | None = 'a0'\ndepends_on: X = None\n"
    info = read(tmp_path, text + EXPLOSIVE)
    assert (info.revision, info.down_revision, info.depends_on) == ("a1", ("a0",), ())


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("None", ()),
        ("'x'", ("x",)),
        ("('x', 'y')", ("x", "y")),
        ("['x', 'y']", ("x", "y")),
        ("()", ()),
        ("{'x'}", ("x",)),
        ("'x' 'y'", ("xy",)),
    ],
)
@pytest.mark.parametrize("key", ["depends_on", "branch_labels"])
def test_literal_value_becomes_a_tuple(
    tmp_path: Path, key: str, value: str, expected: tuple[str, ...]
) -> None:
    info = read(tmp_path, f"{MINIMAL}{key} = {value}\n{EXPLOSIVE}")
    assert getattr(info, key) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("phase = 'expand'", "expand"),
        ('phase: str = "contract"', "contract"),
        ("phase = None", None),
        ("", None),
    ],
)
def test_phase_is_read(tmp_path: Path, line: str, expected: str | None) -> None:
    assert read(tmp_path, f"{MINIMAL}{line}\n{EXPLOSIVE}").phase == expected


def test_computed_phase_is_what_the_executed_file_has(tmp_path: Path) -> None:
    assert read(tmp_path, f"{MINIMAL}phase = 'EXPAND'.lower()\n").phase == "expand"


@pytest.mark.parametrize("value", ["'expnd'", "''", "('expand',)", "3", "[]"])
def test_other_phase_names_those_that_there_are(tmp_path: Path, value: str) -> None:
    reason = read_broken(tmp_path, f"{MINIMAL}phase = {value}\n").reason
    assert reason == f'\'phase\' is {value}, and not "expand" or "contract"'


def test_merge_has_several_down_revisions(tmp_path: Path) -> None:
    info = read(tmp_path, "revision = 'm1'\ndown_revision = ('a1', 'b1')\n")
    assert info.down_revision == ("a1", "b1")


@pytest.mark.parametrize(
    "harmless",
    [
        "import os\n",
        "from os import path as somewhere\n",
        "def upgrade():\n    revision = 1\n",
        "def upgrade():\n    print(revision, depends_on)\n",
        "class Late:\n    revision = 1\n",
        "label = 'x' + 'y'\n",
        "revisions = []\n",
        "if True:\n    other = 1\n",
    ],
)
def test_literal_file_is_never_executed(tmp_path: Path, harmless: str) -> None:
    assert read(tmp_path, MINIMAL + harmless + EXPLOSIVE).revision == "a1"


@pytest.mark.parametrize(
    "computed",
    [
        "depends_on = 'x'.upper()\n",
        "depends_on = f'{\"X\"}'\n",
        "depends_on: str = str('X')\n",
        "first = depends_on = 'X'\n",
        "depends_on, other = 'X', 1\n",
        "if True:\n    depends_on = 'X'\n",
        "depends_on = None\nif True:\n    depends_on = 'X'\n",
        "depends_on = 'Y'\ndepends_on = 'X'\n",
        "depends_on = ()\ndepends_on += ('X',)\n",
        "try:\n    depends_on = 'X'\nexcept ImportError:\n    depends_on = None\n",
        "for depends_on in ('X',):\n    pass\n",
        "print(depends_on := 'X')\n",
        "def late():\n    global depends_on\n    depends_on = 'X'\nlate()\n",
        "def late():\n    global other, depends_on\n    depends_on = 'X'\nlate()\n",
        "with __import__('contextlib').nullcontext('X') as depends_on:\n    pass\n",
    ],
)
def test_computed_value_is_what_the_executed_file_has(tmp_path: Path, computed: str) -> None:
    assert read(tmp_path, MINIMAL + computed).depends_on == ("X",)


@pytest.mark.parametrize(
    "change",
    [
        "depends_on = []\ndepends_on.append('X')\n",
        "depends_on = []\nif True:\n    depends_on.extend(['X'])\n",
        "depends_on = ['Y']\ndepends_on[0] = 'X'\n",
    ],
)
def test_list_that_the_file_changes_later_is_executed(tmp_path: Path, change: str) -> None:
    assert read(tmp_path, MINIMAL + change).depends_on == ("X",)


def test_star_import_makes_a_file_be_executed(tmp_path: Path) -> None:
    problem = read_broken(tmp_path, f"from os.path import *\n{MINIMAL}{EXPLOSIVE}")
    assert problem.reason == "RuntimeError: executed"


def test_imported_value_is_what_the_executed_file_has(tmp_path: Path) -> None:
    info = read(tmp_path, MINIMAL + "from os import curdir as depends_on\n")
    assert info.depends_on == (".",)


def test_docstring_of_an_executed_file_is_read(tmp_path: Path) -> None:
    info = read(tmp_path, f"'''  Add bills. '''\n{MINIMAL}depends_on = 'x'.upper()\n")
    assert info.doc == "Add bills."


def test_executed_file_keeps_its_cause(tmp_path: Path) -> None:
    problem = read_broken(tmp_path, MINIMAL + "depends_on = no_such_name\n")
    assert isinstance(problem.__cause__, NameError)


def test_syntax_error_is_told(tmp_path: Path) -> None:
    assert read_broken(tmp_path, "revision = \n").reason.startswith("SyntaxError: ")


def test_null_byte_is_told(tmp_path: Path) -> None:
    assert "null" in read_broken(tmp_path, "revision = 'a1'\0\n").reason


def test_file_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(BrokenRevision, match="FileNotFoundError"):
        read_revision_file("billing", tmp_path / "gone.py")


def test_import_error_is_told(tmp_path: Path) -> None:
    text = f"from no_such_application import X\n{MINIMAL}depends_on = X\n"
    expected = "ModuleNotFoundError: No module named 'no_such_application'"
    assert read_broken(tmp_path, text).reason == expected


def test_missing_revision_is_told(tmp_path: Path) -> None:
    problem = read_broken(tmp_path, "down_revision = None\n")
    assert problem.reason == "it does not say 'revision = \"...\"'"


def test_revision_that_is_no_string_is_told(tmp_path: Path) -> None:
    problem = read_broken(tmp_path, "revision = 1\ndown_revision = None\n")
    assert problem.reason == "it does not say 'revision = \"...\"'"


def test_missing_down_revision_is_told(tmp_path: Path) -> None:
    problem = read_broken(tmp_path, "revision = 'a1'\n")
    assert problem.reason == "it does not say 'down_revision = ...'"


def test_legacy_file_has_its_id_in_its_name(tmp_path: Path) -> None:
    assert read(tmp_path, "down_revision = None\n", "1975ea83b712.py").revision == "1975ea83b712"


def test_id_in_the_file_wins_over_the_file_name(tmp_path: Path) -> None:
    assert read(tmp_path, MINIMAL, "1975ea83b712.py").revision == "a1"


@pytest.mark.parametrize("name", ["notes.py", "1975ea83b712_bills.py", "xyz.py"])
def test_other_file_names_carry_no_id(tmp_path: Path, name: str) -> None:
    assert "it does not say" in read_broken(tmp_path, "down_revision = None\n", name).reason


@pytest.mark.parametrize("revision", ["a@b", "a-b", "a+b", "a:b"])
def test_illegal_character_in_an_id_is_told(tmp_path: Path, revision: str) -> None:
    problem = read_broken(tmp_path, f"revision = '{revision}'\ndown_revision = None\n")
    expected = f"revision id '{revision}' has one of the characters @-+:"
    assert problem.reason == expected


def test_empty_id_is_told(tmp_path: Path) -> None:
    problem = read_broken(tmp_path, "revision = ''\ndown_revision = None\n")
    assert "it does not say" in problem.reason


@pytest.mark.parametrize(
    "text",
    [
        "revision = 'a1'\ndown_revision = 'a1'\n",
        "revision = 'a1'\ndown_revision = ('a0', 'a1')\n",
        "revision = 'a1'\ndown_revision = None\ndepends_on = 'a1'\n",
    ],
)
def test_dependency_on_itself_is_told(tmp_path: Path, text: str) -> None:
    assert read_broken(tmp_path, text).reason == "revision 'a1' depends on itself"


def test_value_that_is_no_sequence_is_told(tmp_path: Path) -> None:
    problem = read_broken(tmp_path, MINIMAL + "depends_on = 1\n")
    assert problem.reason == "'depends_on' is neither a string nor a sequence of them"


def test_value_with_other_things_than_strings_is_told(tmp_path: Path) -> None:
    problem = read_broken(tmp_path, MINIMAL + "branch_labels = ['x', 1]\n")
    assert problem.reason == "'branch_labels' holds something else than strings"


def test_encoding_of_the_file_is_honoured(tmp_path: Path) -> None:
    text = f"# -*- coding: latin-1 -*-\n'''Gebühr'''\n{MINIMAL}"
    (tmp_path / "some_file.py").write_bytes(text.encode("latin-1"))
    info = read_revision_file("billing", tmp_path / "some_file.py")
    assert info.doc == "Gebühr"


def test_loading_a_module_executes_it(tmp_path: Path) -> None:
    path = write_file(tmp_path / "some_file.py", "answer = 42\n")
    assert load_revision_module("billing", path).answer == 42


def test_loading_a_broken_module_names_the_plugin(tmp_path: Path) -> None:
    path = write_file(tmp_path / "some_file.py", EXPLOSIVE)
    with pytest.raises(BrokenRevision) as excinfo:
        load_revision_module("billing", path)
    assert (excinfo.value.plugin, excinfo.value.reason) == ("billing", "RuntimeError: executed")
