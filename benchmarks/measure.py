"""Run one command in a process of its own, and take its time and its memory."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_STOPWATCH = Path(__file__).with_name("stopwatch.py")
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
_SHOWN = 2000


@dataclass(frozen=True)
class Command:
    """What is run, where, and with which variables besides the few that every process needs."""

    arguments: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]


@dataclass(frozen=True)
class Sample:
    """What one run of a command took.

    Attributes:
        seconds: the wall clock's.
        mebibytes: the peak of its memory.
        milliseconds: what it says itself, as the last line of its output, if it does.
    """

    seconds: float
    mebibytes: float
    milliseconds: float | None = None


class CommandFailed(Exception):
    """A command that has to succeed did not."""

    def __init__(self, command: Command, output: str) -> None:
        self.command = command
        self.output = output
        words = " ".join(command.arguments)
        super().__init__(f"{words[:200]}, in {command.folder}:\n{output[-_SHOWN:]}")


def measure(command: Command) -> Sample:
    """Run a command in a fresh process, and return what it took.

    Raises:
        CommandFailed: it ended with another exit code than 0.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    with tempfile.NamedTemporaryFile("r", errors="replace") as output:
        watch = [sys.executable, "-I", "-S", str(_STOPWATCH), output.name]
        told = subprocess.check_output(
            [*watch, *command.arguments],
            cwd=command.folder,
            env={**kept, **command.environment},
            # Not this process's stdin: with a terminal's, Alembic breaks lines.
            stdin=subprocess.DEVNULL,
            text=True,
        )
        exit_code, seconds, kibibytes = told.split()
        words = output.read()
        if exit_code != "0":
            raise CommandFailed(command, words)
    return Sample(float(seconds), int(kibibytes) / 1024, _read_number(words))


def _read_number(words: str) -> float | None:
    """Return the last line of an output, where that is a number."""
    try:
        return float(words.rstrip().rpartition("\n")[2])
    except ValueError:
        return None
