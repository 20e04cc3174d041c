"""Which configurations are of hosts that use us; asked in each process that runs Alembic.

It imports only the standard library, and what has been imported by whoever has a configuration.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory


def is_host(config: Config, script: ScriptDirectory) -> bool:
    """Tell whether a configuration is of a host that uses us: its ``env.py`` names us.

    A host whose ``env.py`` leaves that to another module has an option that begins with
    ``plugin_``.
    """
    return _is_host(config, Path(script.env_py_location))


def may_be_host(config: Config) -> bool:
    """Do as `is_host` does before there is a script directory; what cannot be read may be one."""
    from alembic.util import coerce_resource_to_filename

    try:
        location = config.get_alembic_option("script_location")
        if not location:
            return False
        return _is_host(config, Path(coerce_resource_to_filename(location), "env.py"))
    except Exception:  # noqa: BLE001 - broken, or it names a package that is not there
        return True


def _is_host(config: Config, environment: Path) -> bool:
    if environment.is_file() and b"alembic_plugins" in environment.read_bytes():
        return True
    file, section = config.file_config, config.config_ini_section
    options = file.options(section) if file.has_section(section) else ()  # as they stand
    return any(key.startswith("plugin_") for key in (*options, *config.toml_alembic_config))
