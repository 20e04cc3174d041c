"""Rows of the registry as frozen objects, and what is wrong with one that says what cannot be."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Row, Table

from .._base_errors import InvalidName, first_line
from .._warnings import is_untold
from ..plugin import (
    HOST,
    Namespace,
    Schema,
    check_name,
    is_name,
    parse_namespace,
    parse_requirement,
)
from ..revisions.files import RevisionInfo
from .errors import DamagedRow

log = logging.getLogger(__name__)

_PLUGIN, _REVISION, _JOURNAL = (
    "alembic_plugin",
    "alembic_plugin_revision",
    "alembic_plugin_journal",
)
_DIRECTIONS = ("upgrade", "downgrade")


@dataclass(frozen=True)
class InstalledPlugin:
    """A row of `alembic_plugin`: the database has this plugin.

    `quarantine` is the schema in which its objects are set aside; None where they are in use.
    `hooks` is what its declaration has named by that; `installing` tells whether the hook after its
    install is still to be called, and `synced` whether it has tables that no revision has made.
    `former` is what the registry calls it until it is renamed there; None where that is its name.
    """

    name: str
    package: str | None
    version: str | None
    namespace: Namespace
    schema_created: bool
    requires: tuple[str, ...]
    quarantine: str | None = None
    hooks: str | None = None
    installing: bool = False
    synced: bool = False
    former: str | None = None

    @property
    def recorded_name(self) -> str:
        """What the registry calls it."""
        return self.former or self.name

    @property
    def place(self) -> Namespace:
        """Where its objects are: in its namespace, or set aside."""
        return Schema(self.quarantine, create=False) if self.quarantine else self.namespace

    @classmethod
    def from_row(cls, row: Row[tuple[object, ...]]) -> "InstalledPlugin":
        """Make one of a row.

        Raises:
            DamagedRow: the row says what cannot be.
        """
        fields = _find_fields(row)
        name = str(fields["name"])
        reason = find_null(fields, ("name", "namespace", "schema_created", "requires"))
        if reason:
            raise DamagedRow(name, _PLUGIN, reason, name)
        try:
            check_name(name)
            namespace = parse_namespace(fields["namespace"])
            for requirement in fields["requires"]:
                parse_requirement(requirement)
        except (InvalidName, ValueError) as error:
            raise DamagedRow(name, _PLUGIN, first_sentence(error), name) from error
        return cls(
            name,
            fields["package"],
            fields["version"],
            namespace,
            fields["schema_created"],
            tuple(fields["requires"]),
            fields.get("quarantine"),
            fields.get("hooks"),
            bool(fields.get("installing")),
            bool(fields.get("synced")),
        )

    @classmethod
    def guess(cls, name: str, row: Row[tuple[object, ...]] | None = None) -> "InstalledPlugin":
        """Return what a plugin may be whose row is damaged or gone: with a schema, to be kept.

        What its row says and can be is taken.
        """
        fields = {} if row is None else _find_fields(row)
        namespace: Namespace = Schema(name, create=False)
        with suppress(InvalidName, ValueError):
            namespace = parse_namespace(str(fields.get("namespace")))
        created = bool(fields.get("schema_created"))
        package, version = fields.get("package"), fields.get("version")
        return cls(name, package, version, namespace, created, (), fields.get("quarantine"))


class AppliedRevision(NamedTuple):
    """A row of `alembic_plugin_revision`: the revision is applied.

    `depends_on` holds ids of revisions on other branches, resolved when it was applied;
    `checksum` tells the file as it was then, None where that was not to be had. `objects_known`
    tells whether all that it has made is recorded, as far as that is there.
    """

    revision: str
    plugin: str
    down_revision: tuple[str, ...]
    depends_on: tuple[str, ...]
    branch_labels: tuple[str, ...]
    description: str
    checksum: str | None = None
    objects_known: bool = True

    @classmethod
    def from_row(cls, row: Sequence[Any]) -> "AppliedRevision":
        """Make one of a row, which has the columns in the order of the attributes.

        Raises:
            DamagedRow: the row says what cannot be.
        """
        revision, plugin, down, depends, labels, *rest = row  # There may be tens of thousands.
        has_null = None in row[:6] or any(None in values for values in row[2:5])
        if has_null or not (plugin == HOST or is_name(plugin)):
            fields = dict(zip(cls._fields, row, strict=False))
            reason = find_null(fields, cls._fields[:6]) or f"'{plugin}' is no name for a plugin"
            raise DamagedRow(str(revision), _REVISION, reason, find_branch_name(plugin))
        return cls(revision, plugin, tuple(down), tuple(depends), tuple(labels), *rest)

    @classmethod
    def guess(cls, row: Sequence[Any]) -> "AppliedRevision":
        """Make one of a damaged row, of what is there."""
        revision, plugin, *lists, description = row[:6]
        down, depends, labels = (tuple(v for v in values or () if v) for values in lists)
        return cls(revision, plugin, down, depends, labels, description or "", *row[6:])

    @property
    def info(self) -> RevisionInfo:
        """The revision as its file would describe it."""
        return RevisionInfo(
            self.revision,
            self.down_revision,
            self.depends_on,
            self.branch_labels,
            self.description,
            None,
        )


def put_in_order(applied: Sequence[AppliedRevision]) -> tuple[AppliedRevision, ...]:
    """Return revisions, also one that was lost and recorded anew, after those that they follow."""
    known = {item.revision: item for item in applied}
    ordered: dict[str, AppliedRevision] = {}
    for item in applied:
        todo = [item]
        while todo:
            needed = (*todo[-1].down_revision, *todo[-1].depends_on)
            missing = [known[r] for r in needed if r in known and r not in ordered]
            if missing and len(todo) <= len(applied):
                todo += missing
            else:
                last = todo.pop()
                ordered.setdefault(last.revision, last)
    return tuple(ordered.values())


def find_heads(applied: Collection[AppliedRevision]) -> tuple[str, ...]:
    """Return those of a branch's applied revisions that no other follows."""
    followed = {down for revision in applied for down in revision.down_revision}
    return tuple(item.revision for item in applied if item.revision not in followed)


def find_circles(applied: Sequence[AppliedRevision]) -> Iterator[AppliedRevision]:
    """Yield revisions that follow themselves."""
    known = {item.revision: (number, item) for number, item in enumerate(applied)}
    for number, item in enumerate(applied):
        # Whatever follows itself comes before something that it follows: not all are walked.
        if any(known[down][0] >= number for down in item.down_revision if down in known):
            below = [known[down][1] for down in item.down_revision if down in known]
            found: set[str] = set()
            while below and item.revision not in found:
                last = below.pop()
                if last.revision not in found:
                    found.add(last.revision)
                    below += [known[down][1] for down in last.down_revision if down in known]
            if item.revision in found:
                yield item


@dataclass(frozen=True)
class Interruption:
    """A row of `alembic_plugin_journal`: a revision has committed a part of itself.

    Attributes:
        direction: ``upgrade`` or ``downgrade``.
        statements: what it has done and committed, in order, as the journal calls them.
        pending: what it was doing outside of a transaction when last heard of.
        invalid_before: the invalid indexes that were there before it began.
    """

    revision: str
    plugin: str
    direction: str
    statements: tuple[str, ...] = ()
    pending: str | None = None
    invalid_before: tuple[str, ...] = ()

    @classmethod
    def from_row(cls, row: Row[tuple[object, ...]]) -> "Interruption":
        """Make one of a row.

        Raises:
            DamagedRow: the row says what cannot be.
        """
        fields = _find_fields(row)
        names = ("revision", "plugin", "direction", "statements", "invalid_before")
        reason = find_null(fields, names)
        owner = find_branch_name(fields["plugin"])
        if not reason and not owner:
            reason = f"'{fields['plugin']}' is no name for a plugin"
        if not reason and fields["direction"] not in _DIRECTIONS:
            reason = f"its direction is '{fields['direction']}'"
        if reason:
            raise DamagedRow(str(fields["revision"]), _JOURNAL, reason, owner)
        return cls(
            fields["revision"],
            fields["plugin"],
            fields["direction"],
            tuple(fields["statements"]),
            fields["pending"],
            tuple(fields["invalid_before"]),
        )


def find_null(fields: Mapping[str, Any], names: Collection[str]) -> str | None:
    """Return in words which of some columns is NULL, or has a NULL in its list."""
    for name in names:
        value = fields[name]
        if value is None:
            return f"its {name} is NULL"
        if isinstance(value, list | tuple) and None in value:
            return f"a value in its {name} is NULL"
    return None


def skip_damaged(
    rows: Iterable[Row[Any]],
    table: Table,
    find_fault: Callable[[Mapping[str, Any]], str | None] = lambda _fields: None,
) -> Iterator[Mapping[str, Any]]:
    """Yield rows by their columns, and warn once of each that is damaged.

    Args:
        rows: the rows.
        table: the table, whose columns have no NULL where there may be none.
        find_fault: tells in words what else is wrong with a row.
    """
    needed = [column.name for column in table.c if not column.nullable]
    for row in rows:
        fields = _find_fields(row)
        reason = find_fault(fields) or find_null(fields, needed)
        if reason is None:
            yield fields
            continue
        error = DamagedRow(
            str(fields["id"]), table.name, reason, find_branch_name(fields["plugin"])
        )
        if is_untold(error):
            log.warning("%s", error)


def find_branch_name(name: object) -> str:
    """Return the name of a plugin or the host, or nothing where it can be neither."""
    return str(name) if name == HOST or is_name(str(name or "")) else ""


def _find_fields(row: Row[tuple[object, ...]]) -> dict[str, Any]:
    return dict(row._mapping)


def first_sentence(error: Exception) -> str:
    """Return what an error says is the case, without the way out, which is another one's here."""
    return first_line(error).partition(". ")[0]
