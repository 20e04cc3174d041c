"""The graph as lines of text."""

from collections.abc import Iterator

from .values import Graph, GraphBranch


def render_text(graph: Graph) -> Iterator[str]:
    """Yield a line for each branch, and below it one for each of its revisions."""
    items = [item for branch in graph.branches for item in branch.revisions]
    width = max((len(item.state) for item in items), default=0)
    longest = max((len(item.revision) for item in items), default=0)
    for branch in graph.branches:
        yield _describe_branch(branch)
        for item in branch.revisions:
            depends = f"  (depends on {', '.join(item.depends_on)})" if item.depends_on else ""
            columns = f"{item.state:{width}}  {item.revision:{longest}}  {item.message}"
            yield f"  {columns}{depends}".rstrip()


def _describe_branch(branch: GraphBranch) -> str:
    name = " ".join(filter(None, (branch.name, branch.version)))
    requires = ", ".join(item.text for item in branch.requires)
    facts = (name, branch.namespace, f"requires {requires}" if requires else None)
    return f"{', '.join(filter(None, facts))}: {', '.join(branch.states)}"
