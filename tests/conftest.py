"""Each test with a database has one of its own, cloned from a template."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from zlib import crc32

import pytest
from pytest_postgresql import factories
from pytest_postgresql.executors import NoopExecutor
from sqlalchemy import Connection, NullPool, create_engine
from support.bytecode import compile_modules, keep_none, keep_some
from support.clones import Clones
from support.databases import Database
from support.hosts import Host
from support.servers import Server, describe_server, reserve_folder, start_server, stop_server
from support.statements import MATRIX

collect_ignore = ["plugins"]

_TESTS = Path(__file__).parent

_MOST = {"acceptance": 1, "integration": 2}
"""How many cases of a test are run, but for those of some modules."""

_WHOLE = ("test_guard", "test_pages")
"""The modules with tests of which each case is another statement, or another page."""


def pytest_configure(config: pytest.Config) -> None:
    """Choose where an embedded server would be, before workers are started.

    Workers take tests of one another where they have none left: the share that each has at first
    takes one of them minutes longer.
    """
    if not hasattr(config, "workerinput"):
        reserve_folder()
        compile_modules()
        if config.getoption("dist", "no") == "load":
            config.option.dist = "worksteal"
    keep_some()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the embedded server, after all workers are done."""
    if not hasattr(config, "workerinput"):
        stop_server()


def pytest_collection_finish() -> None:
    """Keep the bytecode of the tests, but not that of what they write."""
    keep_none()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out most cases of a test of many, which take long, unless the whole is asked for."""
    if MATRIX == "whole":
        return
    cases: dict[tuple[Path, str], list[pytest.Item]] = {}
    for item in items:
        cases.setdefault((item.path, item.nodeid.partition("[")[0]), []).append(item)
    chosen = {
        id(item) for (path, test), them in cases.items() for item in _choose(path, test, them)
    }
    config.hook.pytest_deselected(items=[item for item in items if id(item) not in chosen])
    items[:] = [item for item in items if id(item) in chosen]


def _choose(path: Path, test: str, cases: list[pytest.Item]) -> list[pytest.Item]:
    """Return as many cases as there is time for.

    The name of a test tells which is the first: of what several tests are tried with, such as
    plugins with a schema and with a prefix, each is tried by some of them.
    """
    most = _MOST.get(path.relative_to(_TESTS).parts[0], len(cases))
    if path.name.startswith(_WHOLE) or len(cases) <= most:
        return cases
    first = crc32(test.rpartition("::")[2].encode())
    return [cases[(first + part * len(cases) // most) % len(cases)] for part in range(most)]


def pytest_report_header() -> str:
    """Say which PostgreSQL the tests run on."""
    return f"PostgreSQL: {describe_server()}"


@pytest.fixture(scope="session")
def server() -> Server:
    """The server, started when the first test asks for it."""
    return start_server()


template = factories.postgresql_noproc(dbname="plugin_tests")


@pytest.fixture(scope="session")
def executor(server: Server, request: pytest.FixtureRequest) -> NoopExecutor:
    """What pytest-postgresql takes for the server, with the template made."""
    request.config.option.postgresql_host = server.host
    request.config.option.postgresql_port = server.port
    request.config.option.postgresql_user = server.user
    request.config.option.postgresql_password = server.password
    found: NoopExecutor = request.getfixturevalue("template")
    return found


@pytest.fixture(scope="session")
def clones(server: Server, executor: NoopExecutor) -> Iterator[Clones]:
    """What makes databases out of the template."""
    assert executor.template_dbname is not None
    clones = Clones(server, executor.template_dbname)
    yield clones
    clones.close()


@pytest.fixture
def own_database(
    server: Server, clones: Clones, executor: NoopExecutor, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """The test's own database, which is made when it is asked for."""
    url = server.url(executor.dbname)
    monkeypatch.setenv("DATABASE_URL", url.render_as_string(hide_password=False))
    database = Database(url, partial(clones.create, executor.dbname))
    yield database
    if database.is_there:
        clones.drop(executor.dbname)


@pytest.fixture
def database(own_database: Database) -> Database:
    """The test's own database, to which DATABASE_URL leads."""
    return own_database.ensure()


@pytest.fixture
def second_database(clones: Clones, executor: NoopExecutor) -> Iterator[Database]:
    """Another empty database, to compare the test's own with."""
    name = f"{executor.dbname}_second"
    yield Database(clones.create(name))
    clones.drop(name)


@pytest.fixture
def database_url(database: Database) -> str:
    """The URL of the test's own database."""
    return database.text


@pytest.fixture
def connection(database_url: str) -> Iterator[Connection]:
    """A connection to the test's own database."""
    with create_engine(database_url, poolclass=NullPool).connect() as connection:
        yield connection


@pytest.fixture
def host(tmp_path: Path, own_database: Database, clones: Clones) -> Host:
    """A host without plugins, in a folder and on a database of its own."""
    return Host(tmp_path, own_database, clones)


@pytest.fixture
def example(host: Host) -> Host:
    """The example host that the repository has, on a database of its own."""
    return host.copy_example()
