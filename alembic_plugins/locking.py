"""One migration at a time: a session advisory lock on a connection of its own.

The connection is its own so that no commit, rollback or `autocommit_block()` of a revision can end
it. It is tried for again and again instead of waited for: a session that waits inside a statement
holds a snapshot, for which CREATE INDEX CONCURRENTLY in the holder would wait in turn.
"""

import os
import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from zlib import crc32

from sqlalchemy import Connection, bindparam, text
from sqlalchemy.exc import DBAPIError

from .refusals import LockLost, LockTimeout, PooledConnection

_CLASS = crc32(b"alembic_plugins") & 0x7FFFFFFF
"""The first half of the lock's key; the second is made of the version table's name."""

_SHORTEST_NAP_SECONDS = 0.05
_LONGEST_NAP_SECONDS = 1.0
_REPORT_SECONDS = 10.0

_TRY = text("SELECT pg_try_advisory_lock(:class, :object), pg_backend_pid()").bindparams(
    bindparam("class"), bindparam("object")
)

_UNLOCK = text("SELECT pg_advisory_unlock(:class, :object), pg_backend_pid()").bindparams(
    bindparam("class"), bindparam("object")
)

_NAME_SESSION = text("SELECT set_config('application_name', :name, false)")

_PID = text("SELECT pg_backend_pid()")

# Who holds the lock. Its connection is opened for it, so that it is as old as the wait for it.
_HOLDER = text("""
    SELECT a.pid, a.application_name, a.backend_start
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :class AND l.objid = :object
      AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
""").bindparams(bindparam("class"), bindparam("object"))


@dataclass(frozen=True)
class Holder:
    """Who holds the lock: backend, the application's name for itself, and since when at most."""

    pid: int
    application_name: str
    since: datetime

    def __str__(self) -> str:
        return f"process {self.pid}, '{self.application_name}', since {self.since:%H:%M:%S%z}"


@contextmanager
def hold_lock(
    connection: Connection, name: str, wait_seconds: float, report: Callable[[str], None]
) -> Iterator[None]:
    """Hold the lock that is about a version table, as long as the block runs.

    Args:
        connection: the one that migrates; the lock gets another one of its engine.
        name: the version table's, with its schema.
        wait_seconds: how long to wait for another holder.
        report: told who holds it, after a second of waiting and every ten from then on.

    Raises:
        LockTimeout: another one held it for all that time.
        PooledConnection: statements of one connection reach different sessions of PostgreSQL.
        LockLost: the session that held it ended while the block ran.
    """
    key = {"class": _CLASS, "object": crc32(name.encode()) & 0x7FFFFFFF}
    with connection.engine.connect() as opened:
        locking = opened.execution_options(isolation_level="AUTOCOMMIT")
        label = f"alembic {os.getpid()} on {socket.gethostname()}"[:63]
        locking.execute(_NAME_SESSION, {"name": label})
        pid = _acquire(locking, key, wait_seconds, report)
        _check_not_pooled(connection, locking, pid)
        try:
            yield
        except BaseException:
            _release(locking, key, pid)
            raise
        if not _release(locking, key, pid):
            raise LockLost(name)


def _acquire(
    locking: Connection, key: dict[str, int], wait_seconds: float, report: Callable[[str], None]
) -> int:
    """Return the pid of the session that got the lock."""
    started = time.monotonic()
    next_report = started + 1.0
    nap = _SHORTEST_NAP_SECONDS
    while True:
        acquired, pid = locking.execute(_TRY, key).one()
        if acquired:
            return int(pid)
        now = time.monotonic()
        if now - started >= wait_seconds:
            raise LockTimeout(wait_seconds, str(_find_holder(locking, key)))
        if now >= next_report:
            report(f"Waiting for another migration: {_find_holder(locking, key)}")
            next_report = now + _REPORT_SECONDS
        # Jitter, so that replicas which were started together do not come together each time.
        time.sleep(nap * random.uniform(0.5, 1.0))  # noqa: S311 - nothing secret
        nap = min(nap * 1.5, _LONGEST_NAP_SECONDS)


def _release(locking: Connection, key: dict[str, int], pid: int) -> bool:
    """Release the lock; tell whether it was held until now, by the session that got it."""
    try:
        released, by = locking.execute(_UNLOCK, key).one()
    except DBAPIError:
        return False
    return bool(released) and by == pid


def _find_holder(locking: Connection, key: dict[str, int]) -> Holder | str:
    row = locking.execute(_HOLDER, key).first()
    return Holder(row.pid, row.application_name, row.backend_start) if row else "it has just ended"


def _check_not_pooled(connection: Connection, locking: Connection, pid: int) -> None:
    """Check that a connection is a session, which it is not behind a transaction-pooling proxy.

    There, two connections share a session, or one connection has different ones in turn.
    """
    fresh = not connection.in_transaction()
    migrating = connection.scalar(_PID)
    if fresh:
        connection.rollback()
    if locking.connection.dbapi_connection is connection.connection.dbapi_connection:
        return  # A pool of a single connection has given us the same one again.
    if migrating == pid or locking.scalar(_PID) != pid:
        raise PooledConnection()
