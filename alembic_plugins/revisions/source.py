"""A revision file as it was applied, and what has been changed in it since.

Two files are the same where their syntax trees are: formatting, comments and docstrings do not
count. A source that the database remembers is compared and shown, and never run.
"""

import ast
from dataclasses import dataclass
from difflib import unified_diff
from hashlib import sha256
from importlib.util import decode_source

_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Source:
    """A revision file: its text, and the checksum of its bytes."""

    text: str
    checksum: str


def read_source(path: str | None) -> Source | None:
    """Return the source of a revision file, or None where there is none to be read."""
    if path is None or not path.endswith(".py"):
        return None
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - faster; there may be tens of thousands
            content = file.read()
        return Source(decode_source(content), find_checksum(content))
    except (OSError, SyntaxError, ValueError):
        return None


def find_checksum(content: bytes) -> str:
    """Return what tells whether a file has been changed at all."""
    return sha256(content).hexdigest()


def is_same(before: str, after: str) -> bool:
    """Tell whether two sources differ in nothing that counts."""
    return _normalise(before) == _normalise(after)


def has_changed(before: str | None, path: str | None) -> bool:
    """Tell whether a file differs, in what counts, from its text as it was applied.

    One that cannot be read does not; one whose text is not remembered does.
    """
    source = read_source(path)
    return source is not None and (before is None or not is_same(before, source.text))


def find_changes(before: str, after: str) -> tuple[str, ...]:
    """Return the lines of a diff between two sources, without what does not count."""
    old, new = (_normalise(text).splitlines() for text in (before, after))
    return tuple(unified_diff(old, new, "as applied", "on disk", lineterm="", n=2))


def find_checksum_of_statements(statements: tuple[str, ...] | None) -> str | None:
    """Return what tells whether remembered statements are still those that were recorded."""
    if statements is None:
        return None
    return sha256("\0".join(statements).encode()).hexdigest()


def _normalise(text: str) -> str:
    try:
        return ast.unparse(_strip(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return text  # The last is of an expression so deep that it can be run and not written.


def _strip(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.kind = None  # In Python 2, u"" was something else than "".
        if isinstance(node, _WITH_DOCSTRING) and ast.get_docstring(node, clean=False) is not None:
            node.body[:1] = [] if node.body[1:] else [ast.Pass()]
    return tree


def find_assigned(statement: ast.stmt) -> set[str]:
    """Return the names that a statement assigns to, by themselves."""
    match statement:
        case ast.Assign(targets=targets):
            return {target.id for target in targets if isinstance(target, ast.Name)}
        case ast.AnnAssign(target=ast.Name(id=name)):
            return {name}
    return set()
