"""Which revisions can be squashed, and what the file of a squash says."""

from pathlib import Path

import pytest

from alembic_plugins.authoring.squash import write_squash
from alembic_plugins.errors import (
    CannotSquash,
    InvalidOption,
    SeveralHeads,
    UnknownRevision,
)
from alembic_plugins.loading.session import Session
from alembic_plugins.revisions.files import RevisionInfo, read_revision_file

from ..builders import open_session, write_file, write_plugin, write_revision


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """The folder of a plugin with four revisions."""
    return write_plugin(tmp_path, "tags", "t1", "t2", "t3", "t4") / "versions"


def squash(here: Path, scope: str | None = None, *, name: str = "tags") -> RevisionInfo:
    """Squash revisions of a plugin; return what the file says."""
    path, _ = write_squash(open_session(here), name, scope, "all", revision="s1")
    return read_revision_file(name, path)


def refuse(here: Path, scope: str | None = None) -> str:
    """Fail to squash revisions of a plugin, write nothing, and return the reason."""
    before = sorted(here.rglob("*.py"))
    with pytest.raises(CannotSquash) as excinfo:
        squash(here, scope)
    assert sorted(here.rglob("*.py")) == before
    return excinfo.value.reason


@pytest.mark.parametrize(
    ("scope", "down", "replaces"),
    [
        (None, (), ("t1", "t2", "t3", "t4")),
        ("t2:t3", ("t1",), ("t2", "t3")),
        ("base:t2", (), ("t1", "t2")),
        ("t3:head", ("t2",), ("t3", "t4")),
        (":t2", (), ("t1", "t2")),
    ],
)
def test_squash_follows_what_the_first_one_follows(
    tmp_path: Path, versions: Path, scope: str | None, down: tuple[str, ...], replaces: object
) -> None:
    info = squash(tmp_path, scope)
    assert (info.down_revision, info.replaces, info.is_literal) == (down, replaces, True)
    assert Path(str(info.path)).parent == versions


@pytest.mark.usefixtures("versions")
def test_branch_goes_on_behind_the_squash(tmp_path: Path) -> None:
    squash(tmp_path, "t2:t3")
    assert open_session(tmp_path).branch("tags").order == ("t1", "s1", "t4")


def test_squash_depends_on_what_the_revisions_depend_on(tmp_path: Path, versions: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    write_revision(versions, "t5", "t4", depends=("h1", "t1"))
    assert squash(tmp_path).depends_on == ("h1",)


@pytest.mark.usefixtures("versions")
def test_squash_of_a_squash_names_what_that_has_replaced(tmp_path: Path) -> None:
    write_squash(open_session(tmp_path), "tags", "t1:t2", revision="s0")
    assert squash(tmp_path).replaces == (("s0", "t1", "t2"), "t3", "t4")


@pytest.mark.usefixtures("versions")
def test_squash_of_the_host_is_among_its_revisions(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    write_revision(tmp_path / "versions", "h2", "h1")
    assert squash(tmp_path, name="host").path == str(tmp_path / "versions" / "s1_all.py")


def test_merge_in_the_midst_is_squashed(tmp_path: Path, versions: Path) -> None:
    write_revision(versions, "u3", "t2")
    text = 'revision = "t5"\ndown_revision = ("t4", "u3")\ndef upgrade(): pass\n'
    write_file(versions / "t5_.py", text)
    assert squash(tmp_path, "t2:t5").down_revision == ("t1",)


def test_fork_in_the_midst_is_refused(tmp_path: Path, versions: Path) -> None:
    write_revision(versions, "u3", "t2")
    assert refuse(tmp_path, "t1:t4") == "'u3' follows 't2', and is not among them"


def test_what_joins_in_the_midst_is_refused(tmp_path: Path, versions: Path) -> None:
    write_revision(versions, "u3", "t1")
    text = 'revision = "t5"\ndown_revision = ("t4", "u3")\ndef upgrade(): pass\n'
    write_file(versions / "t5_.py", text)
    assert refuse(tmp_path, "t2:t5") == "'t5' follows 'u3', too"


def test_branch_with_several_heads_has_to_be_told_which(tmp_path: Path, versions: Path) -> None:
    write_revision(versions, "u3", "t2")
    with pytest.raises(SeveralHeads):
        squash(tmp_path)


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("t2:t2", "there are less than two of them"),
        ("t3:t2", "'t3' is not before 't2'"),
        ("t2", "'t2' is no FROM:TO"),
    ],
)
def test_range_that_is_none_is_refused(tmp_path: Path, scope: str, reason: str) -> None:
    assert refuse(tmp_path, scope) == reason


@pytest.mark.usefixtures("versions")
def test_unknown_revision_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnknownRevision):
        squash(tmp_path, "t1:t9")


def test_revision_of_another_plugin_in_between_is_refused(tmp_path: Path, versions: Path) -> None:
    posts = write_plugin(tmp_path, "posts")
    write_revision(posts / "versions", "p1", depends=("t1",))
    write_revision(versions, "t5", "t4", depends=("p1",))
    assert refuse(tmp_path) == "'p1' of 'posts' comes between: it depends on 't1'"
    assert squash(tmp_path, "t2:t5").depends_on == ("p1",)


def test_what_cannot_be_copied_is_told_with_its_revision(tmp_path: Path, versions: Path) -> None:
    text = 'revision = "t5"\ndown_revision = "t4"\nHERE = __file__\ndef upgrade(): pass\n'
    write_file(versions / "t5_.py", text)
    assert refuse(tmp_path) == "'t5' cannot be copied, since it uses __file__"


def test_revision_that_computes_what_it_depends_on_is_refused(
    tmp_path: Path, versions: Path
) -> None:
    text = 'revision = "t5"\ndown_revision = "t4"\ndepends_on = tuple()\ndef upgrade(): pass\n'
    write_file(versions / "t5_.py", text)
    assert "computes" in refuse(tmp_path)


@pytest.mark.usefixtures("versions")
@pytest.mark.parametrize("revision", ["t4", "h1", "x" * 33])
def test_id_that_is_taken_or_too_long_is_refused(tmp_path: Path, revision: str) -> None:
    write_revision(tmp_path / "versions", "h1")
    session: Session = open_session(tmp_path)
    with pytest.raises(InvalidOption):
        write_squash(session, "tags", revision=revision)


def test_squash_is_of_the_phase_that_its_revisions_are_of(tmp_path: Path, versions: Path) -> None:
    write_revision(versions, "t5", "t4", phase="contract")
    assert squash(tmp_path, "t4:t5").phase == "contract"


def test_phases_are_mixed_only_where_none_counts(tmp_path: Path, versions: Path) -> None:
    write_revision(versions, "t5", "t4", phase="expand")
    write_revision(versions, "t6", "t5", phase="contract")
    assert refuse(tmp_path, "t2:t6").startswith("there are expand and contract revisions")
    assert squash(tmp_path).phase is None


@pytest.mark.usefixtures("versions")
def test_id_that_alembic_does_not_take_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidOption):
        write_squash(open_session(tmp_path), "tags", revision="a@b")


@pytest.mark.usefixtures("versions")
def test_any_message_can_be_written(tmp_path: Path) -> None:
    message = 'says """ and \\n and "'
    path, _ = write_squash(open_session(tmp_path), "tags", message=message, revision="s1")
    assert read_revision_file("tags", path).doc.startswith("says ''' and \\n and \"")
