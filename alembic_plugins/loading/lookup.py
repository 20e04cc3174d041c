"""Find the branch of a revision, and what a revision depends on, by the ids and labels of files."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from .._base_errors import PluginError
from ..plugin import HOST
from ..revisions.branches import Branch, Node
from ..revisions.errors import DuplicateRevision
from ..revisions.files import RevisionInfo
from . import renames
from .errors import MissingRevision


class Source(renames.Source, Protocol):
    """What knows of the plugins on disk and in the database, and reads their branches."""

    @property
    def branches(self) -> Mapping[str, Branch]:
        """The branches that have been read, by their names."""
        ...

    def branch(self, name: str) -> Branch:
        """Return a branch."""
        ...

    def find_requirements(self, name: str) -> tuple[str, ...]:
        """Return the names of the plugins that a plugin requires, optional ones where installed."""
        ...


class RevisionLookup:
    """Find revisions in the branches of a host and its plugins, reading as few as can be.

    Args:
        source: reads the branches.
    """

    def __init__(self, source: Source) -> None:
        self._source = source

    def find_owner(self, revision: str, first: Iterable[str] = ()) -> str | None:
        """Return the branch that has a revision, looking at as few branches as can be.

        `first` names branches to look at before all plugins.
        """
        applied = self._source.state.by_revision.get(revision)
        if applied:
            return applied.plugin
        for branch in self._source.branches.values():
            if branch.find(revision):
                return branch.name
        return next((name for name in self._search(first) if self._has(name, revision)), None)

    def _search(self, first: Iterable[str]) -> Iterator[str]:
        on_disk = self._source.discovery.names  # Others have no files.
        yield from dict.fromkeys((HOST, *(name for name in first if name in on_disk)))
        yield from on_disk

    def _has(self, name: str, revision: str) -> bool:
        try:
            return self._source.branch(name).find(revision) is not None
        except PluginError:
            return False  # A broken plugin must not hurt those that have nothing to do with it.

    def resolve(self, branch: Branch, identifier: str) -> tuple[str, str]:
        """Return branch and id of the revision that an identifier in a file of `branch` means.

        It is an id, or a label, which stands for the revision that carries it, as in Alembic.

        Raises:
            MissingRevision: no file has it.
        """
        if own := branch.find(identifier):
            return branch.name, own
        required = self._required_by(branch.name)
        owner = self.find_owner(identifier, required)
        if owner:
            other = self._source.branches.get(owner)
            return owner, (other and other.find(identifier)) or identifier
        for name in dict.fromkeys((branch.name, *self._search((identifier, *required)))):
            revision = self._find_label(name, identifier)
            if revision:
                return name, revision
        raise MissingRevision(branch.name, "", identifier)

    def _find_label(self, name: str, label: str) -> str | None:
        try:
            return self._source.branch(name).find_label(label)
        except PluginError:
            return None  # Neither a broken plugin nor a label that is no plugin's name has it.

    def _required_by(self, name: str) -> tuple[str, ...]:
        try:
            return self._source.find_requirements(name)
        except PluginError:
            return ()

    def make_node(self, branch: Branch, revision: str) -> Node:
        """Return a revision with what it depends on, resolved.

        Raises:
            MissingRevision: it depends on a revision that no file has.
        """
        applied = self._source.state.by_revision.get(revision)
        if applied:
            return Node(revision, branch.name, self._down(branch, applied.info), applied.depends_on)
        return self.read_node(branch, revision)

    def read_node(self, branch: Branch, revision: str) -> Node:
        """Return a revision as its file is now, whatever is remembered; see `make_node`."""
        info = branch.infos[revision]
        depends = []
        for identifier in (*info.down_revision, *info.depends_on):
            try:
                owner, found = self.resolve(branch, identifier)
            except MissingRevision as error:
                raise MissingRevision(branch.name, revision, identifier) from error
            if owner != branch.name or identifier not in info.down_revision:
                depends.append(found)
        return Node(revision, branch.name, self._down(branch, info), tuple(depends))

    def _down(self, branch: Branch, info: RevisionInfo) -> tuple[str, ...]:
        return tuple(down for down in info.down_revision if down in branch)

    def close(self, targets: Iterable[tuple[str, str]]) -> dict[str, Node]:
        """Return the revisions that have to be applied so that `targets` are, by id.

        Args:
            targets: pairs of a branch and a revision of it.

        Raises:
            DuplicateRevision: two branches have the same revision.
            MissingRevision: a revision depends on one that no file has.
        """
        nodes: dict[str, Node] = {}
        todo = list(targets)
        while todo:
            name, revision = todo.pop()
            if revision in self._source.state.by_revision:
                continue
            if revision not in nodes:
                node = nodes[revision] = self.make_node(self._source.branch(name), revision)
                todo += [(name, down) for down in node.down]
                todo += [
                    self.resolve(self._source.branch(name), depends) for depends in node.depends
                ]
            elif nodes[revision].plugin != name:
                places = (f"in '{nodes[revision].plugin}'", f"in '{name}'")
                raise DuplicateRevision(revision, places)
        return nodes
