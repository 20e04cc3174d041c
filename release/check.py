"""Check what was built: ``python -m release.check dist`` says what is missing or too much."""

import sys
import tarfile
import zipfile
from collections.abc import Iterator
from email.message import Message
from email.parser import Parser
from pathlib import Path

from .links import ROOT, make_urls, read_home, read_project

_NOT_SHIPPED = ("tests/", "docs/", "plugins/", "versions/", "benchmarks/", ".ci/")
"""Folders of the repository that no distribution has."""


def find_problems(folder: Path) -> Iterator[str]:
    """Yield what is wrong with the wheel and the sdist in a folder, in sentences."""
    wheels, sdists = sorted(folder.glob("*.whl")), sorted(folder.glob("*.tar.gz"))
    if [len(wheels), len(sdists)] != [1, 1]:
        yield f"There are {len(wheels)} wheels and {len(sdists)} sdists, and not one of each."
        return
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = set(wheel.namelist())
        [metadata] = [name for name in names if name.endswith(".dist-info/METADATA")]
        text = wheel.read(metadata).decode()
    yield from _check_names("wheel", {name for name in names if ".dist-info/" not in name})
    yield from _check_metadata(Parser().parsestr(text))
    with tarfile.open(sdists[0]) as sdist:
        inside = {name.partition("/")[2] for name in sdist.getnames()}
    yield from _check_names("sdist", inside)
    needed = ("pyproject.toml", "setup.py", "release/links.py", "README.md", "LICENSE")
    yield from (f"The sdist has no {name}." for name in needed if name not in inside)


def find_package_files() -> set[str]:
    """Return the files of the package, as they are in the repository."""
    paths = (path for path in (ROOT / "alembic_plugins").rglob("*") if path.is_file())
    return {path.relative_to(ROOT).as_posix() for path in paths if "__pycache__" not in path.parts}


def _check_names(what: str, names: set[str]) -> Iterator[str]:
    expected = find_package_files()
    yield from (f"The {what} has no {name}." for name in sorted(expected - names))
    ours = {name for name in names if name.startswith("alembic_plugins/")}
    files = {name for name in ours - expected if Path(name).suffix}
    yield from (f"The {what} has {name}, which is not in the repository." for name in sorted(files))
    yield from (
        f"The {what} has {name}." for name in sorted(names) if name.startswith(_NOT_SHIPPED)
    )


def _check_metadata(found: Message) -> Iterator[str]:
    project = read_project()
    version = project["project"]["version"]
    if found["Version"] != version:
        yield f"The wheel is of version {found['Version']}, and pyproject.toml says {version}."
    urls = dict(url.split(", ", 1) for url in found.get_all("Project-URL", []))
    if urls != make_urls(read_home(project), version):
        yield f"The wheel links to {urls}."
    if "](docs/" in str(found.get_payload()):
        yield "The README of the wheel has relative links."


if __name__ == "__main__":
    problems = list(find_problems(Path(sys.argv[1])))
    for problem in problems:
        sys.stderr.write(f"{problem}\n")
    sys.exit(1 if problems else 0)
