"""A squash in the place of the revisions that it replaces, in what the database remembers."""

from collections.abc import Collection, Sequence

from sqlalchemy import Boolean, Executable, case, func, literal, select

from ..revisions.source import Source
from ..revisions.undo import Undo
from .rows import AppliedRevision
from .statements import describe_file
from .tables import Tables, TextList


def put_squash(
    applied: Sequence[AppliedRevision], squash: AppliedRevision, replaced: Collection[str]
) -> tuple[AppliedRevision, ...]:
    """Return applied revisions with a squash where the last one is that it replaces.

    What follows them, or depends on them, does so of the squash.
    """
    found = []
    own = [item.revision for item in applied if item.revision in replaced]
    is_known = any(item.revision == squash.revision for item in applied)
    for item in applied:
        if item.revision not in replaced:
            found.append(_lead(item, squash.revision, replaced))
        elif item.revision == own[-1] and not is_known:
            found.append(squash)
    return tuple(found)


def _lead(item: AppliedRevision, squash: str, replaced: Collection[str]) -> AppliedRevision:
    """Return a revision that needs a squash where it has needed what that replaces."""
    if not {*item.down_revision, *item.depends_on}.intersection(replaced):
        return item
    down, depends = (
        tuple(dict.fromkeys(squash if r in replaced else r for r in ids))
        for ids in (item.down_revision, item.depends_on)
    )
    return item._replace(down_revision=down, depends_on=depends)


def record_squash(
    tables: Tables,
    squash: AppliedRevision,
    replaced: Collection[str],
    undo: Undo,
    source: Source | None,
) -> list[Executable]:
    """Return the statements that put a squash in the place of what it replaces.

    The last one of that becomes the squash, so that the order of application stays.
    """
    table, ids = tables.revision, list(replaced)
    last = table.alias("last")
    chosen = (table.c.plugin == squash.plugin, table.c.revision.in_(ids))
    position = select(func.max(last.c.position)).where(
        last.c.plugin == squash.plugin, last.c.revision.in_(ids)
    )
    is_known = select(last.c.revision).where(last.c.revision == squash.revision).exists()
    becomes = table.update().where(table.c.position == position.scalar_subquery(), ~is_known)
    values = {
        "revision": squash.revision,
        "down_revision": list(squash.down_revision),
        "depends_on": list(squash.depends_on),
        "branch_labels": list(squash.branch_labels),
        "description": squash.description,
        "objects_known": squash.objects_known,
        **describe_file(undo, source),
    }
    objects = tables.object.update().where(
        tables.object.c.plugin == squash.plugin, tables.object.c.revision.in_(ids)
    )
    return [
        becomes.values(values),
        table.delete().where(*chosen),
        _lead_rows(tables, squash.revision, ids),
        objects.values(revision=squash.revision),
    ]


def _lead_rows(tables: Tables, squash: str, ids: list[str]) -> Executable:
    """Return the statement by which what has needed replaced revisions needs the squash."""
    table = tables.revision
    columns = (table.c.down_revision, table.c.depends_on)
    values = {}
    for column in columns:
        each = func.pg_catalog.unnest(column).column_valued("needed")
        standing = select(case((each.in_(ids), squash), else_=each)).distinct()
        values[column.name] = func.array(standing.scalar_subquery())
    given = literal(ids, TextList)
    needs = [c.op("OPERATOR(pg_catalog.&&)", return_type=Boolean())(given) for c in columns]
    return table.update().where(needs[0] | needs[1]).values(values)
