"""What git knows of revision files."""

import pytest
from support.checked import Checked

from alembic_plugins.checks.errors import NoRepository


def test_edited_committed_revision_is_found_at_its_first_change(checked: Checked) -> None:
    checked.revise()
    checked.commit()
    checked.revise("op.execute('SELECT 2')")
    assert checked.find() == [("edited-revision", "tags_1.py", 10)]


def test_edit_that_does_not_count_is_fine(checked: Checked) -> None:
    file = checked.revise()
    checked.commit()
    file.write_text(f"# A comment.\n{file.read_text()}")
    assert checked.find() == []


def test_new_revision_is_no_edit(checked: Checked) -> None:
    checked.revise()
    checked.commit()
    checked.revise(name="tags_2", below="tags_1")
    assert checked.find() == []


def test_without_a_repository_nothing_is_known_of_edits(checked: Checked) -> None:
    checked.revise()
    assert checked.find() == []


def test_edit_since_the_base_is_found_when_it_is_committed(checked: Checked) -> None:
    checked.revise()
    checked.commit()
    checked.git("tag", "released")
    checked.revise("op.execute('SELECT 2')")
    checked.commit()
    assert checked.find() == []
    assert checked.find(diff_base="released") == [("edited-revision", "tags_1.py", 10)]


def test_only_what_a_change_adds_is_found(checked: Checked) -> None:
    checked.revise("op.execute('SELECT 1')", "pass")
    checked.commit()
    checked.git("tag", "released")
    checked.revise("op.execute('SELECT 1')", "pass", name="tags_2", below="tags_1")
    checked.commit()
    checked.revise("op.execute('SELECT 1')", "pass", name="tags_3", below="tags_2")
    files = [file for _, file, _ in checked.find(diff_base="released")]
    assert files == ["tags_2.py", "tags_3.py"]


def test_base_that_is_not_there_is_refused(checked: Checked) -> None:
    checked.revise()
    checked.commit()
    with pytest.raises(NoRepository) as caught:
        checked.check(diff_base="nowhere")
    assert str(caught.value) == (
        f"git does not tell what has changed since 'nowhere' in '{checked.versions}': Not a valid "
        "object name nowhere. Name a commit, branch or tag that is there, or leave out --diff-base."
    )
