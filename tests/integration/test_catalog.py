"""What PostgreSQL's catalog says of one namespace."""

import pytest
from sqlalchemy import Connection, text
from support.databases import Database

from alembic_plugins.catalog import (
    CatalogObject,
    count_objects,
    has_schema,
    read_all_objects,
    read_dropped,
    read_leaning,
    read_named_objects,
    read_objects,
)
from alembic_plugins.plugin import Namespace, Prefix, Schema

BOX = Schema("box")
SHELF = Prefix("shelf_", "shelves")

MAKE = {
    "table": "CREATE TABLE {0}a (id int PRIMARY KEY)",
    "view": "CREATE VIEW {0}a AS SELECT 1",
    "materialized view": "CREATE MATERIALIZED VIEW {0}a AS SELECT 1",
    "sequence": "CREATE SEQUENCE {0}a",
    "foreign table": "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w;"
    " CREATE FOREIGN TABLE {0}a (id int) SERVER s",
}

MAKE_IN_SCHEMA = {
    **MAKE,
    "function": "CREATE FUNCTION {0}a() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "procedure": "CREATE PROCEDURE {0}a() LANGUAGE sql AS 'SELECT 1'",
    "aggregate": "CREATE AGGREGATE {0}a(int) (SFUNC = int4pl, STYPE = int)",
    "type": "CREATE TYPE {0}a AS ENUM ('x')",
    "domain": "CREATE DOMAIN {0}a AS int",
    "collation": 'CREATE COLLATION {0}a FROM "C"',
    "operator": "CREATE OPERATOR {0}=== (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int)",
    "text search configuration": "CREATE TEXT SEARCH CONFIGURATION {0}a (COPY = simple)",
}


_ADD = "ALTER TABLE box.a ADD CONSTRAINT b"
_FIRE = "EXECUTE FUNCTION suppress_redundant_updates_trigger()"
_CONSTRAINT = ("table constraint b on box.a", "ALTER TABLE box.a DROP CONSTRAINT b")

ON_TABLES = [
    ("CREATE INDEX b ON box.a (id)", "index box.b", "DROP INDEX box.b"),
    ("CREATE INDEX b ON box.a ((1))", "index box.b", "DROP INDEX box.b"),
    (f"{_ADD} CHECK (id > 0)", *_CONSTRAINT),
    (f"{_ADD} UNIQUE (n)", *_CONSTRAINT),
    (f"{_ADD} FOREIGN KEY (n) REFERENCES box.a", *_CONSTRAINT),
    (
        "CREATE RULE b AS ON DELETE TO box.a DO INSTEAD NOTHING",
        "rule b on box.a",
        "DROP RULE b ON box.a",
    ),
    ("CREATE POLICY b ON box.a USING (true)", "policy b on box.a", "DROP POLICY b ON box.a"),
    (
        f"CREATE TRIGGER b BEFORE UPDATE ON box.a FOR EACH ROW {_FIRE}",
        "trigger b on box.a",
        "DROP TRIGGER b ON box.a",
    ),
    (
        f"CREATE CONSTRAINT TRIGGER b AFTER UPDATE ON box.a FOR EACH ROW {_FIRE}",
        "table constraint b on box.a",
        "DROP TRIGGER b ON box.a",
    ),
]


@pytest.fixture
def box(connection: Connection) -> Connection:
    """A connection on which schema `box` is made."""
    connection.execute(text("CREATE SCHEMA box"))
    return connection


def read_names(connection: Connection, namespace: Namespace) -> list[str]:
    """Return what stands in a namespace, in words."""
    return [str(item) for item in read_objects(connection, namespace)]


@pytest.mark.parametrize("kind", MAKE_IN_SCHEMA)
def test_schema_holds_every_kind_of_object(box: Connection, kind: str) -> None:
    box.execute(text(MAKE_IN_SCHEMA[kind].format("box.")))
    [found] = read_objects(box, BOX)
    assert found.schema == "box"


@pytest.mark.parametrize("kind", MAKE)
def test_prefix_covers_every_kind_of_relation(connection: Connection, kind: str) -> None:
    connection.execute(text(MAKE[kind].format("shelf_")))
    assert read_names(connection, SHELF) == [f"{kind} public.shelf_a"]


@pytest.mark.parametrize(
    "make",
    [
        "CREATE TABLE box.a (id int PRIMARY KEY, word text UNIQUE, CHECK (id > 0))",
        "CREATE TABLE box.a (id int GENERATED ALWAYS AS IDENTITY, n serial)",
        "CREATE TABLE box.a (id int); CREATE INDEX ON box.a (id)",
        "CREATE TABLE box.a (word text)",
        "CREATE TABLE box.a (id int); CREATE RULE r AS ON DELETE TO box.a DO NOTHING",
        "CREATE TABLE box.a (id int); ALTER TABLE box.a ENABLE ROW LEVEL SECURITY;"
        " CREATE POLICY p ON box.a",
    ],
)
def test_what_hangs_on_a_table_is_not_named_beside_it(box: Connection, make: str) -> None:
    box.execute(text(make))
    assert read_names(box, BOX) == ["table box.a"]


@pytest.mark.parametrize(
    ("by", "which"),
    [
        ("RANGE (id)", "DEFAULT"),
        ("LIST (id)", "FOR VALUES IN (1)"),
        ("HASH (id)", "FOR VALUES WITH (MODULUS 1, REMAINDER 0)"),
    ],
)
def test_partitions_are_not_named_beside_their_table(box: Connection, by: str, which: str) -> None:
    box.execute(text(f"CREATE TABLE box.a (id int) PARTITION BY {by}"))
    box.execute(text(f"CREATE TABLE box.a_all PARTITION OF box.a {which}"))
    assert read_names(box, BOX) == ["table box.a"]


def test_other_schemas_are_left_out(box: Connection) -> None:
    box.execute(text("CREATE TABLE a (id int); CREATE SCHEMA boxes; CREATE TABLE boxes.b (id int)"))
    assert read_names(box, BOX) == []


def test_schema_that_is_not_there_is_empty(connection: Connection) -> None:
    assert read_names(connection, BOX) == []


def test_schema_that_is_shared_with_the_host_tells_nothing(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE a (id int)"))
    assert read_names(connection, Schema("public", create=False)) == []


def test_schema_that_revisions_make_is_read(box: Connection) -> None:
    box.execute(text("CREATE TABLE box.a (id int)"))
    assert read_names(box, Schema("box", create=False)) == ["table box.a"]


def test_prefix_leaves_out_what_is_not_covered(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE shelfa (id int); CREATE TABLE shelves_b (id int)"))
    assert read_names(connection, SHELF) == []


def test_prefix_covers_an_exact_name(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE shelves (id int)"))
    assert read_names(connection, SHELF) == ["table public.shelves"]


def test_prefix_covers_a_name_that_is_quoted(connection: Connection) -> None:
    connection.execute(text('CREATE TABLE "shelf_Top" (id int)'))
    assert read_names(connection, SHELF) == ['table public."shelf_Top"']


def test_rows_are_counted(box: Connection) -> None:
    box.execute(text("CREATE TABLE box.a AS SELECT generate_series(1, 3)"))
    [counted] = count_objects(box, read_objects(box, BOX))
    assert counted.rows == 3
    assert counted.bytes == 8192


@pytest.mark.parametrize("name", ["order", "Mixed", "with space", 'with "quotes"', "Öl"])
def test_rows_are_counted_whatever_the_name(box: Connection, name: str) -> None:
    quoted = name.replace('"', '""')
    box.execute(text(f'CREATE TABLE box."{quoted}" AS SELECT generate_series(1, 3)'))
    assert [item.rows for item in count_objects(box, read_objects(box, BOX))] == [3]


def test_rows_are_counted_in_a_schema_named_by_a_reserved_word(connection: Connection) -> None:
    connection.execute(text('CREATE SCHEMA "order"; CREATE TABLE "order"."table" AS SELECT 1'))
    [counted] = count_objects(connection, read_objects(connection, Schema("order")))
    assert counted.rows == 1


def test_rows_of_partitions_count_for_their_table(box: Connection) -> None:
    box.execute(text("CREATE TABLE box.a (id int) PARTITION BY LIST (id)"))
    box.execute(text("CREATE TABLE box.b PARTITION OF box.a DEFAULT; INSERT INTO box.a VALUES (1)"))
    [counted] = count_objects(box, read_objects(box, BOX))
    assert (counted.rows, counted.bytes) == (1, 8192)


def test_what_has_no_rows_is_not_counted(box: Connection) -> None:
    box.execute(text("CREATE VIEW box.a AS SELECT 1"))
    [counted] = count_objects(box, read_objects(box, BOX))
    assert (counted.rows, counted.bytes) == (None, None)


def read_a(connection: Connection) -> tuple[CatalogObject, ...]:
    """Make a table in `box` and return it."""
    connection.execute(text("CREATE TABLE box.a (id int PRIMARY KEY)"))
    return read_objects(connection, BOX)


@pytest.mark.parametrize(
    ("make", "leaning"),
    [
        ("CREATE VIEW v AS SELECT id FROM box.a", "rule _RETURN on view v"),
        (
            "CREATE TABLE b (a int CONSTRAINT to_a REFERENCES box.a)",
            "constraint to_a on table b",
        ),
        ("CREATE FUNCTION f() RETURNS SETOF box.a LANGUAGE sql AS 'SELECT 1'", "function f()"),
        ("CREATE TABLE b (a box.a)", "column a of table b"),
    ],
)
def test_what_leans_on_an_object_is_told(box: Connection, make: str, leaning: str) -> None:
    objects = read_a(box)
    box.execute(text(make))
    assert [str(item) for item in read_leaning(box, objects)] == [leaning]


def test_what_an_object_leans_on_itself_is_no_leaning(box: Connection) -> None:
    box.execute(text("CREATE TABLE hosts (id int PRIMARY KEY)"))
    box.execute(text("CREATE TABLE box.b (host int REFERENCES hosts)"))
    assert read_leaning(box, read_objects(box, BOX)) == ()


def test_what_leans_inside_is_no_leaning(box: Connection) -> None:
    box.execute(text("CREATE TABLE box.a (id int); CREATE VIEW box.v AS SELECT id FROM box.a"))
    assert read_leaning(box, read_objects(box, BOX)) == ()


@pytest.mark.parametrize("kind", MAKE_IN_SCHEMA)
def test_what_is_dropped_is_told(box: Connection, kind: str) -> None:
    box.execute(text(MAKE_IN_SCHEMA[kind].format("box.")))
    [item] = read_objects(box, BOX)
    before = read_all_objects(box)
    box.execute(text(f"DROP {item.kind} {item.identity}"))
    assert read_dropped(box, before) == (item,)


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        ("CREATE TABLE box.b PARTITION OF box.a DEFAULT", "table"),
        ("CREATE STATISTICS box.b ON id, n FROM box.a", "statistics object"),
    ],
)
def test_what_goes_with_a_table_is_told(box: Connection, make: str, kind: str) -> None:
    box.execute(text("CREATE TABLE box.a (id int, n int) PARTITION BY RANGE (id)"))
    box.execute(text(make))
    before = read_all_objects(box)
    box.execute(text("DROP TABLE box.a"))
    assert {str(item) for item in read_dropped(box, before)} == {"table box.a", f"{kind} box.b"}


@pytest.mark.parametrize(("make", "name", "drop"), ON_TABLES)
def test_what_is_dropped_from_a_table_is_told(
    box: Connection, make: str, name: str, drop: str
) -> None:
    box.execute(text("CREATE TABLE box.a (id int PRIMARY KEY, n int)"))
    box.execute(text(make))
    before = read_all_objects(box)
    box.execute(text(drop))
    assert name in [str(item) for item in read_dropped(box, before)]


@pytest.mark.parametrize("savepoint", ["SELECT 1", "SAVEPOINT one"])
def test_table_that_has_lost_a_column_is_told(
    box: Connection, database: Database, savepoint: str
) -> None:
    database.execute("CREATE TABLE shelf (id int, n int, old int)")
    database.execute("ALTER TABLE shelf DROP COLUMN old")
    before = read_all_objects(box)
    box.execute(text("ALTER TABLE shelf ADD COLUMN more int"))
    assert read_dropped(box, before) == ()
    box.execute(text(savepoint))
    box.execute(text("ALTER TABLE shelf DROP COLUMN n"))
    [item] = read_dropped(box, before)
    assert str(item) == "a column of table public.shelf"
    assert item.key in [item.key for item in before]


def test_what_is_part_of_a_table_is_not_told_besides(box: Connection) -> None:
    columns = "id serial PRIMARY KEY, n int GENERATED ALWAYS AS IDENTITY, words text[]"
    box.execute(text(f"CREATE TABLE box.a ({columns}, CHECK (n > 0))"))
    box.execute(text("CREATE INDEX ON box.a (n)"))
    before = read_all_objects(box)
    box.execute(text("DROP TABLE box.a"))
    assert [str(item) for item in read_dropped(box, before)] == ["table box.a"]


@pytest.mark.parametrize(
    "change",
    [
        "DROP VIEW box.a; CREATE VIEW box.a AS SELECT 2",
        "ALTER VIEW box.a RENAME TO b",
        "ALTER VIEW box.a SET SCHEMA public",
    ],
)
def test_what_is_made_anew_or_renamed_is_not_dropped(box: Connection, change: str) -> None:
    box.execute(text("CREATE VIEW box.a AS SELECT 1"))
    before = read_all_objects(box)
    box.execute(text(change))
    assert read_dropped(box, before) == ()


def test_what_another_session_drops_is_not_told(box: Connection, database: Database) -> None:
    database.execute("CREATE TABLE shelves (id int)")
    before = read_all_objects(box)
    database.execute("DROP TABLE shelves")
    assert read_dropped(box, before) == ()


def test_members_of_an_extension_are_not_told(connection: Connection) -> None:
    connection.execute(text("CREATE EXTENSION citext"))
    before = read_all_objects(connection)
    connection.execute(text("DROP EXTENSION citext"))
    assert read_dropped(connection, before) == ()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        ("CREATE INDEX b ON box.a (id)", "index box.b"),
        ("CREATE RULE b AS ON DELETE TO box.a DO INSTEAD NOTHING", "rule b on box.a"),
        ("ALTER TABLE box.a ADD CONSTRAINT b CHECK (id > 0)", "table constraint b on box.a"),
        (
            "CREATE FUNCTION box.b(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "function box.b(integer)",
        ),
        ("CREATE VIEW box.b AS SELECT 1", "view box.b"),
        ("CREATE EXTENSION citext", "extension citext"),
    ],
)
def test_object_is_found_by_its_name(box: Connection, make: str, name: str) -> None:
    box.execute(text("CREATE TABLE box.a (id int)"))
    assert read_named_objects(box, [name]) == ()
    box.execute(text(make))
    assert [str(item) for item in read_named_objects(box, [name])] == [name]


def test_schema_is_there_when_it_is_made(box: Connection) -> None:
    assert has_schema(box, BOX)
    assert not has_schema(box, Schema("other"))


def test_prefix_has_no_schema(connection: Connection) -> None:
    assert not has_schema(connection, SHELF)
