"""Which rows of the system catalogs a transaction has written: those that only it can see.

A row that we see and whose transaction is in progress is our own, of a savepoint too; its
transaction cannot be older than ours.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    CTE,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Connection,
    Numeric,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    null,
    select,
    table,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import OID
from sqlalchemy.types import UserDefinedType

Key = tuple[int, int]
"""An object: the system catalog that it is in, and its row there."""

Place = tuple[int, int, int]
"""An object, or a column of one: the system catalog, the row there, and the column's number."""

PG_CLASS = 1259
"""The oid of `pg_class`, which is the same everywhere."""

_PG_NAMESPACE = 2615
"""That of `pg_namespace`."""

_PG_TS_CONFIG = 3602
"""That of `pg_ts_config`."""

_FIRST_NORMAL_OID = 16384
"""Below it are the oids of what PostgreSQL comes with, as its `access/transam.h` has it."""

_CATALOGS = (
    "pg_class",
    "pg_proc",
    "pg_type",
    "pg_namespace",
    "pg_constraint",
    "pg_trigger",
    "pg_rewrite",
    "pg_policy",
    "pg_operator",
    "pg_opclass",
    "pg_opfamily",
    "pg_cast",
    "pg_collation",
    "pg_conversion",
    "pg_language",
    "pg_extension",
    "pg_event_trigger",
    "pg_publication",
    "pg_publication_rel",
    "pg_foreign_server",
    "pg_foreign_data_wrapper",
    "pg_default_acl",
    "pg_statistic_ext",
    "pg_ts_config",
    "pg_ts_dict",
    "pg_ts_parser",
    "pg_ts_template",
    "pg_am",
    "pg_transform",
    "pg_publication_namespace",
)
"""The catalogs whose rows are objects."""

PG_ATTRIBUTE = 1249
"""That of `pg_attribute`: with the number of a relation, it stands for privileges on columns."""

_PARTS = (
    ("pg_amop", 2753, "amopfamily"),
    ("pg_amproc", 2753, "amprocfamily"),
    ("pg_enum", 1247, "enumtypid"),
    ("pg_largeobject_metadata", 2613, "oid"),
    ("pg_publication_namespace", 6104, "pnpubid"),
    ("pg_publication_rel", 6104, "prpubid"),
    ("pg_ts_config_map", _PG_TS_CONFIG, "mapcfg"),
)
"""Catalogs whose rows are parts of objects, with the catalog of these and the column for them."""

_NONE: ColumnElement[Any] = literal_column("0")
"""The oid of what is not there."""

CATALOGS_READ = (
    *dict.fromkeys((*_CATALOGS, *(catalog for catalog, _, _ in _PARTS))),
    "pg_description",
    "pg_attribute",
)
"""All catalogs whose rows are read."""

_PARENTS = {
    "pg_constraint": "conrelid",
    "pg_trigger": "tgrelid",
    "pg_rewrite": "ev_class",
    "pg_policy": "polrelid",
}
"""The columns of catalogs that tell on which relation an object hangs."""


def select_commands(table: Table, revisions: Collection[str]) -> Select[Any]:
    """Return the query for the commands of ours that inserted some revisions into a table."""
    command = cast(cast(literal_column("cmin"), Text), BigInteger).label("command")
    ours = literal_column("xmin") == cast(func.pg_current_xact_id(), _Named("xid"))
    asked = table.c.revision == func.any(cast(list(revisions), ARRAY(Text)))
    return select(table.c.revision, command).where(asked, ours)


class _Named(UserDefinedType[str]):
    """A type of PostgreSQL's that SQLAlchemy does not know."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_options: object) -> str:
        """Return what SQL calls it."""
        return self.name


_AGE = func.age(cast(bindparam("xid", type_=Text), _Named("xid")))
"""The age of the transaction that is asked about."""

_FENCE: ColumnElement[Any] = literal_column("0")
"""The OFFSET with which PostgreSQL plans a subquery by itself."""

_SETTLED = cast(bindparam("settled"), ARRAY(OID))
"""The relations whose columns may be others by now in any case, and 0."""

_OF_RELATIONS = func.any(cast(bindparam("relations"), ARRAY(OID)))
"""What equals the relations that the transaction has locked, and 0."""


def read_written(
    connection: Connection,
    catalogs: Collection[str],
    relations: Collection[int],
    settled: Collection[int],
    xid: str,
) -> tuple[Sequence[Row[Any]], Sequence[Key]]:
    """Return the objects whose rows in some catalogs the transaction has written.

    The other ones are those on which it has made these depend, and defaults of columns.

    Args:
        connection: the one that has the transaction.
        catalogs: the catalogs to which it has written.
        relations: the relations that it has locked.
        settled: those of them under whose lock columns are dropped and altered.
        xid: the transaction's id.
    """
    if not catalogs:
        return (), ()
    # Constraints of domains hang on none.
    parameters = {
        "xid": _cut_epoch(xid),
        "xid8": int(xid),
        "relations": [*relations, 0],
        "settled": [*settled, 0],
    }
    rows = connection.execute(_make_written(frozenset(catalogs)), parameters).all()
    referred = [(row.classid, row.objid) for row in rows if row.command is None]
    return [row for row in rows if row.command is not None], referred


def read_later(connection: Connection, xid: str) -> list[Key]:
    """Return the objects whose rows were written by a transaction or by any later one."""
    rows = connection.execute(_make_later(), {"xid": _cut_epoch(xid), "relations": []})
    return [(row.classid, row.objid) for row in rows]


def _cut_epoch(xid: str) -> str:
    """Return the id of a transaction as rows have it, which is begun anew after 2**32."""
    return str(int(xid) % 2**32)


@cache
def _make_written(catalogs: frozenset[str]) -> CompoundSelect[Any]:
    """Return the query for the rows of some catalogs that the transaction has written.

    What they refer to since then comes along, with no command.
    """
    found = _find_young_rows(catalogs, locked=True).cte("written")
    xid = bindparam("xid8", type_=Numeric) + _AGE - func.age(found.c.xmin)
    state = func.pg_xact_status(cast(cast(xid, Text), _Named("xid8")))
    command = func.min(cast(cast(found.c.cmin, Text), BigInteger)).label("command")
    parent = func.max(found.c.parent).label("parent")
    query = select(found.c.classid, found.c.objid, command, parent).where(state == "in progress")
    ours = query.group_by(found.c.classid, found.c.objid).cte("ours")
    return union_all(select(ours), _find_referred(ours))


def _find_referred(written: CTE) -> Select[Any]:
    """Return the query for what was written depends on since then."""
    default = table("pg_attrdef", *map(column, ("tableoid", "oid", "adrelid")), schema="pg_catalog")
    referring = union_all(
        select(written.c.classid, written.c.objid),
        select(default.c.tableoid, default.c.oid).where(default.c.adrelid == _OF_RELATIONS),
    ).subquery()
    columns = ("classid", "objid", "refclassid", "refobjid", "deptype", "xmin")
    depend = table("pg_depend", *map(column, columns), schema="pg_catalog").c
    # The fence keeps it a lookup by index for each.
    known = select(depend.refclassid, depend.refobjid).offset(_FENCE)
    found = known.where(
        depend.classid == referring.c.classid,
        depend.objid == referring.c.objid,
        depend.deptype == "n",
        depend.refobjid >= _FIRST_NORMAL_OID,
        func.age(depend.xmin) <= _AGE,
        depend.refclassid != _PG_NAMESPACE,
    ).lateral()
    query = select(found.c.refclassid, found.c.refobjid, cast(null(), BigInteger), _NONE)
    return query.select_from(referring.join(found, true())).distinct()


@cache
def _make_later() -> Select[Any]:
    """Return the query for the rows of catalogs that are not older than some transaction."""
    rows = _find_young_rows(CATALOGS_READ, locked=False).subquery()
    return select(rows.c.classid, rows.c.objid).distinct()


def _find_young_rows(catalogs: Collection[str], *, locked: bool) -> CompoundSelect[Any]:
    """Return the query for the rows of some catalogs that are not older than the transaction.

    With `locked`, of what hangs on relations, only for those of the relations that are locked.
    """
    return union_all(
        *(
            query.where(func.age(query.selected_columns.xmin) <= _AGE)
            for name, query in _find_rows(locked=locked)
            if name in catalogs
        )
    )


def _find_rows(*, locked: bool) -> Iterator[tuple[str, Select[Any]]]:
    """Yield queries for rows of catalogs: the object, what it hangs on, and who has written it."""
    for catalog in _CATALOGS:
        rows = _columns(catalog, "tableoid", "oid")
        query = _select(rows, rows.tableoid, rows.oid, _find_parent(catalog))
        if locked and catalog in _PARENTS:
            query = query.where(column(_PARENTS[catalog]) == _OF_RELATIONS)
        yield catalog, query.where(*_find_own(catalog))
    rows = _columns("pg_description", "classoid", "objoid")
    yield "pg_description", _select(rows, rows.classoid, rows.objoid)
    for catalog, whole, name in _PARTS:
        rows = _columns(catalog, name)
        yield catalog, _select(rows, literal_column(str(whole)), column(name))
    rows = _columns("pg_attribute", "attrelid", "attacl", "attnum")
    if locked:
        # A grant on columns locks nothing on PostgreSQL 15. With a fence, the age comes first: to
        # find a column, PostgreSQL goes through those before it.
        young = select(rows.attrelid, rows.xmin, rows.cmin).offset(_FENCE)
        changed = young.where(func.age(rows.xmin) <= _AGE, rows.attnum > 0).subquery().c
        granted = _select(changed, literal_column(str(PG_ATTRIBUTE)), changed.attrelid)
        yield "pg_attribute", granted.where(changed.attrelid != func.all(_SETTLED))
    # Every table has this column from the beginning, and it never changes.
    made = _select(rows, literal_column(str(PG_CLASS)), rows.attrelid)
    yield "pg_attribute", made.where(rows.attrelid == _OF_RELATIONS, rows.attnum == -1)


def _columns(catalog: str, *names: str) -> Any:  # noqa: ANN401 - what columns are accessed by
    return table(catalog, *map(column, (*names, "xmin", "cmin")), schema="pg_catalog").c


def _select(
    rows: Any,  # noqa: ANN401 - what columns are accessed by
    classid: ColumnElement[Any],
    objid: ColumnElement[Any],
    parent: ColumnElement[Any] = _NONE,
) -> Select[Any]:
    objects = (classid.label("classid"), objid.label("objid"), parent.label("parent"))
    return select(*objects, rows.xmin, rows.cmin)


def _find_parent(catalog: str) -> ColumnElement[Any]:
    """Return the relation on which the objects of a catalog hang."""
    if catalog != "pg_class":
        return column(_PARENTS[catalog]) if catalog in _PARENTS else _NONE
    index = table("pg_index", column("indexrelid"), column("indrelid"), schema="pg_catalog").c
    found = select(index.indrelid).where(index.indexrelid == literal_column("pg_class.oid"))
    return func.coalesce(found.scalar_subquery(), _NONE)


def _find_own(catalog: str) -> tuple[ColumnElement[bool], ...]:
    """Return what tells the objects of a catalog from what comes along with others."""
    if catalog == "pg_trigger":  # Foreign keys have triggers on the table that they refer to.
        return (~column("tgisinternal"),)
    if catalog == "pg_type":  # Tables have types of their rows, and types have those of arrays.
        return (
            column("typrelid") == 0,
            ~((column("typelem") != 0) & (column("typcategory") == "A")),
        )
    return ()
