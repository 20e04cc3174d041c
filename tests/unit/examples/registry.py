"""Each error of `alembic_plugins.registry`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.HostSchemaClaimed("billing", "money"),
        "Plugin 'billing' cannot have schema 'money' for itself, where the host's own tables or "
        'the version table are. Declare namespace = "schema money existing" to live beside '
        "them, or another namespace; nothing was changed.",
    ),
    (
        errors.TamperedUndo("billing", "a1"),
        "Revision 'a1' of 'billing' cannot be downgraded without its file: its SQL was changed in "
        "the registry since the revision was applied, and is not run. Put back the revision's "
        "file, or drop the plugin's objects with 'alembic plugin uninstall billing --purge'.",
    ),
    (
        errors.UntrustedObjects(("function public.max of role mallory",)),
        "On the search path are function public.max of role mallory, which PostgreSQL may take for "
        "its own: they would run with the rights of the one who migrates. Drop them, and REVOKE "
        "CREATE ON SCHEMA from that role, or list it in plugin_trusted_roles; nothing was changed.",
    ),
    (
        errors.NewerRegistry("registry 3", 2),
        "The registry tables say 'registry 3', and this release knows them up to version 2. "
        "Install a later alembic-plugins.",
    ),
    (
        errors.DamagedRow("b1", "alembic_plugin_revision", "its description is NULL", "billing"),
        "The row of 'b1' in table 'alembic_plugin_revision', of 'billing', is damaged: its "
        "description is NULL. Correct it, or restore the table from a backup.",
    ),
    (
        errors.DamagedRow(
            "billing", "alembic_plugin", "a namespace is a schema or a prefix", "billing"
        ),
        "The row of 'billing' in table 'alembic_plugin' is damaged: a namespace is a schema or a"
        " prefix. Correct it, or restore the table from a backup.",
    ),
    (
        errors.IncompleteRegistry(("alembic_plugin_revision", "alembic_plugin_event")),
        "The registry has lost the tables alembic_plugin_event, alembic_plugin_revision. Restore "
        "them from a backup.",
    ),
    (
        errors.NoVersionTable("crm_v", "crm", "it is empty"),
        "Table 'crm_v' tells no revision of plugin 'crm': it is empty. Name the table that does "
        "with --version-table, as SCHEMA.TABLE; nothing was changed.",
    ),
]
