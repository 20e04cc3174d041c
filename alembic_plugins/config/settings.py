"""What the host's configuration and the command line say to us."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from configparser import Error as ConfigParserError
from configparser import InterpolationError
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from alembic.config import Config

from .._base_errors import (
    InvalidName,
    InvalidOption,
    first_line,
)
from ..plugin import (
    HOST,
    Namespace,
    parse_namespace,
)
from .arguments import read_arguments, read_without_hooks
from .errors import AutomigrateForbidden, BrokenConfiguration, UnknownOption
from .flags import ALL, read_flag, read_names, read_seconds
from .phases import choose_phase

ENTRY_POINT_GROUP = "alembic_plugins.plugins"
SECTION = "alembic_plugins."
OPTIONS = frozenset(
    f"plugin_{name}"
    for name in (
        *("folders", "entry_points", "namespace", "bootstrap", "target_metadata"),
        *("load", "lock_wait", "lock_timeout", "statement_timeout", "trusted_roles"),
        *("environment", "guard", "guard_reads", "guard_allow", "host_first", "fail_fast"),
        *("auto_sync", "automigrate", "check_ignore", "connect_wait"),
    )
)
"""The options that a configuration may have."""

AUTO_SYNC = "plugin_auto_sync"
"""The option, and the attribute of a configuration that comes before it."""

AUTOMIGRATE = "plugin_automigrate"
"""The option that names whose changes by hand are captured by themselves."""

LOADS = ("needed", "all")
GUARD_MODES = ("enforce", "warn", "off")
PRODUCTION = "production"
ENVIRONMENTS = ("development", PRODUCTION)
_LOCK_WAIT_SECONDS = 300.0

_OBJECT = re.compile(r'(?:\([^)]*\)|"[^"]*"|[^\s,("])+')


@dataclass(frozen=True)
class Settings:
    """The options of one host, out of ``[alembic]`` or ``[tool.alembic]``.

    Attributes:
        here: the folder of the configuration file, where relative paths start.
        folders: ``plugin_folders``, whose subfolders are plugins.
        entry_points: ``plugin_entry_points``, groups to look into besides our own.
        bootstrap: ``plugin_bootstrap``, a function to call before any revision file is loaded.
        target_metadata: ``plugin_target_metadata``, the host's `MetaData`.
        host_first: ``plugin_host_first``: upgrading plugins brings the host to its head first.
        fail_fast: ``plugin_fail_fast``: an upgrade stops at the first plugin that fails.
        without_hooks: ``--without-hooks``: no hook is called.
        phase: ``--phase``, ``expand`` or ``contract``: what of a release is run; None is all.
        load: ``plugin_load``: ``needed`` executes a revision file when its revision runs, ``all``
            those of a branch before the first one of it.
        lock_wait: ``plugin_lock_wait``, how many seconds to wait for another migration.
        lock_timeout: ``plugin_lock_timeout``, how many seconds a statement may wait for a lock; 0
            is for ever.
        statement_timeout: ``plugin_statement_timeout``, how many seconds a statement may take.
        environment: ``plugin_environment``: ``development``, where an embedded PostgreSQL serves
            where no other is named, or ``production``, where none does.
        guard: ``plugin_guard``: ``enforce``, ``warn`` or ``off``.
        guard_reads: ``plugin_guard_reads``, likewise, of rows that a plugin reads of another one
            which it does not require.
        guard_allow: ``plugin_guard_allow``, the objects that every branch may change: those that
            triggers and functions of the host write to on a plugin's behalf, for example.
        auto_sync: ``plugin_auto_sync``: the plugins whose declared tables an upgrade syncs by
            itself; ``true`` is all of them.
        automigrate: ``plugin_automigrate``: the plugins, or ``host``, of which an upgrade captures
            what was changed by hand; ``true`` is all of them.
        trusted_roles: ``plugin_trusted_roles``, whose functions and operators on the search path
            may be called as PostgreSQL's own.
        check_ignore: ``plugin_check_ignore``, the rules that `check` leaves out.
        namespace: ``plugin_namespace``, for plugins that declare none; None is a schema of
            the plugin's name.
        sections: ``[alembic_plugins.NAME]`` and ``[tool.alembic_plugins.NAME]`` by NAME.
        source: the name of the configuration file, for messages.
    """

    here: Path
    folders: tuple[Path, ...]
    entry_points: tuple[str, ...]
    bootstrap: str | None
    target_metadata: str | None
    host_first: bool
    fail_fast: bool
    without_hooks: bool
    phase: str | None
    load: str
    lock_wait: float
    lock_timeout: float | None
    statement_timeout: float | None
    environment: str
    guard: str
    guard_reads: str
    guard_allow: tuple[str, ...]
    auto_sync: tuple[str, ...]
    automigrate: tuple[str, ...]
    trusted_roles: tuple[str, ...]
    check_ignore: tuple[str, ...]
    namespace: Namespace | None
    sections: Mapping[str, Mapping[str, Any]]
    source: str

    def syncs(self, *names: str) -> bool:
        """Tell whether an upgrade syncs the declared tables of a plugin by itself, by its names."""
        return not {ALL, *names}.isdisjoint(self.auto_sync)

    def captures(self, *names: str) -> bool:
        """Tell whether what was changed by hand of a branch is captured, by its names."""
        return not {ALL, *names}.isdisjoint(self.automigrate)


def read_settings(config: Config) -> Settings:
    """Return what `config` says.

    Raises:
        InvalidOption: an option has a value that means nothing.
        BrokenConfiguration: the file cannot be read, or not ``pyproject.toml``.
    """
    try:
        return _read(config)
    except tomllib.TOMLDecodeError as error:
        raise BrokenConfiguration(str(config.toml_file_name), first_line(error)) from error
    except ConfigParserError as error:
        reason = describe_fault(error)
        raise BrokenConfiguration(str(config.config_file_name), reason) from error


def describe_fault(error: ConfigParserError) -> str:
    """Return what is wrong with an ini file, without what stands there: it may be a password."""
    if isinstance(error, InterpolationError):
        where = f"option '{error.option}' in [{error.section}]"
        return f"{where} has a '%' that cannot be replaced; '%%' is one"
    return first_line(error)


def _check_options(config: Config) -> None:
    """Check that every option that begins as ours do is one of ours.

    Raises:
        UnknownOption: one is not.
    """
    section = config.get_section(config.config_ini_section, {})
    for option in (*section, *config.toml_alembic_config):
        if option.startswith("plugin_") and option not in OPTIONS:
            similar = get_close_matches(option, OPTIONS, 1) or sorted(OPTIONS)
            raise UnknownOption(option, tuple(similar))


def _read(config: Config) -> Settings:
    _check_options(config)
    file = _config_file(config)
    here = file.parent if file else Path.cwd()
    lock_wait = _read_seconds(config, "plugin_lock_wait")
    return Settings(
        here=here,
        folders=tuple(here / folder for folder in _read_folders(config)),
        entry_points=(ENTRY_POINT_GROUP, *_read_list(config, "plugin_entry_points")),
        bootstrap=config.get_alembic_option("plugin_bootstrap"),
        target_metadata=config.get_alembic_option("plugin_target_metadata"),
        host_first=read_flag(
            "plugin_host_first", config.get_alembic_option("plugin_host_first"), default=True
        ),
        fail_fast=_read_fail_fast(config),
        without_hooks=read_without_hooks(config),
        phase=choose_phase(config, read_arguments(config).get("phase")),
        load=_read_choice(config, "plugin_load", LOADS),
        lock_wait=_LOCK_WAIT_SECONDS if lock_wait is None else lock_wait,
        lock_timeout=_read_seconds(config, "plugin_lock_timeout"),
        statement_timeout=_read_seconds(config, "plugin_statement_timeout"),
        environment=_read_choice(config, "plugin_environment", ENVIRONMENTS),
        guard=_read_choice(config, "plugin_guard", GUARD_MODES),
        guard_reads=_read_choice(config, "plugin_guard_reads", GUARD_MODES, "warn"),
        guard_allow=tuple(_read_objects(config, "plugin_guard_allow")),
        auto_sync=_read_auto_sync(config),
        automigrate=_read_automigrate(config),
        trusted_roles=tuple(_read_list(config, "plugin_trusted_roles")),
        check_ignore=tuple(_read_list(config, "plugin_check_ignore")),
        namespace=_read_namespace(config),
        sections=_read_sections(config),
        source=file.name if file else "the configuration",
    )


def _read_fail_fast(config: Config) -> bool:
    """Tell whether ``--fail-fast``, ``-x fail_fast=true`` or ``plugin_fail_fast`` was given."""
    if getattr(config.cmd_opts, "fail_fast", False):
        return True
    argument = read_arguments(config).get("fail_fast")
    if argument is not None:
        return read_flag("-x fail_fast", argument, default=False)
    option = "plugin_fail_fast"
    return read_flag(option, config.get_alembic_option(option), default=False)


def _config_file(config: Config) -> Path | None:
    names = (config.config_file_name, config.toml_file_name)
    files = (Path(name).absolute() for name in names if name)
    return next((file for file in files if file.exists()), None)


def _read_list(config: Config, option: str) -> list[str]:
    value: object = config.get_alembic_option(option)
    return value if isinstance(value, list) else str(value or "").replace(",", " ").split()


def _read_auto_sync(config: Config) -> tuple[str, ...]:
    given = config.attributes.get(AUTO_SYNC)  # It comes before the option.
    return read_names(AUTO_SYNC, _read_list(config, AUTO_SYNC) if given is None else [f"{given}"])


def _read_automigrate(config: Config) -> tuple[str, ...]:
    names = read_names(AUTOMIGRATE, _read_list(config, AUTOMIGRATE), HOST)
    if names and _read_choice(config, "plugin_environment", ENVIRONMENTS) == PRODUCTION:
        raise AutomigrateForbidden(f"Leave out {AUTOMIGRATE} there")
    return names


def _read_objects(config: Config, option: str) -> list[str]:
    """Return names of objects, of which the quoted ones and the types in them may have blanks."""
    value: object = config.get_alembic_option(option)
    return value if isinstance(value, list) else _OBJECT.findall(str(value or ""))


def _read_folders(config: Config) -> list[str]:
    """Return ``plugin_folders``; the path that ``%(here)s`` stands for may have blanks."""
    section = config.config_ini_section
    if config.file_config.has_option(section, "plugin_folders"):
        raw = config.file_config.get(section, "plugin_folders", raw=True)
        here = config.file_config.defaults()["here"]
        return [word.replace("%(here)s", here) for word in raw.replace(",", " ").split()]
    if config.get_alembic_option("plugin_folders") is None:
        return ["plugins"]
    return _read_list(config, "plugin_folders")


def _read_seconds(config: Config, option: str) -> float | None:
    return read_seconds(option, config.get_alembic_option(option))


def _read_choice(
    config: Config, option: str, choices: Sequence[str], default: str | None = None
) -> str:
    """Return one of some words; the first one where the option is not set, or `default`."""
    value = str(config.get_alembic_option(option) or default or choices[0])
    if value not in choices:
        raise InvalidOption(option, value, f"{', '.join(choices[:-1])} or {choices[-1]}")
    return value


def _read_namespace(config: Config) -> Namespace | None:
    text: object = config.get_alembic_option("plugin_namespace")
    if text is None:
        return None
    try:
        return parse_namespace(str(text))
    except (ValueError, InvalidName) as error:
        expected = "'schema NAME existing', with the name of a schema"
        raise InvalidOption("plugin_namespace", str(text), expected) from error


def _read_sections(config: Config) -> dict[str, Mapping[str, Any]]:
    sections: dict[str, Mapping[str, Any]] = dict(_read_toml_sections(config))
    for section in config.file_config.sections():
        if section.startswith(SECTION):
            values = config.get_section(section, {})
            inherited = {*config.file_config.defaults(), "here"}
            sections[section.removeprefix(SECTION)] = {
                key: _read_quoted(value) for key, value in values.items() if key not in inherited
            }
    return sections


def _read_quoted(value: str) -> object:
    """Return a value of an ini file, which may be written as in TOML, as messages write it."""
    if not value.startswith(("[", '"', "'")):
        return value
    try:
        return tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return value


def _read_toml_sections(config: Config) -> Mapping[str, Mapping[str, Any]]:
    path = Path(config.toml_file_name) if config.toml_file_name else None
    if path is None or not path.exists():
        return {}
    found = tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("alembic_plugins", {})
    if not isinstance(found, dict) or not all(isinstance(v, dict) for v in found.values()):
        raise InvalidOption("tool.alembic_plugins", str(found), "tables, one a plugin")
    here = {"here": path.absolute().parent.as_posix()}
    return {
        name: {key: _interpolate(value, here) for key, value in values.items()}
        for name, values in found.items()
    }


def _interpolate(value: object, names: Mapping[str, str]) -> object:
    """Return a value with ``%(here)s`` replaced, as Alembic does in its own section."""
    return value % names if isinstance(value, str) and "%(" in value else value
