"""The configuration of the host that is tested, and copies of it with other options."""

import tomllib
from copy import deepcopy
from pathlib import Path

from alembic.config import Config

from ..config.sources import ConfigSource, extend_config, open_config
from ..integration.disk import read_disk
from ..loading.session import GIVEN_PLUGINS, Session
from ..plugin import Plugin

_INI, _TOML = "alembic.ini", "pyproject.toml"


def find_file(root: Path, named: str) -> Path | None:
    """Return the file of the host's configuration: that which is named, else in the root folder."""
    if named:
        return root / named
    if (root / _INI).is_file():
        return root / _INI
    return root / _TOML if _has_host(root / _TOML) else None


def _has_host(file: Path) -> bool:
    try:
        return "alembic" in tomllib.loads(file.read_text("utf-8")).get("tool", {})
    except (OSError, ValueError):  # pytest tells what is wrong with it.
        return False


def make_config(root: Path, named: str) -> Config:
    """Return the host's configuration, or where there is none that of one without revisions.

    Raises:
        BrokenConfiguration: there is no such file.
    """
    file = find_file(root, named)
    if file is not None:
        return open_config(file)
    config = Config()
    folders = str(root / "plugins").replace("%", "%%")
    config.set_main_option("script_location", "alembic_plugins:environment")
    config.set_main_option("plugin_folders", folders)
    return config


def change_config(config: ConfigSource, plugin: Plugin | None = None, **options: str) -> Config:
    """Return a configuration with other options, and with a plugin in place of that on disk."""
    given = {GIVEN_PLUGINS: [plugin]} if plugin else {}
    changed = extend_config(open_config(config), **given)
    vars(changed)["file_config"] = deepcopy(changed.file_config)
    for name, value in options.items():
        changed.set_main_option(name, value)
    return changed


def read_host(config: ConfigSource) -> Session:
    """Return what is on disk, as it is now."""
    return read_disk(extend_config(open_config(config)))


def describe_config(config: ConfigSource) -> str:
    """Return what tells a configuration from others in the same process."""
    config = open_config(config)
    options = {name: dict(config.file_config.items(name, raw=True)) for name in config.file_config}
    given = config.attributes.get(GIVEN_PLUGINS, ())
    return repr((config.config_file_name, config.toml_file_name, options, given))
