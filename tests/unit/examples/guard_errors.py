"""Each error of the guard, and its text."""

from alembic_plugins import guard_errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        guard_errors.NamespaceViolation(
            "audit", ("a2", "a1"), ("wrote to table crm.t, of plugin 'crm'", "created table t")
        ),
        "Revision 'a2' or 'a1' of 'audit' has left its namespace: it wrote to table crm.t, of "
        "plugin 'crm'; created table t. Declare it (requires, writes, extensions), or correct the "
        "revision; its transaction was taken back.",
    ),
    (
        guard_errors.CannotRehearse(),
        "A revision has an autocommit_block(), which cannot be taken back. Leave out --footprint; "
        "nothing was changed.",
    ),
    (
        guard_errors.TransactionEnded("audit", ("a1",)),
        "Revision 'a1' of 'audit' has taken back the transaction that it runs in, and what was "
        "done before with it. Remove its ROLLBACK; nothing of it was kept.",
    ),
]
