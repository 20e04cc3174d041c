"""How far a command has come: told to a callback, or shown to whoever looks."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import TypeVar

from ..planning.operations import Direction, Step
from .display import Display

log = logging.getLogger(__name__)

SYNC_PROGRESS = "plugin_sync_progress"
"""The attribute of a configuration that is called with each `SyncProgress`."""


@dataclass(frozen=True)
class RevisionProgress:
    """A revision that begins to run, or has run.

    That it has run is not that it is kept: its transaction may still be rolled back, and is tried
    again where it met another one. Then the number is told again.

    Attributes:
        plugin: the branch: a plugin's name, or ``host``.
        revision: its id.
        direction: which way it is run.
        number: which one it is of those that the command runs, from 1.
        total: how many these are.
        seconds: how long it has taken; None where it begins.
    """

    plugin: str
    revision: str
    direction: Direction
    number: int
    total: int
    seconds: float | None = None


@dataclass(frozen=True)
class SyncProgress:
    """A table that was synced.

    Attributes:
        plugin: the plugin.
        table: the table, with its schema.
        number: which one it is of those that are changed, from 1.
        total: how many these are.
    """

    plugin: str
    table: str
    number: int
    total: int


Event = TypeVar("Event")

Watch = Callable[[Event], object]
"""A caller's callback, which is told of what is done."""


class Progress:
    """How far a plan has come.

    A callback that raises is called no more, and its error is logged: it does not decide whether
    revisions are applied.

    Args:
        total: how many revisions run.
        display: shows it, where nobody watches.
        watch: the caller's callback, if it has given one.
    """

    def __init__(
        self, total: int, display: Display, watch: Watch[RevisionProgress] | None = None
    ) -> None:
        self._total = total
        self._display = display
        self._watch = watch
        self._done = 0

    @property
    def done(self) -> int:
        """How many have been begun, and were not rolled back."""
        return self._done

    def go_back(self, done: int) -> None:
        """Take note that revisions were rolled back, and how many were not."""
        self._done = done

    @contextmanager
    def report(self, step: Step) -> Iterator[None]:
        """Tell that a revision is about to run, and when it has run in the block."""
        if self._watch is None:
            self._display.begin(self._done, self._total, step)
        self._done += 1
        event = RevisionProgress(
            step.plugin, step.revision, step.direction, self._done, self._total
        )
        self._tell(event)
        started = monotonic()
        seconds = None
        try:
            yield
            seconds = monotonic() - started
        finally:
            self._display.end(seconds)
        log.info("Ran %s of %s %s in %.2f s.", step.direction, step.plugin, step.revision, seconds)
        self._tell(replace(event, seconds=seconds))

    def _tell(self, event: RevisionProgress) -> None:
        if self._watch is None:
            return
        try:
            self._watch(event)
        except Exception:
            self._watch = None
            log.exception("The progress callback has failed, and is called no more.")
