"""The lock file beside a versions folder: head and checksums, one line a revision.

Two branches that both add a revision change the same line, the head's, and so conflict in git. A
checksum is of the file's text, whatever its line ends: git may have changed these.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from .._base_errors import NotWritable
from ..revisions.errors import RevisionCycle
from ..revisions.source import find_checksum
from ..revisions.squashes import flatten
from .findings import Finding
from .rules import LOCK_DIFFERS
from .sources import Files, RevisionFile

_FIRST = "# Written by 'alembic plugin check --lock': the head, and the checksum of each revision."
_HEAD = "head"


def find_lock(files: Files) -> Path | None:
    """Return where the lock file of a branch is, or would be; None where it has no folder."""
    folder = next((folder for folder in files.folders if folder.is_dir()), None)
    return folder.parent / f"{files.name}.lock" if folder else None


def _find_kept(files: Files) -> Path | None:
    """Return the lock file that is there, be it by a former name."""
    path = find_lock(files)
    return path if path is None or path.is_file() else next(_find_former(files, path), None)


def _find_former(files: Files, path: Path) -> Iterator[Path]:
    """Yield the lock files that a plugin has by names that it had before."""
    formerly = files.declaration.formerly if files.declaration else ()
    yield from filter(Path.is_file, (path.with_name(f"{name}.lock") for name in formerly))


def write_lock(files: Files) -> Path | None:
    """Write the lock file of a branch; return it, or None where there is nothing to lock.

    That of a name that the plugin had before is removed.

    Raises:
        NotWritable: the file cannot be written.
    """
    path = find_lock(files)
    if path is None or not any(files.readable):
        return None
    lines = [_FIRST, _describe_heads(files), *_describe(files)]
    try:
        path.write_text("\n".join((*lines, "")), "utf-8")
        for former in _find_former(files, path):
            former.unlink()
    except OSError as error:
        raise NotWritable(str(path), error.strerror or str(error)) from error
    return path


def check_lock(files: Files) -> Iterator[Finding]:
    """Find what differs from the lock file of a branch, if it has one."""
    path = _find_kept(files)
    if path is None:
        return
    found = {info.revision: file for file, info in files.readable}
    replaced = {r for _, info in files.readable for r in flatten(info.replaces)} - found.keys()
    locked: dict[str, str] = {}
    heads = ""
    for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
        match line.split():
            case [] | ["#", *_]:
                continue
            case [word, *_] if word == _HEAD:
                heads = line
            case [revision, checksum] if len(checksum) == len(find_checksum(b"")):
                locked[revision] = checksum
                if revision not in found and revision not in replaced:
                    message = f"revision '{revision}' is locked, and has no file"
                    yield Finding(LOCK_DIFFERS, files.name, path, number, message)
            case _:
                message = "this line is none of a lock file's; a conflict may be unresolved"
                yield Finding(LOCK_DIFFERS, files.name, path, number, message)
    yield from _compare(found, locked, path)
    if locked.keys() - replaced == found.keys() and heads != _describe_heads(files):
        message = f"the file says '{heads}', and not '{_describe_heads(files)}'"
        yield Finding(LOCK_DIFFERS, files.name, path, 2, message)


def _compare(
    found: Mapping[str, RevisionFile], locked: Mapping[str, str], path: Path
) -> Iterator[Finding]:
    for revision, file in found.items():
        line = file.find_line("revision")
        if revision not in locked:
            yield file.find(LOCK_DIFFERS, line, f"'{path.name}' does not have the revision")
        elif locked[revision] != _find_checksum(file):
            yield file.find(LOCK_DIFFERS, line, f"the file is not as '{path.name}' has it")


def _describe_heads(files: Files) -> str:
    return " ".join((_HEAD, *sorted(files.branch.heads())))


def _describe(files: Files) -> Iterator[str]:
    """Return the lines of the revisions, each after those that it follows."""
    found = {info.revision: file for file, info in files.readable}
    try:
        order = files.branch.order
    except RevisionCycle:
        order = tuple(found)  # That there is a circle is another finding.
    standing = dict.fromkeys(order)
    order = (*(revision for revision in found if revision not in standing), *order)
    return (f"{revision} {_find_checksum(found[revision])}" for revision in order)


def _find_checksum(file: RevisionFile) -> str:
    return find_checksum(file.text.encode())
