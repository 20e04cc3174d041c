"""What a plugin has, and what would be lost with it."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from alembic_plugins.catalog.queries import Column
from alembic_plugins.execution.migrator import Migrator
from alembic_plugins.namespaces.inferred import Inferred
from alembic_plugins.namespaces.ownership import Dependents, PluginObjects
from alembic_plugins.namespaces.recorded import RecordedObject
from alembic_plugins.planning.operations import QuarantinePlugin, RemovePlugin, RevertRevision
from alembic_plugins.planning.plan import Plan, Transaction
from alembic_plugins.planning.transactions import plan_outcome
from alembic_plugins.registry.history import Irreversible
from alembic_plugins.reports import preview
from alembic_plugins.reports.preview import Counted, Preview, read_previews
from alembic_plugins.revisions.undo import NEEDS_DATABASE

from ..builders import (
    make_applied,
    make_dependent,
    make_object,
    make_ownership,
    make_part,
    make_recorded,
    make_state,
    open_session,
    write_plugin,
)

VIEW = make_object("crm.sums", "view")
USERS = make_object("app.users")
INDEX = make_part("app.ix", "index", USERS)
CAST = make_object("(crm.mood AS text)", "cast")
TAG = Column(USERS, "tag", 3)

STATE = make_state(
    make_applied("c1", "crm"), make_applied("c2", "crm", ("c1",)), make_applied("s1", "shop")
)
GONE = Plan(
    (
        Transaction(
            (RevertRevision("crm", "c2"), RevertRevision("crm", "c1"), RemovePlugin("crm")),
            "uninstall",
        ),
    )
)
KEPT = plan_outcome(["crm"], QuarantinePlugin, "quarantine")


@dataclass
class World:
    """What an imagined database says of the plugin crm."""

    here: Path
    owned: PluginObjects = field(default_factory=PluginObjects)
    users: Dependents = field(default_factory=dict)
    irreversible: dict[str, Irreversible] = field(default_factory=dict)
    recorded: tuple[RecordedObject, ...] = ()
    inferred: Inferred | None = None
    asked: list[str] = field(default_factory=list)
    stored: dict[str, object] = field(default_factory=dict)

    def preview(self, plan: Plan = GONE) -> Preview:
        """Return what is shown of crm."""
        session = open_session(self.here, STATE)
        if self.inferred:
            session.add_inferred("crm", self.inferred)
        migrator = SimpleNamespace(
            session=session,
            connection=None,
            tables=None,
            infer=self.asked.extend,
            end_reading=lambda: None,
        )
        return read_previews(cast("Migrator", migrator), plan)["crm"]


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> World:
    """A world with the plugins crm and shop, of which shop may change the host's users."""
    write_plugin(tmp_path, "crm", "c1", "c2")
    write_plugin(tmp_path, "shop", "s1", toml="writes = ['users']")
    world = World(tmp_path)

    def read_irreversible(*_args: object, **_options: object) -> dict[str, Irreversible]:
        return world.irreversible

    def read_session_ownership(*_args: object) -> object:
        return make_ownership(recorded=world.recorded)

    monkeypatch.setattr(preview, "read_plugin_objects", lambda *_args: world.owned)
    monkeypatch.setattr(preview, "find_users", lambda *_args: world.users)
    monkeypatch.setattr(preview, "read_irreversible", read_irreversible)
    monkeypatch.setattr(preview, "read_session_ownership", read_session_ownership)
    monkeypatch.setattr(preview, "find_store", lambda *_args: world.stored)
    monkeypatch.setattr(preview, "_count", lambda _connection, _query: 7)
    return world


def test_counted_object_is_told_by_kind_and_identity() -> None:
    assert str(Counted("table", "crm.contacts", 3, 8192)) == "table crm.contacts"


def test_objects_are_shown_by_whom_they_are(world: World) -> None:
    world.owned = PluginObjects((VIEW,), (), unknown=(INDEX,), foreign=(CAST,))
    shown = world.preview()
    assert (shown.objects, shown.unknown, shown.foreign) == (
        (Counted("view", "crm.sums"),),
        (Counted("index", "app.ix"),),
        (Counted("cast", "(crm.mood AS text)"),),
    )


def test_column_is_shown_with_how_many_rows_hold_a_value(world: World) -> None:
    world.owned = PluginObjects(columns=(TAG,))
    assert world.preview().objects == (Counted("column", "app.users.tag", 7),)


def test_values_that_it_has_stored_are_counted(world: World) -> None:
    world.stored = {"days": 90, "who": None}
    assert world.preview().values == 2


def test_what_depends_on_it_is_shown(world: World) -> None:
    world.users = {"": (make_dependent("view v"),)}
    assert world.preview().users == world.users


def test_plugins_of_which_something_is_made_are_inferred_first(world: World) -> None:
    world.preview()
    assert world.asked == ["crm"]


def test_writers_of_a_table_that_has_a_column_of_the_plugins_are_shown(world: World) -> None:
    world.owned = PluginObjects(columns=(TAG,))
    assert world.preview().writers == {"app.users": ("shop",)}


def test_table_that_nobody_else_may_change_has_no_writers(world: World) -> None:
    world.owned = PluginObjects(columns=(Column(make_object("app.people"), "tag", 3),))
    assert world.preview().writers == {}


def test_what_cannot_be_moved_stays_when_a_plugin_is_set_aside(world: World) -> None:
    world.owned = PluginObjects((VIEW, INDEX, CAST), (TAG,))
    assert world.preview(KEPT).staying == (
        "index app.ix",
        "cast (crm.mood AS text)",
        "column tag of table app.users",
    )


def test_nothing_stays_when_a_plugin_is_removed(world: World) -> None:
    world.owned = PluginObjects((VIEW, INDEX, CAST), (TAG,))
    assert world.preview(GONE).staying == ()


@pytest.mark.parametrize(
    ("inferred", "doubt"), [(None, None), (Inferred((), "it raised"), "it raised")]
)
def test_doubt_is_that_of_what_is_inferred(
    world: World, inferred: Inferred | None, doubt: str | None
) -> None:
    world.inferred = inferred
    assert world.preview().doubt == doubt


def test_downgrade_that_raises_is_shown(world: World) -> None:
    world.irreversible["c2"] = Irreversible("ValueError: no way back")
    assert world.preview().irreversible == {"c2": "ValueError: no way back"}


def test_downgrade_that_only_asks_the_database_is_not_shown(world: World) -> None:
    world.irreversible["c2"] = Irreversible(NEEDS_DATABASE)
    assert world.preview().irreversible == {}


@pytest.mark.parametrize(("revision", "shown"), [("c2", ["c2"]), ("c1", [])])
def test_downgrade_that_does_nothing_is_shown_where_the_revision_has_made_something(
    world: World, revision: str, shown: list[str]
) -> None:
    world.recorded = (make_recorded(VIEW, "crm", revision),)
    world.irreversible["c2"] = Irreversible("its downgrade() does nothing", is_empty=True)
    assert list(world.preview().irreversible) == shown


@pytest.mark.parametrize("known", [Irreversible(NEEDS_DATABASE), Irreversible("-", is_empty=True)])
def test_downgrade_whose_file_is_gone_is_shown_whatever_the_reason(
    world: World, known: Irreversible
) -> None:
    (world.here / "plugins/crm/versions/c2_.py").unlink()
    world.irreversible["c2"] = known
    assert world.preview().irreversible == {"c2": known.words}


def test_downgrade_that_is_not_planned_is_not_shown(world: World) -> None:
    world.irreversible["c2"] = Irreversible("ValueError: no way back")
    assert world.preview(KEPT).irreversible == {}


def test_downgrade_of_another_plugin_is_not_shown(world: World) -> None:
    operations = (RevertRevision("shop", "s1"), RemovePlugin("crm"))
    world.irreversible["s1"] = Irreversible("ValueError: no way back")
    assert world.preview(Plan((Transaction(operations, "uninstall"),))).irreversible == {}
