"""What the registry has recorded of objects."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import cast

import pytest
from sqlalchemy import Connection

from alembic_plugins import Prefix
from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.catalog.transaction_rows import Key
from alembic_plugins.namespaces import recorded
from alembic_plugins.namespaces.recorded import (
    RecordedObject,
    find_in_namespace,
    read_column_makers,
    read_recorded,
    select_epoch,
)
from alembic_plugins.registry.state import InstalledPlugin
from alembic_plugins.registry.tables import make_tables

from ..builders import CRM, NOTES, SHOP, make_object, to_sql

NOBODY = cast("Connection", None)
"""Where nothing is asked but what the fixture tells."""

TABLES = make_tables(None)

CONTACTS = make_object("crm.contacts")
FUNCTION = make_object("crm.f(integer)", "function")
NOTE = make_object("app.notes_a")
ASIDE = make_object("quarantine_notes.notes_a")
ITEMS = {item.key: item for item in (CONTACTS, FUNCTION, NOTE, ASIDE)}


@pytest.fixture(autouse=True)
def _catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let `ITEMS` be all objects that there are."""

    def find_standing(_connection: Connection, schema: str) -> list[Key]:
        return [key for key, item in ITEMS.items() if item.schema == schema]

    def find_prefixed(connection: Connection, namespace: Prefix, schema: str) -> list[Key]:
        standing = find_standing(connection, schema)
        return [key for key in standing if namespace.covers(str(ITEMS[key].name))]

    def read_objects(
        _connection: Connection, keys: Collection[Key]
    ) -> Mapping[Key, DatabaseObject]:
        return {key: ITEMS[key] for key in keys}

    monkeypatch.setattr(recorded, "find_standing", find_standing)
    monkeypatch.setattr(recorded, "find_prefixed", find_prefixed)
    monkeypatch.setattr(recorded, "read_objects", read_objects)


def take_for_its_own(item: DatabaseObject, plugin: str) -> RecordedObject:
    """Return what is recorded of an object that is only taken for a plugin's."""
    return RecordedObject(plugin, None, True, (*item.key, 0), item.kind, item.identity)


@pytest.mark.parametrize(
    ("plugin", "items"),
    [
        (CRM, [CONTACTS, FUNCTION]),
        (NOTES, [NOTE]),
        (SHOP, []),
        (replace(CRM, quarantine="quarantine_crm"), []),
        (replace(NOTES, quarantine="quarantine_notes"), [ASIDE]),
        (replace(SHOP, quarantine="quarantine_notes"), [ASIDE]),
    ],
)
def test_what_is_in_a_plugins_namespace_is_taken_for_its_own(
    plugin: InstalledPlugin, items: list[DatabaseObject]
) -> None:
    expected = [take_for_its_own(item, plugin.name) for item in items]
    assert list(find_in_namespace(NOBODY, plugin, "app")) == expected


def test_first_version_of_the_registry_knows_only_namespaces() -> None:
    assert read_recorded(NOBODY, TABLES, 1, (NOTES, SHOP), "app") == (
        take_for_its_own(NOTE, "notes"),
    )


@pytest.mark.parametrize(
    ("schema", "table"),
    [
        (None, "'alembic_plugin_object'"),
        (
            "Order",
            "pg_catalog.concat(pg_catalog.quote_ident('Order'), '.', 'alembic_plugin_object')",
        ),
    ],
)
def test_epoch_is_of_the_cluster_and_the_table_with_what_is_recorded(
    schema: str | None, table: str
) -> None:
    sql = to_sql(select_epoch(make_tables(schema)))
    assert f"CAST(pg_catalog.to_regclass({table}) AS OID)" in sql
    assert "pg_catalog.pg_control_system()" in sql


def test_nothing_is_recorded_where_there_is_no_registry() -> None:
    assert read_recorded(NOBODY, TABLES, 0, (CRM,), "app") == ()


def test_nobody_has_added_columns_to_nothing() -> None:
    assert read_column_makers(NOBODY, TABLES, []) == {}


def test_recorded_object_is_told_by_what_it_was() -> None:
    assert take_for_its_own(FUNCTION, "crm").words == "function crm.f(integer)"
