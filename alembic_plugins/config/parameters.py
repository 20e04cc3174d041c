"""Where a connection leads, as libpq's parameters have it, whatever the driver is."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

_TOLD = ("host", "hostaddr", "port", "user", "password", "dbname")

_READ_BY_ASYNCPG = {
    "host": "PGHOST",
    "port": "PGPORT",
    "password": "PGPASSWORD",
    "passfile": "PGPASSFILE",
    "sslmode": "PGSSLMODE",
    "sslcert": "PGSSLCERT",
    "sslkey": "PGSSLKEY",
    "sslrootcert": "PGSSLROOTCERT",
}
"""The variables by which asyncpg finds what it is not told, of libpq's parameters."""

_WHERE = text("""
    SELECT CAST(pg_catalog.current_setting('server_version_num') AS int) AS version,
           CAST(pg_catalog.current_database() AS text) AS name,
           CAST(session_user AS text) AS role
""")


@dataclass(frozen=True)
class Target:
    """A database, by libpq's parameters, and the version of its server as libpq gives it."""

    server_version: int
    parameters: Mapping[str, str]


def find_target(connection: Connection) -> Target:
    """Return where a connection leads."""
    driver: Any = connection.connection.driver_connection
    info = getattr(driver, "info", None)
    if info is None:
        return _find_without_libpq(connection)
    # psycopg2 has these by another name.
    given = info.dsn_parameters if hasattr(info, "dsn_parameters") else info.get_parameters()
    # Told as they are: others were left out as defaults, and there may be several hosts.
    values = {key: getattr(info, key, None) for key in _TOLD}
    told = {key: str(value) for key, value in values.items() if value is not None}
    return Target(info.server_version, {**given, **told})


def _find_without_libpq(connection: Connection) -> Target:
    """Return where a connection of asyncpg's leads, by its URL and its environment."""
    fresh = not connection.in_transaction()
    row = connection.execute(_WHERE).one()
    if fresh:
        connection.rollback()
    _, given = connection.dialect.create_connect_args(connection.engine.url)
    found = {key: os.environ[name] for key, name in _READ_BY_ASYNCPG.items() if name in os.environ}
    found |= {key: _join(given[key]) for key in ("host", "port", "password") if given.get(key)}
    if isinstance(given.get("ssl"), str):
        found["sslmode"] = given["ssl"]
    return Target(row.version, {**found, "user": row.role, "dbname": row.name})


def _join(value: object) -> str:
    """Return what libpq has for one value, or for one a host."""
    return ",".join(map(str, value)) if isinstance(value, list) else str(value)
