"""Where in a plan hooks are called.

A plugin has one pair of hooks in a plan: those of an install where it was not installed, those of
an uninstall where it is not installed any more, else those of an upgrade or a downgrade.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from ..hooks import Moment
from ..loading.errors import HooksGone
from ..loading.session import Session
from ..plugin import HOST
from ..registry.state import State
from .hook_operations import DropHookObjects, RunHook
from .operations import (
    CheckObjects,
    DropLeftovers,
    LeaveAtBase,
    Operation,
    PluginOperation,
    QuarantinePlugin,
    RegisterPlugin,
    RemovePlugin,
    Step,
)
from .plan import Plan, Transaction
from .tables import SyncTable


class _Pair(NamedTuple):
    """The moments at which hooks of a plugin are called, None where they are not."""

    before: Moment | None
    after: Moment | None


_INSTALL = _Pair(Moment.BEFORE_INSTALL, Moment.AFTER_INSTALL)
_UPGRADE = _Pair(Moment.BEFORE_UPGRADE, Moment.AFTER_UPGRADE)
_DOWNGRADE = _Pair(Moment.BEFORE_DOWNGRADE, Moment.AFTER_DOWNGRADE)
_UNINSTALL = _Pair(Moment.BEFORE_UNINSTALL, Moment.AFTER_UNINSTALL)


def find_hooks(session: Session, name: str, moment: Moment | None) -> tuple[RunHook, ...]:
    """Return the hooks of a plugin at a moment, those of its own nearest to its revisions.

    Raises:
        BrokenHooks: hooks cannot be loaded.
    """
    if moment is None:
        return ()
    found = session.hooks.find(name)
    ordered = found if moment.is_before else found[::-1]
    return tuple(RunHook(name, moment, h.source) for h in ordered if moment in h.functions)


def add_hooks(session: Session, plan: Plan) -> Plan:
    """Return a plan with the hooks of the plugins that it moves.

    Raises:
        BrokenHooks: hooks cannot be loaded.
    """
    transactions = [[*item.operations] for item in plan.transactions]
    warnings = list(plan.warnings)
    for name, is_down in _find_moved(plan).items():
        pair = _find_pair(session.state, name, plan.outcomes.get(name), is_down=is_down)
        before = find_hooks(session, name, pair.before)
        after = find_hooks(session, name, pair.after)
        drops = [DropHookObjects(name)] if pair == _UNINSTALL and _has_any(session, name) else []
        if before or drops:
            _insert_before(transactions, name, (*before, *drops))
        if after or drops:
            _insert_after(transactions, name, after, drops)
        if is_down and (lost := _find_lost(session, name)):
            warnings.append(HooksGone(name, lost))
    changed = (
        replace(item, operations=tuple(_check_again(operations)))
        for item, operations in zip(plan.transactions, transactions, strict=True)
    )
    return replace(plan, transactions=tuple(changed), warnings=tuple(warnings))


def _has_any(session: Session, name: str) -> bool:
    """Tell whether a plugin has hooks, or has had some that may have made something."""
    known = session.state.plugins.get(name)
    return bool(session.hooks.find(name) or (known and known.hooks))


def _find_lost(session: Session, name: str) -> str | None:
    """Return what a plugin's declaration has named as its hooks, where that is gone."""
    known = session.state.plugins.get(name) or session.state.quarantined.get(name)
    is_there = session.find_usable(name) is not None or session.settings.without_hooks
    return None if known is None or is_there else known.hooks


def is_unfinished(session: Session, name: str) -> bool:
    """Tell whether the hook after a plugin's install is still to be called."""
    known = session.state.plugins.get(name)
    return known is not None and known.installing


def plan_completion(session: Session, names: Iterable[str]) -> Plan:
    """Return the plan that calls the hooks after installs that have been done without them."""
    return Plan(complete_installs(session, [n for n in names if is_unfinished(session, n)]))


def complete_installs(session: Session, names: Iterable[str]) -> tuple[Transaction, ...]:
    """Return what calls the hooks after installs of which nothing else is left to be done.

    Where there are none any more, or they are left out, the installs end without them.
    """
    found = {name: find_hooks(session, name, Moment.AFTER_INSTALL) for name in names}
    return tuple(
        Transaction((*hooks, CheckObjects(), RegisterPlugin(name)), "install")
        for name, hooks in found.items()
    )


def _find_moved(plan: Plan) -> dict[str, bool]:
    """Return whether plugins go down of which revisions are run, tables synced, or all goes."""
    found: dict[str, bool] = {}
    for step in plan.steps:
        if step.runs and step.plugin != HOST:
            found.setdefault(step.plugin, step.is_downgrade)
    found |= {op.plugin: False for op in plan.find(SyncTable)}
    gone = (RemovePlugin, QuarantinePlugin)
    return found | {name: True for name, op in plan.outcomes.items() if isinstance(op, gone)}


def _find_pair(state: State, name: str, outcome: PluginOperation | None, *, is_down: bool) -> _Pair:
    if isinstance(outcome, QuarantinePlugin):
        return _Pair(_UNINSTALL.before, None)
    if isinstance(outcome, RemovePlugin | LeaveAtBase):
        # Of what is set aside, it was called when that was done.
        return _Pair(None, _UNINSTALL.after) if name in state.quarantined else _UNINSTALL
    if is_down:
        return _DOWNGRADE
    known = state.plugins.get(name)
    if known is None:
        return _INSTALL
    if known.installing:
        return _Pair(None, _INSTALL.after)
    # What is carried on was committed together with what came before it.
    return _Pair(None, _UPGRADE.after) if name in state.interruptions else _UPGRADE


def _insert_before(
    transactions: Sequence[list[Operation]], name: str, found: Sequence[Operation]
) -> None:
    """Insert operations before the first revision of a plugin, or before what it goes by."""
    for operations in transactions:
        for place, operation in enumerate(operations):
            if isinstance(operation, QuarantinePlugin):  # It is checked before all is moved.
                operations[:0] = (*found, CheckObjects())
                return
            is_end = isinstance(operation, DropLeftovers) and name in operation.names
            if is_end or _is_step(operation, name):
                operations[place:place] = found
                return


def _insert_after(
    transactions: Sequence[list[Operation]],
    name: str,
    found: Sequence[Operation],
    drops: Sequence[Operation],
) -> None:
    """Insert operations after the last revision of a plugin, or before it is forgotten.

    Before one is forgotten that has been downgraded, what is to be dropped is.
    """
    for operations in reversed(transactions):
        if RemovePlugin(name) in operations:
            end = next(n for n, op in enumerate(operations) if isinstance(op, RemovePlugin))
            operations[end:end] = found
            return
        steps = [place for place, op in enumerate(operations) if _is_step(op, name)]
        if steps:
            end = operations.index(CheckObjects(), steps[-1])
            operations[end : end + 1] = (*found, CheckObjects(), *drops)
            return


def _is_step(operation: Operation, name: str) -> bool:
    if isinstance(operation, Step | SyncTable):
        return operation.runs and operation.plugin == name
    return False


def _check_again(operations: Sequence[Operation]) -> Iterator[Operation]:
    """Yield operations, with checks of what hooks have done after the last one."""
    end: DropLeftovers | None = None
    is_called = False
    for operation in operations:
        is_called = is_called or (end is not None and isinstance(operation, RunHook))
        end = operation if isinstance(operation, DropLeftovers) else end
        if isinstance(operation, RemovePlugin) and is_called and end is not None:
            yield CheckObjects()
            yield end
            is_called = False
        yield operation
