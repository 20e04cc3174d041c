"""Tables of others that a plugin's models refer to, and do not have: read from the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Column, Connection, MetaData, Table, inspect
from sqlalchemy.exc import NoReferencedColumnError, NoReferencedTableError, NoSuchTableError

from .errors import UnknownReference


@contextmanager
def complete_references(
    connection: Connection, metadata: MetaData, name: str
) -> Iterator[set[str]]:
    """Let a plugin's `metadata` have the tables that its foreign keys refer to, for a while.

    The block gets the names of the tables that were added.

    Raises:
        UnknownReference: neither the models nor the database have a table or a column.
    """
    added: dict[str, Table] = {}
    try:
        while key := _find_missing(metadata, name):
            added[key] = _reflect(connection, metadata, name, key)
        yield {table.name for table in added.values()}
    finally:
        for table in added.values():
            metadata.remove(table)


def _find_missing(metadata: MetaData, name: str) -> str | None:
    for table in metadata.tables.values():
        for key in table.foreign_keys:
            try:
                _ = key.column
            except NoReferencedTableError as error:
                return error.table_name
            except NoReferencedColumnError as error:
                raise UnknownReference(name, f"{error.table_name}.{error.column_name}") from error
    return None


def _reflect(connection: Connection, metadata: MetaData, name: str, key: str) -> Table:
    """Return a table by its columns alone: what it refers to itself is nobody's business here."""
    schema, _, table = key.rpartition(".")
    try:
        found = inspect(connection).get_columns(table, schema=schema or None)
    except NoSuchTableError as error:
        raise UnknownReference(name, key) from error
    columns = [Column(column["name"], column["type"]) for column in found]
    return Table(table, metadata, *columns, schema=schema or None)
