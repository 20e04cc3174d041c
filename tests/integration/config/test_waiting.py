"""Commands wait for a server that cannot be reached yet, and for nothing else."""

import asyncio
from collections.abc import Iterator
from threading import Thread

import pytest
from sqlalchemy import create_engine
from sqlalchemy.engine import URL
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool
from support.hosts import Host
from support.relays import Relay

from alembic_plugins.config.waiting import find_server_state, waiting_for_server

REFUSED = "Waiting for the database: the server does not answer"


@pytest.fixture
def relay(host: Host) -> Iterator[Relay]:
    """A port of the test's server, which refuses connections at first."""
    relay = Relay(host.database.url)
    yield relay
    relay.close()


def connect(url: URL) -> None:
    """Connect once, by an engine of the URL's driver."""
    if url.get_driver_name() != "asyncpg":
        create_engine(url, poolclass=NullPool).connect().close()
        return

    async def run() -> None:
        engine = create_async_engine(url)
        async with engine.connect():
            pass
        await engine.dispose()

    asyncio.run(run())


@pytest.mark.parametrize("driver", ["psycopg", "psycopg2", "asyncpg"])
def test_connection_waits_until_the_server_answers(relay: Relay, driver: str) -> None:
    told: list[str] = []

    def tell(words: str) -> None:
        told.append(words)
        relay.open()

    with waiting_for_server(300, tell):
        connect(relay.url.set(drivername=f"postgresql+{driver}"))
    assert told[0] == REFUSED


def test_other_threads_do_not_wait(relay: Relay) -> None:
    told: list[str] = []
    failures: list[OperationalError] = []

    def run() -> None:
        try:
            connect(relay.url)
        except OperationalError as error:
            failures.append(error)

    with waiting_for_server(300, told.append):
        thread = Thread(target=run)
        thread.start()
        thread.join()
    assert (len(failures), told) == (1, [])


def test_nobody_waits_afterwards(relay: Relay) -> None:
    told: list[str] = []
    with waiting_for_server(300, told.append):
        pass
    with pytest.raises(OperationalError):
        connect(relay.url)
    assert told == []


def test_server_that_starts_says_so() -> None:
    relay = Relay()
    relay.open()
    address = {"host": "127.0.0.1", "port": relay.port}
    state = find_server_state((), {**address, "sslmode": "disable", "gssencmode": "disable"})
    relay.close()
    assert state == "is starting"


def test_parameters_that_libpq_refuses_are_not_waited_for() -> None:
    assert find_server_state((), {"port": "many", "sslmode": "perhaps"}) is None


def test_role_that_is_not_there_is_told_at_once(host: Host) -> None:
    url = host.database.url.set(username="nobody_at_all").render_as_string(hide_password=False)
    words = host.alembic("plugin", "list", "--wait", "300", env={"DATABASE_URL": url})
    assert "Cannot connect to the database" in words.stderr
    assert "Waiting" not in words.output


@pytest.mark.parametrize("command", ["plugin list --wait 0.1", "-x wait=0.1 upgrade heads"])
def test_wait_ends_with_what_is_the_case(host: Host, relay: Relay, command: str) -> None:
    url = relay.url.render_as_string(hide_password=False)
    result = host.alembic(*command.split(), env={"DATABASE_URL": url})
    assert REFUSED in result.stderr.splitlines()
    assert result.failures[0].startswith("Cannot connect to the database: ")


def test_quiet_command_waits_in_silence(host: Host, relay: Relay) -> None:
    host.configure("plugin_connect_wait = 0.1")
    url = relay.url.render_as_string(hide_password=False)
    assert host.alembic("-q", "upgrade", "heads", env={"DATABASE_URL": url}).stderr == ""


@pytest.mark.parametrize(
    ("command", "option"),
    [("plugin list --wait soon", "--wait"), ("-x wait=-1 current", "-x wait")],
)
def test_wait_that_is_no_number_is_told(host: Host, command: str, option: str) -> None:
    assert host.refuse(*command.split()).startswith(f"Option '{option}' is '")
