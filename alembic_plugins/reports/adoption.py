"""Whether what plugins have made is what their revisions make."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import Connection

from ..catalog.diff import Catalog, find_differences, is_about
from ..catalog.objects import read_objects
from ..catalog.oids import PG_CLASS
from ..catalog.snapshot import read_catalog, read_catalog_of
from ..execution.migrator import Migrator
from ..loading.session import Session
from ..namespaces.inferred import Inferred, place_rows
from ..namespaces.ownership import read_ownership
from ..namespaces.recorded import RecordedObject
from ..planning.plan import Plan
from ..planning.settled import MakePlan
from ..planning.upkeep import adopt
from ..plugin import Namespace, Schema
from ..registry.errors import NoVersionTable
from ..registry.version_tables import VersionTable, find_version_table, name_table
from .errors import Different, NothingToAdopt


@dataclass(frozen=True)
class Adoption:
    """What is to be adopted.

    Attributes:
        targets: the revisions up to which plugins are recorded, by their names.
        tables: the version tables that say so.
    """

    targets: Mapping[str, tuple[str, ...]]
    tables: tuple[VersionTable, ...] = ()

    def plan(self, session: Session) -> Plan:
        """Plan to record it; see `upkeep.adopt`."""
        return adopt(session, self.targets, self.tables)


def check_adoption(
    migrator: Migrator, names: Sequence[str], revision: str | None, pattern: str | None
) -> MakePlan:
    """Check that plugins can be adopted; return what plans that. See `find_adoption`.

    Raises:
        PluginError: why not; see `upkeep.adopt` and `check_made`.
    """
    adoption = find_adoption(migrator, names, revision, pattern)
    adoption.plan(migrator.session)
    check_made(migrator, adoption)
    return adoption.plan


def find_adoption(
    migrator: Migrator, names: Sequence[str], revision: str | None, pattern: str | None
) -> Adoption:
    """Return what is to be adopted.

    Args:
        migrator: the command's work.
        names: the plugins; none are all that have a version table and are not installed.
        revision: up to which revision; None is up to the heads, or what the version tables say.
        pattern: what the version tables are called; None where there are none.

    Raises:
        NoVersionTable: a plugin that is named has no version table, or one that says nothing.
    """
    if pattern is None:
        return Adoption(dict.fromkeys(names, (revision or "heads",)))
    session = migrator.session
    candidates = names or [n for n in session.discovery.names if n not in session.state.plugins]
    tables = {n: _find_table(migrator, n, pattern, alone=len(names) == 1) for n in candidates}
    migrator.end_reading()
    found = {name: table for name, table in tables.items() if table is not None and table.rows}
    for name in names:
        if name not in found:
            reason = "there is no such table" if tables[name] is None else "it is empty"
            raise NoVersionTable(name_table(pattern, name, alone=True), name, reason)
    if not found:
        raise NoVersionTable(pattern, ", ".join(candidates), "there is none")
    return Adoption({name: table.rows for name, table in found.items()}, tuple(found.values()))


def _find_table(migrator: Migrator, name: str, pattern: str, *, alone: bool) -> VersionTable | None:
    found = migrator.session.find_usable(name)
    space = found.namespace if found else None
    preferred = space.name if isinstance(space, Schema) else None
    wanted = name_table(pattern, name, alone=alone)
    return find_version_table(migrator.connection, name, wanted, preferred)


def check_made(migrator: Migrator, adoption: Adoption) -> None:
    """Check that what plugins have made is what their revisions make, up to some.

    What they make is recorded when the plugins are.

    Raises:
        NothingToAdopt: nothing of a plugin is there.
        Different: it has something else.
        ScratchFailed: the revisions could not be run in a database of their own.
    """
    session, connection = migrator.session, migrator.connection
    spaces = {name: session.find_plugin(name).namespace for name in adoption.targets}
    with migrator.build(adoption.targets) as other:
        made = {name: other.read_made(name) for name in spaces}
        expected = {n: _read_made(other.connection, spaces[n], made[n], made[n]) for n in spaces}
    ownership = read_ownership(connection, migrator.tables, session.state)
    known = _name(chain((row for row in ownership.recorded if row.made), *made.values()))
    known |= {table.identity for table in adoption.tables}
    for name, space in spaces.items():
        placed = place_rows(connection, made[name])
        whole = _read_made(connection, space, made[name], placed)
        # What others have made beside it, or hung on it, is not unexpected.
        found = {
            key: words
            for key, words in whole.items()
            if key in expected[name] or not is_about(key[1], known - _name(made[name]))
        }
        if not found and not adoption.tables:
            raise NothingToAdopt(name, str(space))
        differences = find_differences(expected[name], found)
        if differences:
            words = tuple(str(item) for item in differences)
            raise Different(name, str(space), words, " ".join(adoption.targets[name]))
        session.add_inferred(name, Inferred(placed))
    migrator.end_reading()


def _read_made(
    connection: Connection,
    space: Namespace,
    made: Iterable[RecordedObject],
    placed: Iterable[RecordedObject],
) -> Catalog:
    """Return what a plugin has made, and all else that is in its own namespace, as it is compared.

    Args:
        connection: leads to the database.
        space: the plugin's namespace, which is its own or not.
        made: what its revisions make.
        placed: that of it which is there, as the database knows it.
    """
    made, placed = tuple(made), tuple(placed)
    items = read_objects(connection, {row.place[:2] for row in placed}).values()
    relations = {item.root[1] for item in items if item.root[0] == PG_CLASS}
    schemas = {item.schema for item in items if item.schema}
    around = read_catalog_of(connection, relations, schemas)
    names = _name(made)
    catalog = {key: words for key, words in around.items() if is_about(key[1], names)}
    if _is_own(space, made):
        catalog.update(read_catalog(connection, space))
    # Of what has no definition that can be compared, it is told that it is there.
    for row in placed:
        if not any(f"{words} ".startswith(f"{row.identity} ") for _, words in catalog):
            catalog[row.kind, row.identity] = ""
    return catalog


def _is_own(space: Namespace, made: Iterable[RecordedObject]) -> bool:
    """Tell whether a namespace is a plugin's alone; it is where its revisions make the schema."""
    if not isinstance(space, Schema) or space.create:
        return True
    return any(row.kind == "schema" and row.identity == space.name for row in made)


def _name(rows: Iterable[RecordedObject]) -> set[str]:
    """Return what SQL calls objects that are in schemas."""
    return {row.identity for row in rows if "." in row.identity}
