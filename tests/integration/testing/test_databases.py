"""Template databases: only whole ones are cloned, and few are kept."""

import os
import signal
from collections.abc import Iterator
from multiprocessing import get_context
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from sqlalchemy.engine import URL
from support.servers import Server
from support.suites import drop_templates, list_templates

from alembic_plugins.testing.databases import Databases
from alembic_plugins.testing.servers import to_conninfo


def fill(url: URL) -> None:
    with psycopg.connect(to_conninfo(url)) as connection:
        connection.execute("CREATE TABLE filled ()")


def fill_and_die(url: URL) -> None:
    fill(url)
    os.kill(os.getpid(), signal.SIGKILL)


def build(server: URL, project: str, digest: str) -> None:
    """Be killed in the middle of making a template."""
    Databases(server, project, "killed").ensure_template(digest, fill_and_die)


@pytest.fixture
def project() -> str:
    return f"test {uuid4().hex}"


@pytest.fixture
def digest() -> str:
    return uuid4().hex


@pytest.fixture
def databases(server: Server, project: str) -> Iterator[Databases]:
    """Databases of a project without templates."""
    found = Databases(server.url("postgres"), project, "run")
    yield found
    found.close()
    drop_templates(server, f"%{project}%")


def find_filled(url: URL) -> bool:
    with psycopg.connect(to_conninfo(url)) as connection:
        [(found,)] = connection.execute("SELECT to_regclass('filled') IS NOT NULL").fetchall()
    return bool(found)


def test_template_is_made_once(databases: Databases, digest: str) -> None:
    urls: list[URL] = []
    names = [databases.ensure_template(digest, urls.append) for _ in range(2)]
    assert (names[0], len(urls)) == (names[1], 1)


def test_clone_has_what_its_template_has(databases: Databases, digest: str) -> None:
    url = databases.create(databases.ensure_template(digest, fill))
    assert find_filled(url)


def test_nobody_connects_to_a_template(databases: Databases, digest: str, server: Server) -> None:
    name = databases.ensure_template(digest, fill)
    with pytest.raises(psycopg.OperationalError, match="not currently accepting connections"):
        psycopg.connect(to_conninfo(server.url(name)))


def test_template_whose_maker_was_killed_is_made_anew(
    databases: Databases, digest: str, server: Server, project: str
) -> None:
    arguments = (server.url("postgres"), project, digest)
    process = get_context("spawn").Process(target=build, args=arguments)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    urls: list[URL] = []
    databases.ensure_template(digest, urls.append)
    assert len(urls) == 1


def test_template_that_failed_is_dropped(databases: Databases, digest: str, server: Server) -> None:
    with pytest.raises(ZeroDivisionError):
        databases.ensure_template(digest, lambda _: 1 / 0)  # type: ignore[arg-type]
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(to_conninfo(server.url(f"alembic_plugins_template_{digest}")))


def test_five_templates_are_kept(databases: Databases, server: Server, project: str) -> None:
    names = [databases.ensure_template(uuid4().hex, lambda _: None) for _ in range(6)]
    assert sorted(list_templates(server, f"%{project}%")) == sorted(names[1:])


def test_databases_of_a_process_that_is_gone_are_dropped(
    databases: Databases, server: Server, project: str
) -> None:
    living = databases.create()
    with psycopg.connect(to_conninfo(server.url("postgres")), autocommit=True) as connection:
        name = f"alembic_plugins_test_{2**31 - 1}_1"
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        Databases(server.url("postgres"), project, "other").close()
        [(there,)] = connection.execute(
            "SELECT count(*) FROM pg_database WHERE datname = %s", [name]
        ).fetchall()
    assert there == 0
    psycopg.connect(to_conninfo(living)).close()  # That of one that runs is still there.


@pytest.fixture
def maker(server: Server) -> Iterator[URL]:
    """A role that may create databases, and is no superuser."""
    name = f"guest_{uuid4().hex[:8]}"
    with psycopg.connect(to_conninfo(server.url("postgres")), autocommit=True) as connection:
        role = sql.Identifier(name)
        words = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD 'maker'")
        connection.execute(words.format(role))
        yield server.url("postgres").set(username=name, password="maker")
        connection.execute(sql.SQL("DROP ROLE {}").format(role))


def test_role_leaves_databases_of_others_alone(
    databases: Databases, digest: str, server: Server, project: str, maker: URL
) -> None:
    kept = [databases.ensure_template(uuid4().hex, fill) for _ in range(5)]
    with psycopg.connect(to_conninfo(server.url("postgres")), autocommit=True) as connection:
        stale = sql.Identifier(f"alembic_plugins_test_{2**31 - 1}_{uuid4().hex}")
        connection.execute(sql.SQL("CREATE DATABASE {}").format(stale))
        found = Databases(maker, project, "run")
        name = found.ensure_template(digest, fill)
        found.drop(found.create(name))
        found.drop(server.url(name))
        found.close()
        # A suite beside this one may have dropped it.
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(stale))
    assert sorted(list_templates(server, f"%{project}%")) == sorted(kept)


def test_lost_connection_hides_no_other_failure(
    digest: str, server: Server, project: str, databases: Databases
) -> None:
    lost = Databases(server.url("postgres"), project, "lost")
    *_, pid, _ = str(lost.create().database).split("_")

    def lose(_: URL) -> None:
        with psycopg.connect(to_conninfo(server.url("postgres"))) as connection:
            connection.execute("SELECT pg_terminate_backend(%s::int)", [pid])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        lost.ensure_template(digest, lose)
    lost.close()
    assert find_filled(databases.create(databases.ensure_template(digest, fill)))
