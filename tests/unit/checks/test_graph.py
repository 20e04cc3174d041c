"""Revisions among each other."""

from support.checked import Checked


def test_revisions_in_a_row_are_fine(checked: Checked) -> None:
    checked.revise()
    checked.revise(name="tags_2", below="tags_1")
    assert checked.find() == []


def test_id_that_another_plugin_has_is_found(checked: Checked) -> None:
    checked.add("billing").revise(name="billing_1")
    assert checked.find() == [("duplicate-id", "billing_1.py", 4)]


def test_id_of_more_than_32_characters_is_found(checked: Checked) -> None:
    checked.revise(name="a" * 33)
    assert checked.find_rules() == {"long-id"}


def test_each_of_several_heads_is_found(checked: Checked) -> None:
    checked.revise()
    checked.revise(name="tags_2", below="tags_1")
    checked.revise(name="tags_3", below="tags_1")
    expected = [("several-heads", "tags_2.py", 5), ("several-heads", "tags_3.py", 5)]
    assert checked.find() == expected
    advice = checked.check().findings[0].advice
    assert advice.startswith("Join them with 'alembic -x plugin=tags merge heads'")


def test_revision_that_follows_none_is_found(checked: Checked) -> None:
    checked.revise(below="gone")
    assert checked.find() == [("missing-dependency", "tags_1.py", 5)]


def test_file_that_cannot_be_read_is_all_that_is_found(checked: Checked) -> None:
    checked.revise()
    checked.revise(name="tags_2", below="tags_1").write_text("revision = ")
    checked.revise(name="tags_3", below="tags_2")
    assert checked.find_rules() == {"broken-revision"}


def test_dependency_on_a_plugin_that_is_not_required_is_found(checked: Checked) -> None:
    checked.add("billing").revise(depends_on="billing_1")
    assert checked.find() == [("undeclared-dependency", "tags_1.py", 6)]


def test_dependency_on_a_plugin_that_is_required_is_fine(checked: Checked) -> None:
    checked.add("billing").declare('requires = ["billing"]').revise(depends_on="billing_1")
    assert checked.find() == []


def test_dependency_on_the_host_is_fine(checked: Checked) -> None:
    file = checked.revise(name="host_1")
    file.rename(checked.folder / "versions" / file.name)
    checked.revise(depends_on="host_1")
    assert checked.find() == []


def test_circle_is_found(checked: Checked) -> None:
    checked.revise(below="tags_2")
    checked.revise(name="tags_2", below="tags_1")
    assert checked.find_rules() == {"revision-cycle"}
