"""The findings on what a transaction has done."""

from collections.abc import Collection
from dataclasses import replace
from typing import Any

import pytest

from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.catalog.transaction_rows import Key
from alembic_plugins.guard.changes import Change, Footprint
from alembic_plugins.guard.rules import Checker, Findings, Violation

from ..builders import (
    altered,
    created,
    dropped,
    make_change,
    make_object,
    make_part,
    make_permissions,
    make_schema,
    read,
    referred,
    renamed,
    wrote,
)

USERS = make_object("app.users")
USERS_INDEX = make_part("app.users_ix", "index", USERS)
CONTACTS = make_object("crm.contacts", maker="crm", is_made=True)
INDEX = make_part("crm.ix", "index", CONTACTS, maker="crm")
NOTE = make_object("app.notes_notes", maker="notes", is_made=True)
MOOD = make_object("crm.mood", "type", maker="crm", is_made=True)

HOSTS = "which belongs to the host"
CRMS = "which belongs to plugin 'crm'"
NOTES_ = "which belongs to plugin 'notes'"
PREFIX = "which has the prefix of plugin 'notes'"


def make_checker(
    *changes: Change,
    branch: str = "crm",
    explained: Collection[Key] = (),
    **values: Any,  # noqa: ANN401 - any field of the permissions
) -> Checker:
    """Return the checker of what a branch has done."""
    new = frozenset(change.key for change in changes if change.before is None)
    permissions = make_permissions(branch, new=new, **values)
    return Checker(Footprint(changes), permissions, explained)


def check(*changes: Change, branch: str = "crm", **values: Any) -> Findings:  # noqa: ANN401
    """Return the findings on what a branch has done."""
    return make_checker(*changes, branch=branch, **values).check()


def find_violations(*changes: Change, branch: str = "crm", **values: Any) -> list[str]:  # noqa: ANN401
    """Return the violations of a branch, in words."""
    return [str(violation) for violation in check(*changes, branch=branch, **values).violations]


@pytest.mark.parametrize(
    ("owner", "words"),
    [
        ("crm", "drops table app.users, which belongs to plugin 'crm'"),
        ("host", "drops table app.users, which belongs to the host"),
        (None, "drops table app.users"),
    ],
)
def test_violation_is_told_with_whose_it_is(owner: str | None, words: str) -> None:
    assert str(Violation("drops", USERS, str(USERS), owner)) == words


@pytest.mark.parametrize(
    "change",
    [
        created(make_object("crm.people")),
        created(make_object("crm.f", "function")),
        created(make_schema("crm")),
        created(INDEX),
        dropped(CONTACTS),
        altered(CONTACTS),
        wrote(CONTACTS),
        read(CONTACTS),
        renamed(CONTACTS, "crm.people"),
        read(USERS),
        referred(USERS),
        make_change(USERS, USERS, "AccessShareLock", "RowShareLock"),
    ],
    ids=lambda change: f"{change.item}, {', '.join(sorted(change.modes))}",
)
def test_what_a_plugin_may_do_is_no_violation(change: Change) -> None:
    assert check(change) == Findings()


@pytest.mark.parametrize(
    ("item", "whose"),
    [
        (make_object("app.people"), f", {HOSTS}"),
        (make_object("other.people"), f", {HOSTS}"),
        (make_object("app.f", "function"), f", {HOSTS}"),
        (make_object("feed", "event trigger"), ""),
        (make_schema("sales"), ""),
        (make_schema("app"), f", {HOSTS}"),
    ],
)
def test_object_made_outside_of_the_namespace_is_an_violation(
    item: DatabaseObject, whose: str
) -> None:
    assert find_violations(created(item)) == [f"creates {item}{whose}"]


@pytest.mark.parametrize("branch", ["crm", "shop"])
def test_object_made_under_another_plugins_prefix_is_an_violation(branch: str) -> None:
    item = make_object("app.notes_people")
    words = f"creates table app.notes_people, {PREFIX}"
    assert find_violations(created(item), branch=branch) == [words]


def test_object_made_in_another_plugins_schema_is_an_violation() -> None:
    item = make_object("crm.notes_people")
    words = f"creates table crm.notes_people, {CRMS}"
    assert find_violations(created(item), branch="notes") == [words]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dropped(USERS), f"drops table app.users, {HOSTS}"),
        (altered(USERS), f"alters table app.users, {HOSTS}"),
        (wrote(USERS), f"writes to table app.users, {HOSTS}"),
        (renamed(USERS, "app.people"), f"renames table app.users, {HOSTS}"),
        (renamed(USERS, "other.users"), f"moves table app.users, {HOSTS}"),
        (renamed(NOTE, "crm.users"), f"moves table app.notes_notes, {NOTES_}"),
        (dropped(NOTE), f"drops table app.notes_notes, {NOTES_}"),
        (wrote(NOTE), f"writes to table app.notes_notes, {NOTES_}"),
        (
            make_change(USERS, USERS, is_regranted=True),
            f"changes the privileges on table app.users, {HOSTS}",
        ),
        (
            make_change(USERS, USERS, "ShareUpdateExclusiveLock"),
            f"comments on, or analyzes, table app.users, {HOSTS}",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_change_of_what_is_not_the_plugins_is_an_violation(change: Change, words: str) -> None:
    assert find_violations(change) == [words]


@pytest.mark.parametrize(
    ("change", "verb"),
    [
        ({"is_written": True}, "alters"),
        ({"is_written": True, "modes": frozenset(["ShareUpdateExclusiveLock"])}, "comments on"),
        ({"modes": frozenset(["AccessExclusiveLock"])}, "alters"),
        ({"modes": frozenset(["ShareUpdateExclusiveLock"])}, "comments on"),
    ],
)
def test_change_of_what_is_no_relation_is_an_violation(change: dict[str, Any], verb: str) -> None:
    item = make_object("app.f(integer)", "function")
    words = f"{verb} function app.f(integer), {HOSTS}"
    assert find_violations(replace(make_change(item, item), **change)) == [words]


def test_renamed_schema_was_not_moved() -> None:
    before, after = make_schema("sales"), make_schema("trade")
    change = make_change(before, replace(after, objid=before.objid), is_written=True)
    assert find_violations(change) == ["renames schema sales"]


def test_function_with_other_arguments_was_renamed() -> None:
    before = make_object("app.f(integer)", "function")
    change = make_change(before, replace(before, identity="app.f(text)"), is_written=True)
    assert find_violations(change) == [f"renames function app.f(integer), {HOSTS}"]


def test_look_at_a_function_is_no_violation() -> None:
    item = make_object("app.f", "function")
    assert check(make_change(item, item, "AccessShareLock")) == Findings()


def test_lock_on_an_index_alone_is_no_violation() -> None:
    assert check(make_change(USERS_INDEX, USERS_INDEX, "RowExclusiveLock")) == Findings()


def test_object_that_was_made_elsewhere_before_is_still_the_plugins_own() -> None:
    item = make_object("app.old", maker="crm", is_made=True)
    assert check(altered(item), wrote(item), dropped(item)) == Findings()


@pytest.mark.parametrize("kind", ["cast", "operator"])
def test_what_is_made_of_an_own_type_is_no_violation(kind: str) -> None:
    item = make_object("(crm.mood AS text)", kind, made_of=(MOOD.key,))
    assert check(created(item), parts={MOOD.key: MOOD}) == Findings()


def test_cast_of_what_is_not_the_plugins_is_an_violation() -> None:
    item = make_object("(bigint AS text)", "cast")
    assert find_violations(created(item)) == ["creates cast (bigint AS text)"]


def test_publication_is_no_violation() -> None:
    assert check(created(make_object("feed", "publication"))) == Findings()


def test_publication_of_all_tables_is_an_violation() -> None:
    item = make_object("feed", "publication", is_everywhere=True)
    assert find_violations(created(item)) == ["creates publication feed"]


@pytest.mark.parametrize(
    ("branch", "item", "name", "whose"),
    [
        ("notes", NOTE, "app.memos", HOSTS),
        ("notes", NOTE, "crm.notes_notes", CRMS),
        ("crm", CONTACTS, "app.contacts", HOSTS),
    ],
)
def test_own_table_that_is_renamed_out_of_the_namespace_is_an_violation(
    branch: str, item: DatabaseObject, name: str, whose: str
) -> None:
    words = f"moves {item} to {name}, {whose}"
    assert find_violations(renamed(item, name), branch=branch) == [words]


def test_table_of_the_host_that_is_moved_into_the_namespace_is_an_violation() -> None:
    words = f"moves {USERS}, which belongs to the host"
    assert find_violations(renamed(USERS, "crm.users"), branch="crm") == [words]


def test_own_table_that_gets_the_prefix_of_another_plugin_has_left() -> None:
    words = f"moves {CONTACTS} to app.notes_contacts, which has the prefix of plugin 'notes'"
    assert find_violations(renamed(CONTACTS, "app.notes_contacts"), branch="crm") == [words]


def test_own_table_that_is_renamed_within_the_prefix_is_no_violation() -> None:
    assert check(renamed(NOTE, "app.notes_memos"), branch="notes") == Findings()


def test_declared_table_may_be_changed() -> None:
    changes = (altered(USERS), wrote(USERS), created(USERS_INDEX))
    assert check(*changes, writes={"users"}) == Findings()


@pytest.mark.parametrize("name", ["app.users2", "other.users"])
def test_table_that_only_resembles_the_declared_one_may_not_be_changed(name: str) -> None:
    item = make_object(name)
    assert find_violations(wrote(item), writes={"users"}) == [f"writes to table {name}, {HOSTS}"]


def test_permission_follows_a_table_that_was_renamed() -> None:
    item = make_object("app.people", permitted=("crm",))
    assert check(altered(item), wrote(item)) == Findings()


def test_table_of_the_hosts_may_not_be_dropped_with_a_permission() -> None:
    words = [f"drops table app.users, {HOSTS}"]
    assert find_violations(dropped(USERS), writes={"users"}) == words


def test_table_of_the_hosts_may_be_dropped_where_the_host_allows_it() -> None:
    assert check(dropped(USERS), allowed={"users"}) == Findings()


def test_permission_does_not_go_to_another_table_of_that_name() -> None:
    people = make_object("app.people", permitted=("crm",))
    assert find_violations(altered(people), wrote(USERS)) == [f"writes to table app.users, {HOSTS}"]


def test_column_that_another_plugin_has_added_is_not_to_be_dropped_with_a_permission() -> None:
    change = altered(USERS, old_columns={3: "tag", 4: "age"})
    columns = {(*USERS.key, 3): "notes", (*USERS.key, 4): "crm"}
    words = f"drops column tag of table app.users, {NOTES_}"
    assert find_violations(change, writes={"users"}, columns=columns) == [words]


def test_column_of_the_hosts_may_be_dropped_with_a_permission() -> None:
    change = altered(USERS, old_columns={3: "tag"})
    assert check(change, writes={"users"}) == Findings()


@pytest.mark.parametrize(("maker", "count"), [("notes", 1), ("host", 0), ("crm", 0), (None, 0)])
def test_index_that_another_plugin_has_made_is_not_to_be_dropped_with_a_permission(
    maker: str | None, count: int
) -> None:
    index = replace(USERS_INDEX, maker=maker, is_made=maker is not None)
    assert len(find_violations(dropped(index), writes={"users"})) == count


def test_index_of_another_plugins_declared_table_may_be_dropped_with_the_permission() -> None:
    index = make_part("app.notes_ix", "index", NOTE, maker="notes")
    assert check(dropped(index), writes={"notes_notes"}) == Findings()


def test_declared_table_of_another_plugin_is_not_to_be_dropped() -> None:
    words = [f"drops table app.notes_notes, {NOTES_}"]
    assert find_violations(dropped(NOTE), writes={"notes_notes"}) == words


def remake(item: DatabaseObject) -> tuple[Change, Change]:
    """Return what a transaction has done that has dropped and made something by the same name."""
    again = replace(item, objid=1, chain=((item.classid, 1), *item.chain[1:]), maker=None)
    return dropped(item), created(again)


REMADE = (
    USERS_INDEX,
    make_part("fk on app.users", "table constraint", USERS),
    make_part("app.users_st", "statistics object", USERS),
)


@pytest.mark.parametrize("item", REMADE, ids=str)
def test_what_a_type_change_has_made_again_is_no_change(item: DatabaseObject) -> None:
    checker = make_checker(*remake(item))
    assert (checker.changes, checker.check()) == ((), Findings())


@pytest.mark.parametrize("item", REMADE, ids=str)
def test_what_a_type_change_has_made_again_is_known_by_both_places(item: DatabaseObject) -> None:
    assert make_checker(*remake(item)).remade == {item.key: (item.classid, 1)}


def test_index_of_another_name_was_not_made_again() -> None:
    drop, _ = remake(USERS_INDEX)
    create = created(make_part("app.other", "index", USERS))
    assert make_checker(drop, create).remade == {}


@pytest.mark.parametrize("item", [USERS, make_object("app.v", "view")])
def test_table_that_is_dropped_and_made_again_is_another_one(item: DatabaseObject) -> None:
    assert make_checker(*remake(item)).remade == {}


def test_shared_catalog_is_an_violation() -> None:
    findings = Checker(Footprint(shared=("roles",)), make_permissions("crm")).check()
    assert findings.violations == (Violation("changes", None, "roles", None),)


def test_change_of_a_shared_catalog_is_told_once() -> None:
    footprint = Footprint((created(make_object("bob", "role")),), shared=("roles",))
    findings = Checker(footprint, make_permissions("crm")).check()
    assert [str(item) for item in findings.violations] == ["changes roles"]


def test_change_of_a_shared_catalog_hides_nothing_else() -> None:
    item = make_object("app.people")
    footprint = Footprint((created(item),), shared=("roles",))
    findings = Checker(footprint, make_permissions("crm", new={item.key})).check()
    assert len(findings.violations) == 2


def test_comment_on_a_role_is_an_violation() -> None:
    role = make_object("bob", "role")
    assert find_violations(make_change(role, role, "AccessExclusiveLock")) == ["alters role bob"]


def test_direct_write_to_a_system_catalog_is_an_violation() -> None:
    findings = Checker(Footprint(catalogs=("pg_class",)), make_permissions("crm")).check()
    assert [str(item) for item in findings.violations] == ["writes to system catalog pg_class"]


def test_read_of_another_plugins_table_is_told_and_no_violation() -> None:
    assert check(read(NOTE)) == Findings(reads=(Violation("reads", NOTE, str(NOTE), "notes"),))


def test_read_by_an_index_is_one_of_its_table() -> None:
    index = make_part("app.notes_ix", "index", NOTE, maker="notes")
    changes = (read(index), make_change(NOTE, NOTE, "AccessShareLock"))
    assert check(*changes) == Findings(reads=(Violation("reads", NOTE, str(NOTE), "notes"),))


def test_look_at_a_table_without_reading_it_is_not_told() -> None:
    assert check(make_change(NOTE, NOTE, "AccessShareLock")) == Findings()


def test_read_of_a_needed_plugins_table_is_not_told() -> None:
    assert check(read(NOTE), needed={"notes"}) == Findings()


def test_reference_to_another_plugins_object_is_an_violation() -> None:
    assert find_violations(referred(NOTE)) == [f"refers to table app.notes_notes, {NOTES_}"]


def test_reference_to_an_index_is_told_by_its_table() -> None:
    index = make_part("app.notes_ix", "index", NOTE, maker="notes")
    words = [f"refers to table app.notes_notes, {NOTES_}"]
    assert find_violations(referred(index), referred(NOTE)) == words


def test_reference_to_a_needed_plugins_object_is_no_violation() -> None:
    assert check(referred(NOTE), needed={"notes"}) == Findings()


def test_permission_to_change_a_table_is_none_to_refer_to_it() -> None:
    words = [f"refers to table app.notes_notes, {NOTES_}"]
    assert find_violations(referred(NOTE), writes={"notes_notes"}) == words


@pytest.mark.parametrize("change", [wrote(NOTE), read(NOTE)])
def test_what_a_foreign_key_does_is_no_violation(change: Change) -> None:
    assert check(change, explained={NOTE.key}) == Findings()


def test_foreign_key_does_not_explain_another_definition() -> None:
    assert len(find_violations(altered(NOTE), explained={NOTE.key})) == 1


def test_host_that_makes_something_under_a_prefix_is_warned() -> None:
    item = make_object("app.notes_people")
    findings = check(created(item), branch="host")
    assert (findings.violations, [str(told) for told in findings.prefixed]) == (
        (),
        [f"creates table app.notes_people, {PREFIX}"],
    )


def test_host_that_makes_something_in_a_plugins_schema_offends() -> None:
    words = [f"creates table crm.people, {CRMS}"]
    assert find_violations(created(make_object("crm.people")), branch="host") == words


@pytest.mark.parametrize("change", [altered(NOTE), wrote(NOTE), dropped(NOTE)])
def test_host_that_changes_what_a_plugin_has_made_offends(change: Change) -> None:
    assert len(find_violations(change, branch="host")) == 1


def test_host_that_reads_what_a_plugin_has_made_is_told() -> None:
    assert len(check(read(NOTE), branch="host").reads) == 1


def test_violations_are_told_in_order_and_once() -> None:
    items = [make_object(f"app.{name}") for name in ("b", "a", "b")]
    assert find_violations(*map(created, items)) == [
        f"creates table app.a, {HOSTS}",
        f"creates table app.b, {HOSTS}",
    ]


FOREIGN_KEY = make_part("fk on app.users", "table constraint", USERS)
DEFAULT = make_part("for app.users.age", "default value", USERS)
PARTITION = make_part("app.users_1", "table", USERS)
PARTITION_INDEX = make_part("app.users_1_ix", "index", PARTITION)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ((altered(USERS), created(FOREIGN_KEY)), [f"creates {FOREIGN_KEY}, {HOSTS}"]),
        ((altered(USERS), created(USERS_INDEX)), [f"creates {USERS_INDEX}, {HOSTS}"]),
        ((dropped(USERS), dropped(USERS_INDEX)), [f"drops {USERS}, {HOSTS}"]),
        ((altered(USERS), dropped(DEFAULT), created(DEFAULT)), [f"alters {USERS}, {HOSTS}"]),
        ((renamed(USERS, "app.u"), altered(USERS_INDEX)), [f"renames {USERS}, {HOSTS}"]),
        (
            (altered(PARTITION), created(PARTITION_INDEX), altered(USERS)),
            [f"alters {USERS}, {HOSTS}", f"creates {PARTITION_INDEX}, {HOSTS}"],
        ),
        (
            (altered(USERS), created(PARTITION_INDEX)),
            [f"alters {USERS}, {HOSTS}", f"creates {PARTITION_INDEX}, {HOSTS}"],
        ),
        (
            (wrote(USERS), created(USERS_INDEX)),
            [f"creates {USERS_INDEX}, {HOSTS}", f"writes to {USERS}, {HOSTS}"],
        ),
    ],
)
def test_what_was_done_to_a_table_and_its_parts_is_told_once(
    changes: tuple[Change, ...], words: list[str]
) -> None:
    assert find_violations(*changes) == words


TRIGGER = make_part("t on app.notes_notes", "trigger", NOTE, maker="notes")


@pytest.mark.parametrize("change", [read(NOTE), referred(NOTE)])
def test_change_of_a_part_is_told_where_its_table_was_only_looked_at(change: Change) -> None:
    part = make_change(TRIGGER, TRIGGER, is_written=True)
    assert find_violations(change, part) == [f"alters {TRIGGER}, {NOTES_}"]


def test_change_of_a_part_is_not_told_where_its_table_was_changed() -> None:
    part = make_change(TRIGGER, TRIGGER, is_written=True)
    assert find_violations(wrote(NOTE), part) == [f"writes to {NOTE}, {NOTES_}"]


def find_made(*changes: Change, **values: Any) -> list[tuple[str, int]]:  # noqa: ANN401
    """Return what was made, by its identity, with the numbers of the commands."""
    made = make_checker(*changes, **values).find_made()
    return [(identity, command) for _, identity, command in made.values()]


def test_what_was_made_is_known_with_its_command() -> None:
    item = make_object("crm.people")
    assert find_made(created(item, command=4), dropped(CONTACTS)) == [("crm.people", 4)]


def test_part_of_an_own_table_was_not_made_by_itself() -> None:
    assert find_made(created(INDEX)) == []


def test_part_of_a_table_of_the_hosts_was_made() -> None:
    assert find_made(created(USERS_INDEX, command=2)) == [("app.users_ix", 2)]


def test_constraint_of_an_own_domain_was_not_made_by_itself() -> None:
    domain = make_object("crm.price", "type", maker="crm")
    item = make_part("positive on crm.price", "domain constraint", domain, maker="crm")
    assert find_made(created(item)) == []


def test_added_column_was_made() -> None:
    change = altered(USERS, new_columns={3: "tag"})
    assert make_checker(change).find_made() == {(*USERS.key, 3): (USERS, "app.users.tag", 0)}


def test_what_a_type_change_has_made_again_was_not_made() -> None:
    assert find_made(*remake(USERS_INDEX)) == []


def test_declared_relation_that_was_changed_is_permitted_from_now_on() -> None:
    checker = make_checker(altered(USERS), writes={"users"})
    assert checker.find_permitted() == {USERS.key: USERS}


@pytest.mark.parametrize(
    "change",
    [
        altered(CONTACTS),
        altered(replace(USERS, permitted=("crm",))),
        make_change(USERS, USERS, "AccessShareLock"),
        created(USERS),
        altered(USERS_INDEX),
    ],
)
def test_nothing_else_is_permitted_from_now_on(change: Change) -> None:
    assert make_checker(change, writes={"users"}).find_permitted() == {}


def test_relation_is_permitted_by_the_name_that_it_had() -> None:
    change = renamed(USERS, "app.people")
    assert make_checker(change, writes={"users"}).find_permitted() == {USERS.key: USERS}


def test_tables_that_a_branch_has_changed_and_may_change_are_those_it_has_written() -> None:
    changes = (wrote(CONTACTS), wrote(USERS), wrote(NOTE), read(make_object("crm.people")))
    checker = make_checker(*changes, writes={"users"})
    assert set(checker.find_written()) == {CONTACTS.key, USERS.key}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (created(make_object("crm.people")), f"creates table crm.people, {CRMS}"),
        (dropped(CONTACTS), f"drops table crm.contacts, {CRMS}"),
        (wrote(CONTACTS), f"writes to table crm.contacts, {CRMS}"),
        (read(USERS), f"reads table app.users, {HOSTS}"),
        (referred(MOOD), f"refers to type crm.mood, {CRMS}"),
        (
            make_change(CONTACTS, CONTACTS, "AccessExclusiveLock", is_written=True),
            f"alters table crm.contacts, {CRMS}",
        ),
    ],
)
def test_all_that_was_done_can_be_described(change: Change, words: str) -> None:
    [effect] = make_checker(change).describe()
    assert str(effect) == words


@pytest.mark.parametrize("part", [created(INDEX), created(DEFAULT), make_change(MOOD, MOOD)])
def test_what_tells_nothing_by_itself_is_not_described(part: Change) -> None:
    assert make_checker(part).describe() == ()
