"""What the database remembers, as objects, and the statements that record it."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Column, MetaData, Row, String, Table
from sqlalchemy.engine import IteratorResult, Result
from sqlalchemy.engine.result import SimpleResultMetaData

from alembic_plugins import Prefix, Schema
from alembic_plugins.registry import (
    AppliedRevision,
    InstalledPlugin,
    State,
    find_heads,
    record_applied,
    record_event,
    record_installed,
    record_reverted,
    record_uninstalled,
    record_versions,
)
from alembic_plugins.revisionfile import RevisionInfo
from alembic_plugins.tables import make_tables
from alembic_plugins.undo import Undo

from .builders import make_applied, make_installed, make_state, to_sql

TABLES = make_tables(None)
VERSIONS = Table("alembic_version", MetaData(), Column("version_num", String(32)))

APPLIED = (
    make_applied("h1", "host"),
    make_applied("b1", "billing", (), ("h1",)),
    make_applied("h2", "host", ("h1",)),
    make_applied("b2", "billing", ("b1",)),
    make_applied("b3", "billing", ("b1",)),
)


def make_row(**values: object) -> Row[tuple[object, ...]]:
    """Return a row of a query."""
    rows = iter([tuple(values.values())])
    result: Result[tuple[object, ...]] = IteratorResult(SimpleResultMetaData(list(values)), rows)
    return result.one()


def test_installed_plugin_is_made_of_a_row() -> None:
    row = make_row(
        name="billing",
        package="acme",
        version="1",
        namespace="prefix bill_ bills",
        schema_created=False,
        requires=["tags"],
    )
    plugin = InstalledPlugin.from_row(row)
    namespace = Prefix("bill_", "bills")
    assert plugin == InstalledPlugin("billing", "acme", "1", namespace, False, ("tags",))


def test_applied_revision_is_made_of_a_row() -> None:
    row = make_row(
        revision="b1",
        plugin="billing",
        down_revision=["b0"],
        depends_on=["h1"],
        branch_labels=["x"],
        description="d",
    )
    applied = AppliedRevision.from_row(row)
    assert applied == AppliedRevision("b1", "billing", ("b0",), ("h1",), ("x",), "d")


def test_applied_revision_is_described_as_its_file_would() -> None:
    applied = AppliedRevision("b1", "billing", ("b0",), ("h1",), ("x",), "d")
    assert applied.info == RevisionInfo("b1", ("b0",), ("h1",), ("x",), "d", None)


def test_heads_are_what_nothing_follows() -> None:
    assert State(applied=APPLIED).heads("billing") == ("b2", "b3")


def test_dependency_of_another_branch_is_a_head_all_the_same() -> None:
    applied = (make_applied("h1", "host"), make_applied("b1", "billing", (), ("h1",)))
    assert State(applied=applied).heads("host") == ("h1",)


def test_nothing_has_no_heads() -> None:
    assert find_heads(()) == ()


def test_branches_stand_in_the_order_in_which_they_were_begun() -> None:
    assert State(applied=APPLIED).branches == ("host", "billing")


def test_revisions_of_a_branch_stand_in_order_of_application() -> None:
    assert [item.revision for item in State(applied=APPLIED).of("host")] == ["h1", "h2"]


def test_revisions_are_found_by_id() -> None:
    assert State(applied=APPLIED).by_revision["b2"].plugin == "billing"


def test_state_with_other_revisions_keeps_its_plugins() -> None:
    state = make_state(*APPLIED)
    changed = state.with_applied(APPLIED[:1])
    assert (changed.branches, changed.plugins) == (("host",), state.plugins)


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
    assert to_sql(record_applied(TABLES, applied, undo, 12)) == (
        "INSERT INTO alembic_plugin_revision (revision, plugin, down_revision, depends_on, "
        "branch_labels, description, downgrade_sql, downgrade_reason, duration_ms) VALUES "
        "('b1', 'billing', CAST(ARRAY['b0'] AS TEXT[]), CAST(ARRAY[] AS TEXT[]), "
        "CAST(ARRAY[] AS TEXT[]), 'it''s', CAST(ARRAY['DROP TABLE bills'] AS TEXT[]), NULL, 12)"
    )


def test_revision_without_a_downgrade_is_inserted_with_the_reason() -> None:
    statement = to_sql(record_applied(TABLES, APPLIED[0], Undo(None, "it raised"), 12))
    assert statement.endswith("CAST(NULL AS TEXT[]), 'it raised', 12)")


def test_duration_that_is_unknown_is_null() -> None:
    assert to_sql(record_applied(TABLES, APPLIED[0], Undo((), None), None)).endswith("NULL, NULL)")


def test_reverted_revision_is_deleted() -> None:
    assert to_sql(record_reverted(TABLES, "b1")) == (
        "DELETE FROM alembic_plugin_revision WHERE alembic_plugin_revision.revision = 'b1'"
    )


def test_new_plugin_is_inserted() -> None:
    plugin = make_installed("billing", ("tags>=1",), namespace=Schema("money"))
    assert to_sql(record_installed(TABLES, plugin, known=False)) == (
        "INSERT INTO alembic_plugin (name, package, version, namespace, schema_created, requires)"
        " VALUES ('billing', NULL, '1.0', 'schema money', true, CAST(ARRAY['tags>=1'] AS TEXT[]))"
    )


def test_known_plugin_is_updated() -> None:
    assert to_sql(record_installed(TABLES, make_installed("billing"), known=True)) == (
        "UPDATE alembic_plugin SET package=NULL, version='1.0', namespace='schema billing', "
        "schema_created=true, requires=CAST(ARRAY[] AS TEXT[]) WHERE alembic_plugin.name = "
        "'billing'"
    )


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
