"""What revisions have made that another tool has run."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import cast

import pytest
from sqlalchemy import Connection

from alembic_plugins.namespaces import inferred
from alembic_plugins.namespaces.inferred import Inferred, place_rows
from alembic_plugins.namespaces.recorded import Found, RecordedObject

NOBODY = cast("Connection", None)
"""Where nothing is asked but what the fixture tells."""

THERE = RecordedObject("crm", "c1", True, (1259, 17, 0), "table", "crm.contacts", 5)
COLUMN = RecordedObject("crm", "c2", True, (1259, 18, 3), "table column", "app.users.tag", 6)
ELSEWHERE = {
    "table crm.contacts": Found("table", "crm.contacts", (1259, 1017, 0)),
    "table column app.users.tag": Found("table column", "app.users.tag", (1259, 1018, 4)),
}


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The words that are asked for in a database where `ELSEWHERE` tells what they mean."""
    asked: list[str] = []

    def find_places(_connection: Connection, words: Iterable[str]) -> Mapping[str, Found]:
        asked.extend(sorted(words))
        return {word: ELSEWHERE[word] for word in asked if word in ELSEWHERE}

    monkeypatch.setattr(inferred, "find_places", find_places)
    return asked


def test_object_is_found_in_another_database_by_its_words() -> None:
    (row,) = place_rows(NOBODY, [THERE])
    assert row == replace(THERE, place=(1259, 1017, 0), id=None)


def test_column_is_found_by_its_words() -> None:
    (row,) = place_rows(NOBODY, [COLUMN])
    assert (row.place, row.revision) == ((1259, 1018, 4), "c2")


def test_object_that_is_not_there_is_left_out() -> None:
    assert place_rows(NOBODY, [replace(THERE, identity="crm.people")]) == ()


def test_objects_keep_their_order() -> None:
    rows = place_rows(NOBODY, iter([COLUMN, THERE]))
    assert [row.identity for row in rows] == ["app.users.tag", "crm.contacts"]


def test_same_words_are_asked_for_once(asked: list[str]) -> None:
    place_rows(NOBODY, [THERE, replace(THERE, plugin="notes", made=False)])
    assert asked == ["table crm.contacts"]


def test_trace_is_sure_unless_it_says_otherwise() -> None:
    assert Inferred(()).doubt is None
