"""What is told of how far a command has come."""

import logging
import re
from io import StringIO

import pytest

from alembic_plugins.execution.display import Display
from alembic_plugins.execution.progress import Progress, RevisionProgress
from alembic_plugins.planning.operations import ApplyRevision, RevertRevision, Step

STEP = ApplyRevision("billing", "b1")


class Unseen(Display):
    """What shows a command that somebody watches."""

    def __init__(self) -> None:
        super().__init__(StringIO())

    def begin(self, *_: object) -> None:
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
    run(Progress(2, Unseen(), events.append), STEP, RevertRevision("crm", "c1"))
    assert [(e.plugin, e.revision, e.direction, e.number, e.total) for e in events] == [
        *[("billing", "b1", "upgrade", 1, 2)] * 2,
        *[("crm", "c1", "downgrade", 2, 2)] * 2,
    ]
    assert [event.seconds is None for event in events] == [True, False, True, False]


def test_callback_hears_of_nothing_after_a_revision_that_fails() -> None:
    events: list[RevisionProgress] = []
    with (
        pytest.raises(ZeroDivisionError),
        Progress(1, Unseen(), events.append).report(STEP),
    ):
        _ = 1 / 0
    assert [event.seconds for event in events] == [None]


def test_callback_hears_again_of_what_is_tried_again() -> None:
    events: list[RevisionProgress] = []
    progress = Progress(2, Unseen(), events.append)
    run(progress, STEP)
    progress.go_back(0)
    run(progress, STEP)
    assert [event.number for event in events] == [1] * 4


def test_callback_that_raises_is_called_no_more(caplog: pytest.LogCaptureFixture) -> None:
    calls = []

    def fail(event: RevisionProgress) -> None:
        calls.append(event)
        raise ValueError("no")

    run(Progress(2, Display(StringIO()), fail), STEP, STEP)
    assert (len(calls), len(caplog.records)) == (1, 1)
    assert caplog.messages == ["The progress callback has failed, and is called no more."]


def test_callback_may_end_the_process() -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Progress(1, Unseen(), interrupt), STEP)


def test_revision_that_has_run_is_logged_with_its_time(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "alembic_plugins")
    run(Progress(1, Display(StringIO())), STEP)
    assert re.fullmatch(r"Ran upgrade of billing b1 in \d+\.\d\d s\.", caplog.messages[0])
