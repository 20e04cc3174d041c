"""What running a plan can meet, in words."""

from collections.abc import Sequence
from pathlib import Path

from .._base_errors import PluginError, join, offer_purge


class RevisionTooLong(PluginError):
    """A revision id does not fit into the version table."""

    words = (
        "Revision id '{revision}' of '{plugin}' is longer than the {limit} characters that the "
        "version table holds. Give the revision a shorter id."
    )

    plugin: str
    revision: str
    limit: int


class NoDowngrade(PluginError):
    """A revision's file is gone or broken, and its downgrade could not be rendered."""

    words = (
        "Revision '{revision}' of '{plugin}' cannot be downgraded without its file, since its "
        "downgrade() could not be rendered as SQL: {reason}. Put back the version of the plugin's "
        "package that has it{purge}."
    )

    plugin: str
    revision: str
    reason: str

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out for a plugin."""
        purge = offer_purge(self.plugin, ", or drop the plugin's objects with")
        return {**super().facts(), "purge": purge}


class LeftoverObjects(PluginError):
    """A plugin's downgrades did not take away all that is in its namespace."""

    words = (
        "The downgrades of plugin '{name}' leave {objects}. Drop that too with 'alembic plugin "
        "uninstall {name} --purge'; nothing was changed."
    )

    name: str
    objects: Sequence[str]


class PluginsFailed(PluginError):
    """Some plugins could not be upgraded, and the others were."""

    words = "Plugins that could not be upgraded: {failed}{left_out}{others}. {reasons}"

    failed: Sequence[str]
    skipped: Sequence[str]
    done: Sequence[str]
    reasons: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the facts; what each plugin has met is a sentence of its own."""
        facts = super().facts()
        skipped, done = facts["skipped"], facts["done"]
        return {
            **facts,
            "left_out": f"; left out, since they need these: {skipped}" if self.skipped else "",
            "others": f"; upgraded: {done}" if self.done else "",
            "reasons": " ".join(self.reasons),
        }


class MigrationInterrupted(PluginError):
    """A revision failed after it had committed a part of itself by an `autocommit_block()`."""

    words = (
        "{function}() of revision '{revision}' of '{plugin}' failed: {reason}. What it has "
        "committed stays{invalid}; correct the cause and run the command again, which carries on "
        "from there."
    )

    plugin: str
    revision: str
    function: str
    reason: str
    indexes: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the facts, with the indexes where there are any."""
        invalid = f", with the invalid index {join(self.indexes)}" if self.indexes else ""
        return {**super().facts(), "invalid": invalid}


class HookFailed(PluginError):
    """A hook raised."""

    words = (
        "Hook '{hook}' of {owner} failed: {reason}. {kept}; correct the hook and {again}, or "
        "leave hooks out by --without-hooks, with stock commands by -x without_hooks=true."
    )

    plugin: str
    hook: str
    reason: str
    source: str | None = None
    kept: str = "Its transaction was rolled back"
    is_there: bool = False

    def facts(self) -> dict[str, object]:
        """Return the facts, with whose the hook is, and how it is called again.

        A plugin that is there cannot be restored again: its install is ended.
        """
        plugin = f"plugin '{self.plugin}'"
        owner = f"entry point '{self.source}' for {plugin}" if self.source else plugin
        install = f"run 'alembic plugin install {self.plugin}'"
        again = install if self.is_there else "run the command again"
        return {**super().facts(), "owner": owner, "again": again}


class ProgramRuns(PluginError):
    """A program goes on that a command has started which has ended, and cannot be ended."""

    words = (
        "A pg_dump or pg_restore of a command that was ended still works in the database, as "
        "process {pids}. Wait for it, or end it with 'SELECT pg_terminate_backend({pids})', and "
        "run the command again; nothing was changed."
    )

    pids: Sequence[str]


class TransferUnfinished(PluginError):
    """Another registry's restore was ended, and what it has brought back is not registered."""

    words = (
        "A restore of '{path}' for the plugins of version table '{registry}' was ended before it "
        "was complete. Run 'alembic plugin repair' there, which completes it, and then this "
        "command again; nothing was changed."
    )

    path: Path
    registry: str


class NotBroughtBack(PluginError):
    """A restore has brought back all but what others have to do with it."""

    words = (
        "The restore of '{path}' could not bring back {losses}. Make that again by hand; all else "
        "is restored."
    )

    path: Path
    losses: Sequence[str]


class OwnFailure(PluginError):
    """Our own code has raised while a revision ran."""

    words = (
        "alembic-plugins has failed in {function}() of revision '{revision}' of '{plugin}': "
        "{reason}. The revision is not to blame; run the command again with Alembic's option "
        "--raiseerr, and report what it shows."
    )

    plugin: str
    revision: str
    function: str
    reason: str


class DriverChanged(PluginError):
    """A revision is carried on by another driver than that which has kept its results."""

    words = (
        "Revision '{revision}' of '{plugin}' was interrupted, and what its statements have "
        "returned was kept by another driver than '{driver}'. Run the command once more on the "
        "engine that it was begun with."
    )

    plugin: str
    revision: str
    driver: str


class CannotRehearse(PluginError):
    """A revision commits midway, so that it cannot be tried and rolled back."""

    words = (
        "A revision has an autocommit_block(), which cannot be rolled back. Leave out --footprint; "
        "nothing was changed."
    )


class CannotCommit(PluginError):
    """A revision commits midway, in a transaction that is the caller's."""

    words = (
        "Revision '{revision}' of '{plugin}' has an autocommit_block(), which would commit the "
        "transaction of the caller. Give configure() a connection that is in no transaction."
    )

    plugin: str
    revision: str


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
    """A plugin's schema is to go or to come back, with what no revision has made."""

    words = (
        "The schema of plugin '{name}' has {objects}, which none of its revisions has made. Move "
        "that elsewhere{ways_out}; if it was restored by hand and is the plugin's, record it with "
        "'alembic plugin repair {name} --with-unknown-objects'; nothing was changed."
    )

    name: str
    objects: Sequence[str]
    action: str = "uninstall"

    def facts(self) -> dict[str, object]:
        """Return the facts, with the ways out, which are fewer where it is set aside already."""
        ways_out = {
            "uninstall": ", or take it along: with --keep-data, which keeps it, or with "
            "--with-unknown-objects, which drops it",
            "purge": ", or drop it with --with-unknown-objects",
        }
        return {**super().facts(), "ways_out": ways_out.get(self.action, "")}


class LeftBehind(PluginError):
    """A plugin was downgraded to base, and is still known by what its downgrades have left."""

    words = (
        "The downgrades of plugin '{name}' have left {objects}. Drop that with 'alembic plugin "
        "uninstall {name} --purge', or leave it to the host with 'alembic plugin forget {name}'."
    )

    name: str
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


class RenameDue(PluginError):
    """A plugin has to be renamed in the database before SQL is printed, or models are compared."""

    words = (
        "The database has plugin '{name}' by its former name '{former}', where neither SQL is "
        "printed for it nor models are compared with it. Rename it first, with 'alembic plugin "
        "upgrade {name}'."
    )

    former: str
    name: str


class CapturedChanged(PluginError):
    """What a revision was made of is not there any more as it was."""

    words = (
        "Somebody has changed objects of '{plugin}' while its revision was written. Run the "
        "command again; nothing was recorded, and the file is removed."
    )

    plugin: str
