"""The SQL that sets a namespace aside and brings it back."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, Executable
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import CreateSchema, DropSchema, ExecutableDDLElement
from sqlalchemy.sql.compiler import DDLCompiler

from .catalog import CatalogObject, read_objects, read_partitions
from .plugin import Namespace, Schema


class RenameSchema(ExecutableDDLElement):
    """``ALTER SCHEMA name RENAME TO name``."""

    def __init__(self, name: str, to: str) -> None:
        self.name = name
        self.to = to


@compiles(RenameSchema)
def _compile_rename(element: RenameSchema, compiler: DDLCompiler, **_options: object) -> str:
    quote = compiler.preparer.quote
    return f"ALTER SCHEMA {quote(element.name)} RENAME TO {quote(element.to)}"


class MoveObject(ExecutableDDLElement):
    """``ALTER kind identity SET SCHEMA name``, in PostgreSQL's own words for the first two."""

    def __init__(self, item: CatalogObject, schema: str) -> None:
        self.item = item
        self.schema = schema


@compiles(MoveObject)
def _compile_move(element: MoveObject, compiler: DDLCompiler, **_options: object) -> str:
    schema = compiler.preparer.quote(element.schema)
    return f"ALTER {element.item.kind} {element.item.identity} SET SCHEMA {schema}"


def find_quarantine(name: str) -> str:
    """Return the schema in which a plugin is set aside."""
    return f"quarantine_{name}"


def set_aside(connection: Connection, namespace: Namespace, schema: str) -> Iterator[Executable]:
    """Yield what moves all that stands in a namespace into another schema, which is made."""
    if isinstance(namespace, Schema):
        yield RenameSchema(namespace.name, schema)
        return
    yield CreateSchema(schema)
    yield from _move(connection, read_objects(connection, namespace), schema)


def bring_back(
    connection: Connection, namespace: Namespace, schema: str, host_schema: str
) -> Iterator[Executable]:
    """Yield what undoes `set_aside`; a prefix's tables come back to `host_schema`."""
    if isinstance(namespace, Schema):
        yield RenameSchema(schema, namespace.name)
        return
    kept = read_objects(connection, Schema(schema, create=False))
    yield from _move(connection, kept, host_schema)
    yield DropSchema(schema)


def _move(
    connection: Connection, objects: Sequence[CatalogObject], schema: str
) -> Iterator[Executable]:
    for item in objects:
        # Partitions are not taken along with their table.
        for partition in read_partitions(connection, item):
            yield MoveObject(partition, schema)
        yield MoveObject(item, schema)
