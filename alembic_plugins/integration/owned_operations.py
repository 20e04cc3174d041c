"""Remove from what comparators have found the operations on what is another's.

Comparators of extensions ask no filter, or one that does not know owners. So what they have found
is looked through when all of them are done: what an operation is on tells whether it stays.
"""

import logging
from collections.abc import Callable, Collection, Hashable, Iterator

from alembic.operations import ops
from alembic.operations.ops import MigrateOperation, OpContainer

from .compared import Compared
from .operation_names import find_name

log = logging.getLogger(__name__)


def keep_own(
    compared: Compared, found: OpContainer, asked: Collection[tuple[str, str]] = ()
) -> None:
    """Remove the operations on what is another's, and those that would change nothing.

    Args:
        compared: tells what is another's.
        found: the operations.
        asked: tables that take part even so, with all that is on them.
    """
    names = {id(op): find_name(op, compared.schema) for op in _walk(found)}
    tables = {place for place in asked if not compared.owns_table(*place)}
    find_owners = compared.find_owners([name for name in names.values() if name is not None])

    def keeps(op: MigrateOperation) -> bool:
        if tables and _find_table(compared, op) in tables:
            return True
        if isinstance(op, ops.CreateTableOp | ops.DropTableOp | ops.ModifyTableOps):
            return compared.owns_table(op.schema, op.table_name)
        name = names[id(op)]
        if name is None:
            return True
        owners = find_owners(name)
        return compared.name in owners if owners else compared.may_make(name)

    _keep(found, keeps)
    _remove_existing(compared, found)
    _remove_equal_keys(compared, found)
    _remove_repeated(found)
    _keep(found, lambda op: not (isinstance(op, ops.ModifyTableOps) and op.is_empty()))


def _find_table(compared: Compared, op: MigrateOperation) -> tuple[str, str] | None:
    """Return the table that an operation of Alembic's is on."""
    name: str | None = getattr(op, "table_name", None)
    return compared.find_table(getattr(op, "schema", None), name) if name else None


def _walk(container: OpContainer) -> Iterator[MigrateOperation]:
    for op in container.ops:
        yield op
        if isinstance(op, OpContainer):
            yield from _walk(op)


def _keep(container: OpContainer, keeps: Callable[[MigrateOperation], bool]) -> None:
    kept = [op for op in container.ops if keeps(op)]
    for op in container.ops:
        if op not in kept:
            log.info("Left out, as it is on what belongs to another: %s", type(op).__name__)
    # In place: a comparator may have kept the list.
    container.ops[:] = kept
    for op in kept:
        if isinstance(op, OpContainer):
            _keep(op, keeps)


def _remove_existing(compared: Compared, found: OpContainer) -> None:
    """Remove what creates tables that are there: a filter of the host's has hidden these."""
    hidden = {
        (op.schema, op.table_name)
        for op in found.ops
        if isinstance(op, ops.CreateTableOp) and compared.has_table(op.schema, op.table_name)
    }
    for schema, name in hidden:
        log.warning(
            "Table '%s' is not compared: include_name of the host leaves it out.",
            ".".join(compared.find_table(schema, name)),
        )
    created = ops.CreateTableOp, ops.ModifyTableOps
    found.ops[:] = [
        op
        for op in found.ops
        if not (isinstance(op, created) and (op.schema, op.table_name) in hidden)
    ]


def _remove_equal_keys(compared: Compared, found: OpContainer) -> None:
    """Remove pairs that drop a foreign key and create the same one.

    The database tells a table on the search path without its schema, which the models may name.
    """
    for table in found.ops:
        if not isinstance(table, ops.ModifyTableOps):
            continue
        keys = {op: _describe_key(compared, op) for op in table.ops}
        created = {keys[op] for op in table.ops if isinstance(op, ops.CreateForeignKeyOp)}
        dropped = {keys[op] for op in table.ops if isinstance(op, ops.DropConstraintOp)}
        equal = (created & dropped) - {None}
        table.ops[:] = [op for op in table.ops if keys[op] not in equal]


def _describe_key(compared: Compared, op: MigrateOperation) -> Hashable:
    """Return what makes a foreign key that is created or dropped, None for other operations."""
    if isinstance(op, ops.DropConstraintOp) and op.constraint_type == "foreignkey":
        op = op.reverse()
    if not isinstance(op, ops.CreateForeignKeyOp):
        return None
    options = {key: value for key, value in op.kw.items() if not key.endswith("_schema") and value}
    table = compared.find_table(op.kw.get("referent_schema"), op.referent_table)
    return (
        table,
        tuple(op.local_cols),
        tuple(op.remote_cols),
        tuple(sorted((key, str(value).upper()) for key, value in options.items())),
    )


def _remove_repeated(found: OpContainer) -> None:
    """Remove operations of extensions that others do already.

    A schema may be looked at twice: as the default one, and as that which a new table names.
    """
    kept: list[MigrateOperation] = []
    for op in found.ops:
        is_alembics = type(op).__module__.startswith("alembic.")
        if is_alembics or not any(_is_equal(op, other) for other in kept):
            kept.append(op)
    found.ops[:] = kept


def _is_equal(op: MigrateOperation, other: MigrateOperation) -> bool:
    return type(op) is type(other) and vars(op) == vars(other)
