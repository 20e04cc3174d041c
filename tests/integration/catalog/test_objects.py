"""Objects as PostgreSQL identifies them, and what the registry has recorded of them."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

import pytest
from sqlalchemy import Connection, text

from alembic_plugins.catalog.objects import DatabaseObject, read_makers, read_objects
from alembic_plugins.catalog.oids import PG_CLASS, PG_PROC, PG_TRIGGER, PG_TYPE
from alembic_plugins.namespaces.recorded import find_places, read_epoch
from alembic_plugins.registry.tables import make_tables

TABLES = make_tables(None)

OBJECTS = {
    "table box.a": "CREATE TABLE box.a (id int PRIMARY KEY, n int)",
    "view box.b": "CREATE VIEW box.b AS SELECT id FROM box.a",
    "materialized view box.c": "CREATE MATERIALIZED VIEW box.c AS SELECT id FROM box.b",
    "sequence box.d": "CREATE SEQUENCE box.d",
    "index box.e": "CREATE INDEX e ON box.a (n)",
    "function box.f(integer)": "CREATE FUNCTION box.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "procedure box.g(integer)": "CREATE PROCEDURE box.g(int) LANGUAGE sql AS 'SELECT 1'",
    "aggregate box.h(integer)": "CREATE AGGREGATE box.h(int) (SFUNC = int4pl, STYPE = int)",
    "type box.i": "CREATE TYPE box.i AS ENUM ('x')",
    "composite type box.j": "CREATE TYPE box.j AS (x int)",
    "type box.k": "CREATE DOMAIN box.k AS int",
    "type box.l": "CREATE TYPE box.l AS RANGE (SUBTYPE = float8)",
    "collation box.m": 'CREATE COLLATION box.m FROM "C"',
    "conversion box.n": "CREATE CONVERSION box.n FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
    "operator box.===(integer,integer)": (
        "CREATE OPERATOR box.=== (FUNCTION = int4eq, LEFTARG = int, RIGHTARG = int)"
    ),
    "operator family box.o USING btree": "CREATE OPERATOR FAMILY box.o USING btree",
    "operator class box.p USING btree": (
        "CREATE OPERATOR CLASS box.p FOR TYPE int USING btree FAMILY box.o"
        " AS OPERATOR 3 =, FUNCTION 1 btint4cmp(int, int)"
    ),
    "text search configuration box.q": "CREATE TEXT SEARCH CONFIGURATION box.q (COPY = simple)",
    "text search dictionary box.r": "CREATE TEXT SEARCH DICTIONARY box.r (TEMPLATE = simple)",
    "text search parser box.s": (
        "CREATE TEXT SEARCH PARSER box.s (START = prsd_start, GETTOKEN = prsd_nexttoken,"
        " END = prsd_end, LEXTYPES = prsd_lextype)"
    ),
    "text search template box.t": "CREATE TEXT SEARCH TEMPLATE box.t (LEXIZE = dsimple_lexize)",
    "statistics object box.u": "CREATE STATISTICS box.u ON id, n FROM box.a",
    "table constraint v on box.a": "ALTER TABLE box.a ADD CONSTRAINT v CHECK (n > 0)",
    "domain constraint w on box.k": "ALTER DOMAIN box.k ADD CONSTRAINT w CHECK (value > 0)",
    "trigger x on box.a": (
        "CREATE TRIGGER x BEFORE UPDATE ON box.a"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()"
    ),
    "rule y on box.a": "CREATE RULE y AS ON DELETE TO box.a DO INSTEAD NOTHING",
    "policy z on box.a": "CREATE POLICY z ON box.a USING (true)",
    "cast (box.i AS integer)": "CREATE CAST (box.i AS int) WITH INOUT",
    "access method slow": "CREATE ACCESS METHOD slow TYPE TABLE HANDLER heap_tableam_handler",
    "event trigger told": (
        "CREATE FUNCTION box.tell() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END';"
        " CREATE EVENT TRIGGER told ON ddl_command_end EXECUTE FUNCTION box.tell();"
        " ALTER EVENT TRIGGER told DISABLE"
    ),
    "extension citext": "CREATE EXTENSION citext SCHEMA public",
    "foreign-data wrapper far": "CREATE FOREIGN DATA WRAPPER far",
    "language pl": "CREATE LANGUAGE pl HANDLER plpgsql_call_handler",
    "large object 424242": "SELECT lo_create(424242)",
    "publication news": "CREATE PUBLICATION news FOR TABLE box.a",
    "schema shelf": "CREATE SCHEMA shelf",
    "server there": "CREATE SERVER there FOREIGN DATA WRAPPER far",
}
"""An object of each kind, and what makes it where the ones before it are made."""

WITHOUT_SCHEMA = [*OBJECTS][[*OBJECTS].index("cast (box.i AS integer)") :]

NAMES = {
    "index box.e": "a",
    "operator family box.o USING btree": "o",
    "table constraint v on box.a": "a",
    "domain constraint w on box.k": "k",
    "trigger x on box.a": "a",
    "operator box.===(integer,integer)": "===",
}
"""Objects with their own names, or those of the tables on which they hang."""

CHAINS = {
    "index box.b_pkey": ["table box.b", "table box.a"],
    "table constraint c on box.b": ["table box.b", "table box.a"],
    "table box.b": ["table box.a"],
    "table box.a": [],
    "sequence box.d_id_seq": ["table box.d"],
    "statistics object box.s": [],
    "type box.d": ["table box.d"],
    "default value for box.d.id": ["table box.d"],
    "domain constraint c on box.e": ["type box.e"],
    "type public.citext": ["extension citext"],
}
"""Objects, with those on which they hang."""

MADE_OF = {
    "cast (box.a AS box.c)": ["type box.a", "type box.c"],
    "operator box.===(box.a,box.b)": ["type box.a", "type box.b"],
    "operator class box.o USING hash": ["type box.a"],
}
"""Objects, with the types of which they are made."""


@pytest.fixture
def box(connection: Connection) -> Connection:
    """A connection on which schema `box` and the registry are made."""
    connection.execute(text("CREATE SCHEMA box"))
    TABLES.metadata.create_all(connection)
    return connection


def make(connection: Connection, *statements: str) -> None:
    """Make objects."""
    connection.execute(text("; ".join(statements)))


def find(connection: Connection, *words: str, recorded: bool = False) -> Sequence[DatabaseObject]:
    """Return objects that go by some words."""
    places = find_places(connection, words)
    keys = [places[item].place[:2] for item in words]
    found = read_objects(connection, keys, TABLES if recorded else None)
    return [found[key] for key in keys]


def record(
    connection: Connection,
    item: DatabaseObject,
    plugin: str,
    revision: str | None = None,
    *,
    made: bool = True,
    column: int = 0,
) -> None:
    """Record who has made an object or a column of it, or was permitted to change it."""
    query = text("SELECT type, identity FROM pg_identify_object(:classid, :objid, :objsubid)")
    place = {"classid": item.classid, "objid": item.objid, "objsubid": column}
    kind, identity = connection.execute(query, place).one()
    words = {"kind": kind, "identity": identity, "epoch": read_epoch(connection, TABLES)}
    values = {"plugin": plugin, "revision": revision, "made": made, **place, **words}
    connection.execute(TABLES.object.insert(), values)


def record_all(connection: Connection, plugin: str, *words: str) -> None:
    """Record that a plugin has made objects."""
    for item in find(connection, *words):
        record(connection, item, plugin)


def test_object_of_each_kind_is_told_as_postgresql_tells_it(box: Connection) -> None:
    make(box, *OBJECTS.values())
    assert [str(item) for item in find(box, *OBJECTS)] == [*OBJECTS]


def test_object_is_in_a_schema_or_in_none(box: Connection) -> None:
    make(box, *OBJECTS.values())
    found = {str(item): item.schema for item in find(box, *OBJECTS)}
    expected = dict.fromkeys(OBJECTS, "box") | dict.fromkeys(WITHOUT_SCHEMA)
    assert found == {**expected, "schema shelf": "shelf"}


def test_default_privileges_are_in_the_schema_that_they_are_for(box: Connection) -> None:
    make(box, "ALTER DEFAULT PRIVILEGES IN SCHEMA box GRANT SELECT ON TABLES TO PUBLIC")
    [row] = box.execute(text("SELECT CAST(tableoid AS int), CAST(oid AS int) FROM pg_default_acl"))
    [item] = read_objects(box, [(row[0], row[1])]).values()
    assert (item.kind, item.schema) == ("default acl", "box")


def test_object_has_its_own_name_or_that_of_its_table(box: Connection) -> None:
    make(box, *OBJECTS.values())
    assert [item.name for item in find(box, *NAMES)] == [*NAMES.values()]


def test_object_hangs_on_others_nearest_first(box: Connection) -> None:
    make(
        box,
        "CREATE TABLE box.a (id int) PARTITION BY LIST (id)",
        "CREATE TABLE box.b PARTITION OF box.a (PRIMARY KEY (id), CONSTRAINT c CHECK (id > 0))"
        " DEFAULT",
        "CREATE TABLE box.d (id serial, n int); CREATE STATISTICS box.s ON id, n FROM box.d",
        "CREATE DOMAIN box.e AS int CONSTRAINT c CHECK (value > 0)",
        "CREATE EXTENSION citext SCHEMA public",
    )
    names = {item.key: str(item) for item in find(box, *{*CHAINS, *chain(*CHAINS.values())})}
    found = {str(item): [names[key] for key in item.chain[1:]] for item in find(box, *CHAINS)}
    assert found == CHAINS


def test_partition_elsewhere_is_where_its_table_is(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id int) PARTITION BY LIST (id)")
    make(box, "CREATE TABLE public.b PARTITION OF box.a DEFAULT")
    [part] = find(box, "table public.b")
    assert (part.schema, part.name, part.own_schema, part.own_name) == ("box", "a", "public", "b")


def test_part_is_what_hangs_on_a_relation(box: Connection) -> None:
    make(box, *OBJECTS.values())
    parts = {str(item) for item in find(box, *OBJECTS) if item.is_part}
    assert parts == {item for item in OBJECTS if item.endswith(" on box.a")} | {"index box.e"}


def test_object_is_made_of_types(box: Connection) -> None:
    make(
        box,
        "CREATE TYPE box.a AS ENUM ('x'); CREATE DOMAIN box.b AS box.a",
        "CREATE FUNCTION box.f(box.a, box.b) RETURNS bool LANGUAGE sql AS 'SELECT true'",
        "CREATE TYPE box.c AS ENUM ('x')",
        "CREATE CAST (box.a AS box.c) WITH INOUT",
        "CREATE OPERATOR box.=== (FUNCTION = box.f, LEFTARG = box.a, RIGHTARG = box.b)",
        "CREATE OPERATOR CLASS box.o FOR TYPE box.a USING hash AS OPERATOR 1 =(anyenum, anyenum)",
    )
    names = {item.key: str(item) for item in find(box, *chain(*MADE_OF.values()))}
    found = {str(i): [names[k] for k in i.made_of if k in names] for i in find(box, *MADE_OF)}
    assert found == MADE_OF


def test_publication_of_all_tables_is_everywhere(box: Connection) -> None:
    make(box, "CREATE PUBLICATION a FOR ALL TABLES", "CREATE PUBLICATION b")
    found = find(box, "publication a", "publication b")
    assert [item.is_everywhere for item in found] == [True, False]


def test_what_comes_along_with_something_is_internal(box: Connection) -> None:
    make(
        box,
        "CREATE TABLE box.a (id int PRIMARY KEY, word text UNIQUE REFERENCES box.a (word))",
        "CREATE TYPE box.r AS RANGE (SUBTYPE = float8)",
        "CREATE TEMP TABLE t (id int)",
    )
    query = (
        f"SELECT {PG_TRIGGER}, oid FROM pg_trigger"
        f" UNION ALL SELECT {PG_TYPE}, oid FROM pg_type WHERE oid >= 16384 AND typname <> 'r'"
        f" UNION ALL SELECT {PG_PROC}, oid FROM pg_proc WHERE oid >= 16384"
        f" UNION ALL SELECT {PG_CLASS}, oid FROM pg_class WHERE relname ~ '^(pg_toast|t$)'"
    )
    found = read_objects(box, [(row[0], row[1]) for row in box.execute(text(query))])
    kinds = {item.kind for item in found.values()}
    assert kinds == {"trigger", "type", "function", "table", "index", "toast table"}
    assert [str(item) for item in found.values() if not item.is_internal] == []


def test_what_was_made_for_itself_is_not_internal(box: Connection) -> None:
    make(box, *OBJECTS.values())
    assert [str(item) for item in find(box, *OBJECTS) if item.is_internal] == []


def test_object_that_is_gone_is_not_told(box: Connection) -> None:
    make(box, "CREATE TABLE box.a ()", "CREATE TABLE box.b ()")
    a, b = find(box, "table box.a", "table box.b")
    make(box, "DROP TABLE box.a")
    assert read_objects(box, [a.key, b.key]) == {b.key: b}


def test_names_are_quoted_in_identities_alone(box: Connection) -> None:
    make(box, 'CREATE TABLE box."5""%s: x.Ü" ()'.replace(":", r"\:"))
    [item] = find(box, 'table box."5""%s: x.Ü"')
    assert (item.name, item.own_name) == ('5"%s: x.Ü', '5"%s: x.Ü')


@pytest.fixture
def index(box: Connection) -> Sequence[DatabaseObject]:
    """An index, the partition on which it hangs, and the partitioned table."""
    make(
        box,
        "CREATE TABLE box.a (id int) PARTITION BY LIST (id)",
        "CREATE TABLE box.b PARTITION OF box.a DEFAULT",
        "CREATE INDEX c ON box.b (id)",
    )
    return find(box, "index box.c", "table box.b", "table box.a")


def test_object_was_made_by_whom_the_nearest_on_its_chain_was_made_by(
    box: Connection, index: Sequence[DatabaseObject]
) -> None:
    record(box, index[2], "crm")
    record(box, index[1], "notes")
    [found] = find(box, "index box.c", recorded=True)
    assert (found.maker, found.is_made, found.permitted) == ("notes", False, ())


def test_object_that_is_recorded_was_made_itself(
    box: Connection, index: Sequence[DatabaseObject]
) -> None:
    record(box, index[2], "crm")
    record(box, index[0], "notes")
    [found] = find(box, "index box.c", recorded=True)
    assert (found.maker, found.is_made) == ("notes", True)


def test_object_is_permitted_to_whom_anything_on_its_chain_is(
    box: Connection, index: Sequence[DatabaseObject]
) -> None:
    record(box, index[2], "crm", made=False)
    record(box, index[0], "notes", made=False)
    [found] = find(box, "index box.c", recorded=True)
    assert (found.maker, found.is_made) == (None, False)
    assert sorted(found.permitted) == ["crm", "notes"]


def test_added_column_does_not_make_the_table_the_plugins(
    box: Connection, index: Sequence[DatabaseObject]
) -> None:
    record(box, index[1], "crm", column=1)
    [found] = find(box, "table box.b", recorded=True)
    assert (found.maker, found.is_made, found.permitted) == (None, False, ())


def test_record_of_the_same_number_in_another_catalog_tells_nothing(
    box: Connection, index: Sequence[DatabaseObject]
) -> None:
    record(box, index[0], "crm")
    make(box, f"UPDATE alembic_plugin_object SET classid = {PG_PROC}")
    assert find(box, "index box.c", recorded=True)[0].maker is None


def test_what_was_dropped_is_told_with_what_is_recorded_of_it(
    box: Connection, index: Sequence[DatabaseObject]
) -> None:
    record(box, index[2], "crm")
    record(box, index[1], "shop", made=False)
    record(box, index[1], "lent", column=1)
    make(box, "DROP TABLE box.a")
    assert read_makers(box, TABLES, index[:1]) == {
        index[0].key: replace(index[0], maker="crm", permitted=("shop",))
    }
