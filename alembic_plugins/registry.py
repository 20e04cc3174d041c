"""What the database remembers: the version table, the plugins, the applied revisions, the events.

Reading gives frozen objects; the statements that record are built here and executed by
`alembic_plugins.executor`, which is how they come out the same online and offline.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from sqlalchemy import Connection, Executable, Row, Table, bindparam, select, text

from .plugin import Namespace, parse_namespace
from .refusals import IncompleteRegistry, NewerRegistry
from .revisionfile import RevisionInfo
from .tables import VERSION, Tables
from .undo import Undo

# Which of our tables and the version table are there, with their comments.
_FIND_TABLES = text("""
    SELECT c.relname, obj_description(c.oid, 'pg_class') AS comment
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relname = ANY (:names) AND c.relkind IN ('r', 'p')
      AND CASE WHEN CAST(:schema AS text) IS NULL
               THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname = :schema END
""").bindparams(bindparam("names"), bindparam("schema"))


@dataclass(frozen=True)
class InstalledPlugin:
    """A row of `alembic_plugin`: the database has this plugin."""

    name: str
    package: str | None
    version: str | None
    namespace: Namespace
    schema_created: bool
    requires: tuple[str, ...]

    @classmethod
    def from_row(cls, row: Row[tuple[object, ...]]) -> "InstalledPlugin":
        """Make one of a row."""
        fields = row._mapping
        return cls(
            fields["name"],
            fields["package"],
            fields["version"],
            parse_namespace(fields["namespace"]),
            fields["schema_created"],
            tuple(fields["requires"]),
        )


@dataclass(frozen=True)
class AppliedRevision:
    """A row of `alembic_plugin_revision`: the revision is applied.

    `depends_on` holds ids of revisions on other branches, resolved when it was applied.
    """

    revision: str
    plugin: str
    down_revision: tuple[str, ...]
    depends_on: tuple[str, ...]
    branch_labels: tuple[str, ...]
    description: str

    @classmethod
    def from_row(cls, row: Row[tuple[object, ...]]) -> "AppliedRevision":
        """Make one of a row."""
        fields = row._mapping
        return cls(
            fields["revision"],
            fields["plugin"],
            tuple(fields["down_revision"]),
            tuple(fields["depends_on"]),
            tuple(fields["branch_labels"]),
            fields["description"],
        )

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


@dataclass(frozen=True)
class Event:
    """A row of `alembic_plugin_event`: something was done, or failed."""

    plugin: str
    action: str
    from_revisions: tuple[str, ...]
    to_revisions: tuple[str, ...]
    outcome: str
    detail: str | None
    happened_at: datetime
    happened_by: str
    duration_ms: int | None


@dataclass(frozen=True)
class State:
    """The whole of what the database remembers, at one moment.

    Attributes:
        rows: the version table's.
        applied: the applied revisions, in order of application.
        plugins: the installed plugins by name.
        version_table: whether there is one.
        registry: whether our tables are there.
    """

    rows: frozenset[str] = frozenset()
    applied: tuple[AppliedRevision, ...] = ()
    plugins: Mapping[str, InstalledPlugin] = field(default_factory=dict)
    version_table: bool = False
    registry: bool = False

    @cached_property
    def by_revision(self) -> Mapping[str, AppliedRevision]:
        """The applied revisions by id."""
        return {applied.revision: applied for applied in self.applied}

    @cached_property
    def branches(self) -> tuple[str, ...]:
        """The branches with applied revisions, in the order in which they were begun."""
        return tuple(dict.fromkeys(applied.plugin for applied in self.applied))

    def of(self, branch: str) -> tuple[AppliedRevision, ...]:
        """Return the applied revisions of one branch."""
        return tuple(applied for applied in self.applied if applied.plugin == branch)

    def heads(self, branch: str) -> tuple[str, ...]:
        """Return the rows that the version table should have for one branch."""
        return find_heads(self.of(branch))

    def with_applied(self, applied: Sequence[AppliedRevision]) -> "State":
        """Return the state with other applied revisions."""
        return replace(self, applied=tuple(applied))


def find_heads(applied: Collection[AppliedRevision]) -> tuple[str, ...]:
    """Return those of a branch's applied revisions that no other follows."""
    followed = {down for revision in applied for down in revision.down_revision}
    return tuple(item.revision for item in applied if item.revision not in followed)


def read_state(connection: Connection, version_table: Table, tables: Tables) -> State:
    """Return what the database remembers.

    Raises:
        IncompleteRegistry: some of our tables are gone.
        NewerRegistry: a later release of ours made them.
    """
    names = [version_table.name, *tables.names]
    parameters = {"names": names, "schema": version_table.schema}
    found = connection.execute(_FIND_TABLES, parameters)
    comments = {row.relname: row.comment for row in found}
    rows: frozenset[str] = frozenset()
    if version_table.name in comments:
        rows = frozenset(connection.scalars(select(version_table.c.version_num)))
    missing = [name for name in tables.names if name not in comments]
    if missing and len(missing) < len(tables.names):
        raise IncompleteRegistry(tuple(missing))
    if missing:
        return State(rows, version_table=version_table.name in comments)
    if comments[tables.plugin.name] != VERSION:
        raise NewerRegistry(str(comments[tables.plugin.name]), VERSION)
    plugins = [InstalledPlugin.from_row(row) for row in connection.execute(select(tables.plugin))]
    applied = connection.execute(select(tables.revision).order_by(tables.revision.c.position))
    return State(
        rows,
        tuple(AppliedRevision.from_row(row) for row in applied),
        {plugin.name: plugin for plugin in plugins},
        version_table.name in comments,
        registry=True,
    )


def read_events(connection: Connection, tables: Tables, plugin: str | None) -> tuple[Event, ...]:
    """Return the events of a plugin, or of all, in the order in which they happened."""
    event = tables.event
    names = Event.__dataclass_fields__
    query = select(*(event.c[name] for name in names)).order_by(event.c.id)
    if plugin is not None:
        query = query.where(event.c.plugin == plugin)
    return tuple(
        Event(
            **{
                **row._mapping,
                "from_revisions": tuple(row.from_revisions),
                "to_revisions": tuple(row.to_revisions),
            }
        )
        for row in connection.execute(query)
    )


def record_versions(
    table: Table, before: Collection[str], after: Collection[str]
) -> list[Executable]:
    """Return the statements that take the version table from one set of rows to another."""
    gone = sorted(set(before) - set(after))
    new = sorted(set(after) - set(before))
    column = table.c.version_num
    moved = min(len(gone), len(new))
    statements: list[Executable] = [
        table.update().values(version_num=to).where(column == from_)
        for from_, to in zip(gone, new, strict=False)
    ]
    statements += [table.delete().where(column == revision) for revision in gone[moved:]]
    statements += [table.insert().values(version_num=revision) for revision in new[moved:]]
    return statements


def read_undo(connection: Connection, tables: Tables, revision: str) -> Undo:
    """Return what takes back a revision that is applied."""
    columns = (tables.revision.c.downgrade_sql, tables.revision.c.downgrade_reason)
    row = connection.execute(select(*columns).where(tables.revision.c.revision == revision)).one()
    statements = None if row.downgrade_sql is None else tuple(row.downgrade_sql)
    return Undo(statements, row.downgrade_reason)


def record_applied(
    tables: Tables, applied: AppliedRevision, undo: Undo, duration_ms: int | None
) -> Executable:
    """Return the statement that remembers an applied revision."""
    return tables.revision.insert().values(
        revision=applied.revision,
        plugin=applied.plugin,
        down_revision=list(applied.down_revision),
        depends_on=list(applied.depends_on),
        branch_labels=list(applied.branch_labels),
        description=applied.description,
        downgrade_sql=None if undo.statements is None else list(undo.statements),
        downgrade_reason=undo.reason,
        duration_ms=duration_ms,
    )


def record_reverted(tables: Tables, revision: str) -> Executable:
    """Return the statement that forgets a revision that was taken back."""
    return tables.revision.delete().where(tables.revision.c.revision == revision)


def record_installed(tables: Tables, plugin: InstalledPlugin, *, known: bool) -> Executable:
    """Return the statement that remembers a plugin, which may be known already."""
    values = {
        "package": plugin.package,
        "version": plugin.version,
        "namespace": str(plugin.namespace),
        "schema_created": plugin.schema_created,
        "requires": list(plugin.requires),
    }
    if known:
        return tables.plugin.update().values(values).where(tables.plugin.c.name == plugin.name)
    return tables.plugin.insert().values(name=plugin.name, **values)


def record_uninstalled(tables: Tables, name: str) -> Executable:
    """Return the statement that forgets a plugin."""
    return tables.plugin.delete().where(tables.plugin.c.name == name)


def record_event(tables: Tables, event: Mapping[str, object]) -> Executable:
    """Return the statement that adds an event, whose columns `event` gives."""
    return tables.event.insert().values(**event)
