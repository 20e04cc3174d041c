"""Record what revisions have made and dropped, in the transaction that has."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from ..catalog.objects import DatabaseObject
from ..catalog.transaction_rows import Key, Place
from ..connection.writer import RegistryWriter
from ..namespaces.object_statements import record_dropped, record_objects, record_remade
from ..namespaces.recorded import RecordedObject
from ..planning.operations import Call
from ..plugin import HOST
from .changes import Change, Footprint
from .permissions import Permissions
from .rules import Checker


class Recorder:
    """Record objects.

    Args:
        writer: executes that.
    """

    def __init__(self, writer: RegistryWriter) -> None:
        self._writer = writer
        self._made: set[Place] = set()
        self._gone: set[Place] = set()
        self._footprints: list[Footprint] = []
        self._is_known = True

    @property
    def footprints(self) -> Sequence[Footprint]:
        """What was recorded of the transaction; nothing where not all of it is known."""
        return self._footprints if self._is_known else ()

    def begin(self) -> None:
        """Forget what was recorded in the transaction before."""
        self._made, self._gone = set(), set()
        self._footprints, self._is_known = [], True

    def leave_out_known(self, changes: Iterable[Change]) -> Iterator[Change]:
        """Yield changes, but for what is recorded as dropped in this transaction.

        Of that, nothing tells any more whose it was.
        """
        if not self._gone:
            yield from changes
            return
        for change in changes:
            if (*change.key, 0) not in self._gone:
                columns = change.old_columns.items()
                left = {n: name for n, name in columns if (*change.key, n) not in self._gone}
                yield change if len(left) == len(columns) else replace(change, old_columns=left)

    def record(
        self, checker: Checker, steps: Sequence[Call], commands: Iterable[tuple[int, str]]
    ) -> None:
        """Record what revisions have made and dropped, and what they were permitted to change.

        Args:
            checker: tells what that is.
            steps: the revisions.
            commands: the numbers of the commands that have recorded revisions, and these.
        """
        writer, rows = self._writer, sorted(commands)
        self._footprints.append(checker.footprint)
        made = [
            self._describe(place, item, identity, steps, _find_revision(command, rows, steps))
            for place, (item, identity, command) in checker.find_made().items()
            if not (place in self._made or self._is_prepared(item))
        ]
        permitted = [
            RecordedObject(steps[-1].plugin, None, False, (*key, 0), item.kind, item.identity)
            for key, item in checker.find_permitted().items()
            if steps[-1].plugin != HOST
        ]
        for before, after in checker.remade.items():
            writer.execute(record_remade(writer.tables, before, after))
        self._insert([*made, *permitted])
        gone: list[Place] = [(*c.key, 0) for c in checker.changes if c.before and not c.after]
        gone += [(*c.key, number) for c in checker.changes for number in c.old_columns]
        if gone:
            writer.execute(record_dropped(writer.tables, gone))
            self._gone.update(gone)

    def record_new(
        self,
        items: Iterable[DatabaseObject],
        new: Collection[Key],
        permissions: Permissions,
        step: Call,
    ) -> None:
        """Record what a revision has made where no transaction tells of it.

        Args:
            items: what was made or changed.
            new: what was not there before.
            permissions: tell what may be the revision's.
            step: the revision.
        """
        self._is_known = False
        self._insert(
            [
                RecordedObject(step.plugin, step.id, True, (*item.key, 0), item.kind, item.identity)
                for item in items
                if item.key in new
                and not (item.is_part and permissions.is_own(item))
                and permissions.may_touch(item)
                and not self._is_prepared(item)
            ]
        )

    def _insert(self, rows: Iterable[RecordedObject]) -> None:
        new = [row for row in rows if not (row.made and row.place in self._made)]
        if new:
            writer = self._writer
            writer.write(record_objects(writer.tables, new, writer.epoch))
            self._made.update(row.place for row in new if row.made)

    def _is_prepared(self, item: DatabaseObject) -> bool:
        """Tell whether something was made for a plugin before its first revision ran."""
        return (item.kind, item.name) in self._writer.prepared

    def _describe(
        self,
        place: Place,
        item: DatabaseObject,
        identity: str,
        steps: Sequence[Call],
        revision: str,
    ) -> RecordedObject:
        plugin = next(step.plugin for step in reversed(steps) if step.id == revision)
        kind = f"{item.kind} column" if place[2] else item.kind
        return RecordedObject(plugin, revision, True, place, kind, identity)


def _find_revision(command: int, rows: Iterable[tuple[int, str]], steps: Sequence[Call]) -> str:
    """Return the revision that has run a command: its row comes right after what it has made."""
    return next((revision for number, revision in rows if number >= command), steps[-1].id)
