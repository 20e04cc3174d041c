"""What the graph of a database's branches shows, as values."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from ..catalog.objects import NamedObject
from ..plugin import HOST
from ..registry.history import Event
from ..reports.verification import Discrepancy, Rule

DRIFTED = (
    Rule.DRIFT,
    Rule.UNKNOWN_OBJECT,
    Rule.REPLACED_OBJECT,
    Rule.INVALID,
    Rule.DECLARATION,
)
"""The rules by which a branch's objects are not what was recorded of them."""

APPLIED = ("applied", "edited", "ahead", "orphaned", "interrupted")
"""The states of revisions that the version table has, or that lead to one that it has."""


@dataclass(frozen=True)
class GraphRevision:
    """A revision of a branch.

    Attributes:
        revision: its id.
        message: the first line of its file's docstring.
        state: ``applied``; ``edited`` where its file was changed since; ``ahead`` where it has no
            file and others of its branch have one; ``orphaned`` where none has; ``set aside`` with
            its plugin; ``interrupted`` where it has committed a part of itself; ``pending``.
        position: how many revisions of the database were applied before it; None where it is not.
        down: the revisions of its branch that it follows.
        depends_on: those of other branches that it depends on.
        phase: ``expand`` or ``contract``, as its file says; None where it says neither.
        applied_at: when it was applied; None where it is not, or that is not known.
        applied_by: the role that has applied it.
        duration_ms: how long that took, in milliseconds.
        irreversible: why it cannot be downgraded; None where it can, or there is nothing to undo.
    """

    revision: str
    message: str
    state: str
    position: int | None = None
    down: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    phase: str | None = None
    applied_at: datetime | None = None
    applied_by: str | None = None
    duration_ms: int | None = None
    irreversible: str | None = None


@dataclass(frozen=True)
class GraphObject(NamedObject):
    """An object that a branch has made.

    Attributes:
        rows: about how many rows it has, as PostgreSQL counts them for itself; None where that
            does not count them, or has not yet.
        bytes: what it takes on disk, indexes included; None for what takes nothing, or is locked.
    """

    rows: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Requirement:
    """What a plugin requires, as it says so, and the name of that plugin."""

    text: str
    name: str
    optional: bool = False


@dataclass(frozen=True)
class Loss:
    """What the uninstall of a plugin would take besides its own objects.

    Attributes:
        dependents: the plugins that could not stay, and go too with ``--cascade``.
        users: what of others depends on its objects, in words, with whose it is.
        values: how many values it has stored.
    """

    dependents: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    values: int = 0


@dataclass(frozen=True)
class GraphBranch:
    """The host's branch, or that of a plugin.

    Attributes:
        name: the plugin's, or ``host``.
        state: as ``alembic plugin list`` tells it.
        remark: what there is to add to that.
        problem: why it is broken; None where it is not.
        version, description, package, namespace: of the plugin; None where that is not known.
        requires: the plugins that it requires.
        writes: the tables of others that it declares to change.
        extensions: the PostgreSQL extensions that it may make.
        revisions: each after those that it follows.
        objects: what its revisions, hooks and syncs have made.
        findings: what ``alembic plugin verify`` finds of it.
        notes: the same of what decides nothing about rows.
        remarks: what was not compared, and why.
        events: what was done to it, the last ones, first things first.
        earlier_events: how many there were before these.
        loss: what its uninstall would take besides its objects; None where there is nothing to be
            uninstalled.
    """

    name: str
    state: str
    remark: str = ""
    problem: str | None = None
    version: str | None = None
    description: str = ""
    package: str | None = None
    namespace: str | None = None
    requires: tuple[Requirement, ...] = ()
    writes: tuple[str, ...] = ()
    extensions: tuple[str, ...] = ()
    revisions: tuple[GraphRevision, ...] = ()
    objects: tuple[GraphObject, ...] = ()
    findings: tuple[Discrepancy, ...] = ()
    notes: tuple[Discrepancy, ...] = ()
    remarks: tuple[str, ...] = ()
    events: tuple[Event, ...] = ()
    earlier_events: int = 0
    loss: Loss | None = None

    @property
    def is_host(self) -> bool:
        """Whether it is the host's."""
        return self.name == HOST

    @property
    def pending(self) -> tuple[GraphRevision, ...]:
        """Its revisions that are not applied."""
        return tuple(item for item in self.revisions if item.state == "pending")

    @property
    def applied(self) -> tuple[GraphRevision, ...]:
        """Its revisions that are applied; none where they are set aside."""
        return tuple(item for item in self.revisions if item.state in APPLIED)

    @property
    def states(self) -> tuple[str, ...]:
        """Its state, and whether files of its revisions or objects were changed since."""
        words = [self.state]
        if any(item.state == "edited" for item in self.revisions):
            words.append("edited")
        if any(item.rule in DRIFTED for item in self.findings):
            words.append("drifted")
        return tuple(words)

    @property
    def is_in_order(self) -> bool:
        """Whether nobody has to do anything about it."""
        quiet = ("installed", "available", "quarantined")
        return not self.findings and self.state in quiet

    @property
    def rows(self) -> int:
        """About how many rows its objects have."""
        return sum(item.rows or 0 for item in self.objects)

    @property
    def bytes(self) -> int:
        """What its objects take on disk."""
        return sum(item.bytes or 0 for item in self.objects)


@dataclass(frozen=True)
class Graph:
    """The branches of a database, at one moment.

    Attributes:
        branches: the host, then what is installed in the order in which it was begun, then what is
            set aside, then what is only on disk.
        problems: what else is wrong, in words.
        database: its name.
        server: the version of its PostgreSQL.
        role: as whom it was read.
        read_at: when it was read.
        guard: the option ``plugin_guard``: ``enforce``, ``warn`` or ``off``.
    """

    branches: tuple[GraphBranch, ...]
    problems: tuple[str, ...]
    database: str
    server: str
    role: str
    read_at: datetime
    guard: str

    @property
    def plugins(self) -> tuple[GraphBranch, ...]:
        """The branches without the host's."""
        return tuple(branch for branch in self.branches if not branch.is_host)

    @cached_property
    def needs(self) -> Mapping[str, set[str]]:
        """Which branches each needs at once, by name."""
        return find_needs(self.branches)

    @property
    def is_in_order(self) -> bool:
        """Whether nobody has to do anything."""
        return not self.problems and all(branch.is_in_order for branch in self.branches)


def find_needs(branches: Iterable[GraphBranch]) -> Mapping[str, set[str]]:
    """Return which branches each needs at once: by requirement, or by a revision."""
    by_name = {branch.name: branch for branch in branches}
    owners = {item.revision: it.name for it in by_name.values() for item in it.revisions}
    return {
        name: {item.name for item in branch.requires}
        | {owners[o] for item in branch.revisions for o in item.depends_on if o in owners}
        for name, branch in by_name.items()
    }


def follow(edges: Mapping[str, Collection[str]], names: Iterable[str]) -> set[str]:
    """Return `names` with all that edges lead to from there."""
    found: set[str] = set()
    todo = list(names)
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += edges.get(name, ())
    return found
