"""What depends on a branch's objects, by foreign key, view or otherwise."""

from collections.abc import Collection

from sqlalchemy import Connection

from ..catalog.objects import DatabaseObject, read_objects
from ..catalog.queries import (
    Column,
    find_standing,
    read_column_dependents,
    read_dependents,
)
from ..namespaces.ownership import (
    Dependents,
    Ownership,
    find_foreign_parts,
    read_ownership,
    read_plugin_objects,
    sort_dependents,
)
from ..plugin import HOST
from ..registry.tables import Tables
from .session import Session


def read_session_ownership(connection: Connection, tables: Tables, session: Session) -> Ownership:
    """Return what tells whose objects are, with what was found out of plugins of other tools."""
    known = read_ownership(connection, tables, session.state)
    inferred = (row for found in session.inferred.values() for row in found.rows)
    return Ownership(known.plugins.values(), known.host_schema, (*inferred, *known.recorded))


def find_dependents(
    connection: Connection, tables: Tables, session: Session, name: str
) -> Dependents:
    """Return what elsewhere depends on the objects of a plugin, set aside or not."""
    ownership = read_session_ownership(connection, tables, session)
    owned = read_plugin_objects(connection, ownership, name)
    return find_users(connection, ownership, owned.objects, [name], owned.columns)


def find_users(
    connection: Connection,
    ownership: Ownership,
    objects: Collection[DatabaseObject],
    going: Collection[str],
    columns: Collection[Column] = (),
) -> Dependents:
    """Return what would be lost of others if objects and columns were dropped, by its branch.

    What belongs to branches that are `going` is not among it, nor what stands in their own schemas
    and nobody has made: that is told by itself, and what hangs on it goes along with it.
    """
    keys = {item.key for item in objects}
    found = read_dependents(connection, keys) + read_column_dependents(connection, columns)
    parts = find_foreign_parts(connection, ownership, keys, going)
    homes = {ownership.find_schema(name) for name in going} - {None}
    others = [
        item
        for item in dict.fromkeys((*found, *parts))
        if item.item.own_schema not in homes
        or ownership.find_column_owner(item.item, item.number).is_known
    ]
    users = sort_dependents(ownership, others)
    return {owner: items for owner, items in users.items() if owner not in going}


def read_branch_objects(
    connection: Connection, ownership: Ownership, name: str
) -> tuple[DatabaseObject, ...]:
    """Return the objects of a plugin, set aside or not; the host's are those in its schema."""
    if name != HOST:
        return read_plugin_objects(connection, ownership, name).objects
    found = read_objects(connection, find_standing(connection, ownership.host_schema)).values()
    return tuple(item for item in found if ownership.find_owner(item).name == HOST)
