"""How what PostgreSQL prints is taken apart."""

import pytest

from alembic_plugins.catalog.printed import (
    quote_literal,
    split,
    split_field,
    split_list,
    split_name,
    split_on,
)


def test_separators_in_quotes_and_parentheses_do_not_count() -> None:
    assert split("""a numeric(1, 2), "b, c" int, d ', '""", ", ") == [
        "a numeric(1, 2)",
        '"b, c" int',
        "d ', '",
    ]


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("shop.items", ("shop", "items")),
        ("items", ("", "items")),
        ('shop."a.b"', ("shop", '"a.b"')),
        ("shop.add(integer,public.t)", ("shop", "add")),
    ],
)
def test_name_is_without_schema_and_arguments(identity: str, name: tuple[str, str]) -> None:
    assert split_name(identity) == name


def test_name_of_a_relation_may_have_an_on_in_it() -> None:
    assert split_on('"a on b" on shop."c on d"') == ('"a on b"', 'shop."c on d"')


def test_object_that_stands_for_itself_is_on_nothing() -> None:
    assert split_on("shop.items") == ("shop.items", "")


def test_column_may_have_a_dot_in_its_name() -> None:
    assert split_field('shop.items."a.b"') == ("shop.items", '"a.b"')


def test_list_may_be_empty() -> None:
    assert split_list(None) == []
    assert split_list("ENUM ()", "ENUM ") == []


def test_backslash_is_escaped() -> None:
    assert quote_literal("it's \\ here") == r"E'it''s \\ here'"
