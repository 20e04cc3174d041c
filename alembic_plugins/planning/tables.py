"""What becomes of declared tables, as values: what is done to them, and what is not.

The operations are as those of `alembic_plugins.planning.operations`.
"""

from dataclasses import asdict, dataclass

from ..registry.tables import SYNC_MARK
from .operations import Call, Operation


@dataclass(frozen=True)
class TableChange:
    """Something that a sync does to a table.

    Attributes:
        table: the table, with its schema.
        column: the column that it is about; None where it is about the table.
        words: what is done.
        statements: the SQL that does it.
    """

    table: str
    column: str | None
    words: str
    statements: tuple[str, ...]

    def __str__(self) -> str:
        return self.words if self.column is None else f"column {self.column} {self.words}"

    def to_json(self) -> dict[str, object]:
        """Return it as JSON can have it."""
        return asdict(self)


@dataclass(frozen=True)
class Incompatible:
    """Something that is declared, and that a sync does not do.

    Attributes:
        table: the table, with its schema.
        column: the column that it is about; None where it is about the table.
        reason: what is declared, and why that is not done.
        instead: the SQL that would do it, for a revision of the plugin.
        remedy: what has to be done where rows are against it, after which a sync does it; empty
            where none are.
    """

    table: str
    column: str | None
    reason: str
    instead: str
    remedy: str = ""

    def __str__(self) -> str:
        column = "" if self.column is None else f", column {self.column}"
        return f"Table {self.table}{column} stays as it is: {self.reason}. {self.advice}."

    @property
    def advice(self) -> str:
        """What to write instead."""
        if self.remedy:
            return f"{self.remedy}, and sync again"
        return f"If that is meant, run {self.instead!r}, in a revision of the plugin or by hand"

    def to_json(self) -> dict[str, object]:
        """Return it as JSON can have it."""
        return asdict(self)


@dataclass(frozen=True)
class SyncTable(Call):
    """Make a declared table, or make the one that is there like it.

    Attributes:
        table: the table, with its schema.
        changes: what is done to it, in order.
    """

    table: str
    changes: tuple[TableChange, ...]

    verb, runs = "sync", True

    @property
    def id(self) -> str:
        """What no revision has, nor a hook."""
        return SYNC_MARK

    @property
    def is_downgrade(self) -> bool:
        """That it is none."""
        return False

    @property
    def detail(self) -> str:
        """What is done to which table."""
        return f"table {self.table}: {'; '.join(map(str, self.changes))}"

    def to_json(self) -> dict[str, object]:
        """Return it with its changes, as JSON can have them."""
        return {**super().to_json(), "changes": [change.to_json() for change in self.changes]}

    @property
    def words(self) -> tuple[str, ...]:
        """What is done, of which plugin, to which table."""
        return self.verb, self.plugin, self.table, "; ".join(map(str, self.changes))


@dataclass(frozen=True)
class DropSyncedTables(Operation):
    """Drop the declared tables of plugins that go, as far as nothing else depends on them."""

    names: tuple[str, ...]

    verb = "drop synced tables"
