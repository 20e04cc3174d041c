"""How far a command has come: told to a callback, or shown as a bar on stderr of a terminal."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from time import monotonic
from typing import TextIO, TypeVar

from ..planning.operations import Direction, Step

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

Draw = Callable[[int, int, Step], None]
"""Takes how many revisions are done, how many there are, and the next one."""

DrawWords = Callable[[int, int, str], None]
"""Takes how many things are done, how many there are, and what the next one is."""

_WIDTH = 24
_PATIENCE_SECONDS = 1.0


class Progress:
    """How far a plan has come.

    A callback that raises is called no more, and its error is logged: it does not decide whether
    revisions are applied.

    Args:
        total: how many revisions run.
        draw: shows it, where nobody watches.
        watch: the caller's callback, if it has given one.
    """

    def __init__(
        self, total: int, draw: Draw, watch: Watch[RevisionProgress] | None = None
    ) -> None:
        self._total = total
        self._draw = draw
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
            self._draw(self._done, self._total, step)
        self._done += 1
        event = RevisionProgress(
            step.plugin, step.revision, step.direction, self._done, self._total
        )
        self._tell(event)
        started = monotonic()
        yield
        self._tell(replace(event, seconds=monotonic() - started))

    def _tell(self, event: RevisionProgress) -> None:
        if self._watch is None:
            return
        try:
            self._watch(event)
        except Exception:
            self._watch = None
            log.exception("The progress callback has failed, and is called no more.")


def make_drawing(stream: TextIO) -> Draw:
    """Return what is to be told of each step: done, total, step.

    It draws only on a terminal, and not where each step is logged anyway.
    """
    if logging.getLogger("alembic.runtime.migration").isEnabledFor(logging.INFO):
        return lambda _done, _total, _step: None
    draw = make_bar(stream)
    return lambda done, total, step: draw(
        done, total, f"{step.direction} {step.plugin} {step.revision}"
    )


def make_bar(stream: TextIO) -> DrawWords:
    """Return what is to be told of each thing to do: how many are done, of how many, and what.

    It draws only on a terminal, and only what takes a while.
    """
    if not stream.isatty():
        return lambda _done, _total, _words: None
    started = monotonic()

    def draw(done: int, total: int, words: str) -> None:
        if monotonic() - started > _PATIENCE_SECONDS:
            filled = _WIDTH * done // max(total, 1)
            bar = "#" * filled + "." * (_WIDTH - filled)
            line = f"[{bar}] {done + 1}/{total} {words}"
            end = "\n" if done + 1 == total else ""
            print(f"\r{line[:100]:<100}", end=end, file=stream, flush=True)

    return draw
