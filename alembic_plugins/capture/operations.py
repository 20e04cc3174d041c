"""Alembic's operations for those statements that they say rightly."""

from typing import Any

import sqlalchemy as sa
from alembic.operations import ops

from ..catalog.drift import Key
from ..catalog.printed import split_field, split_name, split_on
from ..catalog.states import TABLES, State, Statement, Verb, get
from .plain import (
    NotPlainError,
    find_name,
    find_text,
    find_type,
    make_column,
    make_constraint,
    split_foreign_key,
)

_ALTERED = ("default", "nullability", "type")
_ON_TABLE = {"constraint", "table", "column"}


def find_operation(
    before: State, after: State, statement: Statement
) -> ops.MigrateOperation | None:
    """Return Alembic's operation for a statement; None where it would not be the same.

    Args:
        before: what objects are before all of the statements.
        after: what they are behind them.
        statement: the statement.
    """
    try:
        if statement.verb is Verb.CREATE:
            return _create(after, statement)
        if statement.verb is Verb.DROP:
            return _drop(before, statement.key)
        if statement.verb is Verb.RENAME:
            return _rename(statement)
        if statement.verb is Verb.ALTER and statement.key[0] == "column":
            return _alter(after, statement)
    except NotPlainError:
        return None
    return None


def _create(after: State, statement: Statement) -> ops.MigrateOperation | None:
    kind, identity = statement.key
    if kind == "table":
        return _create_table(after, statement)
    if kind == "column":
        column = make_column(after, statement.key)
        if statement.members and "identity" not in get(after, statement.key):
            return None
        return ops.AddColumnOp(find_name(split_field(identity)[0]), column)
    definition = get(after, statement.key).get("definition", "")
    if kind == "constraint" and definition.startswith("FOREIGN KEY "):
        if "validity" in get(after, statement.key):
            return None
        own, table = split_on(identity)
        columns, other, others, actions = split_foreign_key(definition)
        options: dict[str, Any] = {**actions}
        return ops.CreateForeignKeyOp(
            find_name(own), find_name(table), other, columns, others, **options
        )
    return None


def _create_table(after: State, statement: Statement) -> ops.MigrateOperation | None:
    if after.definitions[statement.key] != {"kind": "TABLE"}:
        return None
    columns = [make_column(after, it) for it in statement.members if it[0] == "column"]
    constraints = [make_constraint(after, it) for it in statement.members if it[0] == "constraint"]
    items: list[sa.Column[Any] | sa.Constraint] = [*columns, *constraints]
    return ops.CreateTableOp(find_name(statement.key[1]), items)


def _drop(before: State, key: Key) -> ops.MigrateOperation | None:
    kind, identity = key
    if kind in TABLES:
        return ops.DropTableOp(find_name(identity)) if kind == "table" else None
    if kind == "column":
        table, name = split_field(identity)
        return ops.DropColumnOp(find_name(table), find_name(name))
    if kind == "constraint" and before.find_table_key(split_on(identity)[1]):
        own, table = split_on(identity)
        return ops.DropConstraintOp(find_name(own), find_name(table))
    return None


def _rename(statement: Statement) -> ops.MigrateOperation | None:
    kind, identity = statement.key
    head, found, new = statement.sql.partition(" RENAME TO ")
    if kind == "table" and found:
        return ops.RenameTableOp(find_name(split_name(identity)[1]), find_name(new))
    head, found, new = statement.sql.partition(" RENAME COLUMN ")
    if kind == "column" and found:
        table = find_name(head.removeprefix("ALTER TABLE "))
        name = split_field(identity)[1]
        renamed = new.removeprefix(f"{name} TO ")
        return ops.AlterColumnOp(table, find_name(name), modify_name=find_name(renamed))
    return None


def _alter(after: State, statement: Statement) -> ops.MigrateOperation | None:
    table, name = (find_name(it) for it in split_field(statement.key[1]))
    parts = get(after, statement.key)
    words = statement.sql.partition(" ALTER COLUMN ")[2]
    if statement.part == "nullability" and "validity" not in parts:
        return ops.AlterColumnOp(table, name, modify_nullable="nullability" not in parts)
    if statement.part == "default":
        if words.endswith(" DROP DEFAULT"):
            return ops.AlterColumnOp(table, name, modify_server_default=None)
        default = sa.DefaultClause(find_text(parts["default"].removeprefix("DEFAULT ")))
        return ops.AlterColumnOp(table, name, modify_server_default=default)
    if statement.part == "type" and words.endswith(f" TYPE {parts['type']}"):
        return ops.AlterColumnOp(table, name, modify_type=find_type(parts["type"]))
    return None
