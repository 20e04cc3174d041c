"""Each error of the guard, and its text."""

from alembic_plugins import guard_errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        guard_errors.NamespaceViolation(
            "audit",
            ("a2", "a1"),
            (
                "writes to table crm.t, which belongs to plugin 'crm'",
                "creates table public.t, which belongs to the host",
            ),
            ('declare writes = ["crm.t"] in plugin.toml', "make it in schema 'audit'"),
            "its transaction was rolled back, but what was committed by an autocommit_block() "
            "stays",
        ),
        "Revision 'a2' or 'a1' of 'audit' writes to table crm.t, which belongs to plugin 'crm'; "
        'creates table public.t, which belongs to the host. Declare writes = ["crm.t"] in '
        "plugin.toml, or make it in schema 'audit', or correct the revision; its transaction was "
        "rolled back, but what was committed by an autocommit_block() stays.",
    ),
    (
        guard_errors.NamespaceViolation(
            "audit", ("a1",), ("changes roles",), (), "its transaction was rolled back"
        ),
        "Revision 'a1' of 'audit' changes roles. Correct the revision; its transaction was rolled "
        "back.",
    ),
    (
        guard_errors.CannotRehearse(),
        "A revision has an autocommit_block(), which cannot be rolled back. Leave out --footprint; "
        "nothing was changed.",
    ),
    (
        guard_errors.CannotCommit("audit", "a1"),
        "Revision 'a1' of 'audit' has an autocommit_block(), which would commit the transaction of "
        "the caller. Give configure() a connection that is in no transaction.",
    ),
    (
        guard_errors.TransactionEnded("audit", ("a1",)),
        "Revision 'a1' of 'audit' ends the transaction that it runs in. Remove its commit(), "
        "rollback() or close(), or use connection.begin_nested() or an autocommit_block() for what "
        "has to be apart; the transaction was rolled back.",
    ),
]
