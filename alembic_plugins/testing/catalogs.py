"""What is in a whole database, and how it differs from another one."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

from ..catalog.diff import Catalog, find_differences
from ..catalog.snapshot import read_catalog_of
from .failures import fail

# The schemas that are not PostgreSQL's own, and what is in them that is no table of ours.
_SCHEMAS = text("""
    SELECT nspname FROM pg_catalog.pg_namespace
    WHERE nspname NOT LIKE 'pg\\_%' AND nspname <> 'information_schema' ORDER BY nspname
""")
_RELATIONS = text("""
    SELECT c.oid FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = ANY (CAST(:schemas AS text[])) AND c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
      AND c.relname NOT LIKE 'alembic\\_%'
""")

MOST = 10
"""As many differences are told."""


def read_all(connection: Connection) -> Catalog:
    """Return the definition of all that is in a database, but for Alembic's tables and ours."""
    connection.rollback()
    schemas = connection.scalars(_SCHEMAS).all()
    relations = connection.scalars(_RELATIONS, {"schemas": schemas}).all()
    catalog = dict(read_catalog_of(connection, relations, schemas))
    connection.rollback()
    return {**catalog, **{("schema", name): "SCHEMA" for name in schemas}}


def compare(expected: Catalog, found: Catalog, words: str) -> None:
    """Fail where a database is another one than expected."""
    differences = find_differences(expected, found)
    if differences:
        lines = [f"  {each}" for each in differences]
        fail(f"{words}, the database is another one:", *lines[:MOST], *count_rest(lines))


def count_rest(lines: Sequence[object]) -> list[str]:
    """Return a line that counts what is not told."""
    return [f"  and {len(lines) - MOST} more"] if len(lines) > MOST else []
