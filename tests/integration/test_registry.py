"""What the database remembers, written and read."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Column, Connection, Executable, MetaData, String, Table, text

from alembic_plugins.plugin import Prefix, Schema
from alembic_plugins.refusals import IncompleteRegistry, NewerRegistry
from alembic_plugins.registry import (
    AppliedRevision,
    InstalledPlugin,
    State,
    read_events,
    read_state,
    read_undo,
    record_applied,
    record_event,
    record_installed,
    record_reverted,
    record_uninstalled,
    record_versions,
)
from alembic_plugins.tables import VERSION, make_tables
from alembic_plugins.undo import Undo

VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32)))
TABLES = make_tables(None)

BILLING = InstalledPlugin("billing", "acme", "2.1", Schema("billing"), True, ("tags>=1",))
WIKI = InstalledPlugin("wiki", None, None, Prefix("wiki_", "wikis"), False, ())
ODD = AppliedRevision("b2", "billing", ("b1",), ("h'1", "%s"), ("lab:el",), 'it\'s "100%" :odd\n')
FIRST = AppliedRevision("b1", "billing", (), (), (), "")


@pytest.fixture
def registry(connection: Connection) -> Connection:
    """A connection to a database that has all the tables."""
    VERSIONS.metadata.create_all(connection)
    TABLES.metadata.create_all(connection)
    return connection


def read(connection: Connection) -> State:
    """Return what the database remembers."""
    return read_state(connection, VERSIONS, TABLES)


def run(connection: Connection, *statements: Executable) -> None:
    """Run statements that record something."""
    for statement in statements:
        connection.execute(statement)


def make_event(**values: object) -> dict[str, object]:
    """Return the columns of an event."""
    given = {"plugin": "billing", "action": "install", "outcome": "done", "duration_ms": 5}
    return {**given, "from_revisions": [], "to_revisions": ["b1"], **values}


def test_empty_database_remembers_nothing(connection: Connection) -> None:
    assert read(connection) == State()


def test_stock_database_has_rows_and_no_registry(connection: Connection) -> None:
    VERSIONS.metadata.create_all(connection)
    run(connection, *record_versions(VERSIONS, [], ["h1"]))
    assert read(connection) == State(rows=frozenset({"h1"}), version_table=True)


def test_registry_that_is_empty_is_there(registry: Connection) -> None:
    assert read(registry) == State(version_table=True, registry=True)


@pytest.mark.parametrize("plugin", [BILLING, WIKI])
def test_installed_plugin_is_read_as_it_was_recorded(
    registry: Connection, plugin: InstalledPlugin
) -> None:
    run(registry, record_installed(TABLES, plugin, known=False))
    assert read(registry).plugins == {plugin.name: plugin}


def test_known_plugin_is_changed(registry: Connection) -> None:
    run(registry, record_installed(TABLES, BILLING, known=False))
    later = InstalledPlugin("billing", "acme", "3", Schema("billing"), True, ())
    run(registry, record_installed(TABLES, later, known=True))
    assert read(registry).plugins == {"billing": later}


def test_uninstalled_plugin_is_forgotten(registry: Connection) -> None:
    run(registry, record_installed(TABLES, BILLING, known=False))
    run(registry, record_uninstalled(TABLES, "billing"))
    assert read(registry).plugins == {}


@pytest.mark.parametrize("applied", [FIRST, ODD])
def test_applied_revision_is_read_as_it_was_recorded(
    registry: Connection, applied: AppliedRevision
) -> None:
    run(registry, record_applied(TABLES, applied, Undo((), None), 5))
    assert read(registry).applied == (applied,)


def test_applied_revisions_are_read_in_order_of_application(registry: Connection) -> None:
    undo = Undo(None, "no")
    run(registry, *(record_applied(TABLES, item, undo, None) for item in (ODD, FIRST)))
    assert read(registry).applied == (ODD, FIRST)


def test_reverted_revision_is_forgotten(registry: Connection) -> None:
    run(registry, record_applied(TABLES, FIRST, Undo((), None), 5))
    run(registry, record_reverted(TABLES, "b1"))
    assert read(registry).applied == ()


@pytest.mark.parametrize(
    "undo", [Undo((), None), Undo(("DROP TABLE a", "'%s' :x \\ "), None), Undo(None, "it asks")]
)
def test_undo_is_read_as_it_was_recorded(registry: Connection, undo: Undo) -> None:
    run(registry, record_applied(TABLES, FIRST, undo, None))
    assert read_undo(registry, TABLES, "b1") == undo


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([], ["a", "b"]),
        (["a", "b"], []),
        (["a"], ["b"]),
        (["a", "b", "c"], ["c", "d"]),
        (["a"], ["a"]),
    ],
)
def test_version_rows_become_what_is_recorded(
    registry: Connection, before: list[str], after: list[str]
) -> None:
    run(registry, *record_versions(VERSIONS, [], before))
    run(registry, *record_versions(VERSIONS, before, after))
    assert read(registry).rows == frozenset(after)


def test_events_are_read_in_the_order_in_which_they_happened(registry: Connection) -> None:
    run(registry, record_event(TABLES, make_event()))
    run(registry, record_event(TABLES, make_event(plugin="wiki", action="upgrade")))
    events = read_events(registry, TABLES, None)
    assert [(event.plugin, event.action) for event in events] == [
        ("billing", "install"),
        ("wiki", "upgrade"),
    ]


def test_events_of_a_plugin_leave_out_others(registry: Connection) -> None:
    run(registry, record_event(TABLES, make_event()))
    run(registry, record_event(TABLES, make_event(plugin="wiki")))
    assert [event.plugin for event in read_events(registry, TABLES, "wiki")] == ["wiki"]


def test_event_tells_when_and_by_whom(registry: Connection) -> None:
    run(registry, record_event(TABLES, make_event()))
    [event] = read_events(registry, TABLES, None)
    assert abs(event.happened_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert event.happened_by == registry.scalar(text("SELECT session_user"))


@pytest.mark.parametrize("name", TABLES.names)
def test_registry_without_one_of_its_tables_is_refused(registry: Connection, name: str) -> None:
    registry.execute(text(f"DROP TABLE {name}"))
    with pytest.raises(IncompleteRegistry) as excinfo:
        read(registry)
    assert excinfo.value.missing == (name,)


def test_registry_of_a_later_release_is_refused(registry: Connection) -> None:
    registry.execute(text("COMMENT ON TABLE alembic_plugin IS 'registry 999'"))
    with pytest.raises(NewerRegistry) as excinfo:
        read(registry)
    assert (excinfo.value.found, excinfo.value.known) == ("registry 999", VERSION)


def test_registry_of_another_schema_is_not_taken_for_ours(registry: Connection) -> None:
    other = make_tables("elsewhere")
    assert not read_state(registry, VERSIONS.to_metadata(MetaData(), schema="x"), other).registry
