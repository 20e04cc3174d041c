"""The statements that make one state of objects of another, and their order."""

from collections.abc import Mapping

import pytest

from alembic_plugins.catalog.changes import make_changes
from alembic_plugins.catalog.diff import Parts
from alembic_plugins.catalog.drift import Key
from alembic_plugins.catalog.states import State

TABLE: Key = ("table", "items")
ID: Key = ("column", "items.id")
NAME: Key = ("column", "items.name")
VIEW: Key = ("view", "names")
ITEMS: dict[Key, Parts] = {
    TABLE: {"kind": "TABLE"},
    ID: {"type": "integer", "nullability": "NOT NULL"},
    NAME: {"type": "character varying(9)"},
}
SEQUENCE = {"type": "bigint", "increment": "INCREMENT 1", "minimum": "MINVALUE 1"}
SEQUENCE |= {"maximum": "MAXVALUE 9223372036854775807", "start": "START 1", "cache": "CACHE 1"}
SMALL = {**SEQUENCE, "type": "integer", "maximum": "MAXVALUE 2147483647"}
ENUM: Key = ("type", "mood")
COMPOSITE: Key = ("type", "pair")
DOMAIN: Key = ("type", "price")


def number(definitions: Mapping[Key, Parts], **facts: object) -> State:
    """Return a state whose objects were made in their order."""
    places = {
        key: (1259, number, number if key[0] == "column" else 0)
        for number, key in enumerate(definitions, 20000)
    }
    return State(definitions, places=places, **facts)  # type: ignore[arg-type]


def change(before: State, after: State, renamed: Mapping[Key, Key] | None = None) -> list[str]:
    """Return the statements, each in one line."""
    return [" ".join(it.sql.split()) for it in make_changes(before, after, renamed)]


def change_parts(key: Key, before: Parts, after: Parts) -> list[str]:
    """Return the statements that change the definition of one object on a table, or beside it."""
    return change(number({**ITEMS, key: before}), number({**ITEMS, key: after}))


COLUMNS = [
    ({"type": "text"}, ["TYPE text"]),
    ({"type": "character varying(5)"}, ["TYPE character varying(5)"]),
    ({"type": "integer"}, ["TYPE integer USING name::integer"]),
    (
        {"type": "character varying(9)", "collation": 'COLLATE "C"'},
        ['TYPE character varying(9) COLLATE "C"'],
    ),
    ({"type": "character varying(9)", "default": "DEFAULT 'a'"}, ["SET DEFAULT 'a'"]),
    ({"type": "text", "default": "DEFAULT 'a'"}, ["TYPE text", "SET DEFAULT 'a'"]),
    ({"type": "character varying(9)", "nullability": "NOT NULL"}, ["SET NOT NULL"]),
]


@pytest.mark.parametrize(("parts", "words"), COLUMNS)
def test_column_is_altered(parts: Parts, words: list[str]) -> None:
    statements = [f"ALTER TABLE items ALTER COLUMN name {it}" for it in words]
    assert change_parts(NAME, ITEMS[NAME], parts) == statements


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ({"type": "bigint", "nullability": "NOT NULL", "identity": "IDENTITY"}, None),
        ({"type": "integer"}, ["DROP NOT NULL"]),
        (
            {
                "type": "integer",
                "nullability": "NOT NULL",
                "identity": "GENERATED ALWAYS AS IDENTITY",
            },
            ["ADD GENERATED ALWAYS AS IDENTITY"],
        ),
    ],
)
def test_identity_needs_a_column_that_is_not_null(parts: Parts, words: list[str] | None) -> None:
    statements = change_parts(ID, ITEMS[ID], parts)
    expected = words or ["TYPE bigint", "ADD IDENTITY"]
    assert statements == [f"ALTER TABLE items ALTER COLUMN id {it}" for it in expected]


def test_default_goes_before_a_type_that_it_does_not_fit() -> None:
    before = {"type": "text", "default": "DEFAULT 'a'"}
    after = {"type": "integer", "default": "DEFAULT 1"}
    assert [it.rpartition(" COLUMN name ")[2] for it in change_parts(NAME, before, after)] == [
        "DROP DEFAULT",
        "TYPE integer USING name::integer",
        "SET DEFAULT 1",
    ]


OBJECTS = [
    (
        ("constraint", "c on items"),
        {"definition": "CHECK (id > 0)"},
        {"definition": "CHECK (id > 1)"},
        [
            "ALTER TABLE items DROP CONSTRAINT c",
            "ALTER TABLE items ADD CONSTRAINT c CHECK (id > 1)",
        ],
    ),
    (
        ("constraint", "c on items"),
        {"definition": "CHECK (id > 0)", "validity": "NOT VALID"},
        {"definition": "CHECK (id > 0)"},
        ["ALTER TABLE items VALIDATE CONSTRAINT c"],
    ),
    (
        ("constraint", "c on items"),
        {"definition": "CHECK (id > 0)"},
        {"definition": "CHECK (id > 0)", "validity": "NOT VALID"},
        [
            "ALTER TABLE items DROP CONSTRAINT c",
            "ALTER TABLE items ADD CONSTRAINT c CHECK (id > 0) NOT VALID",
        ],
    ),
    (
        ("index", "i on items"),
        {"definition": "CREATE INDEX i ON items (id)"},
        {"definition": "CREATE INDEX i ON ONLY items (name)"},
        ["DROP INDEX i", "CREATE INDEX i ON items (name)"],
    ),
    (
        ("trigger", "t on items"),
        {"definition": "CREATE TRIGGER t ..."},
        {"definition": "CREATE TRIGGER t ...", "enabled": "DISABLED"},
        ["ALTER TABLE items DISABLE TRIGGER t"],
    ),
    (
        ("rule", "r on items"),
        {"definition": "CREATE RULE r ...;", "enabled": "ENABLED ALWAYS"},
        {"definition": "CREATE RULE r ...;"},
        ["ALTER TABLE items ENABLE RULE r"],
    ),
    (
        ("policy", "p on items"),
        {"kind": "PERMISSIVE", "roles": "TO public", "using": "USING (true)"},
        {"kind": "RESTRICTIVE", "command": "FOR SELECT", "roles": "TO public"},
        ["DROP POLICY p ON items", "CREATE POLICY p ON items AS RESTRICTIVE FOR SELECT TO public"],
    ),
    (
        ("function", "f(integer)"),
        {"definition": "CREATE OR REPLACE FUNCTION f(a integer)\n RETURNS integer\nRETURN 1"},
        {"definition": "CREATE OR REPLACE FUNCTION f(a integer)\n RETURNS integer\nRETURN 2"},
        ["CREATE OR REPLACE FUNCTION f(a integer) RETURNS integer RETURN 2"],
    ),
    (
        ("function", "f(integer)"),
        {"definition": "CREATE OR REPLACE FUNCTION f(a integer)\n RETURNS integer\nRETURN 1"},
        {"definition": "CREATE OR REPLACE FUNCTION f(a integer)\n RETURNS text\nRETURN 1"},
        [
            "DROP FUNCTION f(integer)",
            "CREATE OR REPLACE FUNCTION f(a integer) RETURNS text RETURN 1",
        ],
    ),
    (
        ("materialized view", "m"),
        {"definition": "SELECT 1;"},
        {"definition": "SELECT 2;"},
        ["DROP MATERIALIZED VIEW m", "CREATE MATERIALIZED VIEW m AS SELECT 2"],
    ),
    (
        ("sequence", "s"),
        SEQUENCE,
        {**SEQUENCE, "increment": "INCREMENT 5", "cycle": "CYCLE"},
        ["ALTER SEQUENCE s INCREMENT 5 CYCLE"],
    ),
    (
        TABLE,
        {"kind": "TABLE"},
        {"kind": "TABLE", "persistence": "UNLOGGED", "row security": "ENABLE ROW LEVEL SECURITY"},
        ["ALTER TABLE items SET UNLOGGED", "ALTER TABLE items ENABLE ROW LEVEL SECURITY"],
    ),
    (
        ("foreign table", "f"),
        {"kind": "TABLE", "server": "SERVER s", "foreign options": "OPTIONS (a=1, b=2)"},
        {"kind": "TABLE", "server": "SERVER s", "foreign options": "OPTIONS (a=2, c=3)"},
        ["ALTER FOREIGN TABLE f OPTIONS (DROP b, SET a '2', ADD c '3')"],
    ),
    (
        ENUM,
        {"labels": "ENUM ('a', 'b')"},
        {"labels": "ENUM ('x', 'a', 'y', 'b', 'z')"},
        [
            "ALTER TYPE mood ADD VALUE 'x' BEFORE 'a'",
            "ALTER TYPE mood ADD VALUE 'y' AFTER 'a'",
            "ALTER TYPE mood ADD VALUE 'z'",
        ],
    ),
    (
        ENUM,
        {"labels": "ENUM ('a', 'b')"},
        {"labels": "ENUM ('a', 'c')"},
        ["ALTER TYPE mood RENAME VALUE 'b' TO 'c'"],
    ),
    (
        COMPOSITE,
        {"attributes": "(a integer, b text)"},
        {"attributes": "(a bigint, c numeric(4,1))"},
        [
            "ALTER TYPE pair DROP ATTRIBUTE b",
            "ALTER TYPE pair ALTER ATTRIBUTE a TYPE bigint",
            "ALTER TYPE pair ADD ATTRIBUTE c numeric(4,1)",
        ],
    ),
    (
        COMPOSITE,
        {"attributes": "(a integer, b text)"},
        {"attributes": "(a integer, c text)"},
        ["ALTER TYPE pair RENAME ATTRIBUTE b TO c"],
    ),
    (
        DOMAIN,
        {"type": "integer", "constraints": "CONSTRAINT p CHECK (VALUE > 0)"},
        {
            "type": "integer",
            "default": "DEFAULT 1",
            "constraints": "CONSTRAINT p CHECK (VALUE > 1) CONSTRAINT q CHECK (VALUE < 9)",
        },
        [
            "ALTER DOMAIN price SET DEFAULT 1",
            "ALTER DOMAIN price DROP CONSTRAINT p",
            "ALTER DOMAIN price ADD CONSTRAINT p CHECK (VALUE > 1)",
            "ALTER DOMAIN price ADD CONSTRAINT q CHECK (VALUE < 9)",
        ],
    ),
]


@pytest.mark.parametrize(("key", "before", "after", "statements"), OBJECTS)
def test_object_is_changed(key: Key, before: Parts, after: Parts, statements: list[str]) -> None:
    assert change_parts(key, before, after) == statements


NEW = [
    (("sequence", "s"), SEQUENCE, "CREATE SEQUENCE s"),
    (ENUM, {"labels": "ENUM ('a')"}, "CREATE TYPE mood AS ENUM ('a')"),
    (COMPOSITE, {"attributes": "(a integer)"}, "CREATE TYPE pair AS (a integer)"),
    (
        DOMAIN,
        {"type": "text", "collation": 'COLLATE "C"', "nullability": "NOT NULL"},
        'CREATE DOMAIN price AS text COLLATE "C" NOT NULL',
    ),
    (
        ("type", "span"),
        {"definition": "RANGE OF double precision SUBTYPE_DIFF diff"},
        "CREATE TYPE span AS RANGE (SUBTYPE = double precision, SUBTYPE_DIFF = diff)",
    ),
    (
        ("aggregate", "total(integer)"),
        {"definition": "integer, SFUNC = int4pl, STYPE = integer, INITCOND = 0"},
        "CREATE AGGREGATE total(integer) (SFUNC = int4pl, STYPE = integer, INITCOND = '0')",
    ),
    (
        VIEW,
        {"options": "WITH (security_barrier=true) AS", "definition": "SELECT 1;"},
        "CREATE VIEW names WITH (security_barrier=true) AS SELECT 1",
    ),
    (
        ("table", "logs"),
        {"kind": "TABLE", "persistence": "UNLOGGED", "partition key": "PARTITION BY RANGE (at)"},
        "CREATE UNLOGGED TABLE logs ( ) PARTITION BY RANGE (at)",
    ),
    (
        ("foreign table", "far"),
        {"kind": "TABLE", "server": "SERVER s", "foreign options": "OPTIONS (a=it's)"},
        "CREATE FOREIGN TABLE far ( ) SERVER s OPTIONS (a 'it''s')",
    ),
    (
        ("column", "items.sum"),
        {"type": "integer", "expression": "GENERATED ALWAYS AS (id + 1) STORED"},
        "ALTER TABLE items ADD COLUMN sum integer GENERATED ALWAYS AS (id + 1) STORED",
    ),
]


@pytest.mark.parametrize(("key", "parts", "statement"), NEW)
def test_object_is_made(key: Key, parts: Parts, statement: str) -> None:
    assert change(number(ITEMS), number({**ITEMS, key: parts})) == [statement]


@pytest.mark.parametrize(
    ("key", "parts", "statement"),
    [
        (("sequence", "s"), SEQUENCE, "DROP SEQUENCE s"),
        (DOMAIN, {"type": "text"}, "DROP DOMAIN price"),
        (ENUM, {"labels": "ENUM ('a')"}, "DROP TYPE mood"),
        (("aggregate", "total()"), {"definition": ""}, "DROP AGGREGATE total(*)"),
        (("statistics object", "s"), {"definition": ""}, "DROP STATISTICS s"),
        (("trigger", "t on items"), {"definition": ""}, "DROP TRIGGER t ON items"),
        (NAME, ITEMS[NAME], "ALTER TABLE items DROP COLUMN name"),
    ],
)
def test_object_is_dropped(key: Key, parts: Parts, statement: str) -> None:
    after = {other: words for other, words in ITEMS.items() if other != key}
    assert change(number({**ITEMS, key: parts}), number(after)) == [statement]


def test_new_table_has_its_columns_and_constraints() -> None:
    pkey: Key = ("constraint", "items_pkey on items")
    after = number({**ITEMS, pkey: {"definition": "PRIMARY KEY (id)"}})
    assert change(number({}), after) == [
        "CREATE TABLE items ( id integer NOT NULL, name character varying(9),"
        " CONSTRAINT items_pkey PRIMARY KEY (id) )"
    ]


def test_serial_is_one_word() -> None:
    sequence: Key = ("sequence", "items_id_seq on items")
    default = {**ITEMS[ID], "default": "DEFAULT nextval('items_id_seq'::regclass)"}
    after = number({**ITEMS, ID: default, sequence: SMALL}, owners={sequence: ID})
    assert change(number({}), after) == [
        "CREATE TABLE items ( id serial, name character varying(9) )"
    ]


def test_table_goes_with_what_is_on_it() -> None:
    index: Key = ("index", "i on items")
    before = number({**ITEMS, index: {"definition": "CREATE INDEX i ON items (id)"}})
    assert change(before, number({})) == ["DROP TABLE items"]


def test_view_is_dropped_before_the_type_of_its_column_changes_and_made_again_after_it() -> None:
    view = {"definition": "SELECT name FROM items;"}
    needs = {VIEW: frozenset([TABLE, NAME])}
    before = number({**ITEMS, VIEW: view}, needs=needs)
    after = number({**ITEMS, NAME: {"type": "text"}, VIEW: view}, needs=needs)
    assert change(before, after) == [
        "DROP VIEW names",
        "ALTER TABLE items ALTER COLUMN name TYPE text",
        "CREATE VIEW names AS SELECT name FROM items",
    ]


def test_view_is_replaced_where_columns_are_only_added() -> None:
    before = number({VIEW: {"definition": "SELECT 1;"}}, view_columns={VIEW: ("a integer",)})
    columns = {VIEW: ("a integer", "b integer")}
    after = number({VIEW: {"definition": "SELECT 1, 2;"}}, view_columns=columns)
    assert change(before, after) == ["CREATE OR REPLACE VIEW names AS SELECT 1, 2"]


def test_view_on_a_view_that_is_made_anew_is_made_anew() -> None:
    other: Key = ("view", "more")
    needs = {other: frozenset([VIEW])}
    same = {"definition": "SELECT * FROM names;"}
    before = number({VIEW: {"definition": "SELECT 1;"}, other: same}, needs=needs)
    after = number({VIEW: {"definition": "SELECT 2;"}, other: same}, needs=needs)
    assert [it.split(" AS ")[0] for it in change(before, after)] == [
        "DROP VIEW more",
        "DROP VIEW names",
        "CREATE VIEW names",
        "CREATE VIEW more",
    ]


def test_default_is_cleared_while_its_function_is_made_anew() -> None:
    key: Key = ("function", "f()")
    column = {"type": "text", "default": "DEFAULT f()"}
    needs = {NAME: frozenset([key])}
    before = number(
        {**ITEMS, NAME: column, key: {"definition": "FUNCTION f()\n RETURNS text"}}, needs=needs
    )
    after = number(
        {**ITEMS, NAME: column, key: {"definition": "FUNCTION f()\n RETURNS varchar"}}, needs=needs
    )
    assert change(before, after) == [
        "ALTER TABLE items ALTER COLUMN name DROP DEFAULT",
        "DROP FUNCTION f()",
        "FUNCTION f() RETURNS varchar",
        "ALTER TABLE items ALTER COLUMN name SET DEFAULT f()",
    ]


def test_label_goes_by_another_type_of_the_same_name() -> None:
    column = {"type": "mood", "default": "DEFAULT 'a'::mood"}
    needs = {NAME: frozenset([ENUM])}
    before = number({ENUM: {"labels": "ENUM ('a', 'b')"}, **ITEMS, NAME: column}, needs=needs)
    after = number({ENUM: {"labels": "ENUM ('a')"}, **ITEMS, NAME: column}, needs=needs)
    assert change(before, after) == [
        "ALTER TYPE mood RENAME TO mood_before",
        "CREATE TYPE mood AS ENUM ('a')",
        "ALTER TABLE items ALTER COLUMN name DROP DEFAULT",
        "ALTER TABLE items ALTER COLUMN name TYPE mood USING name::text::mood",
        "ALTER TABLE items ALTER COLUMN name SET DEFAULT 'a'::mood",
        "DROP TYPE mood_before",
    ]


def test_tables_that_refer_to_each_other_get_a_foreign_key_late_and_lose_it_early() -> None:
    keys: list[Key] = [("constraint", "f on a"), ("constraint", "f on b")]
    tables: dict[Key, Parts] = {
        ("table", "a"): {"kind": "TABLE"},
        ("table", "b"): {"kind": "TABLE"},
        keys[0]: {"definition": "FOREIGN KEY (x) REFERENCES b(id)"},
        keys[1]: {"definition": "FOREIGN KEY (x) REFERENCES a(id)"},
    }
    needs = {keys[0]: frozenset([("table", "b")]), keys[1]: frozenset([("table", "a")])}
    whole = number(tables, needs=needs)
    assert change(number({}), whole) == [
        "CREATE TABLE a ( )",
        "CREATE TABLE b ( CONSTRAINT f FOREIGN KEY (x) REFERENCES a(id) )",
        "ALTER TABLE a ADD CONSTRAINT f FOREIGN KEY (x) REFERENCES b(id)",
    ]
    assert change(whole, number({})) == [
        "ALTER TABLE a DROP CONSTRAINT f",
        "DROP TABLE b",
        "DROP TABLE a",
    ]


def test_view_may_take_the_name_of_a_table() -> None:
    before = number({("table", "x"): {"kind": "TABLE"}})
    after = number({("view", "x"): {"definition": "SELECT 1;"}})
    assert change(before, after) == ["DROP TABLE x", "CREATE VIEW x AS SELECT 1"]


def test_column_of_a_table_above_is_not_added_below() -> None:
    child: Key = ("column", "kid.more")
    kid: dict[Key, Parts] = {("table", "kid"): {"kind": "TABLE", "parents": "INHERITS items"}}
    more: dict[Key, Parts] = {("column", "items.more"): {"type": "text"}, child: {"type": "text"}}
    after = number({**ITEMS, **kid, **more}, inherited=frozenset([child]))
    assert change(number({**ITEMS, **kid}), after) == ["ALTER TABLE items ADD COLUMN more text"]


def test_sequence_gets_an_owner() -> None:
    owned: Key = ("sequence", "s on items")
    before = number({**ITEMS, ("sequence", "s"): SEQUENCE})
    after = number({**ITEMS, owned: SEQUENCE}, owners={owned: ID})
    assert change(before, after) == ["ALTER SEQUENCE s OWNED BY items.id"]


RENAMED = [
    (TABLE, ("table", "things"), ["ALTER TABLE items RENAME TO things"]),
    (NAME, ("column", "items.title"), ["ALTER TABLE items RENAME COLUMN name TO title"]),
    (ENUM, ("type", "humor"), ["ALTER TYPE mood RENAME TO humor"]),
    (
        ("constraint", "c on items"),
        ("constraint", "d on items"),
        ["ALTER TABLE items RENAME CONSTRAINT c TO d"],
    ),
    (
        ("trigger", "c on items"),
        ("trigger", "d on items"),
        ["ALTER TRIGGER c ON items RENAME TO d"],
    ),
    (("index", "s.c on s.t"), ("index", "s.d on s.t"), ["ALTER INDEX s.c RENAME TO d"]),
    (("function", "s.f(integer)"), ("function", "s.g(integer)"), None),
    (("table", "a.t"), ("table", "b.u"), None),
]


@pytest.mark.parametrize(("before", "now", "statements"), RENAMED)
def test_what_was_renamed_is_renamed(before: Key, now: Key, statements: list[str] | None) -> None:
    others = {
        "s.f(integer)": ["ALTER FUNCTION s.f(integer) RENAME TO g"],
        "a.t": ["ALTER TABLE a.t SET SCHEMA b", "ALTER TABLE b.t RENAME TO u"],
    }
    start, end = State({before: {"type": "x"}}), State({now: {"type": "x"}})
    assert change(start, end, {before: now}) == (statements or others[before[1]])


def test_what_rows_lose_is_told() -> None:
    lost = [it.lost for it in make_changes(number(ITEMS), number({}))]
    assert lost == ["the rows of table items"]


def test_what_rows_may_refuse_is_told() -> None:
    after = number({**ITEMS, NAME: {**ITEMS[NAME], "nullability": "NOT NULL"}})
    refused = [it.refused for it in make_changes(number(ITEMS), after)]
    assert refused == ["rows of table items whose name is NULL"]


@pytest.mark.parametrize(
    ("key", "before", "after", "reason"),
    [
        (TABLE, {}, {"partition key": "PARTITION BY LIST (id)"}, "partitioned"),
        (("operator", "+"), None, {}, "no definition"),
        (("index", "i on items"), None, {"definition": "", "validity": "INVALID"}, "INVALID"),
        (("schema", "other"), None, {}, "with their plugins"),
    ],
)
def test_what_cannot_be_expressed_is_named(
    key: Key, before: Parts | None, after: Parts, reason: str
) -> None:
    start = ITEMS if before is None else {**ITEMS, key: before}
    found = make_changes(number(start), number({**ITEMS, key: after}))
    assert [it.key for it in found.unexpressed] == [key]
    assert reason in str(found.unexpressed[0])


NOTES = [
    (TABLE, {}, {"comment": "it's"}, ["COMMENT ON TABLE items IS 'it''s'"]),
    (TABLE, {"comment": "x"}, {}, ["COMMENT ON TABLE items IS NULL"]),
    (
        TABLE,
        {"storage parameters": "fillfactor=70, x=1"},
        {"storage parameters": "fillfactor=80"},
        ["ALTER TABLE items RESET (x)", "ALTER TABLE items SET (fillfactor = 80)"],
    ),
    (TABLE, {}, {"replica identity": "FULL"}, ["ALTER TABLE items REPLICA IDENTITY FULL"]),
    (
        NAME,
        {},
        {"statistics target": "9"},
        ["ALTER TABLE items ALTER COLUMN name SET STATISTICS 9"],
    ),
    (NAME, {}, {"storage": "e"}, ["ALTER TABLE items ALTER COLUMN name SET STORAGE EXTERNAL"]),
    (TABLE, {"owner": "a"}, {"owner": "b"}, ["ALTER TABLE items OWNER TO b"]),
    (TABLE, {"owner": "a"}, {"owner": "B c"}, ['ALTER TABLE items OWNER TO "B c"']),
    (
        TABLE,
        {},
        {"privileges": "me=arwd/me, bob=rw*/me, =r/me"},
        [
            "GRANT SELECT ON TABLE items TO PUBLIC",
            "GRANT SELECT ON TABLE items TO bob",
            "GRANT UPDATE ON TABLE items TO bob WITH GRANT OPTION",
        ],
    ),
    (
        NAME,
        {"privileges": "bob=r/me"},
        {},
        ["REVOKE SELECT (name) ON TABLE items FROM bob"],
    ),
]


@pytest.mark.parametrize(("key", "before", "after", "statements"), NOTES)
def test_notes_are_changed(key: Key, before: Parts, after: Parts, statements: list[str]) -> None:
    states = [State(ITEMS, {key: notes}) for notes in (before, after)]
    assert change(states[0], states[1]) == statements
