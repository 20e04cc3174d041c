"""SQL with PostgreSQL's own words in it."""

import pytest

from alembic_plugins.registry.sql import raw

from ..builders import DIALECT, to_sent

STATEMENTS = (
    "SELECT 1",
    'DROP TABLE app."a:b"',
    'DROP TABLE app."a::b :c"',
    'DROP TABLE app."a: :-b:"',
    'DROP TABLE app."a\\:b"',
    'DROP ROUTINE app."50%"(integer)',
    'DROP TABLE app."%s %(a)s %%"',
)


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statement_is_sent_as_it_is(statement: str) -> None:
    assert to_sent(raw(statement)) == statement


@pytest.mark.parametrize("statement", STATEMENTS)
def test_statement_has_no_parameters(statement: str) -> None:
    assert raw(statement).compile(dialect=DIALECT).params == {}
