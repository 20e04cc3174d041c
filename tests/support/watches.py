"""Processes that watch a database until they are ended."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from .hosts import Host

_PATIENCE_SECONDS = 300
"""How long a test waits for what has to come, before it fails."""


class Watch:
    """A process of ``alembic plugin watch``, and what it has printed.

    Args:
        process: the process.
        output: the file that it prints into, on whatever stream.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", output: Path) -> None:
        self.process = process
        self._output = output

    @property
    def text(self) -> str:
        """What it has printed until now."""
        return self._output.read_text()

    def wait_for(self, lines: int) -> str:
        """Return what it has printed when that is as many lines."""
        self._wait(lambda: self.text.count("\n") >= lines)
        return self.text

    def wait_for_words(self, words: str, times: int = 1) -> None:
        """Return when it has printed something, so many times."""
        self._wait(lambda: self.text.count(words) >= times)

    def _wait(self, is_there: Callable[[], bool]) -> None:
        end = time.monotonic() + _PATIENCE_SECONDS
        while not is_there():
            assert self.process.poll() is None, self.text
            assert time.monotonic() < end, self.text
            time.sleep(0.05)

    def end(self, number: signal.Signals = signal.SIGINT) -> int:
        """End it by a signal; return its exit code."""
        self.process.send_signal(number)
        return self.process.wait()


@contextmanager
def watching(host: Host, *arguments: str) -> Iterator[Watch]:
    """Watch the database of a host in the block."""
    host.database.ensure()
    output = host.folder / f"watch-{time.monotonic_ns()}.txt"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "alembic", "plugin", "watch", *arguments],
            cwd=host.folder,
            env={**os.environ, "DATABASE_URL": host.database.text},
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
        )
    watch = Watch(process, output)
    try:
        yield watch
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait()
