"""Where applications find the tables of plugins."""

import asyncio
from collections.abc import Iterator

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    NullPool,
    Table,
    create_engine,
    select,
    text,
)
from sqlalchemy.ext.asyncio import create_async_engine
from support.hosts import Host

from alembic_plugins import Prefix, Schema, find_namespace, translate_map
from alembic_plugins.errors import (
    DamagedRow,
    InvalidName,
    NotInstalled,
    Quarantined,
    UnknownPlugin,
)
from alembic_plugins.results import PluginNamespace

INVOICES = PluginNamespace("billing", Schema("billing"), "billing")
PAGES = PluginNamespace("named_by_prefix", Prefix("wiki_"), "public")
NOTES = PluginNamespace("shares_public", Schema("public", create=False), "public")


@pytest.fixture
def moved(host: Host) -> Host:
    """A host with plugins of each kind of namespace."""
    host.add("billing", "named_by_prefix", "shares_public")
    host.run("plugin", "install", "billing", "named_by_prefix", "shares_public")
    return host


@pytest.fixture
def asked(moved: Host) -> Iterator[Connection]:
    """A connection of the application's."""
    with create_engine(moved.database.text, poolclass=NullPool).connect() as connection:
        yield connection


@pytest.mark.parametrize("expected", [INVOICES, PAGES, NOTES])
def test_installed_plugin_is_where_the_registry_says(
    asked: Connection, expected: PluginNamespace
) -> None:
    assert find_namespace(expected.plugin, asked) == expected
    assert not asked.in_transaction()


def test_host_is_in_its_schema(asked: Connection) -> None:
    assert find_namespace("host", asked) == PluginNamespace("host", None, "public")


def test_host_is_in_its_schema_whatever_comes_first_on_the_search_path(asked: Connection) -> None:
    asked.execute(text("SET search_path = billing, public"))
    assert find_namespace("host", asked).schema == "public"
    assert find_namespace("named_by_prefix", asked).schema == "public"


def test_installed_plugin_stays_where_it_is_when_it_declares_another_place(
    moved: Host, asked: Connection
) -> None:
    moved.declare("billing", "namespace = 'schema elsewhere'")
    assert find_namespace("billing", asked).schema == "billing"
    assert find_namespace("billing", moved.ini).schema == "elsewhere"
    moved.remove("billing")
    assert find_namespace("billing", asked).schema == "billing"


def test_configuration_tells_what_is_declared(host: Host) -> None:
    host.add("billing", "named_by_prefix")
    assert find_namespace("billing", host.config()) == INVOICES
    pages = find_namespace("named_by_prefix", str(host.ini))
    assert pages == PluginNamespace("named_by_prefix", PAGES.namespace, None)
    assert find_namespace("host", host.ini) == PluginNamespace("host", None, None)


def test_plugin_that_is_not_installed_is_nowhere(moved: Host, asked: Connection) -> None:
    moved.add("two_heads")
    with pytest.raises(NotInstalled):
        find_namespace("two_heads", asked)
    with pytest.raises(UnknownPlugin):
        find_namespace("no_such", moved.ini)


def test_nothing_is_installed_in_an_empty_database(connection: Connection) -> None:
    with pytest.raises(NotInstalled):
        find_namespace("billing", connection)
    assert find_namespace("host", connection).schema == "public"


def test_plugin_that_is_set_aside_is_told(moved: Host, asked: Connection) -> None:
    moved.run("plugin", "uninstall", "billing", "--keep-data", "--yes")
    with pytest.raises(Quarantined) as excinfo:
        find_namespace("billing", asked)
    assert excinfo.value.schema == "quarantine_billing"


def test_damaged_row_is_told(moved: Host, asked: Connection) -> None:
    moved.database.execute("UPDATE alembic_plugin SET namespace = 'x' WHERE name = 'billing'")
    with pytest.raises(DamagedRow):
        find_namespace("billing", asked)
    assert find_namespace("shares_public", asked) == NOTES


def test_name_that_no_plugin_can_have_is_refused(moved: Host, asked: Connection) -> None:
    for source in (asked, moved.ini):
        with pytest.raises(InvalidName):
            find_namespace("no name", source)


@pytest.mark.parametrize(
    ("place", "names"),
    [
        (INVOICES, ["invoices", "billing_invoices"]),
        (PAGES, ["wiki_invoices", "wiki_billing_invoices"]),
    ],
)
def test_table_is_named_with_the_prefix(place: PluginNamespace, names: list[str]) -> None:
    assert [place.name_table(name) for name in ("invoices", "billing_invoices")] == names
    assert [place.name_table(name) for name in names] == names


def test_table_that_has_the_name_of_a_prefix_is_named_as_it_is() -> None:
    both = PluginNamespace("wiki", Prefix("wikis", "wiki_"), "public")
    assert [both.name_table(name) for name in ("wikis", "pages")] == ["wikis", "wiki_pages"]
    alone = PluginNamespace("wiki", Prefix("wikis"), "public")
    assert alone.name_table("pages") == "pages"


def test_map_of_one_plugin_is_for_models_without_a_schema(moved: Host, asked: Connection) -> None:
    found = translate_map("billing", asked)
    assert found == {None: "billing", "billing": "billing", "host": "public"}
    assert translate_map("billing", moved.ini) == {**found, "host": None}
    assert translate_map("named_by_prefix", asked)[None] == "public"


def test_map_of_several_plugins_leaves_models_without_a_schema_to_the_host(
    moved: Host, asked: Connection
) -> None:
    found = translate_map(["billing", "named_by_prefix"], asked)
    places = {"billing": "billing", "named_by_prefix": "public", "host": "public"}
    assert (found.pop(None), found) == ("public", places)
    declared = translate_map(iter(["billing"]), moved.ini)
    assert declared == {None: None, "host": None, "billing": "billing"}


def read(connection: Connection, tables: dict[str | None, str | None], *models: Table) -> None:
    """Select from tables, and something that is in none."""
    options = {"schema_translate_map": tables}
    for model in models:
        connection.execute(select(model), execution_options=options)
    assert connection.scalar(select(text("1")), execution_options=options) == 1


def test_maps_lead_to_the_tables_by_turns(asked: Connection) -> None:
    alone = translate_map("billing", asked)
    together = translate_map(["billing", "named_by_prefix"], asked)
    asked.execute(text("SET search_path = ''"))
    hosts, bare, named, pages = (
        Table(name, MetaData(schema=schema), Column("id", Integer))
        for name, schema in [
            ("accounts", None),
            ("invoices", None),
            ("invoices", "billing"),
            ("wiki_pages", "named_by_prefix"),
        ]
    )
    read(asked, alone, bare, named)
    read(asked, together, hosts, named, pages)
    read(asked, alone, bare, named)


def test_registry_is_found_where_it_is_said_to_be(asked: Connection) -> None:
    asked.execute(text("SET search_path = ''"))
    with pytest.raises(NotInstalled):
        find_namespace("billing", asked)
    assert find_namespace("billing", asked, version_table_schema="public") == INVOICES


@pytest.mark.parametrize("driver", ["psycopg", "asyncpg"])
def test_connection_of_an_async_engine_will_do(moved: Host, driver: str) -> None:
    async def ask() -> PluginNamespace:
        url = moved.database.url.set(drivername=f"postgresql+{driver}")
        engine = create_async_engine(url, poolclass=NullPool)
        async with engine.connect() as connection:
            return await connection.run_sync(lambda sync: find_namespace("billing", sync))

    assert asyncio.run(ask()) == INVOICES
