"""Whether the revisions of a branch are its own, as the database has them."""

from collections.abc import Mapping
from typing import Protocol

from ..plugin import HOST
from ..registry.errors import DamagedRow
from ..registry.state import State
from ..revisions.branches import Branch
from ..revisions.errors import DuplicateRevision
from . import renames
from .errors import FormerNameTaken, RevisionsRecorded


class Source(renames.Source, Protocol):
    """What knows of the plugins on disk and in the database, and of their names."""

    renames: renames.RenameFinder


def check_owners(source: Source, branch: Branch) -> None:
    """Check that no revision of a branch is applied, or kept, as one of another branch.

    Raises:
        DamagedRow: of one it cannot be told.
        RevisionsRecorded: the other one is not on disk; the branch may have been called so.
        FormerNameTaken: the branch has been called so, and another plugin is.
        DuplicateRevision: they have nothing to do with each other.
    """
    for revision in branch.infos:
        if error := source.state.unowned.get(revision):
            raise DamagedRow(error.name, error.table, error.reason, branch.name)
    elsewhere = _find_elsewhere(source.state, branch)
    if not elsewhere:
        return
    revision, other = next(iter(elsewhere.items()))
    if HOST not in (branch.name, other):
        source.renames.check(branch.name)
        found = source.discovery.find(branch.name)
        place = found.find_place("formerly")
        if other not in source.discovery.names:
            revisions = tuple(r for r, owner in elsewhere.items() if owner == other)
            raise RevisionsRecorded(branch.name, other, revisions, place)
        if other in found.declaration.formerly:
            claim = f"{source.discovery.find(other).source} has a plugin of that name"
            raise FormerNameTaken(branch.name, other, claim, place)
    raise DuplicateRevision(revision, (f"in '{other}'", f"in '{branch.name}'"))


def _find_elsewhere(state: State, branch: Branch) -> Mapping[str, str]:
    """Return the revisions of a branch that are applied as those of another one, by id."""
    kept = {item.revision: item for item in state.kept}
    elsewhere = {}
    for revision in (*branch.infos, *branch.squashes.aliases):
        item = state.by_revision.get(revision) or kept.get(revision)
        if item is not None and item.plugin != branch.name:
            elsewhere[revision] = item.plugin
    return dict(sorted(elsewhere.items()))
