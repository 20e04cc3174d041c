"""What revisions have made that another tool has run, so that nobody has recorded it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from .recorded import RecordedObject, find_places


@dataclass(frozen=True)
class Inferred:
    """What a plugin's revisions have made, found out later.

    Attributes:
        rows: the objects.
        doubt: why it could not be found out by running the revisions, so that the plugin's
            namespace has to tell; None where it could.
    """

    rows: tuple[RecordedObject, ...]
    doubt: str | None = None


def place_rows(
    connection: Connection, rows: Iterable[RecordedObject]
) -> tuple[RecordedObject, ...]:
    """Return those objects of another database that are here too, by their words."""
    rows = tuple(rows)
    found = find_places(connection, {row.words for row in rows})
    return tuple(
        replace(row, place=found[row.words].place, id=None) for row in rows if row.words in found
    )
