"""Tell who holds the lock that a migration waits for.

While PostgreSQL makes a statement wait, nothing else can be asked on its connection: the one that
holds the migration lock asks, and a thread by which it does.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any, NamedTuple

from sqlalchemy import Connection, event
from sqlalchemy.pool import Pool

_POLL_SECONDS = 1.0

_LAST = "alembic_plugins.blocker"
"""Where a connection keeps for whom it has waited."""

_SHARED = ("psycopg", "psycopg2")
"""Drivers whose connections several threads may use."""

# Who blocks some backends that wait, for longer than a second, for a lock.
_BLOCKERS = """
    SELECT DISTINCT b.pid, a.application_name, a.state, a.query_start,
           l.relation::pg_catalog.regclass::pg_catalog.text
    FROM pg_catalog.pg_locks l
    CROSS JOIN LATERAL pg_catalog.unnest(pg_catalog.pg_blocking_pids(l.pid)) AS b (pid)
    LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = b.pid
    WHERE NOT l.granted AND l.pid = ANY (%(pids)s)
      AND l.waitstart < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => 1)
    ORDER BY b.pid
"""


class Blocker(NamedTuple):
    """A session that holds a lock, and the table that this is of, if it is one."""

    pid: int
    application_name: str | None
    state: str | None
    query_start: datetime | None
    relation: str | None

    def describe(self, own: Collection[int]) -> str:
        """Return which session it is, in words; `own` are those of this process."""
        if not self.pid:
            return "a prepared transaction"
        since = f", its last query from {self.query_start:%H:%M:%S%z}" if self.query_start else ""
        ours = ", a connection of this very process" if self.pid in own else ""
        state = self.state or "of a role whose state is not shown"
        return f"process {self.pid}, '{self.application_name or ''}', {state}{since}{ours}"


@contextmanager
def tell_blockers(
    connection: Connection, lock_connection: Connection, pid: int, report: Callable[[str], None]
) -> Iterator[None]:
    """Look, each second while the block runs, whether a connection waits, and tell for whom.

    Connections that revisions open meanwhile are looked at too: where one of these waits for the
    other, PostgreSQL takes it for no deadlock.

    Args:
        connection: the one that may wait.
        lock_connection: another one, in autocommit mode.
        pid: the backend of `connection`.
        report: told of a session, each second while it is waited for.
    """
    if lock_connection.dialect.driver not in _SHARED or lock_connection.dialect.is_async:
        yield
        return
    monitor = _Watch(connection, lock_connection, pid, report)
    thread = Thread(target=monitor.look, name="alembic-plugins-blockers", daemon=True)
    event.listen(Pool, "connect", monitor.add)
    thread.start()
    try:
        yield
    finally:
        event.remove(Pool, "connect", monitor.add)
        monitor.is_done.set()
        thread.join()


def find_blocker(connection: Connection) -> str | None:
    """Return for which session a connection has waited last, as far as that was told."""
    return None if connection.invalidated else connection.info.get(_LAST)


class _Watch:
    """What the thread does."""

    def __init__(
        self,
        connection: Connection,
        lock_connection: Connection,
        pid: int,
        report: Callable[[str], None],
    ) -> None:
        self._info = connection.info
        self._driver = lock_connection.connection.driver_connection
        self._failure = lock_connection.dialect.loaded_dbapi.Error
        self._own = [pid]
        self._report = report
        self.is_done = Event()

    def add(self, opened: Any, _record: object) -> None:  # noqa: ANN401 - the driver's
        """Look at a connection that was opened, too."""
        pid = getattr(getattr(opened, "info", None), "backend_pid", None)
        if pid is not None:
            self._own.append(pid)

    def look(self) -> None:
        """Ask each second who waits for whom."""
        while not self.is_done.wait(_POLL_SECONDS):
            try:
                rows = self._ask()
            except self._failure:
                return  # Whoever uses the connection next is told of that.
            for row in rows:
                self._tell(Blocker(*row))

    def _ask(self) -> Sequence[Any]:
        assert self._driver is not None  # noqa: S101 - it is open while the lock is held
        with self._driver.cursor() as cursor:
            cursor.execute(_BLOCKERS, {"pids": list(self._own)})
            rows: Sequence[Any] = cursor.fetchall()
        return rows

    def _tell(self, blocker: Blocker) -> None:
        session = self._info[_LAST] = blocker.describe(self._own)
        what = f" on {blocker.relation}" if blocker.relation else ""
        self._report(f"Waiting for a lock{what}, held by {session}")
