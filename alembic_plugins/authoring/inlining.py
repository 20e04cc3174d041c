"""Revision files, written into one file that does what they do.

A file that has nothing but imports and its two functions gives these. Any other one becomes a
function that makes them, in which its names are its own. Comments stay where they are.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

IDENTIFIERS = ("revision", "down_revision", "branch_labels", "depends_on", "phase", "replaces")
_FUNCTIONS = ("upgrade", "downgrade")
_RESERVED = {*IDENTIFIERS, *_FUNCTIONS}
_TYPING = ("typing", "typing_extensions", "collections.abc")
_REFUSED = ("__file__", "__spec__", "globals")
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class CannotInlineError(Exception):
    """A file does what only a file of its own can do; the text says what."""


@dataclass(frozen=True)
class Import:
    """One name that an import binds, what it binds it to, and the statement."""

    name: str
    target: str
    text: str

    @property
    def is_typing(self) -> bool:
        """Whether it is of use to annotations alone."""
        return self.target.rpartition(".")[0] in _TYPING or self.target in _TYPING


class RevisionCode:
    """The code of a revision file.

    Args:
        revision: its id.
        text: the file.
        suffix: what the names of its functions end in.

    Raises:
        CannotInlineError: it cannot be put into another file.
    """

    def __init__(self, revision: str, text: str, suffix: str) -> None:
        self.revision, self.suffix = revision, suffix
        self._lines = text.splitlines()
        self.tree = ast.parse(text)
        self._check()
        self.futures: set[str] = set()
        self.imports: list[Import] = []
        self._rest: list[ast.stmt] = []
        self._identifiers: list[ast.stmt] = []
        self.functions: dict[str, ast.FunctionDef] = {}
        for statement in self._find_code():
            self._sort(statement)
        if "upgrade" not in self.bound:
            raise CannotInlineError("it has no upgrade()")

    def _find_code(self) -> Sequence[ast.stmt]:
        has_docstring = ast.get_docstring(self.tree, clean=False) is not None
        return self.tree.body[1:] if has_docstring else self.tree.body

    def _check(self) -> None:
        lines = [(node.lineno, node.end_lineno) for node in self.tree.body]
        if any(end == start for (_, end), (start, _) in pairwise(lines)):
            raise CannotInlineError("it has two statements in one line")
        for node in ast.walk(self.tree):
            match node:
                case ast.Name(id=name) if name in _REFUSED:
                    raise CannotInlineError(f"it uses {name}")
                case ast.Global(names=[name, *_]):
                    raise CannotInlineError(f"it says 'global {name}'")
                case ast.ImportFrom(level=level) if level:
                    raise CannotInlineError("it imports from its own package")
                case ast.ImportFrom(module=module, names=[ast.alias(name="*")]):
                    raise CannotInlineError(f"it imports all of {module}")

    def _sort(self, statement: ast.stmt) -> None:
        match statement:
            case ast.ImportFrom(module="__future__", names=aliases):
                self.futures |= {alias.name for alias in aliases}
            case ast.Import() | ast.ImportFrom() if not (self._rest or self.functions):
                self.imports += _split(statement)
            case ast.FunctionDef(name=name) if name in _FUNCTIONS and name not in self.functions:
                self.functions[name] = statement
            case ast.Assign(targets=[ast.Name(id=name)]) if name in IDENTIFIERS:
                self._identifiers.append(statement)
            case ast.AnnAssign(target=ast.Name(id=name)) if name in IDENTIFIERS:
                self._identifiers.append(statement)
            case _:
                self._rest.append(statement)

    @cached_property
    def bound(self) -> set[str]:
        """The names at the top level, but for those that imports bind before all else."""
        found = {*self.functions}
        for statement in self._rest:
            found |= {*_find_bound(statement)}
        return found | {item.name for item in self.imports if item.name in _RESERVED}

    @cached_property
    def used(self) -> set[str]:
        """The names that its code reads, besides what says which revision it is."""
        code = (*self._rest, *self.functions.values())
        return {n.id for each in code for n in ast.walk(each) if isinstance(n, ast.Name)}

    @property
    def has_arguments(self) -> bool:
        """Whether one of its functions takes arguments."""
        every = (f.args for f in self.functions.values())
        return any(a.args or a.posonlyargs or a.kwonlyargs or a.kwarg for a in every)

    def render(self, own_imports: Sequence[Import]) -> Iterator[str]:
        """Yield the lines of its functions; `own_imports` are those that only it has."""
        if own_imports or self._rest or self.used & _RESERVED:
            yield from self._render_whole(own_imports)
            return
        for name, function in self.functions.items():
            lines = self._find_lines(function)
            place = next(n for n, line in enumerate(lines) if re.match(rf"def\s+{name}\b", line))
            called = rf"def _{name}_{self.suffix}"
            lines[place] = re.sub(rf"def\s+{name}\b", called, lines[place], count=1)
            yield from ("", "", *lines)

    def _render_whole(self, own_imports: Sequence[Import]) -> Iterator[str]:
        kept = [s for s in self._identifiers if self.used.intersection(_find_bound(s))]
        code = sorted((*kept, *self._rest, *self.functions.values()), key=lambda s: s.lineno)
        body = [item.text for item in own_imports]
        for statement in code:
            gap = [""] if body and isinstance(statement, _DEFINITIONS) else []
            body += [*gap, *self._find_lines(statement)]
        names = [name for name in _FUNCTIONS if name in self.bound]
        body += ["", f"return {', '.join(names)}"]
        yield from ("", "", f"def _revision_{self.suffix}():", *_indent(body))
        called = ", ".join(f"_{name}_{self.suffix}" for name in names)
        yield from ("", "", f"{called} = _revision_{self.suffix}()")

    def _find_lines(self, statement: ast.stmt) -> list[str]:
        """Return the lines of a statement, with the comments right before it."""
        before = max(
            (n.end_lineno or 0 for n in self.tree.body if n.lineno < statement.lineno), default=0
        )
        lines = self._lines[before : statement.end_lineno]
        while lines and not lines[0].strip():
            lines.pop(0)
        return lines


def _split(statement: ast.Import | ast.ImportFrom) -> Iterator[Import]:
    """Yield the names that an import binds, each with a statement of its own."""
    for alias in statement.names:
        renamed = f" as {alias.asname}" if alias.asname else ""
        if isinstance(statement, ast.ImportFrom):
            text = f"from {statement.module} import {alias.name}{renamed}"
            yield Import(alias.asname or alias.name, f"{statement.module}.{alias.name}", text)
        else:
            first = alias.name.partition(".")[0]
            target = alias.name if alias.asname else first
            yield Import(alias.asname or first, target, f"import {alias.name}{renamed}")


def _find_bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds."""
    if isinstance(statement, _DEFINITIONS):
        yield statement.name
        return
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Store()):
                yield name
            case ast.alias(name=name, asname=asname):
                yield asname or name.partition(".")[0]
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name


def _indent(lines: Sequence[str]) -> Iterator[str]:
    """Yield lines indented, but for those that are inside of a string, which would change."""
    text = "\n".join((*lines, ""))
    inside: set[int] = set()
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        kind = tokenize.tok_name[token.type]
        if kind == "STRING":
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
        elif kind.endswith("STRING_START"):  # Of an f-string, since Python 3.12.
            opened.append(token.start[0])
        elif kind.endswith("STRING_END"):
            inside.update(range(opened.pop() + 1, token.end[0] + 1))
    for number, line in enumerate(lines, 1):
        # One of the lines may hold several.
        yield line if number in inside or not line.strip() else f"    {line}"


def inline(codes: Sequence[RevisionCode], *, commits: bool) -> list[str]:
    """Return the lines of a file that runs the functions of others, after its identifiers.

    Where it `commits`, what each does is kept before the next one runs. The first element is the
    imports, which come before the identifiers.

    Raises:
        CannotInlineError: that would not be the same.
    """
    op = Import("op", "alembic.op", "from alembic import op")
    hoisted, own = _sort_imports(codes, op, needs_op=commits)
    body = [line for code in codes for line in code.render(own[code.revision])]
    arguments = "**arguments" if any(code.has_arguments for code in codes) else ""
    calls = {name: list(_call(codes, name, arguments, commits=commits)) for name in _FUNCTIONS}
    head = f"({arguments}{': object' if arguments else ''}) -> None:"
    for name, lines in calls.items():
        body += ["", "", f"def {name}{head}", *_indent(lines)]
    if commits:
        block = ["with op.get_context().autocommit_block():", "    pass"]
        words = '"""Commit what is done, as it was between two revisions."""'
        body += ["", "", "def _commit() -> None:", *_indent([words, *block])]
    futures = sorted({name for code in codes for name in code.futures})
    first = [f"from __future__ import {', '.join(futures)}", ""] if futures else []
    _check_same(codes, "\n".join(body))
    return ["\n".join([*first, *_order(hoisted)]), "\n".join(body)]


def _sort_imports(
    codes: Sequence[RevisionCode], op: Import, *, needs_op: bool
) -> tuple[set[Import], dict[str, list[Import]]]:
    """Return the imports that all share, and those that a file has to have for itself."""
    targets = {op.name: op.target}
    shared: set[Import] = {op} if needs_op else set()
    own: dict[str, list[Import]] = {}
    for code in codes:
        own[code.revision] = []
        for item in code.imports:
            if item.is_typing and item.name not in code.used:
                continue  # It was for the identifiers.
            is_clear = targets.setdefault(item.name, item.target) == item.target
            if is_clear and item.name not in _RESERVED:
                shared.add(item)
            else:
                own[code.revision].append(item)
    return shared, own


def _order(imports: Iterable[Import]) -> list[str]:
    return [item.text for item in sorted(imports, key=lambda item: (item.target, item.text))]


def _call(
    codes: Sequence[RevisionCode], name: str, arguments: str, *, commits: bool
) -> Iterator[str]:
    """Yield the lines that call the functions of files, a downgrade's in reverse order."""
    ordered = codes if name == "upgrade" else codes[::-1]
    for code in ordered:
        if name not in code.bound:
            yield f'raise NotImplementedError("Revision {code.revision} has no {name}().")'
            return
    for number, code in enumerate(ordered):
        if commits and number:
            yield "_commit()"
        yield f"_{name}_{code.suffix}({arguments})"


def _check_same(codes: Sequence[RevisionCode], text: str) -> None:
    """Check that no function has become another one where it was copied to."""
    tree = ast.parse(text)
    found = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    for code in codes:
        whole = found.get(f"_revision_{code.suffix}")
        inner = {n.name: n for n in whole.body if isinstance(n, ast.FunctionDef)} if whole else {}
        for name, function in code.functions.items():
            copied = inner.get(name) or found.get(f"_{name}_{code.suffix}")
            if copied is None or _dump(copied) != _dump(function):
                raise CannotInlineError(f"its {name}() cannot be copied")


def _dump(function: ast.FunctionDef) -> str:
    parts = [*function.decorator_list, function.args, *function.body]
    return "\n".join(ast.dump(part) for part in parts)
