"""Branches as Alembic sees them, and revision arguments in its syntax."""

from pathlib import Path

import pytest
from alembic.script.revision import MultipleHeads

from alembic_plugins.errors import (
    BrokenRevision,
    DuplicateRevision,
    FilesGone,
    RevisionCycle,
    SeveralHeads,
    UnknownRevision,
)
from alembic_plugins.revisions.branches import Branch, BranchMap, BranchScript

from ..builders import make_chain, make_info, write_revision


def make_map(*branches: Branch, main: str = "host") -> BranchMap:
    """Return several branches in one map."""
    return BranchMap(lambda: branches, main)


def make_forked() -> Branch:
    """Return a branch with the heads b and c."""
    return Branch("billing", [make_info("a1"), make_info("b1", ("a1",)), make_info("c1", ("a1",))])


def get_script(branch: Branch, revision: str) -> BranchScript:
    """Return a revision of a branch as Alembic has it."""
    script = branch.map.get_revision(revision)
    assert isinstance(script, BranchScript)
    return script


def test_down_revision_on_another_branch_is_unknown_to_alembic() -> None:
    billing = Branch("billing", [make_info("b1", ("h1",)), make_info("b2", ("b1",))])
    assert get_script(billing, "b1").down_revision is None
    assert get_script(billing, "b2").down_revision == "b1"


def test_merge_with_another_branch_keeps_only_its_own() -> None:
    billing = Branch("billing", [make_info("b1"), make_info("b2", ("b1", "h1"))])
    assert get_script(billing, "b2").down_revision == "b1"


def test_dependency_is_unknown_to_alembic() -> None:
    billing = Branch("billing", [make_info("b1", depends=("h1", "no_such"))])
    assert get_script(billing, "b1").dependencies is None


def test_branches_in_one_map_have_a_head_each() -> None:
    billing = Branch(
        "billing", [make_info("b1", ("h2",)), make_info("b2", ("b1",), depends=("t1",))]
    )
    found = make_map(make_chain("host", "h1", "h2"), billing, make_chain("tags", "t1"))
    assert set(found.heads) == {"h2", "b2", "t1"}


def test_branches_in_one_map_have_a_base_each() -> None:
    billing = Branch("billing", [make_info("b1", ("h2",))])
    assert set(make_map(make_chain("host", "h1", "h2"), billing).bases) == {"h1", "b1"}


def describe(revision: object) -> tuple[object, ...]:
    """Return what commands show of a revision."""
    assert isinstance(revision, BranchScript)
    return (
        *(revision.revision, revision.is_head, revision.is_branch_point, revision.branch_labels),
        *(revision.cmd_format(False), revision.log_entry),
    )


def test_heads_are_shown_as_they_are_in_the_map() -> None:
    billing = Branch("billing", [make_info("b1", labels=("money",)), make_info("b2", ("b1",))])
    map_ = make_map(make_chain("host", "h1", "h2"), billing)
    shown, found = map_.find_shown(map_.heads), map_.get_revisions(map_.heads)
    assert list(map(describe, shown)) == list(map(describe, found))
    assert {head.revision for head in shown} == {"h2", "b2"}


def test_heads_are_shown_without_the_map() -> None:
    map_ = make_map(make_chain("host", "h1", "h2"))
    shown = [head.cmd_format(False) for head in map_.find_shown(map_.heads)]
    assert (shown, "_revision_map" in vars(map_)) == (["host: h2 (head)"], False)


def test_revision_below_a_head_is_shown_as_that() -> None:
    [shown] = make_map(make_chain("host", "h1", "h2")).find_shown(("h1",))
    assert shown.cmd_format(False) == "host: h1"


def test_branches_are_not_read_before_the_map_is_looked_at() -> None:
    read: list[str] = []
    BranchMap(lambda: read.append("read") or [], "host")  # type: ignore[func-returns-value]
    assert read == []


def test_script_executes_its_file_only_when_it_runs(tmp_path: Path) -> None:
    path = tmp_path / "a1.py"
    path.write_text("raise RuntimeError")
    script = get_script(Branch("billing", [make_info("a1", path=path)]), "a1")
    with pytest.raises(BrokenRevision):
        _ = script.module


def test_script_has_the_functions_of_its_file(tmp_path: Path) -> None:
    info = make_info("a1", path=write_revision(tmp_path, "a1"))
    module = get_script(Branch("billing", [info]), "a1").module
    assert module.upgrade() is None


def test_script_without_a_file_names_what_is_gone() -> None:
    with pytest.raises(FilesGone) as excinfo:
        _ = get_script(make_chain("billing", "a1"), "a1").module
    assert (excinfo.value.plugin, excinfo.value.revision) == ("billing", "a1")


def test_doc_is_the_first_line_of_the_docstring() -> None:
    script = get_script(Branch("billing", [make_info("a1", doc="Add bills.\n\nAll.")]), "a1")
    assert (script.doc, script.longdoc) == ("Add bills.", "Add bills.\n\nAll.")


def test_short_form_begins_with_the_branch() -> None:
    script = get_script(Branch("billing", [make_info("a1", doc="Add bills.")]), "a1")
    assert script.cmd_format(verbose=False, include_doc=True) == "billing: a1 (head), Add bills."


def test_short_form_of_an_orphan_is_marked() -> None:
    script = get_script(Branch("billing", [make_info("a1")], orphaned=True), "a1")
    expected = "billing (its revision files are gone): a1 (head)"
    assert script.cmd_format(verbose=False) == expected


def test_long_form_tells_branch_and_dependencies() -> None:
    info = make_info("a1", ("h1",), depends=("t1",))
    lines = get_script(Branch("billing", [info]), "a1").log_entry.splitlines()
    assert lines[1:3] == ["Plugin: billing", "Depends on: h1, t1"]


def test_long_form_tells_the_phase() -> None:
    info = make_info("a1")._replace(phase="contract")
    assert "\nPhase: contract\n" in get_script(Branch("billing", [info]), "a1").log_entry
    assert "Phase" not in get_script(make_chain("billing", "a1"), "a1").log_entry


def test_long_form_without_dependencies_is_silent_about_them() -> None:
    assert "Depends on" not in get_script(make_chain("billing", "a1", "a2"), "a2").log_entry


def test_name_of_the_branch_labels_its_revisions() -> None:
    branch = make_chain("billing", "a1", "a2")
    assert get_script(branch, "a2").branch_labels == {"billing"}


def test_label_that_one_file_has_counts() -> None:
    branch = Branch("billing", [make_info("a1", labels=("money",))])
    assert get_script(branch, "a1").branch_labels == {"billing", "money"}


def test_label_that_two_branches_have_does_not_count() -> None:
    first = Branch("billing", [make_info("a1", labels=("expand",))])
    second = Branch("tax", [make_info("b1", labels=("expand",))])
    found = make_map(first, second)
    labels = [script.branch_labels for script in found._revision_map.values() if script]
    assert labels
    assert not any("expand" in found for found in labels)


def test_label_that_two_revisions_of_a_branch_have_does_not_count() -> None:
    infos = [make_info("a1", labels=("x",)), make_info("a2", ("a1",), labels=("x",))]
    assert get_script(Branch("billing", infos), "a1").branch_labels == {"billing"}


def test_label_that_is_the_name_of_another_branch_does_not_count() -> None:
    first = Branch("billing", [make_info("a1", labels=("tax",))])
    found = make_map(first, make_chain("tax", "b1"))
    script = found.get_revision("tax@head")
    assert script is not None
    assert script.revision == "b1"


def test_label_that_is_the_own_name_is_no_conflict() -> None:
    branch = Branch("billing", [make_info("a1", labels=("billing",))])
    assert get_script(branch, "a1").branch_labels == {"billing"}


def test_name_labels_the_first_base_of_several() -> None:
    branch = Branch("billing", [make_info("a1"), make_info("b1")])
    assert get_script(branch, "a1").branch_labels == {"billing"}
    assert get_script(branch, "b1").branch_labels == set()


def test_label_is_found_at_the_revision_that_carries_it() -> None:
    branch = Branch("billing", [make_info("a1"), make_info("a2", ("a1",), labels=("money",))])
    assert branch.find_label("money") == "a2"


def test_name_of_a_branch_is_found_at_its_first_revision() -> None:
    assert make_chain("billing", "a1", "a2").find_label("billing") == "a1"


@pytest.mark.parametrize("branch", [make_chain("billing", "a1"), make_chain("empty")])
def test_unknown_label_is_not_found(branch: Branch) -> None:
    assert branch.find_label("money") is None


def test_name_of_an_empty_branch_is_not_found() -> None:
    assert make_chain("empty").find_label("empty") is None


def test_chain_has_one_head_and_one_base() -> None:
    branch = make_chain("billing", "a1", "a2", "a3")
    assert (branch.heads(), branch.bases) == (("a3",), ("a1",))


def test_fork_has_two_heads() -> None:
    assert make_forked().heads() == ("b1", "c1")


def test_heads_of_some_revisions_are_what_none_of_them_follows() -> None:
    assert make_forked().heads({"a1", "c1"}) == ("c1",)


def test_revision_that_follows_another_branch_is_a_base() -> None:
    assert Branch("billing", [make_info("b1", ("h1",))]).bases == ("b1",)


def test_empty_branch_has_neither_head_nor_base() -> None:
    branch = make_chain("empty")
    assert (branch.heads(), branch.bases, branch.order) == ((), (), ())


def test_order_puts_each_revision_after_what_it_follows() -> None:
    infos = [make_info("a3", ("a2",)), make_info("a2", ("a1",)), make_info("a1", ("h9",))]
    assert Branch("billing", infos).order == ("a1", "a2", "a3")


def test_circle_of_revisions_is_named() -> None:
    branch = Branch("billing", [make_info("a1", ("a2",)), make_info("a2", ("a1",))])
    with pytest.raises(RevisionCycle) as excinfo:
        _ = branch.order
    assert set(excinfo.value.revisions) == {"a1", "a2"}


@pytest.mark.parametrize("target", ["head", "heads", "a1"])
def test_circle_of_revisions_is_told_in_words(target: str) -> None:
    branch = Branch("billing", [make_info("a1", ("a2",)), make_info("a2", ("a1",))])
    with pytest.raises((RevisionCycle, UnknownRevision)):
        branch.find_upgrade(target, ())


def test_two_files_with_one_id_are_both_named() -> None:
    infos = [make_info("a1", path=Path("one.py")), make_info("a1", path=Path("two.py"))]
    with pytest.raises(DuplicateRevision) as excinfo:
        Branch("billing", infos)
    assert (excinfo.value.revision, excinfo.value.places) == ("a1", ("'one.py'", "'two.py'"))


def test_branch_contains_its_revisions_only() -> None:
    branch = make_chain("billing", "a1")
    assert ("a1" in branch, "h1" in branch) == (True, False)


def test_closing_adds_all_that_is_followed() -> None:
    assert make_forked().close(["c1"]) == {"a1", "c1"}


def test_closing_leaves_out_what_is_not_on_the_branch() -> None:
    branch = Branch("billing", [make_info("b1", ("h1",))])
    assert branch.close(["b1", "h1", "gone"]) == {"b1"}


def test_head_alone_is_the_one_of_the_main_branch() -> None:
    found = make_map(make_chain("host", "h1", "h2"), make_chain("billing", "a1"))
    assert found.get_current_head() == "h2"


def test_head_of_a_label_is_the_one_of_its_branch() -> None:
    found = make_map(make_chain("host", "h1"), make_chain("billing", "a1", "a2"))
    assert found.get_current_head("billing") == "a2"


def test_head_of_an_empty_main_branch_is_none() -> None:
    assert make_map(make_chain("host"), make_chain("billing", "a1")).get_current_head() is None


def test_head_of_a_main_branch_with_two_is_refused() -> None:
    found = make_map(make_forked(), make_chain("host", "h1"), main="billing")
    with pytest.raises(MultipleHeads):
        found.get_current_head()


def test_head_without_the_main_branch_is_as_alembic_says() -> None:
    assert make_map(make_chain("billing", "a1")).get_current_head() == "a1"


@pytest.mark.parametrize(
    ("target", "rows", "expected"),
    [
        ("head", (), ["aaaa1", "aaab2", "aaac3"]),
        ("heads", (), ["aaaa1", "aaab2", "aaac3"]),
        ("billing@head", (), ["aaaa1", "aaab2", "aaac3"]),
        ("head", ("aaaa1",), ["aaab2", "aaac3"]),
        ("head", ("aaac3",), []),
        ("aaab2", (), ["aaaa1", "aaab2"]),
        ("aaab", (), ["aaaa1", "aaab2"]),
        ("aaaa1", ("aaac3",), []),
        ("+1", (), ["aaaa1"]),
        ("+2", (), ["aaaa1", "aaab2"]),
        ("+1", ("aaab2",), ["aaac3"]),
        ("aaab2+1", (), ["aaaa1", "aaab2", "aaac3"]),
        ("head-1", (), ["aaaa1", "aaab2"]),
    ],
)
def test_upgrade_goes_to_its_target(
    target: str, rows: tuple[str, ...], expected: list[str]
) -> None:
    assert make_chain("billing", "aaaa1", "aaab2", "aaac3").find_upgrade(target, rows) == expected


@pytest.mark.parametrize(
    ("target", "rows"), [("zz", ()), ("+4", ()), ("+1", ("aaac3",)), ("aaa", ()), ("zz@head", ())]
)
def test_upgrade_that_leads_nowhere_is_told(target: str, rows: tuple[str, ...]) -> None:
    with pytest.raises(UnknownRevision) as excinfo:
        make_chain("billing", "aaaa1", "aaab2", "aaac3").find_upgrade(target, rows)
    assert (excinfo.value.branch, excinfo.value.argument) == ("billing", target)
    assert excinfo.value.__cause__


def test_upgrade_to_an_ambiguous_id_names_what_it_may_mean() -> None:
    with pytest.raises(UnknownRevision, match=r"aaaa1.*aaaa2"):
        make_chain("billing", "aaaa1", "aaaa2").find_upgrade("aaaa", ())


def test_upgrade_to_the_head_of_two_names_both() -> None:
    with pytest.raises(SeveralHeads) as excinfo:
        make_forked().find_upgrade("head", ())
    assert set(excinfo.value.heads) == {"b1", "c1"}


def test_upgrade_to_heads_takes_all_of_them() -> None:
    found = make_forked().find_upgrade("heads", ())
    assert (found[0], set(found)) == ("a1", {"a1", "b1", "c1"})


def test_upgrade_to_one_of_two_heads_leaves_the_other() -> None:
    assert make_forked().find_upgrade("c1", ("b1",)) == ["c1"]


def test_upgrade_of_an_empty_branch_is_empty() -> None:
    assert make_chain("host").find_upgrade("heads", ()) == []


def test_upgrade_to_the_head_of_an_empty_branch_is_empty() -> None:
    assert make_chain("host").find_upgrade("head", ()) == []


@pytest.mark.parametrize(
    ("target", "rows", "expected"),
    [
        ("base", ("aaac3",), ["aaac3", "aaab2", "aaaa1"]),
        ("billing@base", ("aaac3",), ["aaac3", "aaab2", "aaaa1"]),
        ("-1", ("aaac3",), ["aaac3"]),
        ("-3", ("aaac3",), ["aaac3", "aaab2", "aaaa1"]),
        ("aaaa1", ("aaac3",), ["aaac3", "aaab2"]),
        ("aaaa", ("aaac3",), ["aaac3", "aaab2"]),
        ("aaab2-1", ("aaac3",), ["aaac3", "aaab2"]),
        ("billing@-1", ("aaac3",), ["aaac3"]),
        ("aaac3", ("aaac3",), []),
    ],
)
def test_downgrade_goes_to_its_target(
    target: str, rows: tuple[str, ...], expected: list[str]
) -> None:
    assert make_chain("billing", "aaaa1", "aaab2", "aaac3").find_downgrade(target, rows) == expected


@pytest.mark.parametrize(
    ("target", "rows"),
    [("zz", ("aaac3",)), ("-4", ("aaac3",)), ("aaac3", ("aaaa1",)), ("aaa", ("aaac3",))],
)
def test_downgrade_that_leads_nowhere_is_told(target: str, rows: tuple[str, ...]) -> None:
    with pytest.raises(UnknownRevision) as excinfo:
        make_chain("billing", "aaaa1", "aaab2", "aaac3").find_downgrade(target, rows)
    assert (excinfo.value.branch, excinfo.value.argument) == ("billing", target)


def test_downgrade_to_base_takes_both_heads() -> None:
    assert set(make_forked().find_downgrade("base", ("b1", "c1"))) == {"a1", "b1", "c1"}


def test_downgrade_below_a_fork_takes_both_arms() -> None:
    assert set(make_forked().find_downgrade("a1", ("b1", "c1"))) == {"b1", "c1"}


def test_downgrade_to_base_of_nothing_is_empty() -> None:
    assert make_chain("billing", "a1").find_downgrade("base", ()) == []


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("head", {"aaaa1", "aaab2", "aaac3"}),
        ("heads", {"aaaa1", "aaab2", "aaac3"}),
        ("aaab2", {"aaaa1", "aaab2"}),
        ("aaab", {"aaaa1", "aaab2"}),
        ("billing@head", {"aaaa1", "aaab2", "aaac3"}),
        ("base", set()),
    ],
)
def test_stamp_applies_its_target_and_all_below(target: str, expected: set[str]) -> None:
    assert make_chain("billing", "aaaa1", "aaab2", "aaac3").find_stamp(target) == expected


@pytest.mark.parametrize("target", ["zz", "aaa", "zz@head"])
def test_stamp_that_leads_nowhere_is_told(target: str) -> None:
    with pytest.raises(UnknownRevision) as excinfo:
        make_chain("billing", "aaaa1", "aaab2", "aaac3").find_stamp(target)
    assert excinfo.value.argument == target


def test_stamp_of_the_head_of_two_names_both() -> None:
    with pytest.raises(SeveralHeads):
        make_forked().find_stamp("head")


def test_stamp_of_heads_takes_all_of_them() -> None:
    assert make_forked().find_stamp("heads") == {"a1", "b1", "c1"}


@pytest.mark.parametrize("labels", [(), ("audit",)])
def test_former_name_is_a_label_of_the_branch(labels: tuple[str, ...]) -> None:
    log = Branch("log", [make_info("a1", labels=labels)], formerly=("audit",))
    found = make_map(make_chain("host", "h1"), log).get_revision("audit@head")
    assert found is not None
    assert (found.revision, log.find_label("audit")) == ("a1", "a1")


def test_former_name_that_is_a_name_is_no_label() -> None:
    log = Branch("log", [make_info("l1")], formerly=("audit",))
    found = make_map(make_chain("host", "h1"), log, make_chain("audit", "a1"))
    assert found.get_revisions("audit@head") == found.get_revisions("a1")
