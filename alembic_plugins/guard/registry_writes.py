"""What is done to the registry and the version table, which only our statements may write."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from sqlalchemy import Connection

from ..catalog.objects import DatabaseObject
from ..connection.batch import Answer
from ..connection.pipeline import Pipeline
from ..connection.writer import RegistryWriter
from ..registry.tables import BACKUP_SCHEMA, make_tables
from .changes import Change
from .footprint import find_rows_written
from .rules import Violation
from .stored_values import find_changed_stores

_WHAT = "which belongs to the version history"


class RegistryWrites:
    """Tell our own tables from others, and our own statements on them.

    Args:
        writer: writes to them.
        pipeline: by which the connection is asked.
        lock_connection: the one that sees what is committed; None where nothing is checked.
    """

    def __init__(
        self, writer: RegistryWriter, pipeline: Pipeline, lock_connection: Connection | None
    ) -> None:
        self._writer = writer
        self._pipeline = pipeline
        self._lock_connection = lock_connection
        self._before: Answer | None = None

    def begin(self) -> None:
        """Take note of the moment at which a transaction begins."""
        self._writer.written.clear()
        self._before = self.ask()

    def ask(self) -> Answer:
        """Ask how many rows were written until now."""
        return find_rows_written(self._pipeline, self._names, self._writer.schema)

    def has(self, item: DatabaseObject) -> bool:
        """Tell whether an object is one of ours."""
        is_named = item.schema == self._writer.schema and item.name in self._names
        return is_named or item.schema == BACKUP_SCHEMA

    def find_violations(self, rows: Answer, changes: Iterable[Change]) -> Sequence[Violation]:
        """Return what was done to our tables, and not by us.

        Args:
            rows: what `ask` has returned after that.
            changes: what was done to them besides.
        """
        found = [
            Violation("writes to", None, f"table {self._writer.schema}.{name}, {_WHAT}", None)
            for name in self._find_written(rows)
            if name != self._writer.tables.value.name
        ]
        for change in changes if not self._writer.has_extended else ():
            is_there = change.before is not None and change.item.schema != BACKUP_SCHEMA
            if is_there and not change.item.is_part and "AccessExclusiveLock" in change.modes:
                verb = "alters" if change.after else "drops"
                found.append(Violation(verb, None, f"{change.before}, {_WHAT}", None))
        return found

    def find_stored_violations(
        self, rows: Answer, xid: str, branches: Collection[str]
    ) -> Iterator[Violation]:
        """Yield what was done to the stores of plugins that stay and are none of some branches.

        Args:
            rows: what `ask` has returned after that.
            xid: the id of the transaction.
            branches: the plugins that may have changed their own.
        """
        value, lock_connection = self._writer.tables.value, self._lock_connection
        if lock_connection is None or value.name not in self._find_written(rows):
            return
        table, connection = make_tables(self._writer.schema).value, self._writer.connection
        with self._writer.lend_role(lock_connection) as other:
            changed = find_changed_stores(connection, other, table, xid)
        for name in sorted(changed):
            if name not in branches and self._writer.pending.is_recorded(name):
                yield Violation("writes to", None, "a store", name)

    def _find_written(self, rows: Answer) -> Iterator[str]:
        """Yield the tables to which somebody else has written than we."""
        assert self._before is not None  # noqa: S101 - the transaction was begun
        before = {row.name: row.written for row in self._before.rows}
        for row in rows.rows:
            if row.written - before.get(row.name, 0) > self._writer.written[row.name]:
                yield row.name

    @property
    def _names(self) -> set[str]:
        return {self._writer.versions.name, *self._writer.tables.names}
