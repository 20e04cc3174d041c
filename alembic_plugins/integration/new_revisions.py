"""New revision files: on which branch, in which folder, called how."""

import ast
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import to_list

from .. import _alembic
from .._base_errors import InvalidOption, WrongCombination
from ..authoring.naming import FILE_TEMPLATE, check_new_id, check_new_labels
from ..config.arguments import read_scope
from ..loading.session import Session
from ..planning.identifiers import find_named
from ..plugin import HOST
from ..reports.errors import DatabaseAhead
from ..revisions.arguments import SYMBOLS
from ..revisions.branches import Branch, BranchMap
from ..revisions.errors import FilesGone
from ..revisions.source import find_assigned
from .errors import UndeclaredDependency

Head = str | Sequence[str] | None
"""What Alembic takes for ``--head`` and ``--depends-on``."""


def find_written(session: Session, head: Head) -> str:
    """Return the branch that a new revision is for: that of ``-x plugin``, else of its head.

    Raises:
        WrongCombination: several are named.
    """
    scope = read_scope(session.config)
    found = [scope, *(find_named(session, word) for word in to_list(head) or [])]
    named = [*dict.fromkeys(name for name in found if name)]
    if len(named) > 1:
        first, other, *_ = named
        circumstance = f"with a revision of '{other}', for a new one of '{first}'"
        way_out = f"Name revisions of '{first}' alone, or let the new one be of '{other}'"
        raise WrongCombination("--head", circumstance, way_out)
    return named[0] if named else HOST


def generate_revision(
    session: Session,
    generate: Callable[..., Script | None],
    revid: str,
    message: str | None,
    head: Head = None,
    splice: bool | None = False,
    branch_labels: Head = None,
    version_path: Any = None,  # noqa: ANN401 - as Alembic
    depends_on: Head = None,
    **words: Any,  # noqa: ANN401 - for the template
) -> Script | None:
    """Write a revision file where its branch has its files, under a name that sorts.

    It does as `ScriptDirectory.generate_revision`, which is `generate`. A phase of a release that
    the command is about is the one that the file is marked with.

    Raises:
        InvalidOption: the host's configuration names no folder for its revisions, or the revision
            cannot have that id or label, or depend on that.
        WrongCombination: ``-x plugin`` and the head name different branches.
        UndeclaredDependency: it depends on a revision of a plugin that its own does not require.
        DatabaseAhead: the database, which it is compared with, has what the files have not.
        FilesGone: the branch has no files any more.
    """
    script, name = session.script, find_written(session, head)
    requires = _find_required(session, name)
    _check_dependencies(session, name, to_list(depends_on) or [], requires)
    check_new_id(session, revid)
    check_new_labels(session, to_list(branch_labels) or [])
    _lead_to(session, script, name)
    branches = [session.branch(each) for each in (name, *requires)]
    _check_files(branches[0])
    script.revision_map = BranchMap(lambda: branches, name)
    written = generate(
        revid,
        message,
        head=_find_heads(branches[0], head),
        splice=splice,
        branch_labels=branch_labels,
        version_path=version_path,
        depends_on=depends_on,
        **words,
    )
    if written is not None and session.settings.phase is not None:
        _mark(Path(written.path), session.settings.phase)
    return written


def _check_dependencies(
    session: Session, name: str, dependencies: Sequence[str], requires: Sequence[str]
) -> None:
    """Check that a revision of a branch may depend on others."""
    for word in dependencies:
        if word in SYMBOLS or word.endswith("@base"):
            raise InvalidOption("--depends-on", word, "an id, or NAME@head of another branch")
        other = find_named(session, word)
        if other not in (None, name, *requires):
            raise UndeclaredDependency(name, word, str(other))


def _check_files(branch: Branch) -> None:
    """Check that nothing is applied whose file a new revision would follow, and is gone."""
    gone = [revision for revision in branch.heads() if branch.infos[revision].path is None]
    if gone and branch.has_files:
        raise DatabaseAhead(branch.name, gone, branch.file_heads)
    if gone:
        raise FilesGone(branch.name, gone[0])


def _find_heads(branch: Branch, head: Head) -> list[str]:
    """Return what a revision follows, of its own branch alone: the map has others, too."""
    words = [word.removeprefix(f"{branch.name}@") for word in to_list(head) or ["head"]]
    return [each for word in words for each in (branch.heads() if word == "heads" else [word])]


def _mark(path: Path, phase: str) -> None:
    """Let a new revision file name its phase, whatever template the host has for it."""
    text = path.read_text("utf-8")
    tree = ast.parse(text)
    ids = {"revision", "down_revision", "branch_labels", "depends_on"}
    ends = [node.end_lineno or 0 for node in tree.body if ids.intersection(find_assigned(node))]
    lines = text.splitlines(keepends=True)
    lines.insert(max(ends, default=len(lines)), f'phase: str | None = "{phase}"\n')
    path.write_text("".join(lines), "utf-8")


def _find_required(session: Session, name: str) -> tuple[str, ...]:
    """Return the branches whose revisions a revision of a branch may depend on."""
    if name == HOST:
        return ()
    declared = session.find_plugin(name).declaration
    required = map(session.renames.resolve, declared.requirements)
    there = [other for other in required if other in session.discovery.names]
    return (HOST, *there)


def _lead_to(session: Session, script: ScriptDirectory, name: str) -> None:
    """Let new files be written where a branch has its own."""
    if name == HOST:
        # Alembic would make the folder, in the wrong place too, or inside our own package.
        if not session.host_folders.is_named:
            raise InvalidOption("version_locations", "", "the folder of the host's revisions")
        session.host_folders.check()
        locations = session.host_folders.found
    else:
        locations = (session.find_plugin(name).versions,)
        if session.config.get_alembic_option("file_template") is None:
            script.file_template = FILE_TEMPLATE
    _alembic.set_version_locations(script, locations)


def write_revision(
    config: Config,
    name: str,
    message: str | None = None,
    **options: Any,  # noqa: ANN401 - Alembic's
) -> tuple[Path, ...]:
    """Write a new revision of a branch; return its file, or those that ``env.py`` makes of it.

    Args:
        config: the host's.
        name: the plugin, or ``host``.
        message: what the revision does.
        options: as `alembic.command.revision` takes them: `autogenerate`, `head`, `splice`,
            `branch_label`, `version_path`, `rev_id`, `depends_on`.

    Raises:
        WrongCombination: ``-x plugin`` names another plugin, or `head` does.
        PluginError: what else cannot be done, in words.
    """
    given = read_scope(config)
    if given not in (None, name):
        raise WrongCombination(f"-x plugin={given}", f"with '{name}'", "Leave it out")
    kept = config.attributes.get("plugin")
    config.attributes["plugin"] = name
    try:
        written = command.revision(config, message, **options)
    finally:
        if kept is None:
            del config.attributes["plugin"]
        else:
            config.attributes["plugin"] = kept
    scripts = written if isinstance(written, list) else [written]
    return tuple(Path(script.path) for script in scripts if script is not None)
