"""How objects differ from what was recorded of them, in words."""

import pytest

from alembic_plugins.catalog.diff import Definitions
from alembic_plugins.catalog.drift import (
    Change,
    Comparison,
    Drift,
    Key,
    Places,
    find_renamed,
    join_moved,
    split_column,
)

ENTRIES: dict[Key, dict[str, str]] = {
    ("schema", "audit"): {},
    ("table", "audit.entries"): {"kind": "TABLE"},
    ("column", "audit.entries.id"): {"type": "bigint", "nullability": "NOT NULL"},
    ("column", "audit.entries.actor"): {"type": "bigint", "default": "DEFAULT 1"},
    ("constraint", "positive on audit.entries"): {"definition": "CHECK ((actor > 0))"},
    ("index", "audit.ix_actor on audit.entries"): {
        "definition": "CREATE INDEX ix_actor ON audit.entries USING btree (actor)"
    },
    ("view", "audit.actors"): {"definition": "SELECT entries.id FROM audit.entries;"},
}
PLACES: Places = {key: (1259, number, 0) for number, key in enumerate(ENTRIES)}


def describe(found: Definitions, places: Places | None = None) -> list[str]:
    """Return how the entries differ, in words, where numbers of objects are known."""
    places = {key: PLACES[key] for key in found if key in PLACES} | dict(places or {})
    renamed = find_renamed(ENTRIES, found, PLACES, places)
    return [str(item) for item in Comparison(ENTRIES, found, renamed).find_drift()]


def change(key: Key, **parts: str | None) -> Definitions:
    """Return the entries with other parts of one definition; None takes a part away."""
    merged = {**ENTRIES[key], **parts}
    return {**ENTRIES, key: {name: words for name, words in merged.items() if words is not None}}


def rename(**names: str) -> tuple[Definitions, Places]:
    """Return the entries with words replaced in all names and definitions, and where they are."""

    def replace(words: str) -> str:
        for old, new in names.items():
            words = words.replace(old, new)
        return words

    now = {key: (key[0], replace(key[1])) for key in ENTRIES}
    found = {now[k]: {p: replace(w) for p, w in parts.items()} for k, parts in ENTRIES.items()}
    return found, {now[key]: PLACES[key] for key in ENTRIES}


def test_what_is_as_it_was_recorded_does_not_differ() -> None:
    assert describe(ENTRIES) == []


@pytest.mark.parametrize(
    ("key", "parts", "words"),
    [
        (
            ("column", "audit.entries.id"),
            {"type": "integer"},
            "column audit.entries.id has the type 'integer' instead of 'bigint'",
        ),
        (
            ("column", "audit.entries.id"),
            {"nullability": None},
            "column audit.entries.id allows NULL",
        ),
        (
            ("column", "audit.entries.actor"),
            {"nullability": "NOT NULL"},
            "column audit.entries.actor does not allow NULL",
        ),
        (
            ("column", "audit.entries.actor"),
            {"default": None},
            "column audit.entries.actor has lost 'DEFAULT 1'",
        ),
        (
            ("column", "audit.entries.id"),
            {"default": "DEFAULT 2"},
            "column audit.entries.id has got 'DEFAULT 2'",
        ),
        (
            ("view", "audit.actors"),
            {"definition": "SELECT\n 1"},
            "view audit.actors has another definition",
        ),
    ],
)
def test_part_of_a_definition_is_told(key: Key, parts: dict[str, str | None], words: str) -> None:
    assert describe(change(key, **parts)) == [words]


def test_letters_of_the_catalog_are_told_in_words() -> None:
    drift = Drift(Change.CHANGED, "column", "audit.entries.id", "storage", "x", "e")
    words = "column audit.entries.id has the storage 'EXTERNAL' instead of 'EXTENDED'"
    assert str(drift) == words


def test_validity_is_no_part_that_is_compared() -> None:
    assert describe(change(("constraint", "positive on audit.entries"), validity="NOT VALID")) == []


def test_object_that_is_gone_is_told_without_its_parts() -> None:
    found = {key: ENTRIES[key] for key in ENTRIES if "entries" not in key[1]}
    assert describe(found) == ["table audit.entries is gone"]


def test_object_that_is_new_is_told_without_its_parts() -> None:
    new: Definitions = {("table", "audit.x"): {}, ("column", "audit.x.id"): {"type": "int"}}
    assert describe({**ENTRIES, **new}) == ["table audit.x was made by no revision"]


def test_renamed_table_is_told_once() -> None:
    found, places = rename(**{"audit.entries": "audit.events"})
    found = {
        **found,
        ("view", "audit.actors"): {"definition": "SELECT entries.id FROM audit.events;"},
    }
    assert describe(found, places) == ["table audit.entries was renamed to audit.events"]


def test_renamed_column_is_told_once() -> None:
    found, places = rename(actor="author")
    view = ("view", "audit.actors")
    found = {key: parts for key, parts in found.items() if key[0] != "view"} | {view: ENTRIES[view]}
    index = ("index", "audit.ix_actor on audit.entries")
    definition = "CREATE INDEX ix_actor ON audit.entries USING btree (author)"
    found = {k: v for k, v in found.items() if k[0] != "index"} | {
        index: {"definition": definition}
    }
    places = {**places, view: PLACES[view], index: PLACES[index]}
    words = "column audit.entries.actor was renamed to audit.entries.author"
    assert describe(found, places) == [words]


def test_renamed_index_is_told_once() -> None:
    found, places = rename(ix_actor="ix_other")
    words = "index audit.ix_actor on audit.entries was renamed to audit.ix_other on audit.entries"
    assert describe(found, places) == [words]


def test_table_whose_name_another_one_has_is_renamed() -> None:
    found, places = rename(**{"audit.entries": "audit.events"})
    new: Definitions = {("table", "audit.entries"): {}, ("column", "audit.entries.actor"): {}}
    gone = ("column", "audit.events.actor")
    found = {**{key: parts for key, parts in found.items() if key != gone}, **new}
    new_places = {key: (1259, 99, number) for number, key in enumerate(new)}
    places = {**{key: place for key, place in places.items() if key != gone}, **new_places}
    assert describe(found, places) == [
        "column audit.entries.actor is gone",
        "table audit.entries was made by no revision",
        "table audit.entries was renamed to audit.events",
    ]


def test_columns_that_have_each_others_names_are_renamed() -> None:
    found, places = rename(**{".id": ".x", "actor": "id", ".x": ".actor"})
    assert describe(found, places)[:2] == [
        "column audit.entries.id was renamed to audit.entries.actor",
        "column audit.entries.actor was renamed to audit.entries.id",
    ]


def test_renamed_schema_is_told_once() -> None:
    found, places = rename(**{"audit": "log"})
    del found["schema", "log"]  # type: ignore[attr-defined]  # its name tells that it is gone
    assert describe(found, places) == ["schema audit was renamed to log"]


def test_change_of_a_renamed_table_is_told_too() -> None:
    found, places = rename(**{"audit.entries": "audit.events"})
    found = {**found, ("column", "audit.events.id"): {"type": "integer", "nullability": "NOT NULL"}}
    assert "column audit.events.id has the type 'integer' instead of 'bigint'" in describe(
        found, places
    )


def test_without_numbers_a_renamed_view_is_gone_and_new() -> None:
    view = ENTRIES["view", "audit.actors"]
    found = {k: v for k, v in ENTRIES.items() if k[0] != "view"} | {("view", "audit.v"): view}
    assert describe(found) == [
        "view audit.actors is gone",
        "view audit.v was made by no revision",
    ]


INDEX = ("index", "public.ix on public.users")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ("ON (a)", []),
        (
            "ON (b)",
            ["index public.ix on public.users has the definition 'ON (b)' instead of 'ON (a)'"],
        ),
    ],
)
def test_index_that_was_built_anew_is_its_makers(found: str, words: list[str]) -> None:
    drift = {
        "audit": [Drift(Change.GONE, *INDEX, expected="ON (a)")],
        "host": [Drift(Change.NEW, *INDEX, found=found)],
    }
    joined = join_moved(drift)
    assert ([str(item) for item in joined["audit"]], joined["host"]) == (words, ())


def test_table_that_was_made_anew_is_another_one() -> None:
    table = ("table", "public.audit_entries")
    drift = {"audit": [Drift(Change.GONE, *table)], "host": [Drift(Change.NEW, *table)]}
    (found,) = join_moved(drift)["audit"]
    assert found.change is Change.REPLACED


@pytest.mark.parametrize(
    ("identity", "parts"),
    [
        ("audit.entries.id", ("audit.entries", "id")),
        ('audit.entries."a.b"', ("audit.entries", '"a.b"')),
        ('audit."a.b".id', ('audit."a.b"', "id")),
    ],
)
def test_name_of_a_column_is_told_from_its_table(identity: str, parts: tuple[str, str]) -> None:
    assert split_column(identity) == parts
