"""What failed in a test, in a few lines: what is wrong, and the statement, without our frames."""

import linecache
import os
import traceback
from collections.abc import Callable, Iterator
from functools import wraps
from pathlib import Path
from typing import NoReturn, ParamSpec, TypeVar

import pytest
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

P = ParamSpec("P")
T = TypeVar("T")

_MOST = 200
"""How many characters of a statement, or of a line of Python, are shown."""


def without_frames(function: Callable[P, T]) -> Callable[P, T]:
    """Let what `function` raises in words begin at its caller, with the statement as a note."""

    @wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        __tracebackhide__ = True
        try:
            return function(*args, **kwargs)
        except (CommandError, SQLAlchemyError) as error:
            for line in find_statement(error):
                error.add_note(line)
            raise error.with_traceback(None) from None

    return call


def fail(*lines: str) -> NoReturn:
    """Fail the test that runs, with nothing but these lines."""
    # Without what it was raised from, which these lines tell.
    raise pytest.fail.Exception("\n".join(lines), pytrace=False) from None


def describe(error: BaseException) -> list[str]:
    """Return what an error says, and the statement that it is about, where there is one."""
    words = str(error).replace(f"{Path.cwd()}{os.sep}", "")
    return [words, *getattr(error, "__notes__", ()), *find_statement(error)]


def find_statement(error: BaseException) -> Iterator[str]:
    """Find the statement that PostgreSQL has refused, and the line of the revision that sent it."""
    for cause in _find_causes(error):
        if isinstance(cause, DBAPIError) and cause.statement:
            yield f"  statement: {_shorten(cause.statement)}"
            return
        frames = traceback.extract_tb(cause.__traceback__)
        own = [frame for frame in frames if Path(frame.filename).parent.name == "versions"]
        if own and own[-1].line:
            yield show_line(Path(own[-1].filename), own[-1].lineno or 1)
            return


def show_line(path: Path, line: int) -> str:
    """Return a line of a file, with its place."""
    return f"  {show_path(path)}:{line}: {_shorten(linecache.getline(str(path), line))}"


def show_path(path: str | Path) -> str:
    """Return a path as short as it can be written."""
    found = Path(path).resolve()
    here = Path.cwd().resolve()
    return str(found.relative_to(here)) if found.is_relative_to(here) else str(found)


def _shorten(words: str) -> str:
    """Return the beginning of a text, in one line."""
    line = " ".join(words.split())
    return line if len(line) <= _MOST else f"{line[:_MOST]}..."


def _find_causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what an error was raised from, first things first, and itself."""
    if error.__cause__ is not None:
        yield from _find_causes(error.__cause__)
    yield error
