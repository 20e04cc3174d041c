"""What plugins require, as a tree in columns."""

from collections.abc import Iterator, Mapping
from typing import TextIO

from .._terminal import can_write
from ..plugin import parse_requirement
from ..reports.listing import Listing
from ..reports.status import PluginStatus
from .output import describe_state

_LINES = ("├── ", "└── ", "│   ", "    ")
_ASCII_LINES = ("|-- ", "`-- ", "|   ", "    ")


def draw_tree(listing: Listing, stream: TextIO) -> Iterator[tuple[str, str, str]]:
    """Return rows of plugins that none requires, each above what it requires, and so on.

    What has been shown with all that it requires is not shown so again. A stream that has no
    lines has signs in their place.
    """
    tree = _Tree(listing, _LINES if can_write("".join(_LINES), stream) else _ASCII_LINES)
    for name in [*tree.find_roots(), *tree.plugins]:
        if name not in tree.shown:  # Those that require each other in a circle come last.
            yield from tree.draw(name, name, "", "")


class _Tree:
    """What is drawn, and what has been."""

    def __init__(self, listing: Listing, lines: tuple[str, str, str, str]) -> None:
        self.plugins: Mapping[str, PluginStatus] = {p.name: p for p in listing.plugins}
        self.shown: set[str] = set()
        self._lines = lines
        self._below = {
            name: {parse_requirement(text).name: text for text in texts}
            for name, texts in listing.requires.items()
        }

    def find_roots(self) -> list[str]:
        """Return the plugins that no other one requires."""
        required = {name for below in self._below.values() for name in below}
        return [name for name in self.plugins if name not in required]

    def draw(
        self, name: str, label: str, before: str, below: str
    ) -> Iterator[tuple[str, str, str]]:
        """Return the row of a plugin, and of what it requires.

        Args:
            name: the plugin.
            label: what it is shown as.
            before: what comes before that in its row.
            below: what comes before the rows below it.
        """
        plugin, required = self.plugins.get(name), self._below.get(name, {})
        is_again = name in self.shown and bool(required)
        state = describe_state(plugin) if plugin else "missing"
        version = (plugin.version if plugin else None) or "-"
        yield before + label, version, f"{state}, shown above" if is_again else state
        self.shown.add(name)
        branch, last, line, space = self._lines
        names = [] if is_again else list(required)
        for other in names:
            is_last = other == names[-1]
            yield from self.draw(
                other,
                required[other],
                below + (last if is_last else branch),
                below + (space if is_last else line),
            )
