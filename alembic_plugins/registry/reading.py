"""Read what the database remembers, as `alembic_plugins.registry.state` has it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, Table, inspect, select, type_coerce
from sqlalchemy.types import NullType

from ..plugin import HOST, Schema, is_name
from .errors import DamagedRow, IncompleteRegistry, NewerRegistry, UntrustedObjects
from .rows import find_circles, put_in_order
from .sql import FIND_TABLES
from .state import AppliedRevision, InstalledPlugin, Interruption, State
from .tables import (
    BACKUP_SCHEMA,
    HOOK_MARK,
    TRANSFER,
    VERSION,
    Tables,
    find_version,
    is_since,
)


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
    comments = _find_comments(found)
    first = next(iter(found[0].path), None)
    rows: frozenset[str] = frozenset()
    if version_table.name in comments:
        rows = frozenset(connection.scalars(select(version_table.c.version_num)))
    state = State(
        rows,
        version_table=version_table.name in comments,
        host_schema=first,
        first_schema=first,
        version_schema=version_table.schema,
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
    """Return what a copy of the registry's rows remembers, of which nothing is set aside.

    Raises:
        DamagedRow: a row says what cannot be.
    """
    found = _find_tables(connection, tables.names, tables.metadata.schema)
    version = _find_registry(connection, tables, _find_comments(found))
    state = _read_registry(connection, tables, version, State()) if version else State()
    for error in state.damage:
        raise error
    return state


def read_places(connection: Connection, tables: Tables) -> State:
    """Return where plugins and the host are, and nothing else that is remembered of them.

    Raises:
        IncompleteRegistry: some of our tables are gone.
        NewerRegistry: a later release of ours made them.
    """
    found = _find_tables(connection, tables.names, tables.metadata.schema)
    version = _find_registry(connection, tables, _find_comments(found))
    first = next(iter(found[0].path), None)
    if not version:
        return State(host_schema=first)
    damage = _Damage()
    plugins = tuple(_read_plugins(connection, tables, version, damage))
    state = State(
        plugins={plugin.name: plugin for plugin in plugins if not plugin.quarantine},
        quarantined={plugin.name: plugin for plugin in plugins if plugin.quarantine},
        first_schema=first,
        registry=version,
        damaged=damage.branches,
    )
    return replace(state, host_schema=_find_host_schema(found, tables, state))


def _find_tables(
    connection: Connection, names: Sequence[str], schema: str | None, trusted: Sequence[str] = ()
) -> Sequence[Row[Any]]:
    values = {"names": list(names), "schema": schema, "trusted": list(trusted)}
    values |= {"transfer": TRANSFER.name, "staging": BACKUP_SCHEMA}
    return connection.execute(FIND_TABLES, values).all()


def _find_comments(found: Iterable[Row[Any]]) -> Mapping[str, str | None]:
    return {row.relname: row.comment for row in found if row.relname}


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
    damage = _Damage()
    plugins = list(_read_plugins(connection, tables, version, damage))
    applied = put_in_order(tuple(_read_applied(connection, tables, version, damage)))
    aside = {p.name: p for p in plugins if p.quarantine and not _is_active(p, applied, state)}
    for plugin in plugins:
        if plugin.quarantine and plugin.name not in aside:
            reason = f"its quarantine is '{plugin.quarantine}', and revisions of it are applied"
            damage.add(DamagedRow(plugin.name, tables.plugin.name, reason, plugin.name))
    for item in find_circles(applied):
        reason = "its down_revision leads back to it"
        damage.add(DamagedRow(item.revision, tables.revision.name, reason, item.plugin))
        applied = tuple(
            it._replace(down_revision=()) if it.revision == item.revision else it for it in applied
        )
    active = tuple(item for item in applied if item.plugin not in aside)
    lost = {item.plugin for item in active} - {HOST, *(plugin.name for plugin in plugins)}
    guesses = (InstalledPlugin.guess(name) for name in sorted(lost))
    found = replace(
        state,
        applied=active,
        plugins={p.name: p for p in (*plugins, *guesses) if p.name not in aside},
        registry=version,
        quarantined=aside,
        kept=tuple(item for item in applied if item.plugin in aside),
        interruptions=dict(_read_journal(connection, tables, version, damage)),
        lost=frozenset(lost),
        damaged=damage.branches,
        unowned=damage.unowned,
    )
    return replace(found, holding=_read_holding(connection, tables, version, found.at_base))


def _is_active(plugin: InstalledPlugin, applied: Iterable[AppliedRevision], state: State) -> bool:
    """Tell whether the version table has revisions of a plugin, as it has of none set aside."""
    return any(item.plugin == plugin.name and item.revision in state.rows for item in applied)


class _Damage:
    """The damaged rows that were found: by branch, and by revision where no branch is told."""

    def __init__(self) -> None:
        self.branches: dict[str, DamagedRow] = {}
        self.unowned: dict[str, DamagedRow] = {}

    def add(self, error: DamagedRow) -> None:
        """Remember a row; of several of one branch the first one."""
        if error.plugin:
            self.branches.setdefault(error.plugin, error)
        else:
            self.unowned.setdefault(error.name, error)


def _read_plugins(
    connection: Connection, tables: Tables, version: int, damage: _Damage
) -> Iterator[InstalledPlugin]:
    names = InstalledPlugin.__dataclass_fields__
    columns = [c for c in tables.plugin.c if c.name in names and is_since(c, version)]
    for row in connection.execute(select(*columns)):
        try:
            yield InstalledPlugin.from_row(row)
        except DamagedRow as error:
            damage.add(error)
            if error.plugin and is_name(error.plugin):
                yield InstalledPlugin.guess(error.plugin, row)


def _read_holding(
    connection: Connection, tables: Tables, version: int, names: Collection[str]
) -> frozenset[str]:
    """Return which of some plugins at base have left something; all in an older registry."""
    if not names or not is_since(tables.object, version):
        return frozenset(names)
    revision = tables.object.c.revision
    is_of_revisions = revision.is_(None) | ~revision.startswith(HOOK_MARK)
    made = select(tables.object.c.plugin).where(tables.object.c.made, is_of_revisions)
    return frozenset(connection.scalars(made.distinct())).intersection(names)


def _read_applied(
    connection: Connection, tables: Tables, version: int, damage: _Damage
) -> Iterator[AppliedRevision]:
    """Read the revisions, without what is only wanted when one is downgraded or compared."""
    revision = tables.revision
    names = [name for name in AppliedRevision._fields if name in revision.c]
    columns = [revision.c[name] for name in names if is_since(revision.c[name], version)]
    # Psycopg has made lists of arrays, of which SQLAlchemy would make lists again.
    bare = [type_coerce(column, NullType()).label(column.name) for column in columns]
    for row in connection.execute(select(*bare).order_by(revision.c.position)):
        try:
            yield AppliedRevision.from_row(row)
        except DamagedRow as error:
            damage.add(error)
            if error.plugin and row.revision is not None:
                yield AppliedRevision.guess(row)


def _read_journal(
    connection: Connection, tables: Tables, version: int, damage: _Damage
) -> Iterable[tuple[str, Interruption]]:
    if is_since(tables.journal, version):
        names = Interruption.__dataclass_fields__
        columns = [column for column in tables.journal.c if column.name in names]
        for row in connection.execute(select(*columns)):
            try:
                yield row.plugin, Interruption.from_row(row)
            except DamagedRow as error:
                damage.add(error)
