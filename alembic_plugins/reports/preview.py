"""What a plugin has, and what would be lost with it: for those who are to decide."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, TextClause, bindparam, text
from sqlalchemy.exc import ProgrammingError

from .._base_errors import find_sqlstate
from ..backup.archive import check_free
from ..backup.contents import check_complete, find_contents
from ..catalog.objects import DatabaseObject, NamedObject, read_objects
from ..catalog.queries import Column, find_partitions
from ..execution.errors import CannotTell
from ..execution.migrator import Migrator
from ..loading.dependencies import find_users, read_session_ownership
from ..namespaces.inferred import Inferred
from ..namespaces.ownership import Dependents, Ownership, read_plugin_objects
from ..namespaces.quarantine import find_namespace_schema, is_movable
from ..namespaces.recorded import RecordedObject
from ..planning.operations import Direction, DropUnknownObjects, QuarantinePlugin
from ..planning.plan import Plan
from ..plugin import Namespace, Prefix, Schema
from ..registry.history import read_irreversible
from ..registry.renaming import find_recorded_name
from ..registry.sql import raw
from ..revisions.undo import needs_database
from .errors import SchemaShared
from .values import find_store

# The bytes on disk of a relation with its indexes, toast and partitions.
_SIZE = text("""
    SELECT pg_catalog.pg_total_relation_size(pg_catalog.min(r.oid))
           + coalesce(pg_catalog.sum(pg_catalog.pg_total_relation_size(t.relid)), 0)
    FROM (SELECT CAST(:oid AS oid)) r (oid)
    LEFT JOIN LATERAL pg_catalog.pg_partition_tree(r.oid) t ON t.level > 0
""").bindparams(bindparam("oid"))

_WITH_ROWS = ("table", "materialized view")

_UNDEFINED_TABLE = "42P01"


@dataclass(frozen=True)
class Counted(NamedObject):
    """An object, and what is in it.

    Attributes:
        rows: how many rows it has, or how many of its table hold a value; None for what has none.
        bytes: what it takes on disk, indexes included; None for what takes nothing.
    """

    rows: int | None = None
    bytes: int | None = None


@dataclass(frozen=True)
class Preview:
    """What a plugin has.

    Attributes:
        objects: what its revisions have made, wherever it is, with rows and bytes.
        unknown: what is in its own schema, and none of its revisions has made.
        foreign: what is in its own schema, or goes by its prefix, and is another's.
        staying: what a plugin that is set aside leaves where it is.
        users: what depends on its objects, by the plugin that it belongs to; ``""`` for what
            belongs to none.
        irreversible: the revisions that cannot be downgraded, and why.
        writers: the plugins that may change a table to which it has added columns, by the table.
        doubt: why its namespace has to tell what it has made; None where that is known.
        values: how many values it has stored.
    """

    objects: tuple[Counted, ...]
    users: Dependents
    irreversible: Mapping[str, str]
    unknown: tuple[Counted, ...] = ()
    foreign: tuple[Counted, ...] = ()
    staying: tuple[str, ...] = ()
    writers: Mapping[str, tuple[str, ...]] | None = None
    doubt: str | None = None
    values: int = 0


def read_previews(migrator: Migrator, plan: Plan) -> Mapping[str, Preview]:
    """Return what plugins have of which a plan makes something, by name.

    Raises:
        CannotTell: it is not known what has to be kept.
        SchemaShared: a schema that has to be kept has what is another's.
        BackupExists: there is a file of the name that the plan's backup is to get.
        BackupIncomplete: the plugins have made what the backup could not have.
    """
    names = list(plan.outcomes)
    migrator.infer(names)
    connection = migrator.connection
    _check_known(migrator.session.inferred, plan)
    ownership = read_session_ownership(connection, migrator.tables, migrator.session)
    found = {name: _read(migrator, ownership, plan, name, names) for name in names}
    if plan.backup:
        check_free(plan.backup)
        check_complete(plan.backup, find_contents(connection, ownership, names))
    migrator.end_reading()
    return found


def _check_known(all_inferred: Mapping[str, Inferred], plan: Plan) -> None:
    """Check that it can be told what has to be kept."""
    for name, op in plan.outcomes.items():
        inferred = all_inferred.get(name)
        keeps = (
            "--keep-data"
            if isinstance(op, QuarantinePlugin)
            else "--backup"
            if plan.backup
            else None
        )
        if keeps and inferred and inferred.doubt and not inferred.rows:
            raise CannotTell(name, inferred.doubt, keeps)


def _read(
    migrator: Migrator, ownership: Ownership, plan: Plan, name: str, names: Sequence[str]
) -> Preview:
    connection = migrator.connection
    owned = read_plugin_objects(connection, ownership, name)
    unknown = owned.unknown if plan.find(DropUnknownObjects) else ()
    used = (*owned.objects, *unknown)
    users = find_users(connection, ownership, used, names, owned.columns)
    inferred = migrator.session.inferred.get(name)
    columns = tuple(_count_columns(connection, owned.columns))
    plugin = ownership.plugins[name]
    space = plugin.namespace
    schema = plugin.quarantine or find_namespace_schema(space, ownership.host_schema)
    is_whole = isinstance(space, Schema) and space.create
    is_kept = isinstance(plan.outcomes[name], QuarantinePlugin)
    if is_whole and owned.foreign and (is_kept or plan.backup):
        raise SchemaShared(name, schema, tuple(str(item) for item in owned.foreign))
    objects = owned.objects
    going = [i for i in objects if i.own_schema == schema and (is_whole or is_movable(i))]
    parts = [item for item in objects if is_kept and item not in going]
    partitions = [] if is_kept else _find_partitions_elsewhere(connection, objects, space, schema)
    partitions = [item for item in partitions if ownership.find_owner(item).name == name]
    return Preview(
        (*_count_objects(connection, (*objects, *partitions)), *columns),
        users,
        _find_irreversible(migrator, plan, name, ownership.find_made(name).values()),
        tuple(_count_objects(connection, owned.unknown)),
        tuple(_count_objects(connection, owned.foreign)),
        tuple(str(item) for item in (*parts, *(owned.columns if is_kept else ()))),
        _find_writers(migrator, owned.columns, name),
        inferred.doubt if inferred else None,
        len(find_store(migrator, name)),
    )


def _find_partitions_elsewhere(
    connection: Connection, objects: Sequence[DatabaseObject], space: Namespace, schema: str
) -> list[DatabaseObject]:
    """Return the partitions of a plugin's tables that nobody has recorded, out of its namespace."""
    known = {item.key for item in objects}
    found = read_objects(connection, find_partitions(connection, objects)).values()
    return [
        item
        for item in found
        if item.key not in known
        and (
            item.own_schema != schema
            or (isinstance(space, Prefix) and not space.covers(str(item.own_name)))
        )
    ]


def _find_writers(
    migrator: Migrator, columns: Iterable[Column], name: str
) -> dict[str, tuple[str, ...]]:
    """Return which other plugins may change the tables to which a plugin has added columns."""
    found: dict[str, tuple[str, ...]] = {}
    for item in columns:
        table_ = item.table
        named = {str(table_.name), f"{table_.schema}.{table_.name}"}
        writers = [
            other
            for other in migrator.session.state.plugins
            if other != name
            and (declared := migrator.session.declaration(other))
            and named.intersection(declared.writes)
        ]
        if writers:
            found[table_.identity] = tuple(writers)
    return found


def _count_objects(connection: Connection, items: Iterable[DatabaseObject]) -> Iterator[Counted]:
    """Yield objects with their rows and bytes, but for those that are gone meanwhile."""
    for item in items:
        if item.kind not in _WITH_ROWS:
            yield Counted(item.kind, item.identity)
            continue
        rows = _count(connection, raw(f"SELECT pg_catalog.count(*) FROM {item.identity}"))  # noqa: S608 - quoted
        if rows is not None:
            size = connection.scalar(_SIZE, {"oid": item.objid})
            yield Counted(item.kind, item.identity, rows, int(size or 0))


def _count_columns(connection: Connection, columns: Iterable[Column]) -> Iterator[Counted]:
    """Yield columns with the numbers of rows that hold a value in them."""
    for item in columns:
        table = item.table.identity
        counted = raw(f"SELECT pg_catalog.count({item.name}) FROM {table}")  # noqa: S608 - both are quoted
        rows = _count(connection, counted)
        if rows is not None:
            yield Counted("column", f"{table}.{item.name}", rows)


def _count(connection: Connection, query: TextClause) -> int | None:
    """Return a number of rows, or None where the relation was dropped meanwhile."""
    try:
        with connection.begin_nested():
            return int(connection.scalar(query))
    except ProgrammingError as error:
        if find_sqlstate(error.orig) != _UNDEFINED_TABLE:
            raise
        return None


def _find_irreversible(
    migrator: Migrator, plan: Plan, name: str, made: Iterable[RecordedObject]
) -> Mapping[str, str]:
    """Return why revisions cannot be downgraded that the plan downgrades.

    Of one whose file is there, that is so where its downgrade() raises, or leaves what it has made.
    """
    version = migrator.session.state.registry
    downgrades = [step for step in plan.steps if step.direction is Direction.DOWNGRADE]
    revisions = [step.revision for step in downgrades if step.plugin == name]
    if not version or not revisions:
        return {}
    branch = migrator.session.remembered_branch(name)
    orphaned = migrator.session.declaration(name) is None
    recorded = find_recorded_name(migrator.session.state, name)
    known = read_irreversible(
        migrator.connection, migrator.tables, recorded, version, orphaned=orphaned
    )
    makers = {row.revision for row in made}
    return {
        revision: known[revision].words
        for revision in revisions
        if revision in known
        and (
            branch.infos[revision].path is None
            or (known[revision].is_empty and revision in makers)
            or not (known[revision].is_empty or needs_database(known[revision].words))
        )
    }
