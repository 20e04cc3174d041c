"""The bar on stderr."""

import logging
from io import StringIO

import pytest

from alembic_plugins.execution.progress import make_drawing
from alembic_plugins.planning.operations import ApplyRevision, RevertRevision

STEP = ApplyRevision("billing", "b1")


class Terminal(StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Clock:
    """The clock that the bar looks at; steps are not logged."""
    caplog.set_level(logging.WARNING, "alembic.runtime.migration")
    clock = Clock()
    monkeypatch.setattr("alembic_plugins.execution.progress.monotonic", clock)
    return clock


def test_terminal_has_a_bar_after_a_second(clock: Clock) -> None:
    stream = Terminal()
    draw = make_drawing(stream)
    clock.now += 1.1
    draw(1, 4, STEP)
    bar = "[######..................] 2/4 upgrade billing b1"
    assert stream.getvalue() == f"\r{bar:<100}"


@pytest.mark.parametrize("seconds", [0.0, 1.0])
def test_terminal_has_no_bar_within_the_first_second(clock: Clock, seconds: float) -> None:
    stream = Terminal()
    draw = make_drawing(stream)
    clock.now += seconds
    draw(1, 4, STEP)
    assert stream.getvalue() == ""


def test_what_is_no_terminal_has_no_bar(clock: Clock) -> None:
    stream = StringIO()
    draw = make_drawing(stream)
    clock.now += 60
    draw(1, 4, STEP)
    assert stream.getvalue() == ""


def test_terminal_has_no_bar_where_steps_are_logged(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "alembic.runtime.migration")
    stream = Terminal()
    draw = make_drawing(stream)
    clock.now += 60
    draw(1, 4, STEP)
    assert stream.getvalue() == ""


def test_last_step_ends_the_line(clock: Clock) -> None:
    stream = Terminal()
    draw = make_drawing(stream)
    clock.now += 60
    draw(3, 4, STEP)
    assert stream.getvalue().endswith("\n")


def test_long_name_does_not_break_the_line(clock: Clock) -> None:
    stream = Terminal()
    draw = make_drawing(stream)
    clock.now += 60
    draw(0, 2, RevertRevision("b" * 48, "r" * 90))
    assert len(stream.getvalue()) == 101


def test_bar_of_nothing_is_empty(clock: Clock) -> None:
    stream = Terminal()
    draw = make_drawing(stream)
    clock.now += 60
    draw(0, 0, STEP)
    assert "[........................]" in stream.getvalue()
