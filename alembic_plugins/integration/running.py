"""How the work of one of our commands gets through the host's ``env.py``, and comes back."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import OperationalError

from .._detection import is_host
from ..config.database import find_url
from ..config.embedded import has_embedded
from ..config.errors import ConnectionFailed
from ..execution.migrator import MakePlan, Migrator
from ..loading.session import Session
from ..planning.plan import Plan
from ..registry.state import State
from .auto_sync import upgrade_and_sync
from .errors import NotAHost
from .hosts import open_session
from .runtime import Work

log = logging.getLogger(__name__)

T = TypeVar("T")


def run_work(
    config: Config,
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
    """
    script = ScriptDirectory.from_config(config)
    if not is_host(config, script):
        raise NotAHost(script.env_py_location)
    work = Work(function, start, state, finishes_transfer=finishes_transfer)
    with EnvironmentContext(config, script, fn=work, as_sql=sql, destination_rev="heads"):
        script.run_env()
    if not work.results:
        raise NotAHost(script.env_py_location)
    return work.results[-1]


def read_files(config: Config) -> Session:
    """Return what a host has on disk, without its ``env.py`` and its database.

    Raises:
        NotAHost: the ``env.py`` does not call ours.
    """
    script = ScriptDirectory.from_config(config)
    if not is_host(config, script):
        raise NotAHost(script.env_py_location)
    return open_session(config, script)


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
            return upgrade_and_sync(make_plan, names, migrator)
        return migrator.run(make_plan)
    plan = make_plan(migrator.session)
    scripts = (migrator.session.find_script(step.plugin, step.revision) for step in plan.steps)
    return replace(plan, messages={script.revision: script.doc for script in scripts})
