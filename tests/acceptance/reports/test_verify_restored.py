"""A database that was dumped and restored is what was recorded, also by another release."""

from pathlib import Path

import pytest
from support.databases import Database
from support.hosts import Host

DUMPED_ON_15 = Path(__file__).with_name("dumped_on_15.sql")
"""What `pg_dump --no-owner` of PostgreSQL 15 has written of a database with the plugin.

Lines that only some releases of psql know, with ``restrict`` in them, are left out. After
a change of `MAKE` it is to be written anew.
"""

MAKE = """
    CREATE TABLE items (
        id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        kind varchar NOT NULL CONSTRAINT kinds CHECK (kind IN ('new', 'old')),
        code varchar DEFAULT upper('x'), twice int GENERATED ALWAYS AS (id * 2) STORED,
        seen timestamptz DEFAULT '2024-01-01', account int REFERENCES accounts);
    CREATE INDEX items_new ON items (lower(kind)) WHERE kind IN ('new', 'newer');
    CREATE VIEW names AS SELECT i.id, i.kind FROM items i WHERE i.kind IN ('new', 'old');
    CREATE MATERIALIZED VIEW kinds AS SELECT i.kind, count(*) FROM items i GROUP BY i.kind;
    CREATE DOMAIN colour AS varchar CONSTRAINT known CHECK (VALUE IN ('red', 'blue'));
    CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER t BEFORE UPDATE ON items FOR EACH ROW
        WHEN (OLD.kind IN ('new', 'old')) EXECUTE FUNCTION stamp();
    CREATE POLICY p ON items USING (kind IN ('new', 'old'));
    CREATE TABLE days (day date PRIMARY KEY, word varchar CHECK (word IN ('a', 'b')))
        PARTITION BY RANGE (day);
    CREATE TABLE days_1 PARTITION OF days FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
"""

CHANGE = """
    ALTER TABLE shop.items DROP CONSTRAINT kinds,
        ADD CONSTRAINT kinds CHECK (kind IN ('new', 'older'));
    CREATE OR REPLACE VIEW shop.names AS
        SELECT i.id, i.kind FROM shop.items i WHERE i.kind IN ('new', 'older')
"""

CHANGED = [
    "constraint kinds on shop.items has the definition",
    "view shop.names has another definition",
    "2 findings",
]


@pytest.fixture
def shop(host: Host) -> Host:
    """A host with the files of a plugin, which is not installed."""
    return host.revise("shop", MAKE)


def move(host: Host, script: str, database: Database) -> None:
    """Let a host's commands lead to a database that a script makes."""
    database.feed(script)
    host.database = database


def find_lines(host: Host) -> list[str]:
    """Return what `verify` says, line by line, without definitions and the moment of the step."""
    lines = host.alembic("plugin", "verify").lines
    return [line.partition(" '")[0].strip() for line in lines if not line.startswith("shop, since")]


def test_database_that_was_restored_is_what_was_recorded(
    shop: Host, second_database: Database
) -> None:
    shop.run("plugin", "install", "shop")
    move(shop, "\n".join(shop.database.dump("--no-owner")), second_database)
    assert shop.succeed("plugin", "verify", "--strict").stdout == "no findings\n"
    second_database.execute(CHANGE)
    assert find_lines(shop) == CHANGED


def test_database_of_postgresql_15_is_what_was_recorded(
    shop: Host, second_database: Database
) -> None:
    move(shop, DUMPED_ON_15.read_text("utf-8"), second_database)
    assert shop.succeed("plugin", "verify", "--strict").stdout == "no findings\n"
    second_database.execute(CHANGE)
    assert find_lines(shop) == CHANGED


def test_definition_that_cannot_be_printed_anew_is_not_taken_for_right(
    shop: Host, second_database: Database
) -> None:
    role = f"{second_database.url.database}_reader"
    move(shop, DUMPED_ON_15.read_text("utf-8"), second_database)
    second_database.execute(
        f"CREATE ROLE {role} LOGIN PASSWORD 'x'; GRANT pg_read_all_data TO {role}"
    )
    url = second_database.url.set(username=role, password="x")
    try:
        environment = {"DATABASE_URL": url.render_as_string(hide_password=False)}
        done = shop.alembic("plugin", "verify", env=environment)
    finally:
        second_database.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")
    assert (done.exit_code, "cannot be compared" in done.stdout) == (1, True)
    assert "permission denied to create database" in done.stdout
