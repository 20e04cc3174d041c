"""Our own tables."""

import pytest
from sqlalchemy.schema import CreateTable

from alembic_plugins.registry.tables import (
    REMOVED_IN_3,
    VERSION,
    find_version,
    is_since,
    make_tables,
)

from ..builders import to_sql


@pytest.mark.parametrize("schema", [None, "app"])
def test_tables_of_a_schema_are_made_once(schema: str | None) -> None:
    assert make_tables(schema) is make_tables(schema)


def test_tables_of_two_schemas_are_different() -> None:
    assert make_tables("one").plugin is not make_tables("two").plugin


def test_tables_stand_in_their_schema() -> None:
    schemas = {table.schema for table in make_tables("app").metadata.tables.values()}
    assert schemas == {"app"}


def test_names_are_those_of_all_tables() -> None:
    tables = make_tables(None)
    assert set(tables.names) == set(tables.metadata.tables)


def test_comment_tells_the_version() -> None:
    comment = make_tables(None).plugin.comment
    assert (comment, find_version(comment)) == ("alembic-plugins registry 5", VERSION)


def test_comment_is_that_of_the_first_table() -> None:
    first, *others = make_tables(None).all
    assert first.name == "alembic_plugin"
    assert {table.comment for table in others} == {None}


@pytest.mark.parametrize(
    ("comment", "version"),
    [
        ("alembic-plugins registry 1", 1),
        ("alembic-plugins registry 2", 2),
        ("alembic-plugins registry 17", 17),
        ("alembic-plugins registry ", None),
        ("alembic-plugins registry 2.1", None),
        ("alembic-plugins registry -1", None),
        ("alembic-plugins registry two", None),
        ("our plugins", None),
        ("2", None),
        ("", None),
        (None, None),
    ],
)
def test_only_a_comment_of_ours_tells_a_version(comment: str | None, version: int | None) -> None:
    assert find_version(comment) == version


@pytest.mark.parametrize(
    ("table", "columns"),
    [
        (
            "alembic_plugin",
            "name package version namespace schema_created requires installed_at",
        ),
        (
            "alembic_plugin_revision",
            "revision plugin position down_revision depends_on branch_labels description "
            "downgrade_sql downgrade_reason applied_at applied_by duration_ms",
        ),
        (
            "alembic_plugin_event",
            "id plugin action from_revisions to_revisions outcome detail happened_at happened_by "
            "duration_ms",
        ),
    ],
)
def test_first_version_has_what_the_first_release_made(table: str, columns: str) -> None:
    made = make_tables(None).metadata.tables[table]
    assert is_since(made, 1)
    assert " ".join(column.name for column in made.c if is_since(column, 1)) == columns


def find_new_columns(version: int) -> set[tuple[str, str]]:
    """Return the columns that a version has added to tables that were there before, by table."""
    tables = [table for table in make_tables(None).all if is_since(table, version - 1)]
    columns = [column for table in tables for column in table.c if is_since(column, version)]
    return {(c.table.name, c.name) for c in columns if not is_since(c, version - 1)}


def find_new_tables(version: int) -> list[str]:
    """Return the tables that a version has added."""
    tables = [table for table in make_tables(None).all if is_since(table, version)]
    return [table.name for table in tables if not is_since(table, version - 1)]


def test_second_version_has_added_some_columns() -> None:
    assert find_new_columns(2) == {
        ("alembic_plugin", "quarantine"),
        ("alembic_plugin_revision", "checksum"),
        ("alembic_plugin_revision", "source"),
        ("alembic_plugin_revision", "downgrade_checksum"),
    }


def test_third_version_has_added_what_tells_whether_objects_are_known() -> None:
    assert find_new_columns(3) == {("alembic_plugin_revision", "objects_known")}


@pytest.mark.parametrize(
    ("version", "table"),
    [
        (2, "alembic_plugin_journal"),
        (3, "alembic_plugin_object"),
        (4, "alembic_plugin_value"),
        (5, "alembic_plugin_snapshot"),
    ],
)
def test_version_has_added_a_table(version: int, table: str) -> None:
    assert find_new_tables(version) == [table]


def test_column_that_was_added_later_can_be_null_or_has_a_default() -> None:
    # An older registry has rows, which have to get along with it.
    columns = [c for t in make_tables(None).all if is_since(t, 1) for c in t.c]
    strict = [c for c in columns if not is_since(c, 1) and not c.nullable]
    assert [c.name for c in strict if c.server_default is None] == []


@pytest.mark.parametrize(("table", "column"), REMOVED_IN_3)
def test_column_of_an_earlier_version_is_gone(table: str, column: str) -> None:
    assert column not in make_tables(None).metadata.tables[table].c


def test_objects_that_a_revision_has_made_are_not_known_before_it_says_so() -> None:
    sql = to_sql(CreateTable(make_tables(None).revision))
    assert "objects_known BOOLEAN DEFAULT false NOT NULL" in sql


def test_object_is_kept_by_its_identity_and_its_words() -> None:
    names = [column.name for column in make_tables(None).object.c]
    what = ["classid", "objid", "objsubid", "epoch", "kind", "identity"]
    assert names == ["id", "plugin", "revision", "made", *what]


def test_objects_are_found_by_their_number_and_by_their_branch() -> None:
    indexes = make_tables("app").object.indexes
    assert sorted(column.name for index in indexes for column in index.columns) == [
        "objid",
        "plugin",
    ]


@pytest.mark.parametrize("schema", [None, "app"])
def test_value_goes_with_its_plugin_in_the_same_schema(schema: str | None) -> None:
    tables = make_tables(schema)
    (key,) = tables.value.foreign_keys
    assert (key.column, key.ondelete) == (tables.plugin.c.name, "CASCADE")


def test_version_that_we_make_has_everything() -> None:
    tables = make_tables(None).all
    assert [table.name for table in tables if not is_since(table, VERSION)] == []
    columns = [column for table in tables for column in table.c]
    assert [column.name for column in columns if not is_since(column, VERSION)] == []


def test_schema_that_is_a_reserved_word_is_quoted() -> None:
    assert 'CREATE TABLE "order".alembic_plugin (' in to_sql(
        CreateTable(make_tables("order").plugin)
    )


def test_list_is_an_array_of_text() -> None:
    sql = to_sql(CreateTable(make_tables(None).plugin))
    assert "requires TEXT[] NOT NULL" in sql


@pytest.mark.parametrize(
    ("values", "rendered"),
    [
        ([], "CAST(ARRAY[] AS TEXT[])"),
        (["tags"], "CAST(ARRAY['tags'] AS TEXT[])"),
        (["a", "it's"], "CAST(ARRAY['a', 'it''s'] AS TEXT[])"),
    ],
)
def test_list_says_its_type_offline(values: list[str], rendered: str) -> None:
    statement = make_tables(None).plugin.update().values(requires=values)
    assert rendered in to_sql(statement)
