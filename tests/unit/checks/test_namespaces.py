"""Whose the names are."""

import pytest
from support.checked import Checked

PREFIX = 'namespace = "prefix tags_"'


def test_two_plugins_on_one_namespace_are_found(checked: Checked) -> None:
    checked.add("billing").declare('namespace = "schema billing"').revise()
    assert checked.find() == [("namespace-overlap", "plugin.toml", 1)]


@pytest.mark.parametrize(
    "up",
    [
        "op.create_table('words', sa.Column('id', sa.Integer()))",
        "op.create_table(table_name='words')",
        "op.rename_table('tags_words', 'words')  # check: ignore[renaming-table] for the test",
    ],
)
def test_table_outside_of_the_prefix_is_found(checked: Checked, up: str) -> None:
    checked.declare(PREFIX).revise(up)
    assert checked.find() == [("outside-prefix", "tags_1.py", 10)]


def test_table_that_a_function_of_the_file_makes_is_found(checked: Checked) -> None:
    file = checked.declare(PREFIX).revise("_make()")
    text = file.read_text()
    other = (
        "def _make():\n    op.create_table('words')\n\n\ndef _other():\n    op.create_table('a')"
    )
    file.write_text(f"{text}\n\n{other}\n")
    assert checked.find() == [("outside-prefix", "tags_1.py", 18)]


def test_table_with_the_prefix_is_fine(checked: Checked) -> None:
    checked.declare(PREFIX).revise("op.create_table('tags_words')")
    assert checked.find() == []


def test_plugin_with_a_schema_names_tables_as_it_likes(checked: Checked) -> None:
    checked.revise("op.create_table('words')")
    assert checked.find() == []
