"""The entry points of the packages that are installed."""

from functools import cached_property
from importlib.metadata import EntryPoints, entry_points
from typing import Protocol


class _Selectable(Protocol):
    """What `entry_points` returns, whose type depends on Python's version."""

    def select(self, *, group: str) -> EntryPoints:
        """Return the entry points of a group."""
        ...


class InstalledEntryPoints:
    """Find entry points by their groups; the packages are read once, when they are first needed."""

    @cached_property
    def _all(self) -> _Selectable:
        return entry_points()

    def find(self, group: str) -> EntryPoints:
        """Return the entry points of a group."""
        return self._all.select(group=group)
