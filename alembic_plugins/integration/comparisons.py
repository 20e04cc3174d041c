"""What comparisons pass over, also those of hosts that are not ours."""

import logging
from copy import copy
from typing import TYPE_CHECKING, Any

from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import UpgradeOps
from alembic.util import DispatchPriority, PriorityDispatchResult
from sqlalchemy import inspect

from .. import _alembic
from .._base_errors import PluginError
from ..registry.tables import make_tables

if TYPE_CHECKING:
    from .compared import Compared

log = logging.getLogger(__name__)


def prepare_comparison(context: AutogenContext) -> None:
    """Let a comparison pass over what is another's, and over the registry's tables.

    What is another's is removed when all comparators are done. A comparison that is none of ours,
    for example one by Alembic's `compare_metadata`, is taken for the host's, and for one of those
    plugins' tables that its models have: whoever compares these asks for them.
    """
    leave_out_registry(context)
    if not hasattr(context, "comparators") or context.dialect.name != "postgresql":
        return  # A revision is written without a comparison, or the database is none of ours.
    if context.opts.get(_alembic.COMPARED):
        # It is asked once more when the file is rendered, after the comparison.
        context.dialect = copy(context.dialect)
    context.comparators.dispatch_for("autogenerate", priority=DispatchPriority.LAST)(_keep_own)


def _keep_own(context: AutogenContext, found: UpgradeOps) -> PriorityDispatchResult:
    is_ours = _alembic.COMPARED in context.opts
    compared = context.opts[_alembic.COMPARED] if is_ours else _read_host(context)
    if compared is not None:
        from .owned_operations import keep_own

        models = () if is_ours else context.sorted_tables
        keep_own(compared, found, {compared.find_table(each.schema, each.name) for each in models})
    return PriorityDispatchResult.CONTINUE


def _read_host(context: AutogenContext) -> "Compared | None":
    """Return what is the host's, where the database has a registry that can be read."""
    migration, connection = context.migration_context, context.connection
    tables = make_tables(migration.version_table_schema)
    assert connection is not None  # noqa: S101 - a comparison has one
    if not inspect(connection).has_table(tables.plugin.name, schema=tables.plugin.schema):
        return None
    from ..namespaces.ownership import read_ownership
    from ..plugin import HOST
    from ..registry.reading import read_state
    from .compared import Compared

    try:
        state = read_state(connection, _alembic.version_table(migration), tables)
    except PluginError as error:
        log.warning("What is of plugins is compared too. %s", error)
        return None
    ownership = read_ownership(connection, tables, state)
    schema = ownership.host_schema
    return Compared(connection, ownership, HOST, None, schema)


def leave_out_registry(context: AutogenContext) -> None:
    """Let a comparison pass over the registry's tables, as it does over Alembic's version table."""
    migration = context.migration_context
    ours = make_tables(migration.version_table_schema).names
    default = migration.dialect.default_schema_name
    place = migration.version_table_schema or default

    def is_ours(type_: str, schema: str | None, name: str | None) -> bool:
        return type_ == "table" and name in ours and (schema or default) == place

    def include_name(name: str | None, type_: str, parents: dict[str, Any]) -> bool:
        return not is_ours(type_, parents.get("schema_name"), name)

    def include_object(item: Any, name: str | None, type_: str, *_: object) -> bool:  # noqa: ANN401
        return type_ != "table" or not is_ours(type_, item.schema, name)

    _alembic.add_filters(context, include_name, include_object)
