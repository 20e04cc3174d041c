"""What pytest loads: options, marks and fixtures, with nothing imported before it is asked for."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Generator, Iterator, Mapping
from hashlib import sha256
from os import getpid
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Engine

    from .databases import TestDatabase
    from .kit import Kit
    from .migrations import PluginMigrations
    from .trials import Trials

_OPTION = "alembic_plugins"
_RUN = pytest.StashKey[str]()
_MARK_HELP = "plugin=None, revision=None, check=None, reason=...): "


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the command line and of pytest's configuration."""
    group = parser.getgroup("alembic-plugins", "plugins of a host that uses Alembic")
    group.addoption(
        "--alembic-plugins",
        nargs="?",
        const="",
        metavar="NAME,...",
        help="Try out all plugins of the host, or those that are named, by the ready tests.",
    )
    group.addoption(
        "--alembic-plugins-rebuild",
        action="store_true",
        help="Make the template databases anew.",
    )
    parser.addini("alembic_plugins_config", "The file of the host's configuration.", default="")
    for name, help_ in (
        ("skip", "PLUGIN[-REVISION] TEST: reason; ready tests that are left out."),
        ("xfail", "PLUGIN[-REVISION] TEST: reason; ready tests that have to fail."),
        ("releases", "PLUGIN TAG...: the releases whose upgrade is tried."),
    ):
        parser.addini(f"alembic_plugins_{name}", help_, type="linelist", default=[])


def pytest_configure(config: pytest.Config) -> None:
    """Say what marks there are."""
    for name, what in (("skip", "left out"), ("xfail", "expected to fail")):
        line = f"alembic_plugins_{name}({_MARK_HELP}ready tests of a module that are {what}."
        config.addinivalue_line("markers", line)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - of pytest-xdist, if that is there
    """Tell each process of pytest-xdist which run it is a part of."""
    node.workerinput[_OPTION] = _name_run(node.config)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Collect the ready tests, where they are wanted."""
    report = yield
    is_place = isinstance(collector, pytest.Session | pytest.Directory) and report.passed
    if is_place and collector.config.getoption(_OPTION) is not None:
        from .collection import add_ready

        add_ready(collector, report.result)
    return report


def pytest_collection_modifyitems(config: pytest.Config) -> None:
    """Check that the ready tests are there, where they are wanted."""
    if config.getoption(_OPTION) is not None:
        from .collection import check_added

        check_added(config)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Make ready tests of each plugin, revision and release."""
    if _is_ready(metafunc.function):
        from .collection import parametrize

        parametrize(metafunc)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Let ready tests be reported where they are collected, and not in our files."""
    if _is_ready(getattr(item, "function", None)):
        item.location = (item.nodeid.partition("::")[0], None, item.location[2])


def _is_ready(function: object) -> bool:
    return getattr(function, "__module__", "") == "alembic_plugins.testing.checks"


def _name_run(config: pytest.Config) -> str:
    """Return the name of a run, which all its processes share."""
    found = getattr(config, "workerinput", {}).get(_OPTION)
    return found or config.stash.setdefault(_RUN, f"{getpid()}-{time.time_ns()}")


def _find_folder(config: pytest.Config) -> Path:
    """Return the folder where a server and its data are kept."""
    if cache := getattr(config, "cache", None):
        folder: Path = cache.mkdir("alembic-plugins")
        return folder
    name = sha256(str(config.rootpath).encode()).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"alembic-plugins-kept-{name}"


@pytest.fixture(scope="session")
def plugin_kit(pytestconfig: pytest.Config) -> Iterator[Kit]:
    """What the other fixtures share."""
    from .kit import Kit, Run

    named = pytestconfig.getoption("postgresql_exec", None)
    kit = Kit(
        Run(
            name=_name_run(pytestconfig),
            root=pytestconfig.rootpath,
            folder=_find_folder(pytestconfig),
            program=named,
            rebuild=pytestconfig.getoption("alembic_plugins_rebuild"),
            shares=hasattr(pytestconfig, "workerinput"),
        )
    )
    yield kit
    kit.close()


@pytest.fixture
def plugin_config(pytestconfig: pytest.Config) -> Config:
    """The host's configuration; to override, with a `Config` or the path of its file."""
    from .hosts import make_config

    return make_config(pytestconfig.rootpath, pytestconfig.getini("alembic_plugins_config"))


@pytest.fixture
def plugin_engine(plugin_kit: Kit, plugin_config: Config) -> Iterator[Engine]:
    """An engine of the test's own database, with the host at its head; to override."""
    with plugin_kit.clone(plugin_kit.make_host(plugin_config)) as database:
        yield database.engine


@pytest.fixture
def plugin_empty_engine(plugin_kit: Kit) -> Iterator[Engine]:
    """An engine of a database of the test's own, in which there is nothing."""
    with plugin_kit.clone() as database:
        yield database.engine


@pytest.fixture
def plugin_database(plugin_kit: Kit, plugin_config: Config) -> Iterator[TestDatabase]:
    """A database of the test's own, with the host and all its plugins at their heads."""
    with plugin_kit.clone(plugin_kit.make_full(plugin_config)) as database:
        yield database


@pytest.fixture
def plugin_rows() -> Mapping[str, Mapping[str, Any]]:
    """Rows ``before`` and ``after`` revisions, by their ids; to override."""
    return {}


@pytest.fixture
def plugin_migrations(plugin_config: Config, plugin_engine: Engine) -> PluginMigrations:
    """What installs and migrates plugins in the database of `plugin_engine`."""
    from .migrations import PluginMigrations

    return PluginMigrations(plugin_config, plugin_engine)


@pytest.fixture
def plugin_trials(request: pytest.FixtureRequest, plugin_kit: Kit, plugin_config: Config) -> Trials:
    """What the ready tests do; a database is made for those that want one."""
    from .trials import Trials

    return Trials(plugin_kit, plugin_config, request.getfixturevalue)
