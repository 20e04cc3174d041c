"""What a branch may touch, and what its uninstall would take, in sentences."""

from collections.abc import Iterator

from ..plugin import HOST, Prefix, parse_namespace
from .values import Graph, GraphBranch, Loss
from .words import count, join, size

_GUARD = {
    "enforce": "Anything else is refused by the guard, and rolled back.",
    "warn": "Of anything else the guard only warns: plugin_guard is set to warn.",
    "off": "Nobody checks that: plugin_guard is set to off.",
}


def describe_permissions(graph: Graph, branch: GraphBranch) -> Iterator[str]:
    """Yield what the revisions of a branch may touch, as the guard takes it."""
    if branch.is_host:
        yield "It may change everything but what belongs to plugins."
    else:
        yield f"It may make, change and drop what is in its {_describe_namespace(branch)}."
        needed = join(("the host", *sorted(graph.needs[branch.name] - {HOST})))
        yield f"It may read, and refer to, what belongs to {needed}."
        if branch.writes:
            yield f"It may also change, but not drop, {join(branch.writes)}."
        if branch.extensions:
            noun = "extension" if len(branch.extensions) == 1 else "extensions"
            yield f"It may make the PostgreSQL {noun} {join(branch.extensions)}."
    yield _GUARD[graph.guard]


def _describe_namespace(branch: GraphBranch) -> str:
    try:
        namespace = parse_namespace(branch.namespace or "")
    except ValueError:
        return "namespace"
    if isinstance(namespace, Prefix):
        names = [f"{name}*" if name.endswith("_") else name for name in namespace.names]
        return f"namespace, {join(names)} in the host's schema"
    return f"schema {namespace.name}"


def describe_loss(branch: GraphBranch, loss: Loss) -> Iterator[str]:
    """Yield what the uninstall of a plugin would take."""
    if loss.dependents:
        needing = join(loss.dependents)
        yield f"It is refused because of {needing}, or with --cascade takes that too."
    if loss.users:
        yield f"What depends on its objects: {join(loss.users)}."
    yield from _describe_objects(branch)
    if loss.values:
        yield f"It deletes {count(loss.values, 'value')} of its store."
    for item in branch.revisions:
        if item.irreversible:
            yield f"Revision {item.revision} cannot be downgraded: {item.irreversible}."
    if not (branch.objects or loss.values):
        yield "It has made nothing that could be taken."


def _describe_objects(branch: GraphBranch) -> Iterator[str]:
    tables = [item for item in branch.objects if item.bytes is not None]
    columns = [item.identity for item in branch.objects if item.kind == "column"]
    others = len(branch.objects) - len(tables) - len(columns)
    if tables:
        rows = f"about {count(branch.rows, 'row')}" if branch.rows else "no rows"
        yield f"It takes {count(len(tables), 'table')} with {rows}, {size(branch.bytes)}."
    if others:
        yield f"It takes {count(others, 'other object')}."
    if columns:
        yield f"It takes the {'column' if len(columns) == 1 else 'columns'} {join(columns)}."
