"""What an application calls when it starts."""

from collections.abc import Callable, Sequence
from functools import partial

from sqlalchemy import Connection

from .config.phases import PHASE
from .config.settings import AUTO_SYNC
from .config.sources import ConfigSource, extend_config, open_config
from .execution.migrator import PROGRESS, Migrator
from .execution.progress import RevisionProgress
from .integration.auto_sync import upgrade_and_sync
from .integration.automigrate import capture_before_upgrade
from .integration.running import run_work
from .planning.plan import Plan
from .planning.targets import upgrade_installed
from .plugin import list_names


def upgrade_on_startup(
    config: ConfigSource,
    plugins: str | Sequence[str] | None = None,
    auto_sync: bool = False,
    *,
    connection: Connection | None = None,
    progress: Callable[[RevisionProgress], object] | None = None,
    phase: str | None = None,
) -> Plan:
    """Bring the host and every installed plugin to its heads; return what was run.

    Where there is nothing to do it reads, and waits for nobody. Else one of all processes, and of
    all threads of a process, does what there is to do, and the others wait for it.

    Args:
        config: the host's.
        plugins: the plugins that are to be there: those that are not are installed.
        auto_sync: sync the declared tables of all these plugins, as with ``plugin_auto_sync =
            true``; without it, that option says of which.
        connection: is used instead of what ``env.py`` would connect to. In a transaction, that is
            the caller's to commit.
        progress: is called with each revision that begins to run, and that has run. When it raises
            that is logged, and it is called no more.
        phase: with ``expand``, contract revisions wait, and what comes after them, so that an older
            version of the application can still run; ``contract`` is the rest, as None is.

    Raises:
        HeldBack: revisions that are marked expand have to wait; all else was done.
        PluginsFailed: some plugins could not be upgraded or installed, and the others were.
        LockTimeout: another migration did not end in time.
        SyncForbidden: tables are to be synced in an environment that is marked as production.
        AlreadyRunning: this thread runs a migration.
        ConnectionIgnored: the ``env.py`` does not use the connection that is given.
        PluginError: what else cannot be done.
    """
    wanted = () if plugins is None else list_names(plugins)
    given: dict[str, object] = {"connection": connection, PROGRESS: progress, PHASE: phase}
    given[AUTO_SYNC] = auto_sync or None
    attributes = {name: value for name, value in given.items() if value is not None}

    def run(migrator: Migrator) -> Plan:
        names = (*wanted, *migrator.session.state.plugins)
        capture_before_upgrade(migrator)
        return upgrade_and_sync(partial(upgrade_installed, wanted=wanted), names, migrator)

    return run_work(extend_config(open_config(config), **attributes), run)
