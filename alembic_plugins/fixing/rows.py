"""The queries that show which rows do not keep a rule."""

from ..catalog.diff import Parts
from ..catalog.drift import Key
from ..catalog.printed import split, split_field, split_list, split_on


def ask_for_rows(key: Key, parts: Parts) -> str | None:
    """Return the query for the rows that are against an object; None where there is none.

    Args:
        key: a constraint, an index, or a column that allows no NULL.
        parts: its definition.
    """
    if key[0] == "column":
        table, name = split_field(key[1])
        return f"SELECT * FROM {table} WHERE {name} IS NULL"  # noqa: S608 - PostgreSQL's own words
    table = split_on(key[1])[1]
    pieces = split(parts.get("definition", ""), " ")
    lists = [piece for piece in pieces if piece.startswith("(")]
    if not lists or pieces[0] == "EXCLUDE":
        return None
    if pieces[0] == "CHECK":
        return f"SELECT * FROM {table} WHERE NOT {lists[0]}"  # noqa: S608 - likewise
    if pieces[0] == "FOREIGN":
        return _ask_for_lone(table, lists[0], pieces[pieces.index("REFERENCES") + 1])
    condition = f" WHERE {pieces[pieces.index('WHERE') + 1]}" if "WHERE" in pieces else ""
    keys = ", ".join(split(member, " ")[0] for member in split_list(lists[0]))
    return (
        f"SELECT {keys}, count(*) FROM {table}{condition} "  # noqa: S608 - likewise
        f"GROUP BY {keys} HAVING count(*) > 1"
    )


def _ask_for_lone(table: str, columns: str, target: str) -> str:
    """Return the query for the rows that refer to none."""
    place = target.rindex("(")
    names = split_list(columns)
    pairs = zip(names, split_list(target[place:]), strict=True)
    same = " AND ".join(f"target.{other} = own.{own}" for own, other in pairs)
    given = "".join(f" AND own.{name} IS NOT NULL" for name in names)
    return (
        f"SELECT * FROM {table} AS own WHERE NOT EXISTS "  # noqa: S608 - likewise
        f"(SELECT FROM {target[:place]} AS target WHERE {same}){given}"
    )
