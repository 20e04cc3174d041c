"""Tables of others that a plugin's models refer to, and do not have: read from the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from sqlalchemy import ARRAY, Column, Connection, Enum, MetaData, Table, inspect
from sqlalchemy.dialects.postgresql import ENUM
from sqlalchemy.engine import Inspector
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
    inspector = inspect(connection)
    try:
        found = inspector.get_columns(table, schema=schema or None)
    except NoSuchTableError as error:
        raise UnknownReference(name, key) from error
    columns = [Column(column["name"], _place(inspector, column["type"])) for column in found]
    return Table(table, metadata, *columns, schema=schema or None)


def _place(inspector: Inspector, type_: Any) -> Any:  # noqa: ANN401 - a type of a column
    """Let an enum say where it is: without a schema, it would be one of the plugin's models."""
    if isinstance(type_, ARRAY):
        type_.item_type = _place(inspector, type_.item_type)
    if not isinstance(type_, ENUM):
        return type_
    enums = inspector.get_enums("*") if type_.schema is None else ()  # type: ignore[attr-defined]
    visible = (enum["schema"] for enum in enums if enum["visible"] and enum["name"] == type_.name)
    schema = next(visible, type_.schema)
    # Made anew: one that was not made with a schema gets that of the models' MetaData.
    return ENUM(*type_.enums, name=type_.name, schema=schema, create_type=False)


@contextmanager
def leave_out_schema(metadata: MetaData, schema: str) -> Iterator[None]:
    """Let enums of a plugin's `metadata` not name the schema that is the default one, for a while.

    The database tells them so, and SQLAlchemy gives an enum the schema that its table names.
    """
    columns = [column for table in metadata.tables.values() for column in table.columns]
    given = [(column, column.type, _leave_out(column.type, schema)) for column in columns]
    changed = [(*item, repr(item[2])) for item in given if item[1] is not item[2]]
    for column, _, type_, _ in changed:
        column.type = type_
    try:
        yield
    finally:
        for column, type_, meanwhile, words in changed:
            # What an extension has made of it is written into the file after this.
            if column.type is meanwhile and repr(meanwhile) == words:
                column.type = type_


def _leave_out(type_: Any, schema: str) -> Any:  # noqa: ANN401 - a type of a column
    """Return the type without the schema: a copy, since dialects remember what they know of one."""
    name, value = "schema", None
    if isinstance(type_, ARRAY):
        name, value = "item_type", _leave_out(type_.item_type, schema)
    elif not isinstance(type_, Enum) or type_.schema != schema:
        return type_
    changed = copy(type_)
    setattr(changed, name, value)
    return changed
