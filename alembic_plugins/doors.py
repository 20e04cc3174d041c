"""What ``alembic plugin ...`` runs: each calls one function of `commands` and prints its result.

The first line of a docstring is the command's help.
"""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from alembic.config import Config

from . import commands
from .commands import PluginStatus, Removal
from .errors import InvalidOption
from .plan import Plan, Step
from .refusals import ConfirmationNeeded, Declined

_MARKS = {"available": " ", "installed": "X", "outdated": "X"}


def list_plugins(config: Config, as_json: bool) -> None:
    """List the plugins that are on disk or in the database."""
    listing = commands.list_plugins(config)
    orphans = {plugin.name for plugin in listing.plugins if plugin.state == "orphaned"}
    for problem in listing.problems:
        if getattr(problem, "name", None) not in orphans:
            print(f"WARNING: {problem}", file=sys.stderr)
    if as_json:
        _print_json(config, [asdict(plugin) for plugin in listing.plugins])
    else:
        _print_columns(config, [_describe(plugin) for plugin in listing.plugins])


def show(config: Config, plugin: str, as_json: bool) -> None:
    """Show all that is known of one plugin."""
    details = asdict(commands.show_plugin(config, plugin))
    facts = {**details.pop("status"), **details}
    if as_json:
        _print_json(config, facts)
    else:
        _print_columns(config, [(f"{key}:", _in_words(value)) for key, value in facts.items()])


def install(config: Config, plugins: Sequence[str], sql: bool, dry_run: bool) -> None:
    """Install plugins and what they require, each at its head."""
    plan = commands.install(config, plugins, sql=sql, dry_run=dry_run)
    _report(config, plan, sql=sql, dry_run=dry_run)


def upgrade(
    config: Config,
    plugins: Sequence[str],
    all_plugins: bool,
    sql: bool,
    dry_run: bool,
) -> None:
    """Upgrade installed plugins to their heads."""
    if bool(plugins) == all_plugins:
        raise InvalidOption("--all", str(all_plugins).lower(), "true, or name the plugins")
    plan = commands.upgrade(config, plugins, sql=sql, dry_run=dry_run)
    _report(config, plan, sql=sql, dry_run=dry_run)


def downgrade(
    config: Config,
    plugin: str,
    revision: str,
    yes: bool,
    sql: bool,
    dry_run: bool,
) -> None:
    """Take a plugin back to a revision, by id, -N or base."""
    if not sql:
        plan = commands.downgrade(config, plugin, revision, dry_run=True)
        _print_plan(config, plan)
        if dry_run or not plan.units:
            return
        _confirm(f"alembic plugin downgrade {plugin} {revision}", yes=yes)
    plan = commands.downgrade(config, plugin, revision, sql=sql)
    _report(config, plan, sql=sql, dry_run=False)


def uninstall(
    config: Config,
    plugins: Sequence[str],
    cascade: bool,
    purge: bool,
    yes: bool,
    sql: bool,
    dry_run: bool,
) -> None:
    """Take plugins back to base and remove them, after showing what goes."""
    if not sql:
        removal = commands.uninstall(config, plugins, cascade=cascade, purge=purge, dry_run=True)
        _print_removal(config, removal)
        if dry_run:
            return
        _confirm(f"alembic plugin uninstall {' '.join(plugins)}", yes=yes)
    removal = commands.uninstall(config, plugins, cascade=cascade, purge=purge, sql=sql)
    if not sql:
        for name in removal.plan.removes:
            config.print_stdout(f"uninstalled {name}")


def history(config: Config, plugin: str | None, as_json: bool) -> None:
    """Show who did what, when and how long it took."""
    events = commands.history(config, plugin)
    if as_json:
        _print_json(config, [asdict(event) for event in events])
        return
    rows = [
        (
            f"{event.happened_at:%Y-%m-%d %H:%M:%S%z}",
            event.happened_by,
            event.action,
            event.plugin,
            f"{_in_words(event.from_revisions)} -> {_in_words(event.to_revisions)}",
            "" if event.duration_ms is None else f"{event.duration_ms} ms",
            event.outcome if event.detail is None else f"{event.outcome}: {event.detail}",
        )
        for event in events
    ]
    _print_columns(config, rows)


def _report(config: Config, plan: Plan, *, sql: bool, dry_run: bool) -> None:
    """Say what was run; in offline mode the SQL is the answer."""
    if sql:
        return
    if dry_run:
        _print_plan(config, plan)
        return
    moved = dict.fromkeys(step.plugin for step in plan.steps)
    for name in moved:
        count = sum(step.plugin == name for step in plan.steps)
        verb = "downgraded" if plan.steps[0].direction == "downgrade" else "upgraded"
        config.print_stdout(f"{verb} {name}: {_count(count, 'revision')}")
    if not moved:
        config.print_stdout("nothing to do")


def _print_plan(config: Config, plan: Plan) -> None:
    if not plan.units:
        config.print_stdout("nothing to do")
    _print_columns(config, [_step_row(step) for step in plan.steps])


def _step_row(step: Step) -> tuple[str, ...]:
    return str(step.direction), step.plugin, step.revision


def _print_removal(config: Config, removal: Removal) -> None:
    for name, objects in removal.objects.items():
        what = "and what stands in its namespace:" if objects else "with nothing in its namespace"
        config.print_stdout(f"plugin {name} {what}")
        _print_columns(
            config,
            [
                (
                    f"  {item.kind}",
                    item.identity,
                    "" if item.rows is None else _count(item.rows, "row"),
                    "" if item.bytes is None else _count(item.bytes, "byte"),
                )
                for item in objects
            ],
        )


def _confirm(command: str, *, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise ConfirmationNeeded(command)
    print(f"Run '{command}'? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise Declined(command)


def _describe(plugin: PluginStatus) -> tuple[str, ...]:
    mark = "!" if plugin.head is None else _MARKS.get(plugin.state, "!")
    columns = (f"[{mark}] {plugin.name}", plugin.version or "-", plugin.namespace or "-")
    current = plugin.current or ""
    if plugin.state == "orphaned":
        return (*columns, f"{current}  its revision files are gone")
    if plugin.head is None:
        return (
            *columns,
            f"{current}  its revision files cannot be read, or there are none".strip(),
        )
    if plugin.state == "installed":
        return (*columns, f"{current} (head)")
    if plugin.state == "outdated":
        return (*columns, f"{current}  {_count(plugin.pending or 0, 'revision')} behind")
    return columns


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _in_words(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "-"
    return "-" if value is None or value == "" else str(value)


def _print_json(config: Config, value: Any) -> None:  # noqa: ANN401 - anything that json takes
    config.print_stdout(json.dumps(value, indent=2, default=str))


def _print_columns(config: Config, rows: Iterable[Sequence[str]]) -> None:
    """Print rows with columns as wide as their widest cell."""
    rows = list(rows)
    width = max((len(row) for row in rows), default=0)
    widths = [max((len(row[i]) for row in rows if i < len(row)), default=0) for i in range(width)]
    for row in rows:
        line = "  ".join(cell.ljust(widths[i]) for i, cell in enumerate(row)).rstrip()
        config.print_stdout(line)
