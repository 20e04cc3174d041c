"""Our own tables: what the database remembers about plugins.

They stand in the version table's schema. The comment of the first one tells their version.
"""

from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Identity,
    MetaData,
    Table,
    Text,
    cast,
    text,
)
from sqlalchemy.sql.elements import BindParameter, ColumnElement
from sqlalchemy.types import TypeDecorator

VERSION = "alembic-plugins registry 1"
"""The version of the tables below, as it stands in the comment of `alembic_plugin`."""


class TextList(TypeDecorator[list[str]]):
    """``text[]``; a value says its type, which PostgreSQL cannot tell of an empty ``ARRAY[]``."""

    impl = ARRAY(Text)
    cache_ok = True

    def bind_expression(self, bindvalue: BindParameter[list[str]]) -> ColumnElement[list[str]]:
        """Wrap each value in a cast."""
        return cast(bindvalue, ARRAY(Text))  # type: ignore[arg-type]  # a Sequence is a list here


@dataclass(frozen=True)
class Tables:
    """The tables of one registry.

    Attributes:
        plugin: one row an installed plugin.
        revision: one row an applied revision, of the host too; `position` tells the order.
        event: who did what, when, how long and with what outcome; rows are only ever added.
    """

    metadata: MetaData
    plugin: Table
    revision: Table
    event: Table

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the tables, without their schema."""
        return tuple(table.name for table in (self.plugin, self.revision, self.event))


@cache
def make_tables(schema: str | None) -> Tables:
    """Return the tables of the registry in `schema`; None is the first one on the search path."""
    metadata = MetaData(schema=schema)
    return Tables(metadata, _plugin(metadata), _revision(metadata), _event(metadata))


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
        comment=VERSION,
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


_NOW = text("clock_timestamp()")
