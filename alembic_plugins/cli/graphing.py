"""What ``alembic plugin graph`` runs."""

from collections.abc import Sequence

from alembic.config import Config

from .. import commands
from .._base_errors import WrongCombination
from .output import print_line


def graph(config: Config, plugins: Sequence[str], mermaid: bool, html: str | None) -> None:
    """Show the branches and their revisions, or write all that is known of them as a page."""
    if mermaid and html:
        raise WrongCombination("--mermaid", "with --html", "Leave out one of them")
    if mermaid:
        for line in commands.draw_graph(config, plugins).splitlines():
            print_line(config, line)
        return
    found = commands.graph(config, plugins, html=html)
    if html:
        print_line(config, f"wrote {html}")
        return
    from ..graph.text import render_text  # What only this needs is imported when it is run.

    for line in render_text(found):
        print_line(config, line)
