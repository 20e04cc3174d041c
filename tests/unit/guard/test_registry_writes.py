"""What is done to our own tables, and not by us."""

from collections import Counter
from collections.abc import Mapping
from types import SimpleNamespace
from typing import cast

import pytest

from alembic_plugins.catalog.objects import DatabaseObject
from alembic_plugins.connection.batch import Answer
from alembic_plugins.connection.pipeline import Pipeline
from alembic_plugins.connection.writer import RegistryWriter
from alembic_plugins.guard import registry_writes
from alembic_plugins.guard.changes import Change
from alembic_plugins.guard.registry_writes import RegistryWrites
from alembic_plugins.registry.tables import BACKUP_SCHEMA, make_tables

from ..builders import altered, created, dropped, make_object, make_part, wrote

PLUGIN = make_object("app.alembic_plugin")
INDEX = make_part("app.alembic_plugin_pkey", "index", PLUGIN)


class World:
    """A writer with tables in schema `app`, and how many rows were written to these."""

    def __init__(self) -> None:
        self.versions = SimpleNamespace(name="alembic_version")
        self.tables = make_tables(None)
        self.schema = "app"
        self.written: Counter[str] = Counter({"alembic_plugin": 9})
        self.has_extended = False
        self.rows: Mapping[str, int] = {"alembic_plugin": 2}

    @property
    def registry_writes(self) -> RegistryWrites:
        """What tells of a transaction that begins now."""
        found = RegistryWrites(cast("RegistryWriter", self), cast("Pipeline", None), None)
        found.begin()
        return found


def answer(rows: Mapping[str, int]) -> Answer:
    """Return PostgreSQL's answer of how many rows were written."""
    found = [SimpleNamespace(name=name, written=written) for name, written in rows.items()]
    return cast("Answer", SimpleNamespace(rows=found))


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A database in which two rows of the registry were written already."""
    world = World()
    monkeypatch.setattr(registry_writes, "find_rows_written", lambda *_args: answer(world.rows))
    return world


@pytest.mark.parametrize(
    ("item", "is_ours"),
    [
        (PLUGIN, True),
        (INDEX, True),
        (make_object("app.alembic_version"), True),
        (make_object("app.alembic_plugin_object"), True),
        (make_object(f"{BACKUP_SCHEMA}.alembic_plugin"), True),
        (make_object("crm.alembic_plugin"), False),
        (make_object("app.alembic_plugins"), False),
        (make_object("app.users"), False),
    ],
)
def test_our_tables_are_ours_with_what_hangs_on_them(
    world: World, item: DatabaseObject, is_ours: bool
) -> None:
    assert world.registry_writes.has(item) is is_ours


def test_our_tables_are_in_the_schema_of_the_version_table(world: World) -> None:
    world.schema = "other"
    assert world.registry_writes.has(make_object("other.alembic_version"))
    assert not world.registry_writes.has(PLUGIN)


def find_violations(world: World, *changes: Change, ours: int = 0, rows: int = 2) -> list[str]:
    """Return what was done by others than us, who have written some of the rows."""
    begun = world.registry_writes
    world.written["alembic_plugin"] += ours
    return [str(o) for o in begun.find_violations(answer({"alembic_plugin": rows}), changes)]


@pytest.mark.parametrize(("ours", "rows"), [(0, 2), (3, 5), (3, 4)])
def test_rows_that_we_have_written_are_no_violation(world: World, ours: int, rows: int) -> None:
    assert find_violations(world, ours=ours, rows=rows) == []


@pytest.mark.parametrize(("ours", "rows"), [(0, 3), (3, 6)])
def test_rows_that_others_have_written_are_an_violation(world: World, ours: int, rows: int) -> None:
    words = "writes to table app.alembic_plugin, which belongs to the version history"
    assert find_violations(world, ours=ours, rows=rows) == [words]


def test_rows_of_a_table_that_was_not_there_before_are_counted(world: World) -> None:
    world.rows = {}
    assert len(find_violations(world, rows=1)) == 1


@pytest.mark.parametrize(
    ("change", "verb"), [(altered(PLUGIN), "alters"), (dropped(PLUGIN), "drops")]
)
def test_change_of_our_table_is_an_violation(world: World, change: Change, verb: str) -> None:
    words = f"{verb} table app.alembic_plugin, which belongs to the version history"
    assert find_violations(world, change) == [words]


@pytest.mark.parametrize(
    "change",
    [
        created(PLUGIN),
        wrote(PLUGIN),
        dropped(INDEX),
        dropped(make_object(f"{BACKUP_SCHEMA}.alembic_plugin")),
    ],
)
def test_what_we_do_to_our_tables_is_no_violation(world: World, change: Change) -> None:
    assert find_violations(world, change) == []


def test_change_is_ours_where_we_have_extended_the_registry(world: World) -> None:
    world.has_extended = True
    assert find_violations(world, altered(PLUGIN)) == []
