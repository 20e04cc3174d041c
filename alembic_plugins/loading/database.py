"""What a session may ask the database besides what the registry remembers."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ..namespaces.ownership import Dependents


class Database(Protocol):
    """What can be asked besides what the registry remembers."""

    def find_users(self, name: str) -> "Dependents":
        """Return what depends on a plugin's objects, by the plugin that it belongs to."""
        ...

    def find_sources(self, revisions: Sequence[str]) -> Mapping[str, str]:
        """Return files of revisions as they were applied."""
        ...
