"""What a new revision may be called and follow; nothing is written where it may not."""

from pathlib import Path

import pytest
from alembic import command

from alembic_plugins.errors import InvalidOption, UndeclaredDependency, WrongCombination
from alembic_plugins.integration.new_revisions import write_revision as write_new
from alembic_plugins.revisions.files import RevisionInfo, read_revision_file

from ..builders import make_config, write_plugin, write_revision


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A host with a revision, and two plugins with two heads and with one."""
    write_revision(tmp_path / "versions", "h1")
    forked = write_plugin(tmp_path, "tags", "t1", "t2", toml="requires = []")
    write_revision(forked / "versions", "t3", "t1")
    write_plugin(tmp_path, "posts", "p1", "p2")
    return tmp_path


def merge(here: Path, *heads: str, **attributes: str) -> RevisionInfo:
    """Merge heads; return what the new file says."""
    config = make_config(here)
    config.attributes.update(attributes)
    script = command.merge(config, heads, rev_id="n1")
    assert script is not None
    return read_revision_file("tags", Path(str(script.path)))


def refuse(here: Path, option: str, value: str) -> str:
    """Fail to write a revision of posts, write nothing, and return what was expected."""
    before = sorted(here.rglob("*.py"))
    with pytest.raises(InvalidOption) as excinfo:
        write_new(make_config(here), "posts", "x", **{option: value})
    assert sorted(here.rglob("*.py")) == before
    return excinfo.value.expected


def test_heads_are_those_of_the_branch_alone(here: Path) -> None:
    assert set(merge(here, "heads", plugin="tags").down_revision) == {"t2", "t3"}


def test_heads_of_a_named_branch_are_its_own(here: Path) -> None:
    assert set(merge(here, "tags@heads").down_revision) == {"t2", "t3"}


def test_revisions_of_two_branches_are_not_merged(here: Path) -> None:
    with pytest.raises(WrongCombination):
        merge(here, "posts@head", "host@head")


@pytest.mark.parametrize("revision", ["p1", "h1", "t3"])
def test_id_that_a_revision_has_is_refused(here: Path, revision: str) -> None:
    assert refuse(here, "rev_id", revision).startswith("an id that no revision has")


def test_id_that_the_version_table_does_not_hold_is_refused(here: Path) -> None:
    assert refuse(here, "rev_id", "x" * 33) == "an id of at most 32 characters"


@pytest.mark.parametrize("label", ["host", "tags", "posts"])
def test_label_that_a_branch_has_for_its_name_is_refused(here: Path, label: str) -> None:
    refuse(here, "branch_label", label)


@pytest.mark.parametrize("dependency", ["base", "host@base", "head"])
def test_dependency_on_no_revision_is_refused(here: Path, dependency: str) -> None:
    refuse(here, "depends_on", dependency)


def test_host_cannot_be_told_to_require_a_plugin(here: Path) -> None:
    with pytest.raises(UndeclaredDependency) as excinfo:
        write_new(make_config(here), "host", "x", depends_on="posts@head")
    assert "requires" not in str(excinfo.value)
