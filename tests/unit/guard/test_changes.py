"""What a transaction has done, as values."""

import pytest

from alembic_plugins.guard.changes import Change

from ..builders import created, dropped, make_object, renamed

TABLE = make_object("crm.contacts")


@pytest.mark.parametrize("change", [created(TABLE), dropped(TABLE)])
def test_change_is_of_the_object_that_is_or_was_there(change: Change) -> None:
    assert change.item == TABLE


def test_change_is_of_the_object_as_it_was() -> None:
    assert renamed(TABLE, "crm.people").item == TABLE
