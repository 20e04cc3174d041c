"""The statements that record."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, MetaData, String, Table

from alembic_plugins import Schema
from alembic_plugins.namespaces.object_statements import (
    forget_epoch,
    mark_objects_known,
    record_dropped,
    record_objects,
    record_place,
    record_remade,
)
from alembic_plugins.namespaces.recorded import RecordedObject
from alembic_plugins.registry.state import AppliedRevision, Interruption
from alembic_plugins.registry.statements import (
    delete_interruption,
    forget_objects,
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
from alembic_plugins.registry.tables import make_tables
from alembic_plugins.revisions.source import Source, find_checksum_of_statements
from alembic_plugins.revisions.undo import Undo

from ..builders import bind, make_applied, make_installed, to_sql

TABLES = make_tables(None)
VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32)))

APPLIED = make_applied("h1", "host")
SOURCE = Source("pass", "c0ffee")
PAGE = Interruption("b1", "billing", "upgrade", ("1 aa", "2 bb"), "cc", ("billing.ix",))
BILLS = RecordedObject("billing", "b1", True, (1259, 17, 0), "table", "billing.bills")
TAG = RecordedObject("billing", None, False, (1259, 18, 2), "table column", "app.t.tag")


@pytest.mark.parametrize(
    ("before", "after", "statements"),
    [
        ((), (), []),
        (("a",), ("a",), []),
        ((), ("a",), ["INSERT INTO alembic_version (version_num) VALUES ('a')"]),
        (("a",), (), ["DELETE FROM alembic_version WHERE alembic_version.version_num = 'a'"]),
        (
            ("a",),
            ("b",),
            ["UPDATE alembic_version SET version_num='b' WHERE alembic_version.version_num = 'a'"],
        ),
        (
            ("a",),
            ("b", "c"),
            [
                "UPDATE alembic_version SET version_num='b'"
                " WHERE alembic_version.version_num = 'a'",
                "INSERT INTO alembic_version (version_num) VALUES ('c')",
            ],
        ),
        (
            ("a", "b", "x"),
            ("c", "x"),
            [
                "UPDATE alembic_version SET version_num='c'"
                " WHERE alembic_version.version_num = 'a'",
                "DELETE FROM alembic_version WHERE alembic_version.version_num = 'b'",
            ],
        ),
    ],
)
def test_version_rows_change_with_a_statement_each(
    before: tuple[str, ...], after: tuple[str, ...], statements: list[str]
) -> None:
    assert list(map(to_sql, record_versions(VERSIONS, before, after))) == statements


def test_applied_revision_is_inserted() -> None:
    applied = AppliedRevision("b1", "billing", ("b0",), (), (), "it's")
    undo = Undo(("DROP TABLE bills",), None)
    checksum = find_checksum_of_statements(undo.statements)
    assert to_sql(record_applied(TABLES, applied, undo, SOURCE, 12)) == (
        "INSERT INTO alembic_plugin_revision (revision, plugin, down_revision, depends_on, "
        "branch_labels, description, downgrade_sql, downgrade_reason, duration_ms, checksum, "
        "source, downgrade_checksum, objects_known) VALUES ('b1', 'billing', "
        "CAST(ARRAY['b0'] AS TEXT[]), CAST(ARRAY[] AS TEXT[]), CAST(ARRAY[] AS TEXT[]), 'it''s', "
        "CAST(ARRAY['DROP TABLE bills'] AS TEXT[]), NULL, 12, 'c0ffee', 'pass', "
        f"'{checksum}', true)"
    )


def test_revision_whose_objects_are_not_known_is_inserted_so() -> None:
    applied = APPLIED._replace(objects_known=False)
    statement = to_sql(record_applied(TABLES, applied, Undo(None, None), None, 12))
    assert statement.endswith(", false)")


def test_revision_without_a_downgrade_is_inserted_with_the_reason() -> None:
    statement = to_sql(record_applied(TABLES, APPLIED, Undo(None, "it raised"), None, 12))
    assert "CAST(NULL AS TEXT[]), 'it raised', 12, " in statement


def test_revision_without_a_downgrade_has_no_checksum_of_it() -> None:
    statement = to_sql(record_applied(TABLES, APPLIED, Undo(None, "it raised"), SOURCE, 12))
    assert statement.endswith("12, 'c0ffee', 'pass', NULL, true)")


def test_revision_whose_file_cannot_be_read_is_inserted_without_it() -> None:
    statement = to_sql(record_applied(TABLES, APPLIED, Undo(None, "it raised"), None, 12))
    assert statement.endswith("12, NULL, NULL, NULL, true)")


def test_duration_that_is_unknown_is_null() -> None:
    statement = to_sql(record_applied(TABLES, APPLIED, Undo(None, None), SOURCE, None))
    assert "CAST(NULL AS TEXT[]), NULL, NULL, 'c0ffee'" in statement


def test_repaired_revision_is_what_its_file_says_now() -> None:
    applied = AppliedRevision("b1", "billing", ("b0",), ("h1",), ("x",), "d")
    statement = to_sql(record_repaired(TABLES, applied, Undo((), None), SOURCE))
    checksum = find_checksum_of_statements(())
    assert statement == (
        "UPDATE alembic_plugin_revision SET down_revision=CAST(ARRAY['b0'] AS TEXT[]), "
        "depends_on=CAST(ARRAY['h1'] AS TEXT[]), branch_labels=CAST(ARRAY['x'] AS TEXT[]), "
        "description='d', downgrade_sql=CAST(ARRAY[] AS TEXT[]), downgrade_reason=NULL, "
        "checksum='c0ffee', source='pass', "
        f"downgrade_checksum='{checksum}' WHERE alembic_plugin_revision.revision = 'b1'"
    )


def test_repaired_revision_keeps_its_place_and_its_time() -> None:
    statement = to_sql(record_repaired(TABLES, APPLIED, Undo((), None), SOURCE))
    kept = ("position=", "applied_at=", "applied_by=", "duration_ms=", "plugin=")
    assert [column for column in kept if f" {column}" in statement] == []


def test_restored_revision_becomes_the_one_applied_last() -> None:
    assert to_sql(record_restored(TABLES, "b1")) == (
        "UPDATE alembic_plugin_revision SET position=DEFAULT "
        "WHERE alembic_plugin_revision.revision = 'b1'"
    )


def test_reverted_revision_is_deleted() -> None:
    assert to_sql(record_reverted(TABLES, "b1")) == (
        "DELETE FROM alembic_plugin_revision WHERE alembic_plugin_revision.revision = 'b1'"
    )


def test_new_plugin_is_inserted() -> None:
    plugin = make_installed("billing", ("tags>=1",), namespace=Schema("money"))
    assert to_sql(record_installed(TABLES, plugin, known=False)) == (
        "INSERT INTO alembic_plugin (name, package, version, namespace, schema_created, requires, "
        "quarantine, hooks, installing, synced) VALUES ('billing', NULL, '1.0', 'schema money', "
        "true, CAST(ARRAY['tags>=1'] AS TEXT[]), NULL, NULL, false, false)"
    )


def test_known_plugin_is_updated() -> None:
    assert to_sql(record_installed(TABLES, make_installed("billing"), known=True)) == (
        "UPDATE alembic_plugin SET package=NULL, version='1.0', namespace='schema billing', "
        "schema_created=true, requires=CAST(ARRAY[] AS TEXT[]), quarantine=NULL, hooks=NULL, "
        "installing=false, synced=false WHERE alembic_plugin.name = 'billing'"
    )


def test_plugin_is_recorded_with_the_schema_in_which_it_is_set_aside() -> None:
    plugin = replace(make_installed("billing"), quarantine="quarantine_billing")
    assert "quarantine='quarantine_billing', " in to_sql(
        record_installed(TABLES, plugin, known=True)
    )


def test_plugin_is_recorded_with_its_hooks() -> None:
    plugin = replace(make_installed("billing"), hooks="acme.life", installing=True)
    statement = to_sql(record_installed(TABLES, plugin, known=True))
    assert "hooks='acme.life', installing=true, synced=false WHERE" in statement


def test_uninstalled_plugin_is_deleted() -> None:
    assert to_sql(record_uninstalled(TABLES, "billing")) == (
        "DELETE FROM alembic_plugin WHERE alembic_plugin.name = 'billing'"
    )


def test_event_is_inserted() -> None:
    event = {"plugin": "billing", "action": "install", "from_revisions": [], "outcome": "done"}
    assert to_sql(record_event(TABLES, event)).startswith(
        "INSERT INTO alembic_plugin_event (plugin, action, from_revisions, outcome) VALUES "
        "('billing', 'install', CAST(ARRAY[] AS TEXT[]), 'done')"
    )


def test_time_of_an_event_is_rendered_offline() -> None:
    event = {"plugin": "billing", "happened_at": datetime(2024, 5, 6, tzinfo=UTC)}
    assert "2024-05-06 00:00:00+00:00" in to_sql(record_event(TABLES, event))


def test_new_page_of_the_journal_is_inserted() -> None:
    assert to_sql(record_interruption(TABLES, PAGE, known=False)) == (
        "INSERT INTO alembic_plugin_journal (revision, plugin, direction, statements, pending, "
        "invalid_before) VALUES ('b1', 'billing', 'upgrade', "
        "CAST(ARRAY['1 aa', '2 bb'] AS TEXT[]), 'cc', CAST(ARRAY['billing.ix'] AS TEXT[]))"
    )


def test_known_page_of_the_journal_is_updated() -> None:
    page = replace(PAGE, pending=None, invalid_before=())
    assert to_sql(record_interruption(TABLES, page, known=True)) == (
        "UPDATE alembic_plugin_journal SET statements=CAST(ARRAY['1 aa', '2 bb'] AS TEXT[]), "
        "pending=NULL, invalid_before=CAST(ARRAY[] AS TEXT[]) "
        "WHERE alembic_plugin_journal.revision = 'b1'"
    )


def test_page_of_a_plugin_is_torn_out_of_the_journal() -> None:
    assert to_sql(delete_interruption(TABLES, "billing")) == (
        "DELETE FROM alembic_plugin_journal WHERE alembic_plugin_journal.plugin = 'billing'"
    )


def test_objects_are_recorded_with_their_identities_and_their_words() -> None:
    assert record_objects(TABLES, [BILLS, TAG], "7/8").values == {
        "plugin": ["billing", "billing"],
        "revision": ["b1", None],
        "made": [True, False],
        "classid": [1259, 1259],
        "objid": [17, 18],
        "objsubid": [0, 2],
        "epoch": ["7/8", "7/8"],
        "kind": ["table", "table column"],
        "identity": ["billing.bills", "app.t.tag"],
    }


def test_objects_are_recorded_by_one_statement() -> None:
    sql, _ = bind(record_objects(TABLES, [BILLS, TAG], "7/8").statement)
    names = "plugin, revision, made, classid, objid, objsubid, epoch, kind, identity"
    assert sql.startswith(f"INSERT INTO alembic_plugin_object ({names}) SELECT rows.plugin, ")
    assert "FROM unnest(CAST(:plugin AS TEXT[]), " in sql


def test_objects_are_recorded_by_the_same_statement_each_time() -> None:
    first, second = (record_objects(TABLES, rows, "7/8") for rows in ([BILLS], [BILLS, TAG]))
    assert first.statement is second.statement


def test_object_that_is_gone_is_forgotten_with_its_columns() -> None:
    sql, values = bind(record_dropped(TABLES, [(1259, 17, 0)]))
    place = "(alembic_plugin_object.classid, alembic_plugin_object.objid)"
    assert sql.startswith(f"DELETE FROM alembic_plugin_object WHERE {place} IN ")
    assert [(1259, 17)] in values.values()


def test_column_that_is_gone_is_forgotten_without_its_table() -> None:
    sql, values = bind(record_dropped(TABLES, [(1259, 17, 2)]))
    names = ("classid", "objid", "objsubid")
    place = ", ".join(f"alembic_plugin_object.{name}" for name in names)
    assert f" OR ({place}) IN " in sql
    assert list(values.values()) == [[], [(1259, 17, 2)]]


def test_place_of_an_object_is_recorded_anew() -> None:
    assert bind(record_place(TABLES, 5, (1259, 17, 2), "7/8")) == (
        "UPDATE alembic_plugin_object SET classid=:classid, objid=:objid, objsubid=:objsubid, "
        "epoch=:epoch WHERE alembic_plugin_object.id = :id_1",
        {"classid": 1259, "objid": 17, "objsubid": 2, "epoch": "7/8", "id_1": 5},
    )


def test_object_that_was_made_again_is_the_one_that_it_was() -> None:
    assert bind(record_remade(TABLES, (1259, 17), (1259, 18))) == (
        "UPDATE alembic_plugin_object SET classid=:classid, objid=:objid WHERE "
        "alembic_plugin_object.classid = :classid_1 AND alembic_plugin_object.objid = :objid_1",
        {"classid": 1259, "objid": 18, "classid_1": 1259, "objid_1": 17},
    )


def test_objects_of_a_plugin_that_came_out_of_a_backup_are_of_another_epoch() -> None:
    assert to_sql(forget_epoch(TABLES, ["billing", "tags"])) == (
        "UPDATE alembic_plugin_object SET epoch='' "
        "WHERE alembic_plugin_object.plugin IN ('billing', 'tags') "
        "AND alembic_plugin_object.epoch != 'gone'"
    )


def test_plugin_whose_objects_were_found_out_is_marked() -> None:
    assert to_sql(mark_objects_known(TABLES, "billing")) == (
        "UPDATE alembic_plugin_revision SET objects_known=true "
        "WHERE alembic_plugin_revision.plugin = 'billing'"
    )


def test_objects_of_a_plugin_that_is_forgotten_are_nobodys() -> None:
    assert to_sql(forget_objects(TABLES, "billing")) == (
        "DELETE FROM alembic_plugin_object WHERE alembic_plugin_object.plugin = 'billing'"
    )
