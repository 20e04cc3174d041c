"""Put together who checks a transaction."""

from sqlalchemy import Connection

from ..catalog.oids import PG_CLASS
from .changes import Footprint
from .foreign_keys import find_explained
from .inheritance import find_descendants
from .permissions import Permissions
from .rules import Checker


def make_checker(connection: Connection, footprint: Footprint, permissions: Permissions) -> Checker:
    """Return who checks what a transaction has done.

    Args:
        connection: the one that has the transaction.
        footprint: what it has done.
        permissions: what its branches may do.
    """
    checker = Checker(footprint, permissions)
    written = checker.find_written()
    others = {
        c.key: c
        for c in checker.changes
        if c.key[0] == PG_CLASS
        and c.key not in written
        and ("RowExclusiveLock" in c.modes or checker.is_read(c))
    }
    owners = {key: permissions.find_owner(c.item) for key, c in others.items()}
    explained = find_explained(connection, written, others, owners)
    descendants = find_descendants(connection, written, checker.find_other_locks())
    return Checker(footprint, permissions, explained, descendants)
