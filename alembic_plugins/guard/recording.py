"""Record what revisions have made and dropped, in the transaction that has."""

from collections.abc import Collection, Iterable, Sequence

from ..catalog.objects import DatabaseObject
from ..catalog.transaction_rows import Key, Place
from ..connection.writer import RegistryWriter
from ..namespaces.object_statements import record_dropped, record_objects, record_remade
from ..namespaces.recorded import RecordedObject
from ..planning.operations import Step
from ..plugin import HOST
from .permissions import Permissions
from .rules import Checker


class Recorder:
    """Record objects.

    Args:
        writer: executes that.
    """

    def __init__(self, writer: RegistryWriter) -> None:
        self._writer = writer

    def record(
        self, checker: Checker, steps: Sequence[Step], commands: Iterable[tuple[int, str]]
    ) -> None:
        """Record what revisions have made and dropped, and what they were permitted to change.

        Args:
            checker: tells what that is.
            steps: the revisions.
            commands: the numbers of the commands that have recorded revisions, and these.
        """
        writer, rows = self._writer, sorted(commands)
        made = [
            self._describe(place, item, identity, steps, _find_revision(command, rows, steps))
            for place, (item, identity, command) in checker.find_made().items()
            if not self._is_prepared(item)
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

    def record_new(
        self,
        items: Iterable[DatabaseObject],
        new: Collection[Key],
        permissions: Permissions,
        step: Step,
    ) -> None:
        """Record what a revision has made where no transaction tells of it.

        Args:
            items: what was made or changed.
            new: what was not there before.
            permissions: tell what may be the revision's.
            step: the revision.
        """
        self._insert(
            [
                RecordedObject(
                    step.plugin, step.revision, True, (*item.key, 0), item.kind, item.identity
                )
                for item in items
                if item.key in new
                and not (item.is_part and permissions.is_own(item))
                and permissions.may_touch(item)
                and not self._is_prepared(item)
            ]
        )

    def _insert(self, rows: Sequence[RecordedObject]) -> None:
        if rows:
            writer = self._writer
            writer.write(record_objects(writer.tables, rows, writer.epoch))

    def _is_prepared(self, item: DatabaseObject) -> bool:
        """Tell whether something was made for a plugin before its first revision ran."""
        return (item.kind, item.name) in self._writer.prepared

    def _describe(
        self,
        place: Place,
        item: DatabaseObject,
        identity: str,
        steps: Sequence[Step],
        revision: str,
    ) -> RecordedObject:
        plugin = next(step.plugin for step in reversed(steps) if step.revision == revision)
        kind = f"{item.kind} column" if place[2] else item.kind
        return RecordedObject(plugin, revision, True, place, kind, identity)


def _find_revision(command: int, rows: Iterable[tuple[int, str]], steps: Sequence[Step]) -> str:
    """Return the revision that has run a command: its row comes right after what it has made."""
    return next((revision for number, revision in rows if number >= command), steps[-1].revision)
