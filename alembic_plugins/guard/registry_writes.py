"""What is done to the registry and the version table, which only our statements may write."""

from collections.abc import Iterable, Sequence

from ..catalog.objects import DatabaseObject
from ..connection.batch import Answer
from ..connection.pipeline import Pipeline
from ..connection.writer import RegistryWriter
from ..registry.tables import BACKUP_SCHEMA
from .changes import Change
from .footprint import find_rows_written
from .rules import Violation

_WHAT = "which belongs to the version history"


class RegistryWrites:
    """Tell our own tables from others, and our own statements on them.

    Args:
        writer: writes to them.
        pipeline: by which the connection is asked.
    """

    def __init__(self, writer: RegistryWriter, pipeline: Pipeline) -> None:
        self._writer = writer
        self._pipeline = pipeline
        self._before: Answer | None = None

    def begin(self) -> None:
        """Take note of the moment at which a transaction begins."""
        self._writer.written.clear()
        self._before = self.ask()

    def ask(self) -> Answer:
        """Ask how many rows were written until now."""
        return find_rows_written(self._pipeline, self._names, self._schema)

    def has(self, item: DatabaseObject) -> bool:
        """Tell whether an object is one of ours."""
        is_named = item.schema == self._schema and item.name in self._names
        return is_named or item.schema == BACKUP_SCHEMA

    def find_violations(self, rows: Answer, changes: Iterable[Change]) -> Sequence[Violation]:
        """Return what was done to our tables, and not by us.

        Args:
            rows: what `ask` has returned after that.
            changes: what was done to them besides.
        """
        assert self._before is not None  # noqa: S101 - the transaction was begun
        before = {row.name: row.written for row in self._before.rows}
        found = [
            Violation("writes to", None, f"table {self._schema}.{row.name}, {_WHAT}", None)
            for row in rows.rows
            if row.written - before.get(row.name, 0) > self._writer.written[row.name]
        ]
        for change in changes if not self._writer.has_extended else ():
            is_there = change.before is not None and change.item.schema != BACKUP_SCHEMA
            if is_there and not change.item.is_part and "AccessExclusiveLock" in change.modes:
                verb = "alters" if change.after else "drops"
                found.append(Violation(verb, None, f"{change.before}, {_WHAT}", None))
        return found

    @property
    def _schema(self) -> str:
        return self._writer.versions.schema or self._writer.host_schema

    @property
    def _names(self) -> set[str]:
        return {self._writer.versions.name, *self._writer.tables.names}
