"""What is brought back of a branch, and what is left."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import pytest

from alembic_plugins.catalog.diff import Definitions, Parts
from alembic_plugins.catalog.drift import Comparison, Key, find_renamed
from alembic_plugins.catalog.states import State
from alembic_plugins.fixing.planner import Fix, plan_fix
from alembic_plugins.namespaces.comparisons import BranchComparison

ITEMS: dict[Key, Parts] = {
    ("table", "shop.items"): {"kind": "TABLE"},
    ("column", "shop.items.id"): {"type": "integer", "nullability": "NOT NULL"},
    ("column", "shop.items.n"): {"type": "integer", "default": "DEFAULT 1"},
    ("index", "shop.i on shop.items"): {
        "definition": "CREATE INDEX i ON shop.items USING btree (n)"
    },
    ("constraint", "c on shop.items"): {"definition": "CHECK ((n > 0))"},
    ("view", "shop.v"): {"definition": "SELECT n FROM shop.items;"},
    ("type", "shop.mood"): {"labels": "ENUM ('good', 'bad')"},
}
NOTES: dict[Key, Parts] = {("table", "shop.items"): {"owner": "ann", "comment": "all"}}


def number(definitions: Definitions) -> dict[Key, tuple[int, int, int]]:
    return {key: (1, n, 0) for n, key in enumerate(definitions)}


def fix(
    found: Mapping[Key, Parts],
    host: Mapping[Key, Parts] = MappingProxyType({}),
    notes: Mapping[Key, Parts] = NOTES,
    **facts: object,
) -> Fix:
    """Plan how `ITEMS` come back where something else is there."""
    expected = number(ITEMS)
    places = {key: expected.get(key, (1, 99, n)) for n, key in enumerate(found)}
    it = BranchComparison(
        *("shop", ("a1",), None, 18, 18, True, None, None, True, True, 1),
        *(ITEMS, found, expected, places, NOTES, notes, (), ()),
    )
    it = replace(it, **facts)  # type: ignore[arg-type]
    renamed = find_renamed(it.expected, it.found, it.expected_places, it.found_places)
    drift = Comparison(it.expected, it.found, renamed).find_drift()
    live = State(it.found, it.found_notes, it.found_places)
    return plan_fix(it, drift, live, State(host), "ann")


def without(*keys: Key) -> dict[Key, Parts]:
    return {key: parts for key, parts in ITEMS.items() if key not in keys}


def changed(key: Key, **parts: str | None) -> dict[Key, Parts]:
    kept = {part: words for part, words in {**ITEMS[key], **parts}.items() if words is not None}
    return {**ITEMS, key: kept}


BACK = [
    (without(("index", "shop.i on shop.items")), ["CREATE INDEX i ON shop.items USING btree (n)"]),
    (
        without(("constraint", "c on shop.items")),
        ["ALTER TABLE shop.items ADD CONSTRAINT c CHECK ((n > 0))"],
    ),
    (without(("view", "shop.v")), ["CREATE VIEW shop.v AS SELECT n FROM shop.items"]),
    (without(("type", "shop.mood")), ["CREATE TYPE shop.mood AS ENUM ('good', 'bad')"]),
    (
        changed(("column", "shop.items.n"), default=None, nullability="NOT NULL"),
        [
            "ALTER TABLE shop.items ALTER COLUMN n DROP NOT NULL",
            "ALTER TABLE shop.items ALTER COLUMN n SET DEFAULT 1",
        ],
    ),
    (
        changed(("constraint", "c on shop.items"), validity="NOT VALID"),
        ["ALTER TABLE shop.items VALIDATE CONSTRAINT c"],
    ),
]


@pytest.mark.parametrize(("found", "statements"), BACK)
def test_nothing_is_lost_and_it_is_brought_back(
    found: Mapping[Key, Parts], statements: list[str]
) -> None:
    invalid = [key for key, parts in found.items() if "validity" in parts]
    planned = fix(found, invalid=tuple(invalid))
    assert [" ".join(it.sql.split()) for it in planned.statements] == statements
    assert planned.report.left == ()


LEFT = [
    (
        without(("column", "shop.items.n"), ("index", "shop.i on shop.items")),
        {
            "column shop.items.n is gone": "its values are lost, and an empty one would look as "
            "if it were right",
            "index shop.i on shop.items is gone": "it needs column shop.items.n, which is gone",
        },
    ),
    (
        {**ITEMS, ("index", "shop.j on shop.items"): {"definition": "CREATE INDEX j"}},
        {
            "index shop.j on shop.items was made by no revision": "what somebody has made is not "
            "dropped"
        },
    ),
    (
        changed(("type", "shop.mood"), labels="ENUM ('good', 'bad', 'new')"),
        {
            "type shop.mood has the labels 'ENUM ('good', 'bad', 'new')' instead of 'ENUM "
            "('good', 'bad')'": "all columns of that type would have to be written anew"
        },
    ),
]


@pytest.mark.parametrize(("found", "left"), LEFT)
def test_what_would_lose_something_is_left(
    found: Mapping[Key, Parts], left: Mapping[str, str]
) -> None:
    planned = fix(found)
    assert {it.words: it.reason for it in planned.report.left} == left
    assert planned.statements == ()


def test_name_that_another_object_has_is_not_given_back() -> None:
    new = {("table", "shop.items"): {"kind": "TABLE"}, ("column", "shop.items.id"): {"type": "x"}}
    moved = {(kind, name.replace("items", "olds")): parts for (kind, name), parts in ITEMS.items()}
    moved.pop(("column", "shop.olds.n"))
    expected = number(ITEMS)
    places = {
        (kind, name.replace("items", "olds")): place for (kind, name), place in expected.items()
    }
    places |= {key: (1, 99, n) for n, key in enumerate(new)}
    planned = fix({**moved, **new}, found_places=places)
    reasons = {it.words: it.reason for it in planned.report.left}
    taken = "another object has its former name by now; rename or drop that, and run this again"
    assert reasons["table shop.items was renamed to shop.olds"] == taken
    assert reasons["column shop.items.n is gone"] == taken
    assert planned.statements == ()


def test_name_that_the_host_has_by_now_is_not_given_back() -> None:
    index = ("index", "shop.i on shop.items")
    found = {("index", "shop.j on shop.items") if k == index else k: p for k, p in ITEMS.items()}
    places = {key: number(ITEMS).get(key, number(ITEMS)[index]) for key in found}
    planned = fix(found, {("table", "shop.i"): {}}, found_places=places)
    assert planned.report.left[0].reason.startswith("another object has its former name by now")


def test_objects_get_their_names_back_from_each_other() -> None:
    names = {"shop.items.id": "shop.items.n", "shop.items.n": "shop.items.id"}
    found = {(kind, names.get(name, name)): parts for (kind, name), parts in ITEMS.items()}
    places = {(kind, names.get(name, name)): place for (kind, name), place in number(ITEMS).items()}
    assert fix(found, found_places=places).report.statements[:3] == (
        "ALTER TABLE shop.items RENAME COLUMN id TO id_1",
        "ALTER TABLE shop.items RENAME COLUMN n TO id",
        "ALTER TABLE shop.items RENAME COLUMN id_1 TO n",
    )


def test_sequence_comes_back_with_its_identity() -> None:
    sequence = ("sequence", "shop.items_id_seq on shop.items")
    identity = {"identity": "GENERATED ALWAYS AS IDENTITY"}
    column = ("column", "shop.items.id")
    numbers = {"type": "integer", "increment": "INCREMENT 1", "minimum": "MINVALUE 1"}
    numbers |= {"maximum": "MAXVALUE 2147483647", "start": "START 1", "cache": "CACHE 1"}
    expected = {**ITEMS, column: {**ITEMS[column], **identity}, sequence: numbers}
    planned = fix(
        ITEMS,
        expected=expected,
        expected_places=number(expected),
        found_places=number(ITEMS),
    )
    assert planned.report.left == ()
    assert planned.report.statements == (
        "ALTER TABLE shop.items ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY",
        "SELECT pg_catalog.setval('shop.items_id_seq', max(id)) FROM shop.items",
    )


def test_sequence_is_owned_by_no_column_again() -> None:
    sequence, owned = ("sequence", "shop.s"), ("sequence", "shop.s on shop.items")
    numbers = {"type": "bigint"}
    found = {**ITEMS, owned: numbers}
    expected = {**ITEMS, sequence: numbers}
    planned = fix(
        found,
        notes={**NOTES, owned: {"owner": "ann"}},
        expected=expected,
        expected_notes={**NOTES, sequence: {"owner": "ann"}},
        expected_places=number(expected),
        found_places=number(found),
    )
    assert planned.report.fixed == ("sequence shop.s is owned by a column of shop.items",)
    assert planned.report.statements == ("ALTER SEQUENCE shop.s OWNED BY NONE",)


def test_part_of_a_column_is_brought_back_and_another_is_left() -> None:
    planned = fix(changed(("column", "shop.items.n"), type="bigint", default="DEFAULT 2"))
    assert planned.report.statements == ("ALTER TABLE shop.items ALTER COLUMN n SET DEFAULT 1",)
    assert [it.statements for it in planned.report.left] == [
        (
            "ALTER TABLE shop.items ALTER COLUMN n DROP DEFAULT",
            "ALTER TABLE shop.items ALTER COLUMN n TYPE integer",
            "ALTER TABLE shop.items ALTER COLUMN n SET DEFAULT 2",
        )
    ]


def test_index_by_another_name_is_not_made_twice() -> None:
    found = without(("index", "shop.i on shop.items"))
    found["index", "shop.k on shop.items"] = {
        "definition": "CREATE INDEX k ON shop.items USING btree (n)"
    }
    first, _ = fix(found).report.left
    assert first.reason == "index shop.k on shop.items is the same by another name"


def test_invalid_index_is_built_anew() -> None:
    key = ("index", "shop.i on shop.items")
    planned = fix(changed(key, validity="INVALID"), invalid=(key,))
    assert planned.report.statements == ("REINDEX INDEX shop.i",)
    assert planned.report.locks == (
        "Nobody writes to shop.items until it is done.",
        "PostgreSQL reads all of shop.items.",
    )


def test_notes_are_brought_back() -> None:
    planned = fix(ITEMS, notes={("table", "shop.items"): {"owner": "bob"}})
    assert planned.report.statements == (
        "COMMENT ON TABLE shop.items IS 'all'",
        "ALTER TABLE shop.items OWNER TO ann",
    )


def test_owners_are_left_on_another_server() -> None:
    planned = fix(ITEMS, notes={("table", "shop.items"): {"owner": "bob"}}, is_same_cluster=False)
    assert planned.report.fixed == ("table shop.items has lost the comment 'all'",)


def test_nothing_else_is_done_before_a_schema_is_renamed() -> None:
    found = {
        (kind, name.replace("shop.", "store.")): {
            part: words.replace("shop.", "store.") for part, words in parts.items()
        }
        for (kind, name), parts in ITEMS.items()
    }
    found["column", "store.items.n"] = {"type": "integer"}
    planned = fix(found, found_places=number(found))
    assert [(it.words, it.statements) for it in planned.report.left] == [
        (
            "column store.items.n has lost 'DEFAULT 1'",
            ("ALTER TABLE shop.items ALTER COLUMN n SET DEFAULT 1",),
        ),
        ("schema shop was renamed to store", ("ALTER SCHEMA store RENAME TO shop",)),
    ]
    assert planned.statements == ()
