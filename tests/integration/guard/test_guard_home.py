"""What a plugin does to its own objects is its own affair."""

from collections.abc import Callable
from dataclasses import replace

import psycopg
import pytest
import sqlalchemy as sa
from alembic import op
from support.statements import (
    COMMON,
    PREFIX,
    SCHEMA,
    SUPERUSER,
    Statement,
    spread,
)
from support.worlds import World, clone, run_as, take_back

_FLAWLESS = [replace(s, flaw=None) for s in COMMON]
_ONLY = (
    Statement("cast_of_own_type", "CREATE CAST (text AS {m}pair) WITH INOUT"),
    Statement("publication_of_own_table", "CREATE PUBLICATION {mn}news FOR TABLE {m}users"),
    Statement("lock_of_their_table", "LOCK TABLE other_users IN SHARE MODE", kinds=PREFIX),
    Statement("lock_of_their_table", "LOCK TABLE other.users IN SHARE MODE", kinds=SCHEMA),
    Statement("like_their_table", "CREATE TABLE {m}fresh (LIKE other.scratch)", kinds=SCHEMA),
    Statement(
        "look_at_the_catalog",
        "SELECT * FROM information_schema.views WHERE view_definition LIKE '%x%';"
        " SELECT * FROM pg_catalog.pg_sequences; SELECT * FROM pg_catalog.pg_views",
    ),
    Statement("read_host", "SELECT * FROM {h}users, {h}people"),
    Statement("read_host_for_update", "SELECT * FROM {h}users FOR UPDATE"),
    Statement("read_required", "SELECT * FROM {r}users, {r}ranking"),
    Statement("view_of_host", "CREATE VIEW {m}fresh AS SELECT email FROM {h}users"),
    Statement("view_of_required", "CREATE VIEW {m}fresh AS SELECT email FROM {r}users"),
    Statement("copy_of_table", "INSERT INTO {m}users SELECT id + 9, email FROM {h}users"),
    Statement("table_like_required", "CREATE TABLE {m}fresh (LIKE {r}settings INCLUDING ALL)"),
    Statement("foreign_key_to_host", "CREATE TABLE {m}fresh (a bigint REFERENCES {h}users)"),
    Statement("foreign_key_to_required", "CREATE TABLE {m}fresh (a bigint REFERENCES {r}users)"),
    Statement(
        "row_with_foreign_key_to_host",
        "CREATE TABLE {m}fresh (a bigint REFERENCES {h}users); INSERT INTO {m}fresh VALUES (1)",
    ),
    Statement(
        "drop_of_foreign_key_to_host",
        "CREATE TABLE {m}fresh (a bigint CONSTRAINT {mn}f REFERENCES {h}users);"
        " ALTER TABLE {m}fresh DROP CONSTRAINT {mn}f",
    ),
    Statement("column_of_required_type", "CREATE TABLE {m}fresh (a {r}mood)"),
    Statement("default_of_host_function", "CREATE TABLE {m}fresh (a text DEFAULT {h}shout('a'))"),
    Statement("call_of_required_procedure", "CALL {r}tidy()"),
    Statement(
        "savepoint",
        "SAVEPOINT a; CREATE TABLE {m}fresh (a int); ROLLBACK TO a;"
        " SAVEPOINT b; DROP TABLE {m}scratch; RELEASE b",
        in_block=False,
    ),
    Statement(
        "violation_that_is_rolled_back_to_savepoint",
        "SAVEPOINT a; CREATE TABLE {h}fresh (a int); ROLLBACK TO a",
        in_block=False,
    ),
    Statement(
        "failure_that_is_caught",
        "DO $d$ BEGIN INSERT INTO {m}users VALUES (1);"
        " EXCEPTION WHEN unique_violation THEN CREATE TABLE {m}fresh (a int); END $d$",
    ),
    Statement(
        "temporary_table",
        "CREATE TEMPORARY TABLE fresh (a int PRIMARY KEY, b text); INSERT INTO fresh VALUES (1);"
        " CREATE INDEX on_b ON fresh (b); INSERT INTO {m}scratch SELECT a FROM fresh;"
        " DROP TABLE fresh",
    ),
    Statement("temporary_table_that_stays", "CREATE TEMPORARY TABLE fresh AS SELECT 1 AS a"),
    Statement("temporary_view", "CREATE TEMPORARY VIEW fresh AS SELECT * FROM {m}users"),
    Statement(
        "toasted_value",
        "INSERT INTO {m}users SELECT 7, string_agg(md5(i::text), '')"
        " FROM generate_series(1, 1000) i; DELETE FROM {m}users WHERE id = 7",
    ),
    Statement("table_made_and_dropped", "CREATE TABLE {m}fresh (a text); DROP TABLE {m}fresh"),
    Statement(
        "foreign_key_between_new_tables",
        "CREATE TABLE {m}one (a int PRIMARY KEY);"
        " CREATE TABLE {m}two (a int PRIMARY KEY REFERENCES {m}one ON DELETE CASCADE)",
    ),
    Statement("drop_by_cascade", "DROP TYPE {m}mood CASCADE; DROP TABLE {m}users CASCADE"),
    Statement("inherit", "CREATE TABLE {m}fresh () INHERITS ({m}scratch)"),
    Statement(
        "table_with_everything",
        "CREATE TABLE {m}fresh (a int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, b serial UNIQUE,"
        " c text DEFAULT 'x' CHECK (c <> ''), d int GENERATED ALWAYS AS (1) STORED,"
        " EXCLUDE USING btree (c WITH =))",
    ),
    Statement("schema_of_path", "SET LOCAL search_path TO {mS}, public; CREATE TABLE {mn}fresh ()"),
    Statement(
        "path_put_back",
        "SET LOCAL search_path TO {mS}; CREATE TABLE {mn}fresh (); RESET search_path",
    ),
    Statement(
        "path_to_own_schema_alone",
        "SET LOCAL search_path TO {mS}; CREATE TABLE {mn}fresh ()",
        kinds=PREFIX,
    ),
    Statement(
        "path_to_own_schema_alone",
        "SET LOCAL search_path TO {mS}; CREATE TABLE {mn}fresh ()",
        kinds=SCHEMA,
    ),
    Statement(
        "empty_path",
        "SELECT set_config('search_path', '', false); CREATE TABLE {m}fresh ()",
    ),
    Statement(
        "range_type",
        "CREATE TYPE {m}fresh AS RANGE (subtype = int)",
    ),
    Statement(
        "privileges_in_own_schema",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {mS} GRANT SELECT ON TABLES TO {guest}",
        kinds=SCHEMA,
    ),
    Statement("grant_on_own_schema", "GRANT USAGE ON SCHEMA {mS} TO {guest}", kinds=SCHEMA),
    Statement("comment_on_own_schema", "COMMENT ON SCHEMA {mS} IS 'hello'", kinds=SCHEMA),
    Statement(
        "operator_family",
        "CREATE OPERATOR FAMILY {m}fresh USING btree",
        roles=SUPERUSER,
    ),
    Statement(
        "rewrite",
        "ALTER TABLE {m}scratch ALTER COLUMN id TYPE bigint; CLUSTER {m}users USING {mn}users_pkey",
    ),
)


@pytest.mark.parametrize(
    ("world", "way", "victim", "statement"),
    [
        *spread(_FLAWLESS, "mine"),
        *spread(_ONLY, "mine"),
    ],
    indirect=["world"],
)
def test_statement_at_home_is_allowed(
    world: World, way: str, victim: str, statement: Statement
) -> None:
    sql = world.write(statement.sql, victim)

    with take_back():
        world.upgrade(lambda: run_as(way, sql))


_OPERATIONS: dict[str, Callable[[str], object]] = {
    "create_table": lambda n: op.create_table(f"{n}fresh", sa.Column("id", sa.Integer)),
    "add_column": lambda n: op.add_column(f"{n}settings", sa.Column("more", sa.Text)),
    "drop_column": lambda n: op.drop_column(f"{n}settings", "rank"),
    "alter_column": lambda n: op.alter_column(f"{n}settings", "rank", new_column_name="place"),
    "rename_table": lambda n: op.rename_table(f"{n}scratch", f"{n}scrap"),
    "drop_table": lambda n: op.drop_table(f"{n}scratch"),
    "create_index": lambda n: op.create_index(f"{n}by_email", f"{n}users", ["email"]),
    "drop_index": lambda n: op.drop_index(f"{n}by_rank"),
    "create_unique": lambda n: op.create_unique_constraint(f"{n}one", f"{n}users", ["email"]),
    "create_check": lambda n: op.create_check_constraint(f"{n}positive", f"{n}users", "id > 0"),
    "create_foreign_key_to_host": lambda n: op.create_foreign_key(
        f"{n}host", f"{n}settings", "users", ["user_id"], ["id"], referent_schema="public"
    ),
    "drop_constraint": lambda n: op.drop_constraint(f"{n}of_user", f"{n}settings"),
    "comment": lambda n: op.create_table_comment(f"{n}users", "hello"),
    "bulk_insert": lambda n: op.bulk_insert(
        sa.table(f"{n}users", sa.column("id", sa.Integer)), [{"id": i} for i in range(2, 3000)]
    ),
    "execute": lambda n: op.execute(f"DELETE FROM {n}settings"),
}


@pytest.mark.parametrize("operation", _OPERATIONS.values(), ids=_OPERATIONS)
@pytest.mark.parametrize(
    "world", [("schema", "owner"), ("prefix", "superuser")], ids="-".join, indirect=True
)
def test_operation_at_home_is_allowed(world: World, operation: Callable[[str], object]) -> None:
    with take_back():
        world.upgrade(lambda: operation(world.write("{mn}")))


@pytest.mark.parametrize(
    "world", [("schema", "superuser"), ("prefix", "owner")], ids="-".join, indirect=True
)
def test_copy_at_home_is_allowed(world: World) -> None:
    with take_back():
        world.upgrade(lambda: _copy(world.write("COPY {m}scratch FROM STDIN")))


def _copy(statement: str) -> None:
    driver = op.get_bind().connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor().copy(statement.encode()) as copy:
        copy.write_row((1,))


@pytest.mark.parametrize(
    "world", [("schema", "owner"), ("prefix", "owner")], ids="-".join, indirect=True
)
def test_what_is_done_at_home_is_kept(world: World) -> None:
    with clone(world) as copy:
        copy.execute(copy.write("CREATE TABLE {m}fresh AS SELECT 5 AS a"))

        assert copy.database.values(copy.write("SELECT a FROM {m}fresh")) == [5]
