"""Which ready tests there are: of each plugin, revision and release one, with the marks it has."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import NoReturn

import pytest
from alembic.util import CommandError

from ..loading.session import Session
from ..plugin import HOST
from . import checks
from .hosts import find_file, make_config, read_host
from .releases import find_tags

_OVERRIDDEN = ("plugin_config", "plugin_engine", "plugin_rows")
_NO_RELEASE = "no tag of a git repository has its revisions"
_NO_OTHER = "there is no other plugin"
_AWAITED = pytest.StashKey[Path]()
_READ = pytest.StashKey[Session]()


class ReadyTests(pytest.Module):
    """The ready tests where no module of the project imports them."""

    def funcnamefilter(self, name: str) -> bool:
        """Tell whether a function is a test, whatever the project calls its own."""
        return name in checks.__all__

    def classnamefilter(self, _name: str) -> bool:
        """Tell that no class is one."""
        return False


def add_ready(collector: pytest.Collector, found: list[pytest.Item | pytest.Collector]) -> None:
    """Put the module of ready tests before what a collector has found, if that is its place.

    They see what a ``conftest.py`` overrides when they are beneath the very node of its folder,
    which may be collected now or later.
    """
    stash = collector.config.stash
    parent: pytest.Collector | None = None
    if isinstance(collector, pytest.Session):
        folder = _find_overriding(collector.config)
        parent = _find_parent(collector, found, folder)
        if parent is None:
            stash[_AWAITED] = folder
    elif stash.get(_AWAITED, None) == collector.path:
        del stash[_AWAITED]
        parent = collector
    if parent is not None:
        found.insert(0, _make_module(parent))


def check_added(config: pytest.Config) -> None:
    """Check that the ready tests have found their place.

    Raises:
        UsageError: they have not, since the folder was left out.
    """
    if folder := config.stash.get(_AWAITED, None):
        words = f"The ready tests belong into '{folder}', whose conftest.py has fixtures for them."
        raise pytest.UsageError(f"{words} Name that folder on the command line.")


def _find_overriding(config: pytest.Config) -> Path:
    """Return the folder whose ``conftest.py`` overrides a fixture of ours, or the root folder."""
    for plugin in config.pluginmanager.get_plugins():
        file = Path(getattr(plugin, "__file__", None) or "")
        overrides = any(hasattr(plugin, name) for name in _OVERRIDDEN)
        if file.name == "conftest.py" and overrides and file.is_relative_to(config.rootpath):
            return file.parent
    return config.rootpath


def _find_parent(
    session: pytest.Session, found: Sequence[pytest.Item | pytest.Collector], folder: Path
) -> pytest.Collector | None:
    """Return the node of a folder; None where it will be collected yet."""
    if folder == session.config.rootpath:
        return session
    for node in found:
        for parent in node.iter_parents():
            if isinstance(parent, pytest.Directory) and parent.path == folder:
                return parent
    tops = (node.path for node in found if isinstance(node, pytest.Directory))
    return None if any(folder.is_relative_to(top) for top in tops) else session


def _make_module(parent: pytest.Collector) -> pytest.Module:
    config = parent.config
    file = find_file(config.rootpath, config.getini("alembic_plugins_config"))
    inside = file is not None and file.is_relative_to(config.rootpath)
    shown = file.relative_to(config.rootpath).as_posix() if file and inside else "alembic-plugins"
    found: ReadyTests = ReadyTests.from_parent(
        parent, path=Path(checks.__file__), name=shown, nodeid=shown
    )
    found.obj = checks
    return found


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Make a ready test of each plugin, and of each revision or release of it."""
    session = _read(metafunc.config)
    names = _choose(metafunc, session)
    if "plugin_order" in metafunc.fixturenames:
        _parametrize_order(metafunc, names)
        return
    found: list[tuple[str, str | None]] = []
    second = [n for n in ("plugin_revision", "plugin_release") if n in metafunc.fixturenames]
    for name in names:
        if second == ["plugin_revision"]:
            found += [(name, revision) for revision in _list_revisions(session, name)]
        elif second:
            found += [(name, tag) for tag in _list_releases(metafunc.config, session, name)]
        else:
            found.append((name, None))
    rules = [*_read_rules(metafunc)]
    check = metafunc.function.__name__
    missing = second == ["plugin_release"]
    metafunc.parametrize(
        ("plugin_name", *second),
        [
            pytest.param(
                *((name, part) if second else (name,)),
                id=f"{name}-{part}" if part else name,
                marks=[
                    *_find_marks(rules, name, part, check),
                    *([pytest.mark.skip(reason=_NO_RELEASE)] if missing and not part else []),
                ],
            )
            for name, part in found
        ],
    )


def _parametrize_order(metafunc: pytest.Metafunc, names: Sequence[str]) -> None:
    check = metafunc.function.__name__
    rules = [*_read_rules(metafunc)]
    marks = [mark for name in names for mark in _find_marks(rules, name, None, check)]
    if len(names) < 2:
        marks.append(pytest.mark.skip(reason=_NO_OTHER))
    id_ = "+".join(names) if len(names) < 4 else f"{len(names)} plugins"
    metafunc.parametrize("plugin_order", [pytest.param(tuple(names), id=id_, marks=marks)])


def _read(config: pytest.Config) -> Session:
    """Return what is on disk, read once."""
    if _READ not in config.stash:
        named = config.getini("alembic_plugins_config")
        try:
            config.stash[_READ] = read_host(make_config(config.rootpath, named))
        except CommandError as error:
            _refuse(str(error))
    return config.stash[_READ]


def _choose(metafunc: pytest.Metafunc, session: Session) -> list[str]:
    """Return the plugins that the tests of a module are about."""
    module = metafunc.definition.getparent(pytest.Module)
    if isinstance(module, ReadyTests):
        wanted = [name for name in metafunc.config.getoption("alembic_plugins").split(",") if name]
    else:
        wanted = _read_names(metafunc.module)
    known = [name for name in session.discovery.names if name != HOST]
    for name in wanted:
        if name not in known:
            path = " Write paths of tests before the option." if Path(name).exists() else ""
            found = ", ".join(known) or "none"
            _refuse(f"There is no plugin '{name}'. The plugins that are found: {found}.{path}")
    if not known:
        _refuse(f"There are no plugins: none in {'; none in '.join(session.discovery.places)}.")
    return wanted or known


def _read_names(module: ModuleType) -> list[str]:
    given = getattr(module, "plugin_names", [])
    return [given] if isinstance(given, str) else list(given)


def _list_revisions(session: Session, name: str) -> Sequence[str | None]:
    """Return the revisions of a plugin; None where they cannot be read, which a test will tell."""
    try:
        return session.branch(name).order or (None,)
    except CommandError:
        return (None,)


def _list_releases(config: pytest.Config, session: Session, name: str) -> Sequence[str | None]:
    lines: list[str] = config.getini("alembic_plugins_releases")
    named = {words[0]: words[1:] for words in map(str.split, lines) if words}
    try:
        versions = session.find_plugin(name).versions
    except CommandError:
        return (None,)
    return _find_tags(versions, tuple(named.get(name, ()))) or (None,)


@lru_cache
def _find_tags(versions: Path, wanted: tuple[str, ...]) -> Sequence[str]:
    return find_tags(versions, wanted)


Rule = tuple[str, Mapping[str, str]]
"""``skip`` or ``xfail``, and what it is about."""


def _read_rules(metafunc: pytest.Metafunc) -> Iterator[Rule]:
    """Yield what is to be skipped or has to fail, out of the configuration and of marks."""
    for kind in ("skip", "xfail"):
        name = f"alembic_plugins_{kind}"
        for line in metafunc.config.getini(name):
            yield kind, _parse_rule(name, line)
        for mark in metafunc.definition.iter_markers(name):
            given = {key: value for key, value in mark.kwargs.items() if value is not None}
            unknown = given.keys() - {"plugin", "revision", "check", "reason"}
            if mark.args or unknown or not given.get("reason"):
                _refuse(f"Mark '{name}' takes plugin, revision, check and reason, which has to be.")
            yield kind, given


def _parse_rule(option: str, line: str) -> Mapping[str, str]:
    words, _, reason = line.partition(":")
    about = words.split()
    if len(about) != 2 or not reason.strip():
        _refuse(f"Option '{option}' has '{line}'. Write PLUGIN[-REVISION] TEST: reason.")
    plugin, _, revision = about[0].partition("-")
    found = {"plugin": plugin, "revision": revision, "check": about[1], "reason": reason.strip()}
    return {key: value for key, value in found.items() if value not in ("", "*")}


def _find_marks(
    rules: Sequence[Rule], plugin: str, revision: str | None, check: str
) -> list[pytest.MarkDecorator]:
    """Return the marks of one ready test."""
    facts = {"plugin": plugin, "revision": revision, "check": check}
    return [
        getattr(pytest.mark, kind)(reason=about["reason"])
        for kind, about in rules
        if all(about.get(key, value) == value for key, value in facts.items())
    ]


def _refuse(words: str) -> NoReturn:
    """End the collection of a module with a sentence."""
    raise pytest.Collector.CollectError(words)
