"""What is shown of a command that runs: lines and a bar on a terminal, few lines elsewhere."""

import logging
import re
from collections.abc import Iterator
from io import StringIO

import pytest

from alembic_plugins.execution.display import Display, tell_time
from alembic_plugins.planning.operations import ApplyRevision, RevertRevision

STEP = ApplyRevision("billing", "b1")
HOLDER = "Waiting for a lock on crm.leads, held by process 7, 'psql', idle in transaction"


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
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock that a display looks at; the terminal is of 80 columns and has no colours."""
    clock = Clock()
    monkeypatch.setattr("alembic_plugins.execution.display.monotonic", clock)
    for name, value in {"COLUMNS": "80", "TERM": "xterm", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    return clock


@pytest.fixture
def stream() -> Terminal:
    """What is shown."""
    return Terminal()


@pytest.fixture
def display(stream: Terminal, clock: Clock) -> Iterator[Display]:
    """A display of a command that has begun; every revision makes a table."""
    assert clock
    with Display(stream, describe=lambda step: f"make {step.plugin}") as display:
        yield display


def see(stream: StringIO) -> list[str]:
    """Return what is to be seen: each line as it was drawn last."""
    return [re.split("\r\x1b\\[K", line)[-1] for line in stream.getvalue().split("\n")]


def test_revision_that_has_run_has_a_line_with_its_time(display: Display, stream: Terminal) -> None:
    display.begin(0, 2, STEP)
    display.end(0.031)
    assert see(stream) == ["   0.03 s  upgrade billing b1  make billing", ""]


def test_revision_that_has_failed_has_no_line(display: Display, stream: Terminal) -> None:
    display.begin(0, 2, STEP)
    display.end(None)
    assert see(stream) == [""]


@pytest.mark.parametrize(
    ("columns", "line"), [(80, "  make billing"), (40, "  make b..."), (10, "")]
)
def test_message_is_cut_on_a_narrow_terminal_and_nothing_else(
    display: Display,
    stream: Terminal,
    columns: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    display.begin(0, 2, STEP)
    display.end(1)
    assert see(stream)[0] == f"   1.00 s  upgrade billing b1{line}"


def test_bar_tells_revision_and_time(display: Display, stream: Terminal, clock: Clock) -> None:
    clock.now += 1.1
    display.begin(1, 4, STEP)
    clock.now += 3
    display.refresh()
    assert see(stream) == ["[#####...............] 2/4 upgrade billing b1  3 s"]


def test_first_second_has_no_bar(display: Display, stream: Terminal, clock: Clock) -> None:
    display.begin(1, 4, STEP)
    clock.now += 1
    display.refresh()
    assert see(stream) == [""]


@pytest.mark.parametrize("columns", [10, 24, 40, 80])
def test_bar_is_no_wider_than_the_terminal(
    display: Display,
    stream: Terminal,
    clock: Clock,
    columns: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    display.begin(1, 4, RevertRevision("b" * 20, "r" * 12))
    clock.now += 9
    display.tell(HOLDER)
    display.refresh()
    assert len(see(stream)[-1]) < columns


def test_bar_goes_when_all_is_done(stream: Terminal, clock: Clock) -> None:
    with Display(stream) as display:
        display.begin(0, 1, STEP)
        clock.now += 2
        display.refresh()
        assert see(stream)[-1].endswith("1/1 upgrade billing b1  2 s")
    assert see(stream) == [""]


def test_wait_has_a_line_that_says_for_whom(
    display: Display, stream: Terminal, clock: Clock
) -> None:
    display.begin(0, 1, STEP)
    display.tell(HOLDER)
    clock.now += 2
    display.tell(HOLDER)
    display.refresh()
    bar = "[....................] 1/1 upgrade billing b1  2 s, waiting for 2 s"
    assert see(stream) == [HOLDER, bar]


def test_bar_waits_no_more_when_nobody_says_so(
    display: Display, stream: Terminal, clock: Clock
) -> None:
    display.begin(0, 1, STEP)
    display.tell(HOLDER)
    clock.now += 3
    display.refresh()
    assert see(stream)[-1].endswith("1/1 upgrade billing b1  3 s")


def test_wait_for_the_migration_lock_has_its_time(
    display: Display, stream: Terminal, clock: Clock
) -> None:
    display.tell("Waiting for another migration: process 7")
    clock.now += 2
    display.refresh()
    assert see(stream) == ["Waiting for another migration: process 7", "Waiting for 2 s"]


def test_log_record_stands_above_the_bar(stream: Terminal, clock: Clock) -> None:
    log, handler = logging.getLogger("alembic"), logging.StreamHandler(stream)
    log.addHandler(handler)
    try:
        with Display(stream) as other:
            other.begin(0, 1, STEP)
            clock.now += 2
            other.refresh()
            log.warning("careful")
            other.refresh()
            assert see(stream)[0] == "careful"
            assert see(stream)[1].startswith("[")
    finally:
        log.removeHandler(handler)
    assert handler.filters == []


def test_dumb_terminal_has_lines_and_no_bar(
    stream: Terminal, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    with Display(stream) as display:
        display.begin(0, 1, STEP)
        clock.now += 2
        display.refresh()
        display.end(2)
    assert stream.getvalue() == "   2.00 s  upgrade billing b1\n"


def test_short_command_says_nothing_elsewhere(clock: Clock) -> None:
    stream = StringIO()
    with Display(stream) as display:
        clock.now += 4.9
        display.begin(0, 1, STEP)
        display.refresh()
        display.end(4.9)
    assert stream.getvalue() == ""


def test_long_command_has_plain_lines_elsewhere(clock: Clock) -> None:
    stream = StringIO()
    with Display(stream) as display:
        display.begin(0, 1, STEP)
        clock.now += 5
        display.refresh()
        display.refresh()
        clock.now += 70
        display.end(75.04)
    assert stream.getvalue().splitlines() == [
        "1/1 upgrade billing b1, for 5 s by now",
        "1 min 15 s  upgrade billing b1",
    ]


def test_wait_is_told_each_ten_seconds_elsewhere(clock: Clock) -> None:
    stream = StringIO()
    with Display(stream) as display:
        for _ in range(20):
            display.tell(HOLDER)
            clock.now += 1
    assert stream.getvalue() == f"{HOLDER}\n" * 2


def test_nothing_is_shown_that_nobody_wants_to_see(stream: Terminal, clock: Clock) -> None:
    with Display(stream, shows_waiting=False, shows_steps=False, shows_lines=False) as display:
        display.begin(0, 1, STEP)
        display.tell(HOLDER)
        clock.now += 9
        display.refresh()
        display.end(9)
    assert stream.getvalue() == ""


def test_steps_that_are_logged_have_a_bar_and_no_lines(stream: Terminal, clock: Clock) -> None:
    with Display(stream, shows_lines=False) as display:
        display.begin(0, 1, STEP)
        clock.now += 2
        display.refresh()
        display.end(2)
    assert "upgrade billing b1  2 s" in stream.getvalue()
    assert see(stream) == [""]


def test_stream_that_is_closed_does_not_end_the_work(display: Display, stream: Terminal) -> None:
    stream.close()
    display.begin(0, 1, STEP)
    display.end(1)
    display.tell(HOLDER)


@pytest.mark.parametrize(
    ("seconds", "exactly", "words"),
    [
        (0.004, True, "0.00 s"),
        (59.994, True, "59.99 s"),
        (61, True, "1 min 1 s"),
        (59.9, False, "59 s"),
        (3600, False, "60 min 0 s"),
    ],
)
def test_time_is_told_for_readers(seconds: float, exactly: bool, words: str) -> None:
    assert tell_time(seconds, exactly=exactly) == words
