"""Objects as PostgreSQL identifies them."""

from typing import NamedTuple, cast

import pytest
from sqlalchemy import Connection

from alembic_plugins.catalog.objects import (
    DatabaseObject,
    make_objects,
    make_parameters,
    read_makers,
    read_objects,
)
from alembic_plugins.registry.tables import make_tables

from ..builders import make_object, make_part, make_row

NOBODY = cast("Connection", None)
"""Where nothing is asked."""

TABLES = make_tables(None)

TABLE = make_object("crm.contacts")
PARTITION = make_part("crm.contacts_1", "table", TABLE)
INDEX = make_part("crm.ix", "index", PARTITION)
FUNCTION = make_object("crm.f(integer)", "function")
CITEXT = make_object("citext", "extension")
POSITIVE = make_part("p on crm.price", "domain constraint", make_object("crm.price", "type"))


FOUND: dict[str, object] = {
    "classid": 1259,
    "objid": 17,
    "kind": "index",
    "identity": "crm.ix",
    "schema": "crm",
    "name": "contacts",
    "own_schema": "crm",
    "own_name": "ix",
    "chain_classids": [1259, 1259],
    "chain_objids": [17, 16],
    "types": None,
    "function": None,
    "is_everywhere": False,
    "is_part": True,
    "is_internal": False,
}
"""A row of the query for objects."""


def make_of(**values: object) -> DatabaseObject:
    """Return the object of a row with some values."""
    return DatabaseObject.from_row(make_row(**{**FOUND, **values}))


def test_object_is_made_of_a_row() -> None:
    chain = ((1259, 17), (1259, 16))
    words = ("index", "crm.ix", "crm", "contacts", "crm", "ix")
    assert make_of() == DatabaseObject(1259, 17, *words, chain, is_part=True)


def test_object_that_is_no_relation_is_in_its_own_schema() -> None:
    item = make_of(own_schema=None, own_name=None)
    assert (item.own_schema, item.own_name) == ("crm", None)


def test_object_is_made_of_types_and_a_function() -> None:
    assert make_of(types=[18, 0, 19], function=20).made_of == ((1247, 18), (1247, 19), (1255, 20))


@pytest.mark.parametrize("function", [None, 0])
def test_object_may_be_made_of_nothing(function: int | None) -> None:
    assert make_of(function=function).made_of == ()


def test_object_without_a_record_has_no_maker() -> None:
    item = make_of()
    assert (item.maker, item.is_made, item.permitted) == (None, False, ())


def test_object_brings_along_what_is_recorded_of_it() -> None:
    item = make_of(maker="crm", is_made=True, permitted=["notes", "shop"])
    assert (item.maker, item.is_made, item.permitted) == ("crm", True, ("notes", "shop"))


def test_objects_are_found_by_their_keys() -> None:
    rows = [make_row(**FOUND), make_row(**{**FOUND, "objid": 18})]
    assert list(make_objects(rows)) == [(1259, 17), (1259, 18)]


def test_object_is_told_by_kind_and_identity() -> None:
    assert str(FUNCTION) == "function crm.f(integer)"


@pytest.mark.parametrize(
    ("item", "root"),
    [
        (TABLE, TABLE),
        (PARTITION, TABLE),
        (INDEX, TABLE),
        (FUNCTION, FUNCTION),
        (POSITIVE, POSITIVE),
    ],
)
def test_root_is_the_relation_on_which_an_object_hangs_in_the_end(
    item: DatabaseObject, root: DatabaseObject
) -> None:
    assert item.root == root.key


@pytest.mark.parametrize(
    ("item", "extension"),
    [
        (make_part("public.citext", "type", CITEXT), CITEXT.key),
        (CITEXT, None),
        (FUNCTION, None),
        (INDEX, None),
        (DatabaseObject(1255, 17, "function", "f()", None, None), None),
    ],
)
def test_extension_is_that_of_a_member(
    item: DatabaseObject, extension: tuple[int, int] | None
) -> None:
    assert item.extension == extension


def test_parameters_are_catalogs_and_rows() -> None:
    assert make_parameters([(1259, 17), (1255, 18)]) == {
        "classids": [1259, 1255],
        "objids": [17, 18],
    }


def test_nothing_is_asked_about_nothing() -> None:
    assert read_objects(NOBODY, []) == {}
    assert read_makers(NOBODY, TABLES, []) == {}


class Row(NamedTuple):
    """A row of the registry."""

    item: DatabaseObject
    plugin: str
    made: bool = True

    @property
    def classid(self) -> int:
        """The system catalog that the object is in."""
        return self.item.classid

    @property
    def objid(self) -> int:
        """Its row there."""
        return self.item.objid


class Registry:
    """A connection that answers each question with some rows."""

    def __init__(self, *rows: Row) -> None:
        self._rows = rows

    def execute(self, _query: object) -> "Registry":
        """Answer a question."""
        return self

    def all(self) -> tuple[Row, ...]:
        """Return all rows."""
        return self._rows


def read_maker(item: DatabaseObject, *rows: Row) -> DatabaseObject:
    """Return an object that was dropped with what is recorded of it."""
    return read_makers(cast("Connection", Registry(*rows)), TABLES, [item])[item.key]


def test_dropped_object_was_made_by_whom_the_nearest_on_its_chain_was_made_by() -> None:
    index = read_maker(INDEX, Row(TABLE, "crm"), Row(PARTITION, "notes"))
    assert (index.maker, index.is_made) == ("notes", False)


def test_dropped_object_that_was_recorded_was_made_itself() -> None:
    index = read_maker(INDEX, Row(TABLE, "crm"), Row(INDEX, "notes"))
    assert (index.maker, index.is_made) == ("notes", True)


def test_dropped_object_was_permitted_to_whom_anything_on_its_chain_was() -> None:
    rows = (Row(TABLE, "crm", made=False), Row(INDEX, "notes", made=False))
    assert read_maker(INDEX, *rows).permitted == ("notes", "crm")


def test_who_has_made_a_dropped_object_and_who_was_permitted_are_told_apart() -> None:
    table = read_maker(TABLE, Row(TABLE, "crm"), Row(TABLE, "notes", made=False))
    assert (table.maker, table.permitted) == ("crm", ("notes",))


def test_dropped_object_that_was_only_permitted_has_no_maker() -> None:
    table = read_maker(TABLE, Row(TABLE, "notes", made=False))
    assert (table.maker, table.is_made) == (None, False)


def test_dropped_object_that_nobody_has_recorded_has_no_maker() -> None:
    assert read_maker(INDEX) == INDEX
