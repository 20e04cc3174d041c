"""What is recorded of what revisions have made, dropped and changed."""

from collections.abc import Collection, Mapping, Sequence
from typing import cast

import pytest
from sqlalchemy import Executable

from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.connection.writer import RegistryWriter
from alembic_plugins.guard.changes import Change, Footprint
from alembic_plugins.guard.recording import Recorder
from alembic_plugins.guard.rules import Checker
from alembic_plugins.planning.operations import ApplyRevision, Step
from alembic_plugins.registry.statements import Row
from alembic_plugins.registry.tables import make_tables

from ..builders import (
    altered,
    bind,
    created,
    dropped,
    make_object,
    make_part,
    make_permissions,
    make_schema,
    wrote,
)

CONTACTS = make_object("crm.contacts")
PEOPLE = make_object("crm.people")
USERS = make_object("app.users")
INDEX = make_part("app.ix", "index", USERS)
OWN_INDEX = make_part("crm.ix", "index", make_object("crm.old", maker="crm"), maker="crm")

FIRST, SECOND = (ApplyRevision("crm", revision) for revision in ("c1", "c2"))
HOSTS = ApplyRevision("host", "h1")


class Hand:
    """A writer that keeps what it writes."""

    def __init__(self) -> None:
        self.tables = make_tables(None)
        self.epoch = "7/8"
        self.prepared: set[tuple[str, str]] = set()
        self.rows: list[dict[str, object]] = []
        self.values: list[Mapping[str, object]] = []
        self.is_idle = True

    def execute(self, statement: Executable) -> None:
        """Keep the values of a statement."""
        self.is_idle = False
        self.values.append(bind(statement)[1])

    def write(self, row: Row) -> None:
        """Keep rows of the registry, which have a list a column."""
        self.is_idle = False
        lists = cast("Mapping[str, list[object]]", row.values)
        self.rows += [
            dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)
        ]


@pytest.fixture
def hand() -> Hand:
    """A writer that keeps what it writes."""
    return Hand()


def record(
    hand: Hand,
    *changes: Change,
    steps: Sequence[Step] = (FIRST,),
    commands: Collection[tuple[int, str]] = (),
    writes: Collection[str] = (),
) -> None:
    """Record what a transaction has done."""
    new = {change.key for change in changes if change.before is None}
    permissions = make_permissions(steps[-1].plugin, new=new, writes=writes)
    checker = Checker(Footprint(changes), permissions)
    Recorder(cast("RegistryWriter", hand)).record(checker, steps, commands)


def test_made_object_is_recorded_with_its_revision(hand: Hand) -> None:
    record(hand, created(CONTACTS))
    (row,) = hand.rows
    assert row == {
        "plugin": "crm",
        "revision": "c1",
        "made": True,
        "classid": CONTACTS.classid,
        "objid": CONTACTS.objid,
        "objsubid": 0,
        "epoch": "7/8",
        "kind": "table",
        "identity": "crm.contacts",
    }


def test_added_column_is_recorded_with_its_number(hand: Hand) -> None:
    record(hand, altered(USERS, new_columns={3: "tag"}))
    (row,) = hand.rows
    words = (row["kind"], row["identity"], row["objsubid"])
    assert words == ("table column", "app.users.tag", 3)


@pytest.mark.parametrize(
    ("command", "revision"), [(1, "c1"), (5, "c1"), (6, "c2"), (9, "c2"), (10, "c2")]
)
def test_object_is_of_the_revision_that_is_recorded_next(
    hand: Hand, command: int, revision: str
) -> None:
    commands = [(9, "c2"), (5, "c1")]
    record(hand, created(CONTACTS, command=command), steps=(FIRST, SECOND), commands=commands)
    assert hand.rows[0]["revision"] == revision


def test_object_is_of_the_branch_of_its_revision(hand: Hand) -> None:
    commands = [(5, "h1"), (9, "c1")]
    record(hand, created(USERS, command=3), steps=(HOSTS, FIRST), commands=commands)
    assert (hand.rows[0]["plugin"], hand.rows[0]["revision"]) == ("host", "h1")


def test_what_was_made_for_a_plugin_before_is_not_recorded(hand: Hand) -> None:
    hand.prepared = {("schema", "crm"), ("extension", "citext")}
    record(hand, created(make_schema("crm")), created(make_object("citext", "extension")))
    assert hand.is_idle


def test_declared_table_that_was_changed_is_recorded_as_permitted(hand: Hand) -> None:
    record(hand, wrote(USERS), writes={"users"})
    (row,) = hand.rows
    assert (row["made"], row["revision"], row["objsubid"]) == (False, None, 0)
    assert row["identity"] == "app.users"


def test_nothing_is_permitted_to_the_host(hand: Hand) -> None:
    record(hand, wrote(make_object("crm.old", maker="crm")), steps=(HOSTS,), writes={"crm.old"})
    assert hand.is_idle


def test_dropped_object_is_forgotten(hand: Hand) -> None:
    record(hand, dropped(CONTACTS))
    assert hand.values == [{"param_1": [CONTACTS.key], "param_2": []}]


def test_dropped_column_is_forgotten(hand: Hand) -> None:
    record(hand, altered(USERS, old_columns={3: "tag"}))
    assert hand.values == [{"param_1": [], "param_2": [(*USERS.key, 3)]}]


def test_object_that_was_made_again_keeps_its_record(hand: Hand) -> None:
    again = make_part("app.ix", "index", USERS, objid=1)
    record(hand, dropped(INDEX), created(again))
    (values,) = hand.values
    assert (values["objid"], values["objid_1"]) == (1, INDEX.objid)


def test_nothing_is_recorded_where_nothing_was_made(hand: Hand) -> None:
    record(hand, wrote(CONTACTS))
    assert hand.is_idle


def record_new(hand: Hand, *items: DatabaseObject, new: Sequence[DatabaseObject] = ()) -> None:
    """Record what a revision has made outside of a transaction."""
    keys = {item.key for item in new or items}
    permissions = make_permissions("crm", new=keys, writes={"users"})
    Recorder(cast("RegistryWriter", hand)).record_new(items, keys, permissions, FIRST)


@pytest.mark.parametrize("item", [CONTACTS, INDEX])
def test_what_was_made_outside_of_a_transaction_is_recorded(
    hand: Hand, item: DatabaseObject
) -> None:
    record_new(hand, item)
    (row,) = hand.rows
    assert (row["plugin"], row["revision"], row["identity"]) == ("crm", "c1", item.identity)
    assert (row["made"], row["objsubid"]) == (True, 0)


@pytest.mark.parametrize("item", [OWN_INDEX, make_object("app.people")])
def test_part_of_its_own_and_what_another_may_have_made_is_not_recorded(
    hand: Hand, item: DatabaseObject
) -> None:
    record_new(hand, item)
    assert hand.is_idle


def test_what_was_only_changed_outside_of_a_transaction_is_not_recorded(hand: Hand) -> None:
    record_new(hand, CONTACTS, PEOPLE, new=[PEOPLE])
    (row,) = hand.rows
    assert row["identity"] == "crm.people"


def test_what_was_prepared_is_not_recorded_outside_of_a_transaction(hand: Hand) -> None:
    hand.prepared = {("schema", "crm")}
    record_new(hand, make_schema("crm"))
    assert hand.is_idle
