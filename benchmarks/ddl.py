"""What the revisions do: one definition, from which Alembic's code and plain SQL are rendered."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO

import sqlalchemy as sa
from alembic.autogenerate import render_python_code
from alembic.migration import MigrationContext
from alembic.operations import Operations, ops

_SCHEMA = "the_schema_of_the_plugin"
"""Stands for the schema while rendering, since plugins differ in nothing else."""

Change = ops.CreateTableOp | ops.AddColumnOp | ops.CreateIndexOp | ops.AddConstraintOp


@dataclass(frozen=True)
class Texts:
    """What a revision does and how it is taken back, in one language."""

    upgrade: str
    downgrade: str


def render_code(number: int, schema: str | None, *, only_tables: bool) -> Texts:
    """Return the bodies of a revision's functions; without a schema, names are unqualified."""
    found = _render_code(number, _SCHEMA if schema else None, only_tables=only_tables)
    return found if schema is None else _replace_schema(found, schema)


def render_sql(number: int, schema: str, *, only_tables: bool) -> Texts:
    """Return the same as SQL."""
    return _replace_schema(_render_sql(number, only_tables=only_tables), schema)


@cache
def _render_code(number: int, schema: str | None, *, only_tables: bool) -> Texts:
    change = _make_change(number, schema, only_tables=only_tables)
    return Texts(
        render_python_code(ops.UpgradeOps(ops=[change])),
        render_python_code(ops.DowngradeOps(ops=[change.reverse()])),
    )


@cache
def _render_sql(number: int, *, only_tables: bool) -> Texts:
    change = _make_change(number, _SCHEMA, only_tables=only_tables)
    return Texts(_to_sql(change), _to_sql(change.reverse()))


def _to_sql(change: ops.MigrateOperation) -> str:
    buffer = StringIO()
    context = MigrationContext.configure(
        dialect_name="postgresql", opts={"as_sql": True, "output_buffer": buffer}
    )
    Operations(context).invoke(change)
    return buffer.getvalue().strip()


def _replace_schema(texts: Texts, schema: str) -> Texts:
    return Texts(texts.upgrade.replace(_SCHEMA, schema), texts.downgrade.replace(_SCHEMA, schema))


def _make_change(number: int, schema: str | None, *, only_tables: bool) -> Change:
    """Return what a revision does.

    Five revisions make a table and work on it. Where revisions may run in one order or another,
    as before a merge, each makes a table of its own.
    """
    if only_tables:
        return _create_table(number, schema)
    return _KINDS[number % len(_KINDS)](number // len(_KINDS), schema)


def _define_table(
    number: int, schema: str | None, more: Sequence[sa.Column[object]] = ()
) -> sa.Table:
    return sa.Table(
        f"things_{number}",
        sa.MetaData(schema=schema),
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("parent_id", sa.BigInteger()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("price", sa.Numeric(12, 2), nullable=False, server_default=sa.text("0")),
        sa.Column("made_at", sa.DateTime(timezone=True), server_default=sa.func.now()),
        *more,
        sa.PrimaryKeyConstraint("id", name=f"things_{number}_pkey"),
    )


def _create_table(number: int, schema: str | None) -> ops.CreateTableOp:
    return ops.CreateTableOp.from_table(_define_table(number, schema))


def _add_column(number: int, schema: str | None) -> ops.AddColumnOp:
    return ops.AddColumnOp(f"things_{number}", sa.Column("code", sa.String(40)), schema=schema)


def _create_index(number: int, schema: str | None) -> ops.CreateIndexOp:
    return ops.CreateIndexOp(
        f"things_{number}_code_idx", f"things_{number}", ["code", "made_at"], schema=schema
    )


def _add_unique(number: int, schema: str | None) -> ops.AddConstraintOp:
    return ops.CreateUniqueConstraintOp(
        f"things_{number}_name_key", f"things_{number}", ["name", "code"], schema=schema
    )


def _add_foreign_key(number: int, schema: str | None) -> ops.AddConstraintOp:
    """Refer to the table before, or the first one to itself."""
    return ops.CreateForeignKeyOp(
        f"things_{number}_parent_fkey",
        f"things_{number}",
        f"things_{max(0, number - 1)}",
        ["parent_id"],
        ["id"],
        source_schema=schema,
        referent_schema=schema,
    )


_KINDS = (_create_table, _add_column, _create_index, _add_unique, _add_foreign_key)
