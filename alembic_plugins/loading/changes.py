"""Which files have changed since they were applied."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from ..registry.state import AppliedRevision
from ..revisions.branches import Branch
from ..revisions.source import has_changed


def find_changed(
    branch: Branch,
    applied: Iterable[AppliedRevision],
    find_sources: Callable[[Sequence[str]], Mapping[str, str]],
) -> tuple[str, ...]:
    """Return the applied revisions of a branch whose files have changed since.

    Args:
        branch: the branch.
        applied: what is applied of it.
        find_sources: returns files as they were applied, by revision.
    """
    infos = branch.infos
    candidates = [
        item.revision
        for item in applied
        if item.checksum and infos[item.revision].checksum not in (None, item.checksum)
    ]
    sources = find_sources(candidates) if candidates else {}
    return tuple(r for r in candidates if has_changed(sources.get(r), infos[r].path))
