"""Rename plugins in the database, before anything else is done there."""

import logging
from collections.abc import Callable, Collection, Iterable

from .._base_errors import PluginError
from ..config.database import translate_errors
from ..config.errors import ConnectionLost
from ..loading.session import Session
from ..planning.plan import Plan
from ..planning.renames import find_stuck, plan_renames
from ..registry.renaming import find_renamed
from ..registry.state import State
from .errors import RenameDue

log = logging.getLogger(__name__)


def check_renamed(state: State, names: Collection[str] | None = None) -> None:
    """Check that plugins have their names in the database; None is all of them.

    Raises:
        RenameDue: one has a former name there.
    """
    for plugin in find_renamed(state):
        if names is None or plugin.name in names:
            raise RenameDue(plugin.recorded_name, plugin.name)


def rename_plugins(
    session: Session, execute: Callable[[Plan], object], plan: Plan
) -> tuple[Plan, tuple[PluginError, ...]]:
    """Give plugins in the database the names that they have on disk.

    Where that fails for one, it keeps its former name there, which hinders no other one; so it does
    where its files do not lead on, unless `plan` is about it. Return what was done, and what has
    failed.

    Args:
        session: the command's view of disk and database.
        execute: runs a plan.
        plan: what is to be done besides.
    """
    done: Plan = Plan()
    failures: list[PluginError] = []
    stuck = find_stuck(session, plan)
    for name, stop in stuck.items():
        session.renames.fail(name, stop)
        failures.append(stop)
    for transaction in plan_renames(session, stuck).transactions:
        single = Plan((transaction,))
        try:
            with translate_errors():
                execute(single)
        except ConnectionLost:
            raise
        except PluginError as error:
            session.renames.fail(transaction.plugins[0], error)
            failures.append(error)
        else:
            done = single.after(done)
    return done, tuple(failures)


def tell_failures(plan: Plan, failures: Iterable[PluginError]) -> Plan:
    """Say why plugins could not be renamed, unless a plan says so, and return the plan."""
    for error in failures:
        if error not in (*plan.problems.values(), *plan.warnings):
            log.warning("%s", error)
    return plan
