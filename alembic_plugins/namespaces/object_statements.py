"""The statements that record what revisions have made: whose each object is."""

from collections.abc import Collection, Sequence
from functools import cache

from sqlalchemy import (
    ARRAY,
    Executable,
    Insert,
    bindparam,
    case,
    cast,
    func,
    select,
    tuple_,
)

from ..catalog.oids import OBJECT_CATALOGS
from ..catalog.transaction_rows import Key, Place
from ..registry.statements import Row
from ..registry.tables import Tables
from .recorded import GONE, RecordedObject, select_epoch


def record_objects(tables: Tables, rows: Sequence[RecordedObject], epoch: str) -> Row:
    """Return the rows that remember whose objects are, from `epoch` on."""
    values = {
        "plugin": [row.plugin for row in rows],
        "revision": [row.revision for row in rows],
        "made": [row.made for row in rows],
        "classid": [row.place[0] for row in rows],
        "objid": [row.place[1] for row in rows],
        "objsubid": [row.place[2] for row in rows],
        "epoch": [epoch] * len(rows),
        "kind": [row.kind for row in rows],
        "identity": [row.identity for row in rows],
    }
    return Row(_insert_objects(tables), values)


@cache
def _insert_objects(tables: Tables) -> Insert:
    """Return the statement that inserts rows out of a list a column, in their order."""
    table = tables.object
    columns = [column for column in table.c if column.name != "id"]
    lists = [cast(bindparam(column.name), ARRAY(column.type)) for column in columns]
    names = [column.name for column in columns]
    rows = func.unnest(*lists).table_valued(*names).render_derived(name="rows")
    return table.insert().from_select(names, select(*(rows.c[name] for name in names)))


def record_dropped(tables: Tables, places: Collection[Place]) -> Executable:
    """Return the statement that forgets objects that are gone, and columns with their tables."""
    table = tables.object
    whole = [place[:2] for place in places if not place[2]]
    parts = [place for place in places if place[2]]
    return table.delete().where(
        tuple_(table.c.classid, table.c.objid).in_(whole)
        | tuple_(table.c.classid, table.c.objid, table.c.objsubid).in_(parts)
    )


def record_place(tables: Tables, id_: int, place: Place, epoch: str) -> Executable:
    """Return the statement that remembers where an object is since the last dump and restore."""
    changed = tables.object.update().where(tables.object.c.id == id_)
    return changed.values(classid=place[0], objid=place[1], objsubid=place[2], epoch=epoch)


def record_maker(tables: Tables, id_: int, revision: str | None) -> Executable:
    """Return the statement that remembers which revision has made an object, by row."""
    return tables.object.update().where(tables.object.c.id == id_).values(revision=revision)


def forget_rows(tables: Tables, ids: Collection[int]) -> Executable:
    """Return the statement that forgets objects, by row."""
    return tables.object.delete().where(tables.object.c.id.in_(ids))


def record_gone(tables: Tables, ids: Collection[int]) -> Executable:
    """Return the statement that remembers that objects are not there any more, by row."""
    return tables.object.update().where(tables.object.c.id.in_(ids)).values(epoch=GONE)


def refresh_objects(tables: Tables) -> Executable:
    """Return the statement that remembers what objects are called by now, and which are gone.

    Words have to find the objects after a dump and restore; those of one that is gone do not mean
    what else is made of its name.
    """
    table, known = tables.object, tables.object.alias("known")
    place = (known.c.classid, known.c.objid, known.c.objsubid)
    told = func.pg_catalog.pg_identify_object(*place)
    found = told.table_valued("type", "schema", "name", "identity").lateral("found")
    is_gone = found.c.identity.is_(None)
    words = tuple_(found.c.type, found.c.identity)
    return (
        table.update()
        .where(table.c.id == known.c.id, known.c.epoch == select_epoch(tables).scalar_subquery())
        .where(known.c.classid.in_(OBJECT_CATALOGS))
        .where(words.is_distinct_from(tuple_(known.c.kind, known.c.identity)))
        .values(
            kind=case((is_gone, known.c.kind), else_=found.c.type),
            identity=func.coalesce(found.c.identity, known.c.identity),
            epoch=case((is_gone, GONE), else_=known.c.epoch),
        )
    )


def record_remade(tables: Tables, before: Key, after: Key) -> Executable:
    """Return the statement that remembers what PostgreSQL has made again in its new place."""
    table = tables.object
    changed = table.update().where(table.c.classid == before[0], table.c.objid == before[1])
    return changed.values(classid=after[0], objid=after[1])


def forget_epoch(tables: Tables, plugins: Collection[str]) -> Executable:
    """Return the statement that remembers that objects of plugins are elsewhere by now."""
    table = tables.object
    chosen = table.c.plugin.in_(plugins), table.c.epoch != GONE
    return table.update().where(*chosen).values(epoch="")


def mark_objects_known(tables: Tables, plugin: str) -> Executable:
    """Return the statement that remembers that all is recorded that a plugin has made."""
    changed = tables.revision.update().where(tables.revision.c.plugin == plugin)
    return changed.values(objects_known=True)
