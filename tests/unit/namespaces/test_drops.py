"""The SQL that drops and locks objects."""

import pytest

from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.catalog.queries import Column
from alembic_plugins.namespaces.drops import (
    drop_column,
    drop_object,
    lock_table,
    name_kind,
)

from ..builders import make_object, make_part, make_schema, to_sent

BILLS = make_object('billing."Bills"')
PRICE = make_object("billing.price", "type")


def make_named(kind: str, identity: str) -> DatabaseObject:
    """Return an object that SQL calls so."""
    return make_object(identity, kind)


@pytest.mark.parametrize(
    ("item", "sql"),
    [
        (BILLS, 'DROP table billing."Bills"'),
        (make_named("materialized view", "billing.sums"), "DROP materialized view billing.sums"),
        (make_named("foreign table", "billing.f"), "DROP foreign table billing.f"),
        (make_named("function", 'billing."50%"(integer)'), 'DROP function billing."50%"(integer)'),
        (make_named("procedure", "billing.p()"), "DROP procedure billing.p()"),
        (make_named("aggregate", "billing.a(integer)"), "DROP ROUTINE billing.a(integer)"),
        (make_named("composite type", "billing.c"), "DROP TYPE billing.c"),
        (make_named("type", 'billing."a:b"'), 'DROP type billing."a:b"'),
        (make_named("statistics object", "billing.s"), "DROP STATISTICS billing.s"),
        (make_named("foreign-data wrapper", "w"), "DROP FOREIGN DATA WRAPPER w"),
        (make_named("cast", "(billing.a AS billing.b)"), "DROP cast (billing.a AS billing.b)"),
        (make_named("trigger", "t on billing.bills"), "DROP trigger t on billing.bills"),
        (make_schema("billing"), "DROP schema billing"),
    ],
    ids=lambda value: value.kind if isinstance(value, DatabaseObject) else None,
)
def test_object_is_dropped_without_cascade(item: DatabaseObject, sql: str) -> None:
    assert to_sent(drop_object(item, None)) == sql


def test_object_in_a_circle_is_dropped_with_cascade() -> None:
    assert to_sent(drop_object(BILLS, None, cascade=True)) == 'DROP table billing."Bills" CASCADE'


@pytest.mark.parametrize(("cascade", "end"), [(False, ""), (True, " CASCADE")])
def test_constraint_of_a_table_is_dropped_of_the_table(cascade: bool, end: str) -> None:
    item = make_part('"a on b" on billing."Bills"', "table constraint", BILLS)
    sql = f'ALTER TABLE billing."Bills" DROP CONSTRAINT "a on b"{end}'
    assert to_sent(drop_object(item, BILLS, cascade=cascade)) == sql


def test_constraint_of_a_domain_is_dropped_of_the_domain() -> None:
    item = make_part("positive on billing.price", "domain constraint", PRICE)
    sql = "ALTER DOMAIN billing.price DROP CONSTRAINT positive"
    assert to_sent(drop_object(item, PRICE)) == sql


def test_large_object_is_unlinked() -> None:
    item = make_object("17", "large object", objid=17)
    assert to_sent(drop_object(item, None)) == "SELECT pg_catalog.lo_unlink(17)"


@pytest.mark.parametrize("name", ["tag", '"a:b"', '"50%"'])
def test_column_is_dropped_as_the_catalog_writes_it(name: str) -> None:
    sql = f'ALTER TABLE billing."Bills" DROP COLUMN {name}'
    assert to_sent(drop_column(Column(BILLS, name, 3))) == sql


@pytest.mark.parametrize("mode", ["SHARE", "ACCESS EXCLUSIVE"])
def test_table_is_locked_in_a_mode(mode: str) -> None:
    assert to_sent(lock_table(BILLS, mode)) == f'LOCK TABLE billing."Bills" IN {mode} MODE'


@pytest.mark.parametrize(
    ("kind", "word"),
    [
        ("table", "table"),
        ("sequence", "sequence"),
        ("aggregate", "ROUTINE"),
        ("composite type", "TYPE"),
        ("statistics object", "STATISTICS"),
    ],
)
def test_kind_is_what_sql_calls_it(kind: str, word: str) -> None:
    assert name_kind(make_object("billing.x", kind)) == word


def test_column_is_told_with_its_table() -> None:
    assert str(Column(BILLS, "tag", 3)) == 'column tag of table billing."Bills"'
