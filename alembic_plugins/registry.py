"""What the database remembers: the version table, the plugins, the applied revisions, the events.

Reading gives frozen objects; `alembic_plugins.records` has the statements that record.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Table, inspect, select, type_coerce
from sqlalchemy.types import NullType

from .errors import first_line
from .plugin import HOST, Namespace, Schema, parse_namespace, parse_requirement
from .refusals import DamagedRow, IncompleteRegistry, NewerRegistry, UntrustedObjects
from .revisionfile import RevisionInfo
from .sql import FIND_TABLES
from .tables import BACKUP_SCHEMA, TRANSFER, VERSION, Tables, find_version, is_since


@dataclass(frozen=True)
class InstalledPlugin:
    """A row of `alembic_plugin`: the database has this plugin.

    `quarantine` is the schema in which its objects are set aside; None where they are in use.
    """

    name: str
    package: str | None
    version: str | None
    namespace: Namespace
    schema_created: bool
    requires: tuple[str, ...]
    quarantine: str | None = None

    @property
    def place(self) -> Namespace:
        """Where its objects are: in its namespace, or set aside."""
        return Schema(self.quarantine, create=False) if self.quarantine else self.namespace

    @classmethod
    def from_row(cls, row: Row[tuple[object, ...]]) -> "InstalledPlugin":
        """Make one of a row."""
        fields = row._mapping
        try:
            namespace = parse_namespace(fields["namespace"])
            for requirement in fields["requires"]:
                parse_requirement(requirement)
        except (TypeError, ValueError) as error:
            raise DamagedRow(fields["name"], "alembic_plugin", first_line(error)) from error
        return cls(
            fields["name"],
            fields["package"],
            fields["version"],
            namespace,
            fields["schema_created"],
            tuple(fields["requires"]),
            fields.get("quarantine"),
        )


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
        """Make one of a row, which has the columns in the order of the attributes."""
        revision, plugin, down, depends, labels, *rest = row  # There may be tens of thousands.
        try:
            return cls(revision, plugin, tuple(down), tuple(depends), tuple(labels), *rest)
        except TypeError as error:
            table = "alembic_plugin_revision"
            raise DamagedRow(str(revision), table, "a list in it is NULL") from error

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
        """Make one of a row."""
        fields = row._mapping
        lists = (fields["statements"], fields["invalid_before"])
        if None in lists:
            name, table = str(fields["revision"]), "alembic_plugin_journal"
            raise DamagedRow(name, table, "a list in it is NULL")
        statements, invalid = map(tuple, lists)
        return cls(
            fields["revision"],
            fields["plugin"],
            fields["direction"],
            statements,
            fields["pending"],
            invalid,
        )


@dataclass(frozen=True)
class State:
    """The whole of what the database remembers, at one moment.

    Attributes:
        rows: the version table's.
        applied: the applied revisions, in order of application.
        plugins: the installed plugins by name.
        version_table: whether there is one.
        registry: the version of our tables; 0 where they are not there.
        quarantined: the plugins that are set aside, by name.
        kept: the revisions of those, in order of application.
        interruptions: the revisions that have committed a part of themselves, by plugin.
        lost: the plugins of which revisions are remembered, and nothing else.
        host_schema: the schema of the host's tables; None where there is none.
        first_schema: the first one that is there on the search path.
        role: as whom the command runs.
        in_transfer: whether a command writes or restores a backup, or was ended while it did.
        holding: the plugins at base of which objects are remembered.
    """

    rows: frozenset[str] = frozenset()
    applied: tuple[AppliedRevision, ...] = ()
    plugins: Mapping[str, InstalledPlugin] = field(default_factory=dict)
    version_table: bool = False
    registry: int = 0
    quarantined: Mapping[str, InstalledPlugin] = field(default_factory=dict)
    kept: tuple[AppliedRevision, ...] = ()
    interruptions: Mapping[str, Interruption] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    host_schema: str | None = field(default=None, compare=False)
    first_schema: str | None = field(default=None, compare=False)
    role: str = field(default="", compare=False)
    in_transfer: bool = False
    holding: frozenset[str] = frozenset()

    @property
    def at_base(self) -> frozenset[str]:
        """The installed plugins of which nothing is applied."""
        return frozenset(self.plugins.keys() - {*self.branches, *self.interruptions})

    @property
    def leftover(self) -> frozenset[str]:
        """The plugins at base that have left something behind, by which they are still known."""
        return self.at_base & self.holding

    @cached_property
    def by_revision(self) -> Mapping[str, AppliedRevision]:
        """The applied revisions by id."""
        return {applied.revision: applied for applied in self.applied}

    @cached_property
    def positions(self) -> Mapping[str, int]:
        """How many revisions were applied before each."""
        return {applied.revision: number for number, applied in enumerate(self.applied)}

    @cached_property
    def branches(self) -> tuple[str, ...]:
        """The branches with applied revisions, in the order in which they were begun."""
        return tuple(dict.fromkeys(applied.plugin for applied in self.applied))

    def of(self, branch: str) -> tuple[AppliedRevision, ...]:
        """Return the applied revisions of one branch."""
        return self._by_branch.get(branch, ())

    @cached_property
    def _by_branch(self) -> Mapping[str, tuple[AppliedRevision, ...]]:
        found: dict[str, list[AppliedRevision]] = {}
        for applied in self.applied:
            found.setdefault(applied.plugin, []).append(applied)
        return {branch: tuple(items) for branch, items in found.items()}

    def kept_of(self, name: str) -> tuple[AppliedRevision, ...]:
        """Return the revisions of a plugin that is set aside."""
        return tuple(item for item in self.kept if item.plugin == name)

    def heads(self, branch: str) -> tuple[str, ...]:
        """Return the rows that the version table should have for one branch."""
        return find_heads(self.of(branch))

    def with_applied(self, applied: Sequence[AppliedRevision]) -> "State":
        """Return the state with other applied revisions."""
        return replace(self, applied=put_in_order(applied))


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


def read_state(
    connection: Connection, version_table: Table, tables: Tables, trusted: Sequence[str] = ()
) -> State:
    """Return what the database remembers.

    Args:
        connection: leads to the database.
        version_table: Alembic's.
        tables: the registry's.
        trusted: roles whose functions and operators on the search path do no harm.

    Raises:
        IncompleteRegistry: some of our tables are gone.
        NewerRegistry: a later release of ours made them.
        UntrustedObjects: somebody else's functions or operators would be taken for PostgreSQL's.
    """
    names = (version_table.name, *tables.names)
    found = _find_tables(connection, names, version_table.schema, trusted)
    if found[0].untrusted:
        raise UntrustedObjects(tuple(found[0].untrusted))
    comments = {row.relname: row.comment for row in found if row.relname}
    first = next(iter(found[0].path), None)
    rows: frozenset[str] = frozenset()
    if version_table.name in comments:
        rows = frozenset(connection.scalars(select(version_table.c.version_num)))
    state = State(
        rows,
        version_table=version_table.name in comments,
        host_schema=first,
        first_schema=first,
        role=found[0].role,
        in_transfer=TRANSFER.name in comments,
    )
    version = _find_registry(connection, tables, comments)
    if not version:
        return state
    state = _read_registry(connection, tables, version, state)
    return replace(state, host_schema=_find_host_schema(found, tables, state))


def _find_host_schema(found: Sequence[Any], tables: Tables, state: State) -> str | None:
    """Return the schema of the host's tables, which may not be the first on the search path.

    It is the one that was first when the registry was made, since its tables went into it. Where
    ``version_table_schema`` says where these are, it is the first one that is no plugin's own: with
    ``"$user"`` on the search path, a plugin named as the role brings its schema before the host's.
    """
    plugins = (*state.plugins.values(), *state.quarantined.values())
    own = {p.place.name for p in plugins if isinstance(p.place, Schema) and p.schema_created}
    schemas = [row.schema for row in found if row.relname == tables.plugin.name]
    if tables.metadata.schema is not None:
        schemas = [name for name in found[0].path if name not in own]
    return schemas[0] if schemas else state.first_schema


def read_kept(connection: Connection, tables: Tables) -> State:
    """Return what a copy of the registry's rows remembers, of which nothing is set aside."""
    found = _find_tables(connection, tables.names, tables.metadata.schema)
    comments = {row.relname: row.comment for row in found if row.relname}
    version = _find_registry(connection, tables, comments)
    return _read_registry(connection, tables, version, State()) if version else State()


def _find_tables(
    connection: Connection, names: Sequence[str], schema: str | None, trusted: Sequence[str] = ()
) -> Sequence[Row[Any]]:
    values = {"names": list(names), "schema": schema, "trusted": list(trusted)}
    values |= {"transfer": TRANSFER.name, "staging": BACKUP_SCHEMA}
    return connection.execute(FIND_TABLES, values).all()


def _find_registry(
    connection: Connection, tables: Tables, comments: Mapping[str, str | None]
) -> int:
    """Return the version of the registry, 0 where there is none; columns tell without a comment."""
    present = [table for table in tables.all if table.name in comments]
    if not present:
        return 0
    comment = comments.get(tables.plugin.name)
    version = find_version(comment)
    if comment is None:
        version = max(_guess_version(connection, table) for table in present)
    if version is None or version > VERSION:
        raise NewerRegistry(str(comment), VERSION)
    missing = [t.name for t in tables.all if is_since(t, version) and t not in present]
    if missing:
        raise IncompleteRegistry(tuple(missing))
    return version


def _guess_version(connection: Connection, table: Table) -> int:
    names = {column["name"] for column in inspect(connection).get_columns(table.name, table.schema)}
    infos = [table.info, *(column.info for column in table.c if column.name in names)]
    return max(int(info.get("since", 1)) for info in infos)


def _read_registry(connection: Connection, tables: Tables, version: int, state: State) -> State:
    columns = [column for column in tables.plugin.c if is_since(column, version)]
    plugins = [InstalledPlugin.from_row(row) for row in connection.execute(select(*columns))]
    applied = put_in_order(tuple(_read_applied(connection, tables, version)))
    aside = {plugin.name: plugin for plugin in plugins if plugin.quarantine}
    active = tuple(item for item in applied if item.plugin not in aside)
    lost = {item.plugin for item in active} - {HOST, *(plugin.name for plugin in plugins)}
    guesses = (_guess_plugin(name) for name in sorted(lost))
    found = replace(
        state,
        applied=active,
        plugins={p.name: p for p in (*plugins, *guesses) if p.name not in aside},
        registry=version,
        quarantined=aside,
        kept=tuple(item for item in applied if item.plugin in aside),
        interruptions=dict(_read_journal(connection, tables, version)),
        lost=frozenset(lost),
    )
    return replace(found, holding=_read_holding(connection, tables, version, found.at_base))


def _read_holding(
    connection: Connection, tables: Tables, version: int, names: Collection[str]
) -> frozenset[str]:
    """Return which of some plugins at base have left something; all in an older registry."""
    if not names or not is_since(tables.object, version):
        return frozenset(names)
    made = select(tables.object.c.plugin).where(tables.object.c.made)
    return frozenset(connection.scalars(made.distinct())).intersection(names)


def _read_applied(
    connection: Connection, tables: Tables, version: int
) -> Iterator[AppliedRevision]:
    """Read the revisions, without what is only wanted when one is taken back or compared."""
    revision = tables.revision
    names = [name for name in AppliedRevision._fields if name in revision.c]
    columns = [revision.c[name] for name in names if is_since(revision.c[name], version)]
    # Psycopg has made lists of arrays, of which SQLAlchemy would make lists again.
    bare = [type_coerce(column, NullType()).label(column.name) for column in columns]
    for row in connection.execute(select(*bare).order_by(revision.c.position)):
        yield AppliedRevision.from_row(row)


def _read_journal(
    connection: Connection, tables: Tables, version: int
) -> Iterable[tuple[str, Interruption]]:
    if is_since(tables.journal, version):
        for row in connection.execute(select(tables.journal)):
            yield row.plugin, Interruption.from_row(row)


def _guess_plugin(name: str) -> InstalledPlugin:
    """Return what a plugin may be whose row is gone: with a schema of its name, to be kept."""
    return InstalledPlugin(name, None, None, Schema(name, create=False), False, ())
