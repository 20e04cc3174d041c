"""Find the plugins that are there: entry points, folders and sections of the configuration.

Names are known without importing anything; a plugin's declaration is loaded when it is asked for.
"""

import importlib.util
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial
from importlib import import_module
from importlib.metadata import EntryPoint
from operator import attrgetter
from pathlib import Path
from typing import Any

from alembic.util import load_python_file

from .._base_errors import (
    InvalidDeclaration,
    PluginError,
    explain,
    foreign_code,
)
from ..plugin import Namespace, Plugin, Schema, check_name
from .declarations import declare
from .entry_points import InstalledEntryPoints
from .errors import (
    BrokenPlugin,
    DuplicatePlugin,
    PluginRenamed,
    ReferenceFailed,
    UnknownPlugin,
)
from .references import load_reference
from .settings import ENTRY_POINT_GROUP, Settings


@dataclass(frozen=True)
class FoundPlugin:
    """A plugin that is on disk: its declaration, and where it came from.

    Attributes:
        declaration: what the author declared.
        versions: the folder of its revision files.
        namespace: the one declared, else the host's default.
        source: where the declaration is, for messages.
        package: the distribution that brings it, if one does.
        section: where the host's configuration overrides the declaration, or may do so where it is
            in a package.
        overridden: the keys that it overrides there.
        folder: where paths of the declaration start that are relative, but for that of `versions`.
    """

    declaration: Plugin
    versions: Path
    namespace: Namespace
    source: str
    package: str | None = None
    section: str = ""
    overridden: frozenset[str] = frozenset()
    folder: Path = Path()

    @property
    def name(self) -> str:
        """The plugin's name."""
        return self.declaration.name

    def find_place(self, key: str) -> str:
        """Return where a key of the declaration is to be changed, for messages."""
        if key in self.overridden:
            return self.section
        return f"{self.source}, or in {self.section}" if self.package else self.source

    def load(self, field: str, reference: str) -> Any:  # noqa: ANN401 - what the author names
        """Return what `reference`, which a field of the declaration has, names.

        A plugin that is a folder names a file beside its versions by ``models:Base.metadata``.

        Raises:
            ReferenceFailed: it cannot be imported or is not there.
        """
        module, _, path = reference.partition(":")
        return self._load(field, reference, module, path)

    def load_hooks(self, reference: str) -> Any:  # noqa: ANN401 - what the author names
        """Return the object that the declaration's `hooks` names, or module; as `load`."""
        module, separator, path = reference.partition(":")
        return self._load("hooks", reference, module, path if separator else None)

    def load_tables(self, reference: str) -> Any:  # noqa: ANN401 - what the author names
        """Return the object that the declaration's `tables` names; as `load_models`."""
        module, _, path = reference.partition(":")
        return self._load("tables", reference, module, path)

    def find_file(self, path: str | Path) -> Path | None:
        """Return a file of the declaration, by its path or as ``package:path``."""
        return _resolve(path, self.folder)

    def _load(self, option: str, reference: str, module: str, path: str | None) -> Any:  # noqa: ANN401
        """Return what stands at a path in a module; for None, the module."""
        folder = self.versions.parent
        is_beside = not self.package and (folder / f"{module}.py").exists()
        if not is_beside and path is not None:
            return load_reference(option, reference)
        with foreign_code(lambda error: ReferenceFailed(option, reference, explain(error))):
            file = f"{module}.py"
            found = load_python_file(folder, file) if is_beside else import_module(module)
            return found if path is None else attrgetter(path)(found)


@dataclass(frozen=True)
class Candidate:
    """Something that says it is the plugin `name`; `load` reads what it says."""

    name: str
    source: str
    load: Callable[[], FoundPlugin]
    folder: Path | None = None


class Discovery:
    """The plugins on disk, each loaded at most once.

    Args:
        settings: the host's.
        given: plugins that a caller has brought along, in place of those on disk.
    """

    def __init__(self, settings: Settings, given: Iterable[Plugin] = ()) -> None:
        self._settings = settings
        self.entry_points = InstalledEntryPoints()
        self._candidates: dict[str, list[Candidate]] = {}
        for candidate in _find_candidates(settings, self.entry_points):
            self._candidates.setdefault(candidate.name, []).append(candidate)
        for plugin in given:
            load = partial(_locate, plugin, settings, settings.here, "the call")
            self._candidates[plugin.name] = [Candidate(plugin.name, "the call", load)]
        self.find = cache(self._find)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all plugins that are there, sorted, good or broken."""
        return tuple(sorted(self._candidates))

    @property
    def folders(self) -> frozenset[Path]:
        """The version locations that are known without loading anything."""
        found = (c.folder for candidates in self._candidates.values() for c in candidates)
        return frozenset(folder for folder in found if folder)

    def check_known(self, name: str) -> None:
        """Check that there is a plugin of that name, good or broken.

        Raises:
            InvalidName: there can be none.
            PluginRenamed: a single one had that name before.
            UnknownPlugin: there is none.
        """
        if name not in self._candidates:
            self.check_current(name)
            self.find(name)

    def check_current(self, name: str) -> None:
        """Check that a name is not one that a plugin had before.

        Raises:
            PluginRenamed: a single one had it.
        """
        successors = () if name in self._candidates else self.find_successors(name)
        if len(successors) == 1:
            raise PluginRenamed(name, successors[0])

    def find_successors(self, name: str) -> tuple[str, ...]:
        """Return the plugins that had a name before, for which all are loaded that can be."""
        return self._successors.get(name, ())

    @cached_property
    def _successors(self) -> Mapping[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for name in self.names:
            with suppress(PluginError):
                for former in dict.fromkeys(self.find(name).declaration.formerly):
                    found[former] = (*found.get(former, ()), name)
        return found

    @property
    def places(self) -> tuple[str, ...]:
        """Where plugins are looked for, in words."""
        settings = self._settings
        folders = (
            f"folder '{folder}'" + ("" if folder.is_dir() else ", which is not there")
            for folder in settings.folders
        )
        groups = (f"entry points of group '{g}'" for g in dict.fromkeys(settings.entry_points))
        return (*folders, *groups, f"sections {_name_section(settings, 'NAME')}")

    def _find(self, name: str) -> FoundPlugin:
        """Return the plugin `name`.

        Raises:
            InvalidName: there can be no such plugin.
            UnknownPlugin: there is none.
            DuplicatePlugin: there is more than one.
            BrokenPlugin: its package cannot be imported, or has no such object.
            InvalidDeclaration: its declaration is wrong.
        """
        check_name(name)
        candidates = self._candidates.get(name, [])
        if not candidates:
            raise UnknownPlugin(name, self.names, self.places)
        if len(candidates) > 1:
            raise DuplicatePlugin(name, tuple(candidate.source for candidate in candidates))
        found = candidates[0].load()
        named = self._find_section(name, found.declaration)
        override = self._settings.sections.get(named, {})
        if "versions" in override or not (override or found.package):
            return found
        section = f"section {_name_section(self._settings, named)}"
        return _override(found, override, section, self._settings.here)

    def _find_section(self, name: str, declaration: Plugin) -> str:
        """Return by which of its names the configuration has a section for a plugin."""
        former = (n for n in declaration.formerly if n not in self._candidates)
        return next((n for n in (name, *former) if n in self._settings.sections), name)


def _find_candidates(settings: Settings, installed: InstalledEntryPoints) -> Iterator[Candidate]:
    yield from _find_entry_points(settings, installed)
    yield from _find_folders(settings)
    yield from _find_sections(settings)


def _name_section(settings: Settings, name: str) -> str:
    """Return what the host's configuration file calls the section of a plugin."""
    tool = "tool." if settings.source.endswith(".toml") else ""
    return f"[{tool}alembic_plugins.{name}] of {settings.source}"


def _find_sections(settings: Settings) -> Iterator[Candidate]:
    """Sections with `versions` are plugins; those without refine one that is found elsewhere."""
    for name, values in settings.sections.items():
        if "versions" in values:
            source = f"section {_name_section(settings, name)}"
            folder = _resolve(values["versions"], settings.here)
            yield Candidate(name, source, _section_loader(settings, name, source), folder)


def _section_loader(settings: Settings, name: str, source: str) -> Callable[[], FoundPlugin]:
    def load() -> FoundPlugin:
        plugin = declare(name, settings.sections[name], source)
        return _locate(plugin, settings, settings.here, source)

    return load


def _find_folders(settings: Settings) -> Iterator[Candidate]:
    for parent in settings.folders:
        for folder in sorted(parent.iterdir()) if parent.is_dir() else ():
            if (folder / "versions").is_dir() or (folder / "plugin.toml").is_file():
                source = f"folder '{folder}'"
                versions = folder / "versions"
                yield Candidate(
                    folder.name, source, _folder_loader(settings, folder, source), versions
                )


def _folder_loader(settings: Settings, folder: Path, source: str) -> Callable[[], FoundPlugin]:
    def load() -> FoundPlugin:
        return _locate(_declare_folder(folder, source), settings, folder, source)

    return load


def _declare_folder(folder: Path, source: str) -> Plugin:
    file = folder / "plugin.toml"
    if file.exists() and not file.is_file():  # Whoever reads a FIFO waits for ever.
        raise InvalidDeclaration(folder.name, f"'{file}'", "it is no regular file")
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return declare(folder.name, {}, source)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise InvalidDeclaration(folder.name, f"'{file}'", str(error)) from error
    return declare(folder.name, values, f"'{file}'")


def _find_entry_points(settings: Settings, installed: InstalledEntryPoints) -> Iterator[Candidate]:
    for group in dict.fromkeys(settings.entry_points):
        for entry_point in installed.find(group):
            # Other ecosystems' entry points need not be named as our plugins are.
            foreign = group != ENTRY_POINT_GROUP
            name = entry_point.name.replace("-", "_").lower() if foreign else entry_point.name
            package = entry_point.dist.name if entry_point.dist else None
            source = f"entry point '{entry_point.name}' of {package or group}"
            yield Candidate(name, source, _entry_point_loader(settings, entry_point, name, source))


def _entry_point_loader(
    settings: Settings, entry_point: EntryPoint, name: str, source: str
) -> Callable[[], FoundPlugin]:
    def load() -> FoundPlugin:
        folder = _find_package_folder(entry_point)
        if folder and not _is_plugin(entry_point, folder):
            plugin, here = Plugin(name, versions=folder), folder
        else:
            plugin, here = _load_plugin(entry_point, name, source)
        if plugin.version is None and entry_point.dist:
            plugin = replace(plugin, version=entry_point.dist.version)
        found = _locate(plugin, settings, here, source)
        return replace(found, package=entry_point.dist.name if entry_point.dist else None)

    return load


def _find_package_folder(entry_point: EntryPoint) -> Path | None:
    """Return the folder that ``package:folder`` names, without importing a top-level package."""
    try:
        spec = importlib.util.find_spec(entry_point.module)
    except Exception:  # noqa: BLE001 - finding a.b imports a; loading it will say what is wrong
        return None
    for location in (spec and spec.submodule_search_locations) or ():
        folder = Path(location, *(entry_point.attr or "").split("."))
        if folder.is_dir():
            return folder
    return None


def _is_plugin(entry_point: EntryPoint, folder: Path) -> bool:
    """Tell whether what has a folder's name is a `Plugin`; plain revision files say no at once."""
    if any(folder.glob("*.py")) and not (folder / "__init__.py").exists():
        return False
    try:
        return isinstance(entry_point.load(), Plugin)
    except Exception:  # noqa: BLE001 - then the folder is all that can be had
        return False


def _load_plugin(entry_point: EntryPoint, name: str, source: str) -> tuple[Plugin, Path]:
    with foreign_code(lambda error: BrokenPlugin(name, source, explain(error))):
        plugin = entry_point.load()
    if not isinstance(plugin, Plugin):
        raise BrokenPlugin(name, source, f"'{entry_point.value}' is no alembic_plugins.Plugin")
    if plugin.name != name:
        raise BrokenPlugin(name, source, f"its Plugin calls itself '{plugin.name}'")
    return plugin, Path(sys.modules[entry_point.module].__file__ or ".").parent


def _override(
    found: FoundPlugin, values: Mapping[str, Any], section: str, here: Path
) -> FoundPlugin:
    declared = declare(found.name, {**values, "versions": found.versions}, section)
    changed = {key: getattr(declared, key) for key in values}
    plugin = replace(found.declaration, **changed)
    return replace(
        found,
        declaration=plugin,
        namespace=plugin.namespace or found.namespace,
        section=section,
        overridden=frozenset(values),
        folder=here if "tables" in values else found.folder,
    )


def _locate(plugin: Plugin, settings: Settings, here: Path, source: str) -> FoundPlugin:
    namespace = plugin.namespace or settings.namespace or Schema(plugin.name)
    versions = _resolve(plugin.versions, here)
    if versions is None or not (versions.is_dir() or plugin.tables is not None):
        raise BrokenPlugin(plugin.name, source, f"there is no folder '{plugin.versions}'")
    return FoundPlugin(plugin, versions, namespace, source, folder=here)


def _resolve(words: object, here: Path) -> Path | None:
    """Return what a path or ``package:path`` names, if there is such a package."""
    package, separator, folder = str(words).partition(":")
    if not separator or Path(str(words)).is_absolute():
        path = here / str(words)
        # To resolve a path, the file system is asked for each part of it.
        return path if path.is_absolute() and ".." not in path.parts else path.resolve()
    try:
        spec = importlib.util.find_spec(package)
    except Exception:  # noqa: BLE001 - finding a.b imports a; that it fails is told when it is asked for
        return None
    locations = (spec and spec.submodule_search_locations) or ()
    return next((Path(location, folder) for location in locations), None)
