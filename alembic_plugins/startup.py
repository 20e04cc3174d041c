"""What an application calls when it starts."""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from .config.sources import ConfigSource, extend_config, open_config
from .execution.progress import PROGRESS, RevisionProgress
from .integration.running import carry_out, run_work
from .planning.plan import Plan
from .planning.targets import upgrade_installed
from .plugin import list_names


def upgrade_on_startup(
    config: ConfigSource,
    plugins: str | Sequence[str] | None = None,
    *,
    connection: Connection | None = None,
    progress: Callable[[RevisionProgress], object] | None = None,
) -> Plan:
    """Bring the host and every installed plugin to its heads; return what was run.

    Where there is nothing to do it reads, and waits for nobody. Else one of all processes, and of
    all threads of a process, does what there is to do, and the others wait for it.

    Args:
        config: the host's.
        plugins: the plugins that are to be there: those that are not are installed.
        connection: is used instead of what ``env.py`` would connect to. In a transaction, that is
            the caller's to commit.
        progress: is called with each revision that begins to run, and that has run. When it raises
            that is logged, and it is called no more.

    Raises:
        PluginsFailed: some plugins could not be upgraded or installed, and the others were.
        LockTimeout: another migration did not end in time.
        AlreadyRunning: this thread runs a migration.
        ConnectionIgnored: the ``env.py`` does not use the connection that is given.
        PluginError: what else cannot be done.
    """
    given = {"connection": connection, PROGRESS: progress}
    attributes = {name: value for name, value in given.items() if value is not None}
    make_plan = partial(upgrade_installed, wanted=list_names(plugins or ()))
    found = extend_config(open_config(config), **attributes)
    return run_work(found, partial(carry_out, make_plan, dry_run=False))
