"""What comparisons pass over, also those of hosts that are not ours."""

from typing import Any

from alembic.autogenerate.api import AutogenContext

from .. import _alembic
from ..registry.tables import make_tables


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
