"""Upgrades that sync the declared tables of plugins by themselves, where a host wants that."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from ..config.settings import AUTO_SYNC, PRODUCTION
from ..execution.migrator import Migrator
from ..loading.session import Session
from ..planning.ordering import order_requirements
from ..planning.plan import Plan
from ..planning.settled import MakePlan
from ..planning.targets import install
from .named_plugins import warn_of_unknown

log = logging.getLogger(__name__)


def upgrade_and_sync(make_plan: MakePlan, names: Iterable[str], migrator: Migrator) -> Plan:
    """Run an upgrade, and sync declared tables where the configuration says so; return all of it.

    Tables of a plugin that is new are made before what requires it is installed.

    Args:
        make_plan: plans the upgrade.
        names: the plugins that it is about; none are all that are installed.
        migrator: runs it.

    Raises:
        SyncForbidden: the environment is marked as production.
    """
    session = migrator.session
    if not session.settings.auto_sync:
        return migrator.run(make_plan)
    synced = _find_allowed(session, names)
    if migrator.context.as_sql:
        plan = migrator.run(make_plan)
        for name in synced:
            words = f"-- Declared tables of {name} are not synced by this script"
            migrator.context.impl.static_output(words)
        return plan
    plan = Plan()
    for name in synced:
        if name not in session.state.plugins:
            plan = _run(migrator, partial(install, names=[name])).after(plan)
            plan = _sync(migrator, name).after(plan)
    plan = _run(migrator, make_plan).after(plan)
    for name in _find_synced(session, tuple(names) or session.state.plugins):
        plan = _sync(migrator, name).after(plan)
    return plan


def add_syncs(plan: Plan, names: Iterable[str], migrator: Migrator) -> Plan:
    """Return the plan of an upgrade with what `upgrade_and_sync` would sync; nothing is changed.

    What would be done to the tables of a plugin that the upgrade itself changes, or which needs
    something that comes with it, cannot be told before; then a warning says so.

    Raises:
        SyncForbidden: see `upgrade_and_sync`.
    """
    session = migrator.session
    if not session.settings.auto_sync:
        return plan
    for name in _find_allowed(session, names):
        found = _plan_sync(migrator, name, plan)
        if found is None:
            log.warning("Declared tables of '%s' are synced after that; it tells how.", name)
        else:
            plan = replace(plan, transactions=(*plan.transactions, *found.transactions))
    return plan


def _plan_sync(migrator: Migrator, name: str, plan: Plan) -> Plan | None:
    """Return what a sync would do that comes after a plan, or None where it cannot be told."""
    from ..declared.errors import UnknownRelation
    from ..planning.errors import RequirementNotInstalled
    from .syncing import plan_declared, run_sync

    if any(name in transaction.plugins for transaction in plan.transactions):
        return None
    try:
        return run_sync(migrator, name, plan_declared, dry_run=True).plan
    except (RequirementNotInstalled, UnknownRelation):
        if not plan.transactions:
            raise
        return None


def _find_allowed(session: Session, names: Iterable[str]) -> list[str]:
    """Return the plugins whose tables are synced with an upgrade, where the environment lets it.

    Raises:
        SyncForbidden: it does not.
    """
    warn_of_unknown(session, AUTO_SYNC, session.settings.auto_sync)
    synced = _find_synced(session, tuple(names) or session.state.plugins)
    if synced and session.settings.environment == PRODUCTION:
        from ..declared.errors import SyncForbidden

        raise SyncForbidden(synced[0])
    return synced


def _find_synced(session: Session, names: Iterable[str]) -> list[str]:
    """Return the plugins whose tables are synced with an upgrade, those first that are required."""
    known = [name for name in names if session.find_usable(name)]
    return [
        name
        for name in order_requirements(known, session.find_requirements)
        if (declared := session.declaration(name)) is not None
        and session.settings.syncs(name, *declared.formerly)
        and declared.tables is not None
    ]


def _run(migrator: Migrator, make_plan: MakePlan) -> Plan:
    plan = migrator.run(make_plan)
    migrator.read()
    return plan


def _sync(migrator: Migrator, name: str) -> Plan:
    # Most often nothing is synced: then it, and all that it needs, is not imported.
    from .syncing import plan_declared, run_sync

    plan = run_sync(migrator, name, plan_declared).plan
    migrator.read()
    return plan
