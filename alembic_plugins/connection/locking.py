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

from sqlalchemy import Connection, TextClause, bindparam, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import StaticPool

from .blockers import tell_blockers
from .errors import LockLost, LockTimeout, NoSecondConnection, PooledConnection

_CLASS = crc32(b"alembic_plugins") & 0x7FFFFFFF
"""The first half of the lock's key, and one more that of the second lock's; the other half is
made of the version table's name."""

_SHORTEST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 1.0
_PATIENCE_SECONDS = 1.0

_TRY = text(
    "SELECT pg_catalog.pg_try_advisory_lock(:class, :object), pg_catalog.pg_backend_pid()"
).bindparams(bindparam("class"), bindparam("object"))

_UNLOCK = text(
    "SELECT pg_catalog.pg_advisory_unlock(:class, :object), pg_catalog.pg_backend_pid()"
).bindparams(bindparam("class"), bindparam("object"))

# The second lock, for as long as a transaction lasts that is the caller's.
_KEEP = text("SELECT pg_catalog.pg_advisory_xact_lock(:class, :object)").bindparams(
    bindparam("class"), bindparam("object")
)

# It does nothing but hold the lock, for as long as that takes.
_SET_UP_SESSION = text("""
    SELECT pg_catalog.set_config('application_name', :name, false),
           pg_catalog.set_config('idle_session_timeout', '0', false)
""")

_PID = text("SELECT pg_catalog.pg_backend_pid()")

# Who holds the lock. Its connection is opened for it, so that it is as old as the wait for it.
_HOLDER = text("""
    SELECT a.pid, a.application_name, a.backend_start
    FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid
    WHERE l.locktype = 'advisory' AND l.granted AND l.classid = :class AND l.objid = :object
      AND l.database = (SELECT d.oid FROM pg_catalog.pg_database d
                        WHERE d.datname = pg_catalog.current_database())
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
) -> Iterator[Connection | None]:
    """Hold the lock that is about a version table, as long as the block runs.

    The block gets the connection that holds it, which sees what is committed and nothing else, or
    None where there is none but that which migrates.

    The connection that migrates holds a second lock: the server may go on for a while with what a
    killed process has sent it, when the first lock is free already. Where its transaction is the
    caller's, that one is held until it ends.

    Args:
        connection: the one that migrates; the lock gets another one of its engine.
        name: the version table's, with its schema.
        wait_seconds: how long to wait for another holder.
        report: told who holds it, after a second of waiting and every second or so from then on;
            likewise who holds what the block has to wait for.

    Raises:
        LockTimeout: another one held it for all that time.
        NoSecondConnection: the engine's pool has none left.
        PooledConnection: statements of one connection reach different sessions of PostgreSQL.
        LockLost: the session that held it ended while the block ran.
    """
    first = {"class": _CLASS, "object": crc32(name.encode()) & 0x7FFFFFFF}
    second = {"class": _CLASS + 1, "object": first["object"]}
    wait = _Wait(wait_seconds, report)
    if isinstance(connection.engine.pool, StaticPool):
        # The pool has no other connection.
        with _held(connection, first, wait, name), _held(connection, second, wait, name):
            yield None
        return
    with _connect_besides(connection) as opened:
        locking = opened.execution_options(isolation_level="AUTOCOMMIT")
        _check_not_pooled(connection, locking)
        label = f"alembic {os.getpid()} on {socket.gethostname()}"[:63]
        locking.execute(_SET_UP_SESSION, {"name": label})
        with (
            _held(locking, first, wait, name),
            _held(connection, second, wait, name) as pid,
            _lost_told(locking, name),
            tell_blockers(connection, locking, pid, report),
        ):
            if connection.in_transaction():
                connection.execute(_KEEP, second)  # Others would not see what is not committed.
            yield locking


@contextmanager
def _lost_told(locking: Connection, name: str) -> Iterator[None]:
    """Say so where what has failed is the session of the lock, and not the one that migrates."""
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated and locking.invalidated:
            raise LockLost(name) from error
        raise


def _connect_besides(connection: Connection) -> Connection:
    try:
        return connection.engine.connect()
    except PoolTimeout as error:
        raise NoSecondConnection from error


class _Wait:
    """How long to wait for locks, all in all, and whom to tell."""

    def __init__(self, seconds: float, report: Callable[[str], None]) -> None:
        self._seconds = seconds
        self._report = report
        self._started = time.monotonic()
        self._first_report = self._started + _PATIENCE_SECONDS
        self._pause = _SHORTEST_PAUSE_SECONDS

    def pause(self, find_holder: Callable[[], object]) -> None:
        """Sleep for a while, or raise `LockTimeout`."""
        now = time.monotonic()
        if now - self._started >= self._seconds:
            raise LockTimeout(self._seconds, str(find_holder()))
        if now >= self._first_report:
            self._report(f"Waiting for another migration: {find_holder()}")
        # Jitter, so that replicas which were started together do not come together each time.
        time.sleep(self._pause * random.uniform(0.5, 1.0))  # noqa: S311 - nothing secret
        self._pause = min(self._pause * 1.5, _LONGEST_PAUSE_SECONDS)


@contextmanager
def _held(connection: Connection, key: dict[str, int], wait: _Wait, name: str) -> Iterator[int]:
    """Hold one lock by the session of a connection, in which no transaction is left open.

    The block gets the pid of the session.
    """
    pid = _acquire(connection, key, wait)
    try:
        yield pid
    except BaseException:
        _release(connection, key, pid)
        raise
    if not _release(connection, key, pid):
        raise LockLost(name)


def _acquire(connection: Connection, key: dict[str, int], wait: _Wait) -> int:
    """Return the pid of the session that got the lock."""
    while True:
        acquired, pid = _ask(connection, _TRY, key)
        if acquired:
            return pid
        wait.pause(lambda: _find_holder(connection, key))


def _release(connection: Connection, key: dict[str, int], pid: int) -> bool:
    """Release the lock; tell whether it was held until now, by the session that got it."""
    try:
        released, by = _ask(connection, _UNLOCK, key)
    except SQLAlchemyError:
        failed = connection.get_nested_transaction() or connection.get_transaction()
        if failed is None or connection.invalidated:
            return False
        failed.rollback()  # It is the caller's, and PostgreSQL would hear nothing else in it.
        return _release(connection, key, pid)
    return released and by == pid


@contextmanager
def _asking(connection: Connection) -> Iterator[None]:
    """End the transaction that the block begins by asking something, if it begins one."""
    fresh = not connection.in_transaction()
    yield
    if fresh:
        connection.rollback()


def _ask(connection: Connection, question: TextClause, key: dict[str, int]) -> tuple[bool, int]:
    """Return what PostgreSQL answers, and the pid of the session that does."""
    with _asking(connection):
        answer, pid = connection.execute(question, key).one()
    return bool(answer), int(pid)


def _find_holder(connection: Connection, key: dict[str, int]) -> Holder | str:
    with _asking(connection):
        row = connection.execute(_HOLDER, key).first()
    return Holder(row.pid, row.application_name, row.backend_start) if row else "it has just ended"


def _check_not_pooled(connection: Connection, locking: Connection) -> None:
    """Check that a connection is a session, which it is not behind a transaction-pooling proxy.

    There, two connections share a session, or one connection has several, be it that they take
    turns. It is checked before anything is locked, since a lock would stay in a session that others
    get.
    """
    asked = (locking, connection, locking, locking)
    first, migrating, *again = (_find_pid(c) for c in asked)
    if first == migrating or {first} != {*again}:
        raise PooledConnection()


def _find_pid(connection: Connection) -> int:
    with _asking(connection):
        pid = connection.scalar(_PID)
    return int(pid or 0)
