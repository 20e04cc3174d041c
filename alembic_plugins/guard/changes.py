"""What a transaction has done to objects, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..catalog.objects import DatabaseObject
from ..catalog.oids import PG_CLASS
from ..catalog.transaction_rows import Key
from ..plugin import HOST

CHANGING = ("AccessExclusiveLock", "ShareUpdateExclusiveLock", "ShareRowExclusiveLock")
"""The locks under which a relation may have become something else."""


@dataclass(frozen=True)
class Change:
    """What the transaction has done to an object.

    Attributes:
        key: the object, by its identity.
        before: the object as others see it, with who had made it and might change it then; None
            where the transaction has made it.
        after: the object as the transaction sees it; None where it has dropped it.
        modes: the locks on it, in PostgreSQL's words.
        command: the number of the command in the transaction that has made it, or changed it since.
        is_written: whether its row in a catalog was written.
        is_referred: whether something that was written has come to depend on it.
        is_reshaped: whether a relation of another's is not what it was.
        is_regranted: whether the privileges on it are not what they were.
        scans: how often a relation was read.
        inserted: how many rows were inserted into a relation, rolled back ones too.
        changed: how many were updated or deleted.
        new_columns: the columns that a relation of another's has got, by number.
        old_columns: the columns that it has lost.
    """

    key: Key
    before: DatabaseObject | None
    after: DatabaseObject | None
    modes: frozenset[str] = frozenset()
    command: int = 0
    is_written: bool = False
    is_referred: bool = False
    is_reshaped: bool = False
    is_regranted: bool = False
    scans: int = 0
    inserted: int = 0
    changed: int = 0
    new_columns: Mapping[int, str] = field(default_factory=dict)
    old_columns: Mapping[int, str] = field(default_factory=dict)

    @property
    def item(self) -> DatabaseObject:
        """The object: as it was, or a new one as it is."""
        item = self.before or self.after
        assert item is not None  # noqa: S101 - somebody has seen it
        return item


@dataclass(frozen=True)
class Footprint:
    """What the transaction has done.

    Attributes:
        changes: what it has done to objects.
        shared: what it has changed that is in no schema, in words.
        catalogs: the system catalogs to whose rows it has written by itself.
        written: the catalogs of the objects whose rows it has written, by number.
    """

    changes: tuple[Change, ...] = ()
    shared: tuple[str, ...] = ()
    catalogs: tuple[str, ...] = ()
    written: frozenset[int] = frozenset()

    @property
    def kinds(self) -> frozenset[str]:
        """PostgreSQL's words for what it has changed, without what hangs on new tables."""
        return frozenset(change.item.kind for change in self.changes)

    @property
    def alters(self) -> bool:
        """Whether something that was there may have another name, which others refer to."""
        return any(
            change.before is not None
            and change.after is not None
            and (
                "AccessExclusiveLock" in change.modes
                if change.key[0] == PG_CLASS
                else change.is_written
            )
            for change in self.changes
        )


@dataclass(frozen=True)
class Effect:
    """Something that revisions do, to whomever it is; as text, a sentence without its subject.

    Attributes:
        verb: what they do: ``creates``, ``drops``, ``alters``, ``writes to`` ...
        kind: PostgreSQL's word for what they do it to: table, function, role ...
        identity: what SQL calls that, with its schema.
        owner: whose it is: a plugin, ``host``, or None for what belongs to the whole database.
    """

    verb: str
    kind: str
    identity: str
    owner: str | None

    def __str__(self) -> str:
        return f"{self.verb} {describe_owned(f'{self.kind} {self.identity}', self.owner)}"


def describe_owned(what: str, owner: str | None) -> str:
    """Return what something is, and whose, in words; None is what is nobody's."""
    whose = {None: "", HOST: ", which belongs to the host"}
    return what + whose.get(owner, f", which belongs to plugin '{owner}'")
