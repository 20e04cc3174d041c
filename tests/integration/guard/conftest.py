"""The worlds that the guard is tried in, each made once."""

from collections.abc import Iterator

import pytest
from support.servers import Server
from support.worlds import KINDS, ROLES, World, Worlds


@pytest.fixture(scope="session")
def worlds(tmp_path_factory: pytest.TempPathFactory, server: Server) -> Iterator[Worlds]:
    """What makes worlds."""
    worlds = Worlds(server, tmp_path_factory.mktemp)
    yield worlds
    worlds.close()


@pytest.fixture(params=[(kind, role) for kind in KINDS for role in ROLES], ids="-".join)
def world(request: pytest.FixtureRequest, worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world to which DATABASE_URL leads, and in which nothing may be kept."""
    world = worlds.find(*request.param)
    monkeypatch.setenv("DATABASE_URL", world.database.text)
    return world
