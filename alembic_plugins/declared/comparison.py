"""Declared tables beside those of the database; Alembic compares columns and foreign keys."""

import warnings
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alembic.autogenerate import produce_migrations
from alembic.operations import MigrateOperation, ops
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    BLANK_SCHEMA,
    Column,
    Connection,
    ForeignKeyConstraint,
    MetaData,
    Table,
    func,
    select,
)
from sqlalchemy.types import TypeEngine

from .. import _alembic
from .definitions import TableDefinition

Operations = Mapping[str, Sequence[MigrateOperation]]
"""What Alembic would do to tables, by name."""


@dataclass(frozen=True)
class Comparison:
    """A table of the database beside the one that is declared.

    Attributes:
        table: the declared one.
        before: what it is.
        after: what it is to be.
        operations: what Alembic would do to its columns and foreign keys.
        late: the foreign keys that can only come after other tables.
        known: the tables that the database has of those that they refer to.
        only: the columns that it is about; None is the whole table.
    """

    table: Table
    before: TableDefinition
    after: TableDefinition
    operations: Sequence[MigrateOperation]
    late: Collection[ForeignKeyConstraint]
    known: Collection[str]
    only: Collection[str] | None = None

    @property
    def is_whole(self) -> bool:
        """Whether what is not declared is to be told of, too."""
        return self.only is None

    def is_about(self, column: str) -> bool:
        """Tell whether it is about a column."""
        return self.only is None or column in self.only


def compare_columns(
    connection: Connection,
    tables: Collection[Table],
    definitions: Mapping[str, tuple[TableDefinition, TableDefinition]],
    only: Collection[str] | None = None,
) -> Operations:
    """Return what Alembic would do to the columns and foreign keys of tables that are there.

    Types are compared by PostgreSQL's own words for them. Defaults, of which Alembic asks whether
    their values are equal, are not compared: no two values of `gen_random_uuid()` are.

    Args:
        connection: leads to the database, in a transaction whose search path may be changed.
        tables: the tables, with what they refer to in their metadata.
        definitions: what each is, and what it is to be, by name.
        only: the columns that are compared; None is all.
    """
    default = connection.dialect.default_schema_name
    # By the search path, PostgreSQL tells whether a foreign key refers to the default schema.
    path = func.pg_catalog.quote_ident(default)
    connection.execute(select(func.pg_catalog.set_config("search_path", path, True)))
    wanted = {(_shorten(table.schema, default), table.name) for table in tables}

    def include_name(name: str | None, type_: str, parents: dict[str, Any]) -> bool:
        if type_ == "schema":
            return any(schema == name for schema, _ in wanted)
        if type_ == "table":
            return (parents["schema_name"], name) in wanted
        return type_ != "column" or only is None or name in only

    def include_object(
        item: Any,  # noqa: ANN401 - Alembic passes any schema item
        name: str | None,
        type_: str,
        _reflected: bool,
        _compare_to: object,
    ) -> bool:
        if type_ == "table":
            return (item.schema, name) in wanted
        if type_ == "column":
            return only is None or name in only
        return type_ not in ("index", "unique_constraint")

    def compare_type(
        _context: MigrationContext,
        found: Column[Any],
        declared: Column[Any],
        _found_type: TypeEngine[Any],
        _declared_type: TypeEngine[Any],
    ) -> bool:
        before, after = definitions[found.table.name]
        return before.columns[found.name].type != after.columns[declared.name].type

    options = {
        "include_schemas": True,
        "include_name": include_name,
        "include_object": include_object,
        "compare_type": compare_type,
        "compare_server_default": False,
        _alembic.COMPARED: None,
    }
    context = MigrationContext.configure(connection, opts=options)
    with warnings.catch_warnings():
        # Types that SQLAlchemy does not know are compared by words.
        warnings.simplefilter("ignore")
        found = produce_migrations(context, _copy(tables, default)).upgrade_ops
    assert found is not None  # noqa: S101 - there is one for each metadata
    changed = [item for item in found.ops if isinstance(item, ops.ModifyTableOps)]
    return {item.table_name: item.ops for item in changed}


def _copy(tables: Collection[Table], default: str | None) -> MetaData:
    """Return tables, and those that they refer to, without the default schema, as in Alembic."""

    def shorten(_table: Table, _to: str | None, _key: object, schema: str | None) -> object:
        return _shorten(schema, default) or BLANK_SCHEMA

    copy = MetaData()
    for metadata in {table.metadata for table in tables}:
        for table in metadata.tables.values():
            table.to_metadata(
                copy,
                schema=_shorten(table.schema, default),  # type: ignore[arg-type]  # None is one
                referred_schema_fn=shorten,  # type: ignore[arg-type]  # None would leave it
            )
    return copy


def _shorten(schema: str | None, default: str | None) -> str | None:
    return None if schema == default else schema
