"""Version tables that plugins have of their own, from which a state can be taken over."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, MetaData, String, Table, bindparam, select, text
from sqlalchemy.exc import DBAPIError

from .._base_errors import InvalidOption, first_line
from .errors import NoVersionTable

_PLACEHOLDER = "{name}"
"""What stands for a plugin's name where several have a table each."""

# The tables that go by a name, with their schema or without. Those that are on the search path come
# first, then those in a schema that is to be preferred.
_FIND = text("""
    SELECT n.nspname AS schema, c.relname AS name, o.identity,
           pg_catalog.pg_table_is_visible(c.oid) AS is_visible,
           EXISTS (SELECT FROM pg_catalog.pg_attribute a
                   WHERE a.attrelid = c.oid AND a.attname = 'version_num') AS has_versions
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN LATERAL pg_catalog.pg_identify_object(c.tableoid, c.oid, 0) o
    WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND CAST(:wanted AS text)
          IN (c.relname, pg_catalog.concat(n.nspname, '.', c.relname), o.identity)
    ORDER BY is_visible DESC, n.nspname = CAST(:preferred AS text) DESC, n.nspname
""").bindparams(bindparam("wanted"), bindparam("preferred"))


@dataclass(frozen=True)
class VersionTable:
    """A plugin's own version table.

    Attributes:
        plugin: the plugin.
        schema: the table's schema.
        name: its name.
        identity: both, as SQL writes them.
        rows: the revisions that it has.
    """

    plugin: str
    schema: str
    name: str
    identity: str
    rows: tuple[str, ...]

    def __str__(self) -> str:
        return self.identity

    @property
    def table(self) -> Table:
        """The table."""
        column = Column("version_num", String)
        return Table(self.name, MetaData(), column, schema=self.schema)


def name_table(pattern: str, plugin: str, *, alone: bool) -> str:
    """Return what the version table of a plugin is called; it may be one of several `alone`.

    Raises:
        InvalidOption: several plugins would have one table.
    """
    if not alone and _PLACEHOLDER not in pattern:
        expected = f"a name with {_PLACEHOLDER} in it, which stands for the plugin's"
        raise InvalidOption("--version-table", pattern, expected)
    return pattern.replace(_PLACEHOLDER, plugin)


def find_version_table(
    connection: Connection, plugin: str, wanted: str, preferred: str | None
) -> VersionTable | None:
    """Return a plugin's own version table, or None where there is none.

    Args:
        connection: leads to the database.
        plugin: whose it is.
        wanted: its name, with its schema or without.
        preferred: the schema where it is looked for after those on the search path.

    Raises:
        NoVersionTable: there are several of that name, or it is no version table.
    """
    parameters = {"wanted": wanted, "preferred": preferred or ""}
    found = connection.execute(_FIND, parameters).all()
    if not found:
        return None
    first, *rest = found
    is_preferred = first.is_visible or first.schema == preferred
    if rest and not is_preferred:
        reason = f"there are {', '.join(row.identity for row in found)}"
        raise NoVersionTable(wanted, plugin, reason)
    if not first.has_versions:
        raise NoVersionTable(wanted, plugin, "it has no column version_num")
    table = VersionTable(plugin, first.schema, first.name, first.identity, ())
    rows = read_versions(connection, table)
    return VersionTable(plugin, first.schema, first.name, first.identity, rows)


def read_versions(connection: Connection, table: VersionTable) -> tuple[str, ...]:
    """Return the revisions that a version table has.

    Raises:
        NoVersionTable: it cannot be read.
    """
    try:
        rows = connection.scalars(select(table.table.c.version_num))
        return tuple(sorted(str(row) for row in rows if row is not None))
    except DBAPIError as error:
        raise NoVersionTable(table.identity, table.plugin, first_line(error.orig)) from error
