"""Sync declared tables of a plugin."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from ..declared.loading import load_tables
from ..declared.requests import SyncPlan, SyncPlanner
from ..execution.migrator import Migrator
from ..loading.session import Session
from ..planning.plan import Plan
from ..planning.renames import add_renames
from ..planning.tables import Incompatible, SyncTable, TableChange

log = logging.getLogger(__name__)

MakeSync = Callable[[Session, SyncPlanner], SyncPlan]
"""Returns what is to be done to the tables of the planner's plugin."""


@dataclass(frozen=True)
class SyncResult:
    """What a sync has done, or with `dry_run` would do.

    Attributes:
        plugin: the plugin.
        done: what was done, in order.
        incompatible: what is declared, and was not done: it would lose something, or rows are
            against it.
        unchanged: the tables to which nothing was to be done, with their schema.
        plan: what was run: a transaction a table.
    """

    plugin: str
    done: tuple[TableChange, ...]
    incompatible: tuple[Incompatible, ...]
    unchanged: tuple[str, ...]
    plan: Plan = field(repr=False)


def run_sync(migrator: Migrator, name: str, make: MakeSync, *, dry_run: bool = False) -> SyncResult:
    """Do to tables of a plugin what `make` plans, and warn of what is not done.

    Raises:
        SyncError: what is wrong with the tables, in words.
        PluginError: what else cannot be done.
    """
    last = SyncPlan(Plan(), ())

    def make_plan(session: Session) -> Plan:
        nonlocal last
        last = make(session, SyncPlanner(session, migrator.context, migrator.tables, name))
        return last.plan

    if dry_run:
        plan = add_renames(migrator.session, make_plan(migrator.session))
    else:
        plan = migrator.run(make_plan, always_again=True)
    refused = [item for table in last.tables for item in table.refused]
    incompatible = (*refused, *last.refused)
    for item in incompatible:
        log.warning("%s", item)
    done = tuple(change for op in plan.find(SyncTable) for change in op.changes)
    moved = {change.table for change in done} | {item.table for item in incompatible}
    unchanged = tuple(item.table for item in last.tables if item.table not in moved)
    return SyncResult(name, done, incompatible, unchanged, plan)


def plan_declared(session: Session, planner: SyncPlanner) -> SyncPlan:
    """Return what is to be done to the tables that the plugin's declaration names."""
    declared = load_tables(session.find_plugin(planner.name))
    return planner.plan(declared, is_complete=True)
