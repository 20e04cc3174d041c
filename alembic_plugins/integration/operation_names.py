"""The name of what an operation is on, for Alembic's operations and for those of extensions.

Operations of extensions are known by what they carry, so that none of these has to be installed.
"""

from typing import Any

from alembic.operations import ops
from alembic.operations.ops import MigrateOperation

from ..catalog.names import Name

_PARTS = {
    ops.DropColumnOp: ("column", "column_name"),
    ops.AlterColumnOp: ("column", "column_name"),
    ops.DropConstraintOp: ("constraint", "constraint_name"),
    ops.CreateIndexOp: ("relation", "index_name"),
    ops.DropIndexOp: ("relation", "index_name"),
}
"""What an operation of Alembic's on a part of a table is on, and its attribute with the name."""

_CATALOGS = {
    "view": "relation",
    "materialized_view": "relation",
    "function": "function",
    "extension": "extension",
    "trigger": "trigger",
    "policy": "policy",
}
"""Where alembic_utils' types of entities are found."""


def find_name(op: MigrateOperation, default: str) -> Name | None:
    """Return the name of what an operation is on; None for a new part of a table, and what else.

    Args:
        op: the operation.
        default: the schema of what is named without one.
    """
    for kind, (catalog, attribute) in _PARTS.items():
        if isinstance(op, kind):
            return _name_part(op, catalog, attribute, default)
    if type(op).__module__.startswith("alembic."):
        return None
    # alembic-pg-autogen has what was and what is wanted, alembic_utils the entity.
    carried = (getattr(op, name, None) for name in ("current", "desired", "target"))
    item: Any = next((item for item in carried if item is not None), op)
    schema = getattr(item, "schema", None) or default
    if hasattr(item, "signature"):
        return _name_entity(item, schema)
    if hasattr(item, "grant"):
        return Name("relation", schema, item.table)
    is_enum = hasattr(op, "enum_values") or hasattr(op, "new_values")
    return Name("type", schema, item.name) if is_enum else _name_definition(item, schema)


def _name_part(op: Any, catalog: str, attribute: str, default: str) -> Name | None:  # noqa: ANN401 - one of several
    name = getattr(op, attribute)
    schema = op.schema or default
    if name is None:
        return None
    return Name(catalog, schema, name, None if catalog == "relation" else op.table_name)


def _name_entity(entity: Any, schema: str) -> Name | None:  # noqa: ANN401 - alembic_utils is not typed
    catalog = _CATALOGS.get(entity.type_)
    if catalog in ("trigger", "policy"):
        return Name(catalog, schema, entity.signature, entity.on_entity.rpartition(".")[2])
    if catalog == "function":
        name, _, arguments = entity.signature.partition("(")
        return Name(catalog, schema, name.strip(' "'), None, arguments.rpartition(")")[0])
    return Name(catalog, schema, entity.signature) if catalog else None


def _name_definition(item: Any, schema: str) -> Name | None:  # noqa: ANN401 - one of several
    """Return the name of what alembic-pg-autogen has found: a trigger, a function or a view."""
    if hasattr(item, "trigger_name"):
        return Name("trigger", schema, item.trigger_name, item.table_name)
    if hasattr(item, "identity_args"):
        return Name("function", schema, item.name, None, item.identity_args)
    return Name("relation", schema, item.name) if hasattr(item, "name") else None
