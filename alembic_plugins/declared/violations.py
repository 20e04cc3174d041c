"""Whether the rows of a table keep a rule, or could have a type, that it has not got yet."""

from collections.abc import Sequence
from enum import Enum, auto

from sqlalchemy import (
    Connection,
    ForeignKeyConstraint,
    Table,
    and_,
    column,
    exists,
    func,
    literal_column,
    not_,
    select,
    table,
    text,
)
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import TableClause

from .definitions import Rule


class Cast(Enum):
    """How PostgreSQL makes values of one type of those of another one.

    Attributes:
        ASSIGNMENT: by itself.
        EXPLICIT: where it is told to, by ``USING``.
        NONE: not at all.
    """

    ASSIGNMENT = auto()
    EXPLICIT = auto()
    NONE = auto()


# Tells how one type is cast to another. Those to and from strings are not in pg_cast.
_FIND_CAST = text("""
    SELECT old.oid = new.oid OR new.typcategory = 'S' OR EXISTS (
               SELECT FROM pg_catalog.pg_cast
               WHERE castsource = old.oid AND casttarget = new.oid AND castcontext IN ('a', 'i')
           ),
           old.typcategory = 'S' OR EXISTS (
               SELECT FROM pg_catalog.pg_cast WHERE castsource = old.oid AND casttarget = new.oid
           )
    FROM pg_catalog.pg_type AS old, pg_catalog.pg_type AS new
    WHERE old.oid = pg_catalog.to_regtype(:before) AND new.oid = pg_catalog.to_regtype(:after)
""")


class Rows:
    """The rows of a table, to be asked about.

    Args:
        connection: leads to the database.
        declared: the table as it is declared, which has its name and its schema.
    """

    def __init__(self, connection: Connection, declared: Table) -> None:
        self._connection = connection
        self._declared = declared
        self._table = _name(declared)

    def _exist(self, *conditions: ColumnElement[bool]) -> bool:
        chosen = exists().select_from(self._table).where(*conditions)
        return bool(self._connection.scalar(select(chosen)))

    def find_cast(self, before: str, after: str) -> Cast:
        """Tell how values of one type, in PostgreSQL's words, could become those of another."""
        if before.endswith("[]") and after.endswith("[]"):
            return self.find_cast(before[:-2], after[:-2])
        found = self._connection.execute(_FIND_CAST, {"before": before, "after": after}).first()
        assigns, casts = found or (False, False)
        return Cast.ASSIGNMENT if assigns else Cast.EXPLICIT if casts else Cast.NONE

    def are_there(self) -> bool:
        """Tell whether there are any."""
        return self._exist()

    def are_several(self) -> bool:
        """Tell whether there is more than one."""
        chosen = select(1).select_from(self._table).offset(1)
        return bool(self._connection.scalar(select(chosen.exists())))

    def have_null(self, name: str) -> bool:
        """Tell whether one has no value in a column."""
        return self._exist(column(name).is_(None))

    def break_check(self, rule: Rule) -> bool:
        """Tell whether one does not keep the condition of a CHECK."""
        return self._exist(not_(literal_column(f"({rule.condition})")))

    def break_unique(self, rule: Rule) -> bool:
        """Tell whether two are alike by a unique constraint or index."""
        keys: Sequence[ColumnElement[object]] = [literal_column(f"({key})") for key in rule.keys]
        chosen = select(1).select_from(self._table).group_by(*keys).having(func.count() > 1)
        if rule.condition is not None:
            chosen = chosen.where(literal_column(f"({rule.condition})"))
        if not rule.nulls_equal:
            chosen = chosen.where(and_(*(key.is_not(None) for key in keys)))
        return bool(self._connection.scalar(select(chosen.exists())))

    def break_foreign_key(self, key: ForeignKeyConstraint, *, is_target_there: bool) -> bool:
        """Tell whether one refers to what is not there."""
        pairs = [(element.parent.name, element.column.name) for element in key.elements]
        own = _name(self._declared, *(name for name, _ in pairs)).alias("own")
        chosen = select(1).select_from(own).where(*(own.c[n].is_not(None) for n, _ in pairs))
        if is_target_there:
            target = _name(key.referred_table, *(name for _, name in pairs)).alias("target")
            same = (own.c[one] == target.c[other] for one, other in pairs)
            found = exists().select_from(target).where(*same).correlate(own)
            chosen = chosen.where(not_(found))
        return bool(self._connection.scalar(select(chosen.exists())))


def _name(found: Table, *columns: str) -> TableClause:
    return table(found.name, *map(column, columns), schema=found.schema)
