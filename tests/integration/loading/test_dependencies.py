"""What depends on a branch's objects, and whose that is."""

from dataclasses import replace

import pytest
from sqlalchemy import Connection

from alembic_plugins.loading.dependencies import find_users, read_branch_objects
from alembic_plugins.namespaces.ownership import read_ownership
from alembic_plugins.registry.state import State

from ..catalog.test_objects import TABLES, find, make, record, record_all
from ..namespaces.test_ownership import OLD, STATE

BOX = {
    "table box.a": "CREATE TABLE box.a (id int PRIMARY KEY, word text)",
    "type box.mood": "CREATE TYPE box.mood AS ENUM ('good')",
    "sequence box.numbers": "CREATE SEQUENCE box.numbers",
    "function box.one()": (
        "CREATE FUNCTION box.one() RETURNS int IMMUTABLE LANGUAGE sql AS 'SELECT 1'"
    ),
    "function box.fire()": (
        "CREATE FUNCTION box.fire() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END'"
    ),
    "table box.parts": "CREATE TABLE box.parts (id int) PARTITION BY LIST (id)",
    'view box."50%s: ""v"': 'CREATE VIEW box."50%s\\: ""v" AS SELECT 1 AS id',
}
"""What plugin `box` has made."""

USES = {
    "table constraint to_a on {1}a": "CREATE TABLE {0}a (a int CONSTRAINT to_a REFERENCES box.a)",
    "view {1}b": "CREATE VIEW {0}b AS SELECT id FROM box.a",
    "view {1}c": "CREATE VIEW {0}c AS SELECT box.one() AS id",
    "materialized view {1}d": ("CREATE MATERIALIZED VIEW {0}d AS SELECT id FROM box.a"),
    "trigger t on {1}e": (
        "CREATE TABLE {0}e (id int); CREATE TRIGGER t AFTER INSERT ON {0}e"
        " FOR EACH ROW EXECUTE FUNCTION box.fire()"
    ),
    "default value for {1}f.id": "CREATE TABLE {0}f (id int DEFAULT box.one())",
    "default value for {1}g.id": ("CREATE TABLE {0}g (id int DEFAULT nextval('box.numbers'))"),
    "column id of table {1}h": "CREATE TABLE {0}h (id box.mood)",
    "column id of table {1}i": "CREATE TABLE {0}i (id box.mood[])",
    "column id of table {1}j": "CREATE TABLE {0}j (id box.a)",
    "table constraint c on {1}k": (
        "CREATE TABLE {0}k (id int CONSTRAINT c CHECK (id > box.one()))"
    ),
    "index {1}m": "CREATE TABLE {0}l (id int); CREATE INDEX m ON {0}l ((id + box.one()))",
    "table {1}n": "CREATE TABLE {0}n () INHERITS (box.a)",
    "rule r on {1}o": (
        "CREATE TABLE {0}o (id int); CREATE RULE r AS ON INSERT TO {0}o DO ALSO DELETE FROM box.a"
    ),
    "policy p on {1}p": (
        "CREATE TABLE {0}p (id int); CREATE POLICY p ON {0}p USING (id IN (SELECT id FROM box.a))"
    ),
    "default value for {1}q.b": (
        "CREATE TABLE {0}q (id int, b int GENERATED ALWAYS AS (id + box.one()) STORED)"
    ),
    "function {1}r(box.a)": ("CREATE FUNCTION {0}r(box.a) RETURNS int LANGUAGE sql AS 'SELECT 1'"),
    "view {1}s": 'CREATE VIEW {0}s AS SELECT id FROM box."50%s\\: ""v"',
}
"""What depends on that, in words with the schema {1}, and what makes it in {0}."""


@pytest.fixture
def box(connection: Connection) -> Connection:
    """A connection on which plugin `box` has made its objects."""
    make(connection, "CREATE SCHEMA box; CREATE SCHEMA rack; CREATE SCHEMA quarantine_old")
    TABLES.metadata.create_all(connection)
    make(connection, *BOX.values())
    record_all(connection, "box", *BOX)
    return connection


def find_words(
    connection: Connection, name: str = "box", *going: str, state: State = STATE
) -> dict[str, list[str]]:
    """Return what depends on a branch's objects, in words, by the branch that it is of."""
    ownership = read_ownership(connection, TABLES, state)
    objects = read_branch_objects(connection, ownership, name)
    found = find_users(connection, ownership, objects, [name, *going])
    return {owner: [str(item) for item in items] for owner, items in found.items()}


def read_words(connection: Connection, name: str, state: State = STATE) -> set[str]:
    """Return a branch's objects, in words."""
    ownership = read_ownership(connection, TABLES, state)
    return {str(item) for item in read_branch_objects(connection, ownership, name)}


@pytest.mark.parametrize(("schema", "owner"), [("", "host"), ("rack.", "")])
def test_whatever_depends_on_objects_is_told_by_whose_it_is(
    box: Connection, schema: str, owner: str
) -> None:
    make(box, *(use.format(schema) for use in USES.values()))
    found = find_words(box)
    assert [*found] == [owner]
    whole = schema or "public."
    assert sorted(found[owner]) == sorted(words.format(schema, whole) for words in USES)


def test_what_depends_is_told_by_who_has_made_it_wherever_it_is(box: Connection) -> None:
    make(box, "CREATE VIEW a AS SELECT id FROM box.a; CREATE VIEW rack.b AS SELECT id FROM box.a")
    record_all(box, "rack", "view public.a")
    record_all(box, "host", "view rack.b")
    assert find_words(box) == {
        "rack": ["view public.a"],
        "host": ["view rack.b"],
    }


def test_cast_is_told_like_what_is_in_a_schema(box: Connection) -> None:
    make(box, "CREATE CAST (box.mood AS int) WITH INOUT")
    assert find_words(box) == {"host": ["cast (box.mood AS integer)"]}


def test_partition_that_nobody_has_recorded_is_of_the_branch_of_its_table(box: Connection) -> None:
    make(box, "CREATE TABLE rack.b PARTITION OF box.parts DEFAULT")
    assert find_words(box) == {}


def test_what_has_been_moved_and_renamed_is_depended_on_as_before(box: Connection) -> None:
    make(box, "CREATE VIEW a AS SELECT id FROM box.a")
    make(box, "ALTER TABLE box.a RENAME TO b; ALTER TABLE box.b SET SCHEMA public")
    assert find_words(box) == {"host": ["view public.a"]}


def test_what_depends_on_what_nobody_has_recorded_is_not_told(box: Connection) -> None:
    make(box, "CREATE TABLE box.b (id int); CREATE VIEW a AS SELECT id FROM box.b")
    assert find_words(box) == {}


def test_what_a_branch_depends_on_itself_is_not_told(box: Connection) -> None:
    make(box, "CREATE TABLE hosts (id int PRIMARY KEY)")
    make(box, "ALTER TABLE box.a ADD FOREIGN KEY (id) REFERENCES hosts")
    make(box, "CREATE VIEW rack.b AS SELECT id FROM box.a")
    record_all(box, "box", "view rack.b")
    assert find_words(box) == {}


def test_what_is_of_branches_that_go_is_not_told(box: Connection) -> None:
    make(box, "CREATE VIEW a AS SELECT id FROM box.a; CREATE VIEW b AS SELECT id FROM box.a")
    record_all(box, "rack", "view public.a")
    assert find_words(box, "box", "rack") == {"host": ["view public.b"]}


def test_what_others_have_made_of_objects_is_told_once(box: Connection) -> None:
    make(box, "CREATE TABLE rack.b PARTITION OF box.parts DEFAULT; CREATE INDEX i ON box.a (word)")
    record_all(box, "rack", "table rack.b", "index box.i")
    record(box, find(box, "table box.a")[0], "shelf", column=2)
    assert find_words(box) == {
        "rack": ["table rack.b", "index box.i"],
        "shelf": ["column word of table box.a"],
    }


def test_what_depends_on_what_is_set_aside_is_told(box: Connection) -> None:
    make(box, "CREATE TABLE quarantine_old.old_a (id int PRIMARY KEY)")
    record_all(box, "old", "table quarantine_old.old_a")
    make(box, "CREATE VIEW a AS SELECT id FROM quarantine_old.old_a")
    state = replace(STATE, plugins={}, quarantined={"old": OLD})
    assert find_words(box, "old", state=state) == {"host": ["view public.a"]}


def test_what_depends_on_the_host_is_told(box: Connection) -> None:
    make(box, "CREATE TABLE hosts (id int PRIMARY KEY); CREATE TABLE shelf_a (id int PRIMARY KEY)")
    make(box, "CREATE TABLE rack.b (a int CONSTRAINT a REFERENCES hosts)")
    make(box, "ALTER TABLE shelf_a ADD CONSTRAINT b FOREIGN KEY (id) REFERENCES hosts")
    record_all(box, "shelf", "table public.shelf_a")
    assert find_words(box, "host") == {
        "shelf": ["table constraint b on public.shelf_a"],
        "": ["table constraint a on rack.b"],
    }


def test_host_has_what_is_in_its_schema_and_no_plugins(box: Connection) -> None:
    make(box, "CREATE TABLE a (); CREATE TABLE shelf_a (); CREATE TABLE b (); CREATE SCHEMA other")
    make(box, "CREATE TABLE other.c ()")
    record_all(box, "box", "table public.b")
    ours = {f"table public.{table.name}" for table in TABLES.all}
    assert read_words(box, "host") == {"table public.a", "table public.shelf_a"} | ours


def test_plugin_has_what_it_has_made(box: Connection) -> None:
    make(box, "CREATE TABLE box.b (); CREATE TABLE a ()")
    record_all(box, "box", "table public.a")
    assert read_words(box, "box") == {*BOX, "table public.a"}


def test_dependents_are_told_whatever_the_search_path(box: Connection) -> None:
    make(box, "CREATE VIEW rack.v AS SELECT id FROM box.a")
    make(box, "SET LOCAL search_path TO public, rack, box")
    assert find_words(box) == {"": ["view rack.v"]}
