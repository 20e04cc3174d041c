"""When a revision file is read, and when its index entry does."""

import json
import os
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from alembic_plugins.errors import BrokenRevision
from alembic_plugins.revisions import file_cache
from alembic_plugins.revisions.file_cache import read_folder
from alembic_plugins.revisions.files import RevisionInfo, read_revision_file

from ..builders import write_file

TEXT = (
    '"""Add."""\nrevision = "a1"\ndown_revision = None\nbranch_labels = ("x",)\nphase = "expand"\n'
)
EXECUTED = 'revision = "a" + "1"\ndown_revision = None\n'


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The cache folder."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "alembic-plugins"


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read."""
    names: list[str] = []

    def read(branch: str, path: Path) -> RevisionInfo:
        names.append(path.name)
        return read_revision_file(branch, path)

    monkeypatch.setattr(file_cache, "read_revision_file", read)
    return names


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Let so much time go by that no clock is too coarse."""
    now = time.time_ns
    return lambda: monkeypatch.setattr(time, "time_ns", lambda: now() + 10**10)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A revision file."""
    return write_file(tmp_path / "versions" / "a1_.py", TEXT)


def find_indexed(cache: Path) -> list[str]:
    """Return the files that have an entry in the only index."""
    [path] = cache.iterdir()
    return list(json.loads(path.read_bytes().partition(b"\n")[2])["files"])


def read(file: Path) -> RevisionInfo:
    """Read the folder of a file, which is the only one."""
    [info] = read_folder("billing", file.parent, [file.name])
    return info


@pytest.fixture
def indexed(file: Path, cache: Path, later: Callable[[], None]) -> Path:
    """The index of the folder of the revision file."""
    later()
    read(file)
    [path] = cache.iterdir()
    return path


def test_what_is_read_again_is_as_it_was(file: Path, later: Callable[[], None]) -> None:
    later()
    first = read(file)
    assert (read(file), first.branch_labels, first.doc) == (first, ("x",), "Add.")
    assert first.phase == "expand"


def test_file_is_read_once(file: Path, reads: list[str], later: Callable[[], None]) -> None:
    later()
    read(file)
    read(file)
    assert reads == ["a1_.py"]


def test_file_that_may_still_change_is_read_again(file: Path, reads: list[str]) -> None:
    read(file)
    read(file)
    assert reads == ["a1_.py", "a1_.py"]


def test_change_of_the_same_size_and_time_is_seen(file: Path, later: Callable[[], None]) -> None:
    later()
    read(file)
    stat = file.stat()
    file.write_text(TEXT.replace("a1", "b2"))
    os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert read(file).revision == "b2"


def test_replaced_file_is_read(file: Path, later: Callable[[], None]) -> None:
    later()
    read(file)
    write_file(file.with_suffix(".new"), TEXT.replace("a1", "b2")).replace(file)
    assert read(file).revision == "b2"


def test_what_was_executed_is_executed_again(
    file: Path, reads: list[str], later: Callable[[], None]
) -> None:
    later()
    file.write_text(EXECUTED)
    read(file)
    read(file)
    assert reads == ["a1_.py", "a1_.py"]


def test_broken_file_is_an_error_each_time(file: Path, later: Callable[[], None]) -> None:
    later()
    read(file)
    file.write_text("revision =")
    with pytest.raises(BrokenRevision):
        read(file)
    with pytest.raises(BrokenRevision):
        read(file)


def test_file_that_is_gone_leaves_the_index(
    file: Path, cache: Path, later: Callable[[], None]
) -> None:
    later()
    other = write_file(file.with_name("b1_.py"), TEXT.replace("a1", "b1"))
    list(read_folder("billing", file.parent, [file.name, other.name]))
    read(file)
    assert find_indexed(cache) == ["a1_.py"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b"[" * 100_000,
        b'{"format": 3, "folder": "/somewhere/else", "files": {"/a1_.py": 7}}',
        sha256(b"[]").hexdigest().encode() + b"\n[]",
    ],
)
def test_index_that_is_none_is_made_anew(file: Path, indexed: Path, content: bytes) -> None:
    whole = indexed.read_bytes()
    indexed.write_bytes(content)
    assert (read(file).revision, indexed.read_bytes()) == ("a1", whole)


def test_index_of_another_folder_is_made_anew(file: Path, cache: Path, indexed: Path) -> None:
    read(write_file(file.parent.with_name("other") / file.name, TEXT.replace("a1", "b1")))
    [theirs] = {*cache.iterdir()} - {indexed}
    whole = indexed.read_bytes()
    indexed.write_bytes(theirs.read_bytes())
    assert (read(file).revision, indexed.read_bytes()) == ("a1", whole)


def test_index_that_was_changed_is_made_anew(file: Path, indexed: Path) -> None:
    whole = indexed.read_bytes()
    indexed.write_bytes(whole.replace(b"a1", b"b2"))
    assert (read(file).revision, indexed.read_bytes()) == ("a1", whole)


@pytest.mark.parametrize("home", ["/dev/null", "relative", ""])
def test_index_that_cannot_be_written_is_no_error(
    file: Path, later: Callable[[], None], monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    later()
    monkeypatch.setenv("XDG_CACHE_HOME", home)
    assert read(file).revision == "a1"


def test_index_needs_no_home(
    file: Path, later: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    later()
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/nobody/knows")
    monkeypatch.setattr(os.path, "expanduser", str)
    assert read(file).revision == "a1"


def test_writing_leaves_nothing_else(file: Path, cache: Path, later: Callable[[], None]) -> None:
    later()
    read(file)
    assert [path.suffix for path in cache.iterdir()] == [".json"]
