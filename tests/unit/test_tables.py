"""Our own tables."""

import pytest
from sqlalchemy.schema import CreateTable

from alembic_plugins.tables import VERSION, make_tables

from .builders import to_sql


@pytest.mark.parametrize("schema", [None, "app"])
def test_tables_of_a_schema_are_made_once(schema: str | None) -> None:
    assert make_tables(schema) is make_tables(schema)


def test_tables_of_two_schemas_are_different() -> None:
    assert make_tables("one").plugin is not make_tables("two").plugin


def test_tables_stand_in_their_schema() -> None:
    schemas = {table.schema for table in make_tables("app").metadata.tables.values()}
    assert schemas == {"app"}


def test_names_are_those_of_all_tables() -> None:
    tables = make_tables(None)
    assert set(tables.names) == set(tables.metadata.tables)


def test_comment_tells_the_version() -> None:
    assert make_tables(None).plugin.comment == VERSION


def test_schema_that_is_a_reserved_word_is_quoted() -> None:
    assert 'CREATE TABLE "order".alembic_plugin (' in to_sql(
        CreateTable(make_tables("order").plugin)
    )


def test_list_is_an_array_of_text() -> None:
    sql = to_sql(CreateTable(make_tables(None).plugin))
    assert "requires TEXT[] NOT NULL" in sql


@pytest.mark.parametrize(
    ("values", "rendered"),
    [
        ([], "CAST(ARRAY[] AS TEXT[])"),
        (["tags"], "CAST(ARRAY['tags'] AS TEXT[])"),
        (["a", "it's"], "CAST(ARRAY['a', 'it''s'] AS TEXT[])"),
    ],
)
def test_list_says_its_type_offline(values: list[str], rendered: str) -> None:
    statement = make_tables(None).plugin.update().values(requires=values)
    assert rendered in to_sql(statement)
