"""What looking after plugins meets, in words: setting aside, adopting, repairing, leaving."""

from collections.abc import Sequence

from .errors import PluginError, offer_purge


class Quarantined(PluginError):
    """A plugin is set aside, and neither installed nor free to be installed."""

    words = (
        "Plugin '{name}' is set aside in schema '{schema}'. Bring it back with 'alembic plugin "
        "restore {name}', or drop what is there with 'alembic plugin uninstall {name} --purge'."
    )

    name: str
    schema: str


class NotQuarantined(PluginError):
    """There is nothing to be restored."""

    words = (
        "Nothing of plugin '{name}' is set aside. Name a backup of it with --from PATH, or "
        "install it with 'alembic plugin install {name}'."
    )

    name: str


class NotInBackup(PluginError):
    """A backup has other plugins than the one that was asked for."""

    words = "Backup '{path}' has nothing of plugin '{name}', but of: {names}. Name one of these."

    name: str
    path: str
    names: Sequence[str]


class CannotKeep(PluginError):
    """A plugin's data cannot be set aside."""

    words = (
        "Plugin '{name}' cannot be set aside: {reason}. See to that first, or uninstall it with "
        "--backup PATH; nothing was changed."
    )

    name: str
    reason: str


class SchemaTaken(PluginError):
    """A plugin's objects have to go where something else is."""

    words = (
        "Plugin '{name}' cannot be moved to schema '{schema}': {reason}. Rename or drop what is "
        "there; nothing was changed."
    )

    name: str
    schema: str
    reason: str


class AlreadyInstalled(PluginError):
    """The database has the plugin."""

    words = "Plugin '{name}' is installed already. Uninstall it first, or leave it as it is."

    name: str


class RequirementNotInstalled(PluginError):
    """A plugin cannot come without what it requires."""

    words = (
        "Plugin '{name}' needs {missing}, which the database does not have. Install, restore or "
        "adopt {missing} first; nothing was changed."
    )

    name: str
    missing: Sequence[str]


class NamespaceNotEmpty(PluginError):
    """A plugin is to be installed where there is already what it has not made."""

    words = (
        "Plugin '{name}' cannot be installed into {namespace}, where there is already {objects}. "
        'Declare namespace = "{other}" to live beside that, or another namespace, or record '
        "what the plugin's revisions have made before with 'alembic plugin adopt {name}'; nothing "
        "was changed."
    )

    name: str
    namespace: str
    objects: Sequence[str]
    other: str


class UnknownObjects(PluginError):
    """A plugin's schema is to go, with what no revision has made."""

    words = (
        "The schema of plugin '{name}' has {objects}, which none of its revisions has made. Move "
        "that elsewhere, or take it along: with --keep-data, which keeps it, or with "
        "--with-unknown-objects, which drops it; if it was restored by hand and is the plugin's, "
        "record it with 'alembic plugin repair {name} --with-unknown-objects'; nothing was changed."
    )

    name: str
    objects: Sequence[str]


class LeftBehind(PluginError):
    """A plugin was taken back to base, and is still known by what its downgrades have left."""

    words = (
        "The downgrades of plugin '{name}' have left {objects}. Drop that with 'alembic plugin "
        "uninstall {name} --purge', or leave it to the host with 'alembic plugin forget {name}'."
    )

    name: str
    objects: Sequence[str]


class LeftOut(PluginError):
    """A plugin is not upgraded with the others, since its downgrades have left something."""

    words = (
        "Plugin '{name}' is not upgraded, since its downgrades have left objects behind: see "
        "'alembic plugin show {name}'. Drop them with 'alembic plugin uninstall {name} --purge' "
        "and install it again, or leave them to the host with 'alembic plugin forget {name}'."
    )

    name: str


class SchemaShared(PluginError):
    """A plugin's own schema is to be kept as a whole, and has what is another's."""

    words = (
        "Plugin '{name}' cannot be set aside or backed up while its schema '{schema}' has "
        "{objects}, which is not its own. Move that to another schema first; nothing was changed."
    )

    name: str
    schema: str
    objects: Sequence[str]


class CannotTell(PluginError):
    """A plugin shares a schema, and it cannot be told what there its revisions have made."""

    words = (
        "What plugin '{name}' has made cannot be told, since another tool has installed it into a "
        "schema that it shares, and its revisions cannot be run in a scratch database: {reason}. "
        "See to that, or {way_out}; nothing was changed."
    )

    name: str
    reason: str
    way: str = "--purge"

    def facts(self) -> dict[str, object]:
        """Return the facts, with what can be done without knowing it."""
        forget = f"forget it with 'alembic plugin forget {self.name}'"
        without = f"uninstall it without {self.way}, after a dump of the database"
        drop = f"drop its objects by hand, and then {forget}"
        return {**super().facts(), "way_out": drop if self.way == "--purge" else without}


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


class NoVersionTable(PluginError):
    """A plugin is to be adopted by a version table that tells nothing of it."""

    words = (
        "Table '{table}' tells no revision of plugin '{name}': {reason}. Name the table that does "
        "with --version-table, as SCHEMA.TABLE; nothing was changed."
    )

    table: str
    name: str
    reason: str


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


class ScratchFailed(PluginError):
    """The revisions could not be tried out in a database of their own."""

    words = (
        "The revisions of plugin '{name}' cannot be tried out in a scratch database: {reason}. "
        "See to that, or take the plugin as it is with 'alembic -x plugin={name} stamp "
        "{target}'; nothing was changed."
    )

    name: str
    reason: str
    target: str = "heads"


class FilesChanged(PluginError):
    """Revision files are not what they were when they were applied."""

    words = (
        "The files of applied revisions of '{name}' have been changed: {revisions}. See what "
        "differs, and accept it, with 'alembic plugin repair {name}'."
    )

    name: str
    revisions: Sequence[str]


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


class RevisionMoved(PluginError):
    """A changed file follows, or depends on, revisions that are not applied."""

    words = (
        "The file of revision '{revision}' of '{name}' now needs {missing}, which is not applied. "
        "Upgrade '{name}' first, or put the file back; nothing was changed."
    )

    name: str
    revision: str
    missing: Sequence[str]


class LostRevision(PluginError):
    """The registry has a gap, and no file fills it."""

    words = (
        "The registry has lost revision '{missing}' of '{name}', which '{revision}' follows. Put "
        "back its file or the registry's row{purge}."
    )

    name: str
    revision: str
    missing: str

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out for a plugin."""
        purge = offer_purge(self.name, ", or drop the plugin's objects with")
        return {**super().facts(), "purge": purge}


class Interrupted(PluginError):
    """A revision has committed a part of itself, and something else was asked for."""

    words = (
        "The {direction} of revision '{revision}' of '{name}' was interrupted, and a part of it "
        "is committed. Run that {direction} again to complete it{purge}."
    )

    name: str
    revision: str
    direction: str

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out for a plugin."""
        purge = offer_purge(self.name, ", or take the plugin away with")
        return {**super().facts(), "purge": purge}


class CannotLeave(PluginError):
    """Stock Alembic could not go on from here."""

    words = (
        "Stock Alembic could not go on with {names}, whose revision files are gone, or which are "
        "set aside or half done. Put back, restore, uninstall or forget {names} first; nothing "
        "was changed."
    )

    names: Sequence[str]


class CannotForget(PluginError):
    """A plugin cannot be forgotten while others need it."""

    words = (
        "Plugin '{name}' cannot be forgotten while it is needed by {dependents}. Uninstall or "
        "forget {dependents} first."
    )

    name: str
    dependents: Sequence[str]
