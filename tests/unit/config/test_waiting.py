"""How long a command waits for a server."""

from argparse import Namespace

import pytest
from alembic.config import Config

from alembic_plugins.config.waiting import read_connect_wait
from alembic_plugins.errors import InvalidOption


def make_config(option: str | None = None, **given: object) -> Config:
    """Return a configuration with an option, and the options of a command line."""
    config = Config(cmd_opts=Namespace(**given))
    if option is not None:
        config.set_main_option("plugin_connect_wait", option)
    return config


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        (make_config(), 0),
        (make_config("2"), 2),
        (make_config("2", x=["wait=3", "wait=4"]), 4),
        (make_config("2", x=["wait=3"], wait="5"), 5),
        (make_config("2", wait="0"), 0),
        (make_config("2", wait=None, x=None), 2),
    ],
)
def test_command_line_comes_before_the_configuration(config: Config, seconds: float) -> None:
    assert read_connect_wait(config) == seconds


@pytest.mark.parametrize("value", ["-1", "soon", "nan"])
def test_wait_has_to_be_a_number_of_seconds(value: str) -> None:
    with pytest.raises(InvalidOption) as excinfo:
        read_connect_wait(make_config(wait=value))
    assert (excinfo.value.option, excinfo.value.value) == ("--wait", value)
