"""What a sync does to tables that are there, and what it does not."""

from typing import Any

import pytest
from support.tables import Wiki

from alembic_plugins.errors import SyncFailed

STRING = {"type": "string"}
NUMBER = {"type": "number", "min": 0, "max": 9}

WIDENED: list[tuple[dict[str, Any], dict[str, Any], list[str]]] = [
    (
        {**STRING, "size": 50},
        {**STRING, "size": 60},
        ["column it character varying(50) becomes character varying(60)"],
    ),
    ({**STRING, "size": 50}, STRING, ["column it character varying(50) becomes text"]),
    (
        NUMBER,
        {"type": "number"},
        ["CHECK (((it >= 0) AND (it <= 9))) is dropped", "column it bigint becomes numeric"],
    ),
    (
        NUMBER,
        {**NUMBER, "max": 99},
        [
            "CHECK (((it >= 0) AND (it <= 9))) is replaced",
            "CHECK (((it >= 0) AND (it <= 99))) is added",
        ],
    ),
    (
        {"type": ["a"]},
        {"type": ["a", "b"]},
        [
            "CHECK ((it = 'a'::text)) is replaced",
            "CHECK ((it = ANY (ARRAY['a'::text, 'b'::text]))) is added",
        ],
    ),
    ({**STRING, "required": True}, STRING, ["column it is not required any more"]),
    ({**STRING, "unique": True}, STRING, ["UNIQUE (it) is dropped"]),
    (STRING, {**STRING, "default": "x"}, ["column it default 'x'::text"]),
    ({**STRING, "default": "x"}, STRING, ["column it without default"]),
    (
        {"type": "relation", "to": "users"},
        {"type": "relation", "to": "users", "cascade": True},
        [
            "foreign key pages_it_fkey is replaced",
            "FOREIGN KEY (it) to public.users is added",
        ],
    ),
    (
        {"type": "relation", "to": "pages"},
        {"type": "number", "min": 0},
        ["foreign key pages_it_fkey is dropped", "CHECK ((it >= 0)) is added"],
    ),
]

TIGHTER: list[tuple[dict[str, Any], dict[str, Any], str, str]] = [
    (
        STRING,
        {**STRING, "required": True},
        "NULL",
        "it: it is required, and rows have no value in it",
    ),
    (NUMBER, {**NUMBER, "max": 5}, "7", "it: rows do not keep CHECK (((it >= 0) AND (it <= 5)))"),
    ({"type": ["a", "b"]}, {"type": ["a"]}, "'b'", "it: rows do not keep CHECK ((it = 'a'::text))"),
    (STRING, {**STRING, "unique": True}, "'a'), ('a'", "it: rows do not keep UNIQUE (it)"),
]

CONVERTED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({**STRING, "default": "1"}, {"type": "json"}, "'7'"),
    (STRING, {"type": "boolean"}, "'yes'"),
    (NUMBER, STRING, "7"),
    ({"type": "relation", "to": "users"}, STRING, "NULL"),
    ({"type": "datetime"}, {"type": "boolean"}, "now()"),
    ({"type": ["1", "2"], "default": "1"}, NUMBER, "'2'"),
]

NARROWED: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    (
        {**STRING, "size": 50},
        {**STRING, "size": 40},
        "it: it is character varying(50), of which character varying(40) does not take all values",
    ),
    (STRING, NUMBER, "it: it is text, of which bigint does not take all values"),
    ({"type": "json"}, STRING, "it: it is jsonb, of which text does not take all values"),
]


@pytest.fixture
def pages(wiki: Wiki) -> Wiki:
    """A table with a row."""
    wiki.sync_pages(title=STRING).run("INSERT INTO wiki.pages (title) VALUES ('one')")
    return wiki


@pytest.mark.parametrize(("before", "after", "done"), WIDENED)
def test_column_takes_more(
    wiki: Wiki, before: dict[str, Any], after: dict[str, Any], done: list[str]
) -> None:
    found = wiki.sync_pages(it=before).sync_pages(it=after)
    assert (found.done, found.refused) == (done, [])
    assert found.sync_pages(it=after).done == []


@pytest.mark.parametrize(("before", "after", "values", "refused"), TIGHTER)
def test_rule_that_rows_break_is_not_made(
    wiki: Wiki, before: dict[str, Any], after: dict[str, Any], values: str, refused: str
) -> None:
    wiki.sync_pages(it=before).run(f"INSERT INTO wiki.pages (it) VALUES ({values})")
    found = wiki.sync_pages(it=after)
    assert (found.done, found.refused) == ([], [refused])


@pytest.mark.parametrize(("before", "after", "values", "_refused"), TIGHTER)
def test_rule_that_rows_keep_is_made(
    wiki: Wiki, before: dict[str, Any], after: dict[str, Any], values: str, _refused: str
) -> None:
    wiki.sync_pages(it=before).run(
        f"INSERT INTO wiki.pages (it) VALUES ({values})", "DELETE FROM wiki.pages"
    )
    found = wiki.sync_pages(it=after)
    assert (found.refused, bool(found.done)) == ([], True)
    assert found.sync_pages(it=after).done == []


@pytest.mark.parametrize(("before", "after", "refused"), NARROWED)
def test_type_is_not_narrowed_even_without_rows(
    wiki: Wiki, before: dict[str, Any], after: dict[str, Any], refused: str
) -> None:
    found = wiki.sync_pages(it=before).sync_pages(it=after)
    assert (found.done, found.refused) == ([], [refused])


def test_columns_and_indexes_are_added(pages: Wiki) -> None:
    number = {**NUMBER, "required": True, "default": 5}
    found = pages.sync_pages([{"columns": ["rank"]}], title=STRING, rank=number)
    assert (found.done, found.refused) == (
        [
            "column rank is added as bigint",
            "CHECK (((rank >= 0) AND (rank <= 9))) is added",
            "index pages_rank_idx USING btree (rank) is added",
        ],
        [],
    )


def test_required_column_without_default_is_not_added_to_rows(pages: Wiki) -> None:
    required = {**NUMBER, "required": True, "unique": True}
    found = pages.sync_pages([{"columns": ["rank"]}], title=STRING, rank=required)
    assert found.done == []
    assert found.refused == ["rank: it is required, has no default, and the table has rows"]


def test_required_column_is_added_where_there_are_no_rows(pages: Wiki) -> None:
    pages.run("DELETE FROM wiki.pages")
    found = pages.sync_pages(title=STRING, rank={**NUMBER, "required": True})
    assert (found.done[0], found.refused) == ("column rank is added as bigint", [])


def test_default_that_all_rows_would_have_is_not_made_unique(pages: Wiki) -> None:
    pages.run("INSERT INTO wiki.pages (title) VALUES ('two')")
    found = pages.sync_pages(title=STRING, code={**STRING, "default": "x", "unique": True})
    assert found.done == ["column code is added as text"]
    assert found.refused == ["code: rows do not keep UNIQUE (code)"]


def test_column_that_is_not_declared_stays(pages: Wiki) -> None:
    found = pages.sync_pages(name=STRING)
    assert found.done == ["column name is added as text"]
    assert found.refused == ["title: it is not declared any more"]


def test_constraints_of_a_column_that_is_refused_stay(wiki: Wiki) -> None:
    wiki.sync_pages([{"columns": ["it"]}], it={"type": ["a", "b"], "unique": True})
    found = wiki.sync_pages(it={**NUMBER, "unique": True})
    assert (found.done, len(found.refused)) == ([], 1)


def test_index_that_is_not_declared_stays(wiki: Wiki) -> None:
    found = wiki.sync_pages([{"columns": ["it"]}], it=STRING).sync_pages(it=STRING)
    words = "it has index pages_it_idx USING btree (it), which is not declared"
    assert (found.done, found.refused) == ([], [words])


def test_constraint_that_somebody_else_has_made_stays(wiki: Wiki) -> None:
    wiki.sync_pages(it=STRING).run("ALTER TABLE wiki.pages ADD CONSTRAINT mine CHECK (it <> '')")
    found = wiki.sync_pages(it=STRING)
    words = "it has CHECK ((it <> ''::text)), which is not declared"
    assert (found.done, found.refused) == ([], [words])


def test_type_of_a_column_that_a_view_shows_stays(wiki: Wiki) -> None:
    wiki.sync_pages(it={**STRING, "size": 5}).run("CREATE VIEW wiki.v AS SELECT it FROM wiki.pages")
    found = wiki.sync_pages(it=STRING)
    words = "it: it is character varying(5), which cannot become text while a view shows it"
    assert (found.done, found.refused) == ([], [words])


def test_relation_that_rows_break_is_not_made(wiki: Wiki) -> None:
    wiki.sync_pages(it={"type": "number", "min": 0}).run("INSERT INTO wiki.pages (it) VALUES (99)")
    relation = {"type": "relation", "to": "pages"}
    found = wiki.sync_pages(it=relation)
    assert found.refused == ["rows do not keep FOREIGN KEY (it) to wiki.pages"]
    wiki.run("UPDATE wiki.pages SET it = id")
    assert wiki.sync_pages(it=relation).done == ["FOREIGN KEY (it) to wiki.pages is added"]


def test_index_becomes_unique_where_rows_are(pages: Wiki) -> None:
    columns = ["title"]
    pages.sync_pages([{"columns": columns}], title=STRING)
    found = pages.sync_pages([{"columns": columns, "unique": True}], title=STRING)
    assert found.done == [
        "index pages_title_idx USING btree (title) is replaced",
        "index pages_title_idx UNIQUE USING btree (title) is added",
    ]


def test_planning_leaves_no_trace(pages: Wiki) -> None:
    before = pages.connection.exec_driver_sql("SHOW search_path").scalar()
    pages.plan({"name": "pages", "schema": {"title": {**STRING, "size": 1}}})
    names = pages.connection.exec_driver_sql(
        "SELECT count(*) FROM pg_class WHERE relname = 'pages'"
    )
    assert names.scalar() == 1
    assert pages.connection.exec_driver_sql("SHOW search_path").scalar() == before


def test_statement_instead_is_what_would_do_it(pages: Wiki) -> None:
    (found,) = pages.plan({"name": "pages", "schema": {}})
    assert [item.instead for item in found.refused] == ["ALTER TABLE wiki.pages DROP COLUMN title"]
    pages.run(found.refused[0].instead)
    assert pages.sync({"name": "pages", "schema": {}}).refused == []


@pytest.mark.parametrize(("before", "after", "value"), CONVERTED)
def test_statement_instead_converts_the_type(
    wiki: Wiki, before: dict[str, Any], after: dict[str, Any], value: str
) -> None:
    wiki.sync_pages(it=before).run(f"INSERT INTO wiki.pages (it) VALUES ({value})")
    (found,) = wiki.plan({"name": "pages", "schema": {"it": after}})
    wiki.run(*(item.instead for item in found.refused))
    assert wiki.sync_pages(it=after).sync_pages(it=after).done == []
    assert wiki.refused == []


def test_remedy_lets_the_next_sync_require_a_column(pages: Wiki) -> None:
    required: dict[str, Any] = {"title": STRING, "rank": {**NUMBER, "required": True}}
    (found,) = pages.plan({"name": "pages", "schema": required})
    assert [str(item).partition(". ")[2] for item in found.refused] == [
        "Declare a default, or run 'ALTER TABLE wiki.pages ADD COLUMN rank BIGINT' and give all "
        "rows a value, and sync again."
    ]
    pages.run(found.refused[0].instead, "UPDATE wiki.pages SET rank = 1")
    assert "column rank becomes required" in pages.sync_pages(**required).done


def test_privilege_to_make_temporary_tables_is_asked_for(pages: Wiki) -> None:
    revoke = "EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database())"
    pages.run(
        "CREATE ROLE wiki_syncs",
        "GRANT USAGE ON SCHEMA wiki TO wiki_syncs",
        f"DO $$ BEGIN {revoke}; END $$",
        "SET LOCAL ROLE wiki_syncs",
    )
    with pytest.raises(SyncFailed, match="who syncs needs the privilege TEMPORARY on it"):
        pages.plan({"name": "pages"})
