"""A bar on stderr, for what takes more than a second on a terminal."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import TextIO

from ..planning.operations import Step

Draw = Callable[[int, int, Step], None]
"""Takes how many revisions are done, how many there are, and the next one."""

_WIDTH = 24
_PATIENCE_SECONDS = 1.0


class Progress:
    """How far a plan has come.

    Args:
        total: how many revisions run.
        draw: shows it.
    """

    def __init__(self, total: int, draw: Draw) -> None:
        self._total = total
        self._draw = draw
        self._done = 0

    @property
    def done(self) -> int:
        """How many have been begun, and were not rolled back."""
        return self._done

    def go_back(self, done: int) -> None:
        """Take note that revisions were rolled back, and how many were not."""
        self._done = done

    def report(self, step: Step) -> None:
        """Show that a revision is about to run."""
        self._draw(self._done, self._total, step)
        self._done += 1


def make_drawing(stream: TextIO) -> Draw:
    """Return what is to be told of each step: done, total, step.

    It draws only on a terminal, and not where each step is logged anyway.
    """
    if not stream.isatty() or logging.getLogger("alembic.runtime.migration").isEnabledFor(
        logging.INFO
    ):
        return lambda _done, _total, _step: None
    started = monotonic()

    def draw(done: int, total: int, step: Step) -> None:
        if monotonic() - started > _PATIENCE_SECONDS:
            filled = _WIDTH * done // max(total, 1)
            bar = "#" * filled + "." * (_WIDTH - filled)
            line = f"[{bar}] {done + 1}/{total} {step.direction} {step.plugin} {step.revision}"
            end = "\n" if done + 1 == total else ""
            print(f"\r{line[:100]:<100}", end=end, file=stream, flush=True)

    return draw
