"""Whose an object is, and what a plugin has."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import cast

import pytest
from sqlalchemy import Connection

from alembic_plugins import Prefix, Schema
from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.catalog.queries import Column
from alembic_plugins.catalog.transaction_rows import Key, Place
from alembic_plugins.namespaces import ownership
from alembic_plugins.namespaces.ownership import (
    Owner,
    Ownership,
    PluginObjects,
    find_around,
    find_foreign_parts,
    read_plugin_objects,
    sort_dependents,
)
from alembic_plugins.namespaces.recorded import RecordedObject
from alembic_plugins.registry.state import InstalledPlugin

from ..builders import (
    CRM,
    NOTES,
    SHOP,
    make_dependent,
    make_installed,
    make_object,
    make_ownership,
    make_part,
    make_recorded,
    make_schema,
    rename,
)

NOBODY = cast("Connection", None)
"""Where nothing is asked but what the fixture tells."""

CRM_ASIDE = replace(CRM, quarantine="quarantine_crm")
NOTES_ASIDE = replace(NOTES, quarantine="quarantine_notes")

CONTACTS = make_object("crm.contacts")
INDEX = make_part("crm.ix", "index", CONTACTS)
USERS = make_object("app.users")
VIEW = make_object("app.notes_sums", "view")


def find_owner(item: DatabaseObject, *makers: tuple[DatabaseObject, str]) -> Owner:
    """Return whose an object is, where it is recorded who has made some."""
    rows = [make_recorded(made, plugin) for made, plugin in makers]
    return make_ownership(recorded=rows).find_owner(item)


@pytest.mark.parametrize("name", ["crm.contacts", "app.notes_notes", "other.x", "app.users"])
def test_recorded_object_is_its_makers_wherever_it_is(name: str) -> None:
    item = make_object(name)
    assert find_owner(item, (item, "shop")) == Owner("shop")


@pytest.mark.parametrize("name", ["crm.people", "app.notes_people", "other.contacts"])
def test_recorded_object_is_its_makers_whatever_it_is_called(name: str) -> None:
    assert find_owner(rename(CONTACTS, name), (CONTACTS, "crm")) == Owner("crm")


def test_other_object_of_the_same_name_is_not_the_makers() -> None:
    other = replace(USERS, objid=1, chain=((USERS.classid, 1),))
    assert find_owner(other, (USERS, "crm")) == Owner("host")


def test_object_of_another_catalog_with_the_same_number_is_not_the_makers() -> None:
    other = replace(make_object("app.f", "function"), objid=USERS.objid)
    assert find_owner(replace(other, chain=(other.key,)), (USERS, "crm")) == Owner("host")


def test_object_that_brings_its_maker_along_is_the_makers() -> None:
    assert find_owner(replace(CONTACTS, maker="notes")) == Owner("notes")


def test_object_that_the_host_has_made_in_a_plugins_schema_is_the_hosts() -> None:
    assert find_owner(CONTACTS, (CONTACTS, "host")) == Owner("host")


def test_what_hangs_on_something_is_that_owners() -> None:
    assert find_owner(INDEX, (CONTACTS, "notes")) == Owner("notes")


def test_what_hangs_on_what_hangs_on_something_is_that_owners() -> None:
    type_ = make_part("crm.contacts", "type", INDEX)
    assert find_owner(type_, (CONTACTS, "notes")) == Owner("notes")


def test_part_that_another_has_made_is_that_ones() -> None:
    assert find_owner(INDEX, (INDEX, "shop"), (CONTACTS, "crm")) == Owner("shop")


def test_object_that_is_only_permitted_is_not_the_plugins() -> None:
    rows = [make_recorded(USERS, "crm", made=False)]
    assert make_ownership(recorded=rows).find_owner(USERS) == Owner("host")


def test_added_column_does_not_make_the_table_the_plugins() -> None:
    rows = [make_recorded(USERS, "crm", column=3)]
    assert make_ownership(recorded=rows).find_owner(USERS) == Owner("host")


@pytest.mark.parametrize(
    "item", [CONTACTS, INDEX, make_object("crm.f", "function"), make_schema("crm")]
)
def test_unrecorded_object_in_a_plugins_own_schema_is_nobodys_for_sure(
    item: DatabaseObject,
) -> None:
    assert find_owner(item) == Owner("crm", is_known=False)


@pytest.mark.parametrize(
    "item",
    [
        USERS,
        VIEW,
        make_object("other.contacts"),
        make_object("pg_trgm", "extension"),
        make_schema("quarantine_crm"),
    ],
)
def test_unrecorded_object_elsewhere_is_the_hosts(item: DatabaseObject) -> None:
    assert find_owner(item) == Owner("host")


@pytest.mark.parametrize("plugin", [CRM_ASIDE, NOTES_ASIDE])
def test_schema_in_which_a_plugin_is_set_aside_is_its_own(plugin: InstalledPlugin) -> None:
    item = make_object(f"quarantine_{plugin.name}.x")
    found = Ownership([plugin], "app").find_owner(item)
    assert found == Owner(plugin.name, is_known=False)


def test_schema_of_a_plugin_that_is_set_aside_is_not_its_own_meanwhile() -> None:
    assert Ownership([CRM_ASIDE], "app").find_owner(CONTACTS) == Owner("host")


@pytest.mark.parametrize(
    ("plugin", "schema"),
    [
        (CRM, "crm"),
        (NOTES, None),
        (SHOP, None),
        (CRM_ASIDE, "quarantine_crm"),
        (NOTES_ASIDE, "quarantine_notes"),
    ],
)
def test_schema_is_a_plugins_own_if_nobody_shares_it(
    plugin: InstalledPlugin, schema: str | None
) -> None:
    assert Ownership([plugin], "app").find_schema(plugin.name) == schema


@pytest.mark.parametrize(("schema", "name"), [("crm", "crm"), ("app", None), (None, None)])
def test_owner_of_a_schema_is_the_plugin_whose_own_it_is(
    schema: str | None, name: str | None
) -> None:
    assert make_ownership().find_schema_owner(schema) == name


def test_what_a_plugin_has_made_is_what_is_recorded_as_made_by_it() -> None:
    made = make_recorded(CONTACTS, "crm")
    rows = [made, make_recorded(USERS, "crm", made=False), make_recorded(VIEW, "notes")]
    assert make_ownership(recorded=rows).find_made("crm") == {made.place: made}


class Catalog:
    """What the catalog of an imagined database has."""

    def __init__(self, *items: DatabaseObject) -> None:
        self.items = {item.key: item for item in items}
        self.columns: dict[Place, str] = {}

    def read_objects(
        self, _connection: Connection, keys: Collection[Key]
    ) -> Mapping[Key, DatabaseObject]:
        """Return those of some objects that are there."""
        return {key: self.items[key] for key in keys if key in self.items}

    def find_standing(self, _connection: Connection, schema: str) -> list[Key]:
        """Return what stands in a schema for itself."""
        return [k for k, i in self.items.items() if i.own_schema == schema and not i.is_part]

    def find_prefixed(self, connection: Connection, namespace: Prefix, schema: str) -> list[Key]:
        """Return what stands in a schema and has one of the names of a namespace."""
        standing = self.find_standing(connection, schema)
        return [key for key in standing if namespace.covers(str(self.items[key].own_name))]

    def read_column_names(
        self, _connection: Connection, places: Collection[Place]
    ) -> dict[Place, str]:
        """Return the names of columns that are there."""
        return {place: self.columns[place] for place in places if place in self.columns}


@pytest.fixture
def catalog(monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """A catalog with `CONTACTS`, `INDEX`, `USERS`, `VIEW` and a third column of `USERS`."""
    catalog = Catalog(CONTACTS, INDEX, USERS, VIEW)
    catalog.columns[(*USERS.key, 3)] = "tag"
    for name in ("read_objects", "find_standing", "find_prefixed", "read_column_names"):
        monkeypatch.setattr(ownership, name, getattr(catalog, name))
    return catalog


def hold(name: str, *recorded: RecordedObject) -> PluginObjects:
    """Return what a plugin has, where it is recorded who has made some objects."""
    return read_plugin_objects(NOBODY, make_ownership(recorded=recorded), name)


@pytest.mark.usefixtures("catalog")
def test_plugin_has_what_its_revisions_have_made_wherever_it_is() -> None:
    owned = hold("crm", make_recorded(USERS, "crm"), make_recorded(CONTACTS, "crm"))
    assert owned == PluginObjects(objects=(USERS, CONTACTS))


def test_plugin_has_nothing_that_is_gone(catalog: Catalog) -> None:
    del catalog.items[CONTACTS.key]
    assert hold("crm", make_recorded(CONTACTS, "crm")) == PluginObjects()


@pytest.mark.usefixtures("catalog")
def test_plugin_has_the_columns_that_it_has_added() -> None:
    owned = hold("notes", make_recorded(USERS, "notes", column=3))
    assert owned.columns == (Column(USERS, "tag", 3),)
    assert owned.objects == ()


@pytest.mark.usefixtures("catalog")
def test_column_that_is_gone_is_nobodys() -> None:
    assert hold("notes", make_recorded(USERS, "notes", column=4)).columns == ()


@pytest.mark.usefixtures("catalog")
def test_what_no_revision_has_made_in_a_plugins_schema_is_unknown() -> None:
    assert hold("crm") == PluginObjects(unknown=(CONTACTS,))


def test_what_goes_while_it_is_looked_at_is_left_out(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "find_standing", lambda *_args: [(1259, 1), CONTACTS.key])
    assert catalog.items.keys().isdisjoint([(1259, 1)])
    assert hold("crm").unknown == (CONTACTS,)


@pytest.mark.usefixtures("catalog")
def test_what_another_has_made_in_a_plugins_schema_is_foreign() -> None:
    assert hold("crm", make_recorded(CONTACTS, "notes")) == PluginObjects(foreign=(CONTACTS,))


@pytest.mark.usefixtures("catalog")
def test_what_goes_by_a_plugins_prefix_and_is_not_its_own_is_foreign() -> None:
    assert hold("notes") == PluginObjects(foreign=(VIEW,))


@pytest.mark.usefixtures("catalog")
def test_plugin_that_shares_a_schema_has_nothing_beside_what_it_has_made() -> None:
    assert hold("shop", make_recorded(VIEW, "shop")) == PluginObjects(objects=(VIEW,))


def test_plugin_that_is_set_aside_has_what_is_in_its_quarantine(catalog: Catalog) -> None:
    item = rename(VIEW, "quarantine_notes.notes_sums")
    catalog.items[item.key] = item
    owned = read_plugin_objects(NOBODY, Ownership([NOTES_ASIDE], "app"), "notes")
    assert owned == PluginObjects(unknown=(item,))


@pytest.mark.usefixtures("catalog")
def test_made_is_objects_and_columns() -> None:
    rows = (make_recorded(CONTACTS, "crm"), make_recorded(USERS, "crm", column=3))
    assert hold("crm", *rows).made == (CONTACTS, Column(USERS, "tag", 3))


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("name", "around"),
    [("crm", [CONTACTS]), ("notes", [VIEW]), ("shop", []), ("unknown", [])],
)
def test_around_a_plugin_is_its_own_schema_or_its_prefix(
    name: str, around: list[DatabaseObject]
) -> None:
    assert find_around(NOBODY, make_ownership(), name) == [item.key for item in around]


@pytest.mark.parametrize(
    ("item", "owner"),
    [
        (replace(USERS, maker="notes"), "notes"),
        (replace(CONTACTS, maker="crm"), "crm"),
        (CONTACTS, ""),
        (USERS, "host"),
    ],
)
def test_dependent_is_told_by_the_branch_that_it_is_of(item: DatabaseObject, owner: str) -> None:
    dependent = make_dependent("something", item)
    assert sort_dependents(make_ownership(), [dependent]) == {owner: (dependent,)}


def test_dependents_of_a_branch_stand_in_their_order() -> None:
    first, second = (make_dependent(words) for words in ("b", "a"))
    other = make_dependent("c", replace(CONTACTS, maker="crm"))
    found = sort_dependents(make_ownership(), (first, other, second))
    assert found == {"host": (first, second), "crm": (other,)}


def test_nothing_depends_where_nothing_was_found() -> None:
    assert sort_dependents(make_ownership(), ()) == {}


def find_parts(*recorded: RecordedObject, going: tuple[str, ...] = ("crm",)) -> list[str]:
    """Return what would go along with `CONTACTS` and `USERS`, in words."""
    known = make_ownership(recorded=recorded)
    found = find_foreign_parts(NOBODY, known, [CONTACTS.key, USERS.key], going)
    return [str(item) for item in found]


@pytest.mark.usefixtures("catalog")
def test_index_that_another_has_made_would_go_along_with_its_table() -> None:
    assert find_parts(make_recorded(INDEX, "notes")) == ["index crm.ix"]


@pytest.mark.usefixtures("catalog")
def test_index_of_a_plugin_that_goes_is_no_foreign_part() -> None:
    assert find_parts(make_recorded(INDEX, "notes"), going=("crm", "notes")) == []


@pytest.mark.usefixtures("catalog")
def test_index_that_another_may_only_change_is_not_its_part() -> None:
    assert find_parts(make_recorded(INDEX, "notes", made=False)) == []


@pytest.mark.usefixtures("catalog")
def test_column_of_a_table_that_stays_would_not_go_along() -> None:
    known = make_ownership(recorded=[make_recorded(USERS, "notes", column=3)])
    assert find_foreign_parts(NOBODY, known, [CONTACTS.key], ["crm"]) == []


@pytest.mark.usefixtures("catalog")
def test_table_itself_is_no_part_of_itself() -> None:
    assert find_parts(make_recorded(CONTACTS, "notes")) == []


@pytest.mark.usefixtures("catalog")
def test_column_that_another_has_added_would_go_along_with_its_table() -> None:
    assert find_parts(make_recorded(USERS, "notes", column=3)) == ["column tag of table app.users"]


@pytest.mark.usefixtures("catalog")
def test_column_is_of_the_plugin_that_has_added_it() -> None:
    known = make_ownership(recorded=[make_recorded(USERS, "notes", column=3)])
    found = find_foreign_parts(NOBODY, known, [USERS.key], ["crm"])
    assert [item.kind for item in found] == ["table column"]
    assert list(sort_dependents(known, found)) == ["notes"]


def test_schema_that_existed_and_is_no_hosts_is_shared_too() -> None:
    plugin = make_installed("lent", namespace=Schema("lent", create=False))
    assert Ownership([plugin], "app").find_owner(make_object("lent.x")) == Owner("host")
