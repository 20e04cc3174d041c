"""What there is to say of plugins and cannot be done about them, in words."""

from collections.abc import Sequence

from .._base_errors import PluginError


class SchemaShared(PluginError):
    """A plugin's own schema is to be kept as a whole, and has what is another's."""

    words = (
        "Plugin '{name}' cannot be set aside or backed up while its schema '{schema}' has "
        "{objects}, which is not its own. Move that to another schema first; nothing was changed."
    )

    name: str
    schema: str
    objects: Sequence[str]


class NamespaceChanged(PluginError):
    """A plugin declares another namespace than the one that it was installed in."""

    words = (
        "Plugin '{name}' was installed in {found} and declares {declared} by now; its objects stay "
        "where they are. Declare {found} again, or uninstall and install it to move it; its data "
        "has to be moved by hand."
    )

    name: str
    found: str
    declared: str


class NothingToAdopt(PluginError):
    """Nothing of a plugin is there."""

    words = (
        "There is nothing in {namespace} that plugin '{name}' could adopt. Install it with "
        "'alembic plugin install {name}'."
    )

    name: str
    namespace: str


class Different(PluginError):
    """What is there is not what the revisions make."""

    words = (
        "What stands in {namespace} is not what the revisions of plugin '{name}' make: "
        "{differences}. Name the revision that made it, or change what is there; 'alembic -x "
        "plugin={name} stamp {target}' takes it as it is."
    )

    name: str
    namespace: str
    differences: Sequence[str]
    target: str = "heads"

    def facts(self) -> dict[str, object]:
        """Return the facts; the differences may be many, and each has commas of its own."""
        return {**super().facts(), "differences": "; ".join(self.differences)}


class DatabaseAhead(PluginError):
    """A database has revisions that the files have not."""

    words = (
        "The database is ahead of the files of '{name}', which have not got {revisions}. Deploy "
        "the version that has them, or go back to what is there with 'alembic{option} downgrade "
        "{head}'."
    )

    name: str
    revisions: Sequence[str]
    heads: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the facts, with the command that goes back."""
        option = "" if self.name == "host" else f" -x plugin={self.name}"
        return {**super().facts(), "option": option, "head": self.heads[0]}


class UnknownKey(PluginError):
    """A plugin has stored no value by a key."""

    words = (
        "Plugin '{name}' has stored nothing by key '{key}'. 'alembic plugin store {name}' lists "
        "what it has."
    )

    name: str
    key: str


class InvalidValue(PluginError):
    """A value that a plugin is to store is no JSON, or PostgreSQL cannot keep it."""

    words = (
        "Plugin '{name}' cannot store '{key}': {reason}. Give a value as JSON, a text in its own "
        "quotes: '\"a text\"'; nothing was changed."
    )

    name: str
    key: str
    reason: str
