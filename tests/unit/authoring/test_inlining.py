"""Revision files in one file."""

from collections.abc import Mapping
from textwrap import dedent
from typing import Any

import pytest

from alembic_plugins.authoring.inlining import CannotInlineError, RevisionCode, inline

HEAD = 'revision = "{0}"\ndown_revision = None\n'


def make(**files: str) -> str:
    """Return the file that does what others do, by their code without identifiers."""
    codes = [
        RevisionCode(name, HEAD.format(name) + dedent(text), name) for name, text in files.items()
    ]
    return "\n\n".join(inline(codes, commits=False))


def run(**files: str) -> Mapping[str, Any]:
    """Return the names of the file that does what others do, of which each calls `note`."""
    noted: list[object] = []
    names: dict[str, Any] = {"note": noted.append, "noted": noted}
    exec(make(**files), names)
    return names


def test_functions_are_called_in_order_and_downgrades_in_reverse() -> None:
    text = "def upgrade():\n    note('{0} up')\ndef downgrade():\n    note('{0} down')\n"
    names = run(a1=text.format("a1"), a2=text.format("a2"))
    names["upgrade"]()
    names["downgrade"]()
    assert names["noted"] == ["a1 up", "a2 up", "a2 down", "a1 down"]


def test_file_of_two_functions_stays_as_it_is_written() -> None:
    text = """
        # Says why.
        def upgrade() -> None:
            note("up")  # Here.

        def downgrade() -> None:
            pass
    """
    lines = make(a1=text).splitlines()
    assert lines[4:7] == ["# Says why.", "def _upgrade_a1() -> None:", '    note("up")  # Here.']


def test_names_of_one_file_do_not_meet_those_of_another() -> None:
    text = """
        TABLE = "{0}"

        def help_out():
            note(TABLE)

        def upgrade():
            help_out()
            note(revision)

        def downgrade():
            upgrade()
    """
    names = run(a1=text.format("one"), a2=text.format("two"))
    names["upgrade"]()
    names["downgrade"]()
    assert names["noted"] == ["one", "a1", "two", "a2", "two", "a2", "one", "a1"]


def test_text_of_several_lines_keeps_its_lines_where_code_is_indented() -> None:
    text = 'X = 1\ndef upgrade():\n    note("""a\n  b\n""")\n    note(f"""{X}\nc""")\n'
    names = run(a1=text)
    names["upgrade"]()
    assert names["noted"] == ["a\n  b\n", "1\nc"]


def test_imports_are_shared_but_for_those_that_mean_something_else() -> None:
    text = "import {0} as sa\nfrom os import path\ndef upgrade():\n    note((sa.__name__, path))\n"
    written = make(a1=text.format("json"), a2=text.format("ast"))
    assert written.splitlines()[:2] == ["import json as sa", "from os import path"]
    names = run(a1=text.format("json"), a2=text.format("ast"))
    names["upgrade"]()
    assert [name for name, _ in names["noted"]] == ["json", "ast"]


def test_functions_that_a_file_imports_are_called() -> None:
    names = run(a1="from time import time as upgrade\ndef downgrade(): note(1)\n")
    names["upgrade"]()
    names["downgrade"]()
    assert names["noted"] == [1]


def test_imports_for_annotations_of_identifiers_are_left_out() -> None:
    assert "typing" not in make(a1="from typing import Union\ndef upgrade(): pass\n")


def test_imports_of_the_future_come_first() -> None:
    written = make(a1="from __future__ import annotations\ndef upgrade(x: Y = 1): pass\n")
    assert written.startswith("from __future__ import annotations\n")


def test_arguments_are_passed_on() -> None:
    names = run(a1="def upgrade(name=''):\n    note(name)\n", a2="def upgrade(name): note(name)\n")
    names["upgrade"](name="x")
    assert names["noted"] == ["x", "x"]


def test_squash_of_what_cannot_be_downgraded_cannot_be() -> None:
    names = run(a1="def upgrade(): pass\n", a2="def upgrade(): pass\ndef downgrade(): note(1)\n")
    with pytest.raises(NotImplementedError, match="a1"):
        names["downgrade"]()
    assert names["noted"] == []


def test_squash_may_commit_between_two_revisions() -> None:
    codes = [RevisionCode(name, "def upgrade(): pass\n", name) for name in ("a1", "a2")]
    imports, body = inline(codes, commits=True)
    assert imports == "from alembic import op"
    assert "    _upgrade_a1()\n    _commit()\n    _upgrade_a2()\n" in body


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("DATA = open(__file__)", "it uses __file__"),
        ("def help_out():\n    global x", "it says 'global x'"),
        ("from . import data", "it imports from its own package"),
        ("from data import *", "it imports all of data"),
        ("x = 1; y = 2", "it has two statements in one line"),
    ],
)
def test_what_only_a_file_of_its_own_can_do_is_refused(line: str, reason: str) -> None:
    with pytest.raises(CannotInlineError, match=reason.replace("(", r"\(")):
        make(a1=f"{line}\ndef upgrade(): pass\n")


def test_file_without_an_upgrade_is_refused() -> None:
    with pytest.raises(CannotInlineError, match="no upgrade"):
        make(a1="def downgrade(): pass\n")
