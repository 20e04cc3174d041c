"""Each error of `alembic_plugins.guard`, and its text."""

from alembic_plugins import errors
from alembic_plugins.errors import PluginError

EXAMPLES: list[tuple[PluginError, str]] = [
    (
        errors.NamespaceViolation(
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
        errors.NamespaceViolation(
            "audit", ("a1",), ("changes roles",), (), "its transaction was rolled back"
        ),
        "Revision 'a1' of 'audit' changes roles. Correct the revision; its transaction was rolled "
        "back.",
    ),
    (
        errors.NamespaceViolation("audit", ("@before_upgrade", "a1"), ("changes roles",)),
        "Revision 'a1' or hook 'before_upgrade' of 'audit' changes roles. Correct the revision or "
        "the hook; its transaction was rolled back.",
    ),
    (
        errors.TransactionEnded("audit", ("@after_install",)),
        "Hook 'after_install' of 'audit' ends the transaction that it runs in. Remove its "
        "commit(), rollback() or close(), or use connection.begin_nested() for what has to be "
        "apart; the transaction was rolled back.",
    ),
    (
        errors.TransactionEnded("audit", ("a1",)),
        "Revision 'a1' of 'audit' ends the transaction that it runs in. Remove its commit(), "
        "rollback() or close(), or use connection.begin_nested() or an autocommit_block() for what "
        "has to be apart; the transaction was rolled back.",
    ),
]
