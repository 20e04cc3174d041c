"""Declared tables in a database of a test's: what is done to them, and what is not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, Table, text

from alembic_plugins.declared.definitions import (
    TableDefinition,
    find_tables,
    read_definitions,
)
from alembic_plugins.declared.planner import TablePlan, plan_tables
from alembic_plugins.declared.tables import Place, read_one
from alembic_plugins.plugin import Schema

Column = Mapping[str, Any]


@dataclass
class Wiki:
    """The tables of a plugin with a schema of its own, beside a table of users in the host's.

    Attributes:
        connection: leads to the database; nothing is committed.
        done: what the last sync has done, in words.
        refused: what it has not done, and why.
    """

    connection: Connection
    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def place(self) -> Place:
        """Where the tables are."""
        return Place("wiki", Schema("wiki"), "public", {})

    def prepare(self) -> "Wiki":
        """Make the schema, and the table of users."""
        self.run("CREATE TABLE users (id serial PRIMARY KEY)", "CREATE SCHEMA wiki")
        return self

    def run(self, *statements: str) -> None:
        """Execute statements."""
        for statement in statements:
            self.connection.execute(text(statement))

    def plan(self, *declared: Table | Mapping[str, Any]) -> tuple[TablePlan, ...]:
        """Return what would be done."""
        context = MigrationContext.configure(self.connection)
        tables = [read_one("wiki", item) for item in declared]
        return plan_tables(context, self.place, tables, lambda _name, _table: None)

    def sync(self, *declared: Table | Mapping[str, Any]) -> "Wiki":
        """Do what is to be done, and remember it in words."""
        plans = self.plan(*declared)
        changes = [change for it in plans for change in it.changes]
        changes += [change for it in plans for change in it.late]
        self.run("SET LOCAL search_path = wiki, public")
        for change in changes:
            for statement in change.statements:
                options = {"no_parameters": True}
                self.connection.exec_driver_sql(statement, execution_options=options)
        self.run("SET LOCAL search_path = public")
        self.done = [str(change) for change in changes]
        self.refused = [
            f"{item.column}: {item.reason}" if item.column else item.reason
            for it in plans
            for item in it.refused
        ]
        return self

    def sync_pages(self, indexes: list[Any] | None = None, /, **columns: Column) -> "Wiki":
        """Sync a single table, by its columns."""
        return self.sync({"name": "pages", "schema": columns, "indexes": indexes or []})

    def read(self, name: str = "pages") -> TableDefinition:
        """Return what a table is."""
        oid = find_tables(self.connection, "wiki", [name])[name].oid
        return read_definitions(self.connection, [oid])[oid]
