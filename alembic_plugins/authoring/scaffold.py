"""Write a new plugin, as a package or as a folder, or a new host."""

import json
import keyword
import sys
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from importlib import resources
from importlib.util import find_spec
from pathlib import Path
from string import Template

from alembic.util import rev_id

from .._base_errors import InvalidOption, NotWritable
from ..config.errors import BrokenConfiguration
from ..plugin import Namespace, Prefix, Schema, check_name, parse_namespace
from .errors import FilesExist, PackageTaken

_TEMPLATES = resources.files(__package__).joinpath("templates")


def write_package(
    folder: Path, name: str, *, package: str | None = None, namespace: str | None = None
) -> tuple[Path, ...]:
    """Write a Python package that is a plugin with one table; return the files.

    Args:
        folder: where to; it is made.
        name: the plugin's name.
        package: the name of the package; by default the plugin's.
        namespace: as ``plugin.toml`` has it, by default a schema of the plugin's name.

    Raises:
        InvalidName: a plugin cannot be called so.
        InvalidOption: `namespace` is none.
        PackageTaken: a package cannot be called so, or another module is.
        FilesExist: a file that would be written is there.
        NotWritable: a file cannot be written.
    """
    check_name(name)
    package = _check_package(package or name, folder)
    words = _describe(name, namespace)
    words |= {"package": package, "distribution": package.replace("_", "-")}
    space = _parse(namespace)
    imported = {type(space).__name__, "Plugin"} if space else {"Plugin"}
    words["imported"] = ", ".join(sorted(imported))
    words["namespace"] = f"\n    namespace={_in_python(space)}," if space else ""
    return _write_new(
        folder,
        {
            "pyproject.toml": "package/pyproject.toml",
            "README.md": "package/README.md",
            f"{package}/__init__.py": "package/__init__.py",
            f"{package}/plugin.py": "package/plugin.py",
            f"{package}/models.py": "package/models.py",
            f"{package}/versions/{_name_revision(words)}": "package/revision.py",
            f"tests/test_{package}.py": "package/test.py",
            ".github/workflows/tests.yml": "package/tests.yml",
        },
        words,
    )


def write_folder(folder: Path, name: str, *, namespace: str | None = None) -> tuple[Path, ...]:
    """Write a plugin with one table as a folder, named as the plugin is; return the files.

    Raises:
        InvalidName: a plugin cannot be called so.
        InvalidOption: `namespace` is none.
        FilesExist: a file that would be written is there.
        NotWritable: a file cannot be written.
    """
    check_name(name)
    words = _describe(name, namespace)
    words["namespace"] = f'namespace = "{namespace}"\n' if namespace else ""
    return _write_new(
        folder,
        {
            "plugin.toml": "folder/plugin.toml",
            "models.py": "package/models.py",
            f"versions/{_name_revision(words)}": "package/revision.py",
        },
        words,
    )


def write_host(
    folder: Path, *, is_async: bool = False, pyproject: bool = False
) -> tuple[Path, ...]:
    """Write the configuration and the environment of a host without revisions; return the files.

    Args:
        folder: where to; it is made.
        is_async: connect by an async engine.
        pyproject: put the configuration into ``pyproject.toml``, at the end of the one that is
            there, instead of into ``alembic.ini``.

    Raises:
        FilesExist: a file that would be written is there, or the configuration.
        BrokenConfiguration: the ``pyproject.toml`` that is there cannot be read.
        NotWritable: a file or folder cannot be written.
    """
    templates = {"migrations/env.py": "host/env_async.py" if is_async else "host/env.py"}
    if not pyproject:
        templates = {"alembic.ini": "host/alembic.ini", **templates}
    texts = _render_all(folder, templates, {})
    ours = resources.files("alembic_plugins").joinpath("environment/script.py.mako")
    texts[folder / "migrations/script.py.mako"] = ours.read_text("utf-8")
    _check_free(texts)
    if pyproject:
        project = folder / "pyproject.toml"
        before = _read_pyproject(project) if project.exists() else ""
        texts = {project: before + _render("host/pyproject.toml", {}), **texts}
    empty = tuple(folder / name for name in ("migrations/versions", "plugins"))
    return _write(texts, empty)


def _read_pyproject(project: Path) -> str:
    """Return what a ``pyproject.toml`` has before the configuration, which it may not have yet."""
    try:
        text = project.read_text("utf-8")
        tool = tomllib.loads(text).get("tool", {})
    except (OSError, ValueError) as error:
        raise BrokenConfiguration(str(project), str(error)) from error
    if "alembic" in tool:
        raise FilesExist((f"{project} with [tool.alembic]",))
    return text.rstrip("\n") + "\n\n"


def _check_package(package: str, folder: Path) -> str:
    if not package.isidentifier() or keyword.iskeyword(package):
        raise PackageTaken(package, "it is no name of Python's")
    if package in sys.stdlib_module_names:
        raise PackageTaken(package, "Python has a module of that name")
    found = find_spec(package)
    origin = Path(found.origin) if found and found.origin else None
    if origin and folder.resolve() not in origin.resolve().parents:
        raise PackageTaken(package, f"'{origin}' is called so")
    return package


def _parse(namespace: str | None) -> Namespace | None:
    try:
        return parse_namespace(namespace) if namespace else None
    except ValueError as error:
        wanted = "'schema NAME', 'schema NAME existing' or 'prefix NAME ...'"
        raise InvalidOption("--namespace", str(namespace), wanted) from error


def _describe(name: str, namespace: str | None) -> dict[str, str]:
    """Return what all templates of a plugin want to know."""
    space = _parse(namespace) or Schema(name)
    table = "entries"
    if isinstance(space, Prefix):
        first = space.names[0]
        table = f"{first}{table}" if first.endswith("_") else first
    elif not space.create:
        table = f"{name}_{table}"  # Whoever shares a schema needs other names than they have.
    now = datetime.now(UTC).astimezone()
    return {
        "name": name,
        "table": table,
        "description": f"The plugin {name}",
        "revision": rev_id(),
        "date": now.isoformat(" ", "seconds"),
        "stamp": now.strftime("%Y%m%d_%H%M%S"),
    }


def _in_python(namespace: Namespace) -> str:
    if isinstance(namespace, Prefix):
        return f"Prefix({json.dumps(namespace.names)[1:-1]})"
    existing = "" if namespace.create else ", create=False"
    return f'Schema("{namespace.name}"{existing})'


def _name_revision(words: Mapping[str, str]) -> str:
    return f"{words['stamp']}_{words['revision']}_create_{words['table']}.py"


def _write_new(
    folder: Path, templates: Mapping[str, str], words: Mapping[str, str]
) -> tuple[Path, ...]:
    """Write files, by their paths and templates, of which none may be there."""
    texts = _render_all(folder, templates, words)
    _check_free(texts)
    return _write(texts)


def _check_free(paths: Iterable[Path]) -> None:
    there = tuple(str(path) for path in paths if path.exists())
    if there:
        raise FilesExist(there)


def _write(texts: Mapping[Path, str], folders: Iterable[Path] = ()) -> tuple[Path, ...]:
    """Write files and make folders; where one cannot be, new files are removed again."""
    new = [path for path in texts if not path.exists()]
    try:
        for folder in (*(path.parent for path in texts), *folders):
            folder.mkdir(parents=True, exist_ok=True)
        for path, text in texts.items():
            path.write_text(text, "utf-8")
    except OSError as error:
        for path in new:
            with suppress(OSError):
                path.unlink()
        raise NotWritable(str(error.filename), error.strerror or str(error)) from error
    return tuple(texts)


def _render_all(
    folder: Path, templates: Mapping[str, str], words: Mapping[str, str]
) -> dict[Path, str]:
    return {folder / path: _render(template, words) for path, template in templates.items()}


def _render(template: str, words: Mapping[str, str]) -> str:
    text = _TEMPLATES.joinpath(f"{template}.template").read_text("utf-8")
    return Template(text).substitute(words)
