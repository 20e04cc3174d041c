"""Schemas and relations in a file, with the real pg_dump and pg_restore."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text
from support.databases import Database

from alembic_plugins.backup import archive
from alembic_plugins.backup.archive import check_free
from alembic_plugins.backup.programs import find_program
from alembic_plugins.errors import BackupExists, BackupFailed, RestoreFailed

ODD = ["order", "Mixed", "with space", 'with "quotes"', "it's", "dot.ted", "st*r", "wh?t", "a|b"]
ODD += [
    "$x",
    "back\\slash",
    "[x]",
    "(x)",
    "^x",
    "x{2}",
    "-dash",
    "=x",
    "Öl",
    "new\nline",
    "%s",
    ":x",
]

MAKE_BOX = """
    CREATE SCHEMA box;
    CREATE TABLE box.a (id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, word text);
    INSERT INTO box.a (word) VALUES ('one'), ('two')
"""

HOLD = """
import signal, sys
from pathlib import Path
from sqlalchemy import create_engine
from alembic_plugins.backup.archive import dump
# A shell that runs the tests in the background has told them to overhear it.
signal.signal(signal.SIGINT, signal.default_int_handler)
with create_engine(sys.argv[1]).connect() as connection:
    dump(connection, Path(sys.argv[2]), ("box",), (), identity="box")
"""

# Waits in the server, until there is a pg_dump that waits for a lock, or none at all.
AWAIT = """
    DO $$ BEGIN
        WHILE (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()
               AND application_name ~ '^alembic_plugins ' AND ({0})) <> {1} LOOP
            PERFORM pg_sleep(0.01), pg_stat_clear_snapshot();
            ASSERT clock_timestamp() < now() + interval '1 minute';
        END LOOP;
    END $$
"""


dump = partial(archive.dump, identity=str(uuid4()))
restore = partial(archive.restore, identity=str(uuid4()))


@pytest.fixture
def box(connection: Connection) -> Connection:
    """A connection on which schema `box` is made, with a table of two rows."""
    change(connection, MAKE_BOX)
    return connection


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Where a backup goes, in a folder that has nothing else."""
    folder = tmp_path / "backups"
    folder.mkdir()
    return folder / "box.dump"


def change(connection: Connection, sql: str) -> None:
    """Run statements and commit."""
    connection.execute(text(sql.replace(":", r"\:")))
    connection.commit()


def read(connection: Connection, sql: str) -> list[object]:
    """Return the first column of a query."""
    return list(connection.scalars(text(sql.replace(":", r"\:"))))


def quote(name: str) -> str:
    """Return a name as SQL has it."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def version(connection: Connection) -> int:
    """Return the server's version, as libpq gives it."""
    return int(str(read(connection, "SHOW server_version_num")[0]))


def bring_back_box(connection: Connection, path: Path) -> None:
    """Write schema `box`, drop it and read it back."""
    dump(connection, path, ("box",), ())
    change(connection, "DROP SCHEMA box CASCADE")
    restore(connection, path)


def test_rows_come_back(box: Connection, path: Path) -> None:
    bring_back_box(box, path)
    assert read(box, "SELECT word FROM box.a ORDER BY id") == ["one", "two"]


def test_sequences_go_on_where_they_were(box: Connection, path: Path) -> None:
    bring_back_box(box, path)
    change(box, "INSERT INTO box.a DEFAULT VALUES")
    assert read(box, "SELECT id + n FROM box.a") == [2, 4, 6]


def test_schema_comes_back_with_all_that_is_in_it(
    box: Connection, database: Database, path: Path
) -> None:
    change(box, "CREATE TYPE box.mood AS ENUM ('good'); CREATE VIEW box.v AS SELECT id FROM box.a")
    change(box, "CREATE FUNCTION box.f() RETURNS int LANGUAGE sql AS 'SELECT 1'")
    before = database.catalog()
    bring_back_box(box, path)
    assert database.catalog() == before


def test_owners_and_privileges_come_back(box: Connection, path: Path) -> None:
    change(box, "GRANT SELECT ON box.a TO pg_monitor; ALTER TABLE box.a OWNER TO pg_signal_backend")
    told = "SELECT relowner::regrole || ' ' || relacl::text FROM pg_class WHERE relname = 'a'"
    before = read(box, told)
    bring_back_box(box, path)
    assert read(box, told) == before


def test_relation_comes_back_alone(box: Connection, path: Path) -> None:
    change(box, "CREATE TABLE box.b (id int)")
    dump(box, path, (), (("box", "a"),))
    change(box, "DROP TABLE box.a, box.b")
    restore(box, path)
    assert read(box, "SELECT relname FROM pg_class WHERE relname IN ('a', 'b')") == ["a"]
    assert read(box, "SELECT nextval('box.a_id_seq')") == [3]


@pytest.mark.parametrize("name", ODD)
def test_schema_comes_back_whatever_its_name(connection: Connection, path: Path, name: str) -> None:
    schema = quote(name)
    change(connection, f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.a AS SELECT 7 AS n")
    dump(connection, path, (name,), ())
    change(connection, f"DROP SCHEMA {schema} CASCADE")
    restore(connection, path)
    assert read(connection, f"SELECT n FROM {schema}.a") == [7]


@pytest.mark.parametrize("name", ODD)
def test_relation_comes_back_whatever_its_name(box: Connection, path: Path, name: str) -> None:
    change(box, f"CREATE TABLE box.{quote(name)} AS SELECT 7 AS n")
    dump(box, path, (), (("box", name),))
    change(box, f"DROP TABLE box.{quote(name)}")
    restore(box, path)
    assert read(box, f"SELECT n FROM box.{quote(name)}") == [7]


def test_name_is_no_pattern(connection: Connection, path: Path) -> None:
    change(connection, 'CREATE TABLE "b*" (id int); CREATE TABLE box (id int)')
    dump(connection, path, (), (("public", "b*"),))
    change(connection, 'DROP TABLE "b*", box')
    restore(connection, path)
    assert read(connection, "SELECT relname FROM pg_class WHERE relname LIKE 'b%'") == ["b*"]


@pytest.fixture
def latin1(database: Database) -> Iterator[Connection]:
    """A connection to a database whose encoding is not UTF-8."""
    name = f"{database.url.database}_latin1"
    engine = create_engine(database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(
            text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'")
        )
        with create_engine(database.url.set(database=name), poolclass=NullPool).connect() as latin1:
            yield latin1
        connection.execute(text(f"DROP DATABASE {name}"))


def test_names_are_found_in_any_encoding(latin1: Connection, path: Path) -> None:
    change(latin1, "CREATE TABLE \"Öl\" AS SELECT 'ä' AS word")
    dump(latin1, path, (), (("public", "Öl"),))
    change(latin1, 'DROP TABLE "Öl"')
    restore(latin1, path)
    assert read(latin1, 'SELECT word FROM "Öl"') == ["ä"]


def test_backup_is_read_by_its_owner_alone(box: Connection, path: Path) -> None:
    dump(box, path, ("box",), ())
    assert path.stat().st_mode & 0o777 == 0o600


def test_connection_is_left_as_it_was(box: Connection, path: Path) -> None:
    dump(box, path, (), (("box", "a"),))
    assert not box.in_transaction()


def test_backup_is_of_the_database_that_the_connection_leads_to(
    box: Connection, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGHOSTADDR", "192.0.2.1")
    monkeypatch.setenv("PGDATABASE", "elsewhere")
    monkeypatch.setenv("PGSERVICE", "elsewhere")
    bring_back_box(box, path)
    assert read(box, "SELECT count(*) FROM box.a") == [2]


def test_parameters_of_the_connection_go_along(database: Database, path: Path) -> None:
    url = database.url.update_query_dict(
        {"keepalives_idle": "7", "options": "-c role=pg_monitor", "sslcertmode": "disable"}
    )
    database.execute(MAKE_BOX)
    with create_engine(url, poolclass=NullPool).connect() as connection:
        with pytest.raises(BackupFailed) as excinfo:
            dump(connection, path, ("box",), ())
        assert "permission denied for schema box" in excinfo.value.reason


def test_service_does_not_win_over_the_connection(
    database: Database, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    services = path.parent.with_name("services")
    services.write_text("[box]\nport=1\n")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    database.execute(MAKE_BOX)
    url = database.url.update_query_dict({"service": "box"})
    with create_engine(url, poolclass=NullPool).connect() as connection:
        dump(connection, path, ("box",), ())
    assert path.exists()


@pytest.fixture
def spied(tmp_path: Path, box: Connection, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file in which the real programs leave their arguments and their password."""
    told = tmp_path / "told"
    for name in ("pg_dump", "pg_restore"):
        program = find_program(name, version(box))
        spy = tmp_path / "bin" / name
        spy.parent.mkdir(exist_ok=True)
        spy.write_text(
            f'#!/bin/sh\necho "{name}: $@" >> {told}\necho "by variable: $PGPASSWORD" >> {told}\n'
            f'exec {program} "$@"\n'
        )
        spy.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"), prepend=":")
    return told


@pytest.fixture
def secret(database: Database) -> str:
    """The password of the server, or one where it asks for none."""
    return database.url.password or "open sesame"


@pytest.fixture
def guarded(database: Database, secret: str, box: Connection) -> Iterator[Connection]:
    """A connection to the database that has `box`, made with a password."""
    box.commit()
    with create_engine(database.url.set(password=secret), poolclass=NullPool).connect() as opened:
        yield opened


def test_password_is_no_argument(guarded: Connection, secret: str, spied: Path, path: Path) -> None:
    bring_back_box(guarded, path)
    told = spied.read_text().splitlines()
    arguments = [line for line in told if line.startswith("pg_") and "--dbname" in line]
    assert len(arguments) == 2
    assert [line for line in told if secret in line] == [f"by variable: {secret}"] * 2


def test_password_is_not_told(guarded: Connection, secret: str, path: Path) -> None:
    dump(guarded, path, ("box",), ())
    with pytest.raises(RestoreFailed) as restoring:
        restore(guarded, path)
    with pytest.raises(BackupFailed) as dumping:
        dump(guarded, path.with_name("other"), ("shelf",), ())
    assert secret not in f"{restoring.value} {restoring.value.__cause__!r}"
    assert secret not in f"{dumping.value} {dumping.value.__cause__!r}"


def test_dump_refuses_to_overwrite(box: Connection, path: Path) -> None:
    path.write_text("mine")
    with pytest.raises(BackupExists):
        dump(box, path, ("box",), ())
    assert path.read_text() == "mine"


def test_dump_refuses_to_follow_a_link_to_nothing(box: Connection, path: Path) -> None:
    path.symlink_to("nothing")
    with pytest.raises(BackupExists):
        dump(box, path, ("box",), ())


def test_dump_refuses_what_pg_dump_cannot_select(box: Connection, path: Path) -> None:
    with pytest.raises(BackupFailed, match="whole schemas and single relations"):
        dump(box, path, ("box",), (("public", "a"),))


def test_dump_of_nothing_is_refused(box: Connection, path: Path) -> None:
    with pytest.raises(BackupFailed, match="there is nothing to write"):
        dump(box, path, (), ())


def test_dump_fails_where_a_schema_is_not_there(box: Connection, path: Path) -> None:
    with pytest.raises(BackupFailed) as excinfo:
        dump(box, path, ("box", "shelf"), ())
    assert excinfo.value.reason == 'no matching schemas were found for pattern ""shelf""'


def test_dump_fails_where_a_relation_is_not_there(box: Connection, path: Path) -> None:
    with pytest.raises(BackupFailed) as excinfo:
        dump(box, path, (), (("box", "a"), ("box", "b")))
    assert excinfo.value.reason == 'no matching tables were found for pattern ""box"."b""'


def test_dump_fails_where_the_folder_is_not_there(box: Connection, path: Path) -> None:
    with pytest.raises(BackupFailed) as excinfo:
        dump(box, path / "box.dump", ("box",), ())
    assert excinfo.value.reason == "No such file or directory"


def test_dump_that_fails_leaves_no_file(box: Connection, path: Path) -> None:
    with pytest.raises(BackupFailed):
        dump(box, path, ("shelf",), ())
    assert list(path.parent.iterdir()) == []


def test_dump_leaves_nothing_but_the_file(box: Connection, path: Path) -> None:
    dump(box, path, ("box",), ())
    assert list(path.parent.iterdir()) == [path]


def test_interrupted_dump_leaves_nothing(box: Connection, database: Database, path: Path) -> None:
    box.execute(text("LOCK TABLE box.a"))
    command = [sys.executable, "-c", HOLD, database.text, str(path)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        database.execute(AWAIT.format("wait_event_type = 'Lock'", 1))
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate()
    database.execute(AWAIT.format("true", 0))
    assert "KeyboardInterrupt" in stderr
    assert list(path.parent.iterdir()) == []


def test_one_schema_of_several_comes_back(box: Connection, path: Path) -> None:
    change(box, 'CREATE SCHEMA "b*"; CREATE TABLE "b*".b (id int)')
    dump(box, path, ("box", "b*"), ())
    change(box, 'DROP TABLE box.a, "b*".b')
    restore(box, path, only="b*")
    assert read(box, "SELECT relname FROM pg_class WHERE relname IN ('a', 'b')") == ["b"]


@pytest.mark.parametrize("name", ["box", "Mixed", "Öl", "a|b", "it's", "order"])
def test_schema_that_is_present_stays_as_it_is(
    connection: Connection, path: Path, name: str
) -> None:
    schema = quote(name)
    change(connection, f"CREATE SCHEMA {schema}; CREATE TABLE {schema}.a AS SELECT 7 AS n")
    change(connection, f"GRANT USAGE ON SCHEMA {schema} TO pg_monitor")
    change(connection, f"COMMENT ON SCHEMA {schema} IS 'old'")
    dump(connection, path, (name,), ())
    change(connection, f"DROP TABLE {schema}.a; COMMENT ON SCHEMA {schema} IS 'new'")
    change(connection, f"REVOKE USAGE ON SCHEMA {schema} FROM pg_monitor")
    told = "SELECT nspacl::text || obj_description(oid, 'pg_namespace') FROM pg_namespace"
    before = read(connection, told)
    restore(connection, path, present=[name])
    assert read(connection, f"SELECT n FROM {schema}.a") == [7]
    assert read(connection, told) == before


def test_other_schemas_than_those_present_are_made(box: Connection, path: Path) -> None:
    change(box, "CREATE SCHEMA box2; CREATE TABLE box2.b (id int)")
    dump(box, path, ("box", "box2"), ())
    change(box, "DROP SCHEMA box CASCADE; DROP TABLE box2.b")
    restore(box, path, present=["box2"])
    assert read(box, "SELECT relname FROM pg_class WHERE relname IN ('a', 'b')") == ["a", "b"]


def test_restore_fails_where_the_schema_is_there(box: Connection, path: Path) -> None:
    dump(box, path, ("box",), ())
    with pytest.raises(RestoreFailed) as excinfo:
        restore(box, path)
    reason = 'could not execute query: ERROR:  schema "box" already exists'
    assert (excinfo.value.path, excinfo.value.reason) == (path, reason)


def test_restore_that_fails_takes_all_back(box: Connection, path: Path) -> None:
    change(box, "CREATE TABLE host (id int PRIMARY KEY)")
    change(box, "CREATE TABLE box.b (host int REFERENCES host)")
    dump(box, path, ("box",), ())
    change(box, "DROP SCHEMA box CASCADE; DROP TABLE host")
    with pytest.raises(RestoreFailed):
        restore(box, path)
    assert read(box, "SELECT nspname FROM pg_namespace WHERE nspname = 'box'") == []


def test_restore_fails_where_the_file_is_not_there(connection: Connection, path: Path) -> None:
    with pytest.raises(RestoreFailed) as excinfo:
        restore(connection, path)
    assert excinfo.value.reason == "No such file or directory"


@pytest.mark.parametrize("content", ["", "-- PostgreSQL database dump\n"])
def test_restore_fails_where_the_file_is_no_backup(
    connection: Connection, path: Path, content: str
) -> None:
    path.write_text(content)
    with pytest.raises(RestoreFailed) as excinfo:
        restore(connection, path)
    assert excinfo.value.reason == "it is not in the custom format of pg_dump"


@pytest.mark.parametrize("share", [0.2, 0.8, 0.99])
def test_restore_fails_where_the_file_is_cut_off(box: Connection, path: Path, share: float) -> None:
    change(box, "INSERT INTO box.a (word) SELECT md5(n::text) FROM generate_series(1, 9999) n")
    dump(box, path, ("box",), ())
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    change(box, "DROP SCHEMA box CASCADE")
    with pytest.raises(RestoreFailed, match="end of file"):
        restore(box, path)
    assert read(box, "SELECT nspname FROM pg_namespace WHERE nspname = 'box'") == []


def test_name_that_a_file_has_is_not_free(path: Path) -> None:
    check_free(path)
    path.touch()
    with pytest.raises(BackupExists) as excinfo:
        check_free(path)
    assert excinfo.value.path == path
