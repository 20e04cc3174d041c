"""Revisions among each other: their ids, what they follow and depend on."""

from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

from .._base_errors import join
from ..authoring.naming import LONGEST_ID
from ..plugin import HOST
from ..revisions.files import RevisionInfo
from ..revisions.squashes import flatten
from .findings import Finding
from .names import find_current_names
from .rules import (
    DUPLICATE_ID,
    LONG_ID,
    MISSING_DEPENDENCY,
    REVISION_CYCLE,
    SEVERAL_HEADS,
    UNDECLARED_DEPENDENCY,
)
from .sources import Files, RevisionFile


class Graph:
    """The revisions of all branches, by id and by label."""

    def __init__(self, branches: Mapping[str, Files]) -> None:
        self._branches = branches
        self._current_names = find_current_names(branches)
        self._by_id: dict[str, list[RevisionFile]] = {}
        self._by_label: dict[str, list[RevisionFile]] = {}
        self._replaced: dict[str, list[RevisionFile]] = {}
        self._is_whole = all(file.info for f in branches.values() for file in f.revisions)
        for files in branches.values():
            for file, info in files.readable:
                self._by_id.setdefault(info.revision, []).append(file)
                for label in info.branch_labels:
                    self._by_label.setdefault(label, []).append(file)
                for replaced in flatten(info.replaces):
                    self._replaced.setdefault(replaced, []).append(file)

    def check(self, files: Files) -> Iterator[Finding]:
        """Find what is wrong with the revisions of a branch."""
        yield from self._check_heads(files)
        for file, info in files.readable:
            yield from self._check_id(file, info)
            yield from self._check_dependencies(files, file, info)
        yield from self._check_cycles(files)

    def _check_id(self, file: RevisionFile, info: RevisionInfo) -> Iterator[Finding]:
        line = file.find_line("revision")
        if len(info.revision) > LONGEST_ID:
            message = f"revision id '{info.revision}' has {len(info.revision)} characters"
            yield file.find(LONG_ID, line, message)
        others = [other for other in self._by_id[info.revision] if other is not file]
        for other in others:
            place = "" if other.plugin == file.plugin else f" of '{other.plugin}'"
            message = f"revision id '{info.revision}' is also that of '{other.path.name}'{place}"
            yield file.find(DUPLICATE_ID, line, message)

    def _check_heads(self, files: Files) -> Iterator[Finding]:
        readable = {info.revision: file for file, info in files.readable}
        heads = files.branch.heads()
        if len(heads) > 1 and all(file.info for file in files.revisions):
            message = f"the branch has several heads: {join(heads)}"
            for head in heads:
                file = readable[head]
                yield file.find(SEVERAL_HEADS, file.find_line("down_revision"), message)

    def _check_dependencies(
        self, files: Files, file: RevisionFile, info: RevisionInfo
    ) -> Iterator[Finding]:
        requires = files.declaration.requirements if files.declaration else ()
        names = (self._current_names.get(need.name, need.name) for need in requires)
        allowed = {HOST, files.name, *names}
        for key in ("down_revision", "depends_on"):
            for identifier in getattr(info, key):
                owners = self._find_owners(identifier)
                line = file.find_line(key)
                if not owners and self._is_whole:  # Else a file that cannot be read may have it.
                    message = f"'{key}' names '{identifier}', which no revision file has"
                    yield file.find(MISSING_DEPENDENCY, line, message)
                elif owners and files.declaration and not owners & allowed:
                    other = min(owners)
                    message = (
                        f"'{identifier}' is of '{other}', which '{files.name}' does not require"
                    )
                    yield file.find(UNDECLARED_DEPENDENCY, line, message)

    def _find_owners(self, identifier: str) -> set[str]:
        """Return the branches that have a revision of that id, or label, or that are called so."""
        known = (self._by_id, self._replaced, self._by_label)
        found = next(filter(None, (files.get(identifier) for files in known)), None)
        if found:
            return {file.plugin for file in found}
        return {self._current_names.get(identifier, identifier)} & self._branches.keys()

    def _check_cycles(self, files: Files) -> Iterator[Finding]:
        """Find one circle that a branch has a part in."""
        branches = [each.branch for each in self._branches.values()]
        aliases = {a: other for each in branches for a, other in each.squashes.aliases.items()}
        graph = {
            info.revision: [
                aliases.get(other, other)
                for other in (*info.down_revision, *info.depends_on)
                if other in self._by_id or other in aliases
            ]
            for branch in branches
            for info in branch.infos.values()
        }
        try:
            TopologicalSorter(graph).prepare()
        except CycleError as error:
            circle: list[str] = error.args[1]
            own = {info.revision: file for file, info in files.readable}
            first = next((revision for revision in circle if revision in own), None)
            if first:
                file = own[first]
                message = f"revisions depend on each other in a circle: {' -> '.join(circle)}"
                yield file.find(REVISION_CYCLE, file.find_line("down_revision"), message)
