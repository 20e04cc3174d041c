"""Squashes and what they replace, as their files have it."""

from pathlib import Path

import pytest
from support.checked import Checked


def squash(checked: Checked, *replaced: str, below: str | None = None) -> Path:
    """Write a squash of revisions of the plugin."""
    file = checked.revise(name="tags_s", below=below)
    file.write_text(f"{file.read_text()}\n\nreplaces = {list(replaced)!r}\n")
    return file


@pytest.fixture
def row(checked: Checked) -> Checked:
    """A host whose plugin has three revisions in a row."""
    checked.revise()
    checked.revise(name="tags_2", below="tags_1")
    checked.revise(name="tags_3", below="tags_2")
    return checked


def find_reasons(checked: Checked) -> list[str]:
    """Return what is wrong with squashes."""
    found = checked.check().findings
    assert {item.rule.name for item in found} <= {"wrong-squash"}
    return [item.message for item in found]


def test_squash_beside_what_it_replaces_is_fine(row: Checked) -> None:
    squash(row, "tags_1", "tags_2")
    assert find_reasons(row) == []


def test_squash_without_the_files_is_fine_where_others_name_them(row: Checked) -> None:
    squash(row, "tags_1", "tags_2")
    (row.versions / "tags_1.py").unlink()
    (row.versions / "tags_2.py").unlink()
    assert find_reasons(row) == []


@pytest.mark.parametrize(
    ("replaced", "below", "reason"),
    [
        (("tags_1", "gone"), None, "of what it replaces, tags_1 has a file, and gone has none"),
        (("tags_1", "tags_3"), None, "'tags_3' does not follow what it names before that"),
        (("tags_2", "tags_3"), None, "it does not follow what 'tags_2' follows"),
        (("tags_1", "tags_s"), None, "it replaces itself"),
    ],
)
def test_wrong_squash_is_found(
    row: Checked, replaced: tuple[str, ...], below: str | None, reason: str
) -> None:
    squash(row, *replaced, below=below)
    found = row.check().findings
    assert reason in [item.message for item in found if item.rule.name == "wrong-squash"]


def test_revision_that_follows_the_midst_of_a_squash_is_found(row: Checked) -> None:
    row.revise(name="tags_4", below="tags_1")
    squash(row, "tags_1", "tags_2", "tags_3")
    assert find_reasons(row) == ["'tags_4' follows tags_1, in the midst of what it replaces"]


def test_circle_through_a_squash_is_found(row: Checked) -> None:
    row.add("billing").revise(name="tags_2", below="tags_1", depends_on="posts_1")
    row.declare('requires = ["posts"]')
    posts = row.folder / "plugins" / "posts" / "versions"
    posts.mkdir(parents=True)
    text = 'revision = "posts_1"\ndown_revision = None\ndepends_on = "tags_1"\n'
    (posts / "posts_1.py").write_text(text)
    file = squash(row, "tags_1", "tags_2", "tags_3")
    file.write_text(file.read_text().replace("depends_on = None", 'depends_on = "posts_1"'))
    assert "revision-cycle" in row.find_rules()


@pytest.mark.parametrize("gone", [False, True])
def test_lock_may_have_what_is_squashed(row: Checked, gone: bool) -> None:
    squash(row, "tags_1", "tags_2", "tags_3")
    row.check(lock=True)
    for number in (1, 2, 3) if gone else ():
        (row.versions / f"tags_{number}.py").unlink()
    assert row.find() == []
