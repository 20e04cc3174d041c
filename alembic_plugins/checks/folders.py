"""What is in a versions folder: revisions, what cannot be read, and what Alembic passes over."""

import ast
from collections.abc import Iterator
from pathlib import Path

from .findings import Finding
from .rules import BROKEN_REVISION, FILE_NOT_RUN
from .sources import Files


def check_folders(files: Files) -> Iterator[Finding]:
    """Find files that keep a branch from being read, and those that Alembic will never run."""
    for file in files.revisions:
        if file.problem:
            line = getattr(file.problem.__cause__, "lineno", None) or 1
            message = f"it cannot be read: {file.problem.reason}"
            yield file.find(BROKEN_REVISION, line, message)
    run = {file.path for file in files.revisions}
    for folder in files.folders:
        for path in sorted(_walk(folder)):
            if path not in run and _may_be_revision(path):
                message = f"Alembic will never run it: {_explain(folder, path)}"
                yield Finding(FILE_NOT_RUN, files.name, path, 1, message)


def _walk(folder: Path) -> Iterator[Path]:
    """Find files, but those in hidden folders and in the cache of compiled ones."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts[:-1]
        if not any(part == "__pycache__" or part.startswith(".") for part in inside):
            yield path


def _may_be_revision(path: Path) -> bool:
    """Tell whether a file would be a revision, if Alembic ran it."""
    if not path.is_file() or path.name == "__init__.py":
        return False
    if path.suffix == ".pyc":
        return not path.with_suffix(".py").exists()
    return any(part.startswith("py") for part in path.name.lower().split(".")[1:]) and (
        _names_revision(path)
    )


def _names_revision(path: Path) -> bool:
    """Tell whether a file, whatever its name ends in, assigns a revision id."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="revision")]):
                return True
            case ast.AnnAssign(target=ast.Name(id="revision")):
                return True
    return False


def _explain(folder: Path, path: Path) -> str:
    if path.suffix == ".pyc":
        return "it is compiled, and its source is not there"
    if path.suffix == ".py" and path.parent != folder:
        return "it is in a folder of its own"
    return "of its name"
