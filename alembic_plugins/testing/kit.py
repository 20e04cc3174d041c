"""What the tests of one run of pytest share: the server, templates, and what was found out once."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, NoReturn

import psycopg
from alembic.util import CommandError
from sqlalchemy.engine import URL

from .._base_errors import first_line
from ..config.sources import ConfigSource
from .databases import EMPTY, Databases, TestDatabase
from .digest import digest_host, find_names
from .failures import describe, fail
from .hosts import describe_config, read_host
from .servers import NAMED_BY, NoServer, find_server


@dataclass(frozen=True)
class Run:
    """One run of pytest, in one process or several.

    Attributes:
        name: tells it from other runs.
        root: the root folder of the project.
        folder: where what is kept is kept.
        program: the ``pg_ctl`` that starts a server, where somebody has named one.
        rebuild: make all templates anew.
        shares: whether there are several processes.
    """

    name: str
    root: Path
    folder: Path
    program: str | None
    rebuild: bool
    shares: bool


class Kit:
    """Make databases for the tests of a process."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._templates: dict[str, str] = {}
        self._known: dict[str, Any] = {}

    @cached_property
    def databases(self) -> Databases:
        """The databases, on the server that is found or started when they are first asked for."""
        project = sha256(str(self._run.root).encode()).hexdigest()[:12]
        try:
            url = find_server(self._run.folder, self._run.program)
        except NoServer as error:
            fail(str(error))
        return Databases(url, project, self._run.name)

    @contextmanager
    def clone(self, template: str = EMPTY) -> Iterator[TestDatabase]:
        """Make a database for a test, and drop it."""
        try:
            database = TestDatabase(self.databases.create(template))
        except psycopg.Error as error:
            _fail_to_make("A database for the test", error)
        try:
            yield database
        finally:
            try:
                self.databases.drop(database.url)
            except psycopg.Error as error:
                fail(f"The database of the test cannot be dropped: {first_line(error)}.")

    def make_host(self, config: ConfigSource) -> str:
        """Return the template in which the host is at its head, and no plugin is installed."""
        key = f"host {describe_config(config)}"
        if key not in self._templates:
            self._templates[key] = self._ensure(config, (), lambda: EMPTY)
        return self._templates[key]

    def make_full(self, config: ConfigSource) -> str:
        """Return the template in which the host and all its plugins are at their heads."""
        key = f"full {describe_config(config)}"
        if key not in self._templates:
            names = find_names(read_host(config))
            self._templates[key] = self._ensure(config, names, lambda: self.make_host(config))
        return self._templates[key]

    def share(self, name: str, find: Callable[[], Any]) -> Any:  # noqa: ANN401 - any JSON
        """Return what `find` finds, which one of all processes is asked once; it is JSON."""
        if name in self._known:
            return self._known[name]
        if not self._run.shares:
            return self._known.setdefault(name, find())
        folder = self._run.folder / "runs" / self._run.name
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / sha256(name.encode()).hexdigest()
        with _locked(file.with_suffix(".lock")):
            if not file.exists():
                file.write_text(json.dumps(find()), "utf-8")
            return self._known.setdefault(name, json.loads(file.read_text("utf-8")))

    def close(self) -> None:
        """Leave the server, if there is one."""
        if "databases" in vars(self):
            self.databases.close()

    def _ensure(
        self, config: ConfigSource, names: Sequence[str], find_base: Callable[[], str]
    ) -> str:
        try:
            digest = digest_host(read_host(config), names, self.databases.identity)
            return self.databases.ensure_template(
                digest,
                lambda url: _fill(config, names, url),
                find_base=find_base,
                rebuild=self._run.rebuild,
            )
        except psycopg.Error as error:
            _fail_to_make("A template database", error)
        except CommandError as error:
            what = f"plugins {', '.join(names)}" if names else "the host"
            fail(f"A template database with {what} cannot be made.", *describe(error))


def _fail_to_make(what: str, error: psycopg.Error) -> NoReturn:
    way_out = f"Let {NAMED_BY} lead to a server by a role that may create databases."
    refused = isinstance(error, psycopg.errors.InsufficientPrivilege)
    fail(f"{what} cannot be made: {first_line(error)}.{f' {way_out}' * refused}")


def _fill(config: ConfigSource, names: Sequence[str], url: URL) -> None:
    # Most runs find their templates made, and need not import what makes them.
    from .migrations import PluginMigrations

    migrations = PluginMigrations(config, TestDatabase(url).engine)
    if names:
        migrations.install(*names)
    else:
        migrations.upgrade("host")


@contextmanager
def _locked(file: Path) -> Iterator[None]:
    try:
        import fasteners
    except ImportError:  # Then each process finds out by itself.
        yield
        return
    with fasteners.InterProcessLock(file):
        yield
