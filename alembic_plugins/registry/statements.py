"""The statements that record: what is applied, what is installed, what was done.

They are built here and executed by `alembic_plugins.connection.writer`, which is how they come out
the same online and offline.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Executable,
    Insert,
    Table,
    cast,
    func,
    select,
    text,
)

from ..revisions.source import Source, find_checksum_of_statements
from ..revisions.undo import Undo
from .state import AppliedRevision, InstalledPlugin, Interruption
from .tables import Tables

Duration = int | ColumnElement[int] | None
"""Milliseconds, or what PostgreSQL tells them by; None where nothing has run."""


@cache
def measure_duration(tables: Tables) -> ColumnElement[int]:
    """Return the milliseconds since the transaction began, or since its last revision was recorded.

    PostgreSQL tells them, since revisions are sent ahead of it.
    """
    table = tables.revision
    last = select(table.c.applied_at).order_by(table.c.position.desc()).limit(1)
    now = func.pg_catalog.clock_timestamp()
    since = func.greatest(func.pg_catalog.now(), last.scalar_subquery())
    # A clock that was put back, or somebody's hand, may have left a moment that is to come.
    seconds = func.pg_catalog.date_part("epoch", now - func.least(since, now))
    return cast(func.pg_catalog.round(seconds * 1000), BigInteger)


def record_versions(
    table: Table, before: Collection[str], after: Collection[str]
) -> list[Executable]:
    """Return the statements that take the version table from one set of rows to another."""
    gone = sorted(set(before) - set(after))
    new = sorted(set(after) - set(before))
    column = table.c.version_num
    moved = min(len(gone), len(new))
    statements: list[Executable] = [
        table.update().values(version_num=to).where(column == from_)
        for from_, to in zip(gone, new, strict=False)
    ]
    statements += [table.delete().where(column == revision) for revision in gone[moved:]]
    statements += [table.insert().values(version_num=revision) for revision in new[moved:]]
    return statements


@dataclass(frozen=True)
class Row:
    """A row to insert, or several: the values, and a statement that does for all such rows.

    Apart from its values, a statement is built and compiled once, which takes longer than all else
    that is done for a row.
    """

    statement: Insert
    values: Mapping[str, object]

    @property
    def whole(self) -> Executable:
        """The statement with the values in it."""
        return self.statement.values(self.values)


def record_applied(
    tables: Tables,
    applied: AppliedRevision,
    undo: Undo,
    source: Source | None,
    duration_ms: Duration,
) -> Row:
    """Return the row that remembers an applied revision."""
    values = {
        "revision": applied.revision,
        "plugin": applied.plugin,
        "down_revision": list(applied.down_revision),
        "depends_on": list(applied.depends_on),
        "branch_labels": list(applied.branch_labels),
        "description": applied.description,
        "objects_known": applied.objects_known,
        **describe_file(undo, source),
    }
    if isinstance(duration_ms, ColumnElement):
        return Row(_insert_measured(tables, duration_ms), values)
    return Row(tables.revision.insert(), {**values, "duration_ms": duration_ms})


@cache
def _insert_measured(tables: Tables, duration_ms: ColumnElement[int]) -> Insert:
    return tables.revision.insert().values(duration_ms=duration_ms)


def record_repaired(
    tables: Tables, applied: AppliedRevision, undo: Undo, source: Source | None
) -> Executable:
    """Return the statement that takes a revision to be what its file says now."""
    changed = tables.revision.update().where(tables.revision.c.revision == applied.revision)
    return changed.values(
        down_revision=list(applied.down_revision),
        depends_on=list(applied.depends_on),
        branch_labels=list(applied.branch_labels),
        description=applied.description,
        **describe_file(undo, source),
    )


def describe_file(undo: Undo, source: Source | None) -> dict[str, object]:
    """Return the columns that tell of a revision's file and how to do without it."""
    return {
        "downgrade_sql": None if undo.statements is None else list(undo.statements),
        "downgrade_reason": undo.reason,
        "downgrade_checksum": find_checksum_of_statements(undo.statements),
        "checksum": source.checksum if source else None,
        "source": source.text if source else None,
    }


def record_reverted(tables: Tables, revision: str) -> Executable:
    """Return the statement that forgets a revision that was downgraded."""
    return tables.revision.delete().where(tables.revision.c.revision == revision)


def record_installed(tables: Tables, plugin: InstalledPlugin, *, known: bool) -> Executable:
    """Return the statement that remembers a plugin, which may be known already."""
    values = {
        "package": plugin.package,
        "version": plugin.version,
        "namespace": str(plugin.namespace),
        "schema_created": plugin.schema_created,
        "requires": list(plugin.requires),
        "quarantine": plugin.quarantine,
        "hooks": plugin.hooks,
        "installing": plugin.installing,
        "synced": plugin.synced,
    }
    if known:
        return tables.plugin.update().values(values).where(tables.plugin.c.name == plugin.name)
    return tables.plugin.insert().values(name=plugin.name, **values)


def record_uninstalled(tables: Tables, name: str) -> Executable:
    """Return the statement that forgets a plugin."""
    return tables.plugin.delete().where(tables.plugin.c.name == name)


def record_restored(tables: Tables, revision: str) -> Executable:
    """Return the statement that makes a revision, which is remembered, the one applied last."""
    # An identity column that is always generated takes nothing but this.
    newest = tables.revision.update().values(position=text("DEFAULT"))
    return newest.where(tables.revision.c.revision == revision)


def forget_objects(tables: Tables, plugin: str) -> Executable:
    """Return the statement that forgets whose the objects of a plugin are."""
    return tables.object.delete().where(tables.object.c.plugin == plugin)


def forget_snapshot(tables: Tables, plugin: str) -> Executable:
    """Return the statement that forgets what the objects of a plugin were."""
    return tables.snapshot.delete().where(tables.snapshot.c.plugin == plugin)


def mark_restored(tables: Tables, plugins: Collection[str]) -> Executable:
    """Return the statement that remembers that the objects of plugins come from a backup.

    They have other numbers than when they were recorded, and are printed otherwise.
    """
    table = tables.snapshot
    return table.update().where(table.c.plugin.in_(plugins)).values(epoch="")


def record_event(tables: Tables, event: Mapping[str, object]) -> Executable:
    """Return the statement that adds an event, whose columns `event` gives."""
    return tables.event.insert().values(**event).inline()


def record_interruption(tables: Tables, interruption: Interruption, *, known: bool) -> Executable:
    """Return the statement that writes a revision's entry in the journal."""
    values = {
        "statements": list(interruption.statements),
        "pending": interruption.pending,
        "invalid_before": list(interruption.invalid_before),
    }
    journal = tables.journal
    if known:
        return journal.update().values(values).where(journal.c.revision == interruption.revision)
    return journal.insert().values(
        revision=interruption.revision,
        plugin=interruption.plugin,
        direction=interruption.direction,
        **values,
    )


def delete_interruption(tables: Tables, plugin: str) -> Executable:
    """Return the statement that deletes a plugin's entry in the journal."""
    return tables.journal.delete().where(tables.journal.c.plugin == plugin)
