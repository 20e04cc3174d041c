"""How the commands that messages quote are written, so that a shell runs them as they stand."""

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar

_COMMAND = re.compile(r"'alembic (?=[a-z-])")
"""How a command that is quoted begins; what a session calls itself goes on with a number."""

_ALEMBIC = "alembic"

_program: ContextVar[str] = ContextVar("program", default=_ALEMBIC)
"""What the commands are called by: `alembic`, or what leads to them in an application's own."""

_options: ContextVar[str] = ContextVar("options", default="")
"""The options of that program itself with which the command line is used."""


def join_command(words: Sequence[str]) -> str:
    """Return words as a shell takes them, without single quotes, in which a command is quoted."""
    return " ".join(_quote_word(word) for word in words)


def _quote_word(word: str) -> str:
    if word and all(char.isalnum() or char in "@%+=:,./_-~^" for char in word) and word[0] != "~":
        return word
    escaped = "".join(f"\\{char}" if char in '\\"$`' else char for char in word)
    return f'"{escaped}"'


def quoting_with(options: Sequence[str]) -> AbstractContextManager[None]:
    """Let the commands that are quoted in the block have options of the program itself."""
    return _setting(_options, options)


def quoting_as(program: Sequence[str]) -> AbstractContextManager[None]:
    """Let the commands that are quoted in the block be those of another program."""
    return _setting(_program, program)


@contextmanager
def _setting(variable: ContextVar[str], words: Sequence[str]) -> Iterator[None]:
    token = variable.set(join_command(words))
    try:
        yield
    finally:
        variable.reset(token)


def find_program() -> str:
    """Return what commands are called by, with its options, as a shell takes it."""
    return " ".join(filter(None, (_program.get(), _options.get())))


def quote_commands(text: str, program: str | None = None) -> str:
    """Return a text in which each command that is quoted is called by a program; by today's."""
    program = find_program() if program is None else program
    return text if program == _ALEMBIC else _COMMAND.sub(lambda _: f"'{program} ", text)
