"""Whose the names are: two plugins on one namespace, and tables outside of a prefix."""

import ast
from collections.abc import Iterator, Mapping

from ..plugin import Prefix, overlap
from .findings import Finding
from .rules import NAMESPACE_OVERLAP, OUTSIDE_PREFIX
from .sources import Files, RevisionFile

_NAMED = {"create_table": (0, "table_name"), "rename_table": (1, "new_table_name")}
"""Operations that name a table anew: by which argument, in order or by keyword."""


def check_overlaps(files: Files, branches: Mapping[str, Files]) -> Iterator[Finding]:
    """Find the plugins that claim the namespace of one."""
    if not files.plugin:
        return
    for other in branches.values():
        if other.plugin in (None, files.plugin):
            continue
        if overlap(files.plugin.namespace, other.plugin.namespace):
            message = f"'{files.name}' claims {files.plugin.namespace}, as '{other.name}' does"
            yield Finding(NAMESPACE_OVERLAP, files.name, files.declared_in, 1, message)


def check_prefix(file: RevisionFile, files: Files) -> Iterator[Finding]:
    """Find the tables that a revision makes outside of its plugin's prefix."""
    namespace = files.plugin.namespace if files.plugin else None
    if not isinstance(namespace, Prefix):
        return
    for node in _walk_upgrade(file):
        table = _find_new_table(node)
        if table is not None and not namespace.covers(table):
            message = f"table '{table}' is outside of {namespace}"
            yield file.find(OUTSIDE_PREFIX, node.lineno, message)  # type: ignore[attr-defined]


def _walk_upgrade(file: RevisionFile) -> Iterator[ast.AST]:
    """Yield what is in ``upgrade()``, and in functions of the file that it names."""
    todo, seen = ["upgrade"], set[str]()
    while todo:
        name = todo.pop()
        if name in file.functions and name not in seen:
            seen.add(name)
            for node in ast.walk(file.functions[name]):
                todo += [node.id] if isinstance(node, ast.Name) else []
                yield node


def _find_new_table(node: ast.AST) -> str | None:
    """Return the name that a call gives to a table, where it says so literally."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id="op"), attr=name)) if name in _NAMED:
            position, keyword = _NAMED[name]
        case _:
            return None
    keywords = {each.arg: each.value for each in node.keywords}
    if "schema" in keywords:
        return None
    given = node.args[position] if len(node.args) > position else keywords.get(keyword)
    match given:
        case ast.Constant(value=str(table)):
            return table
    return None
