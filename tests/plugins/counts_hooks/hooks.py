"""Hooks that count, in the plugin's own table and in its store."""

from alembic import op

from alembic_plugins.hooks import HookContext


def before_install(context: HookContext) -> None:
    """Count in the store, since there is no table yet."""
    context.store.modify("begun", lambda number: number + 1, 0)


def after_install(context: HookContext) -> None:
    """Count in both."""
    context.store.modify("ended", lambda number: number + 1, 0)
    op.execute("INSERT INTO calls (words) VALUES ('after_install')")
    op.execute("CREATE VIEW words AS SELECT DISTINCT words FROM calls")


def before_uninstall(context: HookContext) -> None:
    """Check that it was counted once, or else with each restore."""
    assert context.store["begun"] == 1
