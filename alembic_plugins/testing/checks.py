"""The ready tests, which ``from alembic_plugins.testing.checks import *`` brings into a module.

Each is collected for each plugin, revision or release; see `alembic_plugins.testing.collection`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .trials import Trials


def test_has_one_head(plugin_trials: "Trials", plugin_name: str) -> None:
    """The revisions have one head."""
    plugin_trials.check_one_head(plugin_name)


def test_passes_check(plugin_trials: "Trials", plugin_name: str) -> None:
    """No rule of ``alembic plugin check`` finds anything."""
    plugin_trials.check_files(plugin_name)


def test_stays_in_its_namespace(plugin_trials: "Trials", plugin_name: str) -> None:
    """The guard has nothing to say of an install."""
    plugin_trials.check_namespace(plugin_name)


def test_models_match_its_head(plugin_trials: "Trials", plugin_name: str) -> None:
    """``alembic check`` finds no difference between models and database."""
    plugin_trials.check_models(plugin_name)


def test_installs_uninstalls_and_reinstalls(plugin_trials: "Trials", plugin_name: str) -> None:
    """An uninstall leaves nothing, and a second install makes what the first one made."""
    plugin_trials.check_reinstall(plugin_name)


def test_uninstalls_without_its_files(
    plugin_trials: "Trials", plugin_name: str, tmp_path: Path
) -> None:
    """The plugin is uninstalled by what the database remembers."""
    plugin_trials.check_without_files(plugin_name, tmp_path)


def test_works_with_rows(plugin_trials: "Trials", plugin_name: str) -> None:
    """Revisions run up and down where tables have rows."""
    plugin_trials.check_rows(plugin_name)


def test_offline_sql_makes_the_same(plugin_trials: "Trials", plugin_name: str) -> None:
    """The SQL of an install makes what the install makes."""
    plugin_trials.check_offline(plugin_name)


def test_installs_beside_another_process(plugin_trials: "Trials", plugin_name: str) -> None:
    """Two processes install the plugin at the same moment."""
    plugin_trials.check_beside(plugin_name)


def test_upgrades_downgrades_and_upgrades(
    plugin_trials: "Trials", plugin_name: str, plugin_revision: str | None
) -> None:
    """A revision runs up, down and up, and makes the same again."""
    plugin_trials.check_up_down_up(plugin_name, plugin_revision)


def test_downgrade_leaves_no_trace(
    plugin_trials: "Trials", plugin_name: str, plugin_revision: str | None
) -> None:
    """A revision's downgrade leads back to what was there before."""
    plugin_trials.check_trace(plugin_name, plugin_revision)


def test_upgrades_from_release(
    plugin_trials: "Trials", plugin_name: str, plugin_release: str, tmp_path: Path
) -> None:
    """With the revisions of a release installed, an upgrade makes what an install makes."""
    plugin_trials.check_release(plugin_name, plugin_release, tmp_path)


def test_order_of_installation_does_not_matter(
    plugin_trials: "Trials", plugin_order: tuple[str, ...]
) -> None:
    """Plugins, installed in one order and in the other, make the same."""
    plugin_trials.check_order(plugin_order)


# In the order in which they stand here, which is that of what they need.
__all__ = [name for name in tuple(vars()) if name.startswith("test_")]
