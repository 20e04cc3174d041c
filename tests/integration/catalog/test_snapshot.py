"""What the objects of one namespace are, as they can be compared."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text
from support.databases import Database

from alembic_plugins.catalog.diff import find_differences
from alembic_plugins.catalog.snapshot import read_catalog
from alembic_plugins.plugin import Namespace, Prefix, Schema

BOX = Schema("box")
SHELF = Prefix("shelf_", "shelves")

MAKE = """
    CREATE TYPE box.mood AS ENUM ('good', 'bad');
    CREATE TYPE box.pair AS (one int, two text COLLATE "C");
    CREATE TYPE box.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
    CREATE DOMAIN box.price AS numeric(10, 2) DEFAULT 1 CONSTRAINT positive CHECK (VALUE > 0);
    CREATE TABLE box.a (
        id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT a_pk PRIMARY KEY,
        n int NOT NULL DEFAULT 7 CONSTRAINT n_check CHECK (n > 0),
        word text COLLATE "C",
        twice int GENERATED ALWAYS AS (n * 2) STORED,
        mood box.mood DEFAULT 'bad');
    CREATE INDEX ix_word ON box.a (word);
    CREATE TABLE box.b (a bigint CONSTRAINT b_to_a REFERENCES box.a);
    CREATE VIEW box.v AS SELECT id FROM box.a;
    CREATE MATERIALIZED VIEW box.m AS SELECT word FROM box.a;
    CREATE SEQUENCE box.s;
    CREATE FUNCTION box.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE TRIGGER t BEFORE INSERT ON box.a FOR EACH ROW EXECUTE FUNCTION box.stamp();
    CREATE POLICY p ON box.a USING (n > 1);
    CREATE RULE r AS ON DELETE TO box.b DO INSTEAD NOTHING;
    CREATE AGGREGATE box.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
    CREATE TABLE box.days (id int, day date, PRIMARY KEY (day)) PARTITION BY RANGE (day);
    CREATE INDEX ix_id ON box.days (id);
    CREATE TABLE box.days_1 PARTITION OF box.days FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')
"""

# The same in another order, the columns too, and by other ways.
MAKE_IN_ANOTHER_ORDER = """
    CREATE AGGREGATE box.total(int) (SFUNC = int4pl, STYPE = int, INITCOND = '0');
    CREATE TABLE box.days_1 (gone int, day date PRIMARY KEY, id int);
    ALTER TABLE box.days_1 DROP gone;
    CREATE INDEX ON box.days_1 (id);
    CREATE TABLE box.days (day date PRIMARY KEY, id int) PARTITION BY RANGE (day);
    ALTER TABLE box.days ATTACH PARTITION box.days_1
        FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
    CREATE INDEX ix_id ON box.days (id);
    CREATE FUNCTION box.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
    CREATE SEQUENCE box.s;
    CREATE TABLE box.b (a bigint);
    CREATE RULE r AS ON DELETE TO box.b DO INSTEAD NOTHING;
    CREATE DOMAIN box.price AS numeric(10, 2) DEFAULT 1;
    ALTER DOMAIN box.price ADD CONSTRAINT positive CHECK (VALUE > 0);
    CREATE TYPE box.span AS RANGE (SUBTYPE = float8, SUBTYPE_DIFF = float8mi);
    CREATE TYPE box.pair AS (one int, two text COLLATE "C");
    CREATE TYPE box.mood AS ENUM ('bad');
    ALTER TYPE box.mood ADD VALUE 'good' BEFORE 'bad';
    CREATE TABLE box.a (mood box.mood, gone int, word text COLLATE "C", n int, id int);
    CREATE INDEX ix_word ON box.a (word);
    CREATE MATERIALIZED VIEW box.m AS SELECT word FROM box.a;
    ALTER TABLE box.a DROP gone, ADD twice int GENERATED ALWAYS AS (n * 2) STORED,
        ALTER mood SET DEFAULT 'bad', ALTER n SET NOT NULL, ALTER n SET DEFAULT 7,
        ALTER id TYPE bigint, ADD CONSTRAINT a_pk PRIMARY KEY (id);
    ALTER TABLE box.a ADD CONSTRAINT n_check CHECK (n > 0),
        ALTER id ADD GENERATED ALWAYS AS IDENTITY;
    CREATE VIEW box.v AS SELECT id FROM box.a;
    ALTER TABLE box.b ADD CONSTRAINT b_to_a FOREIGN KEY (a) REFERENCES box.a;
    CREATE POLICY p ON box.a USING (n > 1);
    CREATE TRIGGER t BEFORE INSERT ON box.a FOR EACH ROW EXECUTE FUNCTION box.stamp()
"""

FUNCTION = "CREATE OR REPLACE FUNCTION box.f(a int, b text) RETURNS int LANGUAGE sql AS 'SELECT %s'"
DAYS = "CREATE TABLE box.days (day date) PARTITION BY RANGE (day)"
JANUARY = (
    "CREATE TABLE box.january PARTITION OF box.days"
    " FOR VALUES FROM ('2024-01-01') TO ('2024-02-%s')"
)
COUNT = "INCREMENT 1 MINVALUE 1 MAXVALUE 9223372036854775807 CACHE 1"

# What is made, how it is changed, and what is said of it.
CHANGES = {
    "table": ("", "CREATE TABLE box.b (c int PRIMARY KEY)", "table box.b is not expected"),
    "unlogged": (
        "",
        "ALTER TABLE box.a SET UNLOGGED",
        "table box.a is 'UNLOGGED TABLE' instead of 'TABLE'",
    ),
    "row level security": (
        "",
        "ALTER TABLE box.a ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
        "table box.a is 'TABLE ENABLE ROW LEVEL SECURITY FORCE ROW LEVEL SECURITY'"
        " instead of 'TABLE'",
    ),
    "inheritance": (
        "CREATE TABLE box.b (id int)",
        "ALTER TABLE box.a INHERIT box.b",
        "table box.a is 'TABLE INHERITS box.b' instead of 'TABLE'",
    ),
    "partition": (
        f"{DAYS}; {JANUARY % '01'}",
        f"DROP TABLE box.january; {JANUARY % '02'}",
        "table box.january is 'TABLE PARTITION OF box.days FOR VALUES FROM ('2024-01-01')"
        " TO ('2024-02-02')' instead of 'TABLE PARTITION OF box.days FOR VALUES"
        " FROM ('2024-01-01') TO ('2024-02-01')'",
    ),
    "missing partition": (
        f"{DAYS}; CREATE INDEX ON box.days (day); {JANUARY % '01'}",
        "DROP TABLE box.january",
        "table box.january is missing",
    ),
    "detached partition": (
        "CREATE TABLE box.days (day date) PARTITION BY LIST (day);"
        " CREATE TABLE box.rest PARTITION OF box.days DEFAULT",
        "ALTER TABLE box.days DETACH PARTITION box.rest",
        "table box.rest is 'TABLE' instead of 'TABLE PARTITION OF box.days DEFAULT'",
    ),
    "partition key": (
        DAYS,
        "DROP TABLE box.days; CREATE TABLE box.days (day date) PARTITION BY HASH (day)",
        "table box.days is 'TABLE PARTITION BY HASH (day)'"
        " instead of 'TABLE PARTITION BY RANGE (day)'",
    ),
    "foreign table": (
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
        " CREATE FOREIGN TABLE box.f (id int) SERVER s",
        "ALTER FOREIGN TABLE box.f OPTIONS (ADD path 'x')",
        "foreign table box.f is 'TABLE SERVER s OPTIONS (path=x)' instead of 'TABLE SERVER s'",
    ),
    "new column": ("", 'ALTER TABLE box.a ADD "B c" int', 'column box.a."B c" is not expected'),
    "missing column": ("", "ALTER TABLE box.a DROP id", "column box.a.id is missing"),
    "column type": (
        "",
        "ALTER TABLE box.a ALTER id TYPE numeric(5, 2)",
        "column box.a.id is 'numeric(5,2)' instead of 'integer'",
    ),
    "nullability": (
        "",
        "ALTER TABLE box.a ALTER id SET NOT NULL",
        "column box.a.id is 'integer NOT NULL' instead of 'integer'",
    ),
    "default": (
        "ALTER TABLE box.a ALTER id SET DEFAULT 1",
        "ALTER TABLE box.a ALTER id SET DEFAULT 2",
        "column box.a.id is 'integer DEFAULT 2' instead of 'integer DEFAULT 1'",
    ),
    "identity": (
        "ALTER TABLE box.a ADD b int GENERATED ALWAYS AS IDENTITY",
        "ALTER TABLE box.a ALTER b SET GENERATED BY DEFAULT",
        "column box.a.b is 'integer GENERATED BY DEFAULT AS IDENTITY NOT NULL'"
        " instead of 'integer GENERATED ALWAYS AS IDENTITY NOT NULL'",
    ),
    "generated column": (
        "ALTER TABLE box.a ADD b int GENERATED ALWAYS AS (abs(id)) STORED",
        "ALTER TABLE box.a ALTER b DROP EXPRESSION",
        "column box.a.b is 'integer' instead of 'integer GENERATED ALWAYS AS (abs(id)) STORED'",
    ),
    "collation": (
        "ALTER TABLE box.a ADD b text",
        'ALTER TABLE box.a ALTER b TYPE text COLLATE "C"',
        "column box.a.b is 'text COLLATE \"C\"' instead of 'text'",
    ),
    "check": (
        "ALTER TABLE box.a ADD CONSTRAINT c CHECK (id > 0)",
        "ALTER TABLE box.a DROP CONSTRAINT c, ADD CONSTRAINT c CHECK (id > 1)",
        "constraint c on box.a is 'CHECK ((id > 1))' instead of 'CHECK ((id > 0))'",
    ),
    "check that is not valid": (
        "ALTER TABLE box.a ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
        "ALTER TABLE box.a VALIDATE CONSTRAINT c",
        "constraint c on box.a is 'CHECK ((id > 0))' instead of 'CHECK ((id > 0)) NOT VALID'",
    ),
    "unique constraint": (
        "ALTER TABLE box.a ADD UNIQUE (id)",
        "ALTER TABLE box.a DROP CONSTRAINT a_id_key",
        "constraint a_id_key on box.a is missing",
    ),
    "foreign key": (
        "CREATE TABLE box.b (a int PRIMARY KEY);"
        " ALTER TABLE box.a ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES box.b",
        "ALTER TABLE box.a DROP CONSTRAINT k,"
        " ADD CONSTRAINT k FOREIGN KEY (id) REFERENCES box.b ON DELETE CASCADE",
        "constraint k on box.a is 'FOREIGN KEY (id) REFERENCES box.b(a) ON DELETE CASCADE'"
        " instead of 'FOREIGN KEY (id) REFERENCES box.b(a)'",
    ),
    "missing index": (
        "CREATE INDEX i ON box.a (id)",
        "DROP INDEX box.i",
        "index box.i on box.a is missing",
    ),
    "index": (
        "CREATE INDEX i ON box.a (id)",
        "DROP INDEX box.i; CREATE UNIQUE INDEX i ON box.a (id)",
        "index box.i on box.a is 'CREATE UNIQUE INDEX i ON box.a USING btree (id)'"
        " instead of 'CREATE INDEX i ON box.a USING btree (id)'",
    ),
    "invalid index": (
        f"{DAYS}; {JANUARY % '01'}; CREATE INDEX i ON box.days (day)",
        "DROP INDEX box.i; CREATE INDEX i ON ONLY box.days (day)",
        "index box.i on box.days is 'CREATE INDEX i ON ONLY box.days USING btree (day) INVALID'"
        " instead of 'CREATE INDEX i ON ONLY box.days USING btree (day)'",
    ),
    "view": (
        "CREATE VIEW box.v AS SELECT 1 AS b",
        "CREATE OR REPLACE VIEW box.v AS SELECT 2 AS b",
        "view box.v is 'SELECT 2 AS b;' instead of 'SELECT 1 AS b;'",
    ),
    "option of a view": (
        "CREATE VIEW box.v AS SELECT 1 AS b",
        "ALTER VIEW box.v SET (security_invoker = true)",
        "view box.v is 'WITH (security_invoker=true) AS SELECT 1 AS b;'"
        " instead of 'SELECT 1 AS b;'",
    ),
    "view that became materialized": (
        "CREATE VIEW box.v AS SELECT 1 AS b",
        "DROP VIEW box.v; CREATE MATERIALIZED VIEW box.v AS SELECT 1 AS b",
        "materialized view box.v is not expected, view box.v is missing",
    ),
    "sequence": (
        "CREATE SEQUENCE box.s",
        "ALTER SEQUENCE box.s START 5 CYCLE",
        f"sequence box.s is 'bigint START 5 {COUNT} CYCLE' instead of 'bigint START 1 {COUNT}'",
    ),
    "sequence of a column": (
        "ALTER TABLE box.a ADD b bigserial",
        "ALTER SEQUENCE box.a_b_seq START 5",
        f"sequence box.a_b_seq on box.a is 'bigint START 5 {COUNT}'"
        f" instead of 'bigint START 1 {COUNT}'",
    ),
    "function": (FUNCTION % 1, FUNCTION % 2, "function box.f(integer,text) has another definition"),
    "missing function": (
        FUNCTION % 1,
        "DROP FUNCTION box.f",
        "function box.f(integer,text) is missing",
    ),
    "procedure": (
        "",
        "CREATE PROCEDURE box.f() LANGUAGE sql AS 'SELECT 1'",
        "procedure box.f() is not expected",
    ),
    "aggregate": (
        "CREATE AGGREGATE box.total(int) (SFUNC = int4pl, STYPE = int)",
        "CREATE OR REPLACE AGGREGATE box.total(int) (SFUNC = int4mi, STYPE = int)",
        "aggregate box.total(integer) is 'integer, SFUNC = int4mi, STYPE = integer'"
        " instead of 'integer, SFUNC = int4pl, STYPE = integer'",
    ),
    "trigger": (
        "CREATE TRIGGER t BEFORE UPDATE ON box.a EXECUTE FUNCTION tsvector_update_trigger()",
        "DROP TRIGGER t ON box.a",
        "trigger t on box.a is missing",
    ),
    "disabled trigger": (
        "CREATE TRIGGER t BEFORE UPDATE ON box.a EXECUTE FUNCTION tsvector_update_trigger()",
        "ALTER TABLE box.a DISABLE TRIGGER t",
        "trigger t on box.a is 'CREATE TRIGGER t BEFORE UPDATE ON box.a FOR EACH STATEMENT"
        " EXECUTE FUNCTION tsvector_update_trigger() DISABLED' instead of 'CREATE TRIGGER t"
        " BEFORE UPDATE ON box.a FOR EACH STATEMENT EXECUTE FUNCTION tsvector_update_trigger()'",
    ),
    "policy": (
        "CREATE POLICY p ON box.a USING (id > 0)",
        "ALTER POLICY p ON box.a TO pg_monitor, pg_database_owner WITH CHECK (id > 2)",
        "policy p on box.a is 'PERMISSIVE TO pg_database_owner, pg_monitor"
        " USING ((id > 0)) WITH CHECK ((id > 2))'"
        " instead of 'PERMISSIVE TO public USING ((id > 0))'",
    ),
    "rule": (
        "CREATE RULE r AS ON DELETE TO box.a DO NOTHING",
        "DROP RULE r ON box.a",
        "rule r on box.a is missing",
    ),
    "enum label": (
        "CREATE TYPE box.mood AS ENUM ('good', 'bad')",
        "ALTER TYPE box.mood ADD VALUE 'it''s' BEFORE 'bad'",
        "type box.mood is 'ENUM ('good', 'it''s', 'bad')' instead of 'ENUM ('good', 'bad')'",
    ),
    "domain": (
        "CREATE DOMAIN box.d AS int CONSTRAINT c CHECK (VALUE > 0)",
        "ALTER DOMAIN box.d SET NOT NULL; ALTER DOMAIN box.d SET DEFAULT 1;"
        " ALTER DOMAIN box.d ADD CONSTRAINT b CHECK (VALUE < 9)",
        "type box.d is 'integer DEFAULT 1 NOT NULL CONSTRAINT b CHECK ((VALUE < 9))"
        " CONSTRAINT c CHECK ((VALUE > 0))' instead of 'integer CONSTRAINT c CHECK ((VALUE > 0))'",
    ),
    "composite type": (
        "CREATE TYPE box.pair AS (one int, gone int, two text)",
        'ALTER TYPE box.pair DROP ATTRIBUTE gone, ALTER ATTRIBUTE two TYPE text COLLATE "C"',
        "type box.pair is '(one integer, two text COLLATE \"C\")'"
        " instead of '(one integer, gone integer, two text)'",
    ),
    "range": (
        "CREATE FUNCTION box.f(int, int) RETURNS float8 IMMUTABLE RETURN $1 - $2;"
        " CREATE TYPE box.span AS RANGE (SUBTYPE = float8)",
        "DROP TYPE box.span; CREATE TYPE box.span AS RANGE (SUBTYPE = int, SUBTYPE_DIFF = box.f)",
        "type box.span is 'RANGE OF integer SUBTYPE_DIFF box.f'"
        " instead of 'RANGE OF double precision'",
    ),
    "collation object": (
        "",
        'CREATE COLLATION box.c FROM "C"',
        "collation box.c is not expected",
    ),
}


@pytest.fixture
def box(connection: Connection) -> Connection:
    """A connection on which schema `box` is made."""
    connection.execute(text("CREATE SCHEMA box"))
    return connection


@pytest.fixture
def second_box(second_database: Database) -> Iterator[Connection]:
    """A connection to another database, on which schema `box` is made."""
    with create_engine(second_database.text, poolclass=NullPool).connect() as connection:
        connection.execute(text("CREATE SCHEMA box"))
        yield connection


def read_names(connection: Connection, namespace: Namespace) -> list[str]:
    """Return what is in a catalog, without the definitions."""
    return [" ".join(key) for key in sorted(read_catalog(connection, namespace))]


@pytest.mark.parametrize("make", [MAKE, MAKE_IN_ANOTHER_ORDER], ids=["same", "another order"])
def test_equal_schemas_give_equal_catalogs(
    box: Connection, second_box: Connection, make: str
) -> None:
    box.execute(text(MAKE))
    second_box.execute(text(make))
    assert find_differences(read_catalog(box, BOX), read_catalog(second_box, BOX)) == ()


@pytest.mark.parametrize(("make", "change", "words"), CHANGES.values(), ids=CHANGES)
def test_change_is_found_and_worded(box: Connection, make: str, change: str, words: str) -> None:
    box.execute(text(f"CREATE TABLE box.a (id int); {make}"))
    expected = read_catalog(box, BOX)
    box.execute(text(change))
    found = find_differences(expected, read_catalog(box, BOX))
    assert ", ".join(str(item) for item in found) == words


@pytest.mark.parametrize(
    ("make", "names"),
    [
        ("CREATE TABLE box.a ()", ["table box.a"]),
        ("CREATE TABLE box.a (id int NOT NULL)", ["column box.a.id", "table box.a"]),
        (
            "CREATE TABLE box.a (id int CONSTRAINT k PRIMARY KEY)",
            ["column box.a.id", "constraint k on box.a", "table box.a"],
        ),
        ("CREATE VIEW box.v AS SELECT 1 AS a", ["view box.v"]),
        ("CREATE TYPE box.mood AS ENUM ('good')", ["type box.mood"]),
        ("CREATE TYPE box.pair AS (one int)", ["type box.pair"]),
        ("CREATE TYPE box.span AS RANGE (SUBTYPE = float8)", ["type box.span"]),
        ("CREATE DOMAIN box.d AS int NOT NULL CHECK (VALUE > 0)", ["type box.d"]),
        ("CREATE EXTENSION citext SCHEMA box", []),
        ('CREATE SEQUENCE box."a b"', ['sequence box."a b"']),
    ],
)
def test_what_another_thing_brings_along_is_not_named_beside_it(
    box: Connection, make: str, names: list[str]
) -> None:
    box.execute(text(make))
    assert read_names(box, BOX) == names


def test_what_a_partition_has_from_its_table_is_not_named_again(box: Connection) -> None:
    box.execute(text(f"{DAYS}; CREATE INDEX i ON box.days (day); {JANUARY % '01'}"))
    box.execute(text("ALTER TABLE box.days ADD CONSTRAINT k PRIMARY KEY (day)"))
    box.execute(text("ALTER TABLE box.days ADD CONSTRAINT c CHECK (day > '2020-01-01')"))
    box.execute(text("ALTER TABLE box.days ADD CONSTRAINT f FOREIGN KEY (day) REFERENCES box.days"))
    box.execute(text("CREATE FUNCTION box.t() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'"))
    box.execute(
        text("CREATE TRIGGER t AFTER INSERT ON box.days FOR EACH ROW EXECUTE FUNCTION box.t()")
    )
    assert [name for name in read_names(box, BOX) if "january" in name] == [
        "column box.january.day",
        "table box.january",
    ]


def test_schema_leaves_out_what_is_elsewhere(box: Connection) -> None:
    box.execute(text("CREATE SCHEMA boxes; CREATE TABLE boxes.a (id int); CREATE TABLE b (id int)"))
    box.execute(text("CREATE TABLE box.a (id int PRIMARY KEY)"))
    expected = read_catalog(box, BOX)
    box.execute(text("CREATE VIEW v AS SELECT id FROM box.a; CREATE TYPE mood AS ENUM ('good')"))
    box.execute(text("CREATE TABLE c (a int REFERENCES box.a, b box.a)"))
    box.execute(text("CREATE FUNCTION f() RETURNS SETOF box.a LANGUAGE sql AS 'TABLE box.a'"))
    assert read_catalog(box, BOX) == expected


def test_schema_that_is_not_there_is_empty(connection: Connection) -> None:
    assert read_catalog(connection, BOX) == {}


def test_schema_that_revisions_make_is_read(box: Connection) -> None:
    box.execute(text("CREATE TABLE box.a ()"))
    assert read_names(box, Schema("box", create=False)) == ["table box.a"]


def test_prefix_covers_tables_and_what_hangs_on_them(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE shelf_a (id serial CONSTRAINT k PRIMARY KEY, b int)"))
    connection.execute(text("CREATE INDEX i ON shelf_a (b); CREATE POLICY p ON shelf_a"))
    connection.execute(text("CREATE RULE r AS ON DELETE TO shelf_a DO NOTHING"))
    connection.execute(
        text("CREATE TRIGGER t AFTER INSERT ON shelf_a EXECUTE FUNCTION tsvector_update_trigger()")
    )
    assert read_names(connection, SHELF) == [
        "column public.shelf_a.b",
        "column public.shelf_a.id",
        "constraint k on public.shelf_a",
        "index public.i on public.shelf_a",
        "policy p on public.shelf_a",
        "rule r on public.shelf_a",
        "sequence public.shelf_a_id_seq on public.shelf_a",
        "table public.shelf_a",
        "trigger t on public.shelf_a",
    ]


def test_prefix_covers_exact_names_and_views(connection: Connection) -> None:
    connection.execute(text("CREATE VIEW shelf_v AS SELECT 1; CREATE TABLE shelves ()"))
    assert read_names(connection, SHELF) == ["table public.shelves", "view public.shelf_v"]


def test_prefix_leaves_out_what_is_not_covered(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE shelfa (id serial); CREATE TABLE shelves_b (id int)"))
    connection.execute(text("CREATE SCHEMA shelf_; CREATE TABLE shelf_.shelf_a (id int)"))
    connection.execute(text("CREATE TYPE shelf_mood AS ENUM ('good')"))
    assert read_names(connection, SHELF) == []


def test_prefix_covers_the_partitions_and_sequences_of_its_tables(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE shelf_a (id int) PARTITION BY LIST (id)"))
    connection.execute(text("CREATE TABLE rest PARTITION OF shelf_a DEFAULT"))
    connection.execute(text("CREATE SEQUENCE numbers; CREATE TABLE shelf_b (id int)"))
    connection.execute(text("ALTER SEQUENCE numbers OWNED BY shelf_b.id"))
    assert read_names(connection, SHELF) == [
        "column public.rest.id",
        "column public.shelf_a.id",
        "column public.shelf_b.id",
        "sequence public.numbers on public.shelf_b",
        "table public.rest",
        "table public.shelf_a",
        "table public.shelf_b",
    ]


def test_prefix_leaves_out_the_partitions_and_sequences_of_others(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE hosts (id int) PARTITION BY LIST (id)"))
    connection.execute(text("CREATE TABLE shelf_rest PARTITION OF hosts DEFAULT"))
    connection.execute(text("CREATE SEQUENCE shelf_numbers OWNED BY hosts.id"))
    assert read_names(connection, SHELF) == []


def test_prefix_is_looked_for_in_the_schema_that_comes_first(box: Connection) -> None:
    box.execute(text("CREATE TABLE shelf_a (); CREATE TABLE box.shelf_b ()"))
    box.execute(text("SET search_path TO box, public"))
    assert read_names(box, SHELF) == ["table box.shelf_b"]


def test_prefix_is_empty_where_no_schema_comes_first(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE shelf_a (); SET search_path TO ''"))
    assert read_catalog(connection, SHELF) == {}


@pytest.mark.parametrize(
    "setting",
    [
        "search_path TO box",
        "TimeZone TO 'Asia/Tokyo'",
        "DateStyle TO 'German'",
        "IntervalStyle TO 'iso_8601'",
        "bytea_output TO 'escape'",
        "extra_float_digits TO 0",
        "quote_all_identifiers TO on",
    ],
)
def test_words_do_not_depend_on_settings_of_the_session(box: Connection, setting: str) -> None:
    box.execute(text("CREATE TYPE box.mood AS ENUM ('good'); CREATE TABLE box.a (a box.mood)"))
    box.execute(text("ALTER TABLE box.a ADD b timestamptz DEFAULT '2024-01-02 03:04+00'"))
    box.execute(text("ALTER TABLE box.a ADD c interval DEFAULT '2 days'"))
    box.execute(text("ALTER TABLE box.a ADD d bytea DEFAULT 'x'"))
    box.execute(text("ALTER TABLE box.a ADD e float8 DEFAULT '0.30000000000000004'"))
    expected = read_catalog(box, BOX)
    box.execute(text(f"SET {setting}"))
    assert read_catalog(box, BOX) == expected


@pytest.mark.parametrize("scope", ["SESSION", "LOCAL"])
def test_search_path_is_left_as_it_was(box: Connection, scope: str) -> None:
    box.execute(text(f"SET {scope} search_path TO box, public"))
    read_catalog(box, BOX)
    assert box.scalar(text("SHOW search_path")) == "box, public"


def test_reading_leaves_no_lock(box: Connection) -> None:
    box.execute(text("CREATE TABLE a (id int); CREATE VIEW box.v AS SELECT id FROM a"))
    box.commit()
    read_catalog(box, BOX)
    held = text("SELECT relation::regclass::text FROM pg_locks WHERE relation = 'a'::regclass")
    assert box.scalars(held).all() == []


def test_what_the_transaction_did_stays_done(box: Connection) -> None:
    read_catalog(box, BOX)
    box.commit()
    box.execute(text("CREATE TABLE box.a ()"))
    assert read_names(box, BOX) == ["table box.a"]
