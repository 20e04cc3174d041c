"""What ``repair`` would accept: revision files that have changed, and objects made by hand."""

from collections.abc import Iterable, Mapping, Sequence

from ..execution.migrator import Migrator
from ..loading.dependencies import read_session_ownership
from ..namespaces.claims import find_claims
from ..revisions.source import find_changes, read_source


def read_changes(
    migrator: Migrator, names: Sequence[str]
) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Return what differs in the changed files of branches."""
    changes: dict[tuple[str, str], tuple[str, ...]] = {}
    for name in names:
        changed = migrator.session.find_changed(name)
        known = migrator.session.find_sources(changed)
        for revision in changed:
            source = read_source(migrator.session.branch(name).infos[revision].path)
            before, after = known.get(revision), source.text if source else ""
            changes[name, revision] = find_changes(before, after) if before else ()
    return changes


def read_claims(migrator: Migrator, names: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Return what nobody is known to have made and plugins may have; see `claims.find_claims`."""
    ownership = read_session_ownership(migrator.connection, migrator.tables, migrator.session)
    found = {
        name: find_claims(migrator.connection, migrator.tables, ownership, name) for name in names
    }
    migrator.end_reading()
    return {name: tuple(row.words for row in rows) for name, rows in found.items() if rows}
