"""Upgrades that sync the declared tables of plugins by themselves, where a host wants that."""

from collections.abc import Iterable
from functools import partial

from ..execution.migrator import MakePlan, Migrator
from ..loading.session import Session
from ..planning.ordering import order_requirements
from ..planning.plan import Plan
from ..planning.targets import install


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
    if not session.settings.auto_sync or migrator.context.as_sql:
        return migrator.run(make_plan)
    synced = _find_synced(session, tuple(names) or session.state.plugins)
    if synced and session.settings.environment == "production":
        from ..declared.errors import SyncForbidden

        raise SyncForbidden(synced[0])
    plan = Plan()
    for name in synced:
        if name not in session.state.plugins:
            plan = _run(migrator, partial(install, names=[name])).after(plan)
            plan = _sync(migrator, name).after(plan)
    plan = _run(migrator, make_plan).after(plan)
    for name in _find_synced(session, tuple(names) or session.state.plugins):
        plan = _sync(migrator, name).after(plan)
    return plan


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
