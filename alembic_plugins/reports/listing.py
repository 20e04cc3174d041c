"""All plugins, a line each, and what is wrong with them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .._base_errors import PluginError
from ..execution.migrator import Migrator
from ..planning.errors import Interrupted
from ..planning.phases import find_waiting
from ..plugin import HOST
from ..registry.errors import DamagedRow
from .status import PluginStatus, find_problems, read_requires, read_status

if TYPE_CHECKING:
    from .pending import PendingRevision


@dataclass(frozen=True)
class Listing:
    """All plugins, what is wrong with them and with the host, and where they were looked for.

    Attributes:
        plugins: a line each, by name.
        problems: what is wrong.
        places: where plugins were looked for, in words.
        host_waiting: the host's revisions that phase expand leaves out.
        requires: what each plugin requires, as it declares it.
        pending: the revisions that an upgrade of all would apply, where these were asked for.
    """

    plugins: tuple[PluginStatus, ...]
    problems: tuple[PluginError, ...]
    places: tuple[str, ...] = ()
    host_waiting: tuple[str, ...] = ()
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    pending: "tuple[PendingRevision, ...]" = ()


def read_listing(migrator: Migrator) -> Listing:
    """Return all plugins that are on disk or in the database, by name."""
    session = migrator.session
    problems: list[PluginError] = []
    state = session.state
    names = sorted({*session.discovery.names, *state.plugins, *state.quarantined})
    plugins = tuple(read_status(migrator, name, problems) for name in names)
    for name in (HOST, *state.plugins):
        problems += find_problems(session, name)
    told = {(p.table, p.name) for p in problems if isinstance(p, DamagedRow)}
    problems += [error for error in state.damage if (error.table, error.name) not in told]
    said = {str(problem) for problem in problems}
    problems += [e for e in session.renames.problems.values() if str(e) not in said]
    if HOST in state.interruptions:
        known = state.interruptions[HOST]
        problems.append(Interrupted(HOST, known.revision, known.direction))
    waiting = find_waiting(session, HOST)
    requires = {name: read_requires(session, name) for name in names}
    return Listing(plugins, tuple(problems), session.discovery.places, waiting, requires)
