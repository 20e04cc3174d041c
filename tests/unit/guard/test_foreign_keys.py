"""What foreign keys and triggers explain."""

from types import SimpleNamespace
from typing import Any, cast

import pytest
from sqlalchemy import Connection

from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.guard.changes import Change
from alembic_plugins.guard.foreign_keys import find_explained

from ..builders import make_change, make_object, read, wrote

CONTACTS = make_object("crm.contacts")
LINKS = make_object("app.notes_links")
"""Refers to `CONTACTS`."""
TAGS = make_object("app.notes_tags")
"""Refers to `LINKS`."""
LOG = make_object("app.notes_log")
"""Refers to nothing."""

OTHERS = {item.key: "notes" for item in (LINKS, TAGS, LOG)}


class Catalog:
    """A connection that answers which foreign keys there are, and which tables have triggers.

    Args:
        acts: whether the foreign keys delete or update rows.
        triggered: the tables with triggers.
    """

    def __init__(self, *triggered: DatabaseObject, acts: bool = True) -> None:
        self._keys = [
            SimpleNamespace(child=child.objid, parent=parent.objid, acts=acts)
            for child, parent in ((LINKS, CONTACTS), (TAGS, LINKS))
        ]
        self._triggered = [SimpleNamespace(tgrelid=item.objid) for item in triggered]

    def execute(self, query: object, _parameters: object) -> list[Any]:
        """Answer one of the two questions."""
        return self._triggered if "pg_trigger" in str(query) else self._keys


def find(
    *others: Change,
    catalog: Catalog | None = None,
    owners: dict[tuple[int, int], str] | None = None,
    written: tuple[Change, ...] = (wrote(CONTACTS),),
) -> set[tuple[int, int]]:
    """Return which relations of others bear only what writing to `CONTACTS` does to them."""
    return find_explained(
        cast("Connection", catalog or Catalog()),
        {change.key: change for change in written},
        {change.key: change for change in others},
        owners or OTHERS,
    )


@pytest.mark.parametrize("change", [wrote(LINKS), read(LINKS)])
def test_table_that_refers_to_a_written_one_is_explained(change: Change) -> None:
    assert find(change) == {LINKS.key}


def test_table_that_refers_to_an_explained_one_is_explained() -> None:
    assert find(wrote(LINKS), wrote(TAGS)) == {LINKS.key, TAGS.key}


def test_table_that_refers_to_one_that_was_left_alone_is_not_explained() -> None:
    assert find(wrote(TAGS)) == set()


def test_table_that_refers_to_nothing_is_not_explained() -> None:
    assert find(wrote(LOG)) == set()


def test_row_that_was_inserted_is_not_explained() -> None:
    assert find(make_change(LINKS, LINKS, "RowExclusiveLock", inserted=1)) == set()


def test_row_that_was_written_is_not_explained_by_a_key_that_only_checks() -> None:
    assert find(wrote(LINKS), catalog=Catalog(acts=False)) == set()


def test_row_that_was_read_is_explained_by_a_key_that_only_checks() -> None:
    assert find(read(LINKS), catalog=Catalog(acts=False)) == {LINKS.key}


def test_trigger_of_an_explained_table_explains_what_its_owner_has() -> None:
    found = find(wrote(LINKS), wrote(LOG), catalog=Catalog(LINKS))
    assert found == {LINKS.key, LOG.key}


def test_trigger_explains_nothing_of_another_owner() -> None:
    owners = {**OTHERS, LOG.key: "host"}
    assert find(wrote(LINKS), wrote(LOG), catalog=Catalog(LINKS), owners=owners) == {LINKS.key}


def test_trigger_of_a_table_that_is_not_explained_explains_nothing() -> None:
    assert find(wrote(LOG), wrote(TAGS), catalog=Catalog(TAGS)) == set()


def test_trigger_of_a_table_that_was_only_read_explains_nothing() -> None:
    assert find(read(LINKS), wrote(LOG), catalog=Catalog(LINKS)) == {LINKS.key}


def test_nothing_is_explained_where_nothing_was_written() -> None:
    assert find(wrote(LINKS), written=()) == set()


def test_nothing_is_asked_where_nothing_of_others_was_used() -> None:
    assert find(catalog=cast("Catalog", None)) == set()
