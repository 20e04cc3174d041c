"""A project with tests, which pytest runs inside of this process."""

from collections.abc import Iterator
from hashlib import sha256

import pytest
from support.databases import Database
from support.hosts import Host
from support.servers import Server
from support.suites import Suite, drop_templates, load_all


@pytest.fixture(scope="session")
def _loaded() -> None:
    load_all()


@pytest.fixture
def suite(
    _loaded: None, pytester: pytest.Pytester, server: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Suite]:
    """A host without plugins, and what runs its tests on the server of ours."""
    url = server.url("postgres").render_as_string(hide_password=False)
    monkeypatch.setenv("ALEMBIC_PLUGINS_TEST_URL", url)
    monkeypatch.setenv("DATABASE_URL", "postgresql://nobody@nowhere/real")
    host = Host(pytester.path, Database(server.url("nobody_asks_for_it")))
    yield Suite(pytester, host)
    project = sha256(str(pytester.path).encode()).hexdigest()[:12]
    drop_templates(server, f'%"{project}"%')
