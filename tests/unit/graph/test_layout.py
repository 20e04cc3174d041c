"""Where in the picture the revisions of branches are."""

from dataclasses import replace

from support.graphs import make_branch

from alembic_plugins.graph.layout import Edge, Layout, make_layout
from alembic_plugins.graph.values import GraphBranch


def find_columns(layout: Layout) -> list[list[int]]:
    """Return the columns of each lane."""
    return [[node.column for node in lane] for lane in layout.lanes]


def depend(branch: GraphBranch, *others: str) -> GraphBranch:
    """Let the first revision of a branch depend on others."""
    first = replace(branch.revisions[0], depends_on=others)
    return replace(branch, revisions=(first, *branch.revisions[1:]))


def test_revisions_of_a_branch_follow_each_other() -> None:
    layout = make_layout([make_branch("tags", "applied", "applied", "pending")])
    assert find_columns(layout) == [[0, 1, 2]]
    assert (layout.edges, layout.columns) == ((), 3)


def test_branches_that_need_nothing_begin_at_the_left() -> None:
    layout = make_layout([make_branch("tags", "applied"), make_branch("crm", "applied", at=1)])
    assert find_columns(layout) == [[0], [0]]


def test_plugin_begins_to_the_right_of_what_it_requires() -> None:
    tags = make_branch("tags", "applied", "applied")
    layout = make_layout([tags, make_branch("crm", "applied", requires=["tags"], at=2)])
    assert find_columns(layout) == [[0, 1], [2]]
    assert layout.edges == (Edge(0, 1, 1, 2, is_requirement=True),)


def test_line_begins_at_what_was_there_when_the_plugin_was_begun() -> None:
    tags = make_branch("tags", "applied", "applied")
    late = replace(tags, revisions=(tags.revisions[0], replace(tags.revisions[1], position=9)))
    layout = make_layout([late, make_branch("crm", "applied", requires=["tags"], at=2)])
    assert layout.edges == (Edge(0, 0, 1, 1, is_requirement=True),)


def test_plugins_that_are_not_installed_have_lines_too() -> None:
    tags = make_branch("tags", "pending", "pending")
    layout = make_layout([make_branch("crm", "pending", requires=["tags"]), tags])
    assert layout.edges == (Edge(1, 1, 0, 2, is_requirement=True),)


def test_revision_is_to_the_right_of_those_that_it_depends_on() -> None:
    tags = make_branch("tags", "applied", "applied", "applied")
    layout = make_layout([tags, depend(make_branch("crm", "applied", at=3), "tags_2", "gone")])
    assert find_columns(layout) == [[0, 1, 2], [2]]
    assert layout.edges == (Edge(0, 1, 1, 2, is_requirement=False),)


def test_requirement_of_what_is_not_there_has_no_line() -> None:
    layout = make_layout(
        [make_branch("crm", "applied", requires=["gone", "empty"]), make_branch("empty")]
    )
    assert (find_columns(layout), layout.edges) == ([[0], []], ())


def test_plugins_that_need_each_other_have_their_lanes_all_the_same() -> None:
    first = depend(make_branch("tags", "pending"), "crm_1")
    layout = make_layout([first, depend(make_branch("crm", "pending"), "tags_1")])
    assert find_columns(layout) == [[0], [0]]
    assert len(layout.edges) == 2


def test_revisions_of_a_long_lane_share_a_place_but_for_those_that_matter() -> None:
    states = ["applied"] * 30
    states[9] = "edited"
    crm = depend(make_branch("crm", "applied", at=30), "tags_20")
    layout = make_layout([make_branch("tags", *states), crm])
    sizes = [len(node.revisions) for node in layout.lanes[0]]
    assert sizes == [1, 8, 1, 9, 1, 6, 1, 1, 1, 1]
    assert [node.revisions[0].revision for node in layout.lanes[0] if len(node.revisions) == 1] == [
        *("tags_1", "tags_10", "tags_20", "tags_27", "tags_28", "tags_29", "tags_30")
    ]


def test_nothing_is_drawn_of_no_branches() -> None:
    assert make_layout([]) == Layout((), (), 0)
