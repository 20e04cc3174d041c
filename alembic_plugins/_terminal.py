"""What a stream can show: its colours, its width, and whether a line can be drawn over.

The colours are eight that every terminal has, on a light and on a dark ground, in the shades that
its user has chosen for them. What they say is said in words as well.
"""

import os
from enum import StrEnum
from shutil import get_terminal_size
from typing import TextIO


class Style(StrEnum):
    """How a part of a line looks; the value is its parameter in an escape sequence of ECMA-48."""

    GOOD = "32"
    PENDING = "33"
    BAD = "31"
    ASIDE = "36"
    STRONG = "1"


_DEFAULT_WIDTH = 80


def is_terminal(stream: TextIO) -> bool:
    """Tell whether what is written to a stream is seen by somebody as it is written."""
    return stream is not None and not stream.closed and stream.isatty()


def can_draw(stream: TextIO) -> bool:
    """Tell whether a line can be drawn over: a terminal that is called ``dumb`` cannot do that."""
    return is_terminal(stream) and os.environ.get("TERM", "") not in ("", "dumb")


def has_colours(stream: TextIO) -> bool:
    """Tell whether colours are wanted: NO_COLOR comes before FORCE_COLOR, as in Python itself."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or can_draw(stream)


def paint(text: str, style: Style | None, stream: TextIO) -> str:
    """Return a text in a style, if the stream has colours, and as it is if not."""
    if style is None or not text or not has_colours(stream):
        return text
    return f"\x1b[{style}m{text}\x1b[0m"


def find_width(stream: TextIO) -> int | None:
    """Return how many columns a terminal has; None for what is no terminal."""
    if not is_terminal(stream):
        return None
    try:
        columns = os.get_terminal_size(stream.fileno()).columns
    except (OSError, ValueError):
        columns = 0
    return columns or get_terminal_size((_DEFAULT_WIDTH, 24)).columns


def shorten(text: str, width: int) -> str:
    """Return a text that is no longer than `width`; three dots are where it was cut."""
    return text if len(text) <= width else f"{text[: max(width - 3, 0)]}..."[: max(width, 0)]


def can_write(text: str, stream: TextIO) -> bool:
    """Tell whether a stream has all the characters of a text."""
    try:
        text.encode(getattr(stream, "encoding", None) or "ascii")
    except UnicodeEncodeError:
        return False
    return True
