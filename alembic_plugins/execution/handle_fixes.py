"""Bring back what was changed by hand, and record that it is what was recorded before."""

from typing import TYPE_CHECKING, NoReturn

from .._base_errors import find_sqlstate
from ..catalog.states import State, Statement
from ..namespaces.comparisons import join_key
from ..namespaces.object_statements import (
    forget_rows,
    record_maker,
    record_place,
)
from ..planning.errors import DriftChanged, FixFailed, RowsAgainst
from ..planning.fixes import FixDrift
from ..registry.tables import FIX_MARK
from .context import Context

if TYPE_CHECKING:
    from .trials import Trial

_AGAINST = "23"
"""How the codes begin by which PostgreSQL tells that rows do not keep a rule."""


def fix_drift(context: Context, operation: FixDrift) -> None:
    """Run what brings objects back, as far as they are what they were when it was planned.

    Each is recorded as made by the revision that has made it before, and where it is by now; all
    else that was recorded stays.

    Raises:
        DriftChanged: somebody has changed something meanwhile.
        RowsAgainst: rows do not keep a rule.
        FixFailed: PostgreSQL refuses a statement for another reason.
        NamespaceViolation: the plugin may not do that.
    """
    from .branch_states import make_digest  # Few commands bring something back.
    from .trials import try_statements

    writer, name = context.writer, operation.plugin
    if make_digest(_read(context, name)) != operation.digest:
        raise DriftChanged(name)
    made = {
        row.words: row for row in context.objects.read_recorded() if row.made and row.plugin == name
    }
    context.monitor.add(operation)
    trial = try_statements(writer.connection, operation.statements)
    if trial.failed:
        _raise(operation, trial)
    context.monitor.check()
    new = [
        row
        for row in context.objects.read_recorded()
        if row.plugin == name and row.revision == FIX_MARK and row.id is not None
    ]
    for row in new:
        known = made.get(row.words)
        writer.write(record_maker(writer.tables, row.id or 0, known.revision if known else None))
    restored = {row.words for row in new}
    gone = [row.id for words, row in made.items() if words in restored and row.id is not None]
    if gone:
        writer.write(forget_rows(writer.tables, gone))
    if operation.replaced:
        _claim(context, operation)
    _record(context, operation)


def _claim(context: Context, operation: FixDrift) -> None:
    """Record that objects are the plugin's that stand for those that were recorded."""
    from ..namespaces.claims import find_claims

    writer, words = context.writer, {f"{kind} {name}" for kind, name in operation.replaced}
    ownership = context.objects.read_ownership()
    for row in find_claims(writer.connection, writer.tables, ownership, operation.plugin):
        if row.id is not None and row.words in words:
            writer.write(record_place(writer.tables, row.id, row.place, writer.epoch))


def _read(context: Context, name: str) -> State:
    from .branch_states import read_branch_states

    writer = context.writer
    ours = (writer.versions.name, *writer.tables.names)
    facts = (writer.connection, context.session, writer.tables, ours, [name])
    return read_branch_states(*facts).get(name, State({}))


def _record(context: Context, operation: FixDrift) -> None:
    """Record what was brought back as PostgreSQL prints it now, and where it is.

    What is made of a printed definition may be printed otherwise, and be the same.
    """
    from ..namespaces.snapshot_parts import read_parts, record_parts

    writer = context.writer
    snapshot = read_parts(writer.connection, writer.tables, operation.plugin)
    found = _read(context, operation.plugin)
    if snapshot is None:
        return
    is_here = snapshot.epoch == writer.epoch
    for part in operation.parts:
        if part.key not in found.definitions:
            continue
        states = found.notes if part.is_note else found.definitions
        snapshot.record(part.key, part.name, states, is_note=part.is_note)
        if part.name is None and is_here:
            snapshot.record(part.key, None, found.notes, is_note=True)
    made = {key for it in operation.statements for key in (it.key, *it.members)}
    made |= {part.key for part in operation.parts}
    for key in made & found.places.keys() if is_here else ():
        if join_key(key) in snapshot.definitions:
            snapshot.places[join_key(key)] = found.places[key]
    writer.write(record_parts(writer.tables, operation.plugin, snapshot))


def _raise(operation: FixDrift, trial: "Trial") -> NoReturn:
    """Raise what PostgreSQL says of the first statement that it refuses, rows first."""
    failures = list(zip(trial.failed, trial.errors, strict=True))
    for (statement, reason), error in failures:
        if (find_sqlstate(error.orig) or "").startswith(_AGAINST):
            words = _name(statement)
            raise RowsAgainst(
                operation.plugin, words, reason, _tell(operation, statement)
            ) from error
    (statement, reason), error = failures[0]
    raise FixFailed(operation.plugin, statement.sql, reason) from error


def _name(statement: Statement) -> str:
    kind, identity = statement.key
    return (
        f"NOT NULL of column {identity}" if kind == "column" else f"{kind.capitalize()} {identity}"
    )


def _tell(operation: FixDrift, statement: Statement) -> str:
    """Return how to see the rows that are against a statement."""
    query = operation.queries.get(statement.key)
    return f"See them with '{query}', and correct them" if query else "Correct them"
