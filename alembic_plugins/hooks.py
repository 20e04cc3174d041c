"""Lifecycle hooks: the moments at which a plugin's own functions are called, and what they get."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from .store import PluginStore


class Moment(StrEnum):
    """When a hook is called; the value is the name of its function.

    It is in the plugin's transaction: the first one of several where it is before, else the last.
    """

    BEFORE_INSTALL = "before_install"
    AFTER_INSTALL = "after_install"
    BEFORE_UPGRADE = "before_upgrade"
    AFTER_UPGRADE = "after_upgrade"
    BEFORE_DOWNGRADE = "before_downgrade"
    AFTER_DOWNGRADE = "after_downgrade"
    BEFORE_UNINSTALL = "before_uninstall"
    AFTER_UNINSTALL = "after_uninstall"

    @property
    def is_before(self) -> bool:
        """Whether the plugin's revisions come after it."""
        return self.startswith("before_")

    @property
    def is_down(self) -> bool:
        """Whether the plugin's revisions are downgraded."""
        return self.endswith(("downgrade", "uninstall"))


@dataclass(frozen=True)
class HookContext:
    """What a hook is called with.

    Attributes:
        plugin: the plugin's name.
        connection: the one that migrates, in the plugin's transaction, which is not to be ended.
        store: the plugin's values in the database.
        from_version: the version of the plugin's package that the database has; None where it is
            being installed.
        to_version: the version that it will have; None where it is being uninstalled.
        from_revisions: the heads of the plugin's branch before the command.
        to_revisions: those after it.
        keeps_data: whether what the plugin has made stays: it is set aside, or was restored.
    """

    plugin: str
    connection: "Connection"
    store: "PluginStore"
    from_version: str | None
    to_version: str | None
    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    keeps_data: bool = False
