"""What a backup of plugins has."""

from collections.abc import Collection, Iterable, Mapping
from typing import cast

import pytest
from sqlalchemy import Connection

from alembic_plugins import Schema
from alembic_plugins.backup import contents
from alembic_plugins.backup.contents import Contents, find_contents
from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.catalog.queries import Column
from alembic_plugins.catalog.transaction_rows import Key
from alembic_plugins.namespaces.ownership import Ownership, PluginObjects

from ..builders import (
    make_installed,
    make_object,
    make_ownership,
    make_part,
    make_recorded,
    make_schema,
)

NOBODY = cast("Connection", None)
"""Where nothing is asked but what the fixture tells."""

CONTACTS = make_object("crm.contacts")
TYPE = make_object("crm.mood", "type")
LOGS = make_object("app.notes_logs")
PARTITION = make_part("other.notes_logs_1", "table", LOGS)
INDEX = make_part("app.ix", "index", LOGS)
STATISTICS = make_object("other.s", "statistics object")
FUNCTION = make_object("app.f(integer)", "function")
CITEXT = make_object("citext", "extension")
USERS = make_object("app.users")
LENT = make_object("lent.t", maker="lent")
LENT_TYPE = make_object("lent.mood", "type", maker="lent")
FOREIGN = make_object("crm.foreign", maker="notes")
ITEMS = {item.key: item for item in (PARTITION, USERS, LENT, LENT_TYPE, FOREIGN)}

BORROWERS = [
    make_installed(name, namespace=Schema("lent", create=False)) for name in ("lent", "other")
]


@pytest.fixture
def owned(monkeypatch: pytest.MonkeyPatch) -> dict[str, PluginObjects]:
    """What plugins have, where all objects are `ITEMS` and `LOGS` has a partition."""
    owned: dict[str, PluginObjects] = {}

    def read_plugin_objects(
        _connection: Connection, _ownership: Ownership, name: str
    ) -> PluginObjects:
        return owned[name]

    def find_partitions(_connection: Connection, items: Iterable[DatabaseObject]) -> list[Key]:
        return [PARTITION.key for item in items if item == LOGS]

    def find_standing(_connection: Connection, schema: str) -> list[Key]:
        return [key for key, item in ITEMS.items() if item.own_schema == schema]

    def find_statistics(_connection: Connection, items: Iterable[DatabaseObject]) -> list[Key]:
        return [STATISTICS.key for item in items if item == LOGS]

    def read_objects(
        _connection: Connection, keys: Collection[Key]
    ) -> Mapping[Key, DatabaseObject]:
        return {key: ITEMS[key] for key in keys}

    monkeypatch.setattr(contents, "read_plugin_objects", read_plugin_objects)
    monkeypatch.setattr(contents, "find_standing", find_standing)
    monkeypatch.setattr(contents, "find_partitions", find_partitions)
    monkeypatch.setattr(contents, "find_statistics", find_statistics)
    monkeypatch.setattr(contents, "read_objects", read_objects)
    return owned


def find(*names: str) -> Contents:
    """Return what a backup of plugins has."""
    return find_contents(NOBODY, make_ownership(), names)


def test_backup_has_a_plugins_own_schema_with_all_that_is_in_it(
    owned: dict[str, PluginObjects],
) -> None:
    owned["crm"] = PluginObjects((CONTACTS,), unknown=(TYPE,))
    assert find("crm") == Contents(("crm",), (CONTACTS,), made=("crm",))


@pytest.mark.parametrize("name", ["notes", "shop"])
def test_backup_has_the_relations_of_a_plugin_that_lives_beside_others(
    owned: dict[str, PluginObjects], name: str
) -> None:
    owned[name] = PluginObjects((USERS, INDEX))
    assert find(name).relations == (USERS,)


def test_backup_has_partitions_with_their_table(owned: dict[str, PluginObjects]) -> None:
    owned["notes"] = PluginObjects((LOGS,))
    assert find("notes").relations == (LOGS, PARTITION)


def find_lent(*names: str) -> Contents:
    """Return what a backup of plugins has that share a schema which is not the host's."""
    return find_contents(NOBODY, make_ownership(*BORROWERS), names)


def test_backup_has_a_schema_that_existed_where_all_in_it_is_the_plugins(
    owned: dict[str, PluginObjects],
) -> None:
    owned["lent"] = PluginObjects((LENT, LENT_TYPE))
    assert find_lent("lent") == Contents(("lent",), (LENT,), made=("lent",))


def test_backup_has_no_schema_that_another_plugin_has_something_in(
    owned: dict[str, PluginObjects],
) -> None:
    owned["other"] = PluginObjects()
    assert find_lent("other") == Contents()


def test_backup_of_all_that_share_a_schema_has_it_once(owned: dict[str, PluginObjects]) -> None:
    owned |= {"lent": PluginObjects((LENT,)), "other": PluginObjects()}
    assert find_lent("lent", "other") == Contents(("lent",), (LENT,), made=("lent",))


def test_backup_never_has_the_hosts_schema(owned: dict[str, PluginObjects]) -> None:
    owned["shop"] = PluginObjects()
    known = make_ownership(recorded=[make_recorded(USERS, "shop")])
    assert find_contents(NOBODY, known, ["shop"]) == Contents()


def test_backup_has_several_plugins(owned: dict[str, PluginObjects]) -> None:
    owned |= {"crm": PluginObjects((CONTACTS,)), "notes": PluginObjects((USERS,))}
    assert find("crm", "notes") == Contents(("crm",), (CONTACTS, USERS), made=("crm",))


@pytest.mark.parametrize("item", [FUNCTION, make_object("app.mood", "type"), INDEX])
def test_backup_lacks_what_is_no_relation_and_in_no_schema_of_its_own(
    owned: dict[str, PluginObjects], item: DatabaseObject
) -> None:
    owned["notes"] = PluginObjects((item,))
    assert find("notes").missing == (str(item),)


def test_backup_does_not_lack_statistics_of_what_it_has(owned: dict[str, PluginObjects]) -> None:
    owned["notes"] = PluginObjects((LOGS, STATISTICS))
    assert find("notes").missing == ()


def test_backup_lacks_columns_of_tables_of_others(owned: dict[str, PluginObjects]) -> None:
    owned["crm"] = PluginObjects((CONTACTS,), columns=(Column(USERS, "tag", 3),))
    assert find("crm").missing == ("column tag of table app.users",)


@pytest.mark.parametrize("item", [CITEXT, make_schema("crm"), INDEX])
def test_backup_does_not_lack_what_stays_or_hangs_on_what_it_has(
    owned: dict[str, PluginObjects], item: DatabaseObject
) -> None:
    owned["notes"] = PluginObjects((LOGS, item))
    assert find("notes").missing == ()


@pytest.mark.parametrize(
    ("item", "has"),
    [
        (CONTACTS, True),
        (TYPE, True),
        (LOGS, True),
        (INDEX, True),
        (PARTITION, True),
        (FUNCTION, False),
        (USERS, False),
    ],
)
def test_backup_has_what_is_in_its_schemas_or_hangs_on_its_relations(
    item: DatabaseObject, has: bool
) -> None:
    assert Contents(("crm",), (LOGS,)).has(item) is has


def test_relations_outside_of_the_schemas_are_chosen_one_by_one() -> None:
    assert Contents(("crm",), (CONTACTS, LOGS)).single == (LOGS,)
