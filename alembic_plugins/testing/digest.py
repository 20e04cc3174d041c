"""What a template database depends on, as one number."""

import json
from collections.abc import Iterable, Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from ..loading.session import Session
from ..plugin import HOST

_PACKAGES = ("alembic-plugins", "alembic", "SQLAlchemy")


def digest_host(session: Session, names: Iterable[str], server: str) -> str:
    """Return a digest of all that decides what the host's and some plugins' revisions make.

    Args:
        session: what is on disk.
        names: the plugins, each good.
        server: PostgreSQL's version, and the role.
    """
    found = [session.find_plugin(name) for name in names]
    folders = [*session.host_folders.found, *(plugin.versions for plugin in found)]
    seen = sha256()
    facts = [
        server,
        [(name, version(name)) for name in _PACKAGES],
        _read_options(session),
        [(plugin.name, repr(plugin.declaration), str(plugin.namespace)) for plugin in found],
    ]
    seen.update(json.dumps(facts, default=str).encode())
    for folder in sorted({_find_package(folder, session.settings.here) for folder in folders}):
        for file in _list_files(folder):
            seen.update(f"{file.relative_to(folder)}\n".encode())
            seen.update(sha256(file.read_bytes()).digest())
    if (environment := Path(session.script.env_py_location)).is_file():
        seen.update(environment.read_bytes())
    return seen.hexdigest()


def find_names(session: Session) -> tuple[str, ...]:
    """Return the plugins of a host."""
    return tuple(name for name in session.discovery.names if name != HOST)


def _read_options(session: Session) -> object:
    """Return all that the configuration says."""
    config = session.config
    sections = {
        name: dict(config.file_config.items(name, raw=True)) for name in _find_sections(session)
    }
    return [sections, config.toml_alembic_config, session.settings.sections]


def _find_sections(session: Session) -> list[str]:
    found = session.config.file_config.sections()
    return [name for name in found if not name.startswith(("logger", "handler", "formatter"))]


def _find_package(versions: Path, root: Path) -> Path:
    """Return the folder of the package that has a versions folder.

    A versions folder that is directly in the host's root folder stands for itself: beside it
    is everything else.
    """
    folder = versions
    if versions.parent.resolve() != root.resolve():
        folder = versions.parent
        while (folder / "__init__.py").is_file() and (folder.parent / "__init__.py").is_file():
            folder = folder.parent
    return folder


def _list_files(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder in order, without hidden ones and compiled Python."""
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith(".") or path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from _list_files(path)
        elif path.is_file() and path.suffix != ".pyc":
            yield path
