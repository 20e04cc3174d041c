"""Each error of looking after plugins, and its text."""

from alembic_plugins import upkeep_errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        upkeep_errors.Quarantined("billing", "quarantine_billing"),
        "Plugin 'billing' is set aside in schema 'quarantine_billing'. Bring it back with "
        "'alembic plugin restore billing', or drop what is there with 'alembic plugin uninstall "
        "billing --purge'.",
    ),
    (
        upkeep_errors.NotQuarantined("billing"),
        "Nothing of plugin 'billing' is set aside. Name a backup of it with --from PATH, or "
        "install it with 'alembic plugin install billing'.",
    ),
    (
        upkeep_errors.NotInBackup("billing", "crm.dump", ("tags", "crm")),
        "Backup 'crm.dump' has nothing of plugin 'billing', but of: crm, tags. Name one of these.",
    ),
    (
        upkeep_errors.CannotKeep("billing", "it shares schema 'public' with the host"),
        "Plugin 'billing' cannot be set aside: it shares schema 'public' with the host. See to "
        "that first, or uninstall it with --backup PATH; nothing was changed.",
    ),
    (
        upkeep_errors.SchemaTaken("billing", "money", "there is a schema of that name"),
        "Plugin 'billing' cannot be moved to schema 'money': there is a schema of that name. "
        "Rename or drop what is there; nothing was changed.",
    ),
    (
        upkeep_errors.AlreadyInstalled("billing"),
        "Plugin 'billing' is installed already. Uninstall it first, or leave it as it is.",
    ),
    (
        upkeep_errors.RequirementNotInstalled("crm", ("tags", "billing")),
        "Plugin 'crm' needs billing, tags, which the database does not have. Install, restore or "
        "adopt billing, tags first; nothing was changed.",
    ),
    (
        upkeep_errors.NamespaceNotEmpty(
            "billing",
            "schema billing",
            ("view billing.v", "table billing.t"),
            "schema billing existing",
        ),
        "Plugin 'billing' cannot be installed into schema billing, where there is already table "
        'billing.t, view billing.v. Declare namespace = "schema billing existing" to live beside '
        "that, or another namespace, or record what the plugin's revisions have made before with "
        "'alembic plugin adopt billing'; nothing was changed.",
    ),
    (
        upkeep_errors.UnknownObjects("billing", ("view billing.v", "table billing.t")),
        "The schema of plugin 'billing' has table billing.t, view billing.v, which none of its "
        "revisions has made. Move that elsewhere, or take it along: with --keep-data, which keeps "
        "it, or with --with-unknown-objects, which drops it; if it was restored by hand and is the "
        "plugin's, record it with 'alembic plugin repair billing --with-unknown-objects'; nothing "
        "was changed.",
    ),
    (
        upkeep_errors.LeftBehind("billing", ("view billing.v", "table billing.t")),
        "The downgrades of plugin 'billing' have left table billing.t, view billing.v. Drop that "
        "with 'alembic plugin uninstall billing --purge', or leave it to the host with 'alembic "
        "plugin forget billing'.",
    ),
    (
        upkeep_errors.LeftOut("billing"),
        "Plugin 'billing' is not upgraded, since its downgrades have left objects behind: see "
        "'alembic plugin show billing'. Drop them with 'alembic plugin uninstall billing --purge' "
        "and install it again, or leave them to the host with 'alembic plugin forget billing'.",
    ),
    (
        upkeep_errors.SchemaShared("billing", "money", ("view money.v", "table money.t")),
        "Plugin 'billing' cannot be set aside or backed up while its schema 'money' has table "
        "money.t, view money.v, which is not its own. Move that to another schema first; nothing "
        "was changed.",
    ),
    (
        upkeep_errors.CannotTell("billing", "division by zero"),
        "What plugin 'billing' has made cannot be told, since another tool has installed it into a "
        "schema that it shares, and its revisions cannot be run in a scratch database: division "
        "by zero. See to that, or drop its objects by hand, and then forget it with 'alembic "
        "plugin forget billing'; nothing was changed.",
    ),
    (
        upkeep_errors.CannotTell("billing", "division by zero", "--keep-data"),
        "What plugin 'billing' has made cannot be told, since another tool has installed it into a "
        "schema that it shares, and its revisions cannot be run in a scratch database: division "
        "by zero. See to that, or uninstall it without --keep-data, after a dump of the database; "
        "nothing was changed.",
    ),
    (
        upkeep_errors.NamespaceChanged("billing", "schema billing", "prefix bill_"),
        "Plugin 'billing' was installed in schema billing and declares prefix bill_ by now; its "
        "objects stay where they are. Declare schema billing again, or uninstall and install it "
        "to move it; its data has to be moved by hand.",
    ),
    (
        upkeep_errors.NothingToAdopt("billing", "schema billing"),
        "There is nothing in schema billing that plugin 'billing' could adopt. Install it with "
        "'alembic plugin install billing'.",
    ),
    (
        upkeep_errors.Different(
            "billing", "schema billing", ("table billing.b is missing", "index a, b is missing")
        ),
        "What stands in schema billing is not what the revisions of plugin 'billing' make: table "
        "billing.b is missing; index a, b is missing. Name the revision that made it, or change "
        "what is there; 'alembic -x plugin=billing stamp heads' takes it as it is.",
    ),
    (
        upkeep_errors.NoVersionTable("crm_v", "crm", "it is empty"),
        "Table 'crm_v' tells no revision of plugin 'crm': it is empty. Name the table that does "
        "with --version-table, as SCHEMA.TABLE; nothing was changed.",
    ),
    (
        upkeep_errors.ScratchFailed("billing", "relation accounts does not exist", "b1 b2"),
        "The revisions of plugin 'billing' cannot be tried out in a scratch database: relation "
        "accounts does not exist. See to that, or take the plugin as it is with 'alembic -x "
        "plugin=billing stamp b1 b2'; nothing was changed.",
    ),
    (
        upkeep_errors.ScratchFailed("billing", "permission denied to create database"),
        "The revisions of plugin 'billing' cannot be tried out in a scratch database: permission "
        "denied to create database. See to that, or take the plugin as it is with 'alembic -x "
        "plugin=billing stamp heads'; nothing was changed.",
    ),
    (
        upkeep_errors.FilesChanged("billing", ("b2", "b1")),
        "The files of applied revisions of 'billing' have been changed: b1, b2. See what differs, "
        "and accept it, with 'alembic plugin repair billing'.",
    ),
    (
        upkeep_errors.DatabaseAhead("billing", ("b3", "b2"), ("b1",)),
        "The database is ahead of the files of 'billing', which have not got b2, b3. Deploy the "
        "version that has them, or go back to what is there with 'alembic -x plugin=billing "
        "downgrade b1'.",
    ),
    (
        upkeep_errors.DatabaseAhead("host", ("h3",), ("h1", "h2")),
        "The database is ahead of the files of 'host', which have not got h3. Deploy the version "
        "that has them, or go back to what is there with 'alembic downgrade h1'.",
    ),
    (
        upkeep_errors.RevisionMoved("billing", "b2", ("t2", "b3")),
        "The file of revision 'b2' of 'billing' now needs b3, t2, which is not applied. Upgrade "
        "'billing' first, or put the file back; nothing was changed.",
    ),
    (
        upkeep_errors.LostRevision("billing", "b3", "b2"),
        "The registry has lost revision 'b2' of 'billing', which 'b3' follows. Put back its file "
        "or the registry's row, or drop the plugin's objects with 'alembic plugin uninstall "
        "billing --purge'.",
    ),
    (
        upkeep_errors.Interrupted("billing", "b2", "upgrade"),
        "The upgrade of revision 'b2' of 'billing' was interrupted, and a part of it is "
        "committed. Run that upgrade again to complete it, or take the plugin away with 'alembic "
        "plugin uninstall billing --purge'.",
    ),
    (
        upkeep_errors.CannotLeave(("tags", "billing")),
        "Stock Alembic could not go on with billing, tags, whose revision files are gone, or "
        "which are set aside or half done. Put back, restore, uninstall or forget billing, tags "
        "first; nothing was changed.",
    ),
    (
        upkeep_errors.CannotForget("billing", ("tax", "crm")),
        "Plugin 'billing' cannot be forgotten while it is needed by crm, tax. Uninstall or forget "
        "crm, tax first.",
    ),
]
