"""Which phase of a release a command is about: see `alembic_plugins.revisions.phases`."""

from alembic.config import Config

from .._base_errors import InvalidOption, WrongCombination
from ..revisions.phases import PHASES
from .sources import ConfigSource, extend_config, open_config

PHASE = "phase"
"""The attribute of a configuration by which callers of functions name it."""

_WITHOUT = (
    *("stamp", "uninstall", "sync", "restore", "adopt", "forget", "repair", "history_sync"),
    "eject",
)
"""The functions of commands that change something, and that no phase has a part of."""


def check_phase(option: str, value: object) -> str | None:
    """Return a phase that is given, None where none is.

    Raises:
        InvalidOption: `value` is another one.
    """
    if value is not None and value not in PHASES:
        raise InvalidOption(option, str(value), " or ".join(PHASES))
    return None if value is None else str(value)


def choose_phase(config: Config, argument: str | None) -> str | None:
    """Return the phase that ``--phase`` names, or else ``-x``, by `argument`, or else a caller.

    Raises:
        InvalidOption: there is no such phase.
        WrongCombination: the two options name different ones.
    """
    option = check_phase("--phase", getattr(config.cmd_opts, "phase", None))
    phase = check_phase("-x phase", argument)
    if None not in (option, phase) and option != phase:
        raise WrongCombination("--phase", f"beside '-x phase={phase}'", "Leave out one of them")
    return option or phase or check_phase(PHASE, config.attributes.get(PHASE))


def open_in_phase(source: ConfigSource, phase: str | None) -> Config:
    """Return a configuration, which is about a phase where one is given."""
    config = open_config(source)
    return extend_config(config, **{PHASE: phase}) if phase is not None else config


def check_phaseless(command: str | None, phase: str | None) -> None:
    """Check that a command is given no phase that could not do a part of its work.

    Raises:
        WrongCombination: it is.
    """
    if phase is not None and command in _WITHOUT:
        words = f"with '{command.replace('_', '-')}', which has no phases"
        raise WrongCombination("-x phase", words, "Leave it out")
