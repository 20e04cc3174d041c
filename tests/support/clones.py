"""Databases that are cloned: empty ones, and those that a host's first command has filled before.

Many tests begin with a host that has installed the same plugins. What a command has made of an
empty database is kept as a template when it is asked for a second time, and cloned from then on.
"""

import os
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from .databases import Database
from .servers import Server

_WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")

_CATALOGS = (
    "class namespace proc type extension cast default_acl event_trigger publication operator"
)

_OF_EACH = "SELECT count(*) || ' ' || max(xmin::text::bigint) FROM pg_{}"

# What a clone does not have of its template, but that of the database itself.
_FINGERPRINT = " UNION ALL ".join(
    [
        *(_OF_EACH.format(name) for name in _CATALOGS.split()),
        "SELECT datdba || ' ' || coalesce(datacl::text, '') FROM pg_database"
        " WHERE datname = current_database()",
        "SELECT count(*)::text FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase"
        " WHERE datname = current_database()",
    ]
)

_MOST = 150
"""More templates than these, of 8 MB each, are not kept by a worker."""

_IS_USED = "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = %s)"


class Clones:
    """Make databases on a server, and drop them.

    Args:
        server: the server.
        template: the name of an empty database.
    """

    def __init__(self, server: Server, template: str) -> None:
        self._server = server
        self._template = template
        url = server.url("postgres").set(drivername="postgresql")
        self._admin = psycopg.connect(
            url.render_as_string(hide_password=False), autocommit=True, prepare_threshold=None
        )
        self._empty: list[tuple[object, ...]] = []
        self._asked: Counter[str] = Counter()
        self._kept: dict[str, str] = {}

    def create(self, name: str) -> URL:
        """Make an empty database, and return its URL."""
        self._clone(name, self._template)
        url = self._server.url(name)
        self._empty = self._empty or self._read_fingerprint(url)
        return url

    def drop(self, name: str) -> None:
        """Drop a database, and end who is connected to it."""
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def arrange(
        self,
        arguments: Sequence[str],
        folder: Path,
        database: Database,
        run: Callable[[], None],
    ) -> None:
        """Run a command of the host in `folder`, or bring about what it came to before.

        It is run where it may do anything else than to fill the empty database that DATABASE_URL
        leads to.
        """
        url = make_url(os.environ.get("DATABASE_URL", ""))
        is_new = not database.is_there
        fills = {"upgrade", "install"}.intersection(arguments) and database.is_at(url)
        if not fills or not (is_new or self._can_fill(url)):
            database.ensure()
            run()
            return
        key = f"{url.username}\n{arguments}\n{_read_files(folder)}"
        name = str(url.database)
        if key in self._kept:
            if not is_new:
                self.drop(name)
            database.take(lambda name: self._clone(name, self._kept[key]))
            return
        database.ensure()
        run()
        self._asked[key] += 1
        if self._asked[key] == 2 and len(self._kept) < _MOST:
            kept = f"kept{len(self._kept)}{_WORKER}"
            with suppress(psycopg.errors.ObjectInUse):
                self._clone(kept, name)
                self._kept[key] = kept

    def close(self) -> None:
        """Drop what is kept."""
        for name in self._kept.values():
            self.drop(name)
        self._admin.close()

    def _can_fill(self, url: URL) -> bool:
        [(is_used,)] = self._admin.execute(_IS_USED, [url.database]).fetchall()
        return not is_used and self._read_fingerprint(url) == self._empty

    def _read_fingerprint(self, url: URL) -> list[tuple[object, ...]]:
        plain = url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as connection:
            return connection.execute(_FINGERPRINT.encode()).fetchall()

    def _clone(self, name: str, template: str) -> None:
        # Copying files takes a third less time than writing them to the log.
        self._do("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", name, template)

    def _do(self, command: LiteralString, *names: str) -> None:
        self._admin.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


def _read_files(folder: Path) -> str:
    """Return a digest of the files that a host consists of."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    seen = sha256()
    for file in files:
        if file.suffix != ".pyc":
            seen.update(f"{file.relative_to(folder)}\n".encode() + file.read_bytes())
    return seen.hexdigest()
