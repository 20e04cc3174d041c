"""What the database remembers, written and read."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Column, Connection, Executable, MetaData, String, Table, text

from alembic_plugins.plugin import Prefix, Schema
from alembic_plugins.registry.history import (
    Irreversible,
    read_events,
    read_irreversible,
    read_sources,
    read_undo,
)
from alembic_plugins.registry.reading import read_state
from alembic_plugins.registry.state import AppliedRevision, InstalledPlugin, Interruption, State
from alembic_plugins.registry.statements import (
    delete_interruption,
    record_applied,
    record_event,
    record_installed,
    record_interruption,
    record_repaired,
    record_restored,
    record_reverted,
    record_uninstalled,
    record_versions,
)
from alembic_plugins.registry.tables import VERSION, make_tables
from alembic_plugins.revisions.source import Source
from alembic_plugins.revisions.undo import Undo

VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32)))
TABLES = make_tables(None)

BILLING = InstalledPlugin("billing", "acme", "2.1", Schema("billing"), True, ("tags>=1",))
WIKI = InstalledPlugin("wiki", None, None, Prefix("wiki_", "wikis"), False, ())
ASIDE = InstalledPlugin("old", None, "1", Schema("old"), True, (), "quarantine_old")
ODD = AppliedRevision("b2", "billing", ("b1",), ("h'1", "%s"), ("lab:el",), 'it\'s "100%" :odd\n')
FIRST = AppliedRevision("b1", "billing", (), (), (), "")
SECOND = AppliedRevision("b2", "billing", (), (), (), "")
SOURCE = Source("revision = 'b1'  # 100% :odd\n", "c0ffee")
NOTHING = Undo((), None)
HALF = Interruption("b1", "billing", "upgrade", ("1 a%s", "2 :b"), "c'", ('billing."I x"',))


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


def apply(
    connection: Connection,
    applied: AppliedRevision = FIRST,
    undo: Undo = NOTHING,
    source: Source | None = None,
) -> None:
    """Record an applied revision."""
    run(connection, record_applied(TABLES, applied, undo, source, 5).whole)


def make_event(**values: object) -> dict[str, object]:
    """Return the columns of an event."""
    given = {"plugin": "billing", "action": "install", "outcome": "done", "duration_ms": 5}
    return {**given, "from_revisions": [], "to_revisions": ["b1"], **values}


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


def test_plugin_that_is_set_aside_is_read_as_it_was_recorded(registry: Connection) -> None:
    run(registry, record_installed(TABLES, ASIDE, known=False))
    assert read(registry).quarantined == {"old": ASIDE}


def test_plugin_that_is_brought_back_is_set_aside_no_longer(registry: Connection) -> None:
    run(registry, record_installed(TABLES, ASIDE, known=False))
    back = replace(ASIDE, quarantine=None)
    run(registry, record_installed(TABLES, back, known=True))
    assert (read(registry).plugins, read(registry).quarantined) == ({"old": back}, {})


@pytest.mark.parametrize("applied", [FIRST, ODD])
def test_applied_revision_is_read_as_it_was_recorded(
    registry: Connection, applied: AppliedRevision
) -> None:
    apply(registry, applied)
    assert read(registry).applied == (applied,)


def test_applied_revisions_are_read_in_order_of_application(registry: Connection) -> None:
    apply(registry, SECOND)
    apply(registry, FIRST)
    assert read(registry).applied == (SECOND, FIRST)


def test_revision_that_is_recorded_late_is_read_before_what_stands_on_it(
    registry: Connection,
) -> None:
    apply(registry, ODD)
    apply(registry, FIRST)
    assert read(registry).applied == (FIRST, ODD)


def test_applied_revision_has_the_checksum_of_its_file(registry: Connection) -> None:
    apply(registry, source=SOURCE)
    assert read(registry).applied == (FIRST._replace(checksum="c0ffee"),)


def test_file_of_a_revision_is_read_as_it_was_recorded(registry: Connection) -> None:
    apply(registry, source=SOURCE)
    assert read_sources(registry, TABLES, ["b1"]) == {"b1": SOURCE.text}


def test_revision_without_a_file_has_no_source(registry: Connection) -> None:
    apply(registry)
    assert read_sources(registry, TABLES, ["b1"]) == {}


def test_only_the_files_that_are_asked_for_are_read(registry: Connection) -> None:
    apply(registry, FIRST, source=SOURCE)
    apply(registry, ODD, source=SOURCE)
    assert list(read_sources(registry, TABLES, ["b2"])) == ["b2"]


def test_repaired_revision_is_what_its_file_says_now(registry: Connection) -> None:
    apply(registry)
    now = ODD._replace(revision="b1", down_revision=("b0",))
    run(registry, record_repaired(TABLES, now, Undo(("DROP",), None), SOURCE))
    assert read(registry).applied == (now._replace(checksum="c0ffee"),)
    assert read_undo(registry, TABLES, "b1", VERSION) == Undo(("DROP",), None)


def test_repaired_revision_keeps_its_place(registry: Connection) -> None:
    apply(registry, FIRST)
    apply(registry, ODD)
    run(registry, record_repaired(TABLES, FIRST, NOTHING, SOURCE))
    assert [item.revision for item in read(registry).applied] == ["b1", "b2"]


def test_restored_revision_is_the_last_one(registry: Connection) -> None:
    apply(registry, FIRST)
    apply(registry, SECOND)
    run(registry, record_restored(TABLES, "b1"))
    assert [item.revision for item in read(registry).applied] == ["b2", "b1"]


def test_reverted_revision_is_forgotten(registry: Connection) -> None:
    apply(registry)
    run(registry, record_reverted(TABLES, "b1"))
    assert read(registry).applied == ()


@pytest.mark.parametrize(
    "undo", [Undo((), None), Undo(("DROP TABLE a", "'%s' :x \\ "), None), Undo(None, "it asks")]
)
def test_undo_is_read_as_it_was_recorded(registry: Connection, undo: Undo) -> None:
    apply(registry, undo=undo)
    assert read_undo(registry, TABLES, "b1", VERSION) == undo


@pytest.mark.parametrize(
    ("undo", "reasons"),
    [
        (Undo(("DROP TABLE a",), None), {}),
        (Undo((), None), {"b1": Irreversible("its downgrade() does nothing", is_empty=True)}),
        (Undo(None, "it asks"), {"b1": Irreversible("it asks")}),
    ],
)
def test_irreversible_revisions_are_read_with_their_reasons(
    registry: Connection, undo: Undo, reasons: dict[str, Irreversible]
) -> None:
    apply(registry, undo=undo)
    found = read_irreversible(registry, TABLES, "billing", VERSION, orphaned=True)
    assert found == reasons


@pytest.mark.parametrize("half", [HALF, Interruption("b1", "billing", "downgrade")])
def test_interruption_is_read_as_it_was_recorded(registry: Connection, half: Interruption) -> None:
    run(registry, record_interruption(TABLES, half, known=False))
    assert read(registry).interruptions == {"billing": half}


def test_interruption_is_changed(registry: Connection) -> None:
    run(registry, record_interruption(TABLES, HALF, known=False))
    later = replace(HALF, statements=("3 c",), pending=None)
    run(registry, record_interruption(TABLES, later, known=True))
    assert read(registry).interruptions == {"billing": later}


def test_interruption_that_has_ended_is_forgotten(registry: Connection) -> None:
    run(registry, record_interruption(TABLES, HALF, known=False))
    run(registry, delete_interruption(TABLES, "billing"))
    assert read(registry).interruptions == {}


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
