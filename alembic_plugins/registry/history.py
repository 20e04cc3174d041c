"""What the registry remembers besides: what was done, files as they were, and their downgrades.

It may be much, and is read when it is wanted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Column, Connection, Label, Row, Table, Text, case, cast, func, select

from ..revisions.source import find_checksum_of_statements
from ..revisions.undo import Undo
from .errors import TamperedUndo
from .rows import skip_damaged
from .tables import Tables, is_since

EMPTY_DOWNGRADE = "its downgrade() does nothing"

_MOMENT = "moment"
_MOMENTS = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
"""What Python has of moments; PostgreSQL has others, and infinite ones."""


@dataclass(frozen=True)
class Event:
    """A row of `alembic_plugin_event`: something was done, or failed.

    Attributes:
        plugin: the branch: a plugin's name, or ``host``.
        action: what was done: ``install``, ``upgrade``, ``downgrade``, ``uninstall`` ...
        from_revisions: the branch's heads before.
        to_revisions: its heads after it.
        outcome: ``done`` or ``failed``.
        detail: why it failed; None where it did not.
        happened_at: when it ended.
        happened_by: the role of the session.
        duration_ms: how long it took, in milliseconds; None where that is not known.
    """

    plugin: str
    action: str
    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    outcome: str
    detail: str | None
    happened_at: datetime
    happened_by: str
    duration_ms: int | None


def read_events(
    connection: Connection, tables: Tables, plugin: str | None, former: str | None = None
) -> tuple[Event, ...]:
    """Return the events of a plugin, or of all, in the order in which they happened.

    Those of a plugin that is to be renamed have its `former` name, but for what has failed of that.
    """
    event = tables.event
    moment = event.c.happened_at
    others = [column for column in event.c if column is not moment]
    told = _select_told(moment)
    query = select(*others, told, cast(moment, Text).label(_MOMENT)).order_by(event.c.id)
    if plugin is not None:
        query = query.where(event.c.plugin.in_({plugin, former or plugin}))
    rows = skip_damaged(connection.execute(query), event, _find_fault)
    return tuple(
        Event(
            **{
                **{name: fields[name] for name in Event.__dataclass_fields__},
                "from_revisions": tuple(fields["from_revisions"]),
                "to_revisions": tuple(fields["to_revisions"]),
            }
        )
        for fields in rows
    )


def _select_told(moment: Column[datetime]) -> Label[datetime]:
    """Select a moment as far as Python has it."""
    return case((moment.between(*_MOMENTS), moment)).label(moment.name)


@dataclass(frozen=True)
class Application:
    """How a revision was applied, and whether it can be downgraded without its file.

    Attributes:
        applied_at: when that was; None where it is not known.
        applied_by: the role of the session.
        duration_ms: how long it took, in milliseconds; None where that is not known.
        irreversible: why nothing downgrades it; None where something does.
    """

    applied_at: datetime | None
    applied_by: str | None
    duration_ms: int | None
    irreversible: str | None


def read_applications(connection: Connection, tables: Tables) -> Mapping[str, Application]:
    """Return how revisions were applied, by id."""
    columns = tables.revision.c
    statements = func.coalesce(func.cardinality(columns.downgrade_sql), 0).label("statements")
    told = (_select_told(columns.applied_at), columns.applied_by, columns.duration_ms)
    query = select(columns.revision, *told, columns.downgrade_reason, statements)
    return {
        row.revision: Application(
            row.applied_at,
            row.applied_by,
            row.duration_ms,
            None if row.statements else row.downgrade_reason or EMPTY_DOWNGRADE,
        )
        for row in connection.execute(query)
    }


def _find_fault(fields: Mapping[str, Any]) -> str | None:
    moment = fields[_MOMENT]
    is_read = fields["happened_at"] is not None or moment is None
    return None if is_read else f"its happened_at is '{moment}'"


def read_undo(connection: Connection, tables: Tables, revision: str, version: int) -> Undo:
    """Return what downgrades a revision that is applied.

    Raises:
        TamperedUndo: the statements are not those that were recorded.
    """
    table = tables.revision
    columns = _undo_columns(table, version)
    row = connection.execute(select(*columns).where(table.c.revision == revision)).one()
    if _is_tampered(row):
        raise TamperedUndo(row.plugin, revision)
    return Undo(_statements(row), row.downgrade_reason)


def read_sources(
    connection: Connection, tables: Tables, revisions: Sequence[str]
) -> Mapping[str, str]:
    """Return the files of applied revisions as they were then, by id, where they are remembered."""
    table = tables.revision
    chosen = table.c.revision.in_(revisions) & table.c.source.is_not(None)
    rows = connection.execute(select(table.c.revision, table.c.source).where(chosen))
    return {row.revision: row.source for row in rows}


@dataclass(frozen=True)
class Irreversible:
    """Why a revision cannot be downgraded; `is_empty` where its downgrade() does nothing."""

    words: str
    is_empty: bool = False


def read_irreversible(
    connection: Connection, tables: Tables, plugin: str, version: int, *, orphaned: bool
) -> Mapping[str, Irreversible]:
    """Return, by id, why revisions of a plugin cannot be downgraded.

    Only of one that is `orphaned` does what is remembered have to be what was recorded.
    """
    table = tables.revision
    columns = [table.c.revision, *_undo_columns(table, version)]
    found = {}
    for row in connection.execute(select(*columns).where(table.c.plugin == plugin)):
        if orphaned and _is_tampered(row):
            found[row.revision] = Irreversible("the SQL that is remembered for that was changed")
        elif not row.downgrade_sql:
            reason = row.downgrade_reason
            words = reason or EMPTY_DOWNGRADE
            found[row.revision] = Irreversible(words, is_empty=not reason)
    return found


def _undo_columns(table: Table, version: int) -> list[Column[Any]]:
    names = ("plugin", "downgrade_sql", "downgrade_reason", "downgrade_checksum")
    return [table.c[name] for name in names if is_since(table.c[name], version)]


def _is_tampered(row: Row[Any]) -> bool:
    checksum = row._mapping.get("downgrade_checksum")
    return bool(checksum) and checksum != find_checksum_of_statements(_statements(row))


def _statements(row: Row[Any]) -> tuple[str, ...] | None:
    return None if row.downgrade_sql is None else tuple(row.downgrade_sql)
