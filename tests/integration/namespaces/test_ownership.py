"""Whose the objects of a database are, and what a plugin has there."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from sqlalchemy import Connection

from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.catalog.queries import Column, read_dependents
from alembic_plugins.namespaces.ownership import (
    Owner,
    Ownership,
    PluginObjects,
    find_foreign_parts,
    read_ownership,
    read_plugin_objects,
    sort_dependents,
)
from alembic_plugins.plugin import Namespace, Prefix, Schema
from alembic_plugins.registry.state import InstalledPlugin, State
from alembic_plugins.registry.tables import VERSION

from ..catalog.test_objects import OBJECTS, TABLES, find, make, record, record_all

BOX, RACK = Schema("box"), Schema("rack")
SHELF = Prefix("shelf_")


def make_state(**namespaces: Namespace) -> State:
    """Return what the database remembers, where some plugins are installed."""
    plugins = {
        name: InstalledPlugin(name, None, None, namespace, True, ())
        for name, namespace in namespaces.items()
    }
    return State(plugins=plugins, registry=VERSION)


STATE = make_state(box=BOX, rack=RACK, shelf=SHELF, sharing=Schema("public", create=False))
OLD = replace(make_state(old=SHELF).plugins["old"], quarantine="quarantine_old")


@pytest.fixture
def box(connection: Connection) -> Connection:
    """A connection on which the schemas of plugins and the registry are made."""
    make(connection, "CREATE SCHEMA box; CREATE SCHEMA rack; CREATE SCHEMA quarantine_old")
    TABLES.metadata.create_all(connection)
    return connection


def own(connection: Connection, state: State = STATE) -> Ownership:
    """Return what tells whose objects are."""
    return read_ownership(connection, TABLES, state)


def hold(connection: Connection, name: str = "box", state: State = STATE) -> PluginObjects:
    """Return what a plugin has."""
    return read_plugin_objects(connection, own(connection, state), name)


def in_words(items: Iterable[DatabaseObject | Column]) -> list[str]:
    """Return objects in words."""
    return [str(item) for item in items]


def sort_key(item: DatabaseObject) -> tuple[str, str]:
    """Return by what objects are sorted."""
    return (item.kind, item.identity)


def find_owners(connection: Connection, *words: str, state: State = STATE) -> list[Owner]:
    """Return whose objects are."""
    ownership = own(connection, state)
    return [ownership.find_owner(item) for item in find(connection, *words)]


def test_object_is_its_makers_wherever_it_is(box: Connection) -> None:
    make(box, "CREATE TABLE rack.a (); CREATE TABLE shelf_a (); CREATE TABLE a ()")
    words = ("table rack.a", "table public.shelf_a", "table public.a")
    record_all(box, "box", *words)
    assert find_owners(box, *words) == [Owner("box"), Owner("box"), Owner("box")]


def test_object_is_its_makers_whatever_it_is_called_by_now(box: Connection) -> None:
    make(box, "CREATE TABLE box.a ()")
    record_all(box, "box", "table box.a")
    make(box, "ALTER TABLE box.a RENAME TO b; ALTER TABLE box.b SET SCHEMA rack")
    make(box, "CREATE TABLE box.a ()")
    assert find_owners(box, "table rack.b", "table box.a") == [
        Owner("box"),
        Owner("box", is_known=False),
    ]


def test_object_that_nobody_has_recorded_is_the_hosts_but_in_a_plugins_schema(
    box: Connection,
) -> None:
    names = ("box.a", "quarantine_old.a", "public.shelf_a", "public.a")
    make(box, *(f"CREATE TABLE {name} ()" for name in names))
    words = [f"table {name}" for name in names]
    assert find_owners(box, *words, state=replace(STATE, quarantined={"old": OLD})) == [
        Owner("box", is_known=False),
        Owner("old", is_known=False),
        Owner("host"),
        Owner("host"),
    ]


def test_what_hangs_on_something_is_that_owners_unless_it_is_recorded(box: Connection) -> None:
    make(box, "CREATE TABLE a (id int PRIMARY KEY); CREATE INDEX i ON a (id)")
    record_all(box, "box", "table public.a")
    record_all(box, "rack", "index public.i")
    assert find_owners(box, "index public.a_pkey", "index public.i") == [
        Owner("box"),
        Owner("rack"),
    ]


def test_earlier_version_of_the_registry_tells_owners_by_namespaces(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (); CREATE TABLE shelf_a (); CREATE TABLE a ()")
    words = ("table box.a", "table public.shelf_a", "table public.a")
    found = find_owners(box, *words, state=replace(STATE, registry=1))
    assert found == [Owner("box"), Owner("shelf"), Owner("host")]


def test_plugin_has_objects_of_each_kind_that_it_has_made(box: Connection) -> None:
    make(box, *OBJECTS.values(), "DROP EVENT TRIGGER told; DROP FUNCTION box.tell")
    words = {*OBJECTS} - {"event trigger told"}
    record_all(box, "box", *words)
    assert hold(box) == PluginObjects(tuple(sorted(find(box, *words), key=sort_key)))


def test_plugin_has_what_it_has_made_elsewhere_and_nothing_that_is_gone(box: Connection) -> None:
    make(box, "CREATE TABLE rack.a (); CREATE TABLE box.b (); CREATE VIEW a AS SELECT 1")
    record_all(box, "box", "table rack.a", "table box.b", "view public.a")
    make(box, "DROP TABLE box.b")
    assert hold(box) == PluginObjects(tuple(find(box, "table rack.a", "view public.a")))


def test_plugin_has_the_columns_that_it_has_added_and_that_are_there(box: Connection) -> None:
    make(box, 'CREATE TABLE a (id int, b int, "50%s" int)')
    [table] = find(box, "table public.a")
    record(box, table, "box", column=2)
    record(box, table, "box", column=3)
    make(box, "ALTER TABLE a DROP COLUMN b")
    assert hold(box) == PluginObjects(columns=(Column(table, '"50%s"', 3),))


def test_plugin_has_beside_it_what_is_unknown_and_what_is_anothers(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id int PRIMARY KEY); CREATE TABLE box.b ()")
    make(box, "CREATE EXTENSION citext SCHEMA box; CREATE TABLE shelf_a ()")
    record_all(box, "rack", "table box.b")
    found = hold(box)
    assert (found.objects, found.columns) == ((), ())
    assert in_words(found.unknown) == ["extension citext", "table box.a"]
    assert in_words(found.foreign) == ["table box.b"]


def test_plugin_with_a_prefix_has_beside_it_what_goes_by_that(box: Connection) -> None:
    make(box, "CREATE TABLE shelf_a (); CREATE TABLE shelf_b (); CREATE TABLE a ()")
    record_all(box, "shelf", "table public.shelf_a")
    found = hold(box, "shelf")
    assert in_words(found.objects) == ["table public.shelf_a"]
    assert in_words(found.foreign) == ["table public.shelf_b"]
    assert found.unknown == ()


def test_plugin_that_is_set_aside_has_beside_it_what_is_in_its_quarantine(box: Connection) -> None:
    make(box, "CREATE TABLE shelf_a (); CREATE TABLE quarantine_old.a ()")
    found = hold(box, "old", replace(STATE, plugins={}, quarantined={"old": OLD}))
    assert (in_words(found.unknown), found.foreign) == (["table quarantine_old.a"], ())


def test_what_depends_on_a_plugin_is_told_by_whose_it_is(box: Connection) -> None:
    make(box, "CREATE TABLE box.a (id int); CREATE VIEW b AS SELECT id FROM box.a")
    make(box, "CREATE VIEW c AS SELECT id FROM box.a; CREATE VIEW rack.d AS SELECT id FROM box.a")
    record_all(box, "shelf", "view public.c")
    found = read_dependents(box, [find(box, "table box.a")[0].key])
    assert {
        owner: [*map(str, items)] for owner, items in sort_dependents(own(box), found).items()
    } == {
        "host": ["view public.b"],
        "shelf": ["view public.c"],
        "": ["view rack.d"],
    }


PARTS = ("index box.i", "trigger t on box.a", "policy p on box.a", "table public.b")
"""What hangs on a table and on a partitioned one."""


@pytest.fixture
def parted(box: Connection) -> Connection:
    """A connection on which two tables of `box` have parts, and a column, of `rack`."""
    make(
        box,
        "CREATE TABLE box.a (id int PRIMARY KEY, n int); CREATE INDEX i ON box.a (n)",
        "CREATE TRIGGER t BEFORE UPDATE ON box.a"
        " FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
        "CREATE POLICY p ON box.a; CREATE TABLE box.c (id int) PARTITION BY LIST (id)",
        "CREATE TABLE b PARTITION OF box.c DEFAULT",
    )
    record_all(box, "rack", *PARTS)
    record(box, find(box, "table box.a")[0], "rack", column=2)
    record_all(box, "box", "table box.a", "table box.c", "index box.a_pkey")
    return box


def find_parts(connection: Connection, *going: str) -> list[str]:
    """Return what of others would go along with tables of `box`, in words."""
    keys = [item.key for item in find(connection, "table box.a", "table box.c")]
    found = find_foreign_parts(connection, own(connection), keys, going)
    assert [*sort_dependents(own(connection), found)] == (["rack"] if found else [])
    return sorted(str(item) for item in found)


def test_what_others_have_made_of_tables_would_go_along_with_them(parted: Connection) -> None:
    assert find_parts(parted, "box") == sorted((*PARTS, "column n of table box.a"))


def test_what_is_of_plugins_that_go_is_no_part_of_others(parted: Connection) -> None:
    assert find_parts(parted, "box", "rack") == []
