"""What ``alembic plugin ...`` runs: each calls one function of `commands` and prints its result.

The first line of a docstring is the command's help.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from alembic.config import Config

from .. import commands
from .._base_errors import WrongCombination
from .._quoting import join_command
from ..config.arguments import read_without_hooks
from ..config.discovery import Discovery
from ..config.settings import read_settings
from ..integration.confirmation import confirm
from ..planning.operations import (
    DropVersionTables,
    QuarantinePlugin,
)
from .output import (
    in_words,
    number_of,
    print_columns,
    print_json,
    print_line,
    style_of_event,
)
from .plans import (
    print_plan,
    print_preview,
    print_removal,
    print_repair,
    print_store,
    print_sync,
    print_unknown_rows,
    removal_to_json,
    report,
    sync_to_json,
)

if TYPE_CHECKING:
    from ..execution.rehearsal import Rehearsal


def show(config: Config, plugin: str, as_json: bool) -> None:
    """Show all that is known of one plugin."""
    details = commands.show_plugin(config, plugin)
    facts = {**asdict(details.status), **vars(details)}
    del facts["status"]
    if as_json:
        print_json(config, facts)
    else:
        print_columns(config, [(f"{key}:", in_words(value)) for key, value in facts.items()])


def install(
    config: Config,
    plugins: Sequence[str],
    sql: bool,
    dry_run: bool,
    footprint: bool,
    as_json: bool,
) -> None:
    """Install plugins and what they require, each at its head."""
    _check_json(as_json, sql=sql)
    if footprint:
        _check_footprint(sql=sql, dry_run=dry_run)
        _print_rehearsal(config, commands.rehearse(config, plugins), as_json=as_json)
        return
    plan = commands.install(config, plugins, sql=sql, dry_run=dry_run)
    report(config, plan, sql=sql, dry_run=dry_run, as_json=as_json)


def upgrade(
    config: Config,
    plugins: Sequence[str],
    all_plugins: bool,
    sql: bool,
    dry_run: bool,
    footprint: bool,
    as_json: bool,
) -> None:
    """Upgrade installed plugins to their heads."""
    # The parser has seen to it that there are either names or `all_plugins`: it tells the usage.
    assert bool(plugins) != all_plugins  # noqa: S101
    _check_json(as_json, sql=sql)
    if footprint:
        _check_footprint(sql=sql, dry_run=dry_run)
        _print_rehearsal(config, commands.rehearse(config, plugins, upgrade=True), as_json=as_json)
        return
    plan = commands.upgrade(config, plugins, sql=sql, dry_run=dry_run)
    report(config, plan, sql=sql, dry_run=dry_run, as_json=as_json)


def _check_footprint(*, sql: bool, dry_run: bool) -> None:
    if sql or not dry_run:
        circumstance = "with --sql" if sql else "without --dry-run"
        way_out = "Leave out one of them" if sql else "Add --dry-run"
        raise WrongCombination("--footprint", circumstance, way_out)


def _check_json(as_json: bool, *, sql: bool, is_told: bool = True) -> None:
    """Check that JSON is all that is printed; `is_told` where no preview has to be confirmed."""
    if as_json and sql:
        raise WrongCombination("--json", "with --sql", "Leave out one of them")
    if as_json and not is_told:
        raise WrongCombination("--json", "without --yes or --dry-run", "Add one of them")


def _print_rehearsal(config: Config, rehearsal: "Rehearsal", *, as_json: bool = False) -> None:
    if as_json:
        print_json(config, rehearsal.words)
        return
    for line in rehearsal.words:
        print_line(config, line)


def downgrade(
    config: Config,
    plugin: str,
    revision: str,
    yes: bool,
    sql: bool,
    dry_run: bool,
    footprint: bool,
    as_json: bool,
) -> None:
    """Downgrade a plugin to a revision, by id, -N or base."""
    _check_json(as_json, sql=sql, is_told=yes or dry_run)
    if footprint:
        _check_footprint(sql=sql, dry_run=dry_run)
        rehearsal = commands.rehearse_downgrade(config, plugin, revision)
        _print_rehearsal(config, rehearsal, as_json=as_json)
        return
    if not sql:
        plan = commands.downgrade(config, plugin, revision, dry_run=True)
        if dry_run or not plan.transactions:
            report(config, plan, sql=False, dry_run=True, as_json=as_json)
            return
        if not as_json:
            print_plan(config, plan)
        settings = read_settings(config)
        option = ["--without-hooks"] if settings.without_hooks else []
        option += ["--phase", settings.phase] if settings.phase else []
        _confirm("downgrade", plugin, revision, *option, yes=yes)
    plan = commands.downgrade(config, plugin, revision, sql=sql)
    report(config, plan, sql=sql, dry_run=False, as_json=as_json)


def uninstall(
    config: Config,
    plugins: Sequence[str],
    cascade: bool,
    keep_data: bool,
    purge: bool,
    with_unknown_objects: bool,
    yes: bool,
    sql: bool,
    dry_run: bool,
    as_json: bool,
    backup: str | None,
) -> None:
    """Downgrade plugins to base and remove them, after showing what goes."""
    _check_json(as_json, sql=sql, is_told=yes or dry_run)
    run = partial(
        commands.uninstall,
        config,
        plugins,
        cascade=cascade,
        purge=purge,
        with_unknown_objects=with_unknown_objects,
        keep_data=keep_data,
        backup=Path(backup) if backup else None,
        sql=sql,
    )
    if not sql:
        planned = run(dry_run=True)
        if dry_run and as_json:
            print_json(config, removal_to_json(planned))
            return
        if not as_json:
            print_removal(config, planned)
        if dry_run:
            print_plan(config, planned.plan)
            return
        flags = {
            "--cascade": cascade,
            "--keep-data": keep_data,
            "--purge": purge,
            "--with-unknown-objects": with_unknown_objects,
            "--without-hooks": read_without_hooks(config),
        }
        words = [*plugins, *(flag for flag, given in flags.items() if given)]
        words += ["--backup", backup] if backup else []
        _confirm("uninstall", *words, yes=yes)
    removal = run()
    if as_json:
        print_json(config, removal_to_json(removal))
    elif not sql:
        for name, operation in removal.plan.outcomes.items():
            is_kept = isinstance(operation, QuarantinePlugin)
            verb = "set aside" if is_kept else "uninstalled"
            config.print_stdout(f"{verb} {name}")


def sync(config: Config, plugin: str, dry_run: bool, as_json: bool) -> None:
    """Make the tables that a plugin declares, and change those that are there, losing nothing."""
    result = commands.sync(config, plugin, dry_run=dry_run)
    if as_json:
        print_json(config, sync_to_json(result))
    elif dry_run:
        print_plan(config, result.plan)
    else:
        print_sync(config, result.plan)


def restore(config: Config, plugin: str, dry_run: bool, path: str | None) -> None:
    """Bring back a plugin that is set aside, or with --from the plugins of a backup."""
    if path and dry_run:
        raise WrongCombination("--dry-run", "with --from", "Leave out one of them")
    found = commands.restore(config, plugin, path=Path(path) if path else None, dry_run=dry_run)
    for name in found.plugins:
        config.print_stdout(f"{'restore' if dry_run else 'restored'} {name}")


def adopt(
    config: Config,
    plugins: Sequence[str],
    all_plugins: bool,
    dry_run: bool,
    footprint: bool,
    version_table: str | None,
) -> None:
    """Take plugins for installed whose objects are there, if their revisions make the same."""
    if all_plugins and version_table is None:
        way_out = "Add --version-table PATTERN"
        raise WrongCombination("--all", "without --version-table", way_out)
    names, revision = _split_adopted(config, plugins)
    if revision and version_table:
        raise WrongCombination("--version-table", "with a revision", "Leave out one of them")
    if footprint:
        _check_footprint(sql=False, dry_run=dry_run)
        rehearsal = commands.rehearse_adoption(config, names, revision, version_table=version_table)
        _print_rehearsal(config, rehearsal)
        return
    plan = commands.adopt(config, names, revision, version_table=version_table, dry_run=dry_run)
    if dry_run:
        print_plan(config, plan)
    for name, count in Counter(step.plugin for step in plan.steps).items():
        verb = "would adopt" if dry_run else "adopted"
        config.print_stdout(f"{verb} {name}: {number_of(count, 'revision')}")
    for table in (table for op in plan.find(DropVersionTables) for table in op.tables):
        print_line(config, f"{'would drop' if dry_run else 'dropped'} {table.identity}")


def _split_adopted(config: Config, words: Sequence[str]) -> tuple[Sequence[str], str | None]:
    """Return the plugins to adopt, and up to which revision, which a second word may be."""
    if len(words) == 2 and words[1] not in Discovery(read_settings(config)).names:
        return words[:1], words[1]
    return words, None


def forget(config: Config, plugin: str, yes: bool, dry_run: bool) -> None:
    """Remove a plugin from the registry, and leave its objects where they are."""
    preview = commands.forget(config, plugin, dry_run=True)
    what = "what it has stays:" if preview.objects else "it has nothing"
    config.print_stdout(f"plugin {plugin} is forgotten, and {what}")
    print_preview(config, preview)
    print_store(config, preview, is_kept=False)
    if dry_run:
        return
    _confirm("forget", plugin, yes=yes)
    commands.forget(config, plugin)
    config.print_stdout(f"forgot {plugin}")


def repair(
    config: Config,
    plugin: str | None,
    with_unknown_objects: bool,
    accept_drift: bool,
    yes: bool,
    dry_run: bool,
) -> None:
    """Accept changed revision files, and delete rows of revisions that are nowhere."""
    accepted = {"with_unknown_objects": with_unknown_objects, "accept_drift": accept_drift}
    make = partial(commands.repair, config, plugin, **accepted)
    found = make(dry_run=True)
    print_repair(config, found)
    if not (found.changes or found.unknown_rows or found.claims or found.drift):
        config.print_stdout("nothing to do")
    elif not dry_run:
        options = [f"--{name.replace('_', '-')}" for name, is_set in accepted.items() if is_set]
        _confirm("repair", *filter(None, (plugin, *options)), yes=yes)
        make()
        config.print_stdout("repaired")


def history_sync(config: Config, yes: bool, dry_run: bool) -> None:
    """Delete rows of the version table whose revisions no longer exist anywhere."""
    unknown_rows = commands.sync_history(config, dry_run=True).deleted_rows
    print_unknown_rows(config, unknown_rows)
    if not unknown_rows:
        config.print_stdout("nothing to do")
    elif not dry_run:
        _confirm("history-sync", yes=yes)
        commands.sync_history(config)
        config.print_stdout(f"deleted {number_of(len(unknown_rows), 'row')}")


def eject(config: Config, yes: bool, dry_run: bool) -> None:
    """Hand the database back to stock Alembic, and drop the registry with its history."""
    leaving = commands.eject(config, dry_run=True)
    config.print_stdout(f"the version table keeps: {in_words(leaving.rows)}")
    config.print_stdout("stock Alembic needs these version_locations:")
    for location in leaving.locations:
        config.print_stdout(f"  {location}")
    what = "how to do without files, who did what when, what plugins have stored"
    config.print_stdout(f"the registry is dropped: {what}")
    if dry_run:
        return
    _confirm("eject", yes=yes)
    commands.eject(config)
    config.print_stdout("ejected")


def history(config: Config, plugin: str | None, as_json: bool) -> None:
    """Show who did what, when and how long it took."""
    events = commands.history(config, plugin)
    if as_json:
        print_json(config, [asdict(event) for event in events])
        return
    rows = [
        (
            f"{event.happened_at:%Y-%m-%d %H:%M:%S%z}",
            event.happened_by,
            event.action,
            event.plugin,
            f"{in_words(event.from_revisions)} -> {in_words(event.to_revisions)}",
            "" if event.duration_ms is None else f"{event.duration_ms} ms",
            event.outcome if event.detail is None else f"{event.outcome}: {event.detail}",
        )
        for event in events
    ]
    print_columns(config, rows, style_of=style_of_event)


def _confirm(*words: str, yes: bool) -> None:
    confirm(join_command(["alembic", "plugin", *words]), yes=yes)
