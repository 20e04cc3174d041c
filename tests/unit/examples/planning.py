"""Each error of `alembic_plugins.planning`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.NotInstalled("billing"),
        "Plugin 'billing' is not installed. Install it with 'alembic plugin install billing'.",
    ),
    (
        errors.RequirementCycle(("crm", "billing", "crm")),
        "Plugins require each other in a circle: crm -> billing -> crm. Remove one of these "
        "requirements; their revisions may still depend on each other by depends_on.",
    ),
    (
        errors.NeededByHost("billing", ("h1",)),
        "Plugin 'billing' cannot go while the host depends on it, by h1. Downgrade the host below"
        " that first.",
    ),
    (
        errors.PluginInUse("billing", ("tax", "crm")),
        "Plugin 'billing' is required by crm, tax. Uninstall crm, tax first, or pass --cascade.",
    ),
    (
        errors.PluginInUse("billing", ("tax", "crm"), ("tax",)),
        "Plugin 'billing' is required by crm, tax. It requires tax, too: name all of them, or pass "
        "--cascade.",
    ),
    (
        errors.PluginUsed("billing", ("tax", "crm"), ("view v", "constraint c on table t")),
        "Plugin 'billing' is used by crm, tax: constraint c on table t, view v. Uninstall crm, tax "
        "first, or pass --cascade.",
    ),
    (
        errors.PluginsInstalled(("tax", "crm")),
        "The host cannot go back to base while plugins are installed: crm, tax. Uninstall crm, "
        "tax first, or pass -x cascade=true.",
    ),
    (
        errors.RevisionInUse("billing", ("tax", "crm")),
        "The downgrade of 'billing' would take away what is needed by crm, tax. Downgrade crm, "
        "tax first, or pass -x cascade=true.",
    ),
    (
        errors.RevisionInUse("billing", ("crm",), ("view crm.v of plugin 'crm'",)),
        "The downgrade of 'billing' would take away what is needed by crm: view crm.v of plugin"
        " 'crm'. Downgrade crm first, or pass -x cascade=true.",
    ),
    (
        errors.HeldBack(("c4", "b3"), ("c2", "b2")),
        "Phase expand leaves out b3, c4, marked expand, since contract revisions come before: b2, "
        "c2. Apply these first with 'alembic upgrade c2', when no running version of the "
        "application uses what they take away.",
    ),
    (
        errors.BeyondPhase("billing", "+1", "expand", "b2"),
        "'+1' on branch 'billing' is beyond phase expand, which ends before revision 'b2'. Name "
        "another revision, or leave out the phase; nothing was changed.",
    ),
    (
        errors.NotQuarantined("billing"),
        "Nothing of plugin 'billing' is set aside. Name a backup of it with --from PATH, or "
        "install it with 'alembic plugin install billing'.",
    ),
    (
        errors.AlreadyInstalled("billing"),
        "Plugin 'billing' is installed already. Uninstall it first, or leave it as it is.",
    ),
    (
        errors.RequirementNotInstalled("crm", ("tags", "billing")),
        "Plugin 'crm' needs billing, tags, which the database does not have. Install, restore or "
        "adopt billing, tags first; nothing was changed.",
    ),
    (
        errors.LeftOut("billing"),
        "Plugin 'billing' is not upgraded, since its downgrades have left objects behind: see "
        "'alembic plugin show billing'. Drop them with 'alembic plugin uninstall billing --purge' "
        "and install it again, or leave them to the host with 'alembic plugin forget billing'.",
    ),
    (
        errors.RevisionMoved("billing", "b2", ("t2", "b3")),
        "The file of revision 'b2' of 'billing' now needs b3, t2, which is not applied. Upgrade "
        "'billing' first, or put the file back; nothing was changed.",
    ),
    (
        errors.LostRevision("billing", "b3", "b2"),
        "The registry has lost revision 'b2' of 'billing', which 'b3' follows. Put back its file "
        "or the registry's row, or drop the plugin's objects with 'alembic plugin uninstall "
        "billing --purge'.",
    ),
    (
        errors.Interrupted("billing", "b2", "upgrade"),
        "The upgrade of revision 'b2' of 'billing' was interrupted, and a part of it is "
        "committed. Run that upgrade again to complete it, or take the plugin away with 'alembic "
        "plugin uninstall billing --purge'.",
    ),
    (
        errors.CannotLeave(("tags", "billing")),
        "Stock Alembic could not go on with billing, tags, whose revision files are gone, or "
        "which are set aside or half done. Put back, restore, uninstall or forget billing, tags "
        "first; nothing was changed.",
    ),
    (
        errors.CannotForget("billing", ("tax", "crm")),
        "Plugin 'billing' cannot be forgotten while it is needed by crm, tax. Uninstall or forget "
        "crm, tax first.",
    ),
    (
        errors.RevisionsGone("billing", ("b3",), ("b9",)),
        "'billing' on disk no longer has what the database has of it, b3, and begins with b9 "
        "instead, which is not run over that. If that makes the same, let its file say which "
        "revisions it replaces, 'replaces = [...]', or record it with 'alembic plugin forget "
        "billing' and 'alembic plugin adopt billing'; else put back the files; nothing was "
        "changed of 'billing'.",
    ),
    (
        errors.RevisionsGone("host", ("h3",), ("h9",)),
        "'host' on disk no longer has what the database has of it, h3, and begins with h9 "
        "instead, which is not run over that. If that makes the same, let its file say which "
        "revisions it replaces, 'replaces = [...]'; else put back the files; nothing was "
        "changed of 'host'.",
    ),
    (
        errors.SquashesLeft("billing", ("b2", "b1")),
        "Stock Alembic knows nothing of 'replaces', by which these revisions of 'billing' are "
        "squashed, or follow what is: b1, b2. Remove the files of those that are squashed, "
        "and name the squash in the others; nothing was changed.",
    ),
    (
        errors.DriftChanged("audit"),
        "Somebody has changed objects of 'audit' while it was planned how to bring them back. Run "
        "the command again; nothing of it was changed.",
    ),
    (
        errors.FixesFailed(("audit",), ("crm", "tags"), ("It failed.",)),
        "What was changed of some could not be brought back: audit; brought back: crm, tags. It "
        "failed.",
    ),
    (
        errors.FixFailed("audit", "DROP VIEW audit.v", "must be owner of view v"),
        "What was changed of 'audit' could not be brought back: must be owner of view v, by 'DROP "
        "VIEW audit.v'. Nothing of it was changed.",
    ),
    (
        errors.RowsAgainst("audit", "Constraint c on audit.t", "it is violated", "Correct them"),
        "Constraint c on audit.t of 'audit' cannot be brought back, since rows are against it by "
        "now: it is violated. Correct them; nothing of 'audit' was changed.",
    ),
]
