"""The SQL that sets a namespace aside and brings it back."""

from collections.abc import Iterator
from typing import cast

import pytest
from sqlalchemy import Connection, Executable

from alembic_plugins import Prefix, Schema, quarantine
from alembic_plugins.catalog import CatalogObject
from alembic_plugins.plugin import Namespace
from alembic_plugins.quarantine import (
    MoveObject,
    RenameSchema,
    bring_back,
    find_quarantine,
    set_aside,
)

from .builders import to_sql

NOBODY = cast("Connection", None)
"""Where nothing is asked."""

BILLS = CatalogObject("table", "bill_items", "app.bill_items", "app", 1, 2)
FIRST = CatalogObject("table", "bill_items_1", "app.bill_items_1", "app", 1, 3)
VIEW = CatalogObject("view", "bill_Sums", 'app."bill_Sums"', "app", 1, 4)


def render(statements: Iterator[Executable]) -> list[str]:
    """Return statements as offline mode prints them."""
    return [to_sql(statement) for statement in statements]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Namespace]:
    """The namespaces of which the objects were asked for: a table with a partition, and a view."""
    asked: list[Namespace] = []
    partitions = {BILLS: (FIRST,)}

    def read_objects(_connection: Connection, namespace: Namespace) -> tuple[CatalogObject, ...]:
        asked.append(namespace)
        return BILLS, VIEW

    monkeypatch.setattr(quarantine, "read_objects", read_objects)
    monkeypatch.setattr(quarantine, "read_partitions", lambda _c, item: partitions.get(item, ()))
    return asked


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


@pytest.mark.parametrize(
    ("item", "schema", "sql"),
    [
        (BILLS, "quarantine_billing", "ALTER table app.bill_items SET SCHEMA quarantine_billing"),
        (VIEW, "order", 'ALTER view app."bill_Sums" SET SCHEMA "order"'),
    ],
)
def test_object_is_moved_as_the_catalog_writes_it(
    item: CatalogObject, schema: str, sql: str
) -> None:
    assert to_sql(MoveObject(item, schema)) == sql


def test_quarantine_is_named_after_the_plugin() -> None:
    assert find_quarantine("billing") == "quarantine_billing"


def test_quarantine_of_the_longest_name_is_one_that_postgresql_keeps_whole() -> None:
    assert len(find_quarantine("a" * 48)) <= 63
    assert Schema(find_quarantine("a" * 48), create=False)


@pytest.mark.parametrize("create", [True, False])
def test_schema_is_set_aside_by_its_name(create: bool) -> None:
    statements = set_aside(NOBODY, Schema("billing", create=create), "quarantine_billing")
    assert render(statements) == ["ALTER SCHEMA billing RENAME TO quarantine_billing"]


def test_schema_is_brought_back_by_its_name() -> None:
    statements = bring_back(NOBODY, Schema("billing"), "quarantine_billing", "app")
    assert render(statements) == ["ALTER SCHEMA quarantine_billing RENAME TO billing"]


def test_tables_of_a_prefix_are_set_aside_with_their_partitions(asked: list[Namespace]) -> None:
    assert render(set_aside(NOBODY, Prefix("bill_"), "quarantine_billing")) == [
        "CREATE SCHEMA quarantine_billing",
        "ALTER table app.bill_items_1 SET SCHEMA quarantine_billing",
        "ALTER table app.bill_items SET SCHEMA quarantine_billing",
        'ALTER view app."bill_Sums" SET SCHEMA quarantine_billing',
    ]
    assert asked == [Prefix("bill_")]


def test_tables_of_a_prefix_are_brought_back_to_the_hosts_schema(asked: list[Namespace]) -> None:
    assert render(bring_back(NOBODY, Prefix("bill_"), "quarantine_billing", "order")) == [
        'ALTER table app.bill_items_1 SET SCHEMA "order"',
        'ALTER table app.bill_items SET SCHEMA "order"',
        'ALTER view app."bill_Sums" SET SCHEMA "order"',
        "DROP SCHEMA quarantine_billing",
    ]
    assert asked == [Schema("quarantine_billing", create=False)]
