"""Search paths that begin with a plugin's schema, as that of a role of its name does."""

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from support.hosts import Host

from alembic_plugins import commands

ENV = """\
import os
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool
from alembic_plugins import configure, run_migrations

with create_engine(os.environ["DATABASE_URL"], poolclass=NullPool).connect() as connection:
    configure(connection=connection, version_table_schema="meta")
    run_migrations()
    assert connection.scalar(text("SHOW search_path")) == '"$user", public'
"""


@pytest.fixture(params=["beside", "apart"])
def shop(host: Host, request: pytest.FixtureRequest) -> Host:
    """A host whose role is called as one of its plugins, and where the version table is."""
    user = host.database.values("SELECT current_user")[0]
    host.revise("wiki", "CREATE TABLE pages ()", "DROP TABLE pages")
    host.declare("wiki", 'namespace = "prefix wiki_"')
    (host.folder / "plugins/wiki/versions/wiki_1.py").unlink()
    host.revise("wiki", "CREATE TABLE wiki_pages ()", "DROP TABLE wiki_pages")
    host.revise(str(user), "CREATE TABLE mine ()", "DROP TABLE mine")
    if request.param == "apart":
        host.database.execute("CREATE SCHEMA meta")
        host.write("env/env.py", ENV)
        ini = host.ini.read_text()
        host.ini.write_text(ini.replace("alembic_plugins:environment", "%(here)s/env"))
    return host


def find_role(host: Host) -> str:
    """Return the role, which is a plugin too."""
    return str(host.database.values("SELECT current_user")[0])


def test_role_called_as_a_plugin_has_the_host_s_tables_where_they_were(shop: Host) -> None:
    role = find_role(shop)
    shop.run("plugin", "install", role)
    shop.revise("host", "CREATE TABLE later (i int); ALTER TABLE accounts ADD x int")
    shop.run("upgrade", "heads")
    shop.run("plugin", "install", "wiki")
    assert shop.database.tables() == [
        f"{role}.mine",
        "public.accounts",
        "public.later",
        "public.wiki_pages",
    ]
    assert shop.succeed("plugin", "list").lines[0].startswith(f"[X] {role}")
    shop.run("plugin", "uninstall", role, "--yes")
    shop.run("plugin", "uninstall", "wiki", "--yes")
    assert shop.database.tables() == ["public.accounts", "public.later"]


def test_set_aside_and_back_with_a_role_of_the_plugin_s_name(shop: Host) -> None:
    role = find_role(shop)
    shop.run("plugin", "install", role, "wiki")
    shop.run("plugin", "uninstall", role, "wiki", "--yes", "--keep-data")
    shop.run("plugin", "restore", "wiki")
    shop.run("plugin", "restore", role)
    assert f"{role}.mine" in shop.database.tables()
    assert "public.wiki_pages" in shop.database.tables()


def test_schema_that_comes_before_the_host_s_later_on_does_not_take_its_place(host: Host) -> None:
    host.run("upgrade", "head")
    host.database.execute(f"CREATE SCHEMA {find_role(host)}")
    host.revise("host", "CREATE TABLE later ()")
    host.run("upgrade", "head")
    assert "public.later" in host.database.tables()


@pytest.mark.parametrize("first", ["fresh", "migrated"])
def test_plugin_does_not_get_for_itself_the_schema_that_is_the_host_s(
    host: Host, first: str
) -> None:
    role = find_role(host)
    host.database.execute(f"CREATE SCHEMA {role}")  # which "$user" puts first
    host.revise(role, "CREATE TABLE mine ()", "DROP TABLE mine")
    if first == "migrated":
        host.run("upgrade", "head")
    for command in ("install", "adopt"):
        words = host.fail("plugin", command, role)
        assert words.startswith(f"Plugin '{role}' cannot have schema '{role}' for itself"), words
    host.declare(role, f'namespace = "schema {role} existing"')
    host.run("plugin", "install", role)
    assert host.database.tables() == [f"{role}.accounts", f"{role}.mine"]
    host.run("plugin", "uninstall", role, "--yes")
    assert host.database.tables() == [f"{role}.accounts"]


def test_plugin_does_not_get_for_itself_the_schema_of_the_version_table(host: Host) -> None:
    host.database.execute("CREATE SCHEMA meta")
    host.write("env/env.py", ENV)
    ini = host.ini.read_text()
    host.ini.write_text(ini.replace("alembic_plugins:environment", "%(here)s/env"))
    host.revise("meta", "CREATE TABLE mine ()", "DROP TABLE mine")
    assert "'meta' for itself" in host.fail("plugin", "install", "meta")


def test_what_a_plugin_has_not_made_in_the_host_s_schema_is_never_dropped_with_it(
    host: Host,
) -> None:
    role = find_role(host)
    host.database.execute(f"CREATE SCHEMA {role}")
    host.revise(role, "CREATE TABLE mine ()", "DROP TABLE mine")
    host.declare(role, f'namespace = "schema {role} existing"')
    host.run("plugin", "install", role)
    own = f"UPDATE alembic_plugin SET namespace = 'schema {role}', schema_created = true"
    host.database.execute(f"SET search_path = {role}; {own}")  # as a release before had it
    host.succeed("plugin", "uninstall", role, "--yes", "--with-unknown-objects")
    assert host.database.tables() == [f"{role}.accounts"]
    assert len(host.database.values(f"TABLE {role}.alembic_version")) == 1


def test_search_path_of_the_caller_is_put_back(host: Host) -> None:
    host.run("upgrade", "head")
    host.database.execute(f"CREATE SCHEMA {find_role(host)}")
    host.revise("host", "CREATE TABLE later ()")
    engine = create_engine(host.database.text, poolclass=NullPool)
    with engine.connect() as connection:
        before = connection.scalar(text("SHOW search_path"))
        connection.commit()
        commands.upgrade(host.config(connection=connection))
        assert connection.scalar(text("SHOW search_path")) == before
