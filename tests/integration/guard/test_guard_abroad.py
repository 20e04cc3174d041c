"""What a plugin does to what is not its own is refused, and nothing of it stays."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from alembic import command, op
from support.statements import (
    COMMON,
    PREFIX,
    SCHEMA,
    SUPERUSER,
    Statement,
    spread,
)
from support.worlds import World, Worlds, run_as, take_back

from alembic_plugins.errors import NamespaceViolation

_PATH = "the registry is written on the path, or by the role, that the revision has left"
_UNDECLARED = (
    Statement(
        "view_of_table",
        "CREATE VIEW {m}fresh AS SELECT id FROM {x}users",
        "refers to table {x}users",
    ),
    Statement(
        "foreign_key",
        "ALTER TABLE {m}scratch ADD FOREIGN KEY (id) REFERENCES {x}users",
        "refers to table {x}users",
    ),
    Statement(
        "column_of_type",
        "CREATE TABLE {m}fresh (a {x}mood)",
        "type {x}mood",
    ),
    Statement(
        "default_of_function",
        "ALTER TABLE {m}scratch ADD COLUMN b text DEFAULT {x}shout('a')",
        "function {x}shout",
    ),
)
_READS = (
    Statement("read", "SELECT * FROM {x}users", "reads table {x}users"),
    Statement("read_for_update", "SELECT * FROM {x}users FOR UPDATE", "reads table {x}users"),
    Statement("read_of_empty_table", "SELECT FROM {x}scratch", "reads table {x}scratch"),
    Statement("read_by_index", "SELECT * FROM {x}users WHERE id = 1", "reads table {x}users"),
    Statement("read_of_view", "SELECT * FROM {x}people", "reads table {x}users"),
    Statement(
        "copy_of_table", "CREATE TABLE {m}fresh AS SELECT id FROM {x}users", "reads table {x}users"
    ),
)
_THEIRS = (
    Statement(
        "foreign_key_from",
        "ALTER TABLE {x}scratch ADD CONSTRAINT {xn}f FOREIGN KEY (id) REFERENCES {m}users",
        "creates table constraint {xn}f on {x}scratch",
    ),
    Statement("inherit", "CREATE TABLE {m}fresh () INHERITS ({x}scratch)", "table {x}scratch"),
    Statement(
        "attach_own_partition",
        "ALTER TABLE {x}logs ATTACH PARTITION {m}logs_2 FOR VALUES FROM (2) TO (3)",
        "table {x}logs",
    ),
    Statement(
        "attach_their_partition",
        "ALTER TABLE {m}logs ATTACH PARTITION {x}logs_2 FOR VALUES FROM (2) TO (3)",
        "table {x}logs_2",
    ),
    Statement(
        "move_own_table_out",
        "ALTER TABLE {m}scratch RENAME TO fresh; ALTER TABLE {mS}.fresh SET SCHEMA {xS}",
        "moves table {m}scratch to {xS}.fresh",
        kinds=SCHEMA,
    ),
    Statement(
        "move_their_table_in",
        "ALTER TABLE {x}scratch RENAME TO fresh; ALTER TABLE {xS}.fresh SET SCHEMA {mS}",
        "moves table {x}scratch",
        kinds=SCHEMA,
    ),
    Statement(
        "move_their_type_in",
        "ALTER TYPE {x}mood RENAME TO fresh; ALTER TYPE {xS}.fresh SET SCHEMA {mS}",
        "moves type {x}mood",
        kinds=SCHEMA,
    ),
    Statement(
        "rename_their_table_into_prefix",
        "ALTER TABLE {x}scratch RENAME TO {mn}taken",
        "renames table {x}scratch",
        kinds=PREFIX,
    ),
    Statement(
        "rename_own_table_out_of_prefix",
        "ALTER TABLE {m}scratch RENAME TO {xn}given",
        "moves table {m}scratch to {x}given",
        kinds=PREFIX,
    ),
    Statement(
        "publish_their_table",
        "CREATE PUBLICATION {mn}news FOR TABLE {x}users",
        "creates publication relation {x}users in publication {mn}news",
    ),
    Statement("drop_their_type_by_cascade", "DROP TYPE {x}mood CASCADE", "alters table {x}users"),
    Statement(
        "grant_on_schema",
        "GRANT USAGE ON SCHEMA {xS} TO {guest}",
        "alters schema {xS}",
        kinds=SCHEMA,
    ),
    Statement(
        "privileges_in_schema",
        "ALTER DEFAULT PRIVILEGES IN SCHEMA {xS} GRANT SELECT ON TABLES TO {guest}",
        "creates default acl for role {user} in schema {xS} on tables",
        kinds=SCHEMA,
    ),
    Statement(
        "create_on_path_and_reset",
        "SET search_path TO {xS}; CREATE TABLE {xn}fresh (); RESET search_path",
        "creates table {x}fresh",
    ),
    Statement(
        "create_on_local_path",
        "SET LOCAL search_path TO {xS}, public; CREATE TABLE {xn}fresh ()",
        "creates table {x}fresh",
    ),
    Statement(
        "create_on_configured_path",
        "SELECT set_config('search_path', '{xS}, public', false); CREATE TABLE {xn}fresh ()",
        "creates table {x}fresh",
    ),
    Statement(
        "drop_after_role_games",
        "SET ROLE {guest}; RESET ROLE; DROP TABLE {x}scratch",
        "drops table {x}scratch",
    ),
)
_NOBODYS = (
    Statement("create_schema", "CREATE SCHEMA fresh", "creates schema fresh"),
    Statement("drop_schema", "DROP SCHEMA other CASCADE", "drops schema other", kinds=SCHEMA),
    Statement(
        "rename_schema",
        "ALTER SCHEMA other RENAME TO elsewhere",
        "renames schema other",
        kinds=SCHEMA,
    ),
    Statement(
        "create_in_public",
        "CREATE TABLE public.fresh (a int)",
        "creates table public.fresh, which belongs to the host",
    ),
    Statement(
        "create_on_reset_path",
        "RESET search_path; CREATE TABLE fresh (a int)",
        "creates table public.fresh, which belongs to the host",
    ),
    Statement(
        "create_on_path_of_other",
        "SET search_path TO other; CREATE TABLE fresh (a int)",
        "creates table other.fresh, which belongs to plugin 'other'",
        kinds=SCHEMA,
    ),
    Statement(
        "create_as_other_role",
        "SET ROLE {guest}; CREATE TABLE public.fresh (a int)",
        "creates table public.fresh, which belongs to the host",
    ),
    Statement(
        "create_role",
        "CREATE ROLE {guest}_fresh",
        "changes roles",
        roles=SUPERUSER,
    ),
    Statement("alter_role", "ALTER ROLE {guest} LOGIN", "changes roles", roles=SUPERUSER),
    Statement(
        "set_for_role",
        "ALTER ROLE {guest} SET work_mem = '1MB'",
        "changes settings of roles",
        roles=SUPERUSER,
    ),
    Statement(
        "grant_role", "GRANT pg_monitor TO {guest}", "changes members of roles", roles=SUPERUSER
    ),
    Statement("create_extension", "CREATE EXTENSION citext", "creates extension citext"),
    Statement(
        "create_publication_of_all_tables",
        "CREATE PUBLICATION fresh FOR ALL TABLES",
        "creates publication fresh",
        roles=SUPERUSER,
    ),
    Statement(
        "create_cast_of_others",
        "CREATE CAST (text AS point) WITH INOUT",
        "creates cast (pg_catalog.text AS pg_catalog.point)",
        roles=SUPERUSER,
    ),
    Statement(
        "create_event_trigger",
        "CREATE FUNCTION {m}fire() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        " CREATE EVENT TRIGGER fresh ON ddl_command_end EXECUTE FUNCTION {m}fire()",
        "creates event trigger fresh",
        roles=SUPERUSER,
    ),
    Statement(
        "create_access_method",
        "CREATE ACCESS METHOD fresh TYPE INDEX HANDLER bthandler",
        "creates access method fresh",
        roles=SUPERUSER,
    ),
    Statement(
        "create_user_mapping",
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER fresh FOREIGN DATA WRAPPER w;"
        " CREATE USER MAPPING FOR PUBLIC SERVER fresh",
        "changes user mappings",
        roles=SUPERUSER,
    ),
    Statement(
        "create_subscription",
        "CREATE SUBSCRIPTION fresh CONNECTION 'dbname=nowhere' PUBLICATION p"
        " WITH (connect = false)",
        "changes subscriptions",
        in_block=False,
        roles=SUPERUSER,
    ),
    Statement(
        "grant_on_language",
        "GRANT USAGE ON LANGUAGE plpgsql TO {guest}",
        "alters language plpgsql",
        roles=SUPERUSER,
    ),
    Statement(
        "grant_on_tablespace",
        "GRANT CREATE ON TABLESPACE pg_default TO {guest}",
        "changes tablespaces",
        roles=SUPERUSER,
    ),
    Statement(
        "grant_on_parameter",
        "GRANT SET ON PARAMETER work_mem TO {guest}",
        "changes privileges on parameters",
        roles=SUPERUSER,
    ),
    Statement(
        "update_of_catalog",
        "UPDATE pg_catalog.pg_class SET relname = relname WHERE relname = 'users'",
        "writes to system catalog pg_class",
        roles=SUPERUSER,
    ),
    Statement(
        "write_to_version_table",
        "UPDATE alembic_version SET version_num = version_num",
        "writes to table public.alembic_version",
    ),
    Statement(
        "write_to_registry",
        "DELETE FROM alembic_plugin_object WHERE plugin = 'other'",
        "writes to table public.alembic_plugin_object",
    ),
    Statement(
        "alter_version_table",
        "ALTER TABLE alembic_version ADD COLUMN fresh int",
        "alters table public.alembic_version",
    ),
    Statement(
        "privileges_everywhere",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {guest}",
        "creates default acl for role {user} on tables",
    ),
    Statement(
        "set_for_database",
        "ALTER DATABASE {database} SET work_mem = '1MB'",
        "changes settings of roles or databases",
    ),
    Statement(
        "comment_on_database",
        "COMMENT ON DATABASE {database} IS 'hello'",
        "changes comments on roles, databases or tablespaces",
    ),
    Statement(
        "grant_on_database",
        "GRANT CONNECT ON DATABASE {database} TO {guest}",
        "changes databases",
    ),
    Statement(
        "make_large_object",
        "SELECT lo_create(0)",
        "creates large object",
    ),
)


@pytest.fixture
def untouched(world: World, worlds: Worlds) -> Iterator[None]:
    """Check that the test leaves the database as it was."""
    before = world.snapshot()
    yield
    after = world.snapshot()
    if after != before:
        worlds.drop(world)
    assert after == before


@pytest.mark.parametrize(
    ("world", "way", "victim", "statement"),
    [
        *spread((*COMMON, *_THEIRS), "other", "host"),
        *spread(_UNDECLARED, "other"),
    ],
    indirect=["world"],
)
@pytest.mark.usefixtures("untouched")
def test_statement_abroad_is_refused(
    world: World, way: str, victim: str, statement: Statement
) -> None:
    sql = world.write(statement.sql, victim)

    with pytest.raises(NamespaceViolation) as caught:
        world.upgrade(lambda: run_as(way, sql))

    assert any(
        world.write(statement.violation, victim) in violation
        and violation.endswith(world.find_owner_words(victim))
        for violation in caught.value.violations
    ), caught.value.violations


@pytest.mark.parametrize(
    ("world", "way", "victim", "statement"), spread(_NOBODYS, "other"), indirect=["world"]
)
@pytest.mark.usefixtures("untouched")
def test_statement_in_nobodys_land_is_refused(
    world: World, way: str, victim: str, statement: Statement
) -> None:
    sql = world.write(statement.sql, victim)

    with pytest.raises(NamespaceViolation) as caught:
        world.upgrade(lambda: run_as(way, sql))

    assert world.write(statement.violation, victim) in str(caught.value)


@pytest.mark.parametrize(
    ("world", "way", "victim", "statement"), spread(_READS, "other"), indirect=["world"]
)
def test_reading_of_what_is_not_declared_is_told(
    world: World, way: str, victim: str, statement: Statement, caplog: pytest.LogCaptureFixture
) -> None:
    sql = world.write(statement.sql, victim)

    with take_back():
        world.upgrade(lambda: run_as(way, sql))

    assert world.write(statement.violation, victim) + world.write("{whose}", victim) in caplog.text


@pytest.mark.parametrize(
    ("world", "way", "victim", "statement"), spread(_READS, "other"), indirect=["world"]
)
@pytest.mark.usefixtures("untouched")
def test_reading_of_what_is_not_declared_can_be_refused(
    world: World, way: str, victim: str, statement: Statement
) -> None:
    sql = world.write(statement.sql, victim)
    config = world.configure("mine", lambda: run_as(way, sql))
    config.set_main_option("plugin_guard_reads", "enforce")

    with pytest.raises(NamespaceViolation) as caught:
        command.upgrade(config, "mine_2")

    assert world.write(statement.violation, victim) in str(caught.value)


_OPERATIONS: dict[str, tuple[Callable[[str, str], object], str]] = {
    "create_table": (
        lambda n, s: op.create_table(f"{n}fresh", sa.Column("id", sa.Integer), schema=s),
        "creates table {x}fresh",
    ),
    "add_column": (
        lambda n, s: op.add_column(f"{n}settings", sa.Column("more", sa.Text), schema=s),
        "alters table {x}settings",
    ),
    "alter_column": (
        lambda n, s: op.alter_column(f"{n}settings", "rank", server_default="7", schema=s),
        "table {x}settings",
    ),
    "rename_table": (
        lambda n, s: op.rename_table(f"{n}scratch", f"{n}scrap", schema=s),
        "renames table {x}scratch",
    ),
    "drop_table": (
        lambda n, s: op.drop_table(f"{n}scratch", schema=s),
        "drops table {x}scratch",
    ),
    "create_index": (
        lambda n, s: op.create_index(f"{n}by_email", f"{n}users", ["email"], schema=s),
        "creates index {xs}{xn}by_email",
    ),
    "create_check": (
        lambda n, s: op.create_check_constraint(f"{n}positive", f"{n}users", "id > 0", schema=s),
        "creates table constraint {xn}positive on {x}users",
    ),
    "drop_constraint": (
        lambda n, s: op.drop_constraint(f"{n}of_user", f"{n}settings", schema=s),
        "drops table constraint {xn}of_user on {x}settings",
    ),
    "comment": (
        lambda n, s: op.create_table_comment(f"{n}users", "hello", schema=s),
        "table {x}users",
    ),
    "bulk_insert": (
        lambda n, s: op.bulk_insert(
            sa.table(f"{n}scratch", sa.column("id", sa.Integer), schema=s), [{"id": 1}, {"id": 2}]
        ),
        "writes to table {x}scratch",
    ),
    "execute": (
        lambda n, s: op.execute(sa.text(f"DELETE FROM {s}.{n}settings")),
        "writes to table {x}settings",
    ),
}


@pytest.mark.parametrize(("operation", "violation"), _OPERATIONS.values(), ids=_OPERATIONS)
@pytest.mark.parametrize("victim", ["other", "host"])
@pytest.mark.parametrize(
    "world", [("schema", "owner"), ("prefix", "superuser")], ids="-".join, indirect=True
)
@pytest.mark.usefixtures("untouched")
def test_operation_abroad_is_refused(
    world: World, victim: str, operation: Callable[[str, str], object], violation: str
) -> None:
    names = (world.write("{xn}", victim), world.write("{xS}", victim))

    with pytest.raises(NamespaceViolation) as caught:
        world.upgrade(lambda: operation(*names))

    told = str(caught.value)
    words = world.write(violation, victim)
    assert any(words + whose in told for whose in world.find_owner_words(victim))
