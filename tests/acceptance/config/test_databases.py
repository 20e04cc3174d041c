"""Databases that cannot be reached, are not PostgreSQL's, or refuse to be changed."""

import pytest
from support.hosts import Host

SECRET = "hunter2"

UNREACHABLE = [
    f"postgresql://somebody:{SECRET}@127.0.0.1:1/nothing",
    f"postgresql://somebody:{SECRET}@/nothing?host=/nowhere",
]

WRONG = [
    f"mysql://somebody:{SECRET}@127.0.0.1/nothing",
    f"sqlite:///{SECRET}.db",
    f"postgresql://somebody:{SECRET}@127.0.0.1:port/nothing",
    f"somebody:{SECRET}",
    f"nosuchdatabase://somebody:{SECRET}@127.0.0.1/nothing",
]

COMMANDS = ["plugin install billing", "upgrade head", "plugin list"]


@pytest.mark.parametrize("command", COMMANDS)
def test_server_that_is_not_there_is_named(host: Host, command: str) -> None:
    env = {"DATABASE_URL": UNREACHABLE[0]}
    words = host.add("billing").fail(*command.split(), env=env)
    assert words.startswith("Cannot connect to the database: ")
    assert words.endswith("Start the server, or correct DATABASE_URL or sqlalchemy.url.")


@pytest.mark.parametrize("url", UNREACHABLE)
def test_password_is_not_told_where_the_server_is_not_there(host: Host, url: str) -> None:
    result = host.alembic("upgrade", "head", env={"DATABASE_URL": url})
    assert result.exit_code != 0
    assert SECRET not in result.output


def test_role_that_is_not_there_is_refused_without_its_password(host: Host) -> None:
    url = host.database.url.set(username="nobody_at_all", password=SECRET)
    text = url.render_as_string(hide_password=False)
    words = host.fail("upgrade", "head", env={"DATABASE_URL": text})
    assert "nobody_at_all" in words
    assert SECRET not in words


def test_database_that_is_not_there_is_named(host: Host) -> None:
    text = host.database.url.set(database="nowhere").render_as_string(hide_password=False)
    words = host.fail("upgrade", "head", env={"DATABASE_URL": text})
    assert 'database "nowhere" does not exist' in words


@pytest.mark.parametrize("url", WRONG)
def test_url_that_means_nothing_is_refused_without_its_password(host: Host, url: str) -> None:
    result = host.alembic("plugin", "list", env={"DATABASE_URL": url})
    [words] = result.failures
    assert words.startswith("The database URL in DATABASE_URL ")
    assert SECRET not in result.output


def test_url_in_the_configuration_is_refused_without_its_password(host: Host) -> None:
    host.configure(f"sqlalchemy.url = mysql://somebody:{SECRET}@127.0.0.1/nothing")
    words = host.fail("plugin", "list", env={"DATABASE_URL": ""})
    assert words.startswith("The database URL in sqlalchemy.url is one of mysql, and plugins need")


@pytest.mark.parametrize("driver", ["postgresql", "postgresql+psycopg2", "postgresql+asyncpg"])
def test_url_with_another_driver_is_taken_for_psycopg(host: Host, driver: str) -> None:
    url = host.database.url.set(drivername=driver).render_as_string(hide_password=False)
    result = host.alembic("upgrade", "head", env={"DATABASE_URL": url})
    assert result.exit_code == 0
    assert host.database.versions() == ["host_2"]


@pytest.mark.parametrize(
    "command",
    [
        "plugin install billing",
        "upgrade head",
        "downgrade -1",
        "stamp base",
        "plugin uninstall named_by_prefix --yes",
    ],
)
def test_database_that_is_read_only_stays_as_it_is(host: Host, command: str) -> None:
    host.add("billing", "named_by_prefix").configure("plugin_host_first = false")
    host.run("upgrade", "host_1")
    host.run("plugin", "install", "named_by_prefix")
    name = host.database.url.database
    host.database.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "read-only transaction" in host.refuse(*command.split())


@pytest.mark.parametrize("command", ["current", "plugin list"])
def test_database_that_is_read_only_can_be_read(host: Host, command: str) -> None:
    host.add("billing").run("plugin", "install", "billing")
    name = host.database.url.database
    host.database.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    assert "billing" in host.succeed(*command.split()).stdout


def test_role_that_may_not_create_is_refused(host: Host) -> None:
    host.add("billing").run("upgrade", "head")
    env = {"PGOPTIONS": "-c role=pg_monitor"}
    words = host.fail("plugin", "install", "billing", env=env)
    assert "permission denied" in words
    assert host.database.schemas() == []


def test_registry_that_has_lost_a_table_is_refused(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.database.execute("DROP TABLE alembic_plugin_event")
    words = host.refuse("upgrade", "heads")
    assert words == (
        "The registry has lost the tables alembic_plugin_event. Restore them from a backup."
    )


def test_registry_of_a_later_release_is_refused(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    host.database.execute("COMMENT ON TABLE alembic_plugin IS 'alembic-plugins registry 999'")
    words = host.refuse("upgrade", "heads")
    assert words.startswith("The registry tables say 'alembic-plugins registry 999'")


def test_search_path_of_the_database_is_the_host_s(host: Host) -> None:
    name = host.database.url.database
    host.database.execute("CREATE SCHEMA app")
    host.database.execute(f"ALTER DATABASE {name} SET search_path = app, public")
    host.add("billing").succeed("plugin", "install", "billing")
    assert host.database.tables() == ["app.accounts", "billing.invoices"]
