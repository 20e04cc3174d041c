"""Errors of `revision_errors`, and what they say."""

from alembic_plugins import revision_errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        revision_errors.OfflineRevision("billing", "b2", "upgrade"),
        "upgrade() of revision 'b2' of 'billing' asks the database something, and offline mode has"
        " none. Nothing was printed; run this revision without --sql, and print the others with"
        " 'alembic -x plugin=billing upgrade FROM:TO --sql'.",
    ),
    (
        revision_errors.RevisionInUse("billing", ("tax", "crm")),
        "The downgrade of 'billing' would take away what is needed by crm, tax. Downgrade crm, "
        "tax first, or pass -x cascade=true.",
    ),
    (
        revision_errors.RevisionInUse("billing", ("crm",), ("view crm.v of plugin 'crm'",)),
        "The downgrade of 'billing' would take away what is needed by crm: view crm.v of plugin"
        " 'crm'. Downgrade crm first, or pass -x cascade=true.",
    ),
    (
        revision_errors.UnknownReference("billing", "users"),
        "The models of 'billing' refer to 'users', which neither they nor the database have."
        " Correct the foreign key, or upgrade what has the table with 'alembic upgrade heads'.",
    ),
]
