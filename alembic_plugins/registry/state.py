"""What the database remembers: the version table, the plugins, the applied revisions, the events.

`alembic_plugins.registry.reading` reads it, and `alembic_plugins.registry.statements` has the
statements that record it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from ..plugin import (
    Namespace,
    Schema,
)
from .errors import (
    DamagedRow,
    HostSchemaClaimed,
)
from .rows import AppliedRevision as AppliedRevision
from .rows import InstalledPlugin as InstalledPlugin
from .rows import Interruption as Interruption
from .rows import find_heads as find_heads
from .rows import put_in_order


@dataclass(frozen=True)
class State:
    """The whole of what the database remembers, at one moment.

    Attributes:
        rows: the version table's.
        applied: the applied revisions, in order of application.
        plugins: the installed plugins by name.
        version_table: whether there is one.
        registry: the version of our tables; 0 where they are not there.
        quarantined: the plugins that are set aside, by name.
        kept: the revisions of those, in order of application.
        interruptions: the revisions that have committed a part of themselves, by plugin.
        lost: the plugins of which revisions are remembered, and nothing else.
        host_schema: the schema of the host's tables; None where there is none.
        first_schema: the first one that is there on the search path.
        version_schema: the one that the environment names for the version table.
        role: as whom the command runs.
        in_transfer: whether a command writes or restores a backup, or was ended while it did.
        holding: the plugins at base of which objects are remembered.
        damaged: what is wrong with a row of the registry, by the branch that it is about.
        unowned: the same by the revision, of rows that do not tell the branch.
        squashed: the squashes of which it is still to be recorded for what they stand, by that.
    """

    rows: frozenset[str] = frozenset()
    applied: tuple[AppliedRevision, ...] = ()
    plugins: Mapping[str, InstalledPlugin] = field(default_factory=dict)
    version_table: bool = False
    registry: int = 0
    quarantined: Mapping[str, InstalledPlugin] = field(default_factory=dict)
    kept: tuple[AppliedRevision, ...] = ()
    interruptions: Mapping[str, Interruption] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    host_schema: str | None = field(default=None, compare=False)
    first_schema: str | None = field(default=None, compare=False)
    version_schema: str | None = field(default=None, compare=False)
    role: str = field(default="", compare=False)
    in_transfer: bool = False
    holding: frozenset[str] = frozenset()
    damaged: Mapping[str, DamagedRow] = field(default_factory=dict, compare=False)
    unowned: Mapping[str, DamagedRow] = field(default_factory=dict, compare=False)
    squashed: Mapping[str, str] = field(default_factory=dict)

    @property
    def current_rows(self) -> frozenset[str]:
        """The version table's rows, or what stands for them."""
        return frozenset(self.squashed.get(row, row) for row in self.rows)

    @property
    def at_base(self) -> frozenset[str]:
        """The installed plugins of which nothing is applied, nor synced."""
        return frozenset(self.plugins.keys() - {*self.branches, *self.interruptions, *self.synced})

    @property
    def synced(self) -> frozenset[str]:
        """The installed plugins that have declared tables which no revision has made."""
        return frozenset(name for name, plugin in self.plugins.items() if plugin.synced)

    @property
    def leftover(self) -> frozenset[str]:
        """The plugins at base that have left something behind, by which they are still known."""
        return self.at_base & self.holding

    @property
    def damage(self) -> tuple[DamagedRow, ...]:
        """What is wrong with rows of the registry."""
        return (*self.damaged.values(), *self.unowned.values())

    @cached_property
    def by_revision(self) -> Mapping[str, AppliedRevision]:
        """The applied revisions by id."""
        return {applied.revision: applied for applied in self.applied}

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """How many revisions were applied before each."""
        return {applied.revision: number for number, applied in enumerate(self.applied)}

    @cached_property
    def branches(self) -> tuple[str, ...]:
        """The branches with applied revisions, in the order in which they were begun."""
        return tuple(dict.fromkeys(applied.plugin for applied in self.applied))

    def of(self, branch: str) -> tuple[AppliedRevision, ...]:
        """Return the applied revisions of one branch."""
        return self._by_branch.get(branch, ())

    @cached_property
    def _by_branch(self) -> Mapping[str, tuple[AppliedRevision, ...]]:
        found: dict[str, list[AppliedRevision]] = {}
        for applied in self.applied:
            found.setdefault(applied.plugin, []).append(applied)
        return {branch: tuple(items) for branch, items in found.items()}

    def kept_of(self, name: str) -> tuple[AppliedRevision, ...]:
        """Return the revisions of a plugin that is set aside."""
        return tuple(item for item in self.kept if item.plugin == name)

    def heads(self, branch: str) -> tuple[str, ...]:
        """Return the rows that the version table should have for one branch."""
        return find_heads(self.of(branch))

    def check_free(self, name: str, namespace: Namespace) -> None:
        """Check that a plugin does not claim for itself where the host or the registry is.

        Raises:
            HostSchemaClaimed: it does.
        """
        taken = (self.host_schema, self.version_schema)
        if isinstance(namespace, Schema) and namespace.create and namespace.name in taken:
            raise HostSchemaClaimed(name, namespace.name)

    def with_applied(self, applied: Sequence[AppliedRevision]) -> "State":
        """Return the state with other applied revisions."""
        return replace(self, applied=put_in_order(applied))
