"""Whose objects lean on whose."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection, text

from alembic_plugins.leaning import find_leaning, read_branch_objects
from alembic_plugins.plugin import Namespace, Prefix, Schema
from alembic_plugins.registry import InstalledPlugin, State
from alembic_plugins.tables import make_tables

MAKE = """
    CREATE SCHEMA box;
    CREATE SCHEMA rack;
    CREATE SCHEMA quarantine_old;
    CREATE SCHEMA own;
    CREATE TABLE box.a (id int PRIMARY KEY, word text);
    CREATE TYPE box.mood AS ENUM ('good');
    CREATE SEQUENCE box.numbers;
    CREATE FUNCTION box.one() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1';
    CREATE FUNCTION box.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TABLE box.parts (id int) PARTITION BY LIST (id);
"""


def make_plugin(name: str, namespace: Namespace) -> InstalledPlugin:
    """Return an installed plugin."""
    return InstalledPlugin(name, None, None, namespace, True, ())


BOX = make_plugin("box", Schema("box"))
RACK = make_plugin("rack", Schema("rack"))
SHELF = make_plugin("shelf", Prefix("shelf_", "shelves"))
SHARING = make_plugin("sharing", Schema("public", create=False))
OWN = make_plugin("own", Schema("own", create=False))
OLD = replace(make_plugin("old", Schema("old")), quarantine="quarantine_old")
OLD_SHELF = replace(make_plugin("old", Prefix("old_")), quarantine="quarantine_old")

TABLES = make_tables(None)
STATE = State(
    plugins={plugin.name: plugin for plugin in (BOX, RACK, SHELF, SHARING, OWN)},
    quarantined={"old": OLD},
)

KINDS = {
    "CREATE TABLE {0} (a int CONSTRAINT to_a REFERENCES box.a)": "constraint to_a on table {0}",
    "CREATE VIEW {0} AS SELECT id FROM box.a": "rule _RETURN on view {0}",
    "CREATE VIEW {0} AS SELECT box.one() AS id": "rule _RETURN on view {0}",
    "CREATE MATERIALIZED VIEW {0} AS SELECT id FROM box.a": (
        "rule _RETURN on materialized view {0}"
    ),
    "CREATE TABLE {0} (id int); CREATE TRIGGER t AFTER INSERT ON {0}"
    " FOR EACH ROW EXECUTE FUNCTION box.fire()": "trigger t on table {0}",
    "CREATE TABLE {0} (id int DEFAULT box.one())": "default value for column id of table {0}",
    "CREATE TABLE {0} (id int DEFAULT nextval('box.numbers'))": (
        "default value for column id of table {0}"
    ),
    "CREATE TABLE {0} (id box.mood)": "column id of table {0}",
    "CREATE TABLE {0} (id box.mood[])": "column id of table {0}",
    "CREATE TABLE {0} (id box.a)": "column id of table {0}",
    "CREATE TABLE {0} (id int CONSTRAINT c CHECK (id > box.one()))": "constraint c on table {0}",
    "CREATE TABLE {0} (id int); CREATE INDEX i ON {0} ((id + box.one()))": "index {1}i",
    "CREATE TABLE {0} () INHERITS (box.a)": "table {0}",
    "CREATE TABLE {0} (id int); CREATE RULE r AS ON INSERT TO {0}"
    " DO ALSO DELETE FROM box.a": "rule r on table {0}",
    "CREATE TABLE {0} (id int); CREATE POLICY p ON {0} USING (id IN (SELECT id FROM box.a))": (
        "policy p on table {0}"
    ),
    "CREATE TABLE {0} (id int, b int GENERATED ALWAYS AS (id + box.one()) STORED)": (
        "default value for column b of table {0}"
    ),
}

OWNERS = {
    "rack.b": "rack",
    "shelf_b": "shelf",
    "shelves": "shelf",
    "own.b": "own",
    "quarantine_old.b": "old",
    "b": "",
    "shelving": "",
}


@pytest.fixture
def boxes(connection: Connection) -> Connection:
    """A connection on which the schemas are made."""
    connection.execute(text(MAKE))
    return connection


def find(connection: Connection, name: str, state: State = STATE) -> dict[str, list[str]]:
    """Return what leans on a plugin, in words, by the plugin that it belongs to."""
    found = find_leaning(connection, TABLES, state, name)
    return {owner: [str(item) for item in items] for owner, items in found.items()}


@pytest.mark.parametrize("make", KINDS)
def test_what_a_schema_s_plugin_leans_by_is_told(boxes: Connection, make: str) -> None:
    boxes.execute(text(make.format("rack.b")))
    assert find(boxes, "box") == {"rack": [KINDS[make].format("rack.b", "rack.")]}


@pytest.mark.parametrize("make", [make for make in KINDS if "INDEX" not in make])
def test_what_a_prefix_s_plugin_leans_by_is_told(boxes: Connection, make: str) -> None:
    boxes.execute(text(make.format("shelf_b")))
    assert find(boxes, "box") == {"shelf": [KINDS[make].format("shelf_b", "")]}


@pytest.mark.parametrize("table", OWNERS)
def test_what_leans_belongs_to_whose_namespace_it_is_in(boxes: Connection, table: str) -> None:
    boxes.execute(text(f"CREATE TABLE {table} (a int REFERENCES box.a)"))
    assert list(find(boxes, "box")) == [OWNERS[table]]


def test_index_on_a_prefix_s_table_leans_for_its_plugin(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE shelf_b (id int)"))
    boxes.execute(text("CREATE INDEX shelf_b_idx ON shelf_b ((id + box.one()))"))
    assert find(boxes, "box") == {"shelf": ["index shelf_b_idx"]}


def test_index_of_any_name_on_a_prefix_s_table_leans_for_its_plugin(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE shelf_b (id int)"))
    boxes.execute(text("CREATE INDEX i ON shelf_b ((id + box.one()))"))
    assert find(boxes, "box") == {"shelf": ["index i"]}


def test_partition_elsewhere_leans(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE rack.b PARTITION OF box.parts DEFAULT"))
    assert find(boxes, "box") == {"rack": ["table rack.b"]}


def test_function_elsewhere_leans(boxes: Connection) -> None:
    boxes.execute(text("CREATE FUNCTION rack.f(box.a) RETURNS int LANGUAGE sql AS 'SELECT 1'"))
    assert find(boxes, "box") == {"rack": ["function rack.f(box.a)"]}


def test_several_that_lean_are_told_by_owner(boxes: Connection) -> None:
    boxes.execute(text("CREATE VIEW rack.v AS SELECT id FROM box.a"))
    boxes.execute(text("CREATE VIEW rack.w AS SELECT id FROM box.a"))
    boxes.execute(text("CREATE VIEW shelf_v AS SELECT id FROM box.a"))
    assert find(boxes, "box") == {
        "rack": ["rule _RETURN on view rack.v", "rule _RETURN on view rack.w"],
        "shelf": ["rule _RETURN on view shelf_v"],
    }


def test_what_leans_on_a_prefix_s_tables_is_told(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE shelf_a (id int PRIMARY KEY)"))
    boxes.execute(text("CREATE VIEW rack.v AS SELECT id FROM shelf_a"))
    assert find(boxes, "shelf") == {"rack": ["rule _RETURN on view rack.v"]}


def test_what_leans_within_a_prefix_is_no_leaning(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE shelf_a (id int PRIMARY KEY)"))
    boxes.execute(text("CREATE TABLE shelf_b (a int REFERENCES shelf_a)"))
    assert find(boxes, "shelf") == {}


def test_what_leans_on_what_is_set_aside_is_told(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE quarantine_old.a (id int PRIMARY KEY)"))
    boxes.execute(text("CREATE TABLE b (a int CONSTRAINT to_a REFERENCES quarantine_old.a)"))
    assert find(boxes, "old") == {"": ["constraint to_a on table b"]}


def test_what_leans_on_tables_of_a_prefix_that_are_set_aside_is_told(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE quarantine_old.old_a (id int PRIMARY KEY)"))
    boxes.execute(text("CREATE VIEW rack.v AS SELECT id FROM quarantine_old.old_a"))
    state = replace(STATE, quarantined={"old": OLD_SHELF})
    assert find(boxes, "old", state) == {"rack": ["rule _RETURN on view rack.v"]}


def test_prefix_that_is_set_aside_covers_nothing_of_the_host(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE old_b (a int REFERENCES box.a)"))
    state = replace(STATE, quarantined={"old": OLD_SHELF})
    assert list(find(boxes, "box", state)) == [""]


def test_what_leans_on_the_host_is_told(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE accounts (id int PRIMARY KEY)"))
    boxes.execute(text("CREATE TABLE rack.b (a int CONSTRAINT to_a REFERENCES accounts)"))
    boxes.execute(text("CREATE TABLE shelf_b (a int CONSTRAINT to_a REFERENCES accounts)"))
    assert find(boxes, "host") == {
        "rack": ["constraint to_a on table rack.b"],
        "shelf": ["constraint to_a on table shelf_b"],
    }


def test_what_leans_within_the_host_is_no_leaning(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE accounts (id int); CREATE VIEW v AS SELECT id FROM accounts"))
    assert find(boxes, "host") == {}


def test_tables_of_a_prefix_are_not_the_host_s(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE accounts (id int); CREATE TABLE shelf_a (id int)"))
    found = read_branch_objects(boxes, TABLES, STATE, "host")
    assert [item.name for item in found] == ["accounts"]


def test_plugin_that_shares_the_host_s_schema_has_nothing_to_lean_on(boxes: Connection) -> None:
    boxes.execute(text("CREATE TABLE accounts (id int)"))
    boxes.execute(text("CREATE VIEW rack.v AS SELECT id FROM accounts"))
    assert find(boxes, "sharing") == {}


@pytest.mark.parametrize("make", KINDS)
def test_schema_that_has_to_be_quoted_is_told_by_owner(boxes: Connection, make: str) -> None:
    boxes.execute(text('CREATE SCHEMA "order"'))
    boxes.execute(text(make.format('"order".b')))
    state = replace(STATE, plugins={"box": BOX, "order": make_plugin("order", Schema("order"))})
    assert list(find(boxes, "box", state)) == ["order"]


def test_odd_name_under_a_prefix_is_told_by_owner(boxes: Connection) -> None:
    boxes.execute(text('CREATE TABLE "shelf_B b" (a int REFERENCES box.a)'))
    assert list(find(boxes, "box")) == ["shelf"]


def test_leaning_is_told_whatever_the_search_path(boxes: Connection) -> None:
    boxes.execute(text("CREATE VIEW rack.v AS SELECT id FROM box.a"))
    boxes.execute(text("SET LOCAL search_path TO public, rack, box"))
    assert find(boxes, "box") == {"rack": ["rule _RETURN on view v"]}
