"""The question of health checks, on a connection of the application's own."""

import asyncio
import sys
from collections.abc import Iterator

import psycopg
import pytest
from alembic.config import Config
from sqlalchemy import Connection, NullPool, create_engine, text
from sqlalchemy.ext.asyncio import create_async_engine
from support.hosts import Host

from alembic_plugins import is_up_to_date, pending
from alembic_plugins.errors import (
    ConnectionLost,
    DatabaseRefused,
    IncompleteRegistry,
    NewerRegistry,
    NotAHost,
)

IS_WRITTEN = text("SELECT pg_current_xact_id_if_assigned()")


@pytest.fixture
def fresh(host: Host) -> Host:
    """A host that has installed one of its plugins."""
    host.add("billing", "two_heads").run("plugin", "install", "billing")
    return host


@pytest.fixture
def asked(fresh: Host) -> Iterator[Connection]:
    """A connection of the application's."""
    with create_engine(fresh.database.text, poolclass=NullPool).connect() as connection:
        yield connection


def test_database_is_up_to_date_though_a_plugin_is_not_installed(
    fresh: Host, asked: Connection
) -> None:
    assert is_up_to_date(asked, fresh.ini)


def test_database_is_not_up_to_date_where_an_installed_plugin_has_more(
    fresh: Host, asked: Connection
) -> None:
    fresh.revise("billing", "")
    assert not is_up_to_date(asked, fresh.config())
    assert pending(asked, fresh.ini).revisions == {"billing": ("billing_3",)}


def test_empty_database_is_not_up_to_date(host: Host) -> None:
    engine = create_engine(host.database.ensure().text, poolclass=NullPool)
    with engine.connect() as connection:
        assert pending(connection, host.ini).revisions == {"host": ("host_1", "host_2")}


def test_connection_without_a_transaction_is_left_without_one(
    fresh: Host, asked: Connection
) -> None:
    pending(asked, fresh.ini)
    assert not asked.in_transaction()


def test_transaction_of_the_caller_goes_on(fresh: Host, asked: Connection) -> None:
    asked.execute(text("CREATE TABLE mine ()"))
    pending(asked, fresh.ini)
    asked.rollback()
    assert "mine" not in fresh.database.tables()


def test_nothing_is_written(fresh: Host, asked: Connection) -> None:
    with asked.begin():
        pending(asked, fresh.ini)
        assert asked.scalar(IS_WRITTEN) is None


def test_transaction_of_the_caller_survives_a_refusal(fresh: Host, asked: Connection) -> None:
    fresh.database.execute("CREATE SCHEMA other CREATE TABLE alembic_version ()")
    asked.execute(text("SET LOCAL search_path = other"))
    with pytest.raises(DatabaseRefused):
        pending(asked, fresh.ini)
    assert asked.scalar(text("SHOW search_path")) == "other"


@pytest.mark.parametrize("is_used", [False, True])
def test_connection_in_autocommit_mode_will_do(
    fresh: Host, asked: Connection, is_used: bool
) -> None:
    connection = asked.execution_options(isolation_level="AUTOCOMMIT")
    if is_used:
        connection.execute(text("SELECT 1"))
    assert is_up_to_date(connection, fresh.ini)
    assert connection.in_transaction() == is_used


def test_no_other_connection_is_opened_and_no_migration_waited_for(fresh: Host) -> None:
    engine = create_engine(fresh.database.text, pool_size=1, max_overflow=0, pool_timeout=0)
    with psycopg.connect(fresh.database.plain) as other, engine.connect() as connection:
        other.execute("LOCK TABLE alembic_version, alembic_plugin IN SHARE ROW EXCLUSIVE MODE")
        assert is_up_to_date(connection, fresh.ini)
    engine.dispose()


def test_lost_connection_is_told(fresh: Host, asked: Connection) -> None:
    pid = asked.scalar(text("SELECT pg_backend_pid()"))
    asked.rollback()
    fresh.database.execute(f"SELECT pg_terminate_backend({pid}, 5000)")
    with pytest.raises(ConnectionLost):
        pending(asked, fresh.ini)


@pytest.mark.parametrize(
    ("statement", "error"),
    [
        ("DROP TABLE alembic_plugin CASCADE", IncompleteRegistry),
        ("COMMENT ON TABLE alembic_plugin IS 'alembic-plugins registry 99'", NewerRegistry),
    ],
)
def test_registry_that_cannot_be_read_is_told(
    fresh: Host, asked: Connection, statement: str, error: type[Exception]
) -> None:
    fresh.database.execute(statement)
    with pytest.raises(error):
        pending(asked, fresh.ini)
    assert not asked.in_transaction()


def test_version_table_of_another_name_and_schema_is_named(host: Host) -> None:
    host.database.ensure().execute("CREATE SCHEMA kept")
    host.write(
        "migrations/env.py",
        """\
        from alembic import context
        import alembic_plugins
        from alembic_plugins.config.database import connect

        with connect(context.config) as connection:
            options = {"version_table": "versions", "version_table_schema": "kept"}
            alembic_plugins.configure(connection, **options)
            alembic_plugins.run_migrations()
        """,
    )
    ini = host.ini.read_text().replace("alembic_plugins:environment", "%(here)s/migrations")
    host.ini.write_text(ini)
    host.add("billing").run("plugin", "install", "billing")
    with create_engine(host.database.text, poolclass=NullPool).connect() as connection:
        options = {"version_table": "versions", "version_table_schema": "kept"}
        assert is_up_to_date(connection, host.ini, **options)
        assert not is_up_to_date(connection, host.ini)


def test_configuration_of_another_environment_is_refused(host: Host, asked: Connection) -> None:
    host.write("other/env.py", "")
    config = Config()
    config.set_main_option("script_location", str(host.folder / "other"))
    with pytest.raises(NotAHost):
        pending(asked, config)


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_connection_of_an_async_engine_will_do(fresh: Host, driver: str) -> None:
    async def ask() -> tuple[bool, bool]:
        url = fresh.database.url.set(drivername=f"postgresql+{driver}")
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.connect() as connection:
            found = await connection.run_sync(is_up_to_date, fresh.ini)
            return found, connection.in_transaction()

    assert asyncio.run(ask()) == (True, False)


def test_asking_again_and_again_leaves_nothing_behind(fresh: Host, asked: Connection) -> None:
    fresh.configure("prepend_sys_path = .")
    compiled: dict[object, object] = {}
    connection = asked.execution_options(compiled_cache=compiled)
    is_up_to_date(connection, fresh.ini)
    before = (list(sys.path), len(compiled))
    for source in (fresh.ini, str(fresh.ini), fresh.config()):
        is_up_to_date(connection, source)
    assert before == (sys.path, len(compiled))


def test_what_is_to_be_called_before_plugins_are_loaded_is_called_once(
    fresh: Host, asked: Connection
) -> None:
    fresh.write("boot.py", "def boot(calls=[]):\n    calls.append(1)\n    assert len(calls) == 1\n")
    fresh.configure("prepend_sys_path = %(here)s", "plugin_bootstrap = boot:boot")
    for _ in range(2):
        assert is_up_to_date(asked, fresh.ini)
