"""What a command is refused, in words."""

from collections.abc import Sequence

from .._base_errors import PluginError, join, offer_purge
from ..plugin import HOST


class NotInstalled(PluginError):
    """The database does not have the plugin."""

    words = "Plugin '{name}' is not installed. Install it with 'alembic plugin install {name}'."

    name: str


class RequirementCycle(PluginError):
    """Plugins require each other in a circle."""

    words = (
        "Plugins require each other in a circle: {circle}. Remove one of these requirements; "
        "their revisions may still depend on each other by depends_on."
    )

    names: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the circle in its order."""
        return {"circle": " -> ".join(self.names)}


class PluginInUse(PluginError):
    """A plugin cannot go while others need it."""

    words = "Plugin '{name}' is required by {dependents}. {way_out}."

    name: str
    dependents: Sequence[str]
    mutual: Sequence[str] = ()

    def facts(self) -> dict[str, object]:
        """Return the facts, with the way out: none goes first of those that need each other."""
        facts = super().facts()
        first = f"Uninstall {facts['dependents']} first, or pass --cascade"
        both = f"It requires {facts['mutual']}, too: name all of them, or pass --cascade"
        return {**facts, "way_out": both if self.mutual else first}


class NeededByHost(PluginError):
    """A plugin cannot go while the host's own revisions depend on its."""

    words = (
        "Plugin '{name}' cannot go while the host depends on it, by {revisions}. Downgrade the "
        "host below that first."
    )

    name: str
    revisions: Sequence[str]


class PluginUsed(PluginError):
    """Objects of other plugins depend on a plugin's, though nothing declares it."""

    words = (
        "Plugin '{name}' is used by {dependents}: {users}. Uninstall {dependents} first, or "
        "pass --cascade."
    )

    name: str
    dependents: Sequence[str]
    users: Sequence[str]


class PluginsInstalled(PluginError):
    """The host cannot go to base while plugins are installed."""

    words = (
        "The host cannot go back to base while plugins are installed: {names}. Uninstall {names} "
        "first, or pass -x cascade=true."
    )

    names: Sequence[str]


class RevisionInUse(PluginError):
    """A revision cannot be downgraded while others depend on it."""

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


class NotQuarantined(PluginError):
    """There is nothing to be restored."""

    words = (
        "Nothing of plugin '{name}' is set aside. Name a backup of it with --from PATH, or "
        "install it with 'alembic plugin install {name}'."
    )

    name: str


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


class LeftOut(PluginError):
    """A plugin is not upgraded with the others, since its downgrades have left something."""

    words = (
        "Plugin '{name}' is not upgraded, since its downgrades have left objects behind: see "
        "'alembic plugin show {name}'. Drop them with 'alembic plugin uninstall {name} --purge' "
        "and install it again, or leave them to the host with 'alembic plugin forget {name}'."
    )

    name: str


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


class HeldBack(PluginError):
    """Phase expand leaves out what is marked so, since contract revisions come before it."""

    words = (
        "Phase expand leaves out {revisions}, marked expand, since contract revisions come before: "
        "{contracts}. Apply these first with 'alembic upgrade {first}', when no running version of "
        "the application uses what they take away."
    )

    revisions: Sequence[str]
    contracts: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the facts, with the revision to begin with."""
        return {**super().facts(), "first": self.contracts[0]}


class BeyondPhase(PluginError):
    """An upgrade or a downgrade was asked for that a phase of a release does not come to."""

    words = (
        "'{argument}' on branch '{branch}' is beyond phase {phase}, which ends before revision "
        "'{revision}'. Name another revision, or leave out the phase; nothing was changed."
    )

    branch: str
    argument: str
    phase: str
    revision: str


class RevisionsGone(PluginError):
    """The files of a branch begin with other revisions than those that are applied."""

    words = (
        "'{plugin}' on disk no longer has what the database has of it, {applied}, and begins with "
        "{found} instead, which is not run over that. If that makes the same, let its file say "
        "which revisions it replaces, 'replaces = [...]'{adopt}; else put back the files; nothing "
        "was changed of '{plugin}'."
    )

    plugin: str
    applied: Sequence[str]
    found: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the facts, with the other way out for a plugin."""
        adopt = (
            f", or record it with 'alembic plugin forget {self.plugin}' and 'alembic plugin adopt "
            f"{self.plugin}'"
        )
        return {**super().facts(), "adopt": "" if self.plugin == HOST else adopt}


class SquashesLeft(PluginError):
    """Stock Alembic would run what is squashed, or look for it."""

    words = (
        "Stock Alembic knows nothing of 'replaces', by which these revisions of '{branch}' are "
        "squashed, or follow what is: {revisions}. Remove the files of those that are squashed, "
        "and name the squash in the others; nothing was changed."
    )

    branch: str
    revisions: Sequence[str]


class DriftChanged(PluginError):
    """What was to be brought back is not any more as it was when that was planned."""

    words = (
        "Somebody has changed objects of '{plugin}' while it was planned how to bring them back. "
        "Run the command again; nothing of it was changed."
    )

    plugin: str


class FixesFailed(PluginError):
    """Some branches could not be brought back, and others were."""

    words = "What was changed of some could not be brought back: {failed}{others}. {reasons}"

    failed: Sequence[str]
    done: Sequence[str]
    reasons: Sequence[str]

    def facts(self) -> dict[str, object]:
        """Return the facts; what each branch has met is a sentence of its own."""
        facts = super().facts()
        others = f"; brought back: {facts['done']}" if self.done else ""
        return {**facts, "others": others, "reasons": " ".join(self.reasons)}


class FixFailed(PluginError):
    """PostgreSQL refuses a statement that brings back what was changed by hand."""

    words = (
        "What was changed of '{plugin}' could not be brought back: {reason}, by '{statement}'. "
        "Nothing of it was changed."
    )

    plugin: str
    statement: str
    reason: str


class RowsAgainst(PluginError):
    """Rows do not keep what was recorded, since it was dropped."""

    words = (
        "{rule} of '{plugin}' cannot be brought back, since rows are against it by now: "
        "{reason}. {way}; nothing of '{plugin}' was changed."
    )

    plugin: str
    rule: str
    reason: str
    way: str
