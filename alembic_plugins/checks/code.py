"""What a revision's functions do, read from their syntax: nothing is executed."""

import ast
from collections.abc import Iterator

from ..revisions.source import find_assigned
from .findings import Finding
from .rules import (
    EMPTY_DOWNGRADE,
    ENDS_TRANSACTION,
    EXITS,
    MISSING_DOWNGRADE,
    OPENS_CONNECTION,
)
from .sources import Function, RevisionFile

_ENDS = {"commit", "rollback"}
_STATEMENTS = {"BEGIN", "COMMIT", "END", "ROLLBACK", "START TRANSACTION"}
_CONNECTIONS = {"bind", "conn", "connection", "transaction"}
"""What revisions call their connection; a session's commit() does not end the transaction."""
_GIVE_CONNECTION = {"get_bind", "begin", "execution_options", "get_transaction"}
_EXITS = {"exit", "quit", "sys.exit", "os._exit"}
_OPEN = {"create_engine", "create_async_engine", "engine_from_config"}
_CONNECT = ("asyncpg.connect", "psycopg.connect", "psycopg2.connect", "engine.connect")


def check_code(file: RevisionFile) -> Iterator[Finding]:
    """Find what a revision must not do, and what its downgrade leaves out."""
    if not file.info or not file.tree.body:
        return
    yield from _check_downgrade(file)
    for node in ast.walk(file.tree):
        if isinstance(node, ast.Call):
            yield from _check_call(file, node)
        elif isinstance(node, ast.Raise) and node.exc and "SystemExit" in _names(node.exc):
            yield file.find(EXITS, node.lineno, "it raises SystemExit")


def opens_connection(file: RevisionFile) -> bool:
    """Tell whether a revision opens connections of its own, so that it is better not executed."""
    return any(finding.rule is OPENS_CONNECTION for finding in check_code(file))


def _check_downgrade(file: RevisionFile) -> Iterator[Finding]:
    upgrade, downgrade = (file.functions.get(name) for name in ("upgrade", "downgrade"))
    if downgrade is None:
        if not any("downgrade" in _bound(node) for node in file.tree.body):
            yield file.find(MISSING_DOWNGRADE, 1, "there is no downgrade()")
    elif upgrade and _is_empty(downgrade) and not _is_empty(upgrade):
        yield file.find(EMPTY_DOWNGRADE, downgrade.lineno, "downgrade() does nothing")


def _bound(node: ast.stmt) -> set[str]:
    """Return the names that a statement binds; a star is whatever another module has."""
    match node:
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            names = {alias.asname or alias.name for alias in aliases}
            return names | {"downgrade"} if "*" in names else names
        case ast.Assign():
            return find_assigned(node)
    return {child.name for child in ast.walk(node) if isinstance(child, Function)}


def _is_empty(function: Function) -> bool:
    return all(
        isinstance(node, ast.Pass)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
        or (isinstance(node, ast.Return) and _is_none(node.value))
        for node in function.body
    )


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _check_call(file: RevisionFile, call: ast.Call) -> Iterator[Finding]:
    name = ast.unparse(call.func)
    if name in _EXITS:
        yield file.find(EXITS, call.lineno, f"it calls {name}()")
    elif name.rpartition(".")[2] in _OPEN or name.endswith(_CONNECT):
        yield file.find(OPENS_CONNECTION, call.lineno, f"it calls {name}()")
    elif isinstance(call.func, ast.Attribute) and call.func.attr in _ENDS:
        if _is_connection(call.func.value):
            yield file.find(ENDS_TRANSACTION, call.lineno, f"it calls {name}()")
    elif name.rpartition(".")[2] in ("execute", "exec_driver_sql") and call.args:
        statement = _find_text(call.args[0]).strip(" \n;").upper()
        if statement in _STATEMENTS:
            yield file.find(ENDS_TRANSACTION, call.lineno, f"it executes {statement}")


def _is_connection(node: ast.expr) -> bool:
    match node:
        case ast.Name(id=name):
            return name in _CONNECTIONS
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _GIVE_CONNECTION
    return isinstance(node, ast.Attribute) and node.attr in _CONNECTIONS


def _find_text(node: ast.expr) -> str:
    """Return the SQL of ``"..."`` and of ``text("...")``; nothing of another expression."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(args=[ast.Constant(value=str(text))]):
            return text
    return ""


def _names(node: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
