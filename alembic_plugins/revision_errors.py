"""What keeps a revision from being made or run as it is, in words."""

from collections.abc import Sequence

from .errors import PluginError, join


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


class RevisionInUse(PluginError):
    """A revision cannot be taken back while others depend on it."""

    words = (
        "The downgrade of '{branch}' would take away what is needed by {dependents}{objects}. "
        "Downgrade {dependents} first, or pass -x cascade=true."
    )

    branch: str
    dependents: Sequence[str]
    objects: Sequence[str] = ()

    def facts(self) -> dict[str, object]:
        """Return the facts by name, with the objects that are used, where these are known."""
        return {**super().facts(), "objects": f": {join(self.objects)}" if self.objects else ""}


class UnknownReference(PluginError):
    """Models of a plugin refer to a table or a column that nobody has."""

    words = (
        "The models of '{name}' refer to '{target}', which neither they nor the database have. "
        "Correct the foreign key, or upgrade what has the table with 'alembic upgrade heads'."
    )

    name: str
    target: str
