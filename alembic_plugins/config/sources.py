"""From what a caller names to a configuration of Alembic's."""

from copy import copy
from functools import lru_cache
from os import PathLike
from pathlib import Path

from alembic.config import Config

from .errors import BrokenConfiguration

ConfigSource = Config | str | PathLike[str]
"""A configuration, or the path of its file: ``alembic.ini`` or ``pyproject.toml``."""

_INI, _TOML = "alembic.ini", "pyproject.toml"


def open_config(source: ConfigSource) -> Config:
    """Return a configuration: the one that is given, or that of a file.

    As for the command ``alembic``, ``alembic.ini`` and ``pyproject.toml`` of a folder are one.

    Raises:
        BrokenConfiguration: there is no such file.
    """
    if isinstance(source, Config):
        return source
    path = Path(source)
    if not path.is_file():
        reason = "it is a folder" if path.is_dir() else "there is no such file"
        raise BrokenConfiguration(str(path), reason)
    is_toml = path.name == _TOML
    ini, toml = (path.with_name(_INI), path) if is_toml else (path, path.with_name(_TOML))
    return Config(ini, toml)


def keep_config(source: ConfigSource) -> Config:
    """Do as `open_config` does, and return the same one again as long as the files are the same."""
    if isinstance(source, Config):
        return source
    path = Path(source).absolute()
    files = (path.with_name(name) for name in (_INI, _TOML, path.name))
    return _keep_config(path, tuple(_find_stamp(file) for file in files))


@lru_cache(maxsize=16)
def _keep_config(path: Path, _stamps: tuple[object, ...]) -> Config:
    return open_config(path)


def _find_stamp(file: Path) -> tuple[int, ...] | None:
    """Return what is another one when a file has been changed; None where it is not there."""
    try:
        stat = file.stat()
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def extend_config(config: Config, **attributes: object) -> Config:
    """Return a configuration with more attributes than another one, which stays as it is."""
    extended = copy(config)
    vars(extended)["attributes"] = {**config.attributes, **attributes}
    return extended
