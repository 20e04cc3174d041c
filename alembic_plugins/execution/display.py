"""What somebody sees of a command that runs: revisions with their times, a bar, who is waited for.

It is written to stderr, so that stdout has nothing but answers.
"""

import logging
import sys
from collections.abc import Callable
from threading import Event, RLock, Thread
from time import monotonic
from types import TracebackType
from typing import TextIO

from alembic.config import Config

from .._base_errors import in_one_line
from .._terminal import Style, can_draw, find_width, is_terminal, paint, shorten
from ..planning.operations import Direction, Step
from ..revisions.branches import BranchScript

_INTERVAL_SECONDS = 0.2
_BAR_SECONDS = 1.0
"""How long a command runs before there is a bar."""
_LINES_SECONDS = 5.0
"""How long it runs before there are lines where nobody looks."""
_REPEAT_SECONDS = 30.0
_WAIT_REPEAT_SECONDS = 10.0
_WAIT_LASTS_SECONDS = 2.5
"""For how long it is known that a session waits: that is asked each second."""

_BAR_WIDTH = 20
_LEAST_BAR_WIDTH = 6

_CLEAR = "\r\x1b[K"

_STYLES = {Direction.UPGRADE: Style.GOOD, Direction.DOWNGRADE: Style.PENDING}


class Display:
    """Show how far a command has come, and for whom it waits.

    On a terminal each revision has a line when it has run, and after a second a bar tells which
    one runs, and for how long. Elsewhere there are lines only, and only of a command that takes
    longer. A line is drawn over by a thread, since PostgreSQL makes this one wait; whatever is
    logged meanwhile stands above it.

    Args:
        stream: where it is shown.
        shows_waiting: whether it is told who is waited for.
        shows_steps: whether there is a bar.
        shows_lines: whether each revision has a line.
        describe: returns what a revision says of itself.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        shows_waiting: bool = True,
        shows_steps: bool = True,
        shows_lines: bool = True,
        describe: Callable[[Step], str] = lambda _step: "",
    ) -> None:
        self._stream = stream
        self._shows_waiting = shows_waiting
        self._shows_steps, self._shows_lines = shows_steps, shows_lines
        self._describe = describe
        self._is_terminal = is_terminal(stream)
        self._draws = can_draw(stream) and shows_steps
        self._lock = RLock()
        self._depth = 0
        self._opened = monotonic()
        self._step: Step | None = None
        self._shown: tuple[int, int, str] | None = None
        self._begun = 0.0
        self._next_line = 0.0
        self._waits: dict[str, float] = {}
        self._waits_since = self._waits_seen = 0.0
        self._drawn = ""
        self._thread: Thread | None = None
        self._is_done = Event()

    def __enter__(self) -> "Display":
        if not self._depth:
            self._opened = monotonic()
        self._depth += 1
        for handler in self._handlers() if self._depth == 1 else ():
            handler.addFilter(self._make_room)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._depth -= 1
        if self._depth:
            return
        for handler in self._handlers():
            handler.removeFilter(self._make_room)
        self._stop()

    def begin(self, done: int, total: int, step: Step) -> None:
        """Show a revision that is about to run, which is the first after `done` of `total`."""
        self._step = step
        self.show(done, total, f"{step.direction} {step.plugin} {step.revision}")

    def show(self, done: int, total: int, words: str) -> None:
        """Show what is about to be done, likewise, until that of something else or of `end`."""
        if not self._shows_steps:
            return
        with self._lock:
            self._shown = (done + 1, total, in_one_line(words))
            self._begun = monotonic()
            self._waits_seen = 0.0
            self._next_line = self._opened + _LINES_SECONDS
        self._start()

    def end(self, seconds: float | None) -> None:
        """Show that the revision has run, and how long it took; None where it has failed."""
        if self._shown is None:
            return
        with self._lock:
            step, self._step, self._shown = self._step, None, None
            self._erase()
            is_long = self._is_terminal or monotonic() >= self._opened + _LINES_SECONDS
            if step is not None and seconds is not None and self._shows_lines and is_long:
                self._print_step(step, seconds)
        if not self._depth:
            self._stop()

    def tell(self, words: str) -> None:
        """Say who is waited for; to be called again, each second or so, while that is the case."""
        if not self._shows_waiting:
            return
        with self._lock:
            now = monotonic()
            if now - self._waits_seen > _WAIT_LASTS_SECONDS:
                self._waits_since = now
            self._waits_seen = now
            due = self._waits.get(words)
            if due is None or (now >= due and not self._draws):
                self._waits[words] = now + _WAIT_REPEAT_SECONDS
                self._print(words)
        if self._depth:
            self._start()

    def _handlers(self) -> list[logging.Handler]:
        """Return what logs to a terminal, most likely."""
        if not self._draws:
            return []
        loggers = (logging.getLogger(name) for name in (None, "alembic", __name__.split(".")[0]))
        found = [handler for logger in loggers for handler in logger.handlers]
        return [*found, *([logging.lastResort] if logging.lastResort else [])]

    def _make_room(self, _record: logging.LogRecord) -> bool:
        """Let a record be logged on a line of its own."""
        with self._lock:
            self._erase()
        return True

    def _start(self) -> None:
        if self._thread is None and self._shows_steps:
            self._is_done.clear()
            name = "alembic-plugins-display"
            self._thread = Thread(target=self._refresh_again, name=name, daemon=True)
            self._thread.start()

    def _stop(self) -> None:
        self._is_done.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        with self._lock:
            self._erase()

    def _refresh_again(self) -> None:
        while not self._is_done.wait(_INTERVAL_SECONDS):
            with self._lock:
                self.refresh()

    def refresh(self) -> None:
        """Show how things are by now."""
        now = monotonic()
        if self._draws:
            text = self._describe_now(now) if now - self._opened > _BAR_SECONDS else ""
            if text != self._drawn:
                self._write(f"{_CLEAR}{text}" if text else _CLEAR)
                self._drawn = text
        elif self._shown is not None and self._shows_lines and now >= self._next_line:
            self._next_line = now + _REPEAT_SECONDS
            self._print(f"{self._name_step()}, for {tell_time(now - self._begun)} by now")

    def _describe_now(self, now: float) -> str:
        """Return what is drawn over: a bar, the revision and its time, and whether it waits."""
        waits = now - self._waits_seen <= _WAIT_LASTS_SECONDS
        waiting = f"waiting for {tell_time(now - self._waits_since)}" if waits else ""
        room = (find_width(self._stream) or 80) - 1
        if self._shown is None:
            return shorten(waiting.capitalize(), room)
        number, total, _ = self._shown
        words = f"{self._name_step()}  {tell_time(now - self._begun)}"
        text = f"{words}, {waiting}" if waiting else words
        width = min(_BAR_WIDTH, room - len(text) - 3)
        if width < _LEAST_BAR_WIDTH:
            return shorten(text, room)
        filled = width * (number - 1) // max(total, 1)
        bar = paint("#" * filled, Style.GOOD, self._stream)
        return f"[{bar}{'.' * (width - filled)}] {text}"

    def _name_step(self) -> str:
        assert self._shown is not None  # noqa: S101 - asked for while something is done
        number, total, words = self._shown
        return f"{number}/{total} {words}"

    def _print_step(self, step: Step, seconds: float) -> None:
        """Print the line of a revision that has run, time first, so that it is in columns."""
        time = f"{tell_time(seconds, exactly=True):>9}"
        name = in_one_line(f"{step.plugin} {step.revision}")
        message = in_one_line(self._describe(step))
        width = find_width(self._stream)
        if width is not None:  # What it says of itself is cut, and never which one it is.
            message = shorten(message, width - len(f"{time}  {step.direction} {name}  "))
        verb = paint(str(step.direction), _STYLES[step.direction], self._stream)
        self._print(f"{time}  {verb} {name}  {message}".rstrip())

    def _print(self, line: str) -> None:
        self._erase()
        self._write(f"{line}\n")

    def _erase(self) -> None:
        if self._drawn:
            self._write(_CLEAR)
            self._drawn = ""

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # Whoever has looked is gone; the work goes on.
            self._shows_steps = self._shows_waiting = False


def tell_time(seconds: float, *, exactly: bool = False) -> str:
    """Return a time for readers; `exactly` with hundredths, below a minute."""
    if exactly and seconds < 60:
        return f"{seconds:.2f} s"
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def make_display(
    config: Config, find_script: Callable[[str, str], BranchScript] | None = None
) -> Display:
    """Return what shows a command's progress on stderr: nothing where ``-q`` was given.

    An application that calls a function is only told who is waited for.

    Args:
        config: the command's.
        find_script: returns a revision by its branch and its id.
    """

    def describe(step: Step) -> str:
        return find_script(step.plugin, step.revision).doc if find_script else ""

    is_quiet = bool(config.messaging_opts.get("quiet"))
    shows_steps = config.cmd_opts is not None and not is_quiet
    # Where each revision is logged anyway, it has no line besides.
    is_logged = logging.getLogger("alembic.runtime.migration").isEnabledFor(logging.INFO)
    return Display(
        sys.stderr,
        shows_waiting=not is_quiet,
        shows_steps=shows_steps,
        shows_lines=shows_steps and not is_logged,
        describe=describe,
    )
