"""The revision files that a plugin had in earlier releases, out of the tags of its repository."""

import subprocess
import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path


def find_tags(versions: Path, wanted: Sequence[str] = ()) -> list[str]:
    """Return the tags in which a versions folder is, of each state of it the last one.

    None where there is no repository, or git. The order is that of their versions.

    Args:
        versions: the folder.
        wanted: the tags to choose among; none are all.
    """
    top = _git(versions.parent, "rev-parse", "--show-toplevel")
    if top is None:
        return []
    root = Path(top.decode().strip())
    place = versions.resolve().relative_to(root.resolve()).as_posix()
    found = _git(root, "tag", "--list", "--sort=version:refname", *wanted)
    tags = (found or b"").decode().split()
    trees = _git(root, "cat-file", "--batch-check", lines=[f"{tag}:{place}" for tag in tags])
    states: dict[str, str] = {}
    for tag, line in zip(tags, (trees or b"").decode().splitlines(), strict=False):
        words = line.split()
        if words[1:2] == ["tree"]:
            states[words[0]] = tag
    return list(states.values())


def extract(versions: Path, tag: str, target: Path) -> Path:
    """Write the files that a versions folder had at a tag into `target`; return their folder."""
    content = _git(versions, "archive", "--format=tar", tag, ".")
    with tarfile.open(fileobj=BytesIO(content or b"")) as archive:
        archive.extractall(target / "versions", filter="data")
    return target / "versions"


def _git(folder: Path, *words: str, lines: Sequence[str] | None = None) -> bytes | None:
    """Return what git says in a folder, or None where it fails."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", "-C", str(folder), *words],  # noqa: S607 - the one on PATH
            input="\n".join(lines).encode() if lines is not None else b"",
            capture_output=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
