"""Which phase of a release a command is about."""

from argparse import Namespace as Arguments
from pathlib import Path

import pytest
from alembic.config import Config

from alembic_plugins.config.arguments import find_global_options
from alembic_plugins.config.phases import check_phaseless
from alembic_plugins.config.settings import read_settings
from alembic_plugins.errors import InvalidOption, WrongCombination


def make_config(option: str | None, *arguments: str, given: object = None) -> Config:
    """Return the configuration of a command with options of its own, and ``-x`` arguments."""
    attributes = {"phase": given} if given is not None else {}
    return Config(cmd_opts=Arguments(phase=option, x=list(arguments)), attributes=attributes)


@pytest.mark.parametrize(
    ("config", "phase"),
    [
        (Config(), None),
        (make_config(None), None),
        (make_config("expand"), "expand"),
        (make_config(None, "phase=expand"), "expand"),
        (make_config(None, "phase=expand", "phase=contract"), "contract"),
        (make_config("contract", "phase=contract"), "contract"),
        (make_config(None, given="expand"), "expand"),
        (make_config(None, "phase=contract", given="expand"), "contract"),
    ],
)
def test_phase_is_that_of_the_command_line_or_the_caller(
    config: Config, phase: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(config).phase == phase


@pytest.mark.parametrize(
    ("config", "option", "value"),
    [
        (make_config(None, "phase="), "-x phase", ""),
        (make_config(None, "phase"), "-x phase", ""),
        (make_config(None, "phase=Expand"), "-x phase", "Expand"),
        (make_config("both"), "--phase", "both"),
        (make_config(None, given="both"), "phase", "both"),
    ],
)
def test_other_phase_is_an_error(config: Config, option: str, value: str) -> None:
    with pytest.raises(InvalidOption) as excinfo:
        read_settings(config)
    error = excinfo.value
    assert (error.option, error.value, error.expected) == (option, value, "expand or contract")


def test_two_options_that_differ_are_an_error() -> None:
    with pytest.raises(WrongCombination) as excinfo:
        read_settings(make_config("expand", "phase=contract"))
    assert excinfo.value.circumstance == "beside '-x phase=contract'"


def test_commands_that_are_quoted_leave_out_what_they_have_an_option_for() -> None:
    assert find_global_options(make_config(None, "phase=expand", "tenant=a")) == ["-x", "tenant=a"]


@pytest.mark.parametrize("command", ["upgrade", "downgrade", "install", "current", None])
def test_commands_may_have_a_phase(command: str | None) -> None:
    check_phaseless(command, "expand")


@pytest.mark.parametrize(
    ("command", "word"), [("stamp", "stamp"), ("history_sync", "history-sync")]
)
def test_commands_without_a_phase_refuse_one(command: str, word: str) -> None:
    check_phaseless(command, None)
    with pytest.raises(WrongCombination, match=word):
        check_phaseless(command, "expand")
