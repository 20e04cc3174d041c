"""How errors are made: facts come in, and a sentence goes out.

Each error takes facts, keeps them as attributes and words itself. Facts are positional, so that
an error survives pickling. All are `CommandError`s, which Alembic prints as ``FAILED: ...``.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, dataclass_transform

from alembic.util import CommandError

from ._driver_errors import find_field as find_field
from ._driver_errors import find_sqlstate as find_sqlstate
from ._quoting import find_program, quote_commands


def first_line(error: BaseException | None) -> str:
    """Return the first line of an error's text, or its type where it has none; no full stop."""
    text = str(error)
    if text.startswith("<class '"):  # SQLAlchemy puts it before what asyncpg says.
        text = text.partition(">: ")[2]
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0].rstrip(".") if lines else type(error).__name__


def printable(text: str) -> str:
    """Return a text without what a terminal obeys, or cannot encode: that is escaped."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1] for char in text
    )


def in_one_line(text: str) -> str:
    """Return a text that is a part of a line, such as the name of an object, escaped likewise."""
    return printable(text).replace("\n", r"\n").replace("\t", r"\t")


def explain(error: BaseException) -> str:
    """Return an error of somebody else's code in one line: its type and what it says."""
    name, line = type(error).__name__, first_line(error)
    return name if line == name else f"{name}: {line}"


def join(names: Sequence[str]) -> str:
    """Return `names` as a reader wants them: sorted, with commas."""
    return ", ".join(sorted(names))


def offer_purge(plugin: str, words: str) -> str:
    """Return the command that drops a plugin's objects, after some words; nothing for the host."""
    return f"{words} 'alembic plugin uninstall {plugin} --purge'" if plugin != "host" else ""


@dataclass_transform(eq_default=False)
class PluginError(CommandError):
    """The base of every error that this package raises.

    A leaf names its facts as a dataclass does, without the time that it takes to make one, and
    `words` says with what text they are told; sequences are told sorted, with commas.
    """

    words: ClassVar[str]
    _program: ClassVar[str] = "alembic"

    def __init__(self, *facts: object) -> None:
        super().__init__(*facts)
        if (program := find_program()) != self._program:
            vars(self)["_program"] = program
        vars(self).update(zip(type(self).__annotations__, facts, strict=False))

    def __str__(self) -> str:
        return quote_commands(in_one_line(self.words.format_map(self.facts())), self._program)

    def facts(self) -> dict[str, object]:
        """Return the facts by name, as the text has them."""
        values = {name: getattr(self, name) for name in type(self).__annotations__}
        return {
            name: (join(value) or "none") if isinstance(value, tuple | list) else value
            for name, value in values.items()
        }


@contextmanager
def foreign_code(translate: Callable[[BaseException], PluginError]) -> Iterator[None]:
    """Run somebody else's code in the block, and raise in words what it raises.

    ``sys.exit()`` and whatever else is no `Exception` is told, too, lest the process ends as if all
    was well. What asks the process, or a task of asyncio's, to end goes through.

    Args:
        translate: returns what is raised, except that our own errors stay as they are.
    """
    try:
        yield
    except (PluginError, KeyboardInterrupt):
        raise
    except BaseException as error:
        if _is_cancelled(error):
            raise
        raise translate(error) from error


def _is_cancelled(error: BaseException) -> bool:
    """Tell whether asyncio has raised an error since somebody has cancelled the task that runs."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or not isinstance(error, asyncio.CancelledError):
        return False
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return False  # No loop runs.
    return task is not None and task.cancelling() > 0


class InvalidOption(PluginError):
    """A configuration option or a command-line option has a value that means nothing."""

    words = "Option '{option}' is '{value}'. Set it to {expected}."

    option: str
    value: str
    expected: str


class NotWritable(PluginError):
    """A file that a command writes cannot be written."""

    words = "File '{path}' cannot be written: {reason}. See to that and run the command again."

    path: str
    reason: str


class WrongCombination(PluginError):
    """A command-line option does not go with what else is given, or needs another one."""

    words = "Option '{option}' cannot be given {circumstance}. {way_out}."

    option: str
    circumstance: str
    way_out: str


class InvalidName(PluginError):
    """A plugin or a schema has a name that is not allowed."""

    words = (
        "'{name}' is no name for a plugin. Take 1 to 48 characters out of a-z, 0-9 and _ that "
        "begin with a letter, and none of the names that Alembic and PostgreSQL keep for "
        "themselves."
    )

    name: str


class InvalidDeclaration(PluginError):
    """A plugin's declaration has an unknown key or a value of the wrong type."""

    words = (
        "The declaration of plugin '{name}' in {source} is wrong: {problem}. Correct it there; "
        "other plugins are not affected."
    )

    name: str
    source: str
    problem: str
