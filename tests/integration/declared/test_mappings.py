"""What plain mappings declare, against PostgreSQL's catalog."""

from typing import Any

import pytest
from support.tables import Wiki

COLUMNS: list[tuple[dict[str, Any], tuple[str, bool, str | None]]] = [
    ({"type": "string"}, ("text", False, None)),
    ({"type": "string", "size": 50}, ("character varying(50)", False, None)),
    ({"type": "string", "default": "it's 5% \\ :x"}, ("text", False, "'it''s 5% \\ :x'::text")),
    ({"type": "string", "required": True}, ("text", True, None)),
    ({"type": "number"}, ("numeric", False, None)),
    ({"type": "number", "default": 1.5}, ("numeric", False, "1.5")),
    ({"type": "number", "min": 0, "default": 3}, ("bigint", False, "3")),
    ({"type": "number", "min": 0.5}, ("numeric", False, None)),
    ({"type": "boolean", "default": False}, ("boolean", False, "false")),
    ({"type": "datetime"}, ("timestamp with time zone", False, None)),
    ({"type": "datetime", "default": "now"}, ("timestamp with time zone", False, "now()")),
    ({"type": "json", "default": {"a": "x:y%"}}, ("jsonb", False, '\'{"a": "x:y%"}\'::jsonb')),
    ({"type": "json", "default": []}, ("jsonb", False, "'[]'::jsonb")),
    ({"type": ["a", "b"], "default": "b"}, ("text", False, "'b'::text")),
    ({"type": "relation", "to": "users"}, ("integer", False, None)),
    ({"type": "relation", "to": "pages"}, ("bigint", False, None)),
]

RULES: list[tuple[dict[str, Any], str]] = [
    ({"type": "number", "min": 0}, "CHECK ((it >= 0))"),
    (
        {"type": "number", "min": -1.5, "max": 2},
        "CHECK (((it >= '-1.5'::numeric) AND (it <= (2)::numeric)))",
    ),
    ({"type": ["a", "b'"]}, "CHECK ((it = ANY (ARRAY['a'::text, 'b'''::text])))"),
    ({"type": "string", "unique": True}, "UNIQUE (it)"),
    ({"type": "string", "primary_key": True}, "PRIMARY KEY (it)"),
]

FOREIGN_KEYS = "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'f'"


def name(number: int) -> str:
    """Return the name of a column, by its number."""
    return f"it{number}"


def test_columns_are_as_declared(wiki: Wiki) -> None:
    declared = {name(number): column for number, (column, _) in enumerate(COLUMNS)}
    found = wiki.sync_pages(**declared).read().columns
    facts = {key: (it.type, it.required, it.words) for key, it in found.items() if key != "id"}
    assert facts == {name(number): facts for number, (_, facts) in enumerate(COLUMNS)}


@pytest.mark.parametrize(("column", "expected"), RULES)
def test_bounds_are_constraints(wiki: Wiki, column: dict[str, Any], expected: str) -> None:
    rules = wiki.sync_pages(it=column).read().rules.values()
    assert expected in [rule.definition for rule in rules]


def test_second_sync_finds_no_difference(wiki: Wiki) -> None:
    columns = [column for column, _ in (*COLUMNS, *RULES) if "primary_key" not in column]
    declared = {name(number): column for number, column in enumerate(columns)}
    again = wiki.sync_pages(**declared).sync_pages(**declared)
    assert (again.done, again.refused) == ([], [])


def test_table_without_a_key_gets_one(wiki: Wiki) -> None:
    found = wiki.sync_pages(title={"type": "string"}).read()
    key = found.columns["id"]
    assert (key.type, key.required, key.generated) == ("bigint", True, "identity")
    assert found.rules["pages_pkey"].definition == "PRIMARY KEY (id)"


def test_key_of_several_columns(wiki: Wiki) -> None:
    part = {"type": "number", "min": 0, "primary_key": True}
    found = wiki.sync_pages(one=part, two=part).read()
    assert list(found.columns) == ["one", "two"]
    assert found.rules["pages_pkey"].definition == "PRIMARY KEY (one, two)"


@pytest.mark.parametrize(("cascade", "ending"), [(False, ""), (True, " ON DELETE CASCADE")])
def test_relation_is_a_foreign_key(wiki: Wiki, *, cascade: bool, ending: str) -> None:
    wiki.sync_pages(author={"type": "relation", "to": "users", "cascade": cascade})
    found = wiki.connection.exec_driver_sql(FOREIGN_KEYS).scalars().all()
    assert found == [f"FOREIGN KEY (author) REFERENCES users(id){ending}"]


def test_indexes_are_as_declared(wiki: Wiki) -> None:
    title = {"type": "string"}
    indexes = [{"columns": ["title"]}, {"columns": ["title", "id"], "unique": True, "name": "own"}]
    found = wiki.sync_pages(indexes, title=title).read().rules
    assert found["pages_title_idx"].definition == "USING btree (title)"
    assert found["own"].definition == "UNIQUE USING btree (title, id)"
    assert wiki.sync_pages(indexes, title=title).done == []


def test_names_that_need_quotes_and_long_ones(wiki: Wiki) -> None:
    long = "ä" * 31
    column = {"type": "number", "min": 0, "unique": True}
    table = {
        "name": 'Odd "50%" :x',
        "schema": {long: column, "select": column, f"{long}b": {"type": "relation", "to": "users"}},
        "indexes": [{"columns": [long, "select"]}],
    }
    wiki.sync(table)
    again = wiki.sync(table)
    assert (again.done, again.refused) == ([], [])
    names = again.read('Odd "50%" :x').rules
    assert len(names) == 6
    assert max(len(name.encode()) for name in names) <= 63


def test_tables_that_relate_to_each_other_are_made_in_order(wiki: Wiki) -> None:
    pages = {"name": "pages", "schema": {"book": {"type": "relation", "to": "books"}}}
    books = {"name": "books", "schema": {"title": {"type": "string"}}}
    assert [it.table for it in wiki.plan(pages, books)] == ["wiki.books", "wiki.pages"]


def test_tables_that_relate_in_a_circle_get_their_foreign_keys_last(wiki: Wiki) -> None:
    pages = {"name": "pages", "schema": {"book": {"type": "relation", "to": "books"}}}
    books = {"name": "books", "schema": {"cover": {"type": "relation", "to": "pages"}}}
    assert sorted(wiki.sync(pages, books).done) == [
        "foreign key books_cover_fkey is added",
        "foreign key pages_book_fkey is added",
        "is created",
        "is created",
    ]
    assert wiki.sync(pages, books).done == []
