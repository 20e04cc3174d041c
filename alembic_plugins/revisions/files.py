"""Read what a revision file says of itself, executing it only where its syntax does not tell."""

import ast
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, Union

from alembic.util import load_python_file

from .._base_errors import explain, foreign_code, printable
from .errors import BrokenRevision
from .failures import explain_loading
from .phases import PHASES
from .source import find_checksum

_LISTS = ("down_revision", "depends_on", "branch_labels")
_NAMES = ("revision", *_LISTS, "phase", "replaces")
_ILLEGAL = "@-+:"
"""Characters that mean something in a revision argument, as in ``audit@head-1``."""
_REVISION_IN_FILE_NAME = re.compile(r"([a-f0-9]+)\.py")


Part = Union[str, tuple["Part", ...]]  # noqa: UP007 - which cannot name itself
"""What a squash replaces: a revision, or a squash by its id and the parts that it has replaced."""


class RevisionInfo(NamedTuple):  # There may be tens of thousands, and these are made fastest.
    """One revision, as its file or the registry describes it.

    Attributes:
        revision: its id.
        down_revision: the ids that it follows, possibly on other branches.
        depends_on: ids, labels or plugin names that must be applied before it.
        branch_labels: the labels that its file gives to the branch.
        doc: the file's docstring.
        path: the file; None for a revision that only the registry remembers.
        is_literal: whether the file says so without being executed.
        checksum: that of the file; None for one that is compiled, and where there is none.
        phase: ``expand`` or ``contract``; None where the file names none, and where there is none.
        replaces: what it does in one go, where it is a squash.
    """

    revision: str
    down_revision: tuple[str, ...]
    depends_on: tuple[str, ...]
    branch_labels: tuple[str, ...]
    doc: str
    path: str | None
    is_literal: bool = True
    checksum: str | None = None
    phase: str | None = None
    replaces: tuple[Part, ...] = ()


def read_revision_file(branch: str, path: Path) -> RevisionInfo:
    """Return what the revision file at `path`, of `branch`, says of itself.

    Raises:
        BrokenRevision: the file cannot be read, or does not say which revision it is.
    """
    content = _read(branch, path)
    literals = None if content is None else _read_literals(branch, path, content)
    values, doc = literals or _execute(branch, path)
    doc = printable(doc)
    revision = values.get("revision") or _revision_in_file_name(path)
    if not isinstance(revision, str):
        raise BrokenRevision(branch, path, "it does not say 'revision = \"...\"'")
    illegal = set(revision) & set(_ILLEGAL)
    if illegal:
        reason = f"revision id '{revision}' has one of the characters {_ILLEGAL}"
        raise BrokenRevision(branch, path, reason)
    if "down_revision" not in values:
        raise BrokenRevision(branch, path, "it does not say 'down_revision = ...'")
    down, depends, labels = (_as_tuple(branch, path, key, values.get(key)) for key in _LISTS)
    if revision in down + depends:
        raise BrokenRevision(branch, path, f"revision '{revision}' depends on itself")
    replaces = _as_parts(branch, path, values.get("replaces") or ())
    checksum = None if content is None else find_checksum(content)
    is_literal = literals is not None
    phase = _check_phase(branch, path, values.get("phase"))
    return RevisionInfo(
        revision, down, depends, labels, doc, str(path), is_literal, checksum, phase, replaces
    )


def load_revision_module(branch: str, path: Path) -> Any:  # noqa: ANN401 - any module
    """Execute the revision file at `path` and return its module.

    Raises:
        BrokenRevision: it raised.
    """
    with foreign_code(lambda error: BrokenRevision(branch, path, explain_loading(error))):
        return load_python_file(path.parent, path.name)


def _execute(branch: str, path: Path) -> tuple[dict[str, Any], str]:
    module = load_revision_module(branch, path)
    values = {name: getattr(module, name) for name in _NAMES if hasattr(module, name)}
    return values, (module.__doc__ or "").strip()


def _read(branch: str, path: Path) -> bytes | None:
    """Return the content of a file, or None where it is no source."""
    if path.suffix != ".py":
        return None
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise BrokenRevision(branch, path, "it is no regular file")
        return path.read_bytes()
    except OSError as error:
        raise BrokenRevision(branch, path, explain(error)) from error


def _read_literals(branch: str, path: Path, content: bytes) -> tuple[dict[str, Any], str] | None:
    """Return what is literal, or None where the file has to be executed."""
    try:
        tree = ast.parse(content, filename=str(path))
    except (SyntaxError, ValueError) as error:
        raise BrokenRevision(branch, path, explain(error)) from error
    literal = dict(_find_literals(tree))
    used = [name for name in _find_uses(tree) if name in _NAMES or name == "*"]
    if sorted(used) != sorted(literal):
        return None
    return literal, (ast.get_docstring(tree) or "").strip()


def _find_literals(tree: ast.Module) -> Iterator[tuple[str, Any]]:
    """Find plain assignments of literals at the top level."""
    for statement in tree.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                pass
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                pass
            case _:
                continue
        if name in _NAMES:
            try:
                yield name, ast.literal_eval(value)
            except ValueError:
                continue


def _find_uses(node: ast.AST) -> Iterator[str]:
    """Find every name that the module binds or reads, in whatever way; ``*`` for a star import."""
    for child in ast.iter_child_nodes(node):
        match child:
            case ast.Name(id=name) | ast.Global(names=[name, *_]):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name
        # What a function binds stays in it, unless it says `global`.
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from (n for g in ast.walk(child) if isinstance(g, ast.Global) for n in g.names)
        else:
            yield from _find_uses(child)


def _revision_in_file_name(path: Path) -> str | None:
    """Alembic's oldest files carry their id in the name alone."""
    match = _REVISION_IN_FILE_NAME.fullmatch(path.name)
    return match.group(1) if match else None


def _check_phase(branch: str, path: Path, value: object) -> str | None:
    if value is not None and value not in PHASES:
        words = " or ".join(f'"{phase}"' for phase in PHASES)
        raise BrokenRevision(branch, path, f"'phase' is {value!r}, and not {words}")
    return None if value is None else str(value)


def _as_tuple(branch: str, path: Path, key: str, value: object) -> tuple[str, ...]:
    if not value:
        return ()  # To Alembic, an empty string is nothing too.
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, tuple | list | set | frozenset):
        raise BrokenRevision(branch, path, f"'{key}' is neither a string nor a sequence of them")
    if not all(isinstance(item, str) for item in values):
        raise BrokenRevision(branch, path, f"'{key}' holds something else than strings")
    return tuple(values)


def _as_parts(branch: str, path: Path, value: object) -> tuple[Part, ...]:
    """Return what ``replaces`` names: ids, and squashes as lists of their ids and parts."""
    values = (value,) if isinstance(value, str) else value
    if not isinstance(values, tuple | list):
        raise BrokenRevision(branch, path, "'replaces' is neither a string nor a list of them")
    parts = (part if isinstance(part, str) else _as_parts(branch, path, part) for part in values)
    found = tuple(parts)
    if any(part == () or (part and not isinstance(part[0], str)) for part in found):
        raise BrokenRevision(branch, path, "a list in 'replaces' does not begin with a revision id")
    return found
