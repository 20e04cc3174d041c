"""Print plans, and what they would take away."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from alembic.config import Config

from .._base_errors import printable
from .._terminal import Style
from .._warnings import is_untold
from ..planning.hook_operations import RunHook
from ..planning.operations import (
    DropUnknownObjects,
    Operation,
    QuarantinePlugin,
    RecordSquash,
    RemovePlugin,
    Step,
)
from ..planning.phases import describe_held
from ..planning.plan import Plan
from ..planning.renames import RenamePlugin
from ..planning.tables import SyncTable
from ..plugin import HOST
from .output import number_of, print_columns, print_json, print_line, warn

_ADDING = frozenset(("upgrade", "create", "restore"))
_DESTROYING = frozenset(("downgrade", "drop", "remove", "delete"))

if TYPE_CHECKING:
    from ..integration.syncing import SyncResult
    from ..reports.preview import Counted, Preview
    from ..reports.results import Removal, Repair


def report(config: Config, plan: Plan, *, sql: bool, dry_run: bool, as_json: bool) -> None:
    """Say what was run, or would be; in offline mode the SQL is the answer."""
    if sql:
        return
    if as_json:
        print_json(config, plan.to_json())
        return
    if dry_run:
        print_plan(config, plan)
        return
    _print_done(config, plan)
    for line in describe_held(plan.held):
        print_line(config, line)


def _print_done(config: Config, plan: Plan) -> None:
    _print_renamed(config, plan)
    moved = Counter(step.plugin for step in plan.steps)
    for name, count in moved.items():
        verb = "downgraded" if plan.steps[0].direction == "downgrade" else "upgraded"
        config.print_stdout(f"{verb} {name}: {number_of(count, 'revision')}")
    hooked = dict.fromkeys(op.plugin for op in plan.find(RunHook) if op.plugin not in moved)
    removed = [name for name, it in plan.outcomes.items() if isinstance(it, RemovePlugin)]
    synced = {op.plugin for op in plan.find(SyncTable)}
    squashed = _print_squashes(config, plan)
    for name in hooked.keys() - {*removed, *synced}:
        config.print_stdout(f"ended the install of {name}")
    for name in removed:
        config.print_stdout(f"uninstalled {name}")
    if synced or not (moved or hooked or removed or squashed):
        _print_synced(config, plan)


def _print_renamed(config: Config, plan: Plan) -> None:
    for operation in plan.find(RenamePlugin):
        config.print_stdout(f"renamed {operation.former} to {operation.plugin}")


def _print_squashes(config: Config, plan: Plan) -> bool:
    """Say which squashes were recorded in the place of what they replace; tell if any were."""
    found = plan.find(RecordSquash)
    for operation in found:
        config.print_stdout(f"recorded squash {operation.revision} of {operation.plugin}")
    return bool(found)


def print_plan(config: Config, plan: Plan) -> None:
    """Print the operations of a plan, one a line."""
    if not plan.transactions:
        config.print_stdout("nothing to do")
    rows = [_make_row(operation, plan) for operation in plan.operations]
    rows += [(*item.words, plan.messages.get(item.revision, "")) for item in plan.held]
    print_columns(config, rows, style_of=lambda row: (_find_style(row[0]),))


def _find_style(verb: str) -> Style | None:
    """Return how an operation looks: what adds, what takes away, and what is but recorded."""
    words = verb.split()
    if _DESTROYING.intersection(words):
        return Style.BAD
    return Style.GOOD if _ADDING.intersection(words) else None


def _make_row(operation: Operation, plan: Plan) -> tuple[str, ...]:
    """Return an operation in columns, with what its revision says of itself."""
    if not isinstance(operation, Step):
        return operation.words
    return *operation.words, plan.messages.get(operation.revision, "")


def removal_to_json(removal: "Removal") -> dict[str, object]:
    """Return what an uninstall takes away, and its plan, as JSON can have them."""
    plugins = {name: asdict(preview) for name, preview in removal.previews.items()}
    return {"plugins": plugins, "plan": removal.plan.to_json()}


def print_sync(config: Config, plan: Plan) -> None:
    """Print what was done to declared tables, one a line."""
    _print_renamed(config, plan)
    _print_synced(config, plan)


def _print_synced(config: Config, plan: Plan) -> None:
    for operation in plan.find(SyncTable):
        words = "; ".join(map(str, operation.changes))
        print_line(config, f"synced table {operation.table}: {words}")
    if not plan.find(SyncTable) and not plan.find(RenamePlugin):
        config.print_stdout("nothing to do")


def sync_to_json(result: "SyncResult") -> dict[str, object]:
    """Return what a sync has done, and what it has not, as JSON can have them."""
    return {
        "plugin": result.plugin,
        "plan": result.plan.to_json(),
        "incompatible": [item.to_json() for item in result.incompatible],
        "unchanged": list(result.unchanged),
    }


def print_removal(config: Config, removal: "Removal") -> None:
    """Print what an uninstall takes away."""
    for name, preview in removal.previews.items():
        is_kept = isinstance(removal.plan.outcomes[name], QuarantinePlugin)
        nothing = "" if preview.doubt or preview.values else " which has made nothing"
        what = " and what it has made" if preview.objects else nothing
        end = (", to be set aside" if is_kept else "") + (
            ":" if preview.objects or preview.values else ""
        )
        print_line(config, f"plugin {name}{what}{end}", Style.STRONG)
        print_preview(config, preview)
        print_store(config, preview, is_kept=is_kept)
        if preview.unknown:
            goes = is_kept or removal.plan.find(DropUnknownObjects)
            does = "goes along" if goes else "stops this"
            config.print_stdout(f"  in its schema, made by none of its revisions, which {does}:")
            _print_objects(config, preview.unknown)
    for warning in removal.plan.warnings:
        if is_untold(warning):
            print_line(config, str(warning))


def print_preview(config: Config, preview: "Preview") -> None:
    """Print what a plugin has."""
    _print_objects(config, preview.objects)
    if preview.doubt:
        how = "told by its namespace" if preview.objects else "it cannot be told what it has made"
        words = f"{how}, since its revisions cannot be run in a scratch database"
        print_line(config, f"  ({words}: {preview.doubt})")
    for item in preview.staying:
        print_line(config, f"  {item} stays where it is")
    for foreign in preview.foreign:
        print_line(config, f"  {foreign} is not the plugin's, and stays")
    for owner, items in preview.users.items():
        whose = f" of plugin {owner}" if owner not in ("", HOST) else ""
        for dependent in items:
            print_line(config, f"  used by {dependent}{whose or ' of the host' * (owner == HOST)}")
    for table, writers in (preview.writers or {}).items():
        print_line(config, f"  table {table} may also be changed by {', '.join(writers)}")
    for revision, why in preview.irreversible.items():
        print_line(config, f"  revision {revision} may not be downgraded: {why}")


def print_store(config: Config, preview: "Preview", *, is_kept: bool) -> None:
    """Print what becomes of what a plugin has stored."""
    if preview.values:
        number = number_of(preview.values, "value")
        fate = "kept" if is_kept else "deleted"
        print_line(config, f"  its store, with {number}, is {fate}")


def _print_objects(config: Config, items: "Iterable[Counted]") -> None:
    rows = [
        (
            f"  {item.kind}",
            item.identity,
            "" if item.rows is None else number_of(item.rows, "row"),
            "" if item.bytes is None else number_of(item.bytes, "byte"),
        )
        for item in items
    ]
    print_columns(config, rows)


def print_repair(config: Config, found: "Repair") -> None:
    """Print what a repair accepts, and what it cannot repair."""
    for (name, revision), lines in found.changes.items():
        config.print_stdout(f"revision {revision} of {name} has been changed since it was applied:")
        for line in lines or ("(the file as it was is not remembered)",):
            config.print_stdout("%s", printable(line))
    print_unknown_rows(config, found.unknown_rows)
    for name, objects in found.claims.items():
        for words in objects:
            print_line(config, f"{words} is recorded as made by {name}")
    for name, drift in found.drift.items():
        print_line(config, f"{name} is recorded as it is now:")
        for words in drift:
            print_line(config, f"  {words}")
    for problem in found.problems:
        warn(str(problem))


def print_unknown_rows(config: Config, unknown_rows: Sequence[str]) -> None:
    """Print which rows of the version table nothing explains."""
    for row in unknown_rows:
        config.print_stdout(f"row {row} of the version table: no file and no registry knows it")
