"""Databases for tests, cloned from templates that are kept on the server."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import Engine, NullPool, create_engine
from sqlalchemy.engine import URL

from .servers import DRIVER, to_conninfo

_TEMPLATE, _TEST = "alembic_plugins_template_", "alembic_plugins_test_"

_KEPT = 5
"""As many templates of a project are kept."""

_LONGEST = timedelta(days=30)
"""What nobody has used for longer is dropped, whatever project has made it."""

EMPTY = "template0"

# Databases that begin with a prefix, and that are ours to drop.
_OWN = """
    SELECT datname FROM pg_catalog.pg_database
    WHERE pg_catalog.starts_with(datname, %(prefix)s) AND pg_catalog.pg_has_role(datdba, 'USAGE')
"""

# Those of tests whose maker is gone; its backend's id is in their names.
_STALE = f"""
    {_OWN} AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_stat_activity a
        WHERE a.pid::text = pg_catalog.split_part(pg_database.datname, '_', 4))
"""

# The templates of all projects that are ours to drop. One without a comment is not finished.
_TEMPLATES = """
    SELECT datname, pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database
    WHERE pg_catalog.starts_with(datname, %(prefix)s) AND pg_catalog.pg_has_role(datdba, 'USAGE')
    AND NOT datallowconn
"""

# Autovacuum has no role, and gives way by itself.
_END_OTHERS = """
    SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
    WHERE datname = %s AND pg_catalog.pg_has_role(usesysid, 'USAGE')
"""


class TestDatabase:
    """A database of a test's own.

    Attributes:
        url: where it is; ``url.set(drivername=...)`` is for another driver.
    """

    __test__ = False

    def __init__(self, url: URL) -> None:
        self.url = url

    @cached_property
    def engine(self) -> Engine:
        """An engine that leads to it and keeps no connections."""
        return create_engine(self.url, poolclass=NullPool)


def _connect(url: URL) -> psycopg.Connection:
    """Connect to the server, by the same database as others if that can be.

    Locks by number are those of a database: who connects to another one would not wait.
    """
    connect = partial(
        psycopg.connect, autocommit=True, prepare_threshold=None, application_name=_TEST
    )
    try:
        return connect(to_conninfo(url.set(database="postgres")))
    except psycopg.OperationalError:  # It may have been dropped, or not be for this role.
        return connect(to_conninfo(url))


class Databases:
    """Make databases on a server, and drop them.

    Args:
        url: leads to the server, by a role that may create databases.
        project: whose templates are counted together.
        run: the run of pytest, in which a template that is to be made anew is made once.
    """

    def __init__(self, url: URL, project: str, run: str) -> None:
        self._url = url.set(drivername=DRIVER)
        self._project = project
        self._run = run
        self._count = 0
        self._connection = _connect(url)
        info = self._connection.info
        self._pid = info.backend_pid
        self.identity = f"{info.user} {info.parameter_status('server_version')}"
        """What templates depend on besides what is in them: whose they are, and the server."""
        [(fsync,)] = self._connection.execute("SHOW fsync").fetchall()
        # Copying files takes less time than the log, but waits until they are on the disk.
        self._strategy = "file_copy" if fsync == "off" else "wal_log"
        with self.locked(_TEST):
            self._drop_stale()

    def create(self, template: str = EMPTY) -> URL:
        """Make a database like another one, and return its URL."""
        self._count += 1
        name = f"{_TEST}{self._pid}_{self._count}"
        self._clone(name, template)
        return self._url.set(database=name)

    def drop(self, url: URL) -> None:
        """Drop a database, and end who is connected to it."""
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", str(url.database))

    def ensure_template(
        self,
        digest: str,
        fill: Callable[[URL], None],
        *,
        find_base: Callable[[], str] = lambda: EMPTY,
        rebuild: bool = False,
    ) -> str:
        """Return the name of a template, which is made unless there is one.

        Nobody can connect to it, since what is used cannot be cloned. Its comment comes last: what
        was ended midway has none, and is made anew.

        Args:
            digest: of all that it depends on.
            fill: makes what it has.
            find_base: returns what it is before; only asked where it is made.
            rebuild: make it anew, unless that has been done in this run.
        """
        name = f"{_TEMPLATE}{digest[:32]}"
        with self.locked(name):
            known = self._read_templates().get(name)
            if known is None or (rebuild and known.get("run") != self._run):
                base = find_base()
                self._drop(name)
                self._clone(name, base)
                try:
                    fill(self._url.set(database=name))
                except BaseException:
                    with suppress(psycopg.OperationalError):  # What it raises tells more.
                        self._drop(name)
                    raise
                self._do("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
                self._connection.execute(_END_OTHERS, [name])
                self._mark(name)
                self._drop_old()
            elif known.get("run") != self._run:
                self._mark(name)
        return name

    @contextmanager
    def locked(self, name: str) -> Iterator[None]:
        """Let nobody else on this server do what is done in the block, whatever happens to us."""
        self._connection.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [name])
        try:
            yield
        finally:
            if not self._connection.closed:  # Else the server has, and its reason is told.
                self._unlock(name)

    def close(self) -> None:
        """Drop what is left of tests, and leave the server.

        Where that is gone, so are we: the next one who comes drops what is left.
        """
        with suppress(psycopg.OperationalError):
            for (name,) in self._find(f"{_TEST}{self._pid}_"):
                self._drop(name)
        self._connection.close()

    def _lock_free(self, name: str) -> bool:
        """Lock what nobody is at work on; tell whether nobody is, and we are not ourselves."""
        query = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
        [(is_free,)] = self._connection.execute(query, [name]).fetchall()
        return bool(is_free)

    def _unlock(self, name: str) -> None:
        self._connection.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [name])

    def _mark(self, name: str) -> None:
        """Say that a template is whole, and who has used it last."""
        facts = {"project": self._project, "run": self._run, "used": datetime.now(UTC).isoformat()}
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        self._connection.execute(comment.format(sql.Identifier(name), json.dumps(facts)))

    def _drop_old(self) -> None:
        """Drop the templates that were used least lately, and what was ended midway."""
        known = self._read_templates()
        own = [name for name, facts in known.items() if facts.get("project") == self._project]
        last = sorted(own, key=lambda name: known[name].get("used", ""), reverse=True)
        oldest = (datetime.now(UTC) - _LONGEST).isoformat()
        left = [name for name, facts in known.items() if facts.get("used", "") < oldest]
        for name in {*last[_KEPT:], *left}:
            self._drop(name)
        for (name,) in self._find(_TEMPLATE):
            if name not in known and self._lock_free(name):
                self._drop(name)
                self._unlock(name)

    def _read_templates(self) -> dict[str, dict[str, str]]:
        """Return the templates that are whole, with what their comments say."""
        rows = self._connection.execute(_TEMPLATES, {"prefix": _TEMPLATE}).fetchall()
        return {name: json.loads(comment) for name, comment in rows if comment}

    def _drop_stale(self) -> None:
        for (name,) in self._connection.execute(_STALE, {"prefix": _TEST}).fetchall():
            self._drop(name)

    def _find(self, prefix: str) -> list[tuple[str]]:
        return self._connection.execute(_OWN, {"prefix": prefix}).fetchall()

    def _drop(self, name: str) -> None:
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def _clone(self, name: str, template: str) -> None:
        self._do("CREATE DATABASE {} TEMPLATE {} STRATEGY {}", name, template, self._strategy)

    def _do(self, command: LiteralString, *names: str) -> None:
        self._connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))
