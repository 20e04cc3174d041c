"""What is in the schema of plugin shop, and is changed there by hand."""

from collections.abc import Sequence

from sqlalchemy import NullPool, create_engine

from alembic_plugins.catalog.diff import Catalog
from alembic_plugins.catalog.snapshot import read_catalog
from alembic_plugins.plugin import Namespace, Schema

from .databases import Database

SCHEMA = Schema("shop")


def execute(database: Database, sql: str, path: str = "shop, public") -> None:
    """Change something by hand, with a search path."""
    database.execute(f"SET search_path = {path}; {sql}")


def catalog(database: Database, namespace: Namespace = SCHEMA) -> Catalog:
    """Return the definition of all that is in a namespace."""
    engine = create_engine(database.text, poolclass=NullPool)
    with engine.begin() as connection:
        return read_catalog(connection, namespace)


def dump(database: Database) -> Sequence[str]:
    """Return what is in the schema, as pg_dump has it, in whatever order."""
    return sorted(database.dump("--schema-only", "--schema=shop"))
