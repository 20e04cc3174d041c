"""What the command line says for this package: after ``-x``, and by options of its own."""

from collections.abc import Mapping

from alembic.config import Config

from .._base_errors import (
    InvalidOption,
)
from ..plugin import (
    HOST,
    check_name,
)
from .flags import read_flag

_OURS = ("plugin", "cascade", "yes", "without_hooks", "phase", "wait")
"""The arguments after ``-x`` that are read here."""


def read_arguments(config: Config) -> Mapping[str, str]:
    """Return the ``-x KEY=VALUE`` arguments; a later one wins, as in Alembic."""
    pairs = (argument.partition("=") for argument in getattr(config.cmd_opts, "x", None) or ())
    return {key: value for key, _, value in pairs}


def check_arguments(config: Config) -> None:
    """Check that no option or argument of the command line is empty, as unset variables make them.

    Raises:
        InvalidOption: one is.
    """
    given = vars(config.cmd_opts) if config.cmd_opts else {}
    _, positional, _ = given.get("cmd", (None, (), ()))
    for key, value in given.items():
        if value == "" or (isinstance(value, list) and "" in value):
            option = _find_word(key, is_option=key not in positional)
            raise InvalidOption(option, "", "a value; a variable of the shell may be unset")


def _find_word(key: str, *, is_option: bool) -> str:
    """Return what the command line calls what argparse calls `key`."""
    if not is_option:
        return key.upper().removesuffix("S").replace("PLUGIN", "NAME")
    others = {"path": "--from", "x": "-x"}
    return others.get(key, f"--{key.replace('_', '-')}")


def find_global_options(config: Config) -> list[str]:
    """Return the options of `alembic` itself that lead to the same environment and database.

    What ``-x`` says to us is about a command, and not about where it runs.
    """
    given = vars(config.cmd_opts) if config.cmd_opts else {}
    files, section, arguments = (given.get(key) for key in ("config", "name", "x"))
    found = [word for file in files or () for word in ("-c", file)]
    found += ["-n", section] if section and section != "alembic" else []
    others = (a for a in arguments or () if a.partition("=")[0] not in _OURS)
    return [*found, *(word for argument in others for word in ("-x", argument))]


def read_scope(config: Config) -> str | None:
    """Return the branch that the command is about: a plugin's name, `HOST`, or None for all.

    It is ``-x plugin=NAME``; callers of `alembic.command` may set
    ``config.attributes["plugin"]`` instead.

    Raises:
        InvalidName: it cannot be a plugin's name.
    """
    name = read_arguments(config).get("plugin", config.attributes.get("plugin"))
    return name if name in (None, HOST) else check_name(str(name))


def read_cascade(config: Config) -> bool:
    """Tell whether ``-x cascade=true`` was given."""
    return read_flag("-x cascade", read_arguments(config).get("cascade"), default=False)


def read_without_hooks(config: Config) -> bool:
    """Tell whether ``--without-hooks`` or ``-x without_hooks=true`` was given.

    Callers of functions may set ``config.attributes["without_hooks"]`` instead.
    """
    if getattr(config.cmd_opts, "without_hooks", False):
        return True
    given = config.attributes.get("without_hooks")
    argument = read_arguments(config).get("without_hooks", given)
    return read_flag("-x without_hooks", argument, default=False)


def read_yes(config: Config) -> bool:
    """Tell whether ``-x yes=true`` was given: do not ask."""
    return read_flag("-x yes", read_arguments(config).get("yes"), default=False)
