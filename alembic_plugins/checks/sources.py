"""The revision files of a branch, each parsed once."""

import ast
import sysconfig
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from .. import _alembic
from .._base_errors import PluginError
from ..config.discovery import FoundPlugin
from ..loading.session import Session
from ..plugin import HOST, Plugin
from ..revisions.branches import Branch
from ..revisions.errors import BrokenRevision, BrokenSquash
from ..revisions.files import RevisionInfo, read_revision_file
from ..revisions.source import find_assigned, read_source
from ..revisions.squashes import Begun, resolve_squashes
from .findings import Finding, Rule

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class RevisionFile:
    """A file that Alembic takes for a revision.

    Attributes:
        plugin: the branch that it is of.
        path: where it is.
        info: what it says of itself; None where it cannot be read.
        problem: why it cannot be read.
    """

    plugin: str
    path: Path
    info: RevisionInfo | None
    problem: BrokenRevision | None = None

    @cached_property
    def text(self) -> str:
        """The source; nothing where there is none to be read."""
        source = read_source(str(self.path))
        return source.text if source else ""

    @cached_property
    def tree(self) -> ast.Module:
        """The syntax tree; an empty one where the file has no Python."""
        try:
            return ast.parse(self.text)
        except (SyntaxError, ValueError, RecursionError):
            return ast.Module([], [])

    @property
    def functions(self) -> dict[str, Function]:
        """The functions at the top level, by name."""
        return {node.name: node for node in self.tree.body if isinstance(node, Function)}

    def find_line(self, name: str) -> int:
        """Return the line that assigns a name at the top level, or 1."""
        for node in self.tree.body:
            if name in find_assigned(node):
                return node.lineno
        return 1

    def find_function(self, name: str) -> int:
        """Return the line of a function at the top level, or 1."""
        node = self.functions.get(name)
        return node.lineno if node else 1

    def find(self, rule: Rule, line: int, message: str) -> Finding:
        """Return a finding in this file."""
        return Finding(rule, self.plugin, self.path, line, message)


@dataclass(frozen=True)
class Files:
    """The files of the host or of one plugin.

    Attributes:
        name: the plugin, or ``host``.
        folders: its version locations.
        revisions: its revision files.
        plugin: the plugin; None for the host.
    """

    name: str
    folders: tuple[Path, ...]
    revisions: tuple[RevisionFile, ...]
    plugin: FoundPlugin | None

    @property
    def declaration(self) -> Plugin | None:
        """What the plugin declares."""
        return self.plugin.declaration if self.plugin else None

    @property
    def declared_in(self) -> Path:
        """Where findings about what the plugin declares are shown."""
        assert self.plugin is not None  # noqa: S101 - the host declares nothing
        path = self.plugin.versions.parent / "plugin.toml"
        return path if path.is_file() else self.plugin.versions

    @cached_property
    def branch(self) -> Branch:
        """The revisions that can be read, the last one of those that have the same id."""
        infos = tuple({info.revision: info for _, info in self.readable}.values())
        try:
            standing, squashes = resolve_squashes(self.name, infos, Begun())
        except BrokenSquash:  # That is another finding.
            return Branch(self.name, infos)
        return Branch(self.name, standing, squashes=squashes)

    @property
    def rows(self) -> tuple[Path, ...]:
        """The files of rows, by name: each is that of a revision."""
        return find_rows(self.folders)

    @property
    def readable(self) -> Iterator[tuple[RevisionFile, RevisionInfo]]:
        """The revisions that can be read, with what they say of themselves."""
        return ((file, file.info) for file in self.revisions if file.info)


def find_rows(folders: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files of rows beside versions folders, by name: each is that of a revision."""
    beside = (folder.parent / "rows" for folder in folders)
    return tuple(sorted(path for folder in beside for path in folder.glob("*.sql")))


def read_files(session: Session) -> tuple[dict[str, Files], dict[str, PluginError]]:
    """Return the files of the host and every plugin, and what is wrong with other plugins."""
    found = {HOST: _read(session, HOST, session.host_folders.found, None)}
    broken: dict[str, PluginError] = {}
    for name in session.discovery.names:
        try:
            plugin = session.find_plugin(name)
        except PluginError as error:
            broken[name] = error
        else:
            found[name] = _read(session, name, (plugin.versions,), plugin)
    return found, broken


def choose(branches: Mapping[str, Files], names: Collection[str]) -> list[Files]:
    """Return the files of `names`, or of all that are no installed packages."""
    if names:
        return [files for files in branches.values() if files.name in names]
    installed = {Path(sysconfig.get_path(place)) for place in ("purelib", "platlib")}
    return [
        files
        for files in branches.values()
        if not any(folder.is_relative_to(place) for folder in files.folders for place in installed)
    ]


def _read(
    session: Session, name: str, folders: Sequence[Path], plugin: FoundPlugin | None
) -> Files:
    paths = (
        folder / file
        for folder in folders
        for file in _alembic.list_revision_files(session.script, folder)
    )
    revisions = tuple(_read_file(name, path) for path in paths)
    return Files(name, tuple(folders), revisions, plugin)


def _read_file(name: str, path: Path) -> RevisionFile:
    try:
        return RevisionFile(name, path, read_revision_file(name, path))
    except BrokenRevision as error:
        return RevisionFile(name, path, None, error)
