"""What was restored or made by hand, and is a plugin's since somebody says so."""

from collections.abc import Iterator
from dataclasses import replace

from sqlalchemy import Connection

from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.oids import PG_TYPE
from ..catalog.queries import read_column_names
from ..registry.tables import Tables
from .ownership import Ownership, read_plugin_objects
from .recorded import RecordedObject, find_places, read_gone


def find_claims(
    connection: Connection, tables: Tables, ownership: Ownership, name: str
) -> tuple[RecordedObject, ...]:
    """Return what nobody is recorded to have made and may be a plugin's, as it would be recorded.

    That is what goes by the words of something that the plugin has made and that is gone, as after
    its schema was dropped and restored by hand, and all else that is unknown in its own schema. A
    row that has an id is one of the registry, in its new place.
    """
    found = {row.place: row for row in _find_restored(connection, tables, ownership, name)}
    for item in read_plugin_objects(connection, ownership, name).unknown:
        row = make_row(name, None, item)
        found.setdefault(row.place, row)
    return tuple(sorted(found.values(), key=lambda row: (row.kind, row.identity)))


def make_row(name: str, revision: str | None, item: DatabaseObject) -> RecordedObject:
    """Return what is recorded of an object that a branch has made.

    Of a composite type that is its relation, which is what PostgreSQL changes of it.
    """
    is_composite = item.classid == PG_TYPE and item.root != item.key
    kind = "composite type" if is_composite else item.kind
    place = (*(item.root if is_composite else item.key), 0)
    return RecordedObject(name, revision, True, place, kind, item.identity)


def _find_restored(
    connection: Connection, tables: Tables, ownership: Ownership, name: str
) -> Iterator[RecordedObject]:
    made = ownership.find_made(name)
    objects = read_objects(connection, {place[:2] for place in made})
    columns = read_column_names(connection, [place for place in made if place[2]])
    gone = {
        row.words: row
        for place, row in made.items()
        if place not in columns and (place[2] or place[:2] not in objects)
    }
    gone |= {row.words: row for row in read_gone(connection, tables, name)}
    recorded = {row.place for row in ownership.recorded if row.made}
    for words, item in (find_places(connection, gone) if gone else {}).items():
        if item.place not in recorded:
            yield replace(gone[words], place=item.place)
