"""Tables as plain mappings declare them: what they are, and what is said of wrong ones."""

import pytest

from alembic_plugins.declared.names import cut_name, make_name
from alembic_plugins.declared.shapes import (
    ColumnShape,
    IndexShape,
    Kind,
    TableShape,
    read_column,
    read_named_column,
    read_table,
    read_tables,
)
from alembic_plugins.errors import InvalidColumn, InvalidTable

PAGE = {
    "name": "pages",
    "schema": {
        "title": {"type": "string", "size": 50, "required": True, "unique": True},
        "status": {"type": ["draft", "live"], "default": "draft"},
        "author": {"type": "relation", "to": "users", "cascade": True},
    },
    "indexes": [{"columns": ["status", "title"], "unique": True}],
}

WRONG_COLUMNS = [
    ({}, "found {}; expected {type, ...}"),
    ("string", 'found "string"; expected {type, ...}'),
    (
        {"type": "text"},
        "'type' is \"text\"; expected one of string, number, boolean, datetime, json, relation, "
        "or a list of strings",
    ),
    ({"type": []}, "'type' is []; expected a list of different strings"),
    ({"type": ["a", "a"]}, '\'type\' is ["a", "a"]; expected a list of different strings'),
    ({"type": ["a", 1]}, "'type' is [\"a\", 1]; expected a list of different strings"),
    ({"type": ["\0"]}, "'type' is [\"\\u0000\"]; expected a list of different strings"),
    ({"type": ["\ud800"]}, "'type' is [\"\\ud800\"]; expected a list of different strings"),
    ({"type": "string", "default": "\ud800"}, "'default' is \"\\ud800\"; expected a string"),
    (
        {"type": "json", "default": ["\ud800"]},
        "'default' is [\"\\ud800\"]; expected whole characters",
    ),
    (
        {"type": "boolean", "size": 1},
        "'size' is nothing that a boolean has; expected one of default, primary_key, required, "
        "type, unique",
    ),
    ({"type": "string", "required": "yes"}, "'required' is \"yes\"; expected true or false"),
    ({"type": "string", "unique": 1}, "'unique' is 1; expected true or false"),
    (
        {"type": "string", "size": 0},
        "'size' is 0; expected a whole number from 1 to 10485760",
    ),
    (
        {"type": "string", "size": True},
        "'size' is true; expected a whole number from 1 to 10485760",
    ),
    ({"type": "number", "min": "1"}, "'min' is \"1\"; expected a number"),
    ({"type": "number", "max": float("nan")}, "'max' is NaN; expected a number"),
    ({"type": "number", "min": 2, "max": 1}, "'min' is 2; expected no more than 'max', which is 1"),
    (
        {"type": "number", "min": 2**63},
        "a whole bound is outside of 64 bits; expected one with a fraction",
    ),
    ({"type": "string", "default": 1}, "'default' is 1; expected a string"),
    (
        {"type": "string", "size": 1, "default": "ab"},
        "'default' is \"ab\"; expected at most 1 characters",
    ),
    ({"type": "number", "min": 1, "default": 0}, "'default' is 0; expected at least 1"),
    ({"type": "number", "max": 1, "default": 2}, "'default' is 2; expected at most 1"),
    (
        {"type": "number", "max": 1, "default": 0.5},
        "'default' is 0.5; expected a whole number, as the bounds are",
    ),
    ({"type": "boolean", "default": 1}, "'default' is 1; expected true or false"),
    (
        {"type": "datetime", "default": "today"},
        "'default' is \"today\"; expected 'now' or a date and time as 2030-01-31T12:00:00Z",
    ),
    (
        {"type": "json", "default": {"a": {1, 2}}},
        '\'default\' is {"a": "{1, 2}"}; expected what JSON can have',
    ),
    ({"type": ["a"], "default": "b"}, "'default' is \"b\"; expected one of 'a'"),
    ({"type": "relation"}, "'to' is null; expected 'TABLE' or 'PLUGIN.TABLE'"),
    ({"type": "relation", "to": "a.b.c"}, "'to' is \"a.b.c\"; expected 'TABLE' or 'PLUGIN.TABLE'"),
    (
        {"type": "relation", "to": "a", "default": 1},
        "'default' is nothing that a relation has; expected one of cascade, primary_key, required, "
        "to, type, unique",
    ),
]

WRONG_TABLES = [
    (
        {"name": "a", "indexes": [{"columns": ["id"]}, {"columns": ["id"], "unique": True}]},
        "two indexes are called by [\"id\"]; expected another 'name' for one",
    ),
    (
        {"name": "a", "indexes": [{"columns": ["id"], "name": "b"}] * 2},
        "two indexes are called by \"b\"; expected another 'name' for one",
    ),
    ([], "found []; expected {name, schema, indexes}"),
    ({"schema": {}}, "its name is null; expected a text without a dot"),
    ({"name": "a.b"}, 'its name is "a.b"; expected a text without a dot'),
    ({"name": "ä" * 32}, "its name has more than 63 bytes"),
    ({"name": "a", "columns": {}}, "'columns' is not one of name, schema, indexes"),
    ({"name": "a", "schema": []}, "'schema' is []; expected columns by name"),
    ({"name": "a", "indexes": {}}, "'indexes' is {}; expected a list"),
    ({"name": "a", "indexes": ["b"]}, 'an index is "b"; expected {columns, unique, name}'),
    ({"name": "a", "indexes": [{"columns": []}]}, "'columns' of an index is []; expected a list"),
    (
        {"name": "a", "indexes": [{"columns": ["b"]}]},
        'an index has the column "b", which is none of its',
    ),
    (
        {"name": "a", "indexes": [{"columns": ["id"], "unique": 1}]},
        "'unique' of an index is 1; expected true or false",
    ),
    (
        {"name": "a", "indexes": [{"columns": ["id"], "name": ""}]},
        'of an index, its name is ""; expected a text without a dot',
    ),
]


def test_mapping_becomes_a_table() -> None:
    columns = (
        ColumnShape("title", Kind.STRING, required=True, unique=True, size=50),
        ColumnShape("status", Kind.ENUMERATION, default="draft", values=("draft", "live")),
        ColumnShape("author", Kind.RELATION, to="users", cascade=True),
    )
    index = IndexShape(("status", "title"), unique=True)
    assert read_table("wiki", PAGE) == TableShape("pages", columns, (index,))


@pytest.mark.parametrize("declared", [[PAGE], {"tables": [PAGE]}, (PAGE,)])
def test_file_has_a_list_of_tables(declared: object) -> None:
    assert read_tables("wiki", declared, "a.toml") == (read_table("wiki", PAGE),)


def test_file_without_a_list_is_refused() -> None:
    with pytest.raises(InvalidTable) as caught:
        read_tables("wiki", {"table": []}, "'a.toml'")
    assert caught.value.problem == "expected a list 'tables', and found {\"table\": []}"


@pytest.mark.parametrize(("declared", "problem"), WRONG_COLUMNS)
def test_wrong_column_is_told_with_its_key_and_what_is_expected(
    declared: object, problem: str
) -> None:
    with pytest.raises(InvalidColumn) as caught:
        read_table("wiki", {"name": "pages", "schema": {"rank": declared}})
    facts = (caught.value.plugin, caught.value.table, caught.value.column, caught.value.problem)
    assert facts == ("wiki", "pages", "rank", problem)


@pytest.mark.parametrize(("declared", "problem"), WRONG_TABLES)
def test_wrong_table_is_told_with_what_is_expected(declared: object, problem: str) -> None:
    with pytest.raises(InvalidTable) as caught:
        read_table("wiki", declared)
    assert (caught.value.plugin, caught.value.problem) == ("wiki", problem)


@pytest.mark.parametrize("name", ["", "a.b", "\0", "\ud800", "x" * 64, "ä" * 32])
def test_column_that_postgresql_could_not_have_is_refused(name: str) -> None:
    with pytest.raises(InvalidColumn, match="its name"):
        read_table("wiki", {"name": "pages", "schema": {name: {"type": "string"}}})


@pytest.mark.parametrize("name", ["ctid", "xmin"])
def test_column_that_each_table_has_is_refused(name: str) -> None:
    with pytest.raises(InvalidColumn, match="PostgreSQL has a column of that name"):
        read_column("wiki", "pages", name, {"type": "string"})


@pytest.mark.parametrize("declared", [{"type": "string"}, {"name": None, "type": "string"}, "a"])
def test_column_by_itself_has_a_name(declared: object) -> None:
    with pytest.raises(InvalidColumn, match=r"expected {name, type, ...}"):
        read_named_column("wiki", "pages", declared)


def test_column_named_as_the_key_has_to_be_the_key() -> None:
    with pytest.raises(InvalidColumn, match="a table without a key gets one named 'id'"):
        read_table("wiki", {"name": "pages", "schema": {"id": {"type": "string"}}})


@pytest.mark.parametrize(
    ("bounds", "is_whole"),
    [
        ({}, False),
        ({"default": 1}, False),
        ({"min": 0}, True),
        ({"min": 0, "max": 9}, True),
        ({"min": 0, "max": 9.5}, False),
        ({"max": 1.0}, False),
    ],
)
def test_number_is_whole_where_its_bounds_are(bounds: dict[str, object], is_whole: bool) -> None:
    column = read_column("wiki", "pages", "rank", {"type": "number", **bounds})
    assert column.is_whole is is_whole


@pytest.mark.parametrize(
    "parts", [("a" * 40, "b" * 40, "check"), ("ä" * 30, "key"), ("a", "b", "c" * 60, "idx")]
)
def test_long_names_are_cut_and_stay_different(parts: tuple[str, ...]) -> None:
    name, other = make_name(*parts), make_name("x", *parts)
    assert max(len(name.encode()), len(other.encode())) <= 63
    assert name != other
    assert name.endswith(f"_{parts[-1]}")


def test_short_names_stay_as_they_are() -> None:
    assert make_name("pages", "rank", "check") == "pages_rank_check"
    assert cut_name("x" * 63) == "x" * 63
