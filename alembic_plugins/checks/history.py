"""What git knows of revision files: which are new or changed, and how they were before."""

import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from shutil import which

from ..revisions.source import is_same
from .errors import NoRepository
from .findings import Finding
from .rules import EDITED_REVISION
from .sources import Files


class History:
    """The git repositories that folders are in, compared with one commit each.

    Args:
        base: the commit, branch or tag since whose common ancestor with HEAD changes count; None
            is HEAD.
    """

    def __init__(self, base: str | None) -> None:
        self._base = base

    def find_changed(self, folders: Iterable[Path]) -> set[Path]:
        """Return the files in folders that are new or changed, committed or not.

        Raises:
            NoRepository: git does not tell.
        """
        changed: set[Path] = set()
        for folder in folders:
            start = self._find_start(folder)
            listed = self._ask(folder, "diff", "--name-only", "-z", "--relative", start, "--", ".")
            others = self._ask(folder, "ls-files", "--others", "--exclude-standard", "-z")
            names = f"{listed}\0{others}".split("\0")
            changed |= {folder / name for name in names if name}
        return changed

    def check(self, files: Files) -> Iterator[Finding]:
        """Find revisions that differ, in what counts, from what is committed."""
        for folder in files.folders:
            yield from self._check_folder(files, folder)

    def _check_folder(self, files: Files, folder: Path) -> Iterator[Finding]:
        try:
            start = self._find_start(folder)
            options = ("--name-only", "--diff-filter=M", "--no-renames", "--relative", "-z")
            edited = set(self._ask(folder, "diff", *options, start, "--", ".").split("\0"))
        except NoRepository:
            if self._base is None:
                return  # No repository, no git, or no commit yet: nothing is known.
            raise
        for file in files.revisions:
            name = file.path.relative_to(folder) if file.path.is_relative_to(folder) else None
            if name is None or name.as_posix() not in edited:
                continue
            before = self._ask(folder, "show", f"{start}:./{name.as_posix()}")
            if not is_same(before, file.text):
                line = _find_first_change(before, file.text)
                since = f"since '{self._base}'" if self._base else "since it was committed"
                yield file.find(EDITED_REVISION, line, f"it has been edited {since}")

    def _find_start(self, folder: Path) -> str:
        if self._base is None:
            return self._ask(folder, "rev-parse", "--verify", "-q", "HEAD").strip()
        return self._ask(folder, "merge-base", self._base, "HEAD").strip()

    def _ask(self, folder: Path, *words: str) -> str:
        program = which("git")
        if program is None or not folder.is_dir():
            raise NoRepository(self._base or "HEAD", folder, "it is not there")
        done = subprocess.run(  # noqa: S603 - without a shell
            [program, "-C", folder, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode:
            lines = done.stderr.strip().splitlines() or ["it has no common ancestor with HEAD"]
            raise NoRepository(self._base or "HEAD", folder, lines[0].removeprefix("fatal: "))
        return done.stdout


def _find_first_change(before: str, after: str) -> int:
    """Return the first line of a file that differs from the one before."""
    old, new = before.splitlines(), after.splitlines()
    pairs = zip(old, new, strict=False)
    same = next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(old), len(new)))
    return min(same + 1, max(len(new), 1))
