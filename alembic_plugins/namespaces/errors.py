"""What can be wrong with the objects of plugins, in words."""

from collections.abc import Sequence

from .._base_errors import PluginError


class ObjectsInUse(PluginError):
    """Something elsewhere depends on what is to be dropped."""

    words = (
        "Objects of '{name}' cannot be dropped, since it is used by {users}. {way_out} "
        "first; nothing was changed."
    )

    name: str
    users: Sequence[str]
    aside: str = ""

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out; what is set aside is not removed by hand."""
        purge = f"'alembic plugin uninstall {self.aside} --purge'"
        restore = (
            f"Drop that with {purge}, or restore it with 'alembic plugin restore {self.aside}'"
        )
        return {**super().facts(), "way_out": restore if self.aside else "Remove that"}
