"""Record parts of what the objects of a branch are, and keep all else that was recorded."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable, select

from ..catalog.drift import Key
from ..registry.tables import Tables
from .comparisons import join_key


@dataclass(frozen=True)
class Snapshot:
    """What was recorded of the objects of a branch, in the form in which it is kept.

    Attributes:
        definitions: what they are.
        notes: owners, privileges, comments ...
        places: where they are.
        epoch: where these numbers hold.
    """

    definitions: dict[str, dict[str, str]]
    notes: dict[str, dict[str, Any]]
    places: dict[str, Sequence[int]]
    epoch: str

    def record(
        self, key: Key, part: str | None, found: Mapping[Key, Mapping[str, str]], *, is_note: bool
    ) -> None:
        """Record a part of an object as it is; without a part, all of it."""
        kept: dict[str, dict[str, Any]] = self.notes if is_note else self.definitions
        name, now = join_key(key), dict(found.get(key, {}))
        if part is not None:
            words = now.get(part)
            now = {**kept.get(name, {}), **({part: words} if words is not None else {})}
            if words is None:
                now.pop(part, None)
        if now or not is_note:
            kept[name] = now
        else:
            kept.pop(name, None)


def read_parts(connection: Connection, tables: Tables, branch: str) -> Snapshot | None:
    """Return what was recorded of the objects of a branch; None is nothing."""
    table = tables.snapshot
    columns = (table.c.definitions, table.c.notes, table.c.places, table.c.epoch)
    row = connection.execute(select(*columns).where(table.c.plugin == branch)).first()
    return Snapshot(*row) if row else None


def record_parts(tables: Tables, branch: str, found: Snapshot) -> Executable:
    """Return the statement that records what the objects of a branch are."""
    changed = tables.snapshot.update().where(tables.snapshot.c.plugin == branch)
    return changed.values(definitions=found.definitions, notes=found.notes, places=found.places)
