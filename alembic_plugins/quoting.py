"""How the commands that messages quote are written, so that a shell runs them as they stand."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

_COMMAND = re.compile(r"'alembic (?=[a-z-])")
"""How a command that is quoted begins; what a session calls itself goes on with a number."""

_options: ContextVar[str] = ContextVar("options", default="")
"""The options of `alembic` itself with which the command line is used."""


def join_command(words: Sequence[str]) -> str:
    """Return words as a shell takes them, without single quotes, in which a command is quoted."""
    return " ".join(_quote_word(word) for word in words)


def _quote_word(word: str) -> str:
    if word and all(char.isalnum() or char in "@%+=:,./_-~^" for char in word) and word[0] != "~":
        return word
    escaped = "".join(f"\\{char}" if char in '\\"$`' else char for char in word)
    return f'"{escaped}"'


@contextmanager
def quoting_with(options: Sequence[str]) -> Iterator[None]:
    """Let the commands that errors quote in the block have options of `alembic` itself."""
    token = _options.set(join_command(options))
    try:
        yield
    finally:
        _options.reset(token)


def find_options() -> str:
    """Return the options of `alembic` itself, as a shell takes them."""
    return _options.get()


def add_options(text: str, options: str) -> str:
    """Return a text in which each command that is quoted has options of `alembic` itself."""
    return _COMMAND.sub(lambda _: f"'alembic {options} ", text) if options else text
