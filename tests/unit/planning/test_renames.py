"""Plans that give plugins in the database the names that they have on disk."""

from pathlib import Path

import pytest

from alembic_plugins import Prefix, Schema
from alembic_plugins.errors import AlreadyInstalled, PluginRenamed
from alembic_plugins.planning import upkeep
from alembic_plugins.planning.plan import Transaction
from alembic_plugins.planning.renames import RenamePlugin, plan_renames
from alembic_plugins.registry.state import State

from ..builders import make_applied, make_installed, make_state, open_session, write_plugin

STATE = make_state(make_applied("a1", "audit"))


def test_each_rename_is_a_transaction(tmp_path: Path) -> None:
    write_plugin(tmp_path, "log", "a1", toml='formerly = ["audit"]')
    plan = plan_renames(open_session(tmp_path, STATE))
    operation = RenamePlugin("log", "audit", Schema("log"))
    assert plan.transactions == (Transaction((operation,), "rename", has_savepoint=True),)


def test_nothing_is_renamed_that_has_its_name(tmp_path: Path) -> None:
    write_plugin(tmp_path, "audit", "a1")
    assert not plan_renames(open_session(tmp_path, STATE)).transactions


@pytest.mark.parametrize(
    ("moved", "words"),
    [
        (None, ("rename", "audit", "to log")),
        (Prefix("log_"), ("rename", "audit", "to log", "with its namespace, to prefix log_")),
    ],
)
def test_rename_is_told_in_words(moved: Prefix | None, words: tuple[str, ...]) -> None:
    assert RenamePlugin("log", "audit", moved).words == words


def test_rename_is_told_in_json() -> None:
    operation = RenamePlugin("log", "audit", Schema("log"))
    assert operation.to_json() == {
        "operation": "RenamePlugin",
        "plugin": "log",
        "former": "audit",
        "namespace": "schema log",
    }


def test_restore_by_the_former_name_tells_the_name(tmp_path: Path) -> None:
    write_plugin(tmp_path, "log", "a1", toml='formerly = ["audit"]')
    with pytest.raises(PluginRenamed):
        upkeep.restore(open_session(tmp_path), "audit")


def test_plugin_does_not_come_back_by_its_former_name_where_it_is_installed(tmp_path: Path) -> None:
    write_plugin(tmp_path, "log", "a1", toml='formerly = ["audit"]')
    session = open_session(tmp_path, make_state(make_applied("a1", "log")))
    with pytest.raises(AlreadyInstalled) as excinfo:
        upkeep.check_returning(session, make_installed("audit"), State())
    assert excinfo.value.name == "log"
