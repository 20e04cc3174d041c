"""What a revision is about is told by what has changed."""

import pytest

from alembic_plugins.capture.messages import describe_changes
from alembic_plugins.catalog.diff import Parts
from alembic_plugins.catalog.drift import Key
from alembic_plugins.catalog.states import State

ITEMS: dict[Key, Parts] = {
    ("table", "items"): {"kind": "TABLE"},
    ("column", "items.id"): {"type": "integer"},
    ("index", "items_idx on items"): {"definition": "CREATE INDEX items_idx ON items (id)"},
}
NOTE: dict[Key, Parts] = {("column", "items.note"): {"type": "text"}}
LABEL: dict[Key, Parts] = {("column", "items.label"): {"type": "text"}}
TAGS: dict[Key, Parts] = {
    ("table", "tags"): {"kind": "TABLE"},
    ("column", "tags.id"): {"type": "integer"},
}
VIEW: dict[Key, Parts] = {("view", "many"): {"definition": "SELECT 1"}}


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        (ITEMS, ITEMS | NOTE, "add column note to items"),
        (ITEMS | NOTE, ITEMS, "drop column note from items"),
        (ITEMS, ITEMS | TAGS, "add table tags"),
        (ITEMS, ITEMS | NOTE | LABEL, "add label and note"),
        (ITEMS, ITEMS | NOTE | LABEL | TAGS | VIEW, "add tags, many and 2 more"),
        (ITEMS | NOTE, ITEMS | LABEL, "add label and drop note"),
        (
            ITEMS,
            ITEMS | {("column", "items.id"): {"type": "bigint"}},
            "change type of column id of items",
        ),
        (ITEMS, {k: v for k, v in ITEMS.items() if k[0] != "index"}, "drop index items_idx"),
        (
            ITEMS,
            ITEMS | {("column", 'items."a\nb"'): {"type": "text"}},
            'add column "a b" to items',
        ),
    ],
)
def test_changes_are_told(before: dict[Key, Parts], after: dict[Key, Parts], words: str) -> None:
    assert describe_changes(State(before), State(after), {}).startswith(words)


def test_rename_is_told_with_the_former_name() -> None:
    renamed: dict[Key, Key] = {("column", "items.note"): ("column", "items.label")}
    states = State(ITEMS | NOTE), State(ITEMS | LABEL)
    assert describe_changes(*states, renamed) == "rename column note to label of items"


def test_comment_comes_after_what_is_changed() -> None:
    key = ("column", "items.id")
    states = State(ITEMS), State(ITEMS | NOTE, {key: {"comment": "'x'"}})
    assert describe_changes(*states, {}) == "add note and change id"
    assert describe_changes(states[0], State(ITEMS, states[1].notes), {}) == (
        "change comment of column id of items"
    )
