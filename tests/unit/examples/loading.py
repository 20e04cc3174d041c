"""Each error of `alembic_plugins.loading`, and its text."""

from pathlib import Path

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.NamespaceConflict("billing", "tax", "schema money"),
        "Plugins 'billing' and 'tax' overlap: both claim schema money. Give one of them another "
        "namespace.",
    ),
    (
        errors.EmptyPlugin("billing", Path("billing/versions")),
        "Plugin 'billing' has no revisions in 'billing/versions'. Make its first with 'alembic "
        "-x plugin=billing revision -m MESSAGE'.",
    ),
    (
        errors.NotSynced("wiki"),
        "Plugin 'wiki' has no revisions: it declares its tables, which 'alembic plugin sync wiki' "
        "makes. Do that first.",
    ),
    (
        errors.NoVersions(Path("/my app/versions")),
        "There is no folder '/my app/versions', where the host's revisions are. Create it with "
        "'mkdir -p \"/my app/versions\"'.",
    ),
    (
        errors.MissingRequirement("crm", "billing>=2"),
        "Plugin 'crm' requires 'billing>=2', which is not there. Install the package that has it.",
    ),
    (
        errors.UnmetRequirement("crm", "billing>=2", "1.0"),
        "Plugin 'crm' requires 'billing>=2', and the one that is there is version 1.0. Install a "
        "version that fits.",
    ),
    (
        errors.MissingRevision("billing", "a1", "zz"),
        "Revision 'a1' of 'billing' depends on 'zz', which no revision file has. Install the "
        "package that has it, or correct the revision.",
    ),
    (
        errors.BrokenHooks("plugin 'audit'", "acme.life", "ImportError: no"),
        "The hooks of plugin 'audit', 'acme.life', cannot be used: ImportError: no. Correct that, "
        "or leave hooks out by --without-hooks, with stock commands by -x without_hooks=true.",
    ),
    (
        errors.HooksGone("audit", "acme.life"),
        "The hooks of plugin 'audit', 'acme.life', are not called, since its package is gone or "
        "broken. Put it back first where they matter.",
    ),
    (
        errors.Quarantined("billing", "quarantine_billing"),
        "Plugin 'billing' is set aside in schema 'quarantine_billing'. Bring it back with "
        "'alembic plugin restore billing', or drop what is there with 'alembic plugin uninstall "
        "billing --purge'.",
    ),
    (
        errors.RevisionsRecorded("log", "audit", ("a2", "a1"), "folder 'plugins/log'"),
        "Revisions of plugin 'log' are recorded for plugin 'audit', which is not on disk: a1, a2. "
        "If 'log' was called so, declare formerly = [\"audit\"] in folder 'plugins/log', and what "
        "is recorded follows; else give the revisions other ids.",
    ),
    (
        errors.BothInstalled("log", "audit", "audit", "folder 'plugins/log'"),
        "Plugins 'log' and 'audit' are both in the database, and 'log' declares formerly = "
        "[\"audit\"]. Uninstall or forget one of them, or take 'audit' out of it in folder "
        "'plugins/log'.",
    ),
    (
        errors.FormerNameTaken("log", "audit", "plugin 'trail' does, too", "folder 'plugins/log'"),
        "Plugin 'log' declares formerly = [\"audit\"], and plugin 'trail' does, too. Remove the "
        "package of that one, or take 'audit' out of it in folder 'plugins/log'; two plugins that "
        "swap their names go by a third one, in two releases.",
    ),
    (
        errors.CannotFollow(
            "log", "audit", "schema audit", "schema log", "there is a schema of that name", "'x'"
        ),
        "The objects of plugin 'log', formerly 'audit', are in schema audit, and cannot be renamed "
        'to schema log: there is a schema of that name. Declare namespace = "schema audit" in '
        "'x'; nothing was changed of 'log'.",
    ),
]
