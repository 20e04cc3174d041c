"""A revision file as it was applied, and what has been changed in it since.

Two files are the same where their syntax trees are: formatting, comments and docstrings do not
count. A source that the database remembers is compared and shown, and never run.
"""

import ast
from dataclasses import dataclass
from difflib import unified_diff
from functools import cache
from hashlib import sha256
from importlib.util import decode_source
from pathlib import Path

_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """A revision file: its text, and the checksum of its syntax tree."""

    text: str
    checksum: str


def read_source(path: Path | None) -> Source | None:
    """Return the source of a revision file, or None where there is none to be read."""
    if path is None or path.suffix != ".py":
        return None
    try:
        text = decode_source(path.read_bytes())
        return Source(text, _find_checksum(text))
    except (OSError, SyntaxError, ValueError):
        return None


def find_changes(before: str, after: str) -> tuple[str, ...]:
    """Return the lines of a diff between two sources, without what does not count."""
    old, new = (_normalise(text).splitlines() for text in (before, after))
    return tuple(unified_diff(old, new, "as applied", "on disk", lineterm="", n=2))


def find_checksum_of_statements(statements: tuple[str, ...] | None) -> str | None:
    """Return what tells whether remembered statements are still those that were recorded."""
    if statements is None:
        return None
    return sha256("\0".join(statements).encode()).hexdigest()


def _find_checksum(text: str) -> str:
    tree = _strip_docstrings(ast.parse(text))
    return sha256("\n".join(_walk(tree)).encode()).hexdigest()


def _normalise(text: str) -> str:
    try:
        return ast.unparse(_strip_docstrings(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return text  # The last is of an expression so deep that it can be run and not written.


def _strip_docstrings(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if node.body[1:] else [ast.Pass()]
    return tree


def _walk(tree: ast.AST) -> list[str]:
    """Return a tree in words that are the same whichever Python has parsed it.

    Fields that a later Python has added are empty where the file does without them, so that empty
    fields are left out; so are the empty strings that Python 3.12 finds in the format of a value.
    """
    words: list[str] = []
    todo: list[object] = [tree]
    while todo:
        value = todo.pop()
        if isinstance(value, _Word):
            words.append(value)
        elif isinstance(value, ast.AST):
            words.append(type(value).__name__)
            todo.append(_END)
            for name, word in _mark_fields(value._fields):
                field = getattr(value, name, None)
                if name == "values" and isinstance(value, ast.JoinedStr):
                    field = [part for part in value.values if getattr(part, "value", None) != ""]
                if field is not None and field != []:
                    todo += (field, word)
        elif isinstance(value, list):
            todo.append(_END_OF_LIST)
            todo += reversed(value)
        else:
            words.append(repr(value))
    return words


class _Word(str):
    """What is said of a tree's shape, and is no value in it."""

    __slots__ = ()


_END, _END_OF_LIST = _Word("."), _Word(";")


@cache
def _mark_fields(names: tuple[str, ...]) -> tuple[tuple[str, _Word], ...]:
    """Return the names of fields with what is said of them, the last one first."""
    return tuple((name, _Word(f"{name}=")) for name in reversed(names) if name != "kind")
