"""Where the contenders meet: their projects and databases, for one shape."""

import compileall
import logging
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .catalogs import Catalog, read_catalog
from .contenders import CONTENDERS, Contender, Job, Start
from .databases import Address, Server
from .generate import WRITERS
from .measure import Command, Sample, measure
from .rows import NEAR, Run
from .shapes import Shape

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Equipment:
    """What all shapes share.

    Attributes:
        folder: where projects are written.
        server: where databases are made.
        addresses: how the server is reached, by latency in ms.
        interpreters: the Python with our extension, and the one without.
    """

    folder: Path
    server: Server
    addresses: Mapping[int, Address]
    interpreters: Mapping[bool, Path]


class Project:
    """A contender's files, compiled or not."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.cache = folder / ".cache"
        self._compiled = False

    def set_bytecode(self, *, wanted: bool) -> None:
        """Compile all files, or remove what was compiled."""
        if wanted and not self._compiled:
            _log.info("compiling %s", self.folder.name)
            compileall.compile_dir(self.folder, quiet=2, workers=0)
        if not wanted:
            # A list, since what is walked through is being removed.
            for folder in list(self.folder.rglob("__pycache__")):
                shutil.rmtree(folder)
        self._compiled = wanted

    def forget_index(self) -> None:
        """Remove what was kept about revision files."""
        shutil.rmtree(self.cache, ignore_errors=True)


class Arena:
    """Run commands on projects of one shape.

    Projects, and databases that have everything, are made when the first run needs them.
    """

    def __init__(self, shape: Shape, equipment: Equipment) -> None:
        self.shape = shape
        self._equipment = equipment
        self._projects: dict[str, Project] = {}
        self._installed: dict[str, str] = {}
        self._crowded: str | None = None

    def measure(self, run: Run, latency: int = NEAR) -> Sample:
        """Run a command once, on the database that it begins with."""
        contender = CONTENDERS[run.contender]
        project = self._get_project(contender)
        project.set_bytecode(wanted=run.bytecode)
        if not run.index:
            project.forget_index()
        database = self._prepare(run)
        try:
            sample = measure(self._build(run, contender, database, latency))
        except BaseException:
            self._finish(run, database, usable=False)
            raise
        self._finish(run, database, usable=True)
        return sample

    def read_catalogs(self) -> Mapping[str, Catalog]:
        """Return what the contenders have made that have made everything."""
        found = {}
        for name, database in self._installed.items():
            with self._equipment.server.connect(database) as connection:
                found[name] = read_catalog(connection)
        return found

    def close(self) -> None:
        """Remove projects and databases."""
        for database in (*self._installed.values(), *filter(None, [self._crowded])):
            self._equipment.server.drop(database)
        for project in self._projects.values():
            shutil.rmtree(project.folder)

    def _build(self, run: Run, contender: Contender, database: str, latency: int) -> Command:
        project = self._get_project(contender)
        python = self._equipment.interpreters[contender.extension]
        environment = {
            **self._equipment.addresses[latency].environment(database),
            **contender.environment,
            "XDG_CACHE_HOME": str(project.cache),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            **({} if run.bytecode else {"PYTHONDONTWRITEBYTECODE": "1"}),
        }
        arguments = contender.arguments[run.job](self.shape)
        return Command((str(python), *arguments), project.folder, environment)

    def _get_project(self, contender: Contender) -> Project:
        name = contender.project
        if name not in self._projects:
            folder = self._equipment.folder / f"{name}-{self.shape}"
            _log.info("writing %s", folder.name)
            WRITERS[name](self.shape, folder)
            self._projects[name] = Project(folder)
        return self._projects[name]

    def _prepare(self, run: Run) -> str:
        server = self._equipment.server
        match run.job.start:
            case Start.NONE:
                return "postgres"
            case Start.EMPTY:
                return server.create(self._get_crowded()) if run.crowded else server.create()
            case Start.INSTALLED:
                return self._get_installed(run.contender)
            case Start.COPY:
                return server.create(self._get_installed(run.contender))

    def _finish(self, run: Run, database: str, *, usable: bool) -> None:
        if run.job is Job.EVERYTHING and usable and run.contender not in self._installed:
            self._installed[run.contender] = database
        elif run.job.start in (Start.EMPTY, Start.COPY):
            self._equipment.server.drop(database)

    def _get_installed(self, contender: str) -> str:
        if contender not in self._installed:
            _log.info("installing everything with %s, at %s", contender, self.shape)
            self.measure(Run(contender, Job.EVERYTHING))
        return self._installed[contender]

    def _get_crowded(self) -> str:
        self._crowded = self._crowded or self._equipment.server.create_crowded()
        return self._crowded
