"""What revision files say of themselves, kept so that they need not be read again.

One file a folder of revisions, in the user's cache folder. An entry counts where size, times and
inode of its file are what they were; the time of change cannot be set back. Clocks of file systems
may be as coarse as two seconds, so that a file gets no entry before it is older than that. What had
to be executed is not kept: it may depend on anything. An index that cannot be read, or written, is
none.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from itertools import chain
from pathlib import Path
from tempfile import NamedTemporaryFile

from .revisionfile import RevisionInfo, read_revision_file

_FORMAT = 3
"""Changes with what an entry is, and with what is taken for literal."""

_COARSEST_CLOCK_NS = 2_000_000_000

Entry = list[object]
"""A mark of the file, and the fields of its `RevisionInfo` but for the path."""


def read_folder(branch: str, folder: Path, files: Sequence[str]) -> Iterator[RevisionInfo]:
    """Yield what the revision files of a branch say, in the order of `files`, their paths in there.

    Raises:
        BrokenRevision: one cannot be read, or does not say which revision it is.
    """
    index = _find_index(folder)
    known = _load(index, folder) if index else {}
    entries: dict[str, Entry] = {}
    for name in files:
        full = os.path.join(folder, name)  # noqa: PTH118 - far faster than by a Path
        path, mark = folder / name, _make_mark(full)
        info = _parse(known.get(name), mark, path)
        if info is None:
            info = read_revision_file(branch, path)
            if info.is_literal and mark and _is_old(mark) and _make_mark(full) == mark:
                entries[name] = [*mark, *_fields(info)]
        else:
            entries[name] = known[name]
        yield info
    if index and entries != known:
        _save(index, folder, entries)


def _find_index(folder: Path) -> Path | None:
    """Return the index of a folder, or None where there is no place for one."""
    cache = _find_cache(*map(os.environ.get, ("XDG_CACHE_HOME", "LOCALAPPDATA", "HOME")))
    return cache and cache / f"{sha256(os.fsencode(folder)).hexdigest()[:32]}.json"


@cache
def _find_cache(xdg: str | None, local: str | None, _home: str | None) -> Path | None:
    """Return the folder of indexes, as the environment's variables name it."""
    if xdg is not None:
        cache = Path(xdg)
    elif os.name == "nt":
        cache = Path(local or "")
    else:
        cache = Path(os.path.expanduser("~/.cache"))  # noqa: PTH111 - pathlib's raises without a home
    # It is relative where nobody knows of a home.
    return cache / "alembic-plugins" if cache.is_absolute() else None


def _load(index: Path, folder: Path) -> Mapping[str, Entry]:
    try:
        content = json.loads(index.read_bytes())
        if content["format"] == _FORMAT and content["folder"] == str(folder):
            return dict(content["files"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return {}


def _save(index: Path, folder: Path, entries: Mapping[str, Entry]) -> None:
    """Write an index as a whole, whoever writes it at the same time."""
    content = {"format": _FORMAT, "folder": str(folder), "files": entries}
    with suppress(OSError):
        index.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile("w", dir=index.parent, delete=False, encoding="ascii") as file:
            try:
                json.dump(content, file)
                file.close()
                Path(file.name).replace(index)
            except OSError:
                Path(file.name).unlink()
                raise


def _make_mark(path: str) -> list[int] | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 - it is a string
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


_MARK_LENGTH = 4


def _is_old(mark: Sequence[int]) -> bool:
    return time.time_ns() - max(mark[1], mark[2]) > _COARSEST_CLOCK_NS


def _fields(info: RevisionInfo) -> Entry:
    lists = (info.down_revision, info.depends_on, info.branch_labels)
    return [info.revision, *map(list, lists), info.doc, info.checksum]


def _parse(entry: object, mark: list[int] | None, path: Path) -> RevisionInfo | None:
    """Return what an entry says, or None where it is not of that file, or is no entry."""
    if not isinstance(entry, list) or mark is None or entry[:_MARK_LENGTH] != mark:
        return None
    try:
        revision, down, depends, labels, doc, checksum = entry[_MARK_LENGTH:]
    except ValueError:
        return None
    lists = (down, depends, labels)
    if not all(isinstance(item, list) for item in lists):
        return None
    if not all(isinstance(text, str) for text in (revision, doc, checksum, *chain(*lists))):
        return None
    down, depends, labels = map(tuple, lists)
    return RevisionInfo(revision, down, depends, labels, doc, path, checksum=checksum)
