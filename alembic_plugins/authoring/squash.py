"""Write a revision file that does in one go what several do, and says that it replaces them."""

import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from alembic.util import rev_id

from .._base_errors import explain
from ..loading.errors import MissingRevision
from ..loading.session import Session
from ..plugin import HOST
from ..revisions.branches import Branch
from ..revisions.files import Part, RevisionInfo
from ..revisions.source import read_source
from .errors import CannotSquash, FilesExist
from .inlining import CannotInlineError, RevisionCode, inline
from .naming import check_new_id, name_file

_BY_HAND = "Write the file of the squash by hand, with 'replaces' in it"
_OTHERS = "Name others as FROM:TO"
_LONGEST_LINE = 88


def write_squash(
    session: Session,
    name: str,
    scope: str | None = None,
    message: str | None = None,
    *,
    revision: str | None = None,
) -> tuple[Path, tuple[str, ...]]:
    """Write the squash of revisions of a branch; return its file, and what it replaces.

    Args:
        session: what is on disk.
        name: the plugin, or ``host``.
        scope: the first and the last of the revisions, as ``FROM:TO``; None are all of the branch.
        message: what the squash is about.
        revision: its id.

    Raises:
        InvalidOption: a revision cannot have that id.
        CannotSquash: the revisions are none that one could stand for, or cannot be written as one.
        UnknownRevision: there is no such revision.
        SeveralHeads: the branch has several, and none is named.
        FilesExist: there is a file of its name.
    """
    branch = session.find_target(name)
    chosen = _choose(branch, scope)
    _check_between(session, branch, chosen)
    codes = [_read(branch, info) for info in _name_uniquely(chosen)]
    declaration = None if name == HOST else session.declaration(name)
    commits = declaration is not None and declaration.transaction == "revision"
    try:
        imports, body = inline(codes, commits=commits)
    except CannotInlineError as error:
        raise CannotSquash(name, str(error), _BY_HAND) from error
    now = datetime.now(UTC).astimezone()
    words = message or f"squash {chosen[0].revision} to {chosen[-1].revision}"
    if revision:
        check_new_id(session, revision)
    id_ = revision or rev_id()
    header = _render_header(id_, chosen, branch, words, now)
    path = Path(chosen[-1].path or "").with_name(name_file(session, name, id_, words, now))
    if path.exists():
        raise FilesExist((str(path),))
    path.write_text(header.replace(_IMPORTS, imports) + body + "\n", "utf-8")
    return path, tuple(info.revision for info in chosen)


_IMPORTS = "@imports@"


def _choose(branch: Branch, scope: str | None) -> list[RevisionInfo]:
    """Return the revisions that are squashed, each after those that it follows."""
    first, separator, last = (scope or "base:head").partition(":")
    if not separator:
        raise CannotSquash(branch.name, f"'{scope}' is no FROM:TO", _OTHERS)
    upper = branch.find_upgrade(last or "head", ())
    start = None if first in ("", "base") else _find_one(branch, first)
    above = {start} if start else set(upper)
    for revision in upper:
        if above.intersection(branch.infos[revision].down_revision):
            above.add(revision)
    ids = [revision for revision in branch.order if revision in above and revision in upper]
    chosen = [branch.infos[revision] for revision in ids]
    _check_range(branch, ids, upper, start)
    return chosen


def _find_one(branch: Branch, argument: str) -> str:
    return branch.find_upgrade(argument, ())[-1]


def _check_range(
    branch: Branch, ids: Sequence[str], upper: Sequence[str], start: str | None
) -> None:
    """Check that revisions have one start and one end, and nothing joins or leaves in between."""
    inside = set(ids)
    if start is not None and start not in upper:
        raise CannotSquash(branch.name, f"'{start}' is not before '{upper[-1]}'", _OTHERS)
    if len(ids) < 2:
        raise CannotSquash(branch.name, "there are less than two of them", _OTHERS)
    for revision, info in branch.infos.items():
        below = [down for down in info.down_revision if down in branch]
        if revision in inside and revision != ids[0] and not inside.issuperset(below):
            reason = f"'{revision}' follows '{(set(below) - inside).pop()}', too"
            raise CannotSquash(branch.name, reason, _OTHERS)
        if revision in inside and revision != ids[0] and not below:
            reason = f"there are several first ones, '{ids[0]}' and '{revision}'"
            raise CannotSquash(branch.name, reason, _OTHERS)
        inner = inside.difference([ids[-1]]).intersection(below)
        if revision not in inside and inner:
            reason = f"'{revision}' follows '{inner.pop()}', and is not among them"
            raise CannotSquash(branch.name, reason, _OTHERS)


def _check_between(session: Session, branch: Branch, chosen: Sequence[RevisionInfo]) -> None:
    """Check that no revision of another branch has to come between those that are squashed."""
    inside = {info.revision for info in chosen}
    todo = [(branch.name, revision) for revision in inside]
    seen: set[tuple[str, str]] = set()
    while todo:
        name, revision = todo.pop()
        if (name, revision) in seen:
            continue
        seen.add((name, revision))
        other = session.branch(name)
        try:
            node = session.lookup.make_node(other, revision)
            needed = [session.lookup.resolve(other, depends) for depends in node.depends]
        except MissingRevision:
            continue  # What is not there does not come between.
        for owner, found in needed:
            if (owner, found) != (name, revision) and found in inside and name != branch.name:
                reason = f"'{revision}' of '{name}' comes between: it depends on '{found}'"
                raise CannotSquash(branch.name, reason, _OTHERS)
        own = [(name, down) for down in node.down if name != branch.name]
        todo += [*own, *((owner, found) for owner, found in needed if found not in inside)]


def _name_uniquely(chosen: Sequence[RevisionInfo]) -> Iterator[tuple[RevisionInfo, str]]:
    """Yield revisions with what can stand for them in the name of a function."""
    taken: set[str] = set()
    for info in chosen:
        suffix = re.sub(r"\W", "_", info.revision)
        while suffix in taken:
            suffix += "_"
        taken.add(suffix)
        yield info, suffix


def _read(branch: Branch, named: tuple[RevisionInfo, str]) -> RevisionCode:
    info, suffix = named
    source = read_source(info.path)
    try:
        if source is None:
            raise CannotInlineError("its file is no source")
        if not info.is_literal:
            raise CannotInlineError("it computes what it is, follows or depends on")
        return RevisionCode(info.revision, source.text, suffix)
    except (CannotInlineError, SyntaxError, ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, CannotInlineError) else explain(error)
        told = f"'{info.revision}' cannot be copied, since {reason}"
        raise CannotSquash(branch.name, told, _BY_HAND) from error


def _render_header(
    revision: str, chosen: Sequence[RevisionInfo], branch: Branch, message: str, now: datetime
) -> str:
    """Return what comes before the code, with a mark where the imports are to be."""
    inside = {info.revision for info in chosen}
    down = chosen[0].down_revision
    foreign = (r for info in chosen[1:] for r in info.down_revision if r not in branch)
    needed = (r for info in chosen for r in info.depends_on if branch.find(r) not in inside)
    depends = tuple(dict.fromkeys((*foreign, *needed)))
    labels = tuple(dict.fromkeys(label for info in chosen for label in info.branch_labels))
    replaces = [_nest(info) for info in chosen]
    width = max(len(info.revision) for info in chosen)
    lines = [
        f'"""{_without_quotes(message)}',
        "",
        f"Revision ID: {revision}",
        f"Revises: {', '.join(down)}".rstrip(),
        f"Create Date: {now.isoformat(' ', 'seconds')}",
        "",
        "It does in one go what these revisions do:",
        "",
        *(f"{info.revision:<{width}}  {_find_title(info)}".rstrip() for info in chosen),
        '"""',
    ]
    docstring = "\n".join(lines).replace("\\", "\\\\")
    values = {"down_revision": down, "branch_labels": labels, "depends_on": depends}
    identifiers = [f"revision = {_quote(revision)}"]
    identifiers += [f"{name} = {_in_python(value)}" for name, value in values.items()]
    if phase := _find_phase(branch, chosen):
        identifiers.append(f'phase = "{phase}"')
    identifiers.append(_assign_list("replaces", replaces))
    return "\n".join((docstring, "", _IMPORTS, "", *identifiers, ""))


def _find_phase(branch: Branch, chosen: Sequence[RevisionInfo]) -> str | None:
    """Return the phase of a release in which a squash is run.

    At the beginning of a branch it has none: no old version of an application uses anything there.

    Raises:
        CannotSquash: a part of it would be run in one phase, and a part in the other.
    """
    if not any(down in branch for down in chosen[0].down_revision):
        return None
    phases = {info.phase for info in chosen} - {None}
    if len(phases) > 1:
        reason = "there are expand and contract revisions among them, and others before them"
        raise CannotSquash(branch.name, reason, _OTHERS)
    return phases.pop() if phases else None


def _find_title(info: RevisionInfo) -> str:
    return _without_quotes(info.doc.partition("\n")[0])


def _without_quotes(text: str) -> str:
    """Return a text without what would end a docstring."""
    return text.replace('"""', "'''")


def _nest(info: RevisionInfo) -> str:
    """Return how a revision is named in ``replaces``: with what it replaces itself."""
    if not info.replaces:
        return _quote(info.revision)
    return _quote_part((info.revision, *info.replaces))


def _quote_part(part: Part) -> str:
    if isinstance(part, str):
        return _quote(part)
    return f"[{', '.join(map(_quote_part, part))}]"


def _quote(text: str) -> str:
    return f'"{text}"' if text.isidentifier() or text.isalnum() else repr(text)


def _in_python(values: Collection[str]) -> str:
    """Return how Alembic writes what is one or several, or none."""
    quoted = [_quote(value) for value in values]
    if len(quoted) > 1:
        return f"({', '.join(quoted)})"
    return quoted[0] if quoted else "None"


def _assign_list(name: str, items: Sequence[str]) -> str:
    line = f"{name} = [{', '.join(items)}]"
    if len(line) <= _LONGEST_LINE:
        return line
    return "\n".join((f"{name} = [", *(f"    {item}," for item in items), "]"))
