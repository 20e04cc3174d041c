"""What the database remembers: registries of any version, whole, damaged and tampered with."""

import pytest
from sqlalchemy import Column, Connection, MetaData, String, Table, select, text
from support.databases import Database
from support.registries import take_back_to_1

from alembic_plugins.errors import IncompleteRegistry, NewerRegistry, TamperedUndo
from alembic_plugins.plugin import Schema
from alembic_plugins.registry.history import read_undo
from alembic_plugins.registry.reading import read_state
from alembic_plugins.registry.state import AppliedRevision, InstalledPlugin, Interruption, State
from alembic_plugins.registry.statements import (
    record_applied,
    record_installed,
    record_interruption,
    record_versions,
)
from alembic_plugins.registry.tables import VERSION, make_tables
from alembic_plugins.revisions.source import Source
from alembic_plugins.revisions.undo import Undo

VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32)))
TABLES = make_tables(None)
OLD_TABLES = ("alembic_plugin", "alembic_plugin_revision", "alembic_plugin_event")

BILLING = InstalledPlugin("billing", "acme", "2.1", Schema("billing"), True, ())
ASIDE = InstalledPlugin("old", None, "1", Schema("old"), True, (), "quarantine_old")
FIRST = AppliedRevision("b1", "billing", (), (), (), "", "c0ffee")
SECOND = AppliedRevision("b2", "billing", ("b1",), (), (), "", "c0ffee")
KEPT = AppliedRevision("o1", "old", (), (), (), "")
OF_HOST = AppliedRevision("h1", "host", (), (), (), "")
UNDO = Undo(("DROP TABLE a", "DROP TABLE b"), None)


@pytest.fixture
def registry(connection: Connection) -> Connection:
    """A connection to a database that has all the tables."""
    VERSIONS.metadata.create_all(connection)
    TABLES.metadata.create_all(connection)
    connection.commit()
    return connection


@pytest.fixture
def old_registry(registry: Connection, database: Database) -> Connection:
    """A connection to a database with a registry of version 1, and two revisions in it."""
    install(registry)
    registry.commit()
    take_back_to_1(database)
    return registry


def read(connection: Connection) -> State:
    """Return what the database remembers."""
    return read_state(connection, VERSIONS, TABLES)


def apply(connection: Connection, *applied: AppliedRevision, undo: Undo = UNDO) -> None:
    """Record revisions."""
    for item in applied:
        source = Source("", item.checksum) if item.checksum else None
        connection.execute(record_applied(TABLES, item, undo, source, 5).whole)


def install(connection: Connection) -> None:
    """Record a plugin with two revisions."""
    connection.execute(record_installed(TABLES, BILLING, known=False))
    apply(connection, FIRST, SECOND)


def change(connection: Connection, sql: str) -> None:
    """Do something to the registry by hand."""
    connection.execute(text(sql))


def test_empty_database_remembers_nothing(connection: Connection) -> None:
    assert read(connection) == State()


def test_stock_database_has_rows_and_no_registry(connection: Connection) -> None:
    VERSIONS.metadata.create_all(connection)
    for statement in record_versions(VERSIONS, [], ["h1"]):
        connection.execute(statement)
    assert read(connection) == State(rows=frozenset({"h1"}), version_table=True)


def test_registry_that_is_empty_is_there(registry: Connection) -> None:
    assert read(registry) == State(version_table=True, registry=VERSION)


def test_registry_of_another_schema_is_not_taken_for_ours(registry: Connection) -> None:
    other = make_tables("elsewhere")
    assert not read_state(registry, VERSIONS.to_metadata(MetaData(), schema="x"), other).registry


def test_registry_of_version_1_is_read(old_registry: Connection) -> None:
    state = read(old_registry)
    assert (state.registry, state.plugins) == (1, {"billing": BILLING})
    assert (state.quarantined, state.kept, state.interruptions) == ({}, (), {})


def test_revisions_of_version_1_have_no_checksum(old_registry: Connection) -> None:
    assert [(a.revision, a.checksum) for a in read(old_registry).applied] == [
        ("b1", None),
        ("b2", None),
    ]


def test_undo_of_version_1_is_read(old_registry: Connection) -> None:
    assert read_undo(old_registry, TABLES, "b2", 1) == UNDO


def test_reading_version_1_leaves_it_as_it_is(old_registry: Connection, database: Database) -> None:
    before = database.dump()
    read(old_registry)
    old_registry.commit()
    assert database.dump() == before


def test_version_is_told_by_the_tables_where_the_comment_is_lost(registry: Connection) -> None:
    install(registry)
    change(registry, "COMMENT ON TABLE alembic_plugin IS NULL")
    state = read(registry)
    assert (state.registry, state.applied) == (VERSION, (FIRST, SECOND))


def test_version_1_is_told_by_its_tables_where_the_comment_is_lost(
    old_registry: Connection,
) -> None:
    change(old_registry, "COMMENT ON TABLE alembic_plugin IS NULL")
    assert read(old_registry).registry == 1


@pytest.mark.parametrize(
    "comment", [f"alembic-plugins registry {VERSION + 1}", "registry 999", "mine"]
)
def test_registry_of_a_later_release_is_refused(registry: Connection, comment: str) -> None:
    change(registry, f"COMMENT ON TABLE alembic_plugin IS '{comment}'")
    with pytest.raises(NewerRegistry) as excinfo:
        read(registry)
    assert (excinfo.value.found, excinfo.value.known) == (comment, VERSION)


@pytest.mark.parametrize("name", TABLES.names)
def test_registry_without_one_of_its_tables_is_refused(registry: Connection, name: str) -> None:
    change(registry, f"DROP TABLE {name} CASCADE")
    with pytest.raises(IncompleteRegistry) as excinfo:
        read(registry)
    assert excinfo.value.missing == (name,)


@pytest.mark.parametrize("name", OLD_TABLES)
def test_registry_of_version_1_without_one_of_its_tables_is_refused(
    old_registry: Connection, name: str
) -> None:
    change(old_registry, f"DROP TABLE {name}")
    with pytest.raises(IncompleteRegistry) as excinfo:
        read(old_registry)
    assert excinfo.value.missing == (name,)


def test_all_missing_tables_are_named(registry: Connection) -> None:
    change(registry, "DROP TABLE alembic_plugin_journal, alembic_plugin_event")
    with pytest.raises(IncompleteRegistry) as excinfo:
        read(registry)
    assert excinfo.value.missing == ("alembic_plugin_event", "alembic_plugin_journal")


def test_journal_is_missed_where_the_comment_is_lost_too(registry: Connection) -> None:
    change(registry, "DROP TABLE alembic_plugin_journal")
    change(registry, "COMMENT ON TABLE alembic_plugin IS NULL")
    with pytest.raises(IncompleteRegistry):
        read(registry)


def test_plugin_whose_row_is_lost_is_guessed(registry: Connection) -> None:
    apply(registry, FIRST)
    state = read(registry)
    guess = InstalledPlugin("billing", None, None, Schema("billing", create=False), False, ())
    assert (state.plugins, set(state.lost)) == ({"billing": guess}, {"billing"})


def test_host_has_no_row_to_be_lost(registry: Connection) -> None:
    apply(registry, OF_HOST)
    assert (read(registry).plugins, read(registry).lost) == ({}, frozenset())


def test_revisions_of_what_is_set_aside_are_kept_and_not_applied(registry: Connection) -> None:
    registry.execute(record_installed(TABLES, ASIDE, known=False))
    apply(registry, KEPT)
    state = read(registry)
    assert (state.applied, state.kept) == ((), (KEPT,))
    assert (state.plugins, state.quarantined) == ({}, {"old": ASIDE})


def test_what_is_set_aside_is_not_lost(registry: Connection) -> None:
    registry.execute(record_installed(TABLES, ASIDE, known=False))
    apply(registry, KEPT)
    assert read(registry).lost == frozenset()


def test_kept_revisions_are_told_by_plugin(registry: Connection) -> None:
    registry.execute(record_installed(TABLES, ASIDE, known=False))
    apply(registry, KEPT)
    assert read(registry).kept_of("old") == (KEPT,)
    assert read(registry).kept_of("billing") == ()


def test_interruptions_are_told_by_plugin(registry: Connection) -> None:
    halves = [Interruption("h1", "host", "upgrade"), Interruption("b1", "billing", "downgrade")]
    registry.execute(record_interruption(TABLES, halves[0], known=False))
    registry.execute(record_interruption(TABLES, halves[1], known=False))
    assert read(registry).interruptions == {"host": halves[0], "billing": halves[1]}


TAMPER = {
    "another statement": "ARRAY['DROP TABLE c', 'DROP TABLE b']",
    "another order": "ARRAY['DROP TABLE b', 'DROP TABLE a']",
    "one more": "array_append(downgrade_sql, 'DROP TABLE c')",
    "one less": "downgrade_sql[1:1]",
    "none": "'{}'",
    "not remembered": "NULL",
    "another border": "ARRAY['DROP TABLE aDROP TABLE b']",
}


@pytest.mark.parametrize("how", TAMPER)
def test_undo_that_was_tampered_with_is_refused(registry: Connection, how: str) -> None:
    apply(registry, FIRST)
    change(registry, f"UPDATE alembic_plugin_revision SET downgrade_sql = {TAMPER[how]}")
    with pytest.raises(TamperedUndo) as excinfo:
        read_undo(registry, TABLES, "b1", VERSION)
    assert (excinfo.value.plugin, excinfo.value.revision) == ("billing", "b1")


def test_undo_that_was_recorded_by_version_1_is_not_tampered_with(registry: Connection) -> None:
    apply(registry, FIRST)
    change(registry, "UPDATE alembic_plugin_revision SET downgrade_checksum = NULL")
    assert read_undo(registry, TABLES, "b1", VERSION) == UNDO


def test_comment_tells_the_version(registry: Connection) -> None:
    comment = registry.scalar(select(text("obj_description('alembic_plugin'::regclass)")))
    assert comment == f"alembic-plugins registry {VERSION}"
