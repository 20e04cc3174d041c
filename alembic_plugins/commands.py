"""The ``alembic plugin`` commands as functions: a configuration comes in, data goes out.

A configuration is a `Config` of Alembic's, or the path of its file. Those that install, upgrade and
take away are here; the others are in modules of their own, and are had from here, too.
"""

from collections.abc import Sequence
from functools import partial
from importlib import import_module
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import Config

from ._base_errors import WrongCombination
from .config.arguments import read_cascade
from .config.errors import UnknownPlugin
from .config.phases import open_in_phase
from .config.sources import ConfigSource
from .execution.migrator import Migrator
from .integration.disk import read_disk
from .integration.errors import OfflineUnknown
from .integration.running import carry_out, read_database, run_work
from .loading.session import Session
from .planning import removals, targets
from .planning.plan import Plan
from .planning.settled import MakePlan, plan_settled
from .plugin import list_names

if TYPE_CHECKING:
    from .author_commands import capture as capture
    from .author_commands import check as check
    from .author_commands import init_host as init_host
    from .author_commands import new_plugin as new_plugin
    from .author_commands import revision as revision
    from .author_commands import sync as sync
    from .author_commands import watch as watch
    from .execution.rehearsal import Rehearsal
    from .inspection import draw_graph as draw_graph
    from .inspection import graph as graph
    from .inspection import history as history
    from .inspection import list_plugins as list_plugins
    from .inspection import show_plugin as show_plugin
    from .inspection import verify as verify
    from .maintenance import adopt as adopt
    from .maintenance import eject as eject
    from .maintenance import fix_drift as fix_drift
    from .maintenance import forget as forget
    from .maintenance import rehearse_adoption as rehearse_adoption
    from .maintenance import repair as repair
    from .maintenance import restore as restore
    from .maintenance import sync_history as sync_history
    from .reports.results import Removal
    from .store_commands import delete_value, get_value, list_values, set_value

__all__ = ["delete_value", "get_value", "list_values", "set_value"]
__all__ += ["adopt", "downgrade", "draw_graph", "eject", "fix_drift", "forget", "graph", "history"]
__all__ += ["install", "list_plugins"]
__all__ += ["rehearse", "rehearse_adoption", "rehearse_downgrade", "repair", "restore"]
__all__ += ["capture", "check", "init_host", "new_plugin", "revision", "sync", "watch"]
__all__ += ["show_plugin", "sync_history", "uninstall", "upgrade", "verify"]

_MODULES = {
    **dict.fromkeys(("capture", "check", "init_host", "new_plugin"), "author_commands"),
    **dict.fromkeys(("revision", "sync", "watch"), "author_commands"),
    **dict.fromkeys(("draw_graph", "graph", "history", "list_plugins"), "inspection"),
    **dict.fromkeys(("show_plugin", "verify"), "inspection"),
    **dict.fromkeys(("adopt", "eject", "forget", "rehearse_adoption"), "maintenance"),
    **dict.fromkeys(("fix_drift", "repair", "restore", "sync_history"), "maintenance"),
    **dict.fromkeys(("delete_value", "get_value", "list_values", "set_value"), "store_commands"),
}
"""Where the other ones are: their modules are imported for those that need one."""

# A type checker that sees this would take every name for one that is there.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f".{_MODULES[name]}", __package__), name)


def install(
    config: ConfigSource,
    names: str | Sequence[str],
    *,
    sql: bool = False,
    dry_run: bool = False,
    phase: str | None = None,
) -> Plan:
    """Bring plugins, and what they require, to their heads; return what was run.

    A string is a single name, wherever names are taken. With `sql` it is printed as SQL for an
    empty database, with `dry_run` it is only planned. With the `phase` ``expand``, of what is
    installed already contract revisions wait.

    Raises:
        BeyondPhase: a plugin cannot be installed before contract revisions.
        HeldBack: revisions that are marked expand have to wait; all else was done.
        PluginError: what else cannot be done, in words.
    """
    names, config = list_names(names), open_in_phase(config, phase)
    work = partial(carry_out, partial(targets.install, names=names), dry_run=dry_run, names=names)
    return run_work(config, work, sql=sql)


def rehearse(
    config: ConfigSource,
    names: str | Sequence[str] = (),
    *,
    upgrade: bool = False,
    phase: str | None = None,
) -> "Rehearsal":
    """Install plugins and roll that back; return what it has done.

    With `upgrade` they have to be installed, and no names are all that are; for `phase`
    see `upgrade`.

    Raises:
        CannotRehearse: a revision would commit midway.
        NamespaceViolation: a revision does what it may not do.
        PluginError: what cannot be done, in words.
    """
    names, config = list_names(names), open_in_phase(config, phase)
    make_plan = partial(targets.upgrade_plugins if upgrade else targets.install, names=names)
    return run_work(config, lambda migrator: migrator.rehearse(make_plan))


def upgrade(
    config: ConfigSource,
    names: str | Sequence[str] = (),
    *,
    sql: bool = False,
    dry_run: bool = False,
    phase: str | None = None,
) -> Plan:
    """Bring installed plugins to their heads, all of them where `names` is empty.

    With `sql` it is printed for the database as it is, and where there is none for an empty one.
    With the `phase` ``expand`` contract revisions wait, and what comes after them.

    Raises:
        NotInstalled: the database does not have one of them.
        HeldBack: revisions that are marked expand have to wait; all else was done.
        PluginError: what else cannot be done, in words.
    """
    names, config = list_names(names), open_in_phase(config, phase)
    state = read_database(config) if sql else None
    is_empty = sql and state is None
    if is_empty and not names:
        way_out = "Name the plugins, or leave out --sql"
        raise OfflineUnknown("alembic plugin upgrade --all --sql", way_out)
    make_plan = partial(targets.install if is_empty else targets.upgrade_plugins, names=names)
    work = partial(carry_out, make_plan, dry_run=dry_run, names=names)
    return run_work(config, work, sql=sql, state=state)


def downgrade(
    config: ConfigSource,
    name: str,
    revision: str,
    *,
    sql: bool = False,
    dry_run: bool = False,
    phase: str | None = None,
) -> Plan:
    """Downgrade a plugin to a revision; return what was run.

    With `sql` the plugin is taken to be at its heads, or at FROM in ``FROM:TO``. With the `phase`
    ``contract`` nothing goes but what that has come to, and ``base`` is as far as that.

    Raises:
        NotInstalled: the database does not have it.
        RevisionInUse: other plugins depend on what would go.
        BeyondPhase: something else would go in `phase`.
        PluginError: what else cannot be done, in words.
    """
    config = open_in_phase(config, phase)
    start, separator, rest = revision.partition(":")
    target = rest if sql and separator else revision
    if sql and target == "base":
        _check_tables(config, [name], f"downgrade {name} base")
    make_plan = _plan_downgrade(config, name, target)
    return run_work(
        config,
        partial(carry_out, make_plan, dry_run=dry_run),
        sql=sql,
        start={name: start if separator else "heads"},
    )


def rehearse_downgrade(
    config: ConfigSource, name: str, revision: str, *, phase: str | None = None
) -> "Rehearsal":
    """Downgrade a plugin and roll that back; return what it has done; see `rehearse`."""
    config = open_in_phase(config, phase)
    make_plan = _plan_downgrade(config, name, revision)
    return run_work(config, lambda migrator: migrator.rehearse(make_plan))


def _plan_downgrade(config: Config, name: str, revision: str) -> MakePlan:
    cascade = read_cascade(config)
    return partial(removals.downgrade, scope=name, target=revision, cascade=cascade)


def uninstall(
    config: ConfigSource,
    names: str | Sequence[str],
    *,
    cascade: bool = False,
    purge: bool = False,
    with_unknown_objects: bool = False,
    keep_data: bool = False,
    backup: str | PathLike[str] | None = None,
    sql: bool = False,
    dry_run: bool = False,
) -> "Removal":
    """Downgrade plugins to base and remove them, in one transaction; return what goes.

    With `keep_data` nothing is downgraded: their objects are set aside. With `backup` they are
    written to a file first. With `sql` they are taken to be at their heads. What is in a plugin's
    schema and none of its revisions has made stops it, unless `with_unknown_objects` drops it too.

    Raises:
        NotInstalled: the database does not have one of them.
        PluginInUse: others depend on one of them, and there is no `cascade`.
        PluginUsed: objects of others depend on theirs, and there is no `cascade`.
        UnknownObjects: there is something else in a plugin's schema.
        LeftoverObjects: the downgrades left something behind, and there is no `purge`.
        CannotKeep: the data of one cannot be set aside.
    """
    names = list_names(names)
    path = None if backup is None else Path(backup)
    _check_options(keep_data=keep_data, purge=purge, backup=path, sql=sql)
    if sql:
        _check_tables(config, names, f"uninstall {' '.join(names)}")

    def make_plan(session: Session) -> Plan:
        if keep_data:
            return removals.quarantine(session, names, cascade=cascade)
        return removals.uninstall(
            session,
            names,
            cascade=cascade,
            purge=purge,
            with_unknown=with_unknown_objects,
            backup=path,
        )

    def run(migrator: Migrator) -> "Removal":
        from .reports.preview import read_previews  # What it needs, no other command here does.
        from .reports.results import Removal

        plan = plan_settled(migrator.session, make_plan)
        previews = {} if sql else read_previews(migrator, plan)
        return Removal(carry_out(make_plan, migrator, dry_run=dry_run), previews)

    return run_work(config, run, sql=sql, start=dict.fromkeys(names, "heads"))


def _check_tables(config: ConfigSource, names: Sequence[str], words: str) -> None:
    """Check that plugins, which are to go, are on disk, and declare no tables.

    How to downgrade what is gone, and which tables are there, only the database can tell.
    """
    session, command = read_disk(config), f"alembic plugin {words} --sql"
    try:
        plugins = [session.find_plugin(name) for name in names]
    except UnknownPlugin as error:
        told = f"What downgrades '{error.name}', which has no files, only the registry tells"
        raise OfflineUnknown(command, f"{told}. Leave out --sql, or put them back") from error
    if any(plugin.declaration.tables is not None for plugin in plugins):
        raise OfflineUnknown(command, "Leave out --sql")


def _check_options(*, keep_data: bool, purge: bool, backup: Path | None, sql: bool) -> None:
    if keep_data and (purge or backup):
        raise WrongCombination("--keep-data", "with --purge or --backup", "Leave out one of them")
    if sql and (keep_data or backup):
        command = f"alembic plugin uninstall --sql {'--keep-data' if keep_data else '--backup'}"
        raise OfflineUnknown(command, "Leave out --sql")
