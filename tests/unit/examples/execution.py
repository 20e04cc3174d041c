"""Each error of `alembic_plugins.execution`, and its text."""

from pathlib import Path

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.ProgramRuns(("4711",)),
        "A pg_dump or pg_restore of a command that was ended still works in the database, as "
        "process 4711. Wait for it, or end it with 'SELECT pg_terminate_backend(4711)', and run "
        "the command again; nothing was changed.",
    ),
    (
        errors.TransferUnfinished(Path("billing.dump"), "two.alembic_version"),
        "A restore of 'billing.dump' for the plugins of version table 'two.alembic_version' was "
        "ended before it was complete. Run 'alembic plugin repair' there, which completes it, and "
        "then this command again; nothing was changed.",
    ),
    (
        errors.NotBroughtBack(
            Path("billing.dump"), ('SELECT on table billing.t to old (role "old" does not exist)',)
        ),
        "The restore of 'billing.dump' could not bring back SELECT on table billing.t to old (role "
        '"old" does not exist). Make that again by hand; all else is restored.',
    ),
    (
        errors.OwnFailure("billing", "a1", "upgrade", "KeyError: 'x'"),
        "alembic-plugins has failed in upgrade() of revision 'a1' of 'billing': KeyError: 'x'. The "
        "revision is not to blame; run the command again with Alembic's option --raiseerr, and "
        "report what it shows.",
    ),
    (
        errors.DriverChanged("billing", "a1", "asyncpg"),
        "Revision 'a1' of 'billing' was interrupted, and what its statements have returned was "
        "kept by another driver than 'asyncpg'. Run the command once more on the engine that it "
        "was begun with.",
    ),
    (
        errors.HookFailed("audit", "before_upgrade", "KeyError: 'x' ('hooks.py', line 3)"),
        "Hook 'before_upgrade' of plugin 'audit' failed: KeyError: 'x' ('hooks.py', line 3). Its "
        "transaction was rolled back; correct the hook and run the command again, or leave hooks "
        "out by --without-hooks, with stock commands by -x without_hooks=true.",
    ),
    (
        errors.HookFailed(
            "audit",
            "after_install",
            "KeyError: 'x'",
            "acme:notes",
            "Its transaction was rolled back, but what is restored stays",
            True,
        ),
        "Hook 'after_install' of entry point 'acme:notes' for plugin 'audit' failed: KeyError: "
        "'x'. Its transaction was rolled back, but what is restored stays; correct the hook and "
        "run 'alembic plugin install audit', or leave hooks out by --without-hooks, with stock "
        "commands by -x without_hooks=true.",
    ),
    (
        errors.HookFailed("audit", "after_install", "KeyError: 'x'"),
        "Hook 'after_install' of plugin 'audit' failed: KeyError: 'x'. Its transaction was rolled "
        "back; correct the hook and run the command again, or leave hooks out by --without-hooks, "
        "with stock commands by -x without_hooks=true.",
    ),
    (
        errors.RevisionTooLong("billing", "a" * 33, 32),
        f"Revision id '{'a' * 33}' of 'billing' is longer than the 32 characters that the "
        "version table holds. Give the revision a shorter id.",
    ),
    (
        errors.CannotRehearse(),
        "A revision has an autocommit_block(), which cannot be rolled back. Leave out --footprint; "
        "nothing was changed.",
    ),
    (
        errors.CapturedChanged("audit"),
        "Somebody has changed objects of 'audit' while its revision was written. Run the command "
        "again; nothing was recorded, and the file is removed.",
    ),
    (
        errors.CannotCommit("audit", "a1"),
        "Revision 'a1' of 'audit' has an autocommit_block(), which would commit the transaction of "
        "the caller. Give configure() a connection that is in no transaction.",
    ),
    (
        errors.NoDowngrade("billing", "a1", "it raised"),
        "Revision 'a1' of 'billing' cannot be downgraded without its file, since its downgrade() "
        "could not be rendered as SQL: it raised. Put back the version of the plugin's package "
        "that has it, or drop the plugin's objects with 'alembic plugin uninstall billing "
        "--purge'.",
    ),
    (
        errors.LeftoverObjects("billing", ("view billing.v", "table billing.t")),
        "The downgrades of plugin 'billing' leave table billing.t, view billing.v. Drop that too "
        "with 'alembic plugin uninstall billing --purge'; nothing was changed.",
    ),
    (
        errors.PluginsFailed(("mmm",), ("rests", "also"), (), ("It failed.",)),
        "Plugins that could not be upgraded: mmm; left out, since they need these: also, rests. "
        "It failed.",
    ),
    (
        errors.MigrationInterrupted("billing", "a1", "upgrade", "division by zero", ()),
        "upgrade() of revision 'a1' of 'billing' failed: division by zero. What it has committed "
        "stays; correct the cause and run the command again, which carries on from there.",
    ),
    (
        errors.MigrationInterrupted(
            "billing", "a1", "upgrade", "division by zero", ("billing.ix_b", "billing.ix_a")
        ),
        "upgrade() of revision 'a1' of 'billing' failed: division by zero. What it has committed "
        "stays, with the invalid index billing.ix_a, billing.ix_b; correct the cause and run the "
        "command again, which carries on from there.",
    ),
    (
        errors.OfflineRevision("billing", "b2", "upgrade"),
        "upgrade() of revision 'b2' of 'billing' asks the database something, and offline mode has"
        " none. Nothing was printed; run this revision without --sql, and print the others with"
        " 'alembic -x plugin=billing upgrade FROM:TO --sql'.",
    ),
    (
        errors.NotInBackup("billing", "crm.dump", ("tags", "crm")),
        "Backup 'crm.dump' has nothing of plugin 'billing', but of: crm, tags. Name one of these.",
    ),
    (
        errors.CannotKeep("billing", "it shares schema 'public' with the host"),
        "Plugin 'billing' cannot be set aside: it shares schema 'public' with the host. See to "
        "that first, or uninstall it with --backup PATH; nothing was changed.",
    ),
    (
        errors.SchemaTaken("billing", "money", "there is a schema of that name"),
        "Plugin 'billing' cannot be moved to schema 'money': there is a schema of that name. "
        "Rename or drop what is there; nothing was changed.",
    ),
    (
        errors.NamespaceNotEmpty(
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
        errors.UnknownObjects("billing", ("view billing.v", "table billing.t")),
        "The schema of plugin 'billing' has table billing.t, view billing.v, which none of its "
        "revisions has made. Move that elsewhere, or take it along: with --keep-data, which keeps "
        "it, or with --with-unknown-objects, which drops it; if it was restored by hand and is the "
        "plugin's, record it with 'alembic plugin repair billing --with-unknown-objects'; nothing "
        "was changed.",
    ),
    (
        errors.UnknownObjects("billing", ("table quarantine_billing.t",), "purge"),
        "The schema of plugin 'billing' has table quarantine_billing.t, which none of its "
        "revisions has made. Move that elsewhere, or drop it with --with-unknown-objects; if it "
        "was restored by hand and is the plugin's, record it with 'alembic plugin repair billing "
        "--with-unknown-objects'; nothing was changed.",
    ),
    (
        errors.UnknownObjects("billing", ("table q.t",), "restore"),
        "The schema of plugin 'billing' has table q.t, which none of its revisions has made. Move "
        "that elsewhere; if it was restored by hand and is the plugin's, record it with 'alembic "
        "plugin repair billing --with-unknown-objects'; nothing was changed.",
    ),
    (
        errors.LeftBehind("billing", ("view billing.v", "table billing.t")),
        "The downgrades of plugin 'billing' have left table billing.t, view billing.v. Drop that "
        "with 'alembic plugin uninstall billing --purge', or leave it to the host with 'alembic "
        "plugin forget billing'.",
    ),
    (
        errors.CannotTell("billing", "division by zero"),
        "What plugin 'billing' has made cannot be told, since another tool has installed it into a "
        "schema that it shares, and its revisions cannot be run in a scratch database: division "
        "by zero. See to that, or drop its objects by hand, and then forget it with 'alembic "
        "plugin forget billing'; nothing was changed.",
    ),
    (
        errors.CannotTell("billing", "division by zero", "--keep-data"),
        "What plugin 'billing' has made cannot be told, since another tool has installed it into a "
        "schema that it shares, and its revisions cannot be run in a scratch database: division "
        "by zero. See to that, or uninstall it without --keep-data, after a dump of the database; "
        "nothing was changed.",
    ),
    (
        errors.ScratchFailed("billing", "relation accounts does not exist", "b1 b2"),
        "The revisions of plugin 'billing' cannot be tried out in a scratch database: relation "
        "accounts does not exist. See to that, or take the plugin as it is with 'alembic -x "
        "plugin=billing stamp b1 b2'; nothing was changed.",
    ),
    (
        errors.ScratchFailed("billing", "permission denied to create database"),
        "The revisions of plugin 'billing' cannot be tried out in a scratch database: permission "
        "denied to create database. See to that, or take the plugin as it is with 'alembic -x "
        "plugin=billing stamp heads'; nothing was changed.",
    ),
    (
        errors.FilesChanged("billing", ("b2", "b1")),
        "The files of applied revisions of 'billing' have been changed: b1, b2. See what differs, "
        "and accept it, with 'alembic plugin repair billing'.",
    ),
    (
        errors.RenameDue("audit", "log"),
        "The database has plugin 'log' by its former name 'audit', where neither SQL is printed "
        "for it nor models are compared with it. Rename it first, with 'alembic plugin upgrade "
        "log'.",
    ),
]
