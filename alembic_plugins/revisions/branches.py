"""Revision files and remembered revisions, made into one Alembic branch a plugin.

To Alembic's revision map every branch is independent: a revision's `down_revision` is kept where
it is on the same branch, and whatever points into another branch is a dependency, which Alembic
never sees and `alembic_plugins.planning.plan` resolves. Alembic would drop a branch's row from its
version table as soon as another branch depends on it; here there is one row per branch, always.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any, cast

from alembic.script import Script
from alembic.script.revision import (
    MultipleHeads,
    Revision,
    RevisionError,
    RevisionMap,
)

from .errors import (
    DuplicateRevision,
    FilesGone,
    RevisionCycle,
    SeveralHeads,
    UnknownRevision,
)
from .files import RevisionInfo, load_revision_module
from .labels import choose_labels
from .squashes import NONE, Squashes

_HEAD = " (head)"
"""What Alembic says of a revision that nothing follows."""


@dataclass(frozen=True)
class Node:
    """A revision in the graph of all branches; `down` is on its branch, `depends` on others."""

    revision: str
    plugin: str
    down: tuple[str, ...]
    depends: tuple[str, ...]


class BranchScript(Script):
    """A revision of one branch, which knows its plugin and executes its file only when it runs."""

    def __init__(self, branch: "Branch", info: RevisionInfo, labels: Collection[str]) -> None:
        self.branch = branch.name
        self.info = info
        self.orphaned = branch.orphaned
        self._why = branch.why
        self.path = info.path or ""
        self._is_ahead = info.path is None and branch.has_files
        self._own = branch.infos
        Revision.__init__(self, info.revision, self.down_revisions, None, tuple(labels))

    @cached_property
    def module(self) -> Any:  # type: ignore[override]  # noqa: ANN401 - any module
        """The executed revision file.

        Raises:
            FilesGone: only the registry remembers the revision.
            BrokenRevision: the file raised.
        """
        if self.info.path is None:
            raise FilesGone(self.branch, self.revision)
        return load_revision_module(self.branch, Path(self.info.path))

    @property
    def down_revisions(self) -> tuple[str, ...]:
        """The revisions of the same branch that it follows."""
        return tuple(r for r in self.info.down_revision if r in self._own)

    @property
    def longdoc(self) -> str:
        """The file's docstring, read without executing it."""
        return self.info.doc

    @property
    def log_entry(self) -> str:
        """The revision in Alembic's long form, with its branch and what it depends on."""
        first, _, rest = super().log_entry.partition("\n")
        first = first.replace(_HEAD, "") if self._is_ahead else first
        lines = [first, f"Plugin: {self._branch_words}"]
        dependencies = [*self._foreign_down_revisions, *self.info.depends_on]
        if dependencies:
            lines.append(f"Depends on: {', '.join(dependencies)}")
        if self.info.phase:
            lines.append(f"Phase: {self.info.phase}")
        return "\n".join((*lines, rest))

    def cmd_format(
        self,
        verbose: bool,
        include_branches: bool = False,  # noqa: ARG002 - the branch is always told
        include_doc: bool = False,
        include_parents: bool = False,
        tree_indicators: bool = True,
    ) -> str:
        """Return the revision in a line of Alembic's, with its branch."""
        text = super().cmd_format(verbose, False, include_doc, include_parents, tree_indicators)
        if self._is_ahead and not verbose:
            text = text.replace(_HEAD, "", 1)
        return text if verbose else f"{self._branch_words}: {text}"

    @property
    def _branch_words(self) -> str:
        if self._is_ahead:
            return f"{self.branch} (ahead of its revision files)"
        return f"{self.branch} ({self._why})" if self.orphaned else self.branch

    @property
    def _foreign_down_revisions(self) -> tuple[str, ...]:
        return tuple(r for r in self.info.down_revision if r not in self._own)


class Branch:
    """The revisions of the host or of one plugin, in the order in which they were read.

    `orphaned` means that none of them is on disk, or counts there, and `why` says so. By the names
    of `formerly` it was called before; `squashes` tells for what else its revisions stand.
    """

    def __init__(
        self,
        name: str,
        infos: Iterable[RevisionInfo],
        *,
        orphaned: bool = False,
        why: str = "its revision files are gone",
        formerly: Iterable[str] = (),
        squashes: Squashes = NONE,
    ) -> None:
        self.name = name
        self.formerly = tuple(formerly)
        self.squashes = squashes
        self.orphaned = orphaned
        self.why = why
        self.infos: dict[str, RevisionInfo] = {}
        for info in infos:
            known = self.infos.setdefault(info.revision, info)
            if known is not info:
                raise DuplicateRevision(info.revision, (f"'{known.path}'", f"'{info.path}'"))

    def __contains__(self, revision: str) -> bool:
        return revision in self.infos

    def find(self, revision: str) -> str | None:
        """Return the revision of that id, or the one that stands for it."""
        return revision if revision in self.infos else self.squashes.aliases.get(revision)

    @cached_property
    def map(self) -> "BranchMap":
        """The branch as Alembic sees it, alone."""
        return BranchMap(lambda: [self], self.name)

    def find_script(self, revision: str) -> BranchScript:
        """Return a revision, be it a squash that does not stand yet."""
        if revision in self.squashes.waiting:
            info = next(info for info in self.squashes.replaced if info.revision == revision)
            return BranchScript(self, info, ())
        return cast("BranchScript", self.map.get_revision(revision))

    def heads(self, revisions: Collection[str] | None = None) -> tuple[str, ...]:
        """Return those of `revisions` (all by default) that none of them follows."""
        chosen = self.infos if revisions is None else revisions
        followed = {down for revision in chosen for down in self.infos[revision].down_revision}
        return tuple(
            revision for revision in self.infos if revision in chosen and revision not in followed
        )

    @property
    def file_heads(self) -> tuple[str, ...]:
        """The heads of what is on disk, as far as anything is."""
        return self.heads([info.revision for info in self.infos.values() if info.path])

    @cached_property
    def has_files(self) -> bool:
        """Whether anything is on disk."""
        return any(info.path for info in self.infos.values())

    @property
    def ahead(self) -> tuple[str, ...]:
        """The heads that are remembered, and have no file where others have one."""
        gone = [revision for revision in self.heads() if self.infos[revision].path is None]
        return tuple(gone) if self.has_files else ()

    def load(self) -> None:
        """Execute all files that are there, as Alembic does.

        Raises:
            BrokenRevision: one raised.
        """
        for revision in self.order:
            script = cast("BranchScript", self.map.get_revision(revision))
            if script.info.path is not None:
                _ = script.module

    def find_label(self, label: str) -> str | None:
        """Return the revision that carries a label; the branch's first for its names."""
        for info in self.infos.values():
            if label in info.branch_labels:
                return info.revision
        return next(iter(self.bases), None) if label in (self.name, *self.formerly) else None

    @property
    def former_labels(self) -> tuple[str, ...]:
        """The names that the branch had before, but for those that a file has for a label."""
        given = {label for info in self.infos.values() for label in info.branch_labels}
        return tuple(name for name in self.formerly if name not in given)

    @cached_property
    def order(self) -> tuple[str, ...]:
        """The revisions, each after those that it follows.

        Raises:
            RevisionCycle: they follow each other in a circle.
        """
        graph = {
            info.revision: [down for down in info.down_revision if down in self.infos]
            for info in self.infos.values()
        }
        try:
            return tuple(TopologicalSorter(graph).static_order())
        except CycleError as error:
            raise RevisionCycle(tuple(error.args[1])) from error

    @property
    def bases(self) -> tuple[str, ...]:
        """The revisions that follow none of their branch."""
        return tuple(
            info.revision
            for info in self.infos.values()
            if not any(down in self.infos for down in info.down_revision)
        )

    def find_upgrade(self, target: str, rows: Collection[str], *, exact: bool = False) -> list[str]:
        """Return the revisions between `rows`, which are applied, and `target`, first one first.

        Raises:
            UnknownRevision: `target` cannot be reached.
            SeveralHeads: `target` is ``head``, and there are several.
            ReplacedRevision: more would be reached, where it has to be `exact`.
        """
        target = self.squashes.translate(self.name, target, self.infos, exactly=exact)
        if target == "heads" and rows and set(rows) == set(self.heads()):
            return []  # As most often, and far faster.
        with self._translate(target):
            found = self.map.iterate_revisions(target, tuple(rows), implicit_base=True)
            return [revision.revision for revision in found][::-1]

    def find_downgrade(self, target: str, rows: Collection[str]) -> list[str]:
        """Return the revisions that go when `rows` go down to `target`.

        Raises:
            UnknownRevision: `target` cannot be reached.
            ReplacedRevision: it is a part of a squash.
        """
        target = self.squashes.translate(self.name, target, self.infos, exactly=True)
        with self._translate(target):
            found = self.map.iterate_revisions(tuple(rows), target, select_for_downgrade=True)
            return [revision.revision for revision in found]

    def find_stamp(self, target: str) -> set[str]:
        """Return the revisions that are applied where `target` is stamped.

        Raises:
            UnknownRevision: there is no such revision.
            SeveralHeads: `target` is ``head``, and there are several.
            ReplacedRevision: it is a part of a squash.
        """
        target = self.squashes.translate(self.name, target, self.infos, exactly=True)
        with self._translate(target):
            found = [
                revision.revision
                for revision in self.map.get_revisions(target)
                if isinstance(revision, Revision)
            ]
            return self.close(found)

    def close(self, revisions: Iterable[str]) -> set[str]:
        """Return `revisions` with all that they follow on this branch."""
        closed: set[str] = set()
        todo = [revision for revision in revisions if revision in self.infos]
        while todo:
            revision = todo.pop()
            if revision not in closed:
                closed.add(revision)
                todo += [down for down in self.infos[revision].down_revision if down in self.infos]
        return closed

    @contextmanager
    def _translate(self, argument: str) -> Iterator[None]:
        """The one place where Alembic's errors about revisions become ours."""
        try:
            yield
        except MultipleHeads as error:
            raise SeveralHeads(self.name, tuple(error.heads)) from error
        except (RevisionError, AssertionError) as error:
            reason = str(error).rstrip(".") or "it is ambiguous"
            raise UnknownRevision(self.name, argument, reason) from error


class _LoneHead(BranchScript):
    """A head to be shown: the map is made only when somebody asks for branch labels."""

    def __init__(self, map_: "BranchMap", branch: Branch, info: RevisionInfo) -> None:
        self._map, self._whole = map_, branch
        super().__init__(branch, info, ())

    @property
    def branch_labels(self) -> set[str]:
        """The labels that it has in the map, its own and those of revisions before it."""
        found = cast("BranchScript", self._map.get_revision(self.revision))
        if found.branch != self.branch:  # Which has the same id.
            found = cast("BranchScript", self._whole.map.get_revision(self.revision))
        return found.branch_labels

    @branch_labels.setter
    def branch_labels(self, labels: set[str]) -> None:
        """Take note of nothing: the map tells."""


class BranchMap(RevisionMap):
    """Independent branches in one revision map; ``head`` alone means the one of branch `main`.

    `find_branches` is called when the map is first looked at. A branch that has an id of an earlier
    one is among the heads alone.
    """

    def __init__(self, find_branches: Callable[[], Sequence[Branch]], main: str) -> None:
        self._find_branches = find_branches
        self._main = main
        super().__init__(self._make_scripts)

    @cached_property
    def branches(self) -> Sequence[Branch]:
        """The branches in the map."""
        return self._find_branches()

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """The heads of all branches, for which the map itself needs not be made."""
        return tuple(revision for branch in self.branches for revision in branch.heads())

    def find_shown(self, id_: Any) -> tuple[Any, ...]:  # noqa: ANN401 - as get_revisions()
        """Return revisions that are to be shown and nothing else; heads without making the map."""
        heads = self._lone_heads
        if isinstance(id_, tuple | list) and all(revision in heads for revision in id_):
            return tuple(head for revision in dict.fromkeys(id_) for head in heads[revision])
        return self.get_revisions(id_)

    @cached_property
    def _lone_heads(self) -> Mapping[str, list[BranchScript]]:
        """The heads as revisions that nothing follows."""
        heads: dict[str, list[BranchScript]] = {}
        for branch in self.branches:
            for revision in branch.heads():
                head = _LoneHead(self, branch, branch.infos[revision])
                heads.setdefault(revision, []).append(head)
        return heads

    def get_revisions(self, id_: Any) -> tuple[Any, ...]:  # noqa: ANN401 - as Alembic
        """Return revisions, or what stands for them."""
        if isinstance(id_, str):
            for branch in self.branches:
                id_ = branch.squashes.translate(branch.name, id_, branch.infos)
        return super().get_revisions(id_)

    def _make_scripts(self) -> Iterator[BranchScript]:
        taken: set[str] = set()
        branches: list[Branch] = []
        for branch in self.branches:
            if taken.isdisjoint(branch.infos):
                branches.append(branch)
                taken.update(branch.infos)
        labels = choose_labels(branches)
        for branch in branches:
            for info in branch.infos.values():
                yield BranchScript(branch, info, labels.get(info.revision, ()))

    def get_current_head(self, branch_label: str | None = None) -> str | None:
        """Return the one head of `main`, or of a label.

        Raises:
            MultipleHeads: there are several.
        """
        main = next((branch for branch in self.branches if branch.name == self._main), None)
        if branch_label or main is None:
            return super().get_current_head(branch_label)
        heads = main.heads()
        if len(heads) > 1:
            raise MultipleHeads(heads, "head")
        return heads[0] if heads else None
