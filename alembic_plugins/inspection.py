"""The commands that look and change nothing, as functions."""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Column, Connection, MetaData, String, Table

from ._base_errors import NotWritable
from .config.sources import ConfigSource
from .connection.visits import visit
from .execution.migrator import Migrator
from .integration.disk import read_disk
from .integration.running import run_work
from .plugin import HOST, list_names
from .registry.reading import read_state
from .registry.renaming import find_recorded_name
from .registry.tables import make_tables
from .reports.details import PluginDetails, read_details
from .reports.listing import Listing, read_listing

# What only one of them needs is imported by that.
if TYPE_CHECKING:
    from .graph.values import Graph
    from .registry.history import Event
    from .reports.pending import Pending
    from .reports.verification import Verification

__all__ = [
    "draw_graph",
    "graph",
    "history",
    "is_up_to_date",
    "list_plugins",
    "pending",
    "show_plugin",
    "verify",
]


def list_plugins(config: ConfigSource, *, with_pending: bool = False) -> Listing:
    """Return all plugins that are on disk or in the database, by name.

    With `with_pending`, also the revisions that ``alembic upgrade heads`` would apply, and as
    problems why it would leave out others.
    """

    def read(migrator: Migrator) -> Listing:
        listing = read_listing(migrator)
        if not with_pending:
            return listing
        from .reports.pending import describe_pending, find_pending

        session = migrator.session
        found = find_pending(session, session.state)
        problems = {str(problem): problem for problem in listing.problems}
        problems |= {str(problem): problem for problem in found.problems.values()}
        pending = describe_pending(session, found)
        return replace(listing, problems=tuple(problems.values()), pending=pending)

    return run_work(config, read, finishes_transfer=False)


def show_plugin(config: ConfigSource, name: str) -> PluginDetails:
    """Return what is to be known of one plugin, or of the host by the name ``host``.

    Raises:
        UnknownPlugin: it is neither on disk nor in the database.
    """
    return run_work(config, lambda migrator: read_details(migrator, name), finishes_transfer=False)


def history(config: ConfigSource, name: str | None = None) -> "tuple[Event, ...]":
    """Return what was done to a plugin, or to all and the host, first things first.

    Raises:
        UnknownPlugin: nothing was ever done to it, and it is not on disk.
    """
    from .registry.history import read_events

    def read(migrator: Migrator) -> "tuple[Event, ...]":
        state = migrator.session.state
        names = (name, name and find_recorded_name(state, name))
        is_known = bool(state.registry)
        events = read_events(migrator.connection, migrator.tables, *names) if is_known else ()
        if not events and name not in (None, HOST, *state.plugins, *state.quarantined):
            migrator.session.discovery.check_known(str(name))
        return events

    return run_work(config, read, finishes_transfer=False)


def verify(config: ConfigSource, names: str | Sequence[str] = ()) -> "Verification":
    """Return what in the live database is not as it was recorded after the last steps.

    Nothing is written, no migration is waited for, and none waits for it.

    Args:
        config: the host's.
        names: the plugins, or ``host``; none are all that the database has.

    Raises:
        NotInstalled: the database does not have one of them.
        UnknownPlugin: it is not on disk, either.
    """
    from .reports.verify import verify

    chosen = list_names(names)
    return run_work(config, lambda migrator: verify(migrator, chosen), finishes_transfer=False)


def graph(
    config: ConfigSource,
    names: str | Sequence[str] = (),
    *,
    html: str | PathLike[str] | None = None,
) -> "Graph":
    """Return the branches of the host and of plugins, with all that is known of them.

    With `html` a page that shows it is written to that file.

    Args:
        config: the host's.
        names: the plugins, which come with all that they need; none are all.
        html: the file, which is written anew where it is there.

    Raises:
        UnknownPlugin: one of the plugins is neither on disk nor in the database.
        NotWritable: the file cannot be written.
    """
    from .graph.reading import read_graph

    chosen = list_names(names)
    found = run_work(config, lambda migrator: read_graph(migrator, chosen), finishes_transfer=False)
    if html is not None:
        from .graph.page import render_page

        try:
            Path(html).write_text(render_page(found), "utf-8", newline="\n")
        except OSError as error:
            raise NotWritable(str(html), error.strerror or str(error)) from error
    return found


def draw_graph(config: ConfigSource, names: str | Sequence[str] = ()) -> str:
    """Return a flowchart of the host and of plugins in Mermaid's language; no database is asked.

    Args:
        config: the host's.
        names: the plugins of which it shows the revisions, with all that they require; none are
            all plugins, without their revisions.

    Raises:
        UnknownPlugin: one of the plugins is not on disk.
        PluginError: a plugin or one of its files is broken.
    """
    from .graph.mermaid import draw_flowchart

    return "\n".join(draw_flowchart(read_disk(config), list_names(names)))


def is_up_to_date(
    connection: Connection,
    config: ConfigSource,
    *,
    version_table: str = "alembic_version",
    version_table_schema: str | None = None,
    phase: str | None = None,
) -> bool:
    """Tell whether a database is at the heads of the host and of the plugins that it has.

    With the `phase` ``expand``, whether it has all that comes before contract revisions.

    It is the question of health checks; see `pending`, whose `is_up_to_date` it returns.
    """
    found = pending(
        connection,
        config,
        version_table=version_table,
        version_table_schema=version_table_schema,
        phase=phase,
    )
    return found.is_up_to_date


def pending(
    connection: Connection,
    config: ConfigSource,
    *,
    version_table: str = "alembic_version",
    version_table_schema: str | None = None,
    phase: str | None = None,
) -> "Pending":
    """Return how a database differs from the heads of the host and of the plugins that it has.

    It is read by the connection that is given, whose transaction is left as it was; nothing is
    written, no migration is waited for, and the host's ``env.py`` is not run.

    Args:
        connection: leads to the database; that of an async engine by ``run_sync``.
        config: the host's.
        version_table: Alembic's, as ``env.py`` gives it to `configure`.
        version_table_schema: its schema, likewise; None is the search path.
        phase: with ``expand``, what waits for phase contract is not missed.

    Raises:
        InvalidOption: there is no such phase.
        NotAHost: the ``env.py`` does not name us.
        DatabaseRefused: the role may not read the registry, for example.
        ConnectionLost: the connection is lost.
        PluginError: the host's own revisions or the registry cannot be read.
    """
    from .reports.pending import find_pending

    session = read_disk(config, phase)
    versions = _make_version_table(version_table, version_table_schema)
    trusted = session.settings.trusted_roles
    with visit(connection):
        state = read_state(connection, versions, make_tables(version_table_schema), trusted)
    return find_pending(session, state)


@cache
def _make_version_table(name: str, schema: str | None) -> Table:
    """Return the version table, the same one again: SQLAlchemy keeps what it compiles of it."""
    return Table(name, MetaData(schema), Column("version_num", String(32)))
