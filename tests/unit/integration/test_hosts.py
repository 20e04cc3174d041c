"""Which configurations are of hosts that use us, and what their commands see."""

import logging
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from alembic_plugins._detection import is_host
from alembic_plugins.errors import ReferenceFailed, UnknownPlugin
from alembic_plugins.revisions.branches import BranchMap

from ..builders import make_config, write_file, write_plugin, write_revision


def make_stock(here: Path, environment: str, options: str = "") -> Config:
    """Return the configuration of a host with an environment of its own."""
    write_file(here / "env.py", environment)
    text = f"[alembic]\nscript_location = %(here)s\npath_separator = os\n{options}\n"
    return Config(write_file(here / "alembic.ini", text))


def open_script(config: Config) -> ScriptDirectory:
    """Return the script directory as a command sees it."""
    return ScriptDirectory.from_config(config)


@pytest.mark.parametrize(
    ("environment", "options", "expected"),
    [
        ("from alembic import context", "", False),
        ("import alembic_plugins", "", True),
        ("import our_environment", "plugin_folders = plugins", True),
        ("import our_environment", "plugins = alembic.autogenerate.*", False),
    ],
)
def test_host_is_who_names_us(
    tmp_path: Path, environment: str, options: str, expected: bool
) -> None:
    config = make_stock(tmp_path, environment, options)
    assert is_host(config, open_script(config)) is expected


def test_environment_of_ours_makes_a_host(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    assert is_host(config, open_script(config))


def test_stock_host_keeps_its_map(tmp_path: Path) -> None:
    script = open_script(make_stock(tmp_path, "from alembic import context"))
    assert not isinstance(script.revision_map, BranchMap)


def test_command_sees_all_branches(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    write_plugin(tmp_path, "tags", "t1")
    assert set(open_script(make_config(tmp_path)).get_heads()) == {"h1", "t1"}


def test_command_about_a_plugin_sees_only_its_branch(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    folder = write_plugin(tmp_path, "tags", "t1")
    config = make_config(tmp_path)
    config.attributes["plugin"] = "tags"
    script = open_script(config)
    assert (script.get_heads(), script.version_locations) == (["t1"], [str(folder / "versions")])


def test_command_about_no_plugin_is_told(tmp_path: Path) -> None:
    config = make_config(tmp_path)
    config.attributes["plugin"] = "no_such"
    script = open_script(config)
    with pytest.raises(UnknownPlugin):
        script.get_heads()


def test_head_is_the_hosts(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    write_plugin(tmp_path, "tags", "t1")
    assert open_script(make_config(tmp_path)).get_current_head() == "h1"


def test_broken_plugin_is_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "alembic_plugins.integration.hosts")
    write_revision(tmp_path / "versions", "h1")
    write_file(tmp_path / "plugins/broken/versions/x.py", "not python")
    assert open_script(make_config(tmp_path)).get_heads() == ["h1"]
    assert caplog.messages[0].startswith("Plugin 'broken' is left out. Revision file ")


def test_plugin_with_an_id_of_the_hosts_is_left_out(tmp_path: Path) -> None:
    write_revision(tmp_path / "versions", "h1")
    write_plugin(tmp_path, "copy", "h1", "c2")
    assert open_script(make_config(tmp_path)).get_heads() == ["h1"]


def test_bootstrap_runs_before_any_revision_file(tmp_path: Path) -> None:
    write_file(tmp_path / "versions/x.py", "not python")
    config = make_config(tmp_path, "plugin_bootstrap = os:no_such")
    with pytest.raises(ReferenceFailed):
        open_script(config)


def test_bootstrap_that_raises_is_told(tmp_path: Path) -> None:
    config = make_config(tmp_path, "plugin_bootstrap = json:loads")
    with pytest.raises(ReferenceFailed, match=r"TypeError: loads\(\) missing"):
        open_script(config)
