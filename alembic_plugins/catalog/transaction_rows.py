"""Which rows of the system catalogs a transaction has written: those that only it can see.

A row that we see and whose transaction is in progress is our own, of a savepoint too; its
transaction cannot be older than ours.
"""

from collections.abc import Collection, Iterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Connection,
    Row,
    Select,
    Table,
    Text,
    TextClause,
    cast,
    func,
    literal,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.types import UserDefinedType

from .oids import (
    PG_ATTRIBUTE,
    PG_LARGEOBJECT,
    PG_OPFAMILY,
    PG_PUBLICATION,
    PG_TS_CONFIG,
    PG_TYPE,
)

Key = tuple[int, int]
"""An object: the system catalog that it is in, and its row there."""

Place = tuple[int, int, int]
"""An object, or a column of one: the system catalog, the row there, and the column's number."""

NEW_RELATION = 0
"""With the number of a relation, it stands for its making."""

_CATALOGS = (
    *("pg_proc", "pg_namespace", "pg_operator", "pg_opclass", "pg_opfamily", "pg_cast"),
    *("pg_collation", "pg_conversion", "pg_language", "pg_extension", "pg_event_trigger"),
    *("pg_publication", "pg_publication_rel", "pg_publication_namespace", "pg_foreign_server"),
    *("pg_foreign_data_wrapper", "pg_default_acl", "pg_statistic_ext", "pg_ts_config"),
    *("pg_ts_dict", "pg_ts_parser", "pg_ts_template", "pg_am", "pg_transform"),
)
"""The catalogs whose rows are objects, besides relations, types and what hangs on these."""

_PARENTS = {
    "pg_constraint": ("conrelid", "true"),
    # Foreign keys have triggers on the table that they refer to.
    "pg_trigger": ("tgrelid", "NOT c.tgisinternal"),
    "pg_rewrite": ("ev_class", "true"),
    "pg_policy": ("polrelid", "true"),
}
"""Catalogs of what hangs on relations: the column that tells on which, and which of its rows."""

_PARTS = (
    ("pg_amop", f"{PG_OPFAMILY}", "amopfamily"),
    ("pg_amproc", f"{PG_OPFAMILY}", "amprocfamily"),
    ("pg_enum", f"{PG_TYPE}", "enumtypid"),
    ("pg_largeobject_metadata", f"{PG_LARGEOBJECT}", "oid"),
    ("pg_publication_namespace", f"{PG_PUBLICATION}", "pnpubid"),
    ("pg_publication_rel", f"{PG_PUBLICATION}", "prpubid"),
    ("pg_ts_config_map", f"{PG_TS_CONFIG}", "mapcfg"),
    ("pg_description", "c.classoid", "objoid"),
)
"""Catalogs whose rows are parts of objects, with the catalog of these and the column for them."""

CATALOGS_READ = tuple(
    dict.fromkeys(
        (
            *("pg_class", "pg_type", "pg_attribute", *_CATALOGS, *_PARENTS),
            *(catalog for catalog, _, _ in _PARTS),
        )
    )
)
"""All catalogs whose rows are read."""

_YOUNG = "pg_catalog.age({0}.xmin) <= pg_catalog.age(CAST(CAST(:xid AS text) AS xid))"

# The rows that only the transaction sees, and what they depend on since then: the types, functions,
# relations and so on, with no command. The type of a relation's rows is told by the relation, that
# of arrays by the type of their elements. Each is looked up by index.
_WRITTEN = """
    WITH written AS ({rows}), ours AS (
        SELECT w.classid, w.objid, pg_catalog.min(CAST(CAST(w.cmin AS text) AS bigint)) AS command,
               pg_catalog.max(w.parent) AS parent
        FROM written w
        WHERE pg_catalog.pg_xact_status(CAST(CAST(
                  CAST(:xid8 AS numeric) + pg_catalog.age(CAST(CAST(:xid AS text) AS xid))
                  - pg_catalog.age(w.xmin) AS text) AS xid8)) = 'in progress'
        GROUP BY w.classid, w.objid)
    SELECT o.classid, o.objid, o.command, o.parent FROM ours o
    UNION ALL
    SELECT DISTINCT CASE WHEN e.typrelid <> 0 THEN 1259::oid ELSE d.refclassid END,
           coalesce(nullif(e.typrelid, 0), e.oid, d.refobjid), CAST(NULL AS bigint), 0
    FROM (SELECT o.classid, o.objid FROM ours o
          UNION ALL
          SELECT a.tableoid, a.oid FROM pg_catalog.pg_attrdef a
          WHERE a.adrelid = ANY (CAST(:relations AS oid[]))) r
    CROSS JOIN LATERAL (
        SELECT p.refclassid, p.refobjid FROM pg_catalog.pg_depend p
        WHERE p.classid = r.classid AND p.objid = r.objid AND p.deptype = 'n'
          AND p.refobjid >= 16384 AND p.refclassid <> 2615 AND {young}
        OFFSET 0) d
    LEFT JOIN LATERAL (
        SELECT e.oid, e.typrelid FROM pg_catalog.pg_type t
        JOIN pg_catalog.pg_type e
          ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
        WHERE t.oid = d.refobjid AND d.refclassid = 1247
        OFFSET 0) e ON true
"""


def select_commands(table: Table, revisions: Collection[str]) -> Select[Any]:
    """Return the query for the commands of ours that inserted some revisions into a table."""
    command = cast(cast(literal_column("cmin"), Text), BigInteger).label("command")
    ours = literal_column("xmin") == cast(func.pg_catalog.pg_current_xact_id(), _Named("xid"))
    asked = table.c.revision == func.any(cast(list(revisions), ARRAY(Text)))
    return select(table.c.revision, command).where(asked, ours)


def select_row_versions(table: Table, xid: str) -> Select[Any]:
    """Return the query for the rows of a table that a transaction may have written or deleted.

    Each is told by its primary key and the transaction that has written it.
    """
    xmin, xmax = (cast(literal_column(name), Text) for name in ("xmin", "xmax"))
    begun = cast(literal(_cut_epoch(xid), Text), _Named("xid"))
    is_young = func.pg_catalog.age(literal_column("xmin")) <= func.pg_catalog.age(begun)
    return select(*table.primary_key, xmin).where(or_(xmax != "0", is_young))


class _Named(UserDefinedType[str]):
    """A type of PostgreSQL's that SQLAlchemy does not know."""

    cache_ok = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_options: object) -> str:
        """Return what SQL calls it."""
        return self.name


def read_written(
    connection: Connection,
    catalogs: Collection[str],
    relations: Collection[int],
    exclusive: Collection[int],
    xid: str,
) -> tuple[Sequence[Row[Any]], Sequence[Key]]:
    """Return the objects whose rows in some catalogs the transaction has written.

    The other ones are those on which it has made these depend, and defaults of columns.

    Args:
        connection: the one that has the transaction.
        catalogs: the catalogs to which it has written.
        relations: the relations that it has locked.
        exclusive: those of them that it has locked so that columns are dropped and altered.
        xid: the transaction's id.
    """
    if not catalogs:
        return (), ()
    # Constraints of domains hang on none.
    parameters: dict[str, object] = {
        "xid": _cut_epoch(xid),
        "xid8": int(xid),
        "relations": [*relations, 0],
    }
    if "pg_attribute" in catalogs:
        parameters["exclusive"] = [*exclusive, 0]
    rows = connection.execute(_make_written(frozenset(catalogs)), parameters).all()
    referred = [(row.classid, row.objid) for row in rows if row.command is None]
    return [row for row in rows if row.command is not None], referred


def read_later(connection: Connection, xid: str) -> list[Key]:
    """Return the objects whose rows were written by a transaction or by any later one."""
    rows = connection.execute(_make_later(), {"xid": _cut_epoch(xid)})
    return [(row.classid, row.objid) for row in rows]


def _cut_epoch(xid: str) -> str:
    """Return the id of a transaction as rows have it, which is begun anew after 2**32."""
    return str(int(xid) % 2**32)


@cache
def _make_written(catalogs: frozenset[str]) -> TextClause:
    """Return the query for the rows of some catalogs that the transaction has written."""
    rows = " UNION ALL ".join(query for name, query in _find_rows(locked=True) if name in catalogs)
    return text(_WRITTEN.format(rows=rows, young=_YOUNG.format("p")))


@cache
def _make_later() -> TextClause:
    """Return the query for the rows of catalogs that are not older than some transaction."""
    rows = " UNION ALL ".join(query for _, query in _find_rows(locked=False))
    return text(f"SELECT DISTINCT w.classid, w.objid FROM ({rows}) w")  # noqa: S608 - constants


def _find_rows(*, locked: bool) -> Iterator[tuple[str, str]]:
    """Yield queries for young rows of catalogs: the object, what it hangs on, who has written it.

    With `locked`, of what hangs on relations, only for those of the relations that are locked, and
    for the relations that were made. They are put together of the names above, and of nothing else.
    """
    index = "(SELECT i.indrelid FROM pg_catalog.pg_index i WHERE i.indexrelid = c.oid)"
    # What is too long for a table has one that comes along.
    yield "pg_class", _select("pg_class", f"coalesce({index}, 0)", "c.relkind <> 't'")
    # Tables have types of their rows, and types have those of arrays.
    array = "c.typelem <> 0 AND c.typcategory = 'A'"
    yield "pg_type", _select("pg_type", "0", f"c.typrelid = 0 AND NOT ({array})")
    for catalog in _CATALOGS:
        yield catalog, _select(catalog)
    for catalog, (name, chosen) in _PARENTS.items():
        among = f"c.{name} = ANY (CAST(:relations AS oid[]))" if locked else "true"
        yield catalog, _select(catalog, f"c.{name}", f"{chosen} AND {among}")
    for catalog, whole, name in _PARTS:
        yield catalog, _select(catalog, classid=whole, objid=f"c.{name}")
    if locked:
        yield from _find_rows_of_columns()


def _find_rows_of_columns() -> Iterator[tuple[str, str]]:
    """Yield the queries for privileges on columns, and for new relations."""
    # A grant on columns locks nothing on PostgreSQL 15. With a fence, the age comes first: to find
    # a column, PostgreSQL goes through those before it.
    columns = (
        "(SELECT a.attrelid, a.attnum, a.xmin, a.cmin FROM pg_catalog.pg_attribute a OFFSET 0)"
    )
    granted = "c.attnum > 0 AND c.attrelid <> ALL (CAST(:exclusive AS oid[]))"
    yield (
        "pg_attribute",
        _select(columns, "0", granted, classid=str(PG_ATTRIBUTE), objid="c.attrelid"),
    )
    # Every table has this column from the beginning, and it never changes.
    made = "c.attnum = -1 AND c.attrelid = ANY (CAST(:relations AS oid[]))"
    yield (
        "pg_attribute",
        _select("pg_attribute", "0", made, classid=str(NEW_RELATION), objid="c.attrelid"),
    )


def _select(
    catalog: str,
    parent: str = "0",
    chosen: str = "true",
    *,
    classid: str = "c.tableoid",
    objid: str = "c.oid",
) -> str:
    source = catalog if catalog.startswith("(") else f"pg_catalog.{catalog}"
    return (
        f"SELECT {classid} AS classid, {objid} AS objid, {parent} AS parent, c.xmin, c.cmin"  # noqa: S608 - constants
        f" FROM {source} c WHERE {_YOUNG.format('c')} AND {chosen}"
    )
