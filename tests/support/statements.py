"""Statements that are as they should be at home, and a violation on what belongs to others.

``{x}`` stands for whoever owns what a statement is about; see `World.write`.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import product

import pytest
from _pytest.mark import ParameterSet

RAW, BLOCK = "raw", "do"

WORLDS = (
    ("schema", "superuser", RAW),
    ("schema", "owner", BLOCK),
    ("prefix", "superuser", BLOCK),
    ("prefix", "owner", RAW),
)
"""Kinds of namespace, roles and ways, so that each two of them meet."""

MATRIX = os.environ.get("ALEMBIC_PLUGINS_TEST_MATRIX", "")
"""``whole``: all cases of each test, and each statement in each world and on what each owner has.

Else it takes too long.
"""


@dataclass(frozen=True)
class Statement:
    """A statement, and what is told of it where it is a violation.

    Attributes:
        name: what it is called among the tests.
        sql: the statement, or several.
        violation: verb, kind and name of what it does, without whose it is.
        in_block: whether PL/pgSQL has it.
        kinds: with which namespaces it means something.
        roles: who may do it.
        flaw: why the guard does not do right by it, if so.
    """

    name: str
    sql: str
    violation: str = ""
    in_block: bool = True
    kinds: tuple[str, ...] = ("schema", "prefix")
    roles: tuple[str, ...] = ("superuser", "owner")
    flaw: str | None = None


SUPERUSER = ("superuser",)
SCHEMA = ("schema",)
PREFIX = ("prefix",)


def spread(statements: Iterable[Statement], *victims: str) -> list[ParameterSet]:
    """Return the parameters of tests: world, way, victim and statement."""
    found = []
    for number, statement in enumerate(statements):
        worlds = [w for w in WORLDS if w[0] in statement.kinds and w[1] in statement.roles]
        fit = [*product(victims, worlds)]
        chosen = fit if MATRIX == "whole" else [fit[number % len(fit)]]
        found += [_make_parameters(statement, victim, world) for victim, world in chosen]
    return sorted(found, key=lambda parameters: str(parameters.values[0]))


def _make_parameters(
    statement: Statement, victim: str, world: tuple[str, str, str]
) -> ParameterSet:
    kind, role, way = world
    return pytest.param(
        (kind, role),
        way if statement.in_block else RAW,
        victim,
        statement,
        id=f"{statement.name}-{victim}-{way}-{kind}-{role}",
        marks=[pytest.mark.xfail(reason=statement.flaw, strict=True)] if statement.flaw else [],
    )


_GRANTS = "changes the privileges on table "
_SHOUT = "function {x}shout(pg_catalog.text)"

COMMON = (
    Statement("create_table", "CREATE TABLE {x}fresh (a int)", "creates table {x}fresh"),
    Statement("create_table_as", "CREATE TABLE {x}fresh AS SELECT 1", "creates table {x}fresh"),
    Statement("add_column", "ALTER TABLE {x}settings ADD more int", "alters table {x}settings"),
    Statement(
        "drop_column",
        "ALTER TABLE {x}users DROP COLUMN feels",
        "alters table {x}users",
    ),
    Statement(
        "rename_column",
        "ALTER TABLE {x}settings RENAME COLUMN rank TO place",
        "alters table {x}settings",
    ),
    Statement(
        "change_column_type",
        "ALTER TABLE {x}scratch ALTER COLUMN id TYPE bigint",
        "alters table {x}scratch",
    ),
    Statement(
        "set_default",
        "ALTER TABLE {x}settings ALTER COLUMN rank SET DEFAULT 5",
        "alters table {x}settings",
    ),
    Statement(
        "set_storage_parameter",
        "ALTER TABLE {x}settings SET (fillfactor = 50)",
        "alters table {x}settings",
    ),
    Statement(
        "set_column_statistics",
        "ALTER TABLE {x}settings ALTER COLUMN rank SET STATISTICS 50",
        "table {x}settings",
    ),
    Statement("set_unlogged", "ALTER TABLE {x}scratch SET UNLOGGED", "alters table {x}scratch"),
    Statement(
        "rename_table",
        "ALTER TABLE {x}scratch RENAME TO {xn}scrap",
        "renames table {x}scratch",
    ),
    Statement("drop_table", "DROP TABLE {x}scratch", "drops table {x}scratch"),
    Statement(
        "drop_and_create_table",
        "DROP TABLE {x}scratch; CREATE TABLE {x}scratch (id int)",
        "drops table {x}scratch",
    ),
    Statement("truncate", "TRUNCATE {x}settings", "alters table {x}settings"),
    Statement(
        "comment_on_table",
        "COMMENT ON TABLE {x}settings IS 'hello'",
        "comments on, or analyzes, table {x}settings",
    ),
    Statement(
        "comment_on_column",
        "COMMENT ON COLUMN {x}settings.rank IS 'hello'",
        "comments on, or analyzes, table {x}settings",
    ),
    Statement(
        "comment_on_function",
        "COMMENT ON FUNCTION {x}shout(text) IS 'hello'",
        f"comments on {_SHOUT}",
    ),
    Statement(
        "comment_on_constraint",
        "COMMENT ON CONSTRAINT {xn}of_user ON {x}settings IS 'hello'",
        "comments on table constraint {xn}of_user on {x}settings",
    ),
    Statement("analyze", "ANALYZE {x}users", "comments on, or analyzes, table {x}users"),
    Statement("insert", "INSERT INTO {x}users VALUES (2, 'x', 'sad')", "writes to table {x}users"),
    Statement("update", "UPDATE {x}users SET email = ''", "writes to table {x}users"),
    Statement(
        "update_of_no_row",
        "UPDATE {x}users SET email = '' WHERE false",
        "writes to table {x}users",
    ),
    Statement("delete", "DELETE FROM {x}settings", "writes to table {x}settings"),
    Statement(
        "delete_in_query",
        "WITH gone AS (DELETE FROM {x}settings RETURNING *) SELECT * FROM gone",
        "writes to table {x}settings",
    ),
    Statement(
        "merge",
        "MERGE INTO {x}users u USING (SELECT 9) s (i) ON u.id = s.i"
        " WHEN NOT MATCHED THEN INSERT VALUES (9, 'x', 'sad')",
        "writes to table {x}users",
    ),
    Statement(
        "insert_through_view",
        "INSERT INTO {x}people VALUES (9, 'x')",
        "writes to view {x}people",
    ),
    Statement(
        "insert_into_partition", "INSERT INTO {x}logs VALUES (1)", "writes to table {x}logs_1"
    ),
    Statement(
        "copy_from_program",
        "COPY {x}scratch FROM PROGRAM 'echo 1'",
        "writes to table {x}scratch",
        roles=SUPERUSER,
    ),
    Statement(
        "insert_of_large_batch",
        "INSERT INTO {x}scratch SELECT generate_series(1, 20000)",
        "writes to table {x}scratch",
    ),
    Statement(
        "create_index",
        "CREATE INDEX {xn}by_email ON {x}users (email)",
        "creates index {xs}{xn}by_email",
    ),
    Statement(
        "rename_index",
        "ALTER INDEX {xs}{xn}by_rank RENAME TO {xn}by_place",
        "renames index {xs}{xn}by_rank",
    ),
    Statement("drop_index", "DROP INDEX {xs}{xn}by_rank", "drops index {xs}{xn}by_rank"),
    Statement("reindex", "REINDEX INDEX {xs}{xn}by_rank", "alters index {xs}{xn}by_rank"),
    Statement("cluster", "CLUSTER {x}settings USING {xn}by_rank", "alters table {x}settings"),
    Statement(
        "add_constraint",
        "ALTER TABLE {x}settings ADD CONSTRAINT {xn}small CHECK (rank < 1000)",
        "creates table constraint {xn}small on {x}settings",
    ),
    Statement(
        "drop_constraint",
        "ALTER TABLE {x}settings DROP CONSTRAINT {xn}of_user",
        "drops table constraint {xn}of_user on {x}settings",
    ),
    Statement(
        "rename_constraint",
        "ALTER TABLE {x}settings RENAME CONSTRAINT {xn}of_user TO {xn}of_person",
        "alters table {x}settings",
    ),
    Statement(
        "validate_constraint",
        "ALTER TABLE {x}settings ADD CONSTRAINT {xn}small CHECK (rank < 1000) NOT VALID;"
        " ALTER TABLE {x}settings VALIDATE CONSTRAINT {xn}small",
        "creates table constraint {xn}small on {x}settings",
    ),
    Statement(
        "create_trigger",
        "CREATE TRIGGER {mn}late AFTER UPDATE ON {x}settings FOR EACH ROW"
        " EXECUTE FUNCTION {m}count_up()",
        "creates trigger {mn}late on {x}settings",
    ),
    Statement(
        "rename_trigger",
        "ALTER TRIGGER {xn}counted ON {x}settings RENAME TO {xn}told",
        "alters table {x}settings",
    ),
    Statement(
        "disable_trigger",
        "ALTER TABLE {x}settings DISABLE TRIGGER {xn}counted",
        "alters table {x}settings",
    ),
    Statement(
        "drop_trigger",
        "DROP TRIGGER {xn}counted ON {x}settings",
        "drops trigger {xn}counted on {x}settings",
    ),
    Statement(
        "create_rule",
        "CREATE RULE {mn}never AS ON DELETE TO {x}settings DO INSTEAD NOTHING",
        "creates rule {mn}never on {x}settings",
    ),
    Statement(
        "drop_rule", "DROP RULE {xn}quiet ON {x}numbered", "drops rule {xn}quiet on {x}numbered"
    ),
    Statement(
        "create_policy",
        "CREATE POLICY {mn}every ON {x}settings USING (true)",
        "creates policy {mn}every on {x}settings",
    ),
    Statement(
        "alter_policy",
        "ALTER POLICY {xn}seen ON {x}settings USING (false)",
        "alters table {x}settings",
    ),
    Statement(
        "drop_policy",
        "DROP POLICY {xn}seen ON {x}settings",
        "drops policy {xn}seen on {x}settings",
    ),
    Statement(
        "enable_row_security",
        "ALTER TABLE {x}settings ENABLE ROW LEVEL SECURITY",
        "alters table {x}settings",
    ),
    Statement("create_view", "CREATE VIEW {x}fresh AS SELECT 1 AS a", "creates view {x}fresh"),
    Statement(
        "replace_view",
        "CREATE OR REPLACE VIEW {x}people AS SELECT id, upper(email) AS email FROM {x}users",
        "alters view {x}people",
    ),
    Statement(
        "rename_view", "ALTER VIEW {x}people RENAME TO {xn}persons", "renames view {x}people"
    ),
    Statement("drop_view", "DROP VIEW {x}people", "drops view {x}people"),
    Statement(
        "create_materialized_view",
        "CREATE MATERIALIZED VIEW {x}fresh AS SELECT 1 AS a",
        "creates materialized view {x}fresh",
    ),
    Statement(
        "refresh_materialized_view",
        "REFRESH MATERIALIZED VIEW {x}ranking",
        "alters materialized view {x}ranking",
    ),
    Statement(
        "drop_materialized_view",
        "DROP MATERIALIZED VIEW {x}ranking",
        "drops materialized view {x}ranking",
    ),
    Statement("create_sequence", "CREATE SEQUENCE {x}fresh", "creates sequence {x}fresh"),
    Statement(
        "alter_sequence",
        "ALTER SEQUENCE {x}tickets INCREMENT BY 2",
        "alters sequence {x}tickets",
    ),
    Statement("advance_sequence", "SELECT nextval('{x}tickets')", "writes to sequence {x}tickets"),
    Statement(
        "give_sequence_to_table",
        "ALTER SEQUENCE {x}tickets OWNED BY {x}scratch.id",
        "writes to sequence {x}tickets",
    ),
    Statement("drop_sequence", "DROP SEQUENCE {x}tickets", "drops sequence {x}tickets"),
    Statement(
        "add_identity",
        "ALTER TABLE {x}logs_2 ALTER COLUMN at ADD GENERATED ALWAYS AS IDENTITY",
        "creates sequence {x}logs_2_at_seq",
    ),
    Statement(
        "restart_identity",
        "ALTER TABLE {x}numbered ALTER COLUMN id RESTART WITH 50",
        "alters sequence {x}numbered_id_seq",
    ),
    Statement(
        "drop_identity",
        "ALTER TABLE {x}numbered ALTER COLUMN id DROP IDENTITY",
        "drops sequence {x}numbered_id_seq",
    ),
    Statement("create_enum", "CREATE TYPE {x}fresh AS ENUM ('a')", "creates type {x}fresh"),
    Statement("add_enum_value", "ALTER TYPE {x}mood ADD VALUE 'calm'", "alters type {x}mood"),
    Statement(
        "rename_enum_value",
        "ALTER TYPE {x}mood RENAME VALUE 'sad' TO 'blue'",
        "alters type {x}mood",
    ),
    Statement("rename_enum", "ALTER TYPE {x}mood RENAME TO {xn}spirit", "renames type {x}mood"),
    Statement("create_domain", "CREATE DOMAIN {x}fresh AS int", "creates type {x}fresh"),
    Statement("alter_domain", "ALTER DOMAIN {x}word SET DEFAULT 'x'", "alters type {x}word"),
    Statement(
        "add_domain_constraint",
        "ALTER DOMAIN {x}word ADD CONSTRAINT {xn}short CHECK (length(VALUE) < 9)",
        "creates domain constraint {xn}short on {x}word",
    ),
    Statement("drop_domain", "DROP DOMAIN {x}word", "drops type {x}word"),
    Statement(
        "create_composite_type",
        "CREATE TYPE {x}fresh AS (a int)",
        "creates composite type {x}fresh",
    ),
    Statement(
        "add_attribute",
        "ALTER TYPE {x}pair ADD ATTRIBUTE c int",
        "alters composite type {x}pair",
    ),
    Statement("drop_composite_type", "DROP TYPE {x}pair", "drops composite type {x}pair"),
    Statement(
        "create_function",
        "CREATE FUNCTION {x}fresh() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "creates function {x}fresh()",
    ),
    Statement(
        "replace_function",
        "CREATE OR REPLACE FUNCTION {x}shout(text) RETURNS text LANGUAGE sql AS 'SELECT lower($1)'",
        f"alters {_SHOUT}",
    ),
    Statement("alter_function", "ALTER FUNCTION {x}shout(text) STABLE", f"alters {_SHOUT}"),
    Statement(
        "rename_function",
        "ALTER FUNCTION {x}shout(text) RENAME TO {xn}cry",
        f"renames {_SHOUT}",
    ),
    Statement("drop_function", "DROP FUNCTION {x}shout(text)", f"drops {_SHOUT}"),
    Statement(
        "create_procedure",
        "CREATE PROCEDURE {x}fresh() LANGUAGE sql AS 'SELECT 1'",
        "creates procedure {x}fresh()",
    ),
    Statement(
        "alter_procedure",
        "ALTER PROCEDURE {x}tidy() SECURITY DEFINER",
        "alters procedure {x}tidy()",
    ),
    Statement("drop_procedure", "DROP PROCEDURE {x}tidy()", "drops procedure {x}tidy()"),
    Statement(
        "create_aggregate",
        "CREATE AGGREGATE {x}fresh(int) (SFUNC = {x}plus, STYPE = int)",
        "creates aggregate {x}fresh(integer)",
    ),
    Statement(
        "drop_aggregate",
        "DROP AGGREGATE {x}total(int)",
        "drops aggregate {x}total(integer)",
    ),
    Statement(
        "create_operator",
        "CREATE OPERATOR {xs}@@@@ (LEFTARG = int, RIGHTARG = int, FUNCTION = {x}plus)",
        "creates operator {xs}@@@@(integer,integer)",
    ),
    Statement(
        "drop_operator",
        "DROP OPERATOR {xs}{xsign} (int, int)",
        "drops operator {xs}{xsign}(integer,integer)",
    ),
    Statement(
        "create_statistics",
        "CREATE STATISTICS {x}fresh ON id, email FROM {x}users",
        "creates statistics object {x}fresh",
    ),
    Statement(
        "alter_statistics",
        "ALTER STATISTICS {x}ranks SET STATISTICS 9",
        "alters statistics object {x}ranks",
    ),
    Statement("drop_statistics", "DROP STATISTICS {x}ranks", "drops statistics object {x}ranks"),
    Statement(
        "create_collation",
        'CREATE COLLATION {x}fresh FROM "C"',
        "creates collation {x}fresh",
    ),
    Statement(
        "rename_collation",
        "ALTER COLLATION {x}plain RENAME TO {xn}simple",
        "renames collation {x}plain",
    ),
    Statement(
        "create_search_configuration",
        "CREATE TEXT SEARCH CONFIGURATION {x}fresh (COPY = pg_catalog.simple)",
        "creates text search configuration {x}fresh",
    ),
    Statement(
        "drop_search_configuration",
        "DROP TEXT SEARCH CONFIGURATION {x}words",
        "drops text search configuration {x}words",
    ),
    Statement(
        "create_search_dictionary",
        "CREATE TEXT SEARCH DICTIONARY {x}fresh (TEMPLATE = pg_catalog.simple)",
        "creates text search dictionary {x}fresh",
    ),
    Statement(
        "create_partition",
        "CREATE TABLE {x}fresh PARTITION OF {x}logs FOR VALUES FROM (5) TO (6)",
        "creates table {x}fresh",
    ),
    Statement(
        "attach_partition",
        "ALTER TABLE {x}logs ATTACH PARTITION {x}logs_2 FOR VALUES FROM (2) TO (3)",
        "table {x}logs_2",
    ),
    Statement(
        "detach_partition",
        "ALTER TABLE {x}logs DETACH PARTITION {x}logs_1",
        "alters table {x}logs_1",
    ),
    Statement("grant", "GRANT SELECT ON {x}users TO {guest}", _GRANTS + "{x}users"),
    Statement(
        "grant_on_column",
        "GRANT SELECT (email) ON {x}users TO {guest}",
        _GRANTS + "{x}users",
    ),
    Statement(
        "grant_on_function",
        "GRANT EXECUTE ON FUNCTION {x}shout(text) TO {guest}",
        f"alters {_SHOUT}",
    ),
    Statement("grant_on_type", "GRANT USAGE ON TYPE {x}mood TO {guest}", "alters type {x}mood"),
    Statement("revoke", "REVOKE SELECT ON {x}users FROM CURRENT_USER", _GRANTS + "{x}users"),
    Statement(
        "change_owner_of_table",
        "ALTER TABLE {x}users OWNER TO {guest}",
        "alters table {x}users",
        roles=SUPERUSER,
    ),
    Statement(
        "change_owner_of_function",
        "ALTER FUNCTION {x}shout(text) OWNER TO {guest}",
        f"alters {_SHOUT}",
        roles=SUPERUSER,
    ),
    Statement(
        "change_in_exception_block",
        "DO $d$ BEGIN DELETE FROM {x}scratch; EXCEPTION WHEN division_by_zero THEN NULL; END $d$",
        "writes to table {x}scratch",
    ),
    Statement(
        "change_under_savepoint",
        "SAVEPOINT a; ALTER FUNCTION {x}shout(text) STABLE; RELEASE a",
        f"alters {_SHOUT}",
        in_block=False,
    ),
    Statement(
        "call_of_own_definer_function",
        "CREATE FUNCTION {m}sneak() RETURNS void SECURITY DEFINER LANGUAGE sql"
        " AS 'DELETE FROM {x}scratch'; SELECT {m}sneak()",
        "writes to table {x}scratch",
    ),
    Statement(
        "writing_by_own_trigger",
        "CREATE OR REPLACE FUNCTION {m}count_up() RETURNS trigger LANGUAGE plpgsql"
        " AS 'BEGIN DELETE FROM {x}scratch; RETURN NEW; END';"
        " INSERT INTO {m}settings VALUES (2, 1)",
        "writes to table {x}scratch",
    ),
    Statement(
        "writing_by_own_rule",
        "CREATE RULE {mn}along AS ON INSERT TO {m}users DO ALSO DELETE FROM {x}scratch;"
        " INSERT INTO {m}users VALUES (5)",
        "writes to table {x}scratch",
    ),
    Statement(
        "writing_by_own_procedure",
        "CREATE PROCEDURE {m}sneak() LANGUAGE sql AS 'DELETE FROM {x}scratch'; CALL {m}sneak()",
        "writes to table {x}scratch",
    ),
    Statement(
        "alter_search_mapping",
        "ALTER TEXT SEARCH CONFIGURATION {x}words DROP MAPPING FOR email",
        "alters text search configuration {x}words",
        flaw="a row that is gone from pg_ts_config_map tells nothing",
    ),
)
