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
]
