"""A signal ends the process when what is being done is done."""

import signal

import pytest

from alembic_plugins.integration.signals import finishing_first


def receive(count: int, done: list[str]) -> None:
    """Receive Ctrl-C some times while something is done."""
    with finishing_first():
        for _ in range(count):
            signal.raise_signal(signal.SIGINT)
        done.append("the block")


def test_signal_is_put_off_until_the_block_has_ended() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        receive(1, done)
    assert done == ["the block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_second_signal_ends_the_block() -> None:
    done: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        receive(2, done)
    assert done == []
