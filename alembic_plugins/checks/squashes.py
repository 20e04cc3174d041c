"""Squashes, and the revisions that they replace."""

from collections.abc import Collection, Iterator, Mapping, Sequence

from .._base_errors import join
from ..revisions.errors import BrokenSquash
from ..revisions.files import Part, RevisionInfo
from ..revisions.squashes import Begun, flatten, resolve_squashes
from .findings import Finding
from .rules import WRONG_SQUASH
from .sources import Files, RevisionFile


def check_squashes(files: Files) -> Iterator[Finding]:
    """Find what is wrong with what the squashes of a branch replace."""
    found = {info.revision: (file, info) for file, info in files.readable}
    try:
        resolved = resolve_squashes(files.name, [info for _, info in found.values()], Begun())
    except BrokenSquash as error:
        yield _find(found[error.revision][0], error.reason)
        return
    infos = {revision: info for revision, (_, info) in found.items()}
    for file, info in found.values():
        if info.replaces:
            yield from _check_squash(file, info, infos, resolved[1].aliases)


def _check_squash(
    file: RevisionFile,
    squash: RevisionInfo,
    infos: Mapping[str, RevisionInfo],
    aliases: Mapping[str, str],
) -> Iterator[Finding]:
    owners = {id_: _name(part) for part in squash.replaces for id_ in _walk(part, infos)}
    parts = [_name(part) for part in squash.replaces]
    there = [part for part in parts if part in infos]
    if there and len(there) < len(parts):
        gone = join([part for part in parts if part not in infos])
        yield _find(file, f"of what it replaces, {join(there)} has a file, and {gone} has none")
    elif there:
        below = {
            revision: {owners.get(down, aliases.get(down, down)) for down in info.down_revision}
            for revision, info in infos.items()
        }
        for reason in _find_faults(squash.revision, parts, owners.keys(), below):
            yield _find(file, reason)


def _find_faults(
    squash: str, parts: Sequence[str], replaced: Collection[str], below: Mapping[str, set[str]]
) -> Iterator[str]:
    """Yield how revisions are none that a squash can stand for; `below` is what each follows."""
    done: set[str] = set()
    for part in parts:
        if done and not (below[part] and below[part] <= done):
            yield f"'{part}' does not follow what it names before that"
        done.add(part)
    if below[parts[0]] != below[squash]:
        yield f"it does not follow what '{parts[0]}' follows"
    for revision, down in below.items():
        inner = down.intersection(parts[:-1])
        if revision not in {*replaced, squash} and inner:
            yield f"'{revision}' follows {join([*inner])}, in the midst of what it replaces"


def _name(part: Part) -> str:
    return part if isinstance(part, str) else str(part[0])


def _walk(part: Part, infos: Mapping[str, RevisionInfo]) -> Iterator[str]:
    """Yield a part's id, and those of all that it replaces itself."""
    yield from flatten((part,))
    info = infos.get(_name(part))
    for inner in info.replaces if info else ():
        yield from _walk(inner, infos)


def _find(file: RevisionFile, reason: str) -> Finding:
    return file.find(WRONG_SQUASH, file.find_line("replaces"), reason)
