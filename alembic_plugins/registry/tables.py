"""Our own tables: what the database remembers about plugins.

They stand in the version table's schema. The comment of the first one tells their version.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    cast,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, OID
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.types import TypeDecorator


class TextList(TypeDecorator[list[str]]):
    """``text[]``; a value says its type, which PostgreSQL cannot tell of an empty ``ARRAY[]``."""

    impl = ARRAY(Text)
    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[list[str]]) -> ColumnElement[list[str]]:
        """Wrap each value in a cast."""
        return cast(bindvalue, ARRAY(Text))  # type: ignore[arg-type]  # a Sequence is a list here


VERSION = 5
"""The version of the tables below."""

BACKUP_SCHEMA = "alembic_plugin_backup"
"""The schema with tables like the registry's, which go into a backup and come out of it."""

TRANSFER = Table(
    "alembic_plugin_transfer",
    MetaData(schema=BACKUP_SCHEMA),
    Column("action", Text, nullable=False),
    Column("backup", Text, nullable=False),
    Column("path", Text, nullable=False),
    Column("registry", Text, nullable=False),
)
"""One row: what the command that is at work in that schema does. It goes into no backup."""

EXTRA = Table(
    "alembic_plugin_extra",
    MetaData(schema=BACKUP_SCHEMA),
    Column("position", Integer, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("statement", Text, nullable=False),
    Column("roles", TextList, nullable=False),
)
"""One row a statement that brings back what pg_dump leaves out of a backup."""

HOOK_MARK = "@"
"""What stands before the name of a hook where else a revision's id is, which cannot have it."""

SYNC_MARK = f"{HOOK_MARK}sync"
"""What is there of what a sync of declared tables has made; no hook goes by that name."""

FIX_MARK = f"{HOOK_MARK}fix"
"""What is there while what was changed by hand is brought back; no hook goes by that name."""

_COMMENT = "alembic-plugins registry "
"""What the comment of `alembic_plugin` says before the version."""

_SINCE_2 = {"since": 2}
"""Marks what version 2 has added: an older registry gets it from the first command that writes."""

_SINCE_3 = {"since": 3}
_SINCE_4 = {"since": 4}
_SINCE_5 = {"since": 5}

REMOVED_IN_3 = (("alembic_plugin_revision", "objects"), ("alembic_plugin_journal", "made"))
"""The columns of version 2 that version 3 does without: `alembic_plugin_object` has the objects."""


@dataclass(frozen=True)
class Tables:
    """The tables of one registry.

    Attributes:
        plugin: one row an installed plugin.
        revision: one row an applied revision, of the host too; `position` tells the order.
        event: who did what, when, how long and with what outcome; rows are only ever added.
        journal: one row a revision that has committed a part of itself, while it runs or since
            it was interrupted.
        object: one row an object that a revision has made, or that a plugin may change.
        value: one row a value that a plugin has stored.
        snapshot: one row a branch: what its objects were after its last step.
    """

    metadata: MetaData
    plugin: Table
    revision: Table
    event: Table
    journal: Table
    object: Table
    value: Table
    snapshot: Table

    @property
    def all(self) -> tuple[Table, ...]:
        """The tables, first the one whose comment tells the version."""
        first = (self.plugin, self.revision, self.event, self.journal)
        return (*first, self.object, self.value, self.snapshot)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tables, without their schema."""
        return tuple(table.name for table in self.all)


@cache
def make_tables(schema: str | None) -> Tables:
    """Return the tables of the registry in `schema`; None is the first one on the search path."""
    metadata = MetaData(schema=schema)
    makers = (_plugin, _revision, _event, _journal, _object, _value, _snapshot)
    return Tables(metadata, *(make(metadata) for make in makers))


def find_version(comment: str | None) -> int | None:
    """Return the version that the comment of `alembic_plugin` tells, None where it tells none."""
    _, ours, number = (comment or "").rpartition(_COMMENT)
    return int(number) if ours and number.isdecimal() else None


def is_since(item: Table | Column[Any] | Index, version: int) -> bool:
    """Tell whether a registry of some version has a table, a column or an index."""
    return int(item.info.get("since", 1)) <= version


def _plugin(metadata: MetaData) -> Table:
    return Table(
        "alembic_plugin",
        metadata,
        Column("name", Text, primary_key=True),
        Column("package", Text),
        Column("version", Text),
        Column("namespace", Text, nullable=False),
        Column("schema_created", Boolean, nullable=False),
        Column("requires", TextList, nullable=False),
        Column("installed_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        # The schema in which the plugin's objects are set aside, if they are.
        Column("quarantine", Text, info=_SINCE_2),
        # Where its own hooks are, to tell of them when they are gone.
        Column("hooks", Text, info=_SINCE_4),
        # Whether the hook after its install is still to be called.
        Column("installing", Boolean, nullable=False, server_default=text("false"), info=_SINCE_4),
        # Whether tables of it were made without revisions, as it declares them.
        Column("synced", Boolean, nullable=False, server_default=text("false"), info=_SINCE_4),
        comment=f"{_COMMENT}{VERSION}",
    )


def _revision(metadata: MetaData) -> Table:
    return Table(
        "alembic_plugin_revision",
        metadata,
        Column("revision", Text, primary_key=True),
        Column("plugin", Text, nullable=False, index=True),
        Column("position", BigInteger, Identity(always=True), nullable=False, unique=True),
        Column("down_revision", TextList, nullable=False),
        Column("depends_on", TextList, nullable=False),
        Column("branch_labels", TextList, nullable=False),
        Column("description", Text, nullable=False),
        Column("downgrade_sql", TextList),
        Column("downgrade_reason", Text),
        Column("applied_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        Column("applied_by", Text, nullable=False, server_default=text("session_user")),
        Column("duration_ms", BigInteger),
        # The file as it was applied: to tell whether it has changed since, and never to run it.
        Column("checksum", Text, info=_SINCE_2),
        Column("source", Text, info=_SINCE_2),
        Column("downgrade_checksum", Text, info=_SINCE_2),
        # Whether all that the revision has made is in `alembic_plugin_object`.
        Column(
            "objects_known", Boolean, nullable=False, server_default=text("false"), info=_SINCE_3
        ),
    )


def _event(metadata: MetaData) -> Table:
    return Table(
        "alembic_plugin_event",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("plugin", Text, nullable=False),
        Column("action", Text, nullable=False),
        Column("from_revisions", TextList, nullable=False),
        Column("to_revisions", TextList, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("detail", Text),
        Column("happened_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        Column("happened_by", Text, nullable=False, server_default=text("session_user")),
        Column("duration_ms", BigInteger),
    )


def _journal(metadata: MetaData) -> Table:
    return Table(
        "alembic_plugin_journal",
        metadata,
        Column("revision", Text, primary_key=True),
        Column("plugin", Text, nullable=False),
        Column("direction", Text, nullable=False),
        Column("statements", TextList, nullable=False),
        Column("pending", Text),
        Column("invalid_before", TextList, nullable=False),
        Column("started_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        Column("started_by", Text, nullable=False, server_default=text("session_user")),
        info=_SINCE_2,
    )


def _object(metadata: MetaData) -> Table:
    table = Table(
        "alembic_plugin_object",
        metadata,
        Column("id", BigInteger, Identity(always=True), primary_key=True),
        Column("plugin", Text, nullable=False),
        # A revision's id, or with `HOOK_MARK` before its name a hook, or `SYNC_MARK`.
        Column("revision", Text),
        # Whether the revision has made it; else the plugin's declaration lets it change it.
        Column("made", Boolean, nullable=False),
        # PostgreSQL's identity of it, as in `pg_depend`; `objsubid` is the number of a column.
        Column("classid", OID, nullable=False),
        Column("objid", OID, nullable=False),
        Column("objsubid", Integer, nullable=False),
        # Where these numbers hold: after a dump and restore, kind and identity find them anew.
        Column("epoch", Text, nullable=False),
        Column("kind", Text, nullable=False),
        Column("identity", Text, nullable=False),
        info=_SINCE_3,
    )
    Index("alembic_plugin_object_objid", table.c.objid)
    Index("alembic_plugin_object_plugin", table.c.plugin, info=_SINCE_5)
    return table


def _value(metadata: MetaData) -> Table:
    # What a plugin has stored goes with its row, and no value comes for a plugin that has none,
    # whoever writes it: an application needs no rights on the other tables for that.
    plugin = ForeignKey("alembic_plugin.name", ondelete="CASCADE", onupdate="CASCADE")
    return Table(
        "alembic_plugin_value",
        metadata,
        Column("plugin", Text, plugin, primary_key=True),
        # By this collation the index finds all keys with a prefix.
        Column("key", Text(collation="C"), primary_key=True),
        Column("value", JSONB, nullable=False),
        info=_SINCE_4,
    )


def _snapshot(metadata: MetaData) -> Table:
    return Table(
        "alembic_plugin_snapshot",
        metadata,
        Column("plugin", Text, primary_key=True),
        # The heads of the branch.
        Column("revisions", TextList, nullable=False),
        Column("recorded_at", DateTime(timezone=True), nullable=False, server_default=_NOW),
        # The major version of the server, and the version of the query: both decide on words.
        Column("server_version", Integer, nullable=False),
        Column("format", Integer, nullable=False),
        # As in `alembic_plugin_object`: where the numbers of objects hold.
        Column("epoch", Text, nullable=False),
        # By kind and identity: the parts of the definition, notes, and the number of the object.
        Column("definitions", JSONB, nullable=False),
        Column("notes", JSONB, nullable=False),
        Column("places", JSONB, nullable=False),
        info=_SINCE_5,
    )


_NOW = text("clock_timestamp()")
