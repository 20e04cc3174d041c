"""What is told of how far a command has come, and the bar on stderr."""

import logging
from io import StringIO

import pytest

from alembic_plugins.execution.progress import Progress, RevisionProgress, make_drawing
from alembic_plugins.planning.operations import ApplyRevision, RevertRevision, Step

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


def refuse_to_draw(_done: int, _total: int, _step: Step) -> None:
    """Be the bar of a command that somebody watches."""
    raise AssertionError


def interrupt(_event: RevisionProgress) -> None:
    """Be a callback that ends the process."""
    raise KeyboardInterrupt


def run(progress: Progress, *steps: Step) -> None:
    """Report steps that do nothing."""
    for step in steps:
        with progress.report(step):
            pass


def test_callback_hears_of_each_revision_before_and_after() -> None:
    events: list[RevisionProgress] = []
    run(Progress(2, refuse_to_draw, events.append), STEP, RevertRevision("crm", "c1"))
    assert [(e.plugin, e.revision, e.direction, e.number, e.total) for e in events] == [
        *[("billing", "b1", "upgrade", 1, 2)] * 2,
        *[("crm", "c1", "downgrade", 2, 2)] * 2,
    ]
    assert [event.seconds is None for event in events] == [True, False, True, False]


def test_callback_hears_of_nothing_after_a_revision_that_fails() -> None:
    events: list[RevisionProgress] = []
    with pytest.raises(ZeroDivisionError), Progress(1, refuse_to_draw, events.append).report(STEP):
        _ = 1 / 0
    assert [event.seconds for event in events] == [None]


def test_callback_hears_again_of_what_is_tried_again() -> None:
    events: list[RevisionProgress] = []
    progress = Progress(2, refuse_to_draw, events.append)
    run(progress, STEP)
    progress.go_back(0)
    run(progress, STEP)
    assert [event.number for event in events] == [1] * 4


def test_callback_that_raises_is_called_no_more(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def fail(event: RevisionProgress) -> None:
        calls.append(event)
        raise ValueError("no")

    run(Progress(2, lambda *_: None, fail), STEP, STEP)
    assert (len(calls), len(caplog.records)) == (1, 1)
    assert caplog.messages == ["The progress callback has failed, and is called no more."]


def test_callback_may_end_the_process() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Progress(1, refuse_to_draw, interrupt), STEP)
