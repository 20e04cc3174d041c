"""What PostgreSQL's catalog says of schemas, and of what depends on what."""

from collections.abc import Iterable

import pytest
from sqlalchemy import Connection
from support.databases import Database

from alembic_plugins.catalog.objects import read_objects
from alembic_plugins.catalog.queries import (
    find_all,
    find_dropped,
    find_partitions,
    find_prefixed,
    find_standing,
    has_schema,
    read_column_names,
    read_dependents,
    read_host_schema,
    read_invalid_indexes,
)
from alembic_plugins.catalog.transaction_rows import Key
from alembic_plugins.plugin import Prefix, Schema

from .test_objects import OBJECTS, TABLES, WITHOUT_SCHEMA, find, make, record

BOX = Schema("box")
SHELF = Prefix("shelf_", "shelves")

ON_TABLES = {
    "index box.e": "DROP INDEX box.e",
    "table constraint v on box.a": "ALTER TABLE box.a DROP CONSTRAINT v",
    "trigger x on box.a": "DROP TRIGGER x ON box.a",
    "rule y on box.a": "DROP RULE y ON box.a",
    "policy z on box.a": "DROP POLICY z ON box.a",
    "table constraint f on box.a": "ALTER TABLE box.a DROP CONSTRAINT f",
    "table constraint k on box.a": "ALTER TABLE box.a DROP CONSTRAINT k",
    "table constraint t on box.a": "DROP TRIGGER t ON box.a",
    "trigger t on box.a": "SELECT 1",
}
"""What hangs on a table, and what drops it."""

MORE_ON_TABLES = """
    ALTER TABLE box.a ADD CONSTRAINT f FOREIGN KEY (n) REFERENCES box.a;
    ALTER TABLE box.a ADD CONSTRAINT k UNIQUE (n);
    CREATE CONSTRAINT TRIGGER t AFTER UPDATE ON box.a
        FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()
"""

IN_SCHEMA = {*OBJECTS} - {*WITHOUT_SCHEMA, "composite type box.j"}

STANDING = IN_SCHEMA - {*ON_TABLES, "statistics object box.u", "domain constraint w on box.k"}


@pytest.fixture
def box(connection: Connection) -> Connection:
    """A connection on which schema `box` is made."""
    make(connection, "CREATE SCHEMA box")
    return connection


def make_all(connection: Connection) -> None:
    """Make an object of each kind."""
    make(connection, *OBJECTS.values())


def describe(connection: Connection, keys: Iterable[Key]) -> set[str]:
    """Return objects in words."""
    return {str(item) for item in read_objects(connection, set(keys)).values()}


def find_keys(connection: Connection, *words: str) -> list[Key]:
    """Return objects that go by some words."""
    return [item.key for item in find(connection, *words)]


def stand(connection: Connection, schema: str = "box") -> set[str]:
    """Return what stands in a schema, in words."""
    return describe(connection, find_standing(connection, schema))


def test_objects_of_all_kinds_stand_in_a_schema(box: Connection) -> None:
    make_all(box)
    assert stand(box) >= STANDING


def test_what_hangs_on_a_table_does_not_stand_beside_it(box: Connection) -> None:
    make(
        box,
        "CREATE TABLE box.a (id serial PRIMARY KEY, word text UNIQUE, CHECK (id > 0))",
        "CREATE TABLE box.b (id int GENERATED ALWAYS AS IDENTITY); CREATE INDEX ON box.b (id)",
        "CREATE POLICY p ON box.b; CREATE RULE r AS ON DELETE TO box.b DO NOTHING",
        "CREATE TABLE box.c (id int) PARTITION BY RANGE (id)",
        "CREATE TABLE box.d PARTITION OF box.c DEFAULT",
        "CREATE TABLE box.e (id int) PARTITION BY HASH (id); CREATE TABLE box.f (id int)",
        "ALTER TABLE box.e ATTACH PARTITION box.f FOR VALUES WITH (MODULUS 1, REMAINDER 0)",
        "CREATE TABLE box.g () INHERITS (box.b)",
    )
    assert stand(box) == {f"table box.{name}" for name in "abceg"}


def test_what_comes_with_a_range_type_does_not_stand_beside_it(box: Connection) -> None:
    make(box, "CREATE TYPE box.a AS RANGE (SUBTYPE = float8)")
    assert stand(box) == {"type box.a"}


def test_extension_stands_in_a_schema_and_its_members_do_not(box: Connection) -> None:
    make(box, "CREATE EXTENSION citext SCHEMA box")
    assert stand(box) == {"extension citext"}


def test_schema_with_default_privileges_is_empty(box: Connection) -> None:
    make(box, "ALTER DEFAULT PRIVILEGES IN SCHEMA box GRANT SELECT ON TABLES TO PUBLIC")
    assert find_standing(box, "box") == []


def test_schema_has_what_is_in_it_alone(box: Connection) -> None:
    make(box, 'CREATE SCHEMA boxes; CREATE SCHEMA "bo""x"; CREATE TABLE public.a ()')
    make(box, 'CREATE TABLE box.b (); CREATE TABLE boxes.b (); CREATE TABLE "bo""x".b ()')
    assert stand(box, "box") == {"table box.b"}
    assert stand(box, 'bo"x') == {'table "bo""x".b'}
    assert stand(box, "other") == set()


def prefixed(connection: Connection) -> set[str]:
    """Return what goes by the names of `SHELF`, in words."""
    return describe(connection, find_prefixed(connection, SHELF, "public"))


def test_prefix_covers_relations_of_all_kinds(connection: Connection) -> None:
    make(
        connection,
        "CREATE TABLE shelf_a (id int PRIMARY KEY)",
        "CREATE VIEW shelf_b AS SELECT 1",
        "CREATE MATERIALIZED VIEW shelf_c AS SELECT 1",
        "CREATE SEQUENCE shelf_d",
        "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w",
        "CREATE FOREIGN TABLE shelf_e (id int) SERVER s",
        'CREATE TABLE "shelf_% ""T" (id int)',
        "CREATE TABLE shelves (id int) PARTITION BY LIST (id)",
    )
    assert prefixed(connection) == {
        "table public.shelf_a",
        "view public.shelf_b",
        "materialized view public.shelf_c",
        "sequence public.shelf_d",
        "foreign table public.shelf_e",
        'table public."shelf_% ""T"',
        "table public.shelves",
    }


def test_prefix_leaves_out_what_is_no_relation_for_itself(connection: Connection) -> None:
    make(
        connection,
        'CREATE TABLE shelfa (); CREATE TABLE shelves_b (); CREATE TABLE "Shelf_c" ()',
        "CREATE TYPE shelf_a AS ENUM (); CREATE TYPE shelf_b AS (x int)",
        "CREATE FUNCTION shelf_a() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TABLE a (id int PRIMARY KEY); CREATE INDEX shelf_c ON a (id)",
        "CREATE SEQUENCE shelf_d OWNED BY a.id",
        "CREATE TABLE b (id int) PARTITION BY LIST (id)",
        "CREATE TABLE shelf_e PARTITION OF b DEFAULT",
        "CREATE SCHEMA box; CREATE TABLE box.shelf_f ()",
    )
    assert prefixed(connection) == set()


def test_all_is_what_is_in_any_schema_and_what_hangs_on_tables(box: Connection) -> None:
    make_all(box)
    found = describe(box, find_all(box))
    assert found >= IN_SCHEMA - {"domain constraint w on box.k"}
    assert found.isdisjoint({*WITHOUT_SCHEMA, "index box.a_pkey", "type public.citext"})


def test_all_tells_on_which_table_something_hangs(box: Connection) -> None:
    make_all(box)
    table, view, *parts = find_keys(
        box, "table box.a", "view box.b", "index box.e", "rule y on box.a"
    )
    found = find_all(box)
    assert [found[key] for key in (table, view, *parts)] == [None, None, table[1], table[1]]


def test_sequence_of_a_column_is_not_among_all(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id serial, n int GENERATED ALWAYS AS IDENTITY)")
    make(box, "CREATE SEQUENCE box.s")
    assert {item for item in describe(box, find_all(box)) if "seq" in item} == {"sequence box.s"}


def drop(connection: Connection, *statements: str) -> set[str]:
    """Return what is told to have been dropped by statements, in words."""
    before = read_objects(connection, set(find_all(connection)))
    make(connection, *statements)
    gone, _ = find_dropped(connection, set(before))
    return {str(before[key]) for key in gone}


def test_dropped_objects_of_all_kinds_are_told(box: Connection) -> None:
    make_all(box)
    make(box, "CREATE TABLE box.parts (id int) PARTITION BY LIST (id)")
    make(box, "CREATE TABLE public.part PARTITION OF box.parts DEFAULT")
    gone = drop(box, "DROP SCHEMA box CASCADE")
    assert gone >= STANDING | {"statistics object box.u", "table public.part"}


def test_what_is_dropped_of_a_table_is_told(box: Connection) -> None:
    make_all(box)
    make(box, MORE_ON_TABLES)
    assert drop(box, *ON_TABLES.values()) == {*ON_TABLES}


def test_what_is_renamed_or_moved_is_not_dropped(box: Connection) -> None:
    make(box, "CREATE VIEW box.a AS SELECT 1; CREATE VIEW box.b AS SELECT 1")
    assert drop(box, "ALTER VIEW box.a RENAME TO c; ALTER VIEW box.b SET SCHEMA public") == set()


def test_what_another_session_has_dropped_is_not_told(box: Connection, database: Database) -> None:
    database.execute("CREATE TABLE shelves ()")
    before = set(find_all(box))
    database.execute("DROP TABLE shelves")
    assert find_dropped(box, before) == (set(), set())


@pytest.mark.parametrize("savepoint", ["SELECT 1", "SAVEPOINT one"])
def test_table_that_has_lost_a_column_is_told(
    box: Connection, database: Database, savepoint: str
) -> None:
    database.execute("CREATE TABLE shelf (id int, n int, old int)")
    database.execute("ALTER TABLE shelf DROP COLUMN old")
    make(box, "ALTER TABLE shelf ADD COLUMN more int")
    assert find_dropped(box, set()) == (set(), set())
    make(box, savepoint)
    make(box, "ALTER TABLE shelf DROP COLUMN n")
    assert find_dropped(box, set()) == (set(), set(find_keys(box, "table public.shelf")))


def test_partitions_are_those_of_partitions_too(box: Connection) -> None:
    make(
        box,
        "CREATE TABLE box.a (id int PRIMARY KEY) PARTITION BY LIST (id)",
        "CREATE TABLE box.b PARTITION OF box.a DEFAULT PARTITION BY LIST (id)",
        "CREATE TABLE public.c PARTITION OF box.b DEFAULT",
        "CREATE TABLE box.d (); CREATE TABLE box.e () INHERITS (box.d)",
    )
    items = find(box, "table box.a", "index box.a_pkey", "table box.d")
    assert describe(box, find_partitions(box, items)) == {"table box.b", "table public.c"}


def test_what_would_be_lost_is_told_with_the_object_that_it_is(box: Connection) -> None:
    make(
        box,
        "CREATE TABLE box.a (id int PRIMARY KEY)",
        "CREATE TABLE box.f (id int) PARTITION BY LIST (id); CREATE INDEX ON box.f (id)",
        "CREATE VIEW b AS SELECT id FROM box.a",
        "CREATE TABLE d (n int CONSTRAINT c REFERENCES box.a, a box.a)",
        "CREATE TABLE e PARTITION OF box.f DEFAULT",
    )
    found = read_dependents(box, find_keys(box, "table box.a", "table box.f"))
    assert [(str(item), item.kind, str(item.item)) for item in found] == [
        ("table public.e", "table", "table public.e"),
        ("column a of table public.d", "table column", "table public.d"),
        ("table constraint c on public.d", "table constraint", "table constraint c on public.d"),
        ("view public.b", "rule", 'rule "_RETURN" on public.b'),
    ]


def test_columns_of_a_composite_type_would_be_lost_with_it(box: Connection) -> None:
    make(box, "CREATE TYPE box.a AS (x int); CREATE TABLE b (a box.a, b box.a[])")
    found = read_dependents(box, find_keys(box, "composite type box.a"))
    assert [str(item) for item in found] == [
        "column a of table public.b",
        "column b of table public.b",
    ]


def test_what_goes_along_or_is_asked_about_would_not_be_lost(box: Connection) -> None:
    make_all(box)
    make(box, "CREATE TABLE public.hosts (id int PRIMARY KEY)")
    make(box, "ALTER TABLE box.a ADD FOREIGN KEY (n) REFERENCES public.hosts")
    make(box, "CREATE TABLE box.parts (id int) PARTITION BY LIST (id)")
    make(box, "CREATE TABLE public.part PARTITION OF box.parts DEFAULT")
    keys = find_keys(box, *IN_SCHEMA, *WITHOUT_SCHEMA, "table box.parts", "table public.part")
    assert read_dependents(box, keys) == ()


def test_what_would_be_lost_is_told_with_who_has_made_it(box: Connection) -> None:
    TABLES.metadata.create_all(box)
    make(box, "CREATE TABLE box.a ()", "CREATE VIEW b AS SELECT 1 AS n FROM box.a")
    [item] = find(box, "view public.b")
    record(box, item, "crm")
    [found] = read_dependents(box, find_keys(box, "table box.a"), TABLES)
    assert found.item.maker == "crm"


def test_invalid_indexes_are_those_of_a_namespace(box: Connection) -> None:
    make(
        box,
        "CREATE TABLE box.a (id int); CREATE TABLE shelf_a (id int); CREATE TABLE a (id int)",
        "CREATE INDEX b ON box.a (id); CREATE INDEX c ON shelf_a (id); CREATE INDEX d ON a (id)",
        "UPDATE pg_index SET indisvalid = indexrelid <= 16384",
        "CREATE INDEX ON box.a (id); CREATE INDEX ON shelf_a (id); CREATE INDEX ON a (id)",
    )
    found = [read_invalid_indexes(box, namespace) for namespace in (BOX, SHELF, None)]
    assert found == [("box.b",), ("public.c",), ("public.c", "public.d")]


def test_schema_is_there_when_it_is_made(box: Connection) -> None:
    assert has_schema(box, BOX)
    assert has_schema(box, Schema("public", create=False))
    assert not has_schema(box, Schema("other"))
    assert not has_schema(box, SHELF)


def test_schema_of_the_host_is_first_on_the_search_path(box: Connection) -> None:
    make(box, "SET LOCAL search_path TO nowhere, box, public")
    assert read_host_schema(box) == "box"
    make(box, "SET LOCAL search_path TO nowhere")
    assert read_host_schema(box) == ""


def test_columns_that_are_there_are_told_by_quoted_names(box: Connection) -> None:
    make(box, 'CREATE TABLE box.a (a int, b int, "order" int, "50%s\\: ""x" int)')
    make(box, "ALTER TABLE box.a DROP COLUMN b")
    [(classid, objid)] = find_keys(box, "table box.a")
    places = [(classid, objid, number) for number in (1, 2, 3, 4, 5)]
    names = read_column_names(box, places)
    assert names == {places[0]: "a", places[2]: '"order"', places[3]: '"50%s: ""x"'}
