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


class TextsNameFormer(PluginError):
    """Bodies of functions name what a renamed plugin's objects were called before."""

    words = (
        "The objects of plugin '{name}' are not in {found} any more, and these functions name them "
        "so in their text, which PostgreSQL leaves as it is: {functions}. Replace them, or they "
        "fail when they are called."
    )

    name: str
    found: str
    functions: Sequence[str]
