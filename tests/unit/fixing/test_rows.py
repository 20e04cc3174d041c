"""The queries for rows that do not keep a rule."""

import pytest

from alembic_plugins.catalog.diff import Parts
from alembic_plugins.catalog.drift import Key
from alembic_plugins.fixing.rows import ask_for_rows


def constraint(definition: str) -> tuple[Key, Parts]:
    return ("constraint", "c on shop.items"), {"definition": definition}


def index(definition: str) -> tuple[Key, Parts]:
    return ("index", "shop.i on shop.items"), {"definition": definition}


CASES = [
    (*constraint("CHECK ((n > 0))"), "SELECT * FROM shop.items WHERE NOT ((n > 0))"),
    (*constraint("CHECK ((n > 0)) NO INHERIT"), "SELECT * FROM shop.items WHERE NOT ((n > 0))"),
    (
        *constraint("UNIQUE NULLS NOT DISTINCT (a, b)"),
        "SELECT a, b, count(*) FROM shop.items GROUP BY a, b HAVING count(*) > 1",
    ),
    (
        *constraint('FOREIGN KEY (a, b) REFERENCES shop."other (x)"(c, d) ON DELETE CASCADE'),
        "SELECT * FROM shop.items AS own WHERE NOT EXISTS (SELECT FROM "
        'shop."other (x)" AS target WHERE target.c = own.a AND target.d = own.b) '
        "AND own.a IS NOT NULL AND own.b IS NOT NULL",
    ),
    (
        *index("CREATE UNIQUE INDEX i ON shop.items USING btree (lower(a), b DESC) WHERE (n > 0)"),
        "SELECT lower(a), b, count(*) FROM shop.items WHERE (n > 0) GROUP BY lower(a), b "
        "HAVING count(*) > 1",
    ),
    (("column", 'shop.items."a b"'), {}, 'SELECT * FROM shop.items WHERE "a b" IS NULL'),
    (*constraint("EXCLUDE USING gist (span WITH &&)"), None),
]


@pytest.mark.parametrize(("key", "parts", "query"), CASES)
def test_query_shows_rows_against_a_rule(key: Key, parts: Parts, query: str | None) -> None:
    assert ask_for_rows(key, parts) == query
