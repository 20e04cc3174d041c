"""The functions that sync declared tables, on engines and connections, and what they record."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import (
    Column,
    Engine,
    MetaData,
    NullPool,
    StaticPool,
    Table,
    create_engine,
    text,
)
from sqlalchemy.ext.asyncio import create_async_engine
from support.databases import Database
from support.hosts import Host
from support.registries import take_back_to_3

from alembic_plugins import Plugin, Prefix, Schema, commands
from alembic_plugins.errors import (
    Interrupted,
    MigrationInterrupted,
    NamespaceViolation,
    NoTables,
    NoTransactions,
    Quarantined,
    RequirementNotInstalled,
    UnknownPlugin,
)
from alembic_plugins.sync import (
    ColumnExists,
    ColumnMissing,
    IncompatibleChange,
    InvalidColumn,
    InvalidTable,
    SyncFailed,
    SyncProgress,
    TableExists,
    TableMissing,
    create_column,
    create_table,
    drop_column,
    read_column,
    sync_tables,
    update_column,
    update_table,
)

WIKI = Plugin("wiki")
PAGES = {"name": "pages", "schema": {"title": {"type": "string", "size": 50}}}
NOTES = {"name": "notes", "schema": {"page": {"type": "relation", "to": "pages"}}}
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'wiki' ORDER BY 1"
OBJECTS = "SELECT concat_ws(' ', plugin, revision, kind, identity) FROM alembic_plugin_object"
EVENTS = (
    "SELECT concat_ws(' ', action, plugin, outcome, detail) FROM alembic_plugin_event ORDER BY id"
)


HALF_DONE = """\
from alembic import op
revision, down_revision = "wiki_1", None
def upgrade():
    op.execute("CREATE TABLE books (id int)")
    with op.get_context().autocommit_block():
        op.execute("SELECT 1 / 0")
def downgrade():
    pass
"""


def size(number: int) -> dict[str, Any]:
    """Return the table of pages, whose titles have some size."""
    return {"name": "pages", "schema": {"title": {"type": "string", "size": number}}}


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    """An application's engine."""
    engine = create_engine(database.url, poolclass=NullPool)
    yield engine
    engine.dispose()


def read(engine: Engine, question: str) -> list[Any]:
    """Return what a question has for answers, a column of them."""
    with engine.connect() as connection:
        return list(connection.scalars(text(question)))


def test_tables_of_an_engine_are_made_one_by_one(engine: Engine) -> None:
    told: list[SyncProgress] = []
    seen: list[list[str]] = []

    def watch(progress: SyncProgress) -> None:
        told.append(progress)
        seen.append(read(engine, TABLES))

    result = sync_tables(engine, WIKI, [NOTES, PAGES], progress=watch)
    assert [(c.table, c.words) for c in result.done] == [
        ("wiki.pages", "is created"),
        ("wiki.notes", "is created"),
    ]
    assert told == [
        SyncProgress("wiki", "wiki.pages", 1, 2),
        SyncProgress("wiki", "wiki.notes", 2, 2),
    ]
    assert seen == [["pages"], ["notes", "pages"]]


def test_registry_remembers_what_was_made(engine: Engine) -> None:
    sync_tables(engine, WIKI, [PAGES])
    assert read(engine, OBJECTS) == ["wiki @sync table wiki.pages"]
    assert read(engine, "SELECT synced FROM alembic_plugin") == [True]
    assert read(engine, EVENTS) == ["sync wiki done table wiki.pages: is created"]


def test_second_sync_does_nothing_and_takes_no_lock(engine: Engine) -> None:
    sync_tables(engine, WIKI, [PAGES])
    with engine.begin() as busy:
        sync_tables(busy, Plugin("other"), [PAGES])  # It has the lock until it ends.
        result = sync_tables(engine, "wiki", [PAGES])
    assert (result.done, result.incompatible, result.unchanged) == ((), (), ("wiki.pages",))
    assert [event for event in read(engine, EVENTS) if " wiki " in event][1:] == []


def test_callback_that_raises_changes_nothing(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    sync_tables(engine, WIKI, [PAGES], progress=lambda _progress: 1 / 0)
    assert read(engine, TABLES) == ["pages"]
    assert "The progress callback has failed." in caplog.text


def test_dry_run_changes_nothing(engine: Engine) -> None:
    result = sync_tables(engine, WIKI, [PAGES], dry_run=True)
    assert [change.words for change in result.done] == ["is created"]
    assert read(engine, TABLES) == []


def test_incompatible_is_returned_and_logged(
    engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    sync_tables(engine, WIKI, [PAGES])
    result = sync_tables(engine, WIKI, [size(40)])
    words = (
        "Table wiki.pages, column title stays as it is: it is character varying(50), of which "
        "character varying(40) does not take all values. If that is meant, run 'ALTER TABLE "
        "wiki.pages ALTER COLUMN title TYPE VARCHAR(40)', in a revision of the plugin or by hand."
    )
    assert [str(item) for item in result.incompatible] == [words]
    assert (result.done, result.unchanged) == ((), ())
    assert caplog.record_tuples[-1] == (
        "alembic_plugins.integration.syncing",
        logging.WARNING,
        words,
    )


def test_table_that_is_not_declared_any_more_stays(engine: Engine) -> None:
    sync_tables(engine, WIKI, [PAGES, NOTES])
    result = sync_tables(engine, WIKI, [PAGES])
    (item,) = result.incompatible
    assert (item.table, item.reason) == ("wiki.notes", "it is not declared any more")
    assert item.instead == "DROP TABLE wiki.notes"


def test_connection_is_the_callers_to_commit(engine: Engine) -> None:
    with engine.connect() as connection:
        sync_tables(connection, WIKI, [PAGES])
    assert read(engine, "SELECT count(*) FROM pg_tables WHERE tablename = 'alembic_plugin'") == [0]
    with engine.connect() as connection:
        sync_tables(connection, WIKI, [PAGES])
        connection.commit()
    assert read(engine, TABLES) == ["pages"]


def test_table_that_fails_leaves_the_callers_transaction_as_it_was(engine: Engine) -> None:
    broken = Table("zeros", MetaData(), sa.CheckConstraint("no_such_function(1)"))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE mine (i int)"))
        with pytest.raises(SyncFailed, match="no_such_function") as caught:
            sync_tables(connection, WIKI, [PAGES, broken])
        assert connection.scalar(text("SELECT count(*) FROM mine")) == 0
    assert (caught.value.table, read(engine, TABLES)) == ("wiki.zeros", ["pages"])


def test_connection_in_autocommit_mode_is_refused(engine: Engine) -> None:
    autocommit = engine.execution_options(isolation_level="AUTOCOMMIT")
    with autocommit.connect() as connection, pytest.raises(NoTransactions):
        sync_tables(connection, WIKI, [PAGES])


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_tables_of_an_async_engine(database: Database, engine: Engine, driver: str) -> None:
    async def sync(*tables: dict[str, Any]) -> int:
        async_engine = create_async_engine(database.url.set(drivername=f"postgresql+{driver}"))
        async with async_engine.begin() as connection:
            result = await connection.run_sync(lambda c: sync_tables(c, WIKI, tables))
        await async_engine.dispose()
        return len(result.done)

    assert asyncio.run(sync(PAGES, NOTES)) == 2
    assert asyncio.run(sync(PAGES, NOTES)) == 0
    assert asyncio.run(sync(size(60), NOTES)) == 1
    assert read(engine, OBJECTS) == ["wiki @sync table wiki.pages", "wiki @sync table wiki.notes"]


def test_tables_of_a_prefix_get_it(engine: Engine) -> None:
    plugin = Plugin("wiki", namespace=Prefix("wiki_"))
    result = sync_tables(engine, plugin, [NOTES, {**PAGES, "name": "wiki_pages"}])
    assert [change.table for change in result.done] == ["public.wiki_pages", "public.wiki_notes"]
    again = sync_tables(engine, plugin, [NOTES, PAGES])
    assert (again.done, again.incompatible) == ((), ())


def test_tables_of_sqlalchemys_have_the_prefix_themselves(engine: Engine) -> None:
    plugin = Plugin("wiki", namespace=Prefix("wiki_"))
    with pytest.raises(InvalidTable, match="does not belong to the namespace 'prefix wiki_'"):
        sync_tables(engine, plugin, [Table("pages", MetaData())])


def test_tables_in_a_schema_that_others_share(engine: Engine) -> None:
    plugin = Plugin("wiki", namespace=Schema("public", create=False))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE others (i int)"))
    assert sync_tables(engine, plugin, [PAGES]).done[0].table == "public.pages"
    with pytest.raises(TableExists, match="it is the host's"):
        sync_tables(engine, plugin, [{"name": "others"}])


def test_table_that_a_revision_has_made_is_refused(host: Host) -> None:
    host.revise("wiki", "CREATE TABLE pages (id int)", "DROP TABLE pages")
    host.declare("wiki", 'tables = [{ name = "pages" }]').run("plugin", "install", "wiki")
    with pytest.raises(TableExists, match="revision 'wiki_1' of 'wiki' has made it") as caught:
        sync_tables(host.config(), "wiki")
    assert caught.value.table == "wiki.pages"


def test_table_that_nobody_is_known_to_have_made_is_refused(host: Host) -> None:
    host.declare("wiki", "tables = []")
    sync_tables(host.config(), "wiki", [NOTES, PAGES])
    host.database.execute("CREATE TABLE wiki.books (id int)")
    with pytest.raises(TableExists, match="'alembic plugin repair wiki --with-unknown-objects'"):
        sync_tables(host.config(), "wiki", [{"name": "books"}])
    commands.repair(host.config(), "wiki", with_unknown_objects=True)
    assert len(sync_tables(host.config(), "wiki", [{"name": "books"}]).incompatible) == 3


def test_view_is_no_table(engine: Engine) -> None:
    sync_tables(engine, WIKI, [PAGES])
    with engine.begin() as connection:
        connection.execute(text("CREATE VIEW wiki.books AS SELECT 1 AS i"))
    with pytest.raises(TableExists, match="it is no table"):
        sync_tables(engine, WIKI, [PAGES, {"name": "books"}])


def test_guard_refuses_what_refers_to_a_plugin_that_is_not_required(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    key: Column[int] = Column("it", sa.ForeignKey("billing.invoices.id"))
    with pytest.raises(NamespaceViolation) as caught:
        sync_tables(host.config(), WIKI, [Table("pages", MetaData(), key)])
    assert str(caught.value) == (
        "The sync of 'wiki' refers to table billing.invoices, which belongs to plugin 'billing'. "
        'Declare requires = ["billing"] in the call, or correct the declared table; its '
        "transaction was rolled back."
    )
    assert host.database.values(TABLES) == []


def test_relation_to_a_plugin_that_is_required(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    relation = {"type": "relation", "to": "billing.invoices"}
    plugin = Plugin("wiki", requires=["billing"])
    sync_tables(host.config(), plugin, [{"name": "pages", "schema": {"it": relation}}])
    assert host.database.values(TABLES) == ["pages"]


def test_plugin_that_is_required_has_to_be_installed(host: Host) -> None:
    host.add("billing")
    with pytest.raises(RequirementNotInstalled) as caught:
        sync_tables(host.config(), Plugin("wiki", requires=["billing"]), [PAGES])
    assert caught.value.missing == ("billing",)


def test_plugin_that_is_set_aside_is_not_synced(host: Host) -> None:
    sync_tables(host.config(), WIKI, [PAGES])
    commands.uninstall(host.config(), "wiki", keep_data=True)
    with pytest.raises(Quarantined):
        sync_tables(host.config(), WIKI, [PAGES])


def test_plugin_of_which_a_revision_is_half_done_is_not_synced(host: Host) -> None:
    host.write("plugins/wiki/versions/wiki_1.py", HALF_DONE)
    with pytest.raises(MigrationInterrupted):
        commands.install(host.config(), "wiki")
    with pytest.raises(Interrupted):
        sync_tables(host.config(), "wiki", [PAGES])


def test_connection_that_is_the_only_one_is_recorded_by(database: Database, engine: Engine) -> None:
    single = create_engine(database.url, poolclass=StaticPool)
    sync_tables(single, WIKI, [PAGES, NOTES])
    single.dispose()
    assert read(engine, OBJECTS) == ["wiki @sync table wiki.pages", "wiki @sync table wiki.notes"]


def test_plugin_without_tables_is_not_synced(host: Host) -> None:
    host.add("billing")
    with pytest.raises(NoTables):
        sync_tables(host.config(), "billing")


def test_plugin_that_nobody_knows_is_not_synced(engine: Engine) -> None:
    with pytest.raises(UnknownPlugin):
        sync_tables(engine, "wiki", [PAGES])


def test_wrong_column_is_told_before_anything_is_done(engine: Engine) -> None:
    with pytest.raises(InvalidColumn) as caught:
        sync_tables(engine, WIKI, [PAGES, {"name": "notes", "schema": {"it": {"type": "text"}}}])
    assert (caught.value.table, caught.value.column) == ("notes", "it")
    assert read(engine, TABLES) == []


def test_table_is_created_once(engine: Engine) -> None:
    assert create_table(engine, WIKI, PAGES).done[0].words == "is created"
    with pytest.raises(TableExists, match=r"a sync has made it\. Change it with update_table"):
        create_table(engine, WIKI, PAGES)


def test_table_is_updated_where_it_is_there(engine: Engine) -> None:
    with pytest.raises(TableMissing):
        update_table(engine, WIKI, PAGES)
    create_table(engine, WIKI, NOTES | {"schema": {}})
    create_table(engine, WIKI, PAGES)
    result = update_table(engine, WIKI, size(60))
    assert (len(result.done), result.incompatible) == (1, ())


def test_column_is_created_updated_read_and_dropped(engine: Engine) -> None:
    create_table(engine, WIKI, PAGES)
    create_column(engine, WIKI, "pages", {"name": "rank", "type": "number", "min": 0})
    assert read_column(engine, WIKI, "pages", "rank").type == "bigint"
    update_column(engine, WIKI, "pages", Column("rank", sa.Numeric, comment="from 0"))
    column = read_column(engine, WIKI, "pages", "rank")
    assert (column.type, column.comment) == ("numeric", "from 0")
    drop_column(engine, WIKI, "pages", "rank")
    with pytest.raises(ColumnMissing):
        read_column(engine, WIKI, "pages", "rank")


def test_other_columns_are_none_of_a_columns_business(engine: Engine) -> None:
    create_table(engine, WIKI, PAGES)
    result = create_column(engine, WIKI, "pages", {"name": "rank", "type": "number"})
    assert [(c.column, c.words) for c in result.done] == [("rank", "is added as numeric")]
    assert result.incompatible == ()


def test_column_that_is_there_is_not_created(engine: Engine) -> None:
    create_table(engine, WIKI, PAGES)
    with pytest.raises(ColumnExists):
        create_column(engine, WIKI, "pages", {"name": "title", "type": "string"})
    with pytest.raises(ColumnMissing):
        update_column(engine, WIKI, "pages", {"name": "rank", "type": "string"})
    with pytest.raises(ColumnMissing):
        drop_column(engine, WIKI, "pages", "rank")


def test_incompatible_column_changes_nothing(engine: Engine) -> None:
    create_table(engine, WIKI, PAGES)
    column = {"name": "title", "type": "number", "unique": True}
    with pytest.raises(IncompatibleChange) as caught:
        update_column(engine, WIKI, "pages", column)
    assert caught.value.instead == (
        "ALTER TABLE wiki.pages ALTER COLUMN title TYPE NUMERIC USING title::numeric"
    )
    assert len(read(engine, EVENTS)) == 1


def test_column_that_something_depends_on_is_not_dropped(engine: Engine) -> None:
    create_table(engine, WIKI, PAGES)
    with engine.begin() as connection:
        connection.execute(text("CREATE VIEW shown AS SELECT title FROM wiki.pages"))
    with pytest.raises(SyncFailed, match="view shown depends on column title"):
        drop_column(engine, WIKI, "pages", "title")
    assert read(engine, EVENTS)[-1].startswith("sync wiki failed")


def test_registry_of_a_host_is_that_of_its_configuration(host: Host, engine: Engine) -> None:
    host.run("upgrade", "head")
    host.declare("wiki", "tables = []")
    sync_tables(engine, "wiki", [PAGES], config=host.ini)
    listed = commands.list_plugins(host.config()).plugins
    assert [(plugin.name, plugin.state, plugin.remark) for plugin in listed] == [
        ("wiki", "installed", "tables synced")
    ]


def test_registry_of_version_3_is_extended_without_recording_objects_twice(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    known = host.database.values(OBJECTS)
    take_back_to_3(host.database)
    sync_tables(host.config(), WIKI, [PAGES])
    assert host.database.values(OBJECTS) == [*known, "wiki @sync table wiki.pages"]
