"""What a plan is made of: operations as values, which name what they are about and do nothing.

What does them stands in `alembic_plugins.execution.handlers`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from ..registry.version_tables import VersionTable


class Direction(StrEnum):
    """Which way a step goes; the value is the name of the revision's function."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"


@dataclass(frozen=True)
class Operation:
    """The base of all operations."""

    verb: ClassVar[str]
    """What it does, in a word or two, for readers."""

    @property
    def plugins(self) -> tuple[str, ...]:
        """The branches whose history it belongs to."""
        return ()

    @property
    def path_of(self) -> str | None:
        """The branch on whose search path it is run; None is the host's."""
        return None

    @property
    def detail(self) -> str | None:
        """What the history says of it besides; None is nothing."""
        return None

    def to_json(self) -> dict[str, object]:
        """Return the kind of operation and its fields, as JSON can have them."""
        values = {item.name: getattr(self, item.name) for item in fields(self)}
        return {"operation": type(self).__name__, **{k: _to_json(v) for k, v in values.items()}}

    @property
    def words(self) -> tuple[str, ...]:
        """What it does, in columns; what is only true or false is for JSON."""
        values = (getattr(self, item.name) for item in fields(self))
        return self.verb, *(_in_words(value) for value in values if not isinstance(value, bool))


def _to_json(value: object) -> object:
    if isinstance(value, tuple):
        return list(map(_to_json, value))
    return value if isinstance(value, bool | None) else str(value)


def _in_words(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)


@dataclass(frozen=True)
class Call(Operation):
    """The base of what calls a function of a branch, be it a revision's or a hook."""

    plugin: str

    runs: ClassVar[bool]
    """Whether the function is called."""

    @property
    def plugins(self) -> tuple[str, ...]:
        """The branch."""
        return (self.plugin,)

    @property
    def path_of(self) -> str | None:
        """The branch, where its function is called."""
        return self.plugin if self.runs else None

    @property
    def id(self) -> str:
        """By what the registry tells who has made something: the revision, or ``@`` and a hook."""
        raise NotImplementedError

    @property
    def is_downgrade(self) -> bool:
        """Whether the branch goes down."""
        raise NotImplementedError


@dataclass(frozen=True)
class Step(Call):
    """The base of what concerns one revision of a branch."""

    revision: str

    direction: ClassVar[Direction]

    knows_objects: ClassVar[bool] = False
    """Whether it is known what the revision has made, though it is not run."""

    @property
    def id(self) -> str:
        """The revision."""
        return self.revision

    @property
    def is_downgrade(self) -> bool:
        """Whether it is downgraded."""
        return self.direction is Direction.DOWNGRADE


class ApplyRevision(Step):
    """Run a revision's ``upgrade()``, and record it."""

    verb, direction, runs = "upgrade", Direction.UPGRADE, True


@dataclass(frozen=True)
class RevertRevision(Step):
    """Run a revision's ``downgrade()``, and record that.

    Where `may_fail`, what the revision has made is left to be dropped afterwards.
    """

    may_fail: bool = False

    verb, direction, runs = "downgrade", Direction.DOWNGRADE, True


class RecordApplied(Step):
    """Record that a revision is applied, without running it."""

    verb, direction, runs = "record", Direction.UPGRADE, False


class RecordReverted(Step):
    """Record that a revision is not applied, without running it."""

    verb, direction, runs = "record", Direction.DOWNGRADE, False

    @property
    def words(self) -> tuple[str, ...]:
        """What is done, of which branch, with which revision."""
        return *super().words, "as not applied"


class CheckObjects(Operation):
    """Check what the revisions before have touched, and record what they have made."""

    verb = "check objects"


@dataclass(frozen=True)
class PluginOperation(Operation):
    """The base of what concerns one plugin as a whole."""

    plugin: str

    is_outcome: ClassVar[bool] = False
    """Whether it decides what becomes of the plugin: it is what the command is about."""

    allows_interruption: ClassVar[bool] = False
    """Whether it may be done while a revision of the plugin is interrupted."""

    @property
    def plugins(self) -> tuple[str, ...]:
        """The plugin."""
        return (self.plugin,)


class CreateNamespace(PluginOperation):
    """Make a plugin's schema and its extensions, before its first revision."""

    verb = "create namespace"


class RegisterPlugin(PluginOperation):
    """Record a plugin as it is declared by now."""

    verb = "register"


class KeepAtBase(PluginOperation):
    """Keep a plugin installed of which nothing is applied any more."""

    verb = "keep at base"


@dataclass(frozen=True)
class LeaveAtBase(PluginOperation):
    """Forget a plugin of which nothing is applied any more, unless it has left something."""

    has_run: bool = False
    """Whether its downgrades were run, so that what is there was left by them."""

    is_outcome = True
    verb = "forget at base"


class RecoverPlugin(PluginOperation):
    """Record a plugin of which the registry has lost the row, as it is declared."""

    is_outcome = True
    verb = "recover"


class RemovePlugin(PluginOperation):
    """Forget a plugin of which nothing is left, and drop the schema that was made for it."""

    is_outcome = allows_interruption = True
    verb = "remove"


class QuarantinePlugin(PluginOperation):
    """Set a plugin's objects aside."""

    is_outcome = allows_interruption = True
    verb = "set aside"


class RestorePlugin(PluginOperation):
    """Bring a plugin's objects back that were set aside."""

    is_outcome = allows_interruption = True
    verb = "restore"


class ForgetPlugin(PluginOperation):
    """Remove a plugin from the registry, and leave its objects where they are."""

    is_outcome = allows_interruption = True
    verb = "forget"


class AcceptFiles(PluginOperation):
    """Record that a branch's applied revisions are what their files say now."""

    is_outcome = allows_interruption = True
    verb = "accept files"


@dataclass(frozen=True)
class RecordSquash(PluginOperation):
    """Record a squash in the place of what it replaces, if all of that is applied."""

    revision: str
    replaced: tuple[str, ...]

    verb = "record squash"


@dataclass(frozen=True)
class ClaimObjects(PluginOperation):
    """Record what nobody is known to have made as made by a plugin."""

    verb = "record objects"


class AcceptDrift(PluginOperation):
    """Record what the objects of a branch are by now, whoever has changed them."""

    allows_interruption = True
    verb = "accept drift"


@dataclass(frozen=True)
class StoreValue(PluginOperation):
    """Store a value of a plugin."""

    key: str
    value: object

    verb = "store"


@dataclass(frozen=True)
class DeleteValue(PluginOperation):
    """Delete a value that a plugin has stored."""

    key: str

    verb = "delete value"


@dataclass(frozen=True)
class DropUnknownObjects(Operation):
    """Drop what is in the schemas of plugins, and nobody is known to have made."""

    names: tuple[str, ...]

    verb = "drop unknown objects"


@dataclass(frozen=True)
class DropLeftovers(Operation):
    """Drop what the downgrades of plugins have left, or check that it is nothing.

    Attributes:
        names: the plugins.
        purge: whether it is dropped.
        with_unknown: whether what nobody is known to have made goes along.
    """

    names: tuple[str, ...]
    purge: bool
    with_unknown: bool = False

    verb = "drop leftovers"

    @property
    def words(self) -> tuple[str, ...]:
        """What is done to which plugins."""
        return self.verb if self.purge else "check for leftovers", ", ".join(self.names)


@dataclass(frozen=True)
class StageBackup(Operation):
    """Copy what the registry knows of plugins to where pg_dump sees it."""

    path: Path
    names: tuple[str, ...]

    verb = "prepare backup"


@dataclass(frozen=True)
class WriteBackup(Operation):
    """Write plugins to a backup, and check that nothing else is dropped after it."""

    path: Path
    names: tuple[str, ...]

    verb = "write backup"


@dataclass(frozen=True)
class KeepToBackup(Operation):
    """Check that nothing is dropped that is not in a backup, which is written already."""

    path: Path

    verb = "keep to backup"


@dataclass(frozen=True)
class DeleteVersionRows(Operation):
    """Delete rows of the version table that nothing explains."""

    rows: tuple[str, ...]

    verb = "delete version rows"


@dataclass(frozen=True)
class DropVersionTables(Operation):
    """Drop version tables of plugins' own, if they still say what is recorded."""

    tables: "tuple[VersionTable, ...]"

    verb = "drop version tables"


@dataclass(frozen=True)
class Eject(Operation):
    """Give the version table the rows that stock Alembic wants, and drop the registry."""

    rows: tuple[str, ...]

    verb = "eject"


def find_plugins(operations: Iterable[Operation]) -> tuple[str, ...]:
    """Return the branches that operations are about, in order."""
    return tuple(dict.fromkeys(name for operation in operations for name in operation.plugins))
