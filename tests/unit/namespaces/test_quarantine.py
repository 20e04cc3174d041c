"""The SQL that sets a plugin's objects aside and brings them back."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import cast

import pytest
from sqlalchemy import Connection, Executable

from alembic_plugins import Prefix, Schema
from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.catalog.transaction_rows import Key
from alembic_plugins.namespaces import quarantine
from alembic_plugins.namespaces.quarantine import (
    RenameSchema,
    bring_back,
    find_quarantine,
    is_movable,
    set_aside,
)
from alembic_plugins.plugin import Namespace

from ..builders import make_object, make_part, rename, to_sql

NOBODY = cast("Connection", None)
"""Where nothing is asked but what the fixture tells."""

BILLS = make_object("app.bill_items")
FIRST = make_object("app.bill_items_1")
VIEW = make_object('app."bill_Sums"', "view")
INDEX = make_part("app.ix", "index", BILLS)
ABROAD = make_object("other.bill_log")

SHARED = Schema("app", create=False)
ASIDE = "quarantine_billing"


def render(statements: Iterator[Executable]) -> list[str]:
    """Return statements as offline mode prints them."""
    return [to_sql(statement) for statement in statements]


def put_aside(*items: DatabaseObject) -> list[DatabaseObject]:
    """Return objects as they are where they are set aside."""
    return [rename(item, f"{ASIDE}.{item.name}") for item in items]


@pytest.fixture(autouse=True)
def schemas(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The schemas that are there, in a database in which `BILLS` has a partition."""
    schemas = {"app", "order", "public", ASIDE}
    found = {FIRST.key: FIRST}

    def find_partitions(_connection: Connection, items: Iterable[DatabaseObject]) -> list[Key]:
        return [FIRST.key] if BILLS.key in [item.key for item in items] else []

    def read_objects(
        _connection: Connection, keys: Collection[Key]
    ) -> Mapping[Key, DatabaseObject]:
        return {key: found[key] for key in keys}

    monkeypatch.setattr(quarantine, "find_partitions", find_partitions)
    monkeypatch.setattr(quarantine, "read_objects", read_objects)
    monkeypatch.setattr(quarantine, "has_schema", lambda _c, schema: schema.name in schemas)
    return schemas


@pytest.mark.parametrize(
    ("name", "to", "sql"),
    [
        (
            "billing",
            "quarantine_billing",
            "ALTER SCHEMA billing RENAME TO quarantine_billing",
        ),
        ("quarantine_order", "order", 'ALTER SCHEMA quarantine_order RENAME TO "order"'),
        ("Shop", 'a"b', 'ALTER SCHEMA "Shop" RENAME TO "a""b"'),
    ],
)
def test_schema_is_renamed_and_quoted(name: str, to: str, sql: str) -> None:
    assert to_sql(RenameSchema(name, to)) == sql


def test_quarantine_is_named_after_the_plugin() -> None:
    assert find_quarantine("billing") == "quarantine_billing"


def test_quarantine_of_the_longest_name_is_one_that_postgresql_keeps_whole() -> None:
    assert len(find_quarantine("a" * 48)) <= 63
    assert Schema(find_quarantine("a" * 48), create=False)


@pytest.mark.parametrize("kind", ["table", "view", "sequence", "type", "function", "operator"])
def test_object_that_stands_for_itself_can_be_moved(kind: str) -> None:
    assert is_movable(make_object("app.thing", kind))


@pytest.mark.parametrize("kind", ["cast", "publication", "schema", "extension", "trigger"])
def test_object_that_no_schema_has_cannot_be_moved(kind: str) -> None:
    assert not is_movable(make_object("thing", kind))


def test_sequence_that_a_column_owns_cannot_be_moved_by_itself() -> None:
    assert not is_movable(make_part("app.bill_items_id_seq", "sequence", BILLS))


def test_schema_of_its_own_is_set_aside_by_its_name() -> None:
    statements = set_aside(NOBODY, Schema("billing"), ASIDE, [make_object("billing.bills")])
    assert render(statements) == ["ALTER SCHEMA billing RENAME TO quarantine_billing"]


def test_schema_of_its_own_is_brought_back_by_its_name() -> None:
    statements = bring_back(NOBODY, Schema("billing"), ASIDE, "app", put_aside(BILLS))
    assert render(statements) == ["ALTER SCHEMA quarantine_billing RENAME TO billing"]


@pytest.mark.parametrize("namespace", [Prefix("bill_"), SHARED])
def test_objects_that_live_beside_others_are_set_aside_with_partitions(
    namespace: Namespace,
) -> None:
    assert render(set_aside(NOBODY, namespace, ASIDE, [BILLS, VIEW])) == [
        "CREATE SCHEMA quarantine_billing",
        'ALTER table app.bill_items_1 SET SCHEMA "quarantine_billing"',
        'ALTER table app.bill_items SET SCHEMA "quarantine_billing"',
        'ALTER view app."bill_Sums" SET SCHEMA "quarantine_billing"',
    ]


def test_partition_that_the_plugin_has_made_is_moved_once() -> None:
    statements = render(set_aside(NOBODY, SHARED, ASIDE, [BILLS, FIRST]))
    assert len(statements) == len(set(statements)) == 3


def test_objects_in_several_schemas_are_set_aside_together() -> None:
    statements = render(set_aside(NOBODY, SHARED, ASIDE, [VIEW, ABROAD]))
    assert statements[-1] == 'ALTER table other.bill_log SET SCHEMA "quarantine_billing"'


@pytest.mark.parametrize("item", [INDEX, make_object("(app.a AS app.b)", "cast")])
def test_object_that_cannot_be_moved_stays(item: DatabaseObject) -> None:
    assert render(set_aside(NOBODY, SHARED, ASIDE, [item])) == ["CREATE SCHEMA quarantine_billing"]


def test_partition_in_another_schema_than_all_that_moves_stays() -> None:
    beside = rename(BILLS, "other.bill_items")
    assert render(set_aside(NOBODY, SHARED, ASIDE, [beside])) == [
        "CREATE SCHEMA quarantine_billing",
        'ALTER table other.bill_items SET SCHEMA "quarantine_billing"',
    ]


@pytest.mark.parametrize(
    ("kind", "word"),
    [("aggregate", "ROUTINE"), ("composite type", "TYPE"), ("statistics object", "STATISTICS")],
)
def test_object_is_moved_as_what_sql_calls_its_kind(kind: str, word: str) -> None:
    statement = render(set_aside(NOBODY, SHARED, ASIDE, [make_object("app.x", kind)]))[1]
    assert statement == f'ALTER {word} app.x SET SCHEMA "quarantine_billing"'


def test_object_that_is_there_already_is_not_moved() -> None:
    statements = set_aside(NOBODY, SHARED, ASIDE, put_aside(BILLS))
    assert render(statements) == ["CREATE SCHEMA quarantine_billing"]


@pytest.mark.parametrize("schema", ["order", "public"])
def test_objects_of_a_prefix_are_brought_back_to_the_hosts_schema(schema: str) -> None:
    items = put_aside(BILLS, make_object("app.bill_sums", "view"))
    assert render(bring_back(NOBODY, Prefix("bill_"), ASIDE, schema, items)) == [
        f'ALTER table quarantine_billing.bill_items SET SCHEMA "{schema}"',
        f'ALTER view quarantine_billing.bill_sums SET SCHEMA "{schema}"',
        "DROP SCHEMA quarantine_billing",
    ]


def test_objects_of_a_schema_that_existed_are_brought_back_there() -> None:
    statements = bring_back(NOBODY, SHARED, ASIDE, "public", put_aside(BILLS))
    assert render(statements)[0] == 'ALTER table quarantine_billing.bill_items SET SCHEMA "app"'


def test_schema_that_is_gone_meanwhile_is_made_again(schemas: set[str]) -> None:
    schemas.remove("app")
    statements = render(bring_back(NOBODY, SHARED, ASIDE, "public", put_aside(BILLS)))
    assert statements[0] == "CREATE SCHEMA app"


def test_only_what_is_set_aside_is_brought_back() -> None:
    statements = bring_back(NOBODY, SHARED, ASIDE, "public", [ABROAD])
    assert render(statements) == ["DROP SCHEMA quarantine_billing"]
