"""The SQL of namespaces."""

import pytest

from alembic_plugins import Prefix, Schema
from alembic_plugins.namespaces.ddl import (
    CreateExtension,
    create_namespace,
    drop_schema,
    enter_namespace,
    leave_namespace,
)

from ..builders import to_sql


@pytest.mark.parametrize(("name", "quoted"), [("billing", "billing"), ("order", '"order"')])
def test_schema_is_created_and_reserved_words_are_quoted(name: str, quoted: str) -> None:
    (statement,) = create_namespace(Schema(name))
    assert to_sql(statement) == f"CREATE SCHEMA IF NOT EXISTS {quoted}"


@pytest.mark.parametrize("namespace", [Schema("public", create=False), Prefix("bill_")])
def test_namespace_that_is_not_ours_to_create_is_not(namespace: Schema | Prefix) -> None:
    assert list(create_namespace(namespace)) == []


@pytest.mark.parametrize(("name", "quoted"), [("billing", "billing"), ("user", '"user"')])
def test_schema_is_dropped_without_cascade(name: str, quoted: str) -> None:
    assert to_sql(drop_schema(name)) == f"DROP SCHEMA IF EXISTS {quoted}"


@pytest.mark.parametrize(
    ("name", "quoted"),
    [("citext", "citext"), ("uuid-ossp", '"uuid-ossp"'), ('a"; drop', '"a""; drop"')],
)
def test_extension_is_created_and_quoted(name: str, quoted: str) -> None:
    assert to_sql(CreateExtension(name)) == f"CREATE EXTENSION IF NOT EXISTS {quoted}"


def test_schema_of_the_plugin_comes_first_on_the_path_and_then_the_hosts() -> None:
    statement = enter_namespace(Schema("order"), ())
    assert statement is not None
    assert "array_to_string(ARRAY[pg_catalog.quote_ident('order'), nullif(" in to_sql(statement)


def test_required_schemas_come_last_on_the_path() -> None:
    statement = enter_namespace(Schema("billing"), map(Schema, ["tags", "billing", "user"]))
    assert statement is not None
    assert "''), pg_catalog.quote_ident('tags'), pg_catalog.quote_ident('user')]" in to_sql(
        statement
    )


def test_path_outlives_a_transaction() -> None:
    statement = enter_namespace(Schema("billing"), ())
    assert statement is not None
    assert to_sql(statement).startswith("SELECT pg_catalog.set_config('search_path', ")
    assert ", false) AS " in to_sql(statement)


def test_prefix_needs_no_path() -> None:
    assert enter_namespace(Prefix("bill_"), [Schema("tags")]) is None


def test_path_is_set_back_to_what_it_was() -> None:
    assert "set_config('search_path', 'app, public', false)" in to_sql(
        leave_namespace("app, public")
    )


def test_empty_path_is_set_back_to_the_empty_one() -> None:
    assert "set_config('search_path', '', false)" in to_sql(leave_namespace(""))


def test_unknown_path_is_reset() -> None:
    assert to_sql(leave_namespace(None)) == "RESET search_path"
