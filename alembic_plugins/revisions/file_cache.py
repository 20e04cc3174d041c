"""What revision files say of themselves, kept so that they need not be read again.

One file a folder of revisions, in the user's cache folder. An entry counts where size, times and
inode of its file are what they were; the time of change cannot be set back. Clocks of file systems
may be as coarse as two seconds, so that a file gets no entry before it is older than that. What had
to be executed is not kept: it may depend on anything. An index that cannot be read, or written, is
none, and so is one whose first line is not the checksum of its format and the rest.
"""

import json
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from .files import Part, RevisionInfo, read_revision_file

_FORMAT = b"alembic-plugins index 6\n"
"""Changes with what an entry is, and with what is taken for literal."""

_COARSEST_CLOCK_NS = 2_000_000_000

Mark = list[int]
Entry = tuple[Mark, *tuple[Any, ...]]
"""A mark of the file, and the fields of its `RevisionInfo` but for the path; in JSON, a list."""


def read_folder(branch: str, folder: Path, files: Sequence[str]) -> Iterator[RevisionInfo]:
    """Yield what the revision files of a branch say, in the order of `files`, their paths in there.

    Raises:
        BrokenRevision: one cannot be read, or does not say which revision it is.
    """
    index = _find_index(folder)
    known = _load(index, folder) if index else {}
    entries: dict[str, Entry] = {}
    start = os.path.join(folder, "")  # noqa: PTH118 - with a separator at its end
    for name in files:
        path = start + name  # There may be tens of thousands: a `Path` for each takes its time.
        mark = _make_mark(path)
        entry = known.get(name)
        if entry and entry[0] == mark:
            entries[name] = entry
            yield _make_info(entry, path)
            continue
        info = read_revision_file(branch, Path(path))
        if info.is_literal and mark and _is_old(mark) and _make_mark(path) == mark:
            entries[name] = _make_entry(mark, info)
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
        checksum, _, rest = index.read_bytes().partition(b"\n")
    except OSError:
        return {}
    if checksum != _find_checksum(rest):
        return {}
    content = json.loads(rest)
    return content["files"] if content["folder"] == str(folder) else {}


def _save(index: Path, folder: Path, entries: Mapping[str, Entry]) -> None:
    """Write an index as a whole, whoever writes it at the same time."""
    content = json.dumps({"folder": str(folder), "files": entries}).encode()
    with suppress(OSError):
        index.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with NamedTemporaryFile(dir=index.parent, delete=False) as file:
            try:
                file.write(_find_checksum(content) + b"\n" + content)
                file.close()
                Path(file.name).replace(index)
            except OSError:
                Path(file.name).unlink()
                raise


def _find_checksum(content: bytes) -> bytes:
    return sha256(_FORMAT + content).hexdigest().encode()


def _make_mark(path: str) -> Mark | None:
    try:
        stat = os.stat(path)  # noqa: PTH116 - it is a string
    except OSError:
        return None
    return [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]


def _is_old(mark: Mark) -> bool:
    return time.time_ns() - max(mark[1], mark[2]) > _COARSEST_CLOCK_NS


def _make_entry(mark: Mark, info: RevisionInfo) -> Entry:
    revision, down, depends, labels, doc, _path, _is_literal, checksum, phase, replaces = info
    return mark, revision, down, depends, labels, doc, checksum, phase, replaces


def _make_info(entry: Entry, path: str) -> RevisionInfo:
    _mark, revision, down, depends, labels, doc, checksum, phase, replaces = entry
    lists = tuple(down), tuple(depends), tuple(labels)
    parts = tuple(map(_make_part, replaces)) if replaces else ()
    return RevisionInfo(revision, *lists, doc, path, True, checksum, phase, parts)


def _make_part(part: Any) -> Part:  # noqa: ANN401 - JSON's
    return part if isinstance(part, str) else tuple(map(_make_part, part))
