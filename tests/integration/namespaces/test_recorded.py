"""What the registry has recorded of objects, in the database."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from sqlalchemy import Connection, text
from support.databases import Database
from support.registries import take_back_to_1, take_back_to_2

from alembic_plugins.catalog.oids import PG_CLASS
from alembic_plugins.namespaces.recorded import (
    RecordedObject,
    find_places,
    read_column_makers,
    read_epoch,
    read_outdated,
    read_recorded,
)
from alembic_plugins.plugin import Namespace, Prefix, Schema
from alembic_plugins.registry.state import InstalledPlugin
from alembic_plugins.registry.tables import VERSION, make_tables

from ..catalog.test_objects import OBJECTS, TABLES, find, make, record

COLUMNS = {
    "table column box.a.id": 1,
    'table column box.a."order"': 2,
    'table column box.a."x.y"': 3,
    'table column box.a."a column b"': 4,
    'table column box.a."50%s: ""x"': 5,
    f'table column box.a."{"ü" * 31}"': 6,
}
"""Columns, with their numbers."""


def make_plugin(
    name: str, namespace: Namespace | None = None, quarantine: str | None = None
) -> InstalledPlugin:
    """Return an installed plugin."""
    return InstalledPlugin(name, None, None, namespace or Schema(name), True, (), quarantine)


BOX = make_plugin("box")
SHELF = make_plugin("shelf", Prefix("shelf_"))
SHARING = make_plugin("sharing", Schema("public", create=False))
OLD = make_plugin("old", quarantine="quarantine_old")


@pytest.fixture
def box(connection: Connection) -> Connection:
    """A connection on which schema `box` and the registry are made."""
    make(connection, "CREATE SCHEMA box")
    TABLES.metadata.create_all(connection)
    return connection


def read(
    connection: Connection, *plugins: InstalledPlugin, version: int = VERSION
) -> list[RecordedObject]:
    """Return what is recorded, without the numbers of the rows."""
    found = read_recorded(connection, TABLES, version, plugins, "public")
    return [replace(row, id=None) for row in found]


def read_words(
    connection: Connection, *plugins: InstalledPlugin, version: int = VERSION
) -> set[tuple[str, str | None, str]]:
    """Return what is recorded, in words, with the plugins and revisions that have made it."""
    rows = read(connection, *plugins, version=version)
    return {(row.plugin, row.revision, row.words) for row in rows}


def change_numbers(connection: Connection) -> None:
    """Let what is recorded be of another epoch, with numbers that hold no more."""
    make(connection, "UPDATE alembic_plugin_object SET epoch = '1/2', objid = 1")


def test_object_of_each_kind_is_found_by_words(box: Connection) -> None:
    make(box, *OBJECTS.values())
    found = find_places(box, OBJECTS)
    assert {words: f"{item.kind} {item.identity}" for words, item in found.items()} == {
        words: words for words in OBJECTS
    }


def test_column_of_any_name_is_found_by_words(box: Connection) -> None:
    columns = ", ".join(f"{words.partition('.a.')[2]} int" for words in COLUMNS)
    make(box, f"CREATE TABLE box.a ({columns})".replace(":", r"\:"))
    oid = box.scalar(text("SELECT CAST(CAST('box.a' AS regclass) AS int)"))
    found = find_places(box, COLUMNS)
    assert {words: item.place for words, item in found.items()} == {
        words: (PG_CLASS, oid, number) for words, number in COLUMNS.items()
    }


def test_what_is_not_there_is_not_found(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id int, n int); ALTER TABLE box.a DROP COLUMN n")
    words = ("view box.a", "table box.b", "table column box.a.n", "table column box.b.id", "")
    assert find_places(box, words) == {}


def test_object_is_read_as_it_was_recorded(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id int)")
    [item] = find(box, "table box.a")
    record(box, item, "crm", revision="c1")
    record(box, item, "shop", made=False)
    record(box, item, "notes", revision="n1", column=1)
    assert read(box) == [
        RecordedObject("crm", "c1", True, (*item.key, 0), "table", "box.a"),
        RecordedObject("shop", None, False, (*item.key, 0), "table", "box.a"),
        RecordedObject("notes", "n1", True, (*item.key, 1), "table column", "box.a.id"),
    ]


def test_object_keeps_its_record_when_it_is_renamed_and_moved(box: Connection) -> None:
    make(box, "CREATE TABLE box.a ()")
    record(box, find(box, "table box.a")[0], "crm")
    make(box, "ALTER TABLE box.a RENAME TO b; ALTER TABLE box.b SET SCHEMA public")
    [row] = read(box)
    assert row.place[:2] == find(box, "table public.b")[0].key
    assert row.words == "table box.a"


def test_object_of_another_epoch_is_found_by_its_words(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id int)")
    [item] = find(box, "table box.a")
    record(box, item, "crm")
    record(box, item, "notes", column=1)
    before = read(box)
    change_numbers(box)
    assert read(box) == before


def test_object_of_another_epoch_that_is_gone_is_not_told(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id int); CREATE TABLE box.b (id int)")
    record(box, find(box, "table box.a")[0], "crm")
    record(box, find(box, "table box.b")[0], "crm", column=1)
    change_numbers(box)
    make(box, "ALTER TABLE box.a RENAME TO c; ALTER TABLE box.b DROP COLUMN id")
    assert read(box) == []


def test_object_of_another_epoch_is_outdated(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id int); CREATE TABLE box.b (id int)")
    [a, b] = find(box, "table box.a", "table box.b")
    record(box, a, "crm")
    record(box, b, "crm")
    record(box, a, "crm", column=1)
    change_numbers(box)
    make(box, "DROP TABLE box.b")
    record(box, a, "crm")
    assert read_outdated(box, TABLES) == {1: (*a.key, 0), 2: None, 3: (*a.key, 1)}


def test_epoch_is_the_same_for_all_sessions(box: Connection, database: Database) -> None:
    box.commit()
    [(system, number)] = database.query(
        "SELECT system_identifier, CAST(CAST('alembic_plugin_object' AS regclass) AS oid)"
        " FROM pg_control_system()"
    )
    assert read_epoch(box, TABLES) == f"{system}/{number}"


def test_epoch_is_another_one_where_the_registry_is_made_anew(box: Connection) -> None:
    before = read_epoch(box, TABLES)
    TABLES.metadata.drop_all(box)
    TABLES.metadata.create_all(box)
    assert read_epoch(box, TABLES) != before


def test_epoch_is_that_of_the_registry_in_its_schema(box: Connection) -> None:
    make(box, 'CREATE SCHEMA "Odd: %s"'.replace(":", r"\:"))
    tables = make_tables("Odd: %s")
    tables.metadata.create_all(box)
    query = text(
        "SELECT max(CAST(oid AS int)) FROM pg_class WHERE relname = 'alembic_plugin_object'"
    )
    assert read_epoch(box, tables).endswith(f"/{box.scalar(query)}")


def test_makers_of_columns_are_those_that_have_added_them(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id int, n int); CREATE TABLE box.b (id int)")
    [a, b] = find(box, "table box.a", "table box.b")
    record(box, a, "crm")
    record(box, a, "notes", column=2)
    record(box, a, "shop", made=False, column=1)
    record(box, b, "notes", column=1)
    assert read_column_makers(box, TABLES, [a.key]) == {(*a.key, 2): "notes"}


def take_back(
    connection: Connection, database: Database, revisions: Mapping[str, str], version: int = 2
) -> None:
    """Let the registry be an earlier one in which revisions of plugin `crm` have made objects."""
    for revision, words in revisions.items():
        record(connection, find(connection, words)[0], "crm", revision=revision)
    rows = [{**REVISION, "revision": revision} for revision in (*revisions, "empty")]
    connection.execute(TABLES.revision.insert(), rows)
    connection.commit()
    {1: take_back_to_1, 2: take_back_to_2}[version](database)


REVISION = {
    "plugin": "crm",
    "down_revision": [],
    "depends_on": [],
    "branch_labels": [],
    "description": "",
}


def test_second_version_of_the_registry_knows_objects_by_name(
    box: Connection, database: Database
) -> None:
    make(
        box,
        'CREATE TABLE public."50%s" ()',
        "CREATE FUNCTION box.f(int) RETURNS int LANGUAGE sql AS 'SELECT 1'",
    )
    words = ('table public."50%s"', "function box.f(integer)")
    take_back(box, database, dict(zip(("c1", "c2"), words, strict=True)))
    assert read_words(box, version=2) == {("crm", "c1", words[0]), ("crm", "c2", words[1])}
    assert {row.place[:2] for row in read(box, version=2)} == {i.key for i in find(box, *words)}


def test_name_of_the_second_version_that_is_gone_is_not_told(
    box: Connection, database: Database
) -> None:
    make(box, "CREATE TABLE box.a (); CREATE TABLE box.b ()")
    take_back(box, database, {"c1": "table box.a", "c2": "table box.b"})
    make(box, "ALTER TABLE box.a RENAME TO c")
    assert read_words(box, version=2) == {("crm", "c2", "table box.b")}


@pytest.mark.parametrize("version", [1, 2])
def test_earlier_versions_take_what_is_in_a_namespace_for_the_plugins(
    box: Connection, database: Database, version: int
) -> None:
    make(box, "CREATE TABLE box.a (); CREATE SCHEMA quarantine_old; CREATE SCHEMA other")
    make(box, "CREATE TABLE shelf_a (n serial); CREATE TABLE a (); CREATE TABLE other.shelf_b ()")
    make(box, "CREATE TYPE quarantine_old.a AS ENUM (); CREATE EXTENSION citext SCHEMA box")
    take_back(box, database, {}, version)
    assert read_words(box, BOX, SHELF, SHARING, OLD, version=version) == {
        ("box", None, "table box.a"),
        ("box", None, "extension citext"),
        ("shelf", None, "table public.shelf_a"),
        ("old", None, "type quarantine_old.a"),
    }


def test_object_with_a_name_is_not_taken_for_that_of_its_namespace(
    box: Connection, database: Database
) -> None:
    make(box, "CREATE TABLE box.a (); CREATE TABLE box.b ()")
    take_back(box, database, {"c1": "table box.a"})
    assert read_words(box, BOX, version=2) == {
        ("crm", "c1", "table box.a"),
        ("box", None, "table box.b"),
    }
