"""What is read of all branches of a database at once."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import NullPool, create_engine, event
from sqlalchemy.engine import Engine
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import NotWritable, UnknownPlugin
from alembic_plugins.graph.values import GraphBranch


def find(host: Host, name: str, *names: str) -> GraphBranch:
    """Return a branch of the graph."""
    found = {it.name: it for it in commands.graph(host.config(), names).branches}
    return found[name]


@contextmanager
def count_statements() -> Iterator[list[str]]:
    """Collect in the block the statements that are executed."""
    statements: list[str] = []

    def note(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    event.listen(Engine, "before_cursor_execute", note)
    yield statements
    event.remove(Engine, "before_cursor_execute", note)


@pytest.fixture
def shop(host: Host) -> Host:
    """A host with a plugin that is used by another one."""
    host.declare("shop", 'version = "1.5"', 'writes = ["accounts"]', 'description = "Things"')
    host.revise(
        "shop", "CREATE TABLE items (id int PRIMARY KEY); ALTER TABLE accounts ADD shop int"
    )
    host.revise("shop", "INSERT INTO items SELECT * FROM generate_series(1, 300)", None)
    host.declare("sales", 'requires = ["shop"]')
    host.revise("sales", "CREATE TABLE sold (item int REFERENCES shop.items)")
    host.revise("sales", "CREATE VIEW items AS SELECT id FROM shop.items")
    return host


def test_branches_come_in_the_order_in_which_they_were_begun(shop: Host) -> None:
    shop.add("billing").run("plugin", "install", "sales")
    graph = commands.graph(shop.config())
    assert [it.name for it in graph.branches] == ["host", "shop", "sales", "billing"]
    assert [it.state for it in graph.branches] == ["installed"] * 3 + ["available"]
    assert (graph.problems, graph.guard) == ((), "enforce")


def test_revisions_have_when_they_were_applied_and_why_they_cannot_go(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    first, second = find(shop, "shop").revisions
    assert (first.state, first.irreversible) == ("applied", None)
    assert (second.down, second.irreversible) == (("shop_1",), "NotImplementedError")
    assert first.applied_at is not None
    assert (first.position, second.position) == (2, 3)


def test_objects_have_rows_and_bytes(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    items, column = find(shop, "shop").objects
    assert (str(items), items.rows) == ("table shop.items", 300)
    assert items.bytes is not None
    assert str(column) == "column public.accounts.shop"


def test_partitions_are_counted_with_their_table(host: Host) -> None:
    host.declare("log")
    host.revise(
        "log",
        "CREATE TABLE lines (day int) PARTITION BY LIST (day);"
        "CREATE TABLE first PARTITION OF lines FOR VALUES IN (1);"
        "INSERT INTO lines SELECT 1 FROM generate_series(1, 50)",
    )
    host.run("plugin", "install", "log")
    lines = next(it for it in find(host, "log").objects if it.identity == "log.lines")
    assert (lines.rows, bool(lines.bytes)) == (50, True)


def test_uninstall_would_take_what_needs_it(shop: Host) -> None:
    shop.run("plugin", "install", "sales")
    shop.run("plugin", "store", "shop", "set", "key", "1")
    loss = find(shop, "shop").loss
    assert loss is not None
    assert loss.dependents == ("sales",)
    assert loss.users == (
        "table constraint sold_item_fkey on sales.sold of plugin 'sales'",
        "view sales.items of plugin 'sales'",
    )
    assert loss.values == 1


def test_states_tell_what_was_changed_by_hand(shop: Host) -> None:
    shop.run("plugin", "install", "sales")
    shop.database.execute("ALTER TABLE shop.items ADD note text")
    path = shop.folder / "plugins" / "shop" / "versions" / "shop_1.py"
    path.write_text(path.read_text().replace("shop int", "shop bigint"))
    shop.revise("sales", "")
    assert find(shop, "shop").states == ("installed", "edited", "drifted")
    assert [it.state for it in find(shop, "shop").revisions] == ["edited", "applied"]
    assert [it.state for it in find(shop, "sales").revisions] == ["applied", "applied", "pending"]


def test_plugin_without_files_is_told_from_the_registry(shop: Host) -> None:
    shop.run("plugin", "install", "sales")
    shop.remove("sales")
    sales = find(shop, "sales")
    assert (sales.state, {it.state for it in sales.revisions}) == ("orphaned", {"orphaned"})
    assert [it.text for it in sales.requires] == ["shop"]
    assert commands.graph(shop.config()).problems == ()


def test_database_may_be_ahead_of_the_files(shop: Host) -> None:
    shop.run("plugin", "install", "sales")
    (shop.folder / "plugins" / "sales" / "versions" / "sales_2.py").unlink()
    sales = find(shop, "sales")
    assert (sales.state, [it.state for it in sales.revisions]) == ("ahead", ["applied", "ahead"])


def test_plugin_that_is_set_aside_has_its_revisions(shop: Host) -> None:
    shop.run("plugin", "install", "sales")
    shop.run("plugin", "uninstall", "sales", "--keep-data", "--yes")
    shop.remove("sales")
    sales = find(shop, "sales")
    assert (sales.state, [it.state for it in sales.revisions]) == ("quarantined", ["set aside"] * 2)
    assert [it.kind for it in sales.objects] == ["table", "view"]


def test_broken_plugin_says_why_and_hinders_no_other_one(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    shop.declare("sales", "nonsense = 1")
    sales = find(shop, "sales")
    assert sales.state == "broken"
    assert "'nonsense' is not one of" in str(sales.problem)
    assert find(shop, "shop").states == ("installed",)


def test_plugin_of_stock_alembic_has_what_is_in_its_schema(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    tables = ("event", "journal", "object", "revision", "snapshot", "value")
    dropped = ", ".join(f"alembic_plugin_{name}" for name in tables)
    shop.database.execute(f"DROP TABLE {dropped}, alembic_plugin")
    assert [str(it) for it in find(shop, "shop").objects] == ["table shop.items"]


def test_named_plugins_come_with_what_they_need(shop: Host) -> None:
    shop.add("billing").run("plugin", "install", "sales")
    graph = commands.graph(shop.config(), "sales")
    assert [it.name for it in graph.branches] == ["host", "shop", "sales"]
    with pytest.raises(UnknownPlugin):
        commands.graph(shop.config(), "nosuch")


def test_database_may_have_nothing(shop: Host) -> None:
    graph = commands.graph(shop.config())
    assert {it.state for it in graph.branches} == {"available"}
    assert {it.state for branch in graph.branches for it in branch.revisions} == {"pending"}


def test_as_many_statements_are_executed_for_many_plugins(shop: Host) -> None:
    shop.run("plugin", "install", "sales")
    with count_statements() as few:
        commands.graph(shop.config())
    more = [f"more_{number}" for number in range(3)]
    for name in more:
        shop.declare(name, 'requires = ["shop"]').revise(name, "CREATE TABLE t (id int)")
    shop.run("plugin", "install", *more)
    with count_statements() as many:
        commands.graph(shop.config())
    assert len(many) == len(few)


def test_table_that_somebody_has_locked_is_not_waited_for(shop: Host) -> None:
    shop.run("plugin", "install", "shop")
    with create_engine(shop.database.url, poolclass=NullPool).begin() as other:
        other.exec_driver_sql("LOCK shop.items")
        items = find(shop, "shop").objects[-1]
    assert (items.identity, items.bytes) == ("shop.items", None)


def test_page_is_written_or_it_is_said_why_not(shop: Host) -> None:
    path = shop.folder / "graph.html"
    commands.graph(shop.config(), html=path)
    assert path.read_text().startswith("<!DOCTYPE html>")
    with pytest.raises(NotWritable):
        commands.graph(shop.config(), html=shop.folder)
