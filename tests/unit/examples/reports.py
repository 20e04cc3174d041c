"""Each error of `alembic_plugins.reports`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.UnknownKey("audit", "days"),
        "Plugin 'audit' has stored nothing by key 'days'. 'alembic plugin store audit' lists what "
        "it has.",
    ),
    (
        errors.InvalidValue("audit", "days", "'x' is no JSON"),
        "Plugin 'audit' cannot store 'days': 'x' is no JSON. Give a value as JSON, a text in its "
        "own quotes: '\"a text\"'; nothing was changed.",
    ),
    (
        errors.SchemaShared("billing", "money", ("view money.v", "table money.t")),
        "Plugin 'billing' cannot be set aside or backed up while its schema 'money' has table "
        "money.t, view money.v, which is not its own. Move that to another schema first; nothing "
        "was changed.",
    ),
    (
        errors.NamespaceChanged("billing", "schema billing", "prefix bill_"),
        "Plugin 'billing' was installed in schema billing and declares prefix bill_ by now; its "
        "objects stay where they are. Declare schema billing again, or uninstall and install it "
        "to move it; its data has to be moved by hand.",
    ),
    (
        errors.NothingToAdopt("billing", "schema billing"),
        "There is nothing in schema billing that plugin 'billing' could adopt. Install it with "
        "'alembic plugin install billing'.",
    ),
    (
        errors.Different(
            "billing", "schema billing", ("table billing.b is missing", "index a, b is missing")
        ),
        "What stands in schema billing is not what the revisions of plugin 'billing' make: table "
        "billing.b is missing; index a, b is missing. Name the revision that made it, or change "
        "what is there; 'alembic -x plugin=billing stamp heads' takes it as it is.",
    ),
    (
        errors.DatabaseAhead("billing", ("b3", "b2"), ("b1",)),
        "The database is ahead of the files of 'billing', which have not got b2, b3. Deploy the "
        "version that has them, or go back to what is there with 'alembic -x plugin=billing "
        "downgrade b1'.",
    ),
    (
        errors.DatabaseAhead("host", ("h3",), ("h1", "h2")),
        "The database is ahead of the files of 'host', which have not got h3. Deploy the version "
        "that has them, or go back to what is there with 'alembic downgrade h1'.",
    ),
]
