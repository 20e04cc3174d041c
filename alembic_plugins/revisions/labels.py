"""Which labels of revisions count in a map of several branches."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Protocol

from .files import RevisionInfo


class Labelled(Protocol):
    """A branch: its name, its revisions, and those that follow none of it."""

    name: str
    infos: dict[str, RevisionInfo]

    @property
    def former_labels(self) -> tuple[str, ...]:
        """The names that the branch had before, but for those that a file has for a label."""
        ...

    @property
    def bases(self) -> tuple[str, ...]:
        """The revisions that follow none of their branch."""
        ...


def choose_labels(branches: Sequence[Labelled]) -> Mapping[str, list[str]]:
    """Return, by revision, the labels that count.

    A branch's name is always a label of its first base. A label out of a file, or a name that the
    branch had before, counts only where no other file and no branch has it: Alembic refuses a map
    with one label on two revisions.
    """
    given = Counter(
        label
        for branch in branches
        for info in branch.infos.values()
        for label in info.branch_labels
    )
    given.update(name for branch in branches for name in branch.former_labels)
    names = {branch.name for branch in branches}
    chosen: dict[str, list[str]] = {}
    for branch in branches:
        for info in branch.infos.values():
            chosen[info.revision] = [
                label for label in info.branch_labels if given[label] == 1 and label not in names
            ]
        for base in branch.bases[:1]:
            former = [n for n in branch.former_labels if given[n] == 1 and n not in names]
            chosen[base] += (branch.name, *former)
    return chosen
