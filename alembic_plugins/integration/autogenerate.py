"""Let autogenerate compare only what the command is about: what is a plugin's, or the host's."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from alembic.runtime.migration import MigrationContext
from alembic.util import to_list
from sqlalchemy import Connection, MetaData

from .. import _alembic
from ..config.discovery import FoundPlugin
from ..execution.renaming import check_renamed
from ..loading.dependencies import read_session_ownership
from ..loading.search_paths import plugin_search_path
from ..loading.session import Session
from ..namespaces.ownership import Ownership
from ..plugin import HOST, Schema
from ..registry.rows import InstalledPlugin
from ..registry.tables import make_tables
from .compared import Compared
from .errors import NoModels
from .extension_options import load_options, use_options
from .references import complete_references, leave_out_schema


@contextmanager
def narrow_autogenerate(session: Session, context: MigrationContext, scope: str) -> Iterator[None]:
    """Narrow what `context` compares to what belongs to the host or to a plugin, for a while.

    Meanwhile the search path and the dialect's `default_schema_name` are those of the owner, so
    that what is named without a schema is where migrations make it.

    Raises:
        NoModels: a plugin is to be compared, and declares no models.
        ReferenceFailed: its models or options cannot be imported.
        WrongOptions: its options for extensions cannot be used.
        UnknownReference: its models refer to a table that nobody has.
    """
    connection = context.connection
    assert connection is not None  # noqa: S101 - autogenerate has a connection
    ownership = read_session_ownership(
        connection, make_tables(context.version_table_schema), session
    )
    given = dict(context.opts)
    with ExitStack() as stack:
        stack.callback(context.opts.update, given)
        stack.callback(context.opts.pop, _alembic.COMPARED, None)
        if scope == HOST:
            compared = _compare_host(stack, connection, ownership)
        else:
            compared = _compare_plugin(stack, session, context, ownership, scope)
        context.opts[_alembic.COMPARED] = compared
        _filter_tables(context, compared)
        yield


def _compare_host(stack: ExitStack, connection: Connection, ownership: Ownership) -> Compared:
    schema = ownership.host_schema or connection.dialect.default_schema_name or ""
    stack.enter_context(_default_schema(connection, schema))
    return Compared(connection, ownership, HOST, None, schema)


def _compare_plugin(
    stack: ExitStack,
    session: Session,
    context: MigrationContext,
    ownership: Ownership,
    name: str,
) -> Compared:
    found = session.find_plugin(name)
    connection = context.connection
    if not found.declaration.models:
        raise NoModels(name)
    check_renamed(session.state, [name])
    assert connection is not None  # noqa: S101 - see above
    metadata = found.load("models", found.declaration.models)
    options = load_options(found)
    space = found.namespace
    schema = space.name if isinstance(space, Schema) else ownership.host_schema
    stack.enter_context(plugin_search_path(connection, found, session))
    known = _find_tables(context.opts["target_metadata"], metadata)
    known |= stack.enter_context(complete_references(connection, metadata, name))
    stack.enter_context(leave_out_schema(metadata, schema))
    stack.enter_context(_default_schema(connection, schema))
    stack.enter_context(use_options(options, context.opts, schema))
    # The dialect's default schema is the plugin's, and no other is compared.
    context.opts |= {"target_metadata": metadata, "include_schemas": False}
    return Compared(connection, _add(ownership, found), name, space, schema, known)


def _add(ownership: Ownership, found: FoundPlugin) -> Ownership:
    """Return what tells whose objects are where a plugin is as good as installed."""
    if found.name in ownership.plugins:
        return ownership
    new = InstalledPlugin(found.name, None, None, found.namespace, False, ())
    plugins = (*ownership.plugins.values(), new)
    return Ownership(plugins, ownership.host_schema, ownership.recorded)


def _find_tables(host: MetaData | list[MetaData] | None, metadata: MetaData) -> set[str]:
    """Return the tables of the host's own models; a plugin may share its metadata."""
    others = [other for other in to_list(host, []) if other is not metadata]
    return {table.name for other in others for table in other.tables.values()}


@contextmanager
def _default_schema(connection: Connection, schema: str) -> Iterator[None]:
    """Let Alembic and its extensions take `schema` for the one that models do not name.

    The dialect is that of the engine: Alembic's documentation sets its default schema in this way.
    """
    dialect = connection.dialect
    given, dialect.default_schema_name = dialect.default_schema_name, schema
    try:
        yield
    finally:
        dialect.default_schema_name = given


def _filter_tables(context: MigrationContext, compared: Compared) -> None:
    """Put the owner's tables before the host's own filters.

    A plugin's schema is compared whatever the host's filter says of schemas: that filter does not
    know of it.
    """
    host_name, host_object = (context.opts.get(key) for key in ("include_name", "include_object"))

    def include_name(name: str | None, type_: str, parents: dict[str, Any]) -> bool:
        if type_ == "schema" and compared.name != HOST:
            return True
        if type_ == "table" and name and not compared.owns_table(parents.get("schema_name"), name):
            return False
        return host_name is None or host_name(name, type_, parents)

    def include_object(
        item: Any,  # noqa: ANN401 - Alembic passes any schema item
        name: str | None,
        type_: str,
        reflected: bool,
        compare_to: object,
    ) -> bool:
        if type_ == "table" and name and not compared.owns_table(item.schema, name):
            return False
        return host_object is None or host_object(item, name, type_, reflected, compare_to)

    context.opts |= {"include_name": include_name, "include_object": include_object}
