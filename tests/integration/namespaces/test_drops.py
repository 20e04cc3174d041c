"""Objects that are dropped one by one, and what keeps them from it."""

from collections.abc import Sequence

import pytest
from sqlalchemy import Connection, Executable, text
from sqlalchemy.exc import DBAPIError

from alembic_plugins.catalog.objects import DatabaseObject, read_objects
from alembic_plugins.catalog.queries import Column, find_all, read_column_names
from alembic_plugins.errors import ObjectsInUse
from alembic_plugins.namespaces.drops import Dropper
from alembic_plugins.namespaces.recorded import find_places

from ..catalog.test_objects import OBJECTS, find, make

USED = {
    "schema shelf": "CREATE SCHEMA shelf",
    "type box.a": "CREATE TYPE box.a AS ENUM ('x')",
    "type box.b": "CREATE DOMAIN box.b AS box.a",
    "function box.c()": (
        "CREATE FUNCTION box.c() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'"
    ),
    "sequence box.d": "CREATE SEQUENCE box.d",
    'collation box."50%"': 'CREATE COLLATION box."50%" FROM "C"',
    "extension citext": "CREATE EXTENSION citext SCHEMA public",
    "text search configuration box.e": "CREATE TEXT SEARCH CONFIGURATION box.e (COPY = simple)",
    "function box.f()": (
        "CREATE FUNCTION box.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'"
    ),
    "table shelf.g": (
        "CREATE TABLE shelf.g (id serial PRIMARY KEY, b box.b[], c int DEFAULT box.c(),"
        " d int DEFAULT nextval('box.d') CHECK (d > box.c()), w text COLLATE box.\"50%\", e citext,"
        " n int GENERATED ALWAYS AS (box.c()) STORED,"
        " v tsvector GENERATED ALWAYS AS (to_tsvector('box.e', w)) STORED);"
        " CREATE TRIGGER t AFTER INSERT ON shelf.g FOR EACH ROW EXECUTE FUNCTION box.f()"
    ),
    "table box.h": "CREATE TABLE box.h () INHERITS (shelf.g)",
    "view box.i": "CREATE VIEW box.i AS SELECT id FROM box.h",
    "materialized view shelf.j": "CREATE MATERIALIZED VIEW shelf.j AS SELECT id FROM box.i",
    "function box.k()": (
        "CREATE FUNCTION box.k() RETURNS SETOF shelf.j LANGUAGE sql AS 'SELECT * FROM shelf.j'"
    ),
    "view box.l": "CREATE VIEW box.l AS SELECT id FROM box.k()",
    "trigger t on rack.t": (
        "CREATE TRIGGER t AFTER INSERT ON rack.t FOR EACH ROW EXECUTE FUNCTION box.f()"
    ),
    "index rack.i": "CREATE INDEX i ON rack.t ((id + box.c()))",
    "policy p on rack.t": "CREATE POLICY p ON rack.t USING (id IN (SELECT id FROM box.l))",
    "statistics object box.m": "CREATE STATISTICS box.m ON id, (id + box.c()) FROM rack.t",
    "table constraint f on rack.t": (
        "ALTER TABLE rack.t ADD CONSTRAINT f FOREIGN KEY (id) REFERENCES shelf.g"
    ),
    "table constraint c on rack.t": ("ALTER TABLE rack.t ADD CONSTRAINT c CHECK (id > box.c())"),
}
"""Objects, each before those that use it, and what makes them."""

KEYS = {
    "each other": "CREATE TABLE box.a (id int PRIMARY KEY, b int);"
    " CREATE TABLE box.b (id int PRIMARY KEY, a int REFERENCES box.a);"
    " ALTER TABLE box.a ADD FOREIGN KEY (b) REFERENCES box.b",
    "itself and another's": "CREATE TABLE box.a (id int PRIMARY KEY REFERENCES rack.t REFERENCES"
    " box.a)",
    "partitioned tables": "CREATE TABLE box.a (id int PRIMARY KEY, b int) PARTITION BY LIST (id);"
    " CREATE TABLE box.c PARTITION OF box.a DEFAULT;"
    " CREATE TABLE box.b (id int PRIMARY KEY REFERENCES box.a) PARTITION BY LIST (id);"
    " CREATE TABLE box.d PARTITION OF box.b DEFAULT;"
    " ALTER TABLE box.a ADD FOREIGN KEY (b) REFERENCES box.b",
}
"""Tables with foreign keys, by what these refer to."""

BASE_TYPE = {
    "type box.t": "CREATE TYPE box.t",
    "function box.i(pg_catalog.cstring)": (
        "CREATE FUNCTION box.i(cstring) RETURNS box.t IMMUTABLE STRICT LANGUAGE internal"
        " AS 'int4in'"
    ),
    "function box.o(box.t)": (
        "CREATE FUNCTION box.o(box.t) RETURNS cstring IMMUTABLE STRICT LANGUAGE internal"
        " AS 'int4out'; CREATE TYPE box.t (INPUT = box.i, OUTPUT = box.o, LIKE = int4)"
    ),
}

CIRCLES = {
    "type": BASE_TYPE,
    "range": {
        "type box.r": "CREATE TYPE box.r",
        "function box.f(box.r)": (
            "CREATE FUNCTION box.f(box.r) RETURNS box.r IMMUTABLE STRICT LANGUAGE internal"
            " AS 'int4range_canonical';"
            " CREATE TYPE box.r AS RANGE (SUBTYPE = int, CANONICAL = box.f)"
        ),
    },
    "check": {
        "table box.a": "CREATE TABLE box.a (id int)",
        "function box.f(box.a)": (
            "CREATE FUNCTION box.f(box.a) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true';"
            " ALTER TABLE box.a ADD CHECK (box.f(a))"
        ),
    },
    "views": {
        "view box.a": "CREATE VIEW box.a AS SELECT 1 AS x",
        "view box.b": (
            "CREATE VIEW box.b AS SELECT x FROM box.a;"
            " CREATE OR REPLACE VIEW box.a AS SELECT x FROM box.b"
        ),
    },
    "domain": {
        "type box.d": "CREATE DOMAIN box.d AS int",
        "function box.f(box.d)": (
            "CREATE FUNCTION box.f(box.d) RETURNS bool IMMUTABLE LANGUAGE sql AS 'SELECT true';"
            " ALTER DOMAIN box.d ADD CHECK (box.f(value))"
        ),
    },
    "publication": {
        "table box.a": "CREATE TABLE box.a (id int PRIMARY KEY)",
        "publication news": "CREATE PUBLICATION news FOR TABLE box.a",
        "publication relation box.a in publication news": "SELECT 1",
    },
}
"""Objects that depend on each other, and what makes them."""

NAMED = {
    "schema {0}": "CREATE SCHEMA {0}",
    "table {0}.{0}": "CREATE TABLE {0}.{0} ({0} int)",
    "type box.{0}": "CREATE TYPE box.{0} AS ENUM ()",
    "function box.{0}(box.{0})": (
        "CREATE FUNCTION box.{0}(box.{0}) RETURNS int LANGUAGE sql AS 'SELECT 1'"
    ),
    "domain constraint {0} on rack.d": (
        "CREATE DOMAIN rack.d AS int; ALTER DOMAIN rack.d ADD CONSTRAINT {0} CHECK (value > 0)"
    ),
    "table column rack.t.{0}": "CREATE TABLE rack.t (id int); ALTER TABLE rack.t ADD {0} int",
    "index rack.{0}": "CREATE INDEX {0} ON rack.t (id)",
    "table constraint {0} on rack.t": "ALTER TABLE rack.t ADD CONSTRAINT {0} CHECK (id > 0)",
    "trigger {0} on rack.t": (
        "CREATE TRIGGER {0} BEFORE UPDATE ON rack.t"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "rule {0} on rack.t": "CREATE RULE {0} AS ON DELETE TO rack.t DO INSTEAD NOTHING",
    "policy {0} on rack.t": "CREATE POLICY {0} ON rack.t",
    "publication {0}": "CREATE PUBLICATION {0}",
}
"""Objects with a name, and what makes them."""

COLUMNS = {
    "type box.a": "CREATE TYPE box.a AS ENUM ('x')",
    "table box.k": "CREATE TABLE box.k (id int PRIMARY KEY)",
    "table column rack.t.a": "ALTER TABLE rack.t ADD a box.a UNIQUE",
    "table column rack.t.b": "ALTER TABLE rack.t ADD b serial CONSTRAINT c CHECK (b > 0)",
    "table column rack.t.d": "ALTER TABLE rack.t ADD d int CONSTRAINT f REFERENCES box.k",
    "table column rack.t.e": "ALTER TABLE rack.t ADD e int GENERATED ALWAYS AS (b) STORED",
    "table constraint c on rack.t": "SELECT 1",
    "table constraint f on rack.t": "SELECT 1",
    "sequence rack.t_b_seq": "SELECT 1",
    "index rack.i": "CREATE INDEX i ON rack.t (b, id)",
    "view box.v": "CREATE VIEW box.v AS SELECT a, b FROM rack.t",
    "function box.f(rack.t)": (
        "CREATE FUNCTION box.f(rack.t) RETURNS int LANGUAGE sql AS 'SELECT 1'"
    ),
}
"""Columns of a table of others, what uses them and what they use, and what makes that."""


@pytest.fixture
def box(connection: Connection) -> Connection:
    """A connection on which schemas `box` and `rack` are made."""
    make(connection, "CREATE SCHEMA box; CREATE SCHEMA rack")
    return connection


def find_columns(connection: Connection, *words: str) -> Sequence[Column]:
    """Return columns that go by some words."""
    places = [found.place for found in find_places(connection, words).values()]
    tables = read_objects(connection, {place[:2] for place in places})
    names = read_column_names(connection, places)
    return [Column(tables[place[:2]], names[place], place[2]) for place in places]


def read_catalog(connection: Connection, catalog: str) -> list[DatabaseObject]:
    """Return the objects of a system catalog."""
    query = text(f"SELECT CAST(tableoid AS int), CAST(oid AS int) FROM {catalog}")
    keys = [(classid, objid) for classid, objid in connection.execute(query)]
    return list(read_objects(connection, keys).values())


def make_dropper(connection: Connection, sent: list[str]) -> Dropper:
    """Return what drops objects of plugin `box`; it adds to the statements that were sent."""

    def execute(statement: Executable) -> None:
        sent.append(str(statement))
        connection.execute(statement)

    return Dropper(connection, execute, "box")


def drop(connection: Connection, *words: str) -> list[str]:
    """Drop objects and columns that go by some words, and return the statements that do so."""
    items = find(connection, *(item for item in words if " column " not in item))
    columns = find_columns(connection, *(item for item in words if " column " in item))
    sent: list[str] = []
    dropper = make_dropper(connection, sent)
    dropper.lock(items, columns)
    dropper.drop(items, columns)
    return sent


def refuse(connection: Connection, *words: str) -> list[str]:
    """Drop what cannot be dropped, and return what uses it."""
    with pytest.raises(ObjectsInUse) as caught:
        drop(connection, *words)
    assert caught.value.name == "box"
    return sorted(caught.value.users)


def read_all(connection: Connection) -> set[str]:
    """Return what is there, in words."""
    return {str(item) for item in read_objects(connection, set(find_all(connection))).values()}


def test_objects_of_all_kinds_are_dropped(box: Connection) -> None:
    make(box, *OBJECTS.values())
    drop(box, *OBJECTS, "function box.tell()")
    assert find_places(box, OBJECTS) == {}
    assert read_all(box) == set()


def test_foreign_table_is_dropped(box: Connection) -> None:
    make(box, "CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w")
    make(box, "CREATE FOREIGN TABLE box.a (id int) SERVER s")
    drop(box, "foreign table box.a")
    assert read_all(box) == set()


def test_transform_is_dropped(box: Connection) -> None:
    make(
        box,
        "CREATE TYPE box.a AS ENUM ('x')",
        "CREATE FUNCTION box.f(internal) RETURNS internal IMMUTABLE LANGUAGE internal AS 'textin'",
        "CREATE TRANSFORM FOR box.a LANGUAGE plpgsql (FROM SQL WITH FUNCTION box.f(internal))",
    )
    make_dropper(box, []).drop(read_catalog(box, "pg_transform"), ())
    assert read_catalog(box, "pg_transform") == []


def test_default_privileges_are_taken_back(box: Connection) -> None:
    make(box, "ALTER DEFAULT PRIVILEGES IN SCHEMA box GRANT SELECT ON TABLES TO PUBLIC")
    make_dropper(box, []).drop(read_catalog(box, "pg_default_acl"), ())
    assert read_catalog(box, "pg_default_acl") == []


def test_what_uses_others_is_dropped_before_them(box: Connection) -> None:
    make(box, "CREATE TABLE rack.t (id int)", *USED.values())
    drop(box, *USED)
    assert read_all(box) == {"table rack.t"}


def test_what_uses_a_composite_type_is_dropped_before_it(box: Connection) -> None:
    make(box, "CREATE TYPE box.a AS (x int); CREATE TABLE box.b (a box.a)")
    drop(box, "composite type box.a", "table box.b")
    assert read_all(box) == set()


@pytest.mark.parametrize("others", KEYS)
def test_tables_are_dropped_whatever_their_foreign_keys_refer_to(
    box: Connection, others: str
) -> None:
    make(box, "CREATE TABLE rack.t (id int PRIMARY KEY)")
    before = read_all(box)
    make(box, KEYS[others])
    sent = drop(box, *sorted(item for item in read_all(box) if item.startswith("table box.")))
    assert read_all(box) == before
    assert not any("CASCADE" in statement for statement in sent)


@pytest.mark.parametrize("circle", CIRCLES)
def test_objects_that_depend_on_each_other_are_dropped(box: Connection, circle: str) -> None:
    make(box, *CIRCLES[circle].values())
    drop(box, *CIRCLES[circle])
    assert find_places(box, CIRCLES[circle]) == {}


def test_what_others_use_is_not_dropped(box: Connection) -> None:
    make(
        box,
        "CREATE TABLE box.a (id int PRIMARY KEY); CREATE TABLE rack.b () INHERITS (box.a)",
        "CREATE TABLE rack.c (a box.a, n int CONSTRAINT c REFERENCES box.a)",
        "CREATE VIEW rack.d AS SELECT id FROM box.a; CREATE VIEW rack.e AS SELECT id FROM rack.d",
    )
    assert refuse(box, "table box.a") == [
        "column a of table rack.c",
        "constraint c on table rack.c",
        "table rack.b",
        "view rack.d",
        "view rack.e",
    ]


@pytest.mark.parametrize(
    ("use", "user"),
    [
        (
            "FUNCTION rack.f(box.t) RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "function rack.f(box.t)",
        ),
        ("VIEW rack.v AS SELECT CAST('1' AS box.t) AS t", "view rack.v"),
        ("TABLE rack.a (a box.t)", "column a of table rack.a"),
        ("CAST (box.t AS int) WITH INOUT", "cast (box.t AS integer)"),
    ],
)
def test_circle_that_others_use_is_not_dropped(box: Connection, use: str, user: str) -> None:
    make(box, "CREATE TABLE rack.t (id int)", *BASE_TYPE.values(), f"CREATE {use}")
    before = read_all(box)
    assert refuse(box, *BASE_TYPE) == [user]
    assert read_all(box) == before


def test_failure_for_another_reason_is_told_as_it_is(box: Connection) -> None:
    make(box, "CREATE VIEW box.a AS SELECT 1")
    items = find(box, "view box.a")
    make(box, "DROP VIEW box.a")
    with pytest.raises(DBAPIError, match="does not exist"):
        make_dropper(box, []).drop(items, ())


def test_columns_are_dropped_with_what_uses_them_and_what_they_use(box: Connection) -> None:
    make(box, "CREATE TABLE rack.t (id int)", *COLUMNS.values())
    drop(box, *COLUMNS)
    assert find_places(box, COLUMNS) == {}
    assert read_all(box) == {"table rack.t"}


def test_column_that_others_use_is_not_dropped(box: Connection) -> None:
    make(box, "CREATE TABLE rack.t (id int, n int); CREATE VIEW rack.v AS SELECT n FROM rack.t")
    assert refuse(box, "table column rack.t.n") == ["view rack.v"]


def test_two_columns_are_dropped_with_what_hangs_on_both(box: Connection) -> None:
    make(box, "CREATE TABLE rack.t (id int, a int, b int, CONSTRAINT c CHECK (a < b))")
    make(box, "CREATE INDEX i ON rack.t (a, b)")
    parts = ("index rack.i", "table constraint c on rack.t")
    drop(box, "table column rack.t.a", "table column rack.t.b", *parts)
    assert read_all(box) == {"table rack.t"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("ADD n int", "table column {0}.n"),
        ("ADD CONSTRAINT c CHECK (id > 0)", "table constraint c on {0}"),
    ],
)
def test_what_partitions_inherit_is_dropped_once(box: Connection, change: str, words: str) -> None:
    make(box, "CREATE TABLE rack.t (id int) PARTITION BY LIST (id)")
    make(box, "CREATE TABLE rack.p PARTITION OF rack.t DEFAULT", f"ALTER TABLE rack.t {change}")
    both = [words.format("rack.t"), words.format("rack.p")]
    drop(box, *both)
    assert find_places(box, both) == {}


def test_primary_key_of_a_table_of_others_is_dropped(box: Connection) -> None:
    make(box, "CREATE TABLE rack.t (id int)")
    before = read_all(box)
    make(box, "ALTER TABLE rack.t ADD CONSTRAINT c PRIMARY KEY (id)")
    drop(box, "index rack.c", "table constraint c on rack.t")
    # Since PostgreSQL 18, what a primary key has left is to be seen.
    assert read_all(box) - before <= {"table constraint t_id_not_null on rack.t"}


def test_identity_of_a_column_of_others_is_dropped(box: Connection) -> None:
    make(box, "CREATE TABLE rack.t (id int NOT NULL)")
    make(box, "ALTER TABLE rack.t ALTER id ADD GENERATED ALWAYS AS IDENTITY")
    drop(box, "sequence rack.t_id_seq")
    assert find_places(box, ["sequence rack.t_id_seq"]) == {}


@pytest.mark.parametrize("name", ['a"b%(x)s', "50%s:x::y", "a.b on C", "ü" * 31 + "x"])
def test_objects_of_any_name_are_dropped(box: Connection, name: str) -> None:
    quoted = '"' + name.replace('"', '""') + '"'
    make(box, *(statement.format(quoted).replace(":", r"\:") for statement in NAMED.values()))
    words = [item.format(quoted) for item in NAMED]
    drop(box, *words)
    assert find_places(box, words) == {}


def test_tables_are_locked_and_those_of_columns_too(box: Connection) -> None:
    make(box, "CREATE TABLE rack.t (n int); CREATE TABLE box.a (); CREATE VIEW box.v AS SELECT 1")
    box.commit()
    items, columns = (
        find(box, "table box.a", "view box.v"),
        find_columns(box, "table column rack.t.n"),
    )
    make_dropper(box, []).lock(items, columns)
    query = text(
        "SELECT CAST(CAST(relation AS regclass) AS text) FROM pg_locks"
        " WHERE mode = 'AccessExclusiveLock' AND relation IS NOT NULL"
        " AND pid = pg_backend_pid() ORDER BY 1"
    )
    assert box.scalars(query).all() == ["box.a", "rack.t"]
