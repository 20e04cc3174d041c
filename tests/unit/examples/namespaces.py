"""Each error of `alembic_plugins.namespaces`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.ObjectsInUse("billing", ("view v", "constraint c on table t")),
        "Objects of 'billing' cannot be dropped, since it is used by constraint c on table "
        "t, view v. Remove that first; nothing was changed.",
    ),
    (
        errors.ObjectsInUse("billing", ("view v, set aside of 'crm'",), "crm"),
        "Objects of 'billing' cannot be dropped, since it is used by view v, set aside of "
        "'crm'. Drop that with 'alembic plugin uninstall crm --purge', or restore it with 'alembic "
        "plugin restore crm' first; nothing was changed.",
    ),
    (
        errors.TextsNameFormer("log", "schema audit", ("function public.count()",)),
        "The objects of plugin 'log' are not in schema audit any more, and these functions name "
        "them so in their text, which PostgreSQL leaves as it is: function public.count(). Replace "
        "them, or they fail when they are called.",
    ),
]
