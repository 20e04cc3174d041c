"""A bar on stderr, for what takes more than a second on a terminal."""

import logging
from collections.abc import Callable
from time import monotonic
from typing import TextIO

from ..planning.plan import Step

_WIDTH = 24
_PATIENCE_SECONDS = 1.0


def make_progress(stream: TextIO) -> Callable[[int, int, Step], None]:
    """Return what is to be told of each step: done, total, step.

    It draws only on a terminal, and not where each step is logged anyway.
    """
    if not stream.isatty() or logging.getLogger("alembic_plugins.execution.executor").isEnabledFor(
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
