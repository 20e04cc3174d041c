"""What can be done about a violation."""

import pytest

from alembic_plugins import Plugin, Prefix, Schema
from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.guard.remedies import Violator, find_remedies
from alembic_plugins.guard.rules import Violation
from alembic_plugins.plugin import Namespace

from ..builders import make_object, make_ownership, make_part, make_schema

HERE = "plugin.toml"
"""Where the declaration is."""

CRM, SHARED, NOTES = Schema("crm"), Schema("app", create=False), Prefix("notes_", "notebook")

USERS = make_object("app.users")
OTHER = make_object("other.users")
CONTACTS = make_object("crm.contacts", maker="crm", is_made=True)
INDEX = make_part("crm.ix", "index", CONTACTS)
OPERATOR = make_object("app.+(bigint,text)", "operator")
TRIGGER = make_object("feed", "event trigger")


def offend(verb: str, item: DatabaseObject | None, owner: str | None) -> Violation:
    """Return a violation on an object, or on what is in no schema."""
    return Violation(verb, item, str(item), owner)


def find(
    *violations: Violation,
    name: str = "crm",
    namespace: Namespace | None = CRM,
    declaration: Plugin | None = None,
    is_downgrade: bool = False,
    is_installed: bool = False,
) -> list[str]:
    """Return the ways out of violations of a plugin."""
    violator = Violator(name, namespace, lambda _key: HERE, declaration, is_downgrade, is_installed)
    return list(find_remedies(violations, violator, make_ownership()))


def test_values_of_one_option_are_told_together() -> None:
    found = find(offend("alters", USERS, "host"), offend("alters", OTHER, "host"))
    assert found == ['declare writes = ["users", "other.users"] in plugin.toml']


def test_what_is_in_no_schema_is_to_be_done_outside_of_migrations() -> None:
    assert find(offend("changes", None, None)) == ["do that outside of migrations"]


@pytest.mark.parametrize(
    ("item", "writes"),
    [(USERS, "users"), (OTHER, "other.users"), (make_part("app.ix", "index", USERS), "users")],
)
@pytest.mark.parametrize("verb", ["alters", "writes to", "changes the privileges on"])
def test_change_of_a_table_of_the_hosts_can_be_declared(
    item: DatabaseObject, writes: str, verb: str
) -> None:
    remedy = f'declare writes = ["{writes}"] in plugin.toml'
    assert find(offend(verb, item, "host")) == [remedy]


def test_what_is_declared_already_stays_declared() -> None:
    declaration = Plugin("crm", writes=["cases", "other.users"], requires=["tags>=1.2"])
    found = find(
        offend("alters", USERS, "host"),
        offend("reads", CONTACTS, "notes"),
        offend("writes to", make_object("app.more"), "host"),
        declaration=declaration,
    )
    assert found == [
        'declare writes = ["cases", "other.users", "users", "more"] in plugin.toml',
        'declare requires = ["tags>=1.2", "notes"] in plugin.toml',
    ]


def test_drop_of_a_table_of_the_hosts_is_the_hosts_to_allow() -> None:
    remedy = "set plugin_guard_allow = app.users in the host's configuration"
    assert find(offend("drops", USERS, "host")) == [remedy]


def test_downgrade_is_not_let_drop_tables_of_the_hosts() -> None:
    assert find(offend("drops", USERS, "host"), is_downgrade=True) == []


def test_change_of_another_plugins_table_can_be_declared() -> None:
    remedy = 'declare writes = ["crm.contacts"] in plugin.toml'
    violation = offend("writes to", CONTACTS, "crm")
    assert find(violation, name="notes", namespace=NOTES) == [remedy]


def test_table_of_the_hosts_that_was_renamed_can_be_declared() -> None:
    violation = Violation("renames", make_object("app.people"), "table app.users", "host")
    assert find(violation) == ['declare writes = ["people"] in plugin.toml']


@pytest.mark.parametrize(
    "violation",
    [
        offend("drops", make_part("crm.ix", "index", CONTACTS, is_made=True), "crm"),
        Violation("drops", USERS, "column tag of table app.users", "crm"),
        Violation("renames", make_object("crm.people"), "table crm.contacts", "crm"),
    ],
)
def test_what_another_plugin_has_made_in_a_table_is_to_be_left_to_it(violation: Violation) -> None:
    assert find(violation, name="notes", namespace=NOTES) == ["leave that to plugin 'crm'"]


def test_extension_can_be_declared() -> None:
    violation = offend("creates", make_object("citext", "extension"), None)
    assert find(violation) == ['declare extensions = ["citext"] in plugin.toml']


@pytest.mark.parametrize("verb", ["reads", "refers to"])
def test_what_is_only_looked_at_can_be_required(verb: str) -> None:
    violation = offend(verb, make_object("app.notes_a"), "notes")
    assert find(violation) == ['declare requires = ["notes"] in plugin.toml']


@pytest.mark.parametrize(
    ("item", "allow"),
    [
        (TRIGGER, "feed"),
        (make_schema("sales"), "sales"),
        (make_object("app.f(bigint)", "function"), "app.f"),
        (OPERATOR, "app.+"),
    ],
)
def test_change_of_what_is_no_relation_can_be_allowed_by_the_host(
    item: DatabaseObject, allow: str
) -> None:
    remedy = f"set plugin_guard_allow = {allow} in the host's configuration"
    assert find(offend("alters", item, "host")) == [remedy]


@pytest.mark.parametrize("item", [TRIGGER, make_schema("sales")])
def test_what_no_schema_has_can_be_allowed_to_be_made(item: DatabaseObject) -> None:
    (remedy,) = find(offend("creates", item, None))
    assert remedy.startswith("set plugin_guard_allow = ")


@pytest.mark.parametrize(
    "violation",
    [
        offend("creates", OTHER, "host"),
        Violation("moves", OTHER, "table crm.users", "host", destination="other.users"),
    ],
)
def test_object_is_to_be_in_the_schema_or_to_share_the_other_one(violation: Violation) -> None:
    assert find(violation) == [
        "make it in schema 'crm', or declare namespace = \"schema other existing\" in plugin.toml"
    ]


@pytest.mark.parametrize(
    ("namespace", "owner"), [(CRM, "notes"), (SHARED, "notes"), (SHARED, "host")]
)
def test_object_is_to_have_a_name_that_is_no_other_plugins(namespace: Schema, owner: str) -> None:
    violation = offend("creates", make_object("app.notes_a"), owner)
    remedy = f"make it in schema '{namespace.name}', with a name that is no other plugin's"
    assert find(violation, namespace=namespace) == [remedy]


def test_prefix_can_be_widened() -> None:
    remedy = 'declare namespace = "prefix notes_ notebook users" in plugin.toml'
    violation = offend("creates", USERS, "host")
    assert find(violation, name="notes", namespace=NOTES) == [remedy]


@pytest.mark.parametrize(
    "violation",
    [
        offend("creates", make_object('app."Users"'), "host"),
        offend("creates", make_object("app.alembic_version"), "host"),
        offend("creates", make_object("app.pg_users"), "host"),
    ],
)
def test_name_that_no_prefix_may_have_is_to_begin_with_it(violation: Violation) -> None:
    found = find(violation, name="notes", namespace=NOTES)
    shared = 'declare namespace = "schema app existing" in plugin.toml'
    assert found == [f"give it a name that begins with 'notes_', or {shared}"]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("other.users", "make it in schema 'app', and give it a name that begins with 'notes_'"),
        ("crm.people", "make it in schema 'app', and give it a name that begins with 'notes_'"),
        ("other.notes_a", "make it in schema 'app'"),
    ],
)
def test_object_of_a_plugin_with_a_prefix_is_to_be_in_the_hosts_schema(
    name: str, remedy: str
) -> None:
    violation = offend("creates", make_object(name), "host")
    assert find(violation, name="notes", namespace=NOTES) == [remedy]


def test_what_is_declared_and_not_enough_is_told_once() -> None:
    declaration = Plugin("crm", requires=["notes"])
    found = find(offend("reads", CONTACTS, "notes"), declaration=declaration)
    assert found == ['declare requires = ["notes"] in plugin.toml']


@pytest.mark.parametrize(
    ("namespace", "remedy"),
    [
        (CRM, "make it in schema 'crm', or set plugin_guard_allow = app.users in the host's"),
        (NOTES, "set plugin_guard_allow = app.users in the host's"),
    ],
)
def test_plugin_that_is_installed_does_not_change_its_namespace(
    namespace: Namespace, remedy: str
) -> None:
    violation = offend("creates", USERS, "host")
    found = find(violation, namespace=namespace, is_installed=True)
    assert found == [f"{remedy} configuration"]


def test_schema_that_a_plugin_with_a_prefix_makes_can_be_its_namespace() -> None:
    violations = (
        offend("creates", make_schema("sales"), None),
        offend("creates", make_object("sales.orders"), "host"),
    )
    found = find(*violations, name="notes", namespace=NOTES)
    assert found == ['declare namespace = "schema sales existing" in plugin.toml']


@pytest.mark.parametrize("namespace", [CRM, SHARED, NOTES])
def test_part_of_another_table_needs_that_table_to_be_declared(namespace: Namespace) -> None:
    violation = offend("creates", make_part("app.ix", "index", USERS), "host")
    assert find(violation, namespace=namespace) == ['declare writes = ["users"] in plugin.toml']


@pytest.mark.parametrize("verb", ["creates", "alters", "writes to", "drops"])
def test_host_can_allow_itself_what_is_a_plugins(verb: str) -> None:
    remedy = "set plugin_guard_allow = crm.contacts in the host's configuration"
    assert find(offend(verb, CONTACTS, "crm"), name="host", namespace=None) == [remedy]


@pytest.mark.parametrize("verb", ["reads", "refers to"])
def test_host_can_depend_on_the_plugin_that_it_looks_at(verb: str) -> None:
    remedy = "let it depend on a revision of plugin 'crm' by depends_on"
    assert find(offend(verb, CONTACTS, "crm"), name="host", namespace=None) == [remedy]


def test_same_way_out_is_told_once() -> None:
    violations = (offend("alters", USERS, "host"), offend("writes to", USERS, "host"))
    assert find(*violations) == ['declare writes = ["users"] in plugin.toml']


def test_ways_out_are_told_in_the_order_of_the_violations() -> None:
    violations = (offend("reads", INDEX, "notes"), offend("changes", None, None))
    assert find(*violations) == [
        'declare requires = ["notes"] in plugin.toml',
        "do that outside of migrations",
    ]
