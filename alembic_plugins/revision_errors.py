"""What revisions do that cannot be, where they are run, in words."""

from .errors import PluginError


class OfflineRevision(PluginError):
    """A revision that asks the database something is to be rendered in offline mode."""

    words = (
        "{direction}() of revision '{revision}' of '{plugin}' asks the database something, and "
        "offline mode has none. Nothing was printed; run this revision without --sql, and print "
        "the others with '{command} FROM:TO --sql'."
    )

    plugin: str
    revision: str
    direction: str

    def facts(self) -> dict[str, object]:
        """Return the facts by name, and the command that prints a part of a branch."""
        command = f"alembic -x plugin={self.plugin} {self.direction}"
        return {**super().facts(), "command": command}
