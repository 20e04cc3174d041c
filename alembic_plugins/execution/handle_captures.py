"""Record a revision that was made of what is there."""

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from sqlalchemy import Connection

from ..catalog.objects import read_objects
from ..namespaces.claims import find_claims, make_row
from ..namespaces.object_statements import record_objects, record_place
from ..namespaces.recorded import RecordedObject
from ..planning.captures import CaptureRevision
from ..plugin import HOST
from .context import Context
from .errors import CapturedChanged

if TYPE_CHECKING:
    from .branch_states import BranchState


def record_capture(context: Context, operation: CaptureRevision) -> None:
    """Record a revision, if what it was made of is there still, and what it stands for.

    Raises:
        CapturedChanged: somebody has changed that meanwhile.
    """
    from .branch_states import choose_hanging, read_branch_state  # Few commands need them.

    writer, name = context.writer, operation.plugin
    found = read_branch_state(
        writer.connection,
        context.session,
        writer.tables,
        (writer.versions.name, *writer.tables.names),
        name,
        choose_hanging(operation.objects),
    )
    if found.digest != operation.digest:
        raise CapturedChanged(name)
    context.steps.run(operation, context.plan.nodes)
    if name != HOST:
        _record_objects(context, operation, writer.connection, found)


def _record_objects(
    context: Context, operation: CaptureRevision, connection: Connection, found: "BranchState"
) -> None:
    """Record what nobody is known to have made as made by the revision, and what a sync has."""
    writer = context.writer
    ownership = context.objects.read_ownership()
    claims = find_claims(connection, writer.tables, ownership, operation.plugin)
    for row in claims:
        if row.id is not None:
            writer.execute(record_place(writer.tables, row.id, row.place, writer.epoch))
    known = {row.place for row in ownership.recorded if row.made}
    new = [replace(row, revision=operation.revision) for row in claims if row.id is None]
    known |= {row.place for row in claims}
    new += [row for row in _find_others(operation, connection, found) if row.place not in known]
    if new:
        writer.write(record_objects(writer.tables, new, writer.epoch))
    table = writer.tables.object
    synced = [
        row.id
        for row in ownership.recorded
        if row.plugin == operation.plugin and row.is_by_sync and row.id is not None
    ]
    if synced:
        changed = table.update().where(table.c.id.in_(synced))
        writer.execute(changed.values(revision=operation.revision))
        plugin = writer.pending.plugins[operation.plugin]
        writer.pending.add_installed(replace(plugin, synced=False))


def _find_others(
    operation: CaptureRevision, connection: Connection, found: "BranchState"
) -> Iterator[RecordedObject]:
    """Yield what is the plugin's by its name, and statistics objects, which are on tables."""
    statistics = [key for key in found.full.definitions if key[0] == "statistics object"]
    places = [found.full.places[key] for key in (*operation.objects, *statistics)]
    for item in read_objects(connection, {place[:2] for place in places}).values():
        yield make_row(operation.plugin, operation.revision, item)
