"""What ``alembic plugin list`` runs, in its three forms: see `actions`."""

import sys
from collections.abc import Sequence
from dataclasses import asdict

from alembic.config import Config

from .. import commands
from .._base_errors import WrongCombination
from .._terminal import Style
from ..config.errors import UnknownPlugin
from ..planning.phases import describe_waiting
from ..plugin import HOST
from ..reports.listing import Listing
from ..reports.pending import PendingRevision
from ..reports.status import PluginStatus
from .output import (
    describe_status,
    find_style,
    print_columns,
    print_json,
    print_line,
    style_of_tree,
    warn,
)
from .tree import draw_tree


def list_plugins(config: Config, as_json: bool, tree: bool, pending: bool) -> None:
    """List the plugins that are on disk or in the database."""
    if tree and (as_json or pending):
        circumstance = "with --json" if as_json else "with --pending"
        raise WrongCombination("--tree", circumstance, "Leave out one of them")
    listing = commands.list_plugins(config, with_pending=pending)
    gone = {p.name for p in listing.plugins if p.state in ("orphaned", "quarantined")}
    for problem in listing.problems:
        # What is gone, or set aside, has a line that says so.
        if not (isinstance(problem, UnknownPlugin) and problem.name in gone):
            warn(str(problem))
    if not listing.plugins:
        places = ", ".join(listing.places)
        way_out = "Install a package that has some, or set plugin_folders to where they are"
        print(f"There are no plugins; looked in {places}. {way_out}.", file=sys.stderr)
    if pending:
        _print_pending(config, listing.pending, as_json=as_json)
    elif as_json:
        print_json(config, [_as_json(plugin) for plugin in listing.plugins])
    else:
        _print_listing(config, listing, as_tree=tree)


def _print_listing(config: Config, listing: Listing, *, as_tree: bool) -> None:
    if as_tree:
        print_columns(config, draw_tree(listing, config.stdout), style_of=style_of_tree)
    else:
        styles = {describe_status(p): find_style(p) for p in listing.plugins}
        print_columns(config, styles, style_of=lambda row: (styles[row],))
        if listing.host_waiting:
            print_line(config, f"{HOST}: {describe_waiting(listing.host_waiting)}")


def _print_pending(config: Config, pending: Sequence[PendingRevision], *, as_json: bool) -> None:
    if as_json:
        print_json(config, [asdict(item) for item in pending])
    elif not pending:
        config.print_stdout("nothing is pending")
    else:
        rows = [(item.plugin, item.revision, item.message) for item in pending]
        print_columns(config, rows, style_of=lambda _row: (Style.PENDING,))


def _as_json(plugin: PluginStatus) -> dict[str, object]:
    fields = asdict(plugin)
    del fields["remark"]  # The state tells; `show` has the words.
    return fields
