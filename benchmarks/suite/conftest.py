"""What the suites of the benchmarks share: how long fixtures take to be set up, and a bare copy."""

import json
import os
import time
from collections.abc import Generator, Iterator
from hashlib import sha256
from itertools import count
from statistics import median

import psycopg
import pytest
from psycopg import sql

_MADE = ("plugin_config", "plugin_database", "copied_database")

# The template with everything: it is made after that of the host, of which it is a copy.
_TEMPLATE = """
    SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database')::jsonb @> %s::jsonb
    AND starts_with(datname, 'alembic_plugins_template_') ORDER BY oid DESC LIMIT 1
"""

_took: dict[str, float] = {}
_numbers = count(1)


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[object], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Take the time of what makes a database, without what is made once for all tests."""
    if fixturedef.argname not in _MADE:
        return (yield)
    start = time.perf_counter()
    try:
        return (yield)
    finally:
        test = request.node.nodeid
        _took[test] = _took.get(test, 0) + time.perf_counter() - start


def pytest_unconfigure() -> None:
    """Print the milliseconds of a database as the last line."""
    if _took:
        print(f"\n{median(_took.values()) * 1000}")


@pytest.fixture(scope="session")
def server() -> Iterator[psycopg.Connection]:
    """A connection to the server."""
    url = os.environ["ALEMBIC_PLUGINS_TEST_URL"].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture(scope="session")
def template(server: psycopg.Connection, pytestconfig: pytest.Config) -> sql.Identifier:
    """The template that is copied, which the kit has made."""
    project = sha256(str(pytestconfig.rootpath).encode()).hexdigest()[:12]
    [(name,)] = server.execute(_TEMPLATE, [json.dumps({"project": project})]).fetchall()
    return sql.Identifier(name)


@pytest.fixture
def copied_database(server: psycopg.Connection, template: sql.Identifier) -> Iterator[None]:
    """A database of the test's own, by nothing but PostgreSQL's commands."""
    name = sql.Identifier(f"bench_copy_{os.getpid()}_{next(_numbers)}")
    server.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
    yield
    server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
