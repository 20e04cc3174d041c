"""Call the hooks of plugins."""

from dataclasses import replace

from ..hooks import HookContext, Moment
from ..planning.hook_operations import RunHook
from ..planning.operations import QuarantinePlugin
from ..planning.projection import find_heads_after
from ..store import PluginStore
from .context import Context

_INSTALL = (Moment.BEFORE_INSTALL, Moment.AFTER_INSTALL)
_UNINSTALL = (Moment.BEFORE_UNINSTALL, Moment.AFTER_UNINSTALL)


def run_hook(context: Context, operation: RunHook) -> None:
    """Call a hook; offline, or where all is rolled back in the end, it is not.

    Raises:
        HookFailed: it raised.
        TransactionEnded: it has ended the transaction.
        NamespaceViolation: it has changed what is not the plugin's.
    """
    name, writer = operation.plugin, context.writer
    if writer.is_offline:
        owner = f"{operation.source} for {name}" if operation.source else name
        words = f"-- Hook {operation.moment} of {owner} is not run by this script"
        writer.context.impl.static_output(words)
    elif not context.is_rehearsal:
        writer.flush()  # A hook may look at what is recorded, which values of the plugin refer to.
        found = context.session.hooks.find(name)
        hooks = next(hooks for hooks in found if hooks.source == operation.source)
        function = hooks.functions[operation.moment]
        context.hooks.run(operation, function, _make_context(context, operation))
    known = writer.pending.plugins.get(name)
    if known is not None and operation.moment is Moment.AFTER_INSTALL:
        writer.pending.add_installed(replace(known, installing=False))


def _make_context(context: Context, operation: RunHook) -> HookContext:
    name, moment, writer = operation.plugin, operation.moment, context.writer
    session, plan = context.session, context.plan
    state, declared = session.state, session.declaration(name)
    is_new, goes = moment in _INSTALL, moment in _UNINSTALL
    known = state.plugins.get(name) or state.quarantined.get(name)
    version = known.version if known else None
    after = writer.pending.rows(name)
    if moment.is_before:
        after = find_heads_after(state, plan, name)
    calls = (call for item in plan.transactions for call in item.calls if call.plugin == name)
    is_restored = is_new and all(isinstance(call, RunHook) for call in calls)
    return HookContext(
        name,
        writer.connection,
        PluginStore(writer.connection, name, writer.schema),
        None if is_new else version,
        None if goes else (declared.version if declared else version),
        () if is_new else state.heads(name),
        () if goes else after,
        keeps_data=is_restored or isinstance(plan.outcomes.get(name), QuarantinePlugin),
    )
