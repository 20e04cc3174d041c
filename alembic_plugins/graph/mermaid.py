"""The graph as a flowchart of Mermaid's, which code hosts draw in a README.

It is made of the files alone, so that it is the same wherever it is made.
"""

from collections.abc import Iterator, Sequence

from .._base_errors import in_one_line
from ..loading.session import Session
from ..plugin import HOST
from .branches import DiskBranch, read_disk_branches

_ESCAPED = str.maketrans({char: f"#{ord(char)};" for char in '#&<>"`\\[](){}|'})
"""What means something to Mermaid, or to the HTML that it makes of a text."""


def draw_flowchart(session: Session, names: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines of a flowchart.

    Args:
        session: what is on disk.
        names: the plugins of which it shows the revisions, with all that they require; none are
            all plugins, without their revisions.

    Raises:
        PluginError: a plugin or one of its files is broken.
    """
    branches = list(read_disk_branches(session, names))
    nodes = {
        item.revision: f"{_find_id(branch.name)}_{number}"
        for branch in branches
        for number, item in enumerate(branch.revisions, 1)
    }
    yield "flowchart LR"
    for branch in branches:
        yield from _draw_branch(branch, nodes) if names else [f"    {_label(branch)}"]
    yield from _draw_requirements(branches)
    if names:
        yield from _draw_dependencies(branches, nodes)


def _draw_branch(branch: DiskBranch, nodes: dict[str, str]) -> Iterator[str]:
    yield f"    subgraph {_label(branch)}"
    yield "        direction LR"
    for item in branch.revisions:
        words = f"{_escape(item.revision)}<br>{_escape(item.message)}".removesuffix("<br>")
        yield f'        {nodes[item.revision]}["{words}"]'
    for item in branch.revisions:
        yield from (f"        {nodes[down]} --> {nodes[item.revision]}" for down in item.down)
    yield "    end"


def _draw_requirements(branches: Sequence[DiskBranch]) -> Iterator[str]:
    known = {branch.name for branch in branches}
    for branch in branches:
        for item in branch.requires:
            if item.name in known:
                arrow = "-.->" if item.optional else "-->"
                words = _escape(item.text)
                yield f'    {_find_id(item.name)} {arrow}|"{words}"| {_find_id(branch.name)}'


def _draw_dependencies(branches: Sequence[DiskBranch], nodes: dict[str, str]) -> Iterator[str]:
    for item in (item for branch in branches for item in branch.revisions):
        for other in item.depends_on:
            if other in nodes:
                yield f"    {nodes[other]} -.-> {nodes[item.revision]}"


def _label(branch: DiskBranch) -> str:
    words = " ".join(filter(None, (branch.name, branch.version)))
    return f'{_find_id(branch.name)}["{_escape(words)}"]'


def _find_id(name: str) -> str:
    """Return what a branch goes by, which is no word of Mermaid's."""
    return HOST if name == HOST else f"plugin_{name}"


def _escape(words: str) -> str:
    return in_one_line(words).translate(_ESCAPED)
