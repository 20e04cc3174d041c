"""What a running command has to record: gathered while revisions run, written in few statements."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from sqlalchemy import Executable, Table

from ..revisions.source import Source
from ..revisions.undo import Undo
from .renaming import record_renamed
from .squashed import put_squash, record_squash
from .state import (
    AppliedRevision,
    InstalledPlugin,
    State,
    find_heads,
)
from .statements import (
    Duration,
    Row,
    delete_interruption,
    forget_objects,
    forget_snapshot,
    record_applied,
    record_event,
    record_installed,
    record_repaired,
    record_restored,
    record_reverted,
    record_uninstalled,
    record_versions,
)
from .tables import Tables


class PendingChanges:
    """The registry and the version table as they will be, and the statements that are due.

    `recorded` are the plugins that have a row already: the state may know more of them, which
    another tool has brought there.
    """

    def __init__(
        self, state: State, recorded: frozenset[str], versions: Table, tables: Tables
    ) -> None:
        self._versions = versions
        self._tables = tables
        self._recorded = set(recorded)
        self.plugins: dict[str, InstalledPlugin] = dict(state.plugins)
        # The values are never changed, so that copies share them.
        self._applied: dict[str, Mapping[str, AppliedRevision]] = {
            name: {item.revision: item for item in state.of(name)} for name in state.branches
        }
        self._rows: dict[str, frozenset[str]] = {
            name: state.rows & applied.keys() for name, applied in self._applied.items()
        }
        for row, squash in state.squashed.items():
            if row in state.rows and (name := self.find_owner(squash)):
                self._rows[name] |= {row}
        self._moved: set[str] = set()
        self._due: list[Executable | Row] = []

    def copy(self) -> "PendingChanges":
        """Return a copy, to go back to when a transaction is rolled back."""
        other = PendingChanges(State(), frozenset(), self._versions, self._tables)
        other.go_back_to(self)
        return other

    def go_back_to(self, other: "PendingChanges") -> None:
        """Take over what another one has."""
        self.plugins = dict(other.plugins)
        self._recorded = set(other._recorded)
        self._applied = dict(other._applied)
        self._rows = dict(other._rows)
        self._moved = set(other._moved)
        self._due = list(other._due)

    def rows(self, branch: str) -> tuple[str, ...]:
        """Return the rows of a branch in the version table, as last written."""
        return tuple(sorted(self._rows.get(branch, ())))

    @property
    def all_rows(self) -> set[str]:
        """The rows of all branches in the version table, as last written."""
        return {row for rows in self._rows.values() for row in rows}

    def has_applied(self, branch: str) -> bool:
        """Tell whether anything of a branch is applied."""
        return bool(self._applied.get(branch))

    def is_recorded(self, name: str) -> bool:
        """Tell whether a plugin has its row."""
        return name in self._recorded

    def find_owner(self, revision: str) -> str | None:
        """Return the branch on which a revision is applied."""
        return next((name for name, found in self._applied.items() if revision in found), None)

    def find_needed(self, name: str, planned: Iterable[str]) -> set[str]:
        """Return the branches of `planned` revisions, and of those on which a plugin's depend."""
        depended = {r for item in self._applied.get(name, {}).values() for r in item.depends_on}
        depended.update(planned)
        return {owner for revision in depended if (owner := self.find_owner(revision))}

    def add_applied(
        self,
        applied: AppliedRevision,
        undo: Undo,
        source: Source | None,
        duration_ms: Duration,
    ) -> None:
        """Record that a revision was applied, what its file is, and how to do without it."""
        self._put(applied)
        self._due.append(record_applied(self._tables, applied, undo, source, duration_ms))

    def add_repaired(self, applied: AppliedRevision, undo: Undo, source: Source | None) -> None:
        """Record that an applied revision is taken to be what its file says now."""
        self._put(applied)
        self._due.append(record_repaired(self._tables, applied, undo, source))

    def _put(self, applied: AppliedRevision) -> None:
        known = self._applied.get(applied.plugin, {})
        self._applied[applied.plugin] = {**known, applied.revision: applied}
        self._moved.add(applied.plugin)

    def add_reverted(self, branch: str, revision: str) -> None:
        """Record that a revision was downgraded."""
        rest = dict(self._applied.get(branch, {}))
        rest.pop(revision, None)
        self._applied[branch] = rest
        self._moved.add(branch)
        self._due.append(record_reverted(self._tables, revision))

    def find_applied(self, branch: str) -> Mapping[str, AppliedRevision]:
        """Return what is applied of a branch, by id."""
        return self._applied.get(branch, {})

    def add_squash(
        self,
        squash: AppliedRevision,
        replaced: Collection[str],
        undo: Undo,
        source: Source | None,
    ) -> None:
        """Record that a squash is applied, and not what it replaces."""
        for name, applied in self._applied.items():
            found = put_squash(tuple(applied.values()), squash, replaced)
            self._applied[name] = {item.revision: item for item in found}
        self._moved.add(squash.plugin)
        self._due += record_squash(self._tables, squash, replaced, undo, source)

    def add_installed(self, plugin: InstalledPlugin) -> None:
        """Record a plugin, unless it is recorded like that."""
        if self.is_recorded(plugin.name) and self.plugins.get(plugin.name) == plugin:
            return
        known = self.is_recorded(plugin.name)
        self.plugins[plugin.name] = plugin
        self._recorded.add(plugin.name)
        self._due.append(record_installed(self._tables, plugin, known=known))

    def add_uninstalled(self, name: str) -> None:
        """Record that a plugin is gone."""
        del self.plugins[name]
        self._recorded.discard(name)
        self._due.append(record_uninstalled(self._tables, name))
        self._due.append(forget_objects(self._tables, name))
        self._due.append(forget_snapshot(self._tables, name))

    def add_renamed(
        self, former: str, plugin: InstalledPlugin, requiring: Iterable[InstalledPlugin]
    ) -> None:
        """Record a plugin, installed or set aside, by its new name, also where others require it.

        Its heads are the rows of the version table that they were.
        """
        self._due += record_renamed(self._tables, former, plugin.name)
        self._due += [record_installed(self._tables, p, known=True) for p in (plugin, *requiring)]
        self._recorded.discard(former)
        self._recorded.add(plugin.name)
        if plugin.quarantine is None:
            self.plugins[plugin.name] = plugin

    def add_quarantined(self, name: str, schema: str) -> None:
        """Record that a plugin is set aside: its revisions are remembered, and not applied."""
        self.add_installed(replace(self.plugins.pop(name), quarantine=schema))
        del self.plugins[name]
        self._applied.pop(name, None)
        self._moved.add(name)

    def add_restored(self, plugin: InstalledPlugin, applied: Iterable[AppliedRevision]) -> None:
        """Record that a plugin is back, after all that it needs."""
        self._recorded.add(plugin.name)
        applied = tuple(applied)
        self._due += [record_restored(self._tables, item.revision) for item in applied]
        self.add_installed(replace(plugin, quarantine=None))
        self._applied[plugin.name] = {item.revision: item for item in applied}
        self._moved.add(plugin.name)

    def add_forgotten(self, name: str, kept: Iterable[AppliedRevision] = ()) -> None:
        """Record that nothing is to be known of a plugin, nor of revisions `kept` for it."""
        for revision in (*self._applied.get(name, {}), *(item.revision for item in kept)):
            self.add_reverted(name, revision)
        self.plugins.pop(name, None)
        self._recorded.discard(name)
        self._due.append(record_uninstalled(self._tables, name))
        self._due.append(forget_objects(self._tables, name))
        self._due.append(forget_snapshot(self._tables, name))

    def add_interruption_end(self, name: str) -> None:
        """Record that no revision of a branch is interrupted any more."""
        self._due.append(delete_interruption(self._tables, name))

    def add_event(
        self,
        branch: str,
        action: str,
        before: tuple[str, ...],
        duration_ms: int | None,
        *,
        failure: str | None = None,
        detail: str | None = None,
    ) -> None:
        """Record what was done to a branch that had the rows `before`, or why it failed."""
        event = {
            "plugin": branch,
            "action": action,
            "from_revisions": list(before),
            "to_revisions": sorted(find_heads(self._applied.get(branch, {}).values())),
            "outcome": "done" if failure is None else "failed",
            "detail": failure or detail,
            "duration_ms": duration_ms,
        }
        self._due.append(record_event(self._tables, event))

    def take_versions(self) -> Iterator[Executable]:
        """Yield what is due in the version table; each statement changes one row."""
        for name in sorted(self._moved):
            after = frozenset(find_heads(self._applied.get(name, {}).values()))
            yield from record_versions(self._versions, self._rows.get(name, ()), after)
            self._rows[name] = after
        self._moved.clear()

    def take_due(self) -> list[Executable | Row]:
        """Return what is due in the registry."""
        due, self._due = self._due, []
        return due
