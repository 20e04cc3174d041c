"""What the branches of a transaction may do."""

from dataclasses import replace
from typing import Any

import pytest

from alembic_plugins import Schema
from alembic_plugins.catalog.objects import DatabaseObject

from ..builders import (
    CRM,
    NOTES,
    make_change,
    make_installed,
    make_object,
    make_ownership,
    make_part,
    make_permissions,
    make_schema,
    rename,
)

USERS = make_object("app.users")
CONTACTS = make_object("crm.contacts", maker="crm", is_made=True)
NOTE = make_object("app.notes_notes", maker="notes", is_made=True)
MOOD = make_object("crm.mood", "type", maker="crm", is_made=True)


def find_new_owner(item: DatabaseObject, branch: str, *parts: DatabaseObject) -> str:
    """Return whose something is that a branch has just made, of some parts."""
    known = {part.key: part for part in parts}
    return make_permissions(branch, new={item.root}, parts=known).find_owner(item)


@pytest.mark.parametrize(
    ("item", "branch"),
    [
        (make_object("crm.people"), "crm"),
        (make_object("crm.notes_people"), "crm"),
        (make_object("crm.f", "function"), "crm"),
        (make_schema("crm"), "crm"),
        (make_object("app.notes_people"), "notes"),
        (make_object("app.notebook"), "notes"),
        (make_object("app.people"), "shop"),
        (make_object("app.people"), "host"),
        (make_object("other.people"), "host"),
    ],
)
def test_new_object_in_the_branchs_namespace_is_its_own(item: DatabaseObject, branch: str) -> None:
    assert find_new_owner(item, branch) == branch


@pytest.mark.parametrize(
    ("item", "branch", "owner"),
    [
        (make_object("app.people"), "crm", "host"),
        (make_object("other.people"), "crm", "host"),
        (make_object("other.people"), "shop", "host"),
        (make_object("crm.people"), "notes", "crm"),
        (make_object("crm.notes_people"), "notes", "crm"),
        (make_object("crm.people"), "host", "crm"),
        (make_object("app.people"), "notes", "host"),
        (make_object("app.notebooks"), "notes", "host"),
        (make_schema("sales"), "crm", "host"),
        (make_schema("app"), "notes", "host"),
    ],
)
def test_new_object_elsewhere_is_not_the_branchs(
    item: DatabaseObject, branch: str, owner: str
) -> None:
    assert find_new_owner(item, branch) == owner


@pytest.mark.parametrize("branch", ["shop", "crm", "host"])
def test_new_object_under_another_plugins_prefix_is_that_plugins(branch: str) -> None:
    assert find_new_owner(make_object("app.notes_people"), branch) == "notes"


def test_prefix_that_a_branch_shares_with_another_is_the_branchs_own() -> None:
    item = make_object("app.notes_people")
    known = make_ownership(replace(NOTES, name="aaa"), NOTES)
    assert make_permissions("notes", ownership=known, new={item.key}).find_owner(item) == "notes"


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("crm.a", "crm"),
        ("app.notes_a", "notes"),
        ("app.a", "host"),
        ("other.a", "host"),
        ("aside.a", "aside"),
    ],
)
def test_place_of_an_object_is_that_of_its_name_whoever_has_made_it(name: str, place: str) -> None:
    aside = make_installed("aside")
    permissions = make_permissions("crm", ownership=make_ownership(CRM, NOTES, aside))
    assert permissions.find_place(make_object(name, maker="shop")) == place


def test_part_of_a_new_table_is_whose_the_table_is() -> None:
    table = make_object("app.notes_people")
    assert find_new_owner(make_part("app.ix", "index", table), "notes") == "notes"


def test_new_part_of_another_branchs_table_is_that_branchs() -> None:
    index = make_part("crm.ix", "index", CONTACTS, maker="crm")
    assert make_permissions("notes", new={index.key}).find_owner(index) == "crm"


def test_new_object_of_a_transaction_of_several_branches_is_one_of_theirs() -> None:
    item = make_object("app.notes_people")
    assert make_permissions("crm", "notes", new={item.key}).find_owner(item) == "notes"


def test_new_object_that_is_recorded_already_is_its_makers() -> None:
    assert find_new_owner(make_object("crm.people", maker="notes"), "crm") == "notes"


def test_new_object_without_a_name_goes_by_no_prefix() -> None:
    assert find_new_owner(make_object("app.x", "default acl", name=None), "notes") == "host"


@pytest.mark.parametrize("name", ["app.people", "crm.mood", "other.mood"])
def test_object_that_is_not_new_is_its_makers_wherever_it_is(name: str) -> None:
    item = make_object(name, maker="notes")
    assert make_permissions("crm").find_owner(item) == "notes"


def test_object_that_a_branch_has_made_before_in_another_place_is_at_home() -> None:
    assert make_permissions("crm").is_own(make_object("app.users", maker="crm"))


def test_object_that_nobody_has_recorded_under_a_prefix_is_not_at_home() -> None:
    assert not make_permissions("notes").is_own(make_object("app.notes_people"))


def make_cast(*made_of: DatabaseObject, kind: str = "cast") -> DatabaseObject:
    """Return something that has no namespace, and is made of types and functions."""
    return make_object("(mood AS text)", kind, made_of=tuple(part.key for part in made_of))


@pytest.mark.parametrize("kind", ["cast", "operator"])
def test_what_is_made_of_an_own_type_is_the_branchs_own(kind: str) -> None:
    assert find_new_owner(make_cast(MOOD, kind=kind), "crm", MOOD) == "crm"


def test_what_is_made_of_a_new_type_is_the_branchs_own() -> None:
    new = replace(MOOD, maker=None, is_made=False)
    cast = make_cast(new)
    permissions = make_permissions("crm", new={cast.key, new.key}, parts={new.key: new})
    assert permissions.find_owner(cast) == "crm"


def test_what_is_made_of_the_type_of_another_is_not_the_branchs_own() -> None:
    assert find_new_owner(make_cast(MOOD), "notes", MOOD) == "host"


def test_what_is_made_of_types_of_postgresql_is_not_the_branchs_own() -> None:
    assert find_new_owner(make_cast(MOOD), "crm") == "host"


def test_own_object_in_another_plugins_schema_is_made_of_own_parts_and_so_is_ones_own() -> None:
    operator = make_object("app.+(crm.mood,crm.mood)", "operator", made_of=(MOOD.key,))
    assert find_new_owner(operator, "crm", MOOD) == "crm"


def test_publication_is_the_branchs_own() -> None:
    assert find_new_owner(make_object("feed", "publication"), "crm") == "crm"


def test_publication_of_all_tables_is_not_the_branchs_own() -> None:
    item = make_object("feed", "publication", is_everywhere=True)
    assert find_new_owner(item, "crm") == "host"


@pytest.mark.parametrize("kind", ["event trigger", "extension", "server", "language"])
def test_other_object_that_no_schema_has_is_not_the_branchs_own(kind: str) -> None:
    assert find_new_owner(make_object("thing", kind), "crm") == "host"


@pytest.mark.parametrize(
    ("branch", "before", "after"),
    [
        ("notes", "app.notes_a", "app.a"),
        ("notes", "app.notebook", "app.notebooks"),
        ("notes", "app.notes_a", "other.notes_a"),
        ("notes", "app.notes_a", "crm.notes_a"),
        ("crm", "crm.a", "app.a"),
        ("crm", "crm.a", "other.a"),
        ("shop", "app.a", "crm.a"),
        ("host", "app.a", "crm.a"),
        ("host", "app.a", "app.notes_a"),
    ],
)
def test_object_that_is_renamed_out_of_its_namespace_has_left(
    branch: str, before: str, after: str
) -> None:
    item = make_object(before)
    assert make_permissions(branch).has_left(item, rename(item, after))


@pytest.mark.parametrize(
    ("branch", "before", "after"),
    [
        ("notes", "app.notes_a", "app.notes_a"),
        ("notes", "app.notes_a", "app.notes_b"),
        ("notes", "app.notes_a", "app.notebook"),
        ("notes", "app.a", "app.b"),
        ("notes", "app.a", "app.notes_a"),
        ("crm", "crm.a", "crm.b"),
        ("crm", "app.a", "app.b"),
        ("shop", "app.a", "app.b"),
        ("host", "app.a", "app.b"),
        ("host", "app.a", "other.a"),
        ("host", "crm.a", "crm.a"),
    ],
)
def test_object_that_is_renamed_within_its_namespace_or_was_outside_has_not_left(
    branch: str, before: str, after: str
) -> None:
    item = make_object(before)
    assert not make_permissions(branch).has_left(item, rename(item, after))


def test_part_does_not_leave_by_itself() -> None:
    part = make_part("app.notes_ix", "index", NOTE)
    assert not make_permissions("notes").has_left(part, replace(part, schema="app", name="a"))


@pytest.mark.parametrize(
    ("owner", "may"),
    [("host", True), ("crm", True), ("shop", True), ("notes", False), ("unknown", False)],
)
def test_branch_may_refer_to_the_host_itself_and_what_it_needs(owner: str, may: bool) -> None:
    assert make_permissions("crm", needed={"shop"}).may_refer(owner) is may


@pytest.mark.parametrize(
    ("item", "writes"),
    [
        (USERS, "users"),
        (USERS, "app.users"),
        (make_object("other.users"), "other.users"),
        (make_object('app."Users"'), "Users"),
        (make_object('app."Users"'), "app.Users"),
        (make_object('app."Users"'), 'app."Users"'),
        (make_part("app.ix", "index", USERS), "users"),
        (make_part("fk on app.users", "table constraint", USERS), "app.users"),
    ],
)
def test_declared_relation_may_be_changed(item: DatabaseObject, writes: str) -> None:
    assert make_permissions("crm", writes={writes}).may_change_item(item)


@pytest.mark.parametrize(
    ("item", "writes"),
    [
        (make_object("other.users"), "users"),
        (make_object("crm.users"), "app.users"),
        (make_object("app.users_old"), "users"),
        (make_object("app.old_users"), "users"),
        (make_object("app.Users"), "users"),
        (USERS, "other.users"),
        (USERS, "app"),
        (USERS, "app.*"),
        (make_part("other.users", "index", make_object("other.t")), "users"),
    ],
)
def test_relation_of_another_name_or_schema_may_not_be_changed(
    item: DatabaseObject, writes: str
) -> None:
    assert not make_permissions("crm", writes={writes}).may_change_item(item)


def test_nothing_may_be_changed_without_a_declaration() -> None:
    assert not make_permissions("crm").may_change_item(USERS)


@pytest.mark.parametrize("name", ["app.users", "app.people", "other.users"])
def test_permission_follows_identity(name: str) -> None:
    assert make_permissions("crm").may_change_item(make_object(name, permitted=("crm",)))


def test_permission_of_another_plugin_is_not_the_branchs() -> None:
    item = make_object("app.users", permitted=("notes",))
    assert not make_permissions("crm").may_change_item(item)


def test_permission_of_one_branch_is_that_of_its_transaction() -> None:
    item = make_object("app.users", permitted=("notes",))
    assert make_permissions("crm", "notes").may_change_item(item)


@pytest.mark.parametrize(("before", "after"), [("users", "people"), ("people", "users")])
def test_relation_may_be_renamed_from_or_to_a_declared_name(before: str, after: str) -> None:
    item = make_object(f"app.{before}")
    change = make_change(item, rename(item, f"app.{after}"))
    assert make_permissions("crm", writes={"users"}).may_change(change)


@pytest.mark.parametrize("identity", ["citext", '"uuid-ossp"'])
def test_declared_extension_may_be_made(identity: str) -> None:
    permissions = make_permissions("crm", extensions={"citext", "uuid-ossp"})
    assert permissions.may_change_item(make_object(identity, "extension"))


@pytest.mark.parametrize("values", [{"extensions": {"citext"}}, {"writes": {"hstore"}}])
def test_extension_that_is_not_declared_may_not_be_made(values: dict[str, Any]) -> None:
    permissions = make_permissions("crm", **values)
    assert not permissions.may_change_item(make_object("hstore", "extension"))


@pytest.mark.parametrize(
    ("item", "allowed"),
    [
        (USERS, "users"),
        (make_object("app.f(integer)", "function"), "app.f"),
        (make_object("hstore", "extension"), "hstore"),
        (make_object("feed", "event trigger"), "feed"),
        (make_schema("sales"), "sales"),
    ],
)
def test_what_the_host_allows_may_be_changed_by_every_branch(
    item: DatabaseObject, allowed: str
) -> None:
    assert make_permissions("crm", allowed={allowed}).may_change_item(item)


@pytest.mark.parametrize(
    ("item", "may"),
    [
        (CONTACTS, True),
        (USERS, True),
        (make_object("app.people", permitted=("crm",)), True),
        (make_object("app.people"), False),
        (NOTE, False),
    ],
)
def test_branch_may_touch_what_is_its_own_and_what_it_may_change(
    item: DatabaseObject, may: bool
) -> None:
    assert make_permissions("crm", writes={"users"}).may_touch(item) is may


def test_only_what_the_declaration_names_is_written_by_name() -> None:
    permissions = make_permissions("crm", writes={"users"}, allowed={"log"})
    items = (USERS, make_object("app.log"), make_object("app.x", permitted=("crm",)))
    assert [permissions.is_written_by_name(item) for item in items] == [True, False, False]


def test_schema_that_existed_is_covered_with_all_that_is_in_it() -> None:
    lent = make_installed("lent", namespace=Schema("lent", create=False))
    item = make_object("lent.people")
    permissions = make_permissions("lent", ownership=make_ownership(lent), new={item.key})
    assert permissions.find_owner(item) == "lent"
