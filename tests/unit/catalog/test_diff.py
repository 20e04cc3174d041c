"""How two catalogs of one namespace differ."""

import pytest

from alembic_plugins.catalog.diff import Catalog, Difference, find_differences

ENTRIES = {
    ("table", "audit.entries"): "TABLE",
    ("column", "audit.entries.id"): "bigint NOT NULL",
    ("column", "audit.entries.actor"): "bigint NOT NULL",
    ("constraint", "entries_pkey on audit.entries"): "PRIMARY KEY (id)",
    ("index", "audit.ix_a on audit.entries"): "CREATE INDEX ix_a ON audit.entries (actor)",
    ("trigger", "stamp on audit.entries"): "CREATE TRIGGER stamp ...",
}

PARTS = [key for key in ENTRIES if key[0] != "table"]

OTHERS = {
    ("function", "audit.f(integer)"): "CREATE FUNCTION audit.f(integer) ...",
    ("table", "audit.entries_old"): "TABLE",
    ("column", "audit.entries_old.id"): "bigint",
    ("index", "audit.ix_old on audit.entries_old"): "CREATE INDEX ix_old ...",
}


def describe(expected: Catalog, found: Catalog) -> list[str]:
    """Return how two catalogs differ, in words."""
    return [str(item) for item in find_differences(expected, found)]


@pytest.mark.parametrize(
    ("difference", "words"),
    [
        (
            Difference("index", "audit.ix_a", "CREATE INDEX ...", None),
            "index audit.ix_a is missing",
        ),
        (Difference("table", "audit.x", None, "TABLE"), "table audit.x is not expected"),
        (
            Difference("column", "audit.entries.actor", "bigint NOT NULL", "integer"),
            "column audit.entries.actor is 'integer' instead of 'bigint NOT NULL'",
        ),
        (
            Difference("function", "audit.f()", "BEGIN\nEND", "BEGIN END"),
            "function audit.f() has another definition",
        ),
        (
            Difference("function", "audit.f()", "BEGIN END", "BEGIN\nEND"),
            "function audit.f() has another definition",
        ),
        (Difference("collation", "audit.c", "", None), "collation audit.c is missing"),
        (Difference("collation", "audit.c", None, ""), "collation audit.c is not expected"),
    ],
)
def test_difference_says_what_is_the_case(difference: Difference, words: str) -> None:
    assert str(difference) == words


def test_equal_catalogs_do_not_differ() -> None:
    assert find_differences(ENTRIES, dict(reversed(ENTRIES.items()))) == ()


def test_empty_catalogs_do_not_differ() -> None:
    assert find_differences({}, {}) == ()


@pytest.mark.parametrize("key", PARTS)
def test_part_that_is_missing_is_found(key: tuple[str, str]) -> None:
    found = {other: words for other, words in ENTRIES.items() if other != key}
    assert find_differences(ENTRIES, found) == (Difference(*key, ENTRIES[key], None),)


@pytest.mark.parametrize("key", PARTS)
def test_part_that_is_not_expected_is_found(key: tuple[str, str]) -> None:
    expected = {other: words for other, words in ENTRIES.items() if other != key}
    assert find_differences(expected, ENTRIES) == (Difference(*key, None, ENTRIES[key]),)


@pytest.mark.parametrize("key", ENTRIES)
def test_change_is_found_with_both_definitions(key: tuple[str, str]) -> None:
    found = {**ENTRIES, key: "changed"}
    assert find_differences(ENTRIES, found) == (Difference(*key, ENTRIES[key], "changed"),)


def test_missing_table_is_named_without_its_parts() -> None:
    assert describe({**ENTRIES, **OTHERS}, OTHERS) == ["table audit.entries is missing"]


def test_unexpected_table_is_named_without_its_parts() -> None:
    assert describe(OTHERS, {**ENTRIES, **OTHERS}) == ["table audit.entries is not expected"]


def test_table_that_became_a_view_is_named_without_its_parts() -> None:
    found = {("view", "audit.entries"): "SELECT 1", ("trigger", "t on audit.entries"): "..."}
    assert describe(ENTRIES, found) == [
        "table audit.entries is missing",
        "view audit.entries is not expected",
    ]


def test_parts_of_a_table_that_changed_are_named() -> None:
    found = {("table", "audit.entries"): "UNLOGGED TABLE"}
    assert len(find_differences(ENTRIES, found)) == len(ENTRIES)


def test_what_only_has_a_name_like_a_missing_table_is_named() -> None:
    assert describe({**ENTRIES, **OTHERS}, {}) == [
        "function audit.f(integer) is missing",
        "table audit.entries is missing",
        "table audit.entries_old is missing",
    ]


@pytest.mark.parametrize(
    "identity",
    ['audit."entries.x"', 'audit.b."on audit.entries"', '"x on audit.entries" on audit.b'],
)
def test_name_that_quotes_a_missing_table_is_named(identity: str) -> None:
    expected = {("table", "audit.entries"): "TABLE", ("column", identity): "integer"}
    assert describe(expected, {})[0] == f"column {identity} is missing"


def test_parts_of_a_missing_table_with_a_quoted_name_are_left_out() -> None:
    expected = {
        ("table", 'audit."a.b c"'): "TABLE",
        ("column", 'audit."a.b c".id'): "integer",
        ("index", 'audit.ix on audit."a.b c"'): "CREATE INDEX ...",
    }
    assert describe(expected, {}) == ['table audit."a.b c" is missing']


def test_differences_are_in_order() -> None:
    found = {("view", "a.z"): "", ("index", "a.y"): "", ("view", "a.b"): ""}
    identities = [item.identity for item in find_differences({}, found)]
    assert identities == ["a.y", "a.b", "a.z"]
