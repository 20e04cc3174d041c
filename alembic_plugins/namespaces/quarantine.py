"""The SQL that sets a plugin's objects aside and brings them back."""

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Executable
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateSchema, DropSchema, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import find_partitions, has_schema
from ..plugin import Namespace, Schema
from ..registry.sql import quote_name, raw
from .drops import name_kind

_MOVABLE = (
    *("table", "view", "materialized view", "sequence", "foreign table"),
    *("type", "composite type", "function", "procedure", "aggregate"),
    *("operator", "operator class", "operator family", "collation", "conversion"),
    *("text search configuration", "text search dictionary"),
    *("text search parser", "text search template", "statistics object"),
)
"""What can be moved to another schema; what hangs on a table goes along with it."""


class RenameSchema(ExecutableDDLElement):
    """``ALTER SCHEMA name RENAME TO name``."""

    def __init__(self, name: str, to: str) -> None:
        self.name = name
        self.to = to


@compiles(RenameSchema)
def _compile_rename(element: RenameSchema, compiler: DDLCompiler, **_options: object) -> str:
    quote = compiler.preparer.quote
    return f"ALTER SCHEMA {quote(element.name)} RENAME TO {quote(element.to)}"


def find_quarantine(name: str) -> str:
    """Return the schema in which a plugin is set aside."""
    return f"quarantine_{name}"


def find_namespace_schema(namespace: Namespace, host_schema: str) -> str:
    """Return the schema that a plugin's objects are moved out of, and back to."""
    return namespace.name if isinstance(namespace, Schema) else host_schema


def is_movable(item: DatabaseObject) -> bool:
    """Tell whether an object can be moved to another schema by itself."""
    return item.kind in _MOVABLE and not item.is_part


def set_aside(
    connection: Connection, namespace: Namespace, schema: str, items: Iterable[DatabaseObject]
) -> Iterator[Executable]:
    """Yield what moves a plugin's objects out of its namespace, into a schema made for them.

    A schema of its own is renamed, with all that is in it. What is elsewhere stays there.
    """
    if isinstance(namespace, Schema) and namespace.create:
        yield RenameSchema(namespace.name, schema)
        return
    yield CreateSchema(schema)
    yield from _move(connection, items, schema)


def bring_back(
    connection: Connection,
    namespace: Namespace,
    schema: str,
    host_schema: str,
    items: Iterable[DatabaseObject],
) -> Iterator[Executable]:
    """Yield what undoes `set_aside`; a prefix's objects come back to `host_schema`."""
    if isinstance(namespace, Schema) and namespace.create:
        yield RenameSchema(schema, namespace.name)
        return
    target = find_namespace_schema(namespace, host_schema)
    if not has_schema(connection, Schema(target, create=False)):
        yield CreateSchema(target)
    yield from _move(connection, (item for item in items if item.schema == schema), target)
    yield DropSchema(schema)


def _move(
    connection: Connection, items: Iterable[DatabaseObject], schema: str
) -> Iterator[Executable]:
    movable = [item for item in items if is_movable(item) and item.schema != schema]
    partitions = read_objects(connection, find_partitions(connection, movable)).values()
    # Partitions are not taken along with their table, and stay where they are on their own.
    beside = {item.schema for item in movable}
    for item in {i.key: i for i in (*partitions, *movable) if i.schema in beside}.values():
        yield raw(f"ALTER {name_kind(item)} {item.identity} SET SCHEMA {quote_name(schema)}")
