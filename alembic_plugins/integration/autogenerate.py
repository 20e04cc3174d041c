"""Let autogenerate compare only what the command is about: one plugin's tables, or the host's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.util import to_list
from sqlalchemy import Connection, MetaData, func, inspect, select

from ..config.discovery import FoundPlugin
from ..loading.session import Session
from ..namespaces.ddl import enter_namespace, leave_namespace
from ..plugin import (
    HOST,
    Namespace,
    Prefix,
    Schema,
)
from ..registry.tables import BACKUP_SCHEMA, make_tables
from .errors import NoModels
from .references import complete_references

Owns = Callable[[str | None, str], bool]
"""Tells of a table, by schema (None where unqualified) and name, whether it takes part."""


@contextmanager
def narrow_autogenerate(session: Session, context: MigrationContext, scope: str) -> Iterator[None]:
    """Narrow the metadata and the filters of `context`, and set the search path, for a while.

    Raises:
        NoModels: a plugin is to be compared, and declares no models.
        ReferenceFailed: its models cannot be imported.
        UnknownReference: they refer to a table that nobody has.
    """
    connection = context.connection
    assert connection is not None  # noqa: S101 - autogenerate has a connection
    if scope == HOST:
        given = dict(context.opts)
        _filter_tables(context, _owned_by_host(session, context))
        yield
        context.opts |= given
        return
    found = session.find_plugin(scope)
    if not found.declaration.models:
        raise NoModels(scope)
    metadata = found.load_models(found.declaration.models)
    path = connection.scalar(select(func.pg_catalog.current_setting("search_path")))
    qualified = any(table.schema is not None for table in metadata.tables.values())
    given = dict(context.opts)
    known = _find_tables(given["target_metadata"], metadata)
    with complete_references(connection, metadata, scope) as added:
        context.opts |= {"target_metadata": metadata, "include_schemas": qualified}
        owns = _owned_by_plugin(connection, found, metadata, known | added, qualified=qualified)
        _filter_tables(context, owns)
        if qualified:
            _choose_schema(context, found.namespace)
        statement = None if qualified else enter_namespace(found.namespace, ())
        if statement is not None:
            connection.execute(statement)
        try:
            yield
        finally:
            context.opts |= given
            connection.execute(leave_namespace(path))


def _find_tables(host: MetaData | list[MetaData] | None, metadata: MetaData) -> set[str]:
    """Return the tables of the host's own models; a plugin may share its metadata."""
    others = [other for other in to_list(host, []) if other is not metadata]
    return {table.name for other in others for table in other.tables.values()}


def _owned_by_host(session: Session, context: MigrationContext) -> Owns:
    ours = make_tables(context.version_table_schema).names
    namespaces: list[Namespace] = [plugin.namespace for plugin in session.state.plugins.values()]
    prefixes = [namespace for namespace in namespaces if isinstance(namespace, Prefix)]
    schemas = {space.name for space in namespaces if isinstance(space, Schema) and space.create}
    schemas |= {str(plugin.quarantine) for plugin in session.state.quarantined.values()}
    schemas.add(BACKUP_SCHEMA)

    def owns(schema: str | None, name: str) -> bool:
        if schema in schemas or any(prefix.covers(name) for prefix in prefixes):
            return False
        return name not in ours

    return owns


def _owned_by_plugin(
    connection: Connection,
    found: FoundPlugin,
    metadata: MetaData,
    known: set[str],
    *,
    qualified: bool,
) -> Owns:
    """Return what tells a plugin's tables; `known` are those of the host's own models."""
    namespace = found.namespace
    if isinstance(namespace, Prefix):
        return lambda _schema, name: namespace.covers(name)
    if qualified:
        return lambda schema, _name: schema == namespace.name
    inspector = inspect(connection)
    own = set(inspector.get_table_names(schema=namespace.name))
    # A plugin's metadata may hold the host's tables, as stubs or because the two share it.
    hosts = set(inspector.get_table_names()) - own
    if not namespace.create:
        # Who made a table in a shared schema, only the models can tell.
        own, hosts = set(), known
    modelled = {table.name for table in metadata.tables.values()} - hosts
    return lambda schema, name: schema is None and name in own | modelled


def _choose_schema(context: MigrationContext, namespace: Namespace) -> None:
    """Let a plugin's schema be compared, of which a filter of the host's may not know."""
    given = context.opts["include_name"]

    def include_name(name: str | None, type_: str, parents: dict[str, Any]) -> bool:
        if type_ == "schema" and isinstance(namespace, Schema):
            return name == namespace.name
        return bool(given(name, type_, parents))

    context.opts["include_name"] = include_name


def _filter_tables(context: MigrationContext, owns: Owns) -> None:
    """Put `owns` before the host's own filters."""
    host_name, host_object = (context.opts.get(key) for key in ("include_name", "include_object"))

    def include_name(name: str | None, type_: str, parents: dict[str, Any]) -> bool:
        if type_ == "table" and name and not owns(parents.get("schema_name"), name):
            return False
        return host_name is None or host_name(name, type_, parents)

    def include_object(
        item: Any,  # noqa: ANN401 - Alembic passes any schema item
        name: str | None,
        type_: str,
        reflected: bool,
        compare_to: object,
    ) -> bool:
        if type_ == "table" and name and not owns(item.schema, name):
            return False
        return host_object is None or host_object(item, name, type_, reflected, compare_to)

    context.opts |= {"include_name": include_name, "include_object": include_object}
