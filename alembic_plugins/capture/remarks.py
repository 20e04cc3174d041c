"""What a captured revision may meet elsewhere, in sentences."""

from collections.abc import Collection, Iterator

from sqlalchemy import TextClause

from ..catalog.drift import Key
from ..catalog.note_changes import OF_ROLES, OF_SERVERS
from ..catalog.states import TABLES, Verb, find_table, get
from ..execution.branch_states import BranchState
from ..execution.migrator import Migrator
from ..loading.session import Session
from ..plugin import HOST
from ..registry.sql import raw
from ..reports.verification import BranchVerification
from .changing import Way


def find_remarks(
    migrator: Migrator,
    name: str,
    found: BranchVerification,
    live: BranchState,
    ways: tuple[Way, Way],
) -> Iterator[str]:
    """Yield what is not captured, and what rows elsewhere may have against a revision.

    Args:
        migrator: leads to the live database.
        name: the branch.
        found: what was found of it.
        live: what its objects are.
        ways: what the revision does, up and down.
    """
    up, down = ways
    added = {it.key for it in up.statements if it.verb is Verb.CREATE and it.key[0] == "column"}
    for statement in up.statements:
        if statement.refused and not _is_on_added(up, statement.key, added):
            yield f"In another database, upgrade() fails where there are {statement.refused}."
    for function, way in (("upgrade", up), ("downgrade", down)):
        lost = dict.fromkeys(it.lost for it in way.statements if it.lost)
        if lost:
            yield f"{function}() loses {'; '.join(lost)}."
    yield from _find_filled(migrator, live, up)
    yield from _find_left_out(found)
    yield from _find_declared(migrator.session, name)


def _is_on_added(up: Way, key: Key, added: Collection[Key]) -> bool:
    """Tell whether a constraint or an index is on new columns alone, in which nothing is yet."""
    needed = up.after.needs.get(key, frozenset())
    own = {it for it in needed if it[0] == "column" and find_table(it) == find_table(key)}
    empty = (it for it in own if {"default", "nullability"}.isdisjoint(get(up.after, it)))
    return bool(own) and own <= {*added} and any(empty)


def _find_filled(migrator: Migrator, live: BranchState, up: Way) -> Iterator[str]:
    """Yield which new tables have rows: these are data, and not captured."""
    full = {place: key for key, place in live.full.places.items()}
    tables = [
        full[live.short.places[it.key]][1]
        for it in up.statements
        if it.verb is Verb.CREATE and it.key[0] in TABLES
    ]
    filled = [it for it in tables if migrator.connection.scalar(_ask_for_rows(it))]
    migrator.end_reading()
    if filled:
        yield (
            f"Rows are not captured: those of {', '.join(filled)} are in this database alone. "
            "Where each database needs them, add op.bulk_insert() to upgrade()."
        )


def _ask_for_rows(table: str) -> TextClause:
    return raw(f"SELECT EXISTS (SELECT FROM {table})")  # noqa: S608 - PostgreSQL's own words


def _find_left_out(found: BranchVerification) -> Iterator[str]:
    left_out = [
        item
        for item in found.notes
        if any(f" {part} '" in item.words for part in (*OF_ROLES, *OF_SERVERS))
    ]
    schemas = [item for item in found.notes if item.kind == "schema" and item not in left_out]
    for item in schemas:
        yield f"Not captured, since no revision names its schema: {item.words}."
    if left_out:
        yield (
            "Not captured, since roles and tablespaces are those of one server: "
            f"{'; '.join(item.words for item in left_out)}."
        )


def _find_declared(session: Session, name: str) -> Iterator[str]:
    declared = session.declaration(name) if name != HOST else None
    if declared is not None and declared.tables is not None:
        yield (
            f"From now on revisions make the tables of '{name}': take 'tables' out of its "
            "declaration, since a sync refuses tables that a revision has made."
        )
