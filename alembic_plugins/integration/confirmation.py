"""Whether somebody wants a command to be run that destroys."""

import sys

from .._quoting import quote_commands
from .errors import ConfirmationNeeded, Declined


def confirm(command: str, *, yes: bool, way: str = "--yes") -> None:
    """Ask on a terminal whether a command is to be run.

    Args:
        command: as it would be typed, without `way`.
        yes: whether that was said already.
        way: how it is said where nobody can be asked.

    Raises:
        ConfirmationNeeded: nobody can be asked.
        Declined: the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfirmationNeeded(command, way)
    question = quote_commands(f"Run '{command}'? [y/N] ")
    print(question, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Declined(command)
