"""Which revisions stand where some replace others, and what they stand for."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from alembic_plugins.errors import BrokenSquash, HalfApplied, ReplacedRevision
from alembic_plugins.revisions.branches import Branch
from alembic_plugins.revisions.files import Part, RevisionInfo, read_revision_file
from alembic_plugins.revisions.squashes import Begun, resolve_squashes

from ..builders import make_info, write_file

VERSIONS = Path("versions")


def write(revision: str, *down: str, replaces: tuple[Part, ...] = ()) -> RevisionInfo:
    """Return a revision that has a file."""
    path = VERSIONS / f"{revision}.py"
    return make_info(revision, down, path=path, replaces=replaces)


OLD = (write("a1"), write("a2", "a1"), write("a3", "a2"))
SQUASH = write("s1", replaces=("a1", "a2", "a3"))
NEXT = write("a4", "a3")
WHOLE = (*OLD, SQUASH, NEXT)


def resolve(
    infos: Sequence[RevisionInfo], *applied: str, rows: Sequence[str] = (), unsettled: str = ""
) -> Branch:
    """Return the branch that stands where revisions are applied, which may have no file."""
    files = {info.revision for info in infos}
    below = zip(applied, ((), *((revision,) for revision in applied)), strict=False)
    gone = [make_info(revision, down) for revision, down in below if revision not in files]
    begun = Begun(applied, rows, [unsettled] if unsettled else [])
    found, squashes = resolve_squashes("audit", (*infos, *gone), begun)
    return Branch("audit", found, squashes=squashes)


@pytest.mark.parametrize(
    ("applied", "standing"),
    [
        ((), ("s1", "a4")),
        (("a1",), ("a1", "a2", "a3", "a4")),
        (("a1", "a2"), ("a1", "a2", "a3", "a4")),
        (("a1", "a2", "a3"), ("s1", "a4")),
        (("a1", "a2", "a3", "a4"), ("s1", "a4")),
        (("s1",), ("s1", "a4")),
        (("s1", "a4"), ("s1", "a4")),
    ],
)
def test_squash_stands_where_all_or_nothing_is_applied(
    applied: tuple[str, ...], standing: tuple[str, ...]
) -> None:
    branch = resolve(WHOLE, *applied)
    assert (branch.order, branch.heads()) == (standing, ("a4",))


@pytest.mark.parametrize("applied", [(), ("a1", "a2", "a3"), ("s1",)])
def test_squash_stands_without_the_files_that_it_replaces(applied: tuple[str, ...]) -> None:
    branch = resolve((SQUASH, NEXT), *applied)
    assert (branch.order, branch.infos["a4"].down_revision) == (("s1", "a4"), ("s1",))


def test_old_ids_mean_the_squash() -> None:
    branch = resolve(WHOLE)
    assert [branch.find(r) for r in ("a1", "a3", "s1", "a4", "b1")] == [
        *("s1", "s1", "s1", "a4"),
        None,
    ]


def test_squash_that_waits_means_the_last_of_what_it_replaces() -> None:
    branch = resolve((*OLD, SQUASH, write("a4", "s1")), "a1")
    assert (branch.find("s1"), branch.infos["a4"].down_revision) == ("a3", ("a3",))


@pytest.mark.parametrize("missing", [0, 1])
def test_files_that_are_applied_may_be_gone(missing: int) -> None:
    branch = resolve([info for info in WHOLE if info is not OLD[missing]], "a1", "a2")
    assert branch.heads() == ("a4",)


def test_half_of_a_squash_is_not_gone_on_with_without_the_files() -> None:
    with pytest.raises(HalfApplied) as excinfo:
        resolve((SQUASH, NEXT), "a1")
    assert excinfo.value.applied == ("a1",)
    assert excinfo.value.missing == ("a2", "a3")


@pytest.mark.parametrize(("row", "head"), [("a3", "s1"), ("s1", "s1"), ("a4", "a4")])
def test_row_of_the_version_table_implies_what_is_before_it(row: str, head: str) -> None:
    assert head in resolve((SQUASH, NEXT), rows=[row])
    assert head in resolve(WHOLE, rows=[row])


def test_row_in_the_midst_keeps_the_old_files() -> None:
    assert resolve(WHOLE, rows=["a2"]).order == ("a1", "a2", "a3", "a4")


def test_interrupted_revision_keeps_the_old_files() -> None:
    assert resolve(WHOLE, unsettled="a1").order == ("a1", "a2", "a3", "a4")
    assert resolve(WHOLE, "a1", "a2", "a3", unsettled="a3").order == ("a1", "a2", "a3", "a4")


NESTED = write("t1", replaces=("a1", ("s1", "a2", "a3"), "a4"))
INNER = write("s1", "a1", replaces=("a2", "a3"))


@pytest.mark.parametrize(
    "applied", [(), ("t1",), ("a1", "a2", "a3", "a4"), ("a1", "s1", "a4")], ids="+".join
)
def test_squash_of_a_squash_stands_alone(applied: tuple[str, ...]) -> None:
    assert resolve([NESTED], *applied).order == ("t1",)
    assert resolve([*OLD, NEXT, INNER, NESTED], *applied).order == ("t1",)


@pytest.mark.parametrize(
    ("applied", "standing"),
    [
        (("a1",), ("a1", "s1", "a4")),
        (("a1", "a2"), ("a1", "a2", "a3", "a4")),
        (("a1", "a2", "a3"), ("a1", "s1", "a4")),
        (("a1", "s1"), ("a1", "s1", "a4")),
    ],
)
def test_squash_of_a_squash_waits_by_the_parts_that_stand(
    applied: tuple[str, ...], standing: tuple[str, ...]
) -> None:
    assert resolve([*OLD, NEXT, INNER, NESTED], *applied).order == standing


def test_squash_of_a_squash_waits_where_the_inner_file_is_gone() -> None:
    branch = resolve([NEXT, NESTED], "a1", "a2", "a3")
    assert (branch.heads(), branch.find("s1")) == (("a4",), "a3")


def test_inner_squash_need_not_be_named_with_its_parts_while_it_is_there() -> None:
    outer = write("t1", replaces=("a1", "s1", "a4"))
    assert resolve([*OLD, NEXT, INNER, outer], "a1", "a2", "a3", "a4").order == ("t1",)


@pytest.mark.parametrize(
    ("squashes", "reason"),
    [
        ((("s1", ("a1", "s1")),), "it replaces itself"),
        ((("s1", ("s2",)), ("s2", ("s1",))), "it replaces itself"),
        ((("s1", ("a1", "a2")), ("s2", ("a2", "a3"))), "it replaces 'a2', as 's1' does"),
    ],
)
def test_contradictions_are_refused(
    squashes: tuple[tuple[str, tuple[Part, ...]], ...], reason: str
) -> None:
    infos = [write(revision, replaces=parts) for revision, parts in squashes]
    with pytest.raises(BrokenSquash) as excinfo:
        resolve((*OLD, *infos))
    assert excinfo.value.reason == reason


@pytest.mark.parametrize(
    ("argument", "meant"),
    [("a1", "s1"), ("audit@a3", "audit@s1"), ("a3+1", "s1+1"), ("a4-1", "a4-1"), ("head", "head")],
)
def test_arguments_mean_what_stands(argument: str, meant: str) -> None:
    branch = resolve(WHOLE)
    assert branch.squashes.translate("audit", argument, branch.infos) == meant


def test_beginning_of_an_old_id_is_enough_where_no_other_begins_so() -> None:
    squashes = resolve([write("s1", replaces=("abcdef1", "abcxyz2"))]).squashes
    assert squashes.find_alias("abcd") == "abcdef1"
    assert squashes.find_alias("abc") is None
    assert squashes.find_alias("abcd", ["abcd9"]) is None


@pytest.mark.parametrize("argument", ["a1", "a2", "a1+1", "a3-1"])
def test_less_than_the_squash_cannot_be_had(argument: str) -> None:
    with pytest.raises(ReplacedRevision):
        resolve(WHOLE, "s1", "a4").find_downgrade(argument, ["a4"])


def test_last_of_what_is_squashed_is_the_squash() -> None:
    branch = resolve(WHOLE, "s1", "a4")
    assert branch.find_downgrade("a3", ["a4"]) == ["a4"]
    assert branch.find_upgrade("a2", ["a4"]) == []


def test_replaces_is_read_from_its_file(tmp_path: Path) -> None:
    text = 'revision = "t1"\ndown_revision = None\nreplaces = ["a1", ["s1", "a2"]]\n'
    info = read_revision_file("audit", write_file(tmp_path / "t1.py", text))
    assert (info.replaces, info.is_literal) == (("a1", ("s1", "a2")), True)
