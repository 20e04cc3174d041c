"""How the work of one of our commands gets through the host's ``env.py``, and comes back."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from sqlalchemy.exc import OperationalError

from ..config.database import find_url, translate_errors
from ..config.embedded import has_embedded
from ..config.errors import ConnectionFailed
from ..config.sources import ConfigSource, open_config
from ..execution.migrator import Migrator
from ..planning.plan import Plan
from ..planning.renames import add_renames
from ..planning.settled import MakePlan, plan_settled
from ..registry.state import State
from .auto_sync import add_syncs, upgrade_and_sync
from .automigrate import capture_before_upgrade
from .disk import find_script
from .errors import LoopRuns, NotAHost
from .runtime import Work

log = logging.getLogger(__name__)

T = TypeVar("T")


def run_work(
    config: ConfigSource,
    function: Callable[[Migrator], T],
    *,
    sql: bool = False,
    start: Mapping[str, str] | None = None,
    state: State | None = None,
    finishes_transfer: bool = True,
) -> T:
    """Run `function` inside the host's ``env.py``.

    Args:
        config: the host's.
        function: gets the `Migrator`.
        sql: in offline mode.
        start: there, the branches that are taken for installed, with their revisions.
        state: there, what the database is taken for, instead.
        finishes_transfer: whether a backup or restore that was interrupted is finished before.

    Raises:
        NotAHost: the ``env.py`` does not call ours.
        AlreadyRunning: this thread runs a command.
        LoopRuns: the ``env.py`` starts an event loop, and one runs.
    """
    config = open_config(config)
    script = find_script(config)
    work = Work(function, start, state, finishes_transfer=finishes_transfer)
    environment = EnvironmentContext(config, script, fn=work, as_sql=sql, destination_rev="heads")
    with translate_errors(), _loops_told(script.env_py_location), environment:
        script.run_env()
    if not work.results:
        raise NotAHost(script.env_py_location)
    return work.results[-1]


@contextmanager
def _loops_told(environment: str) -> Iterator[None]:
    """Say so in words where ``asyncio.run()`` refuses to run inside a loop."""
    try:
        yield
    except RuntimeError as error:
        if str(error).startswith("asyncio.run() cannot be called from a running event loop"):
            raise LoopRuns(environment) from error
        raise


def read_database(config: Config) -> State | None:
    """Return what the database remembers, or None where there is none, or nothing in it."""
    is_named = "connection" in config.attributes or find_url(config) is not None
    if not (is_named or has_embedded(config)):
        return None
    try:
        state = run_work(config, lambda migrator: migrator.session.state, finishes_transfer=False)
    except (ConnectionFailed, OperationalError) as error:
        log.warning("The SQL is for an empty database. %s", error)
        return None
    return state if state.version_table else None


def carry_out(
    make_plan: MakePlan, migrator: Migrator, *, dry_run: bool, names: Sequence[str] | None = None
) -> Plan:
    """Run what is planned, or with `dry_run` only return it, with what revisions say.

    `names` are the plugins of an upgrade, which may sync their declared tables: none are all that
    are installed; None is what is no upgrade.
    """
    if not dry_run:
        if names is not None:
            capture_before_upgrade(migrator, names)
            return upgrade_and_sync(make_plan, names, migrator)
        return migrator.run(make_plan)
    plan = add_renames(migrator.session, plan_settled(migrator.session, make_plan))
    if names is not None:
        capture_before_upgrade(migrator, names, dry_run=True)
        plan = add_syncs(plan, names, migrator)
    shown = [(item.plugin, item.revision) for item in plan.steps]
    shown += [(item.plugin, item.revision) for item in plan.held]
    scripts = (migrator.session.find_script(name, revision) for name, revision in shown)
    return replace(plan, messages={script.revision: script.doc for script in scripts})
