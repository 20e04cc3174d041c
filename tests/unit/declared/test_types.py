"""Which types of PostgreSQL take all values of another one."""

import pytest

from alembic_plugins.declared.types import is_wider

WIDER = [
    ("character varying(50)", "character varying(100)"),
    ("character varying(50)", "character varying"),
    ("character varying(50)", "text"),
    ("character varying", "text"),
    ("text", "character varying"),
    ("character(3)", "character(5)"),
    ("bit varying(3)", "bit varying"),
    ("smallint", "integer"),
    ("integer", "bigint"),
    ("bigint", "numeric"),
    ("bigint", "numeric(19,0)"),
    ("integer", "numeric(12,2)"),
    ("smallint", "real"),
    ("integer", "double precision"),
    ("real", "double precision"),
    ("numeric(8,2)", "numeric(10,4)"),
    ("numeric(8,2)", "numeric"),
    ("timestamp(3) with time zone", "timestamp with time zone"),
    ("timestamp(3) without time zone", "timestamp(6) without time zone"),
    ("integer[]", "bigint[]"),
    ("character varying(5)[]", "text[]"),
]

NARROWER = [
    ("character varying(100)", "character varying(50)"),
    ("character varying", "character varying(50)"),
    ("text", "character varying(50)"),
    ("character(3)", "character"),
    ("character(3)", "text"),
    ("bit(3)", "bit(5)"),
    ("bigint", "integer"),
    ("bigint", "double precision"),
    ("integer", "real"),
    ("bigint", "numeric(18,0)"),
    ("integer", "numeric(10,2)"),
    ("numeric", "bigint"),
    ("numeric(8,2)", "numeric(8,4)"),
    ("numeric(8,2)", "numeric(8,1)"),
    ("double precision", "real"),
    ("integer", "text"),
    ("text", "jsonb"),
    ("json", "jsonb"),
    ("timestamp without time zone", "timestamp with time zone"),
    ("timestamp with time zone", "timestamp(3) with time zone"),
    ("date", "timestamp with time zone"),
    ("integer[]", "integer"),
    ("integer", "integer[]"),
    ("wiki.mood", "wiki.level"),
]


@pytest.mark.parametrize(("before", "after"), WIDER)
def test_type_is_wider(before: str, after: str) -> None:
    assert is_wider(before, after)


@pytest.mark.parametrize(("before", "after"), NARROWER)
def test_type_is_not_wider(before: str, after: str) -> None:
    assert not is_wider(before, after)
