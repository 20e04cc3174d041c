"""The lock file."""

from pathlib import Path
from subprocess import CalledProcessError

import pytest
from support.checked import Checked


@pytest.fixture
def lock(checked: Checked) -> Path:
    """The lock file of a plugin with two revisions."""
    checked.revise()
    checked.revise(name="tags_2", below="tags_1")
    [path] = checked.check(lock=True).written
    return path


def add_locked(checked: Checked, name: str) -> None:
    """Commit a revision and the lock file that has it."""
    checked.revise(name=name, below="tags_2")
    checked.check(lock=True)
    checked.commit()


def test_lock_has_the_head_and_each_revision_in_order(checked: Checked, lock: Path) -> None:
    assert lock == checked.plugin / "tags.lock"
    lines = [line.split()[0] for line in lock.read_text().splitlines()]
    assert lines == ["#", "head", "tags_1", "tags_2"]


@pytest.mark.usefixtures("lock")
def test_what_is_as_it_was_locked_is_fine(checked: Checked) -> None:
    assert checked.find() == []


@pytest.mark.usefixtures("lock")
def test_edited_file_is_found(checked: Checked) -> None:
    checked.revise("op.execute('SELECT 2')")
    assert checked.find() == [("lock-differs", "tags_1.py", 4)]


@pytest.mark.usefixtures("lock")
def test_line_ends_do_not_count(checked: Checked) -> None:
    file = checked.versions / "tags_1.py"
    file.write_bytes(file.read_bytes().replace(b"\n", b"\r\n"))
    assert checked.find() == []


@pytest.mark.usefixtures("lock")
def test_revision_that_is_not_locked_is_found(checked: Checked) -> None:
    checked.revise(name="tags_3", below="tags_2")
    assert checked.find() == [("lock-differs", "tags_3.py", 4)]


@pytest.mark.usefixtures("lock")
def test_revision_without_a_file_is_found(checked: Checked) -> None:
    (checked.versions / "tags_2.py").unlink()
    assert checked.find() == [("lock-differs", "tags.lock", 4)]


def test_conflict_is_found(checked: Checked, lock: Path) -> None:
    text = lock.read_text().replace("head tags_2\n", "<<<<<<< HEAD\nhead tags_2\n")
    lock.write_text(text)
    assert checked.find() == [("lock-differs", "tags.lock", 2)]


@pytest.mark.usefixtures("lock")
def test_two_branches_that_add_a_revision_conflict(checked: Checked) -> None:
    checked.commit()
    checked.git("branch", "other")
    add_locked(checked, "tags_3")
    checked.git("checkout", "-q", "other")
    add_locked(checked, "tags_4")
    with pytest.raises(CalledProcessError) as caught:
        checked.git("merge", "@{-1}")
    assert b"CONFLICT (content): Merge conflict in plugins/tags/tags.lock" in caught.value.stdout


def test_edited_file_is_accepted_when_it_is_locked_again(checked: Checked, lock: Path) -> None:
    before = lock.read_text()
    checked.revise("op.execute('SELECT 2')")
    assert checked.check(lock=True).findings == ()
    assert lock.read_text() != before


def test_lock_of_a_former_name_holds_until_it_is_written_anew(checked: Checked, lock: Path) -> None:
    former = lock.rename(lock.with_name("labels.lock"))
    checked.declare('formerly = ["labels"]')
    assert checked.find() == []
    checked.revise("op.execute('SELECT 2')")
    assert checked.find() == [("lock-differs", "tags_1.py", 4)]
    assert checked.check(lock=True).written == (lock,)
    assert not former.exists()
