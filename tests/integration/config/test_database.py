"""Which database, and its errors in words."""

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import OperationalError
from support.databases import Database
from support.hosts import Host

from alembic_plugins.config.database import connect, find_url, translate_errors
from alembic_plugins.errors import ConnectionFailed, ConnectionLost, DatabaseRefused, WrongUrl


def test_environment_variable_comes_before_the_configuration(host: Host) -> None:
    host.configure("sqlalchemy.url = postgresql://somebody@elsewhere/nothing")
    found = find_url(host.config())
    assert found is not None
    assert found.database == host.database.url.database


def test_configuration_counts_without_the_environment_variable(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL")
    host.configure("sqlalchemy.url = postgresql://somebody@elsewhere/nothing")
    found = find_url(host.config())
    assert str(found) == "postgresql+psycopg://somebody@elsewhere/nothing"


def test_connection_leads_to_the_database(host: Host) -> None:
    with connect(host.config()) as connection:
        name = connection.scalar(text("SELECT current_database()"))
    assert name == host.database.url.database


def test_connection_is_closed_afterwards(host: Host) -> None:
    with connect(host.config()) as connection:
        pass
    assert connection.closed


def test_connection_that_is_given_stays_open(host: Host, connection: Connection) -> None:
    with connect(host.config(connection=connection)) as found:
        assert found is connection
    assert not connection.closed


def test_server_that_is_not_there_is_named_with_its_cause(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://somebody:hunter2@127.0.0.1:1/nothing")
    with pytest.raises(ConnectionFailed) as excinfo, connect(host.config()):
        pass
    assert isinstance(excinfo.value.__cause__, OperationalError)
    assert "hunter2" not in str(excinfo.value)


def test_wrong_url_is_not_kept(host: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "hunter2")
    with pytest.raises(WrongUrl) as excinfo, connect(host.config()):
        pass
    assert "hunter2" not in f"{excinfo.value!r} {excinfo.value} {excinfo.value.__cause__}"


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("SELECT 1 / 0", "division by zero"),
        ("SET TRANSACTION READ ONLY; CREATE TABLE a ()", "read-only transaction"),
    ],
)
def test_statement_that_fails_is_refused(connection: Connection, sql: str, reason: str) -> None:
    with pytest.raises(DatabaseRefused) as excinfo, translate_errors():
        connection.execute(text(sql))
    assert reason in excinfo.value.reason


def test_connection_that_is_lost_is_told(connection: Connection, database: Database) -> None:
    pid = connection.scalar(text("SELECT pg_backend_pid()"))
    database.execute(f"SELECT pg_terminate_backend({pid})")
    with pytest.raises(ConnectionLost), translate_errors():
        connection.execute(text("SELECT 1"))
