"""A throwaway host application, and its command line."""

import os
import pty
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from functools import partial
from io import StringIO
from pathlib import Path
from textwrap import dedent

from alembic.config import CommandLine, Config

from .calls import call_alembic, start_alembic, watch_alembic
from .clones import Clones
from .databases import Database

SITUATIONS = Path(__file__).parent.parent / "plugins"
EXAMPLE = Path(__file__).parent.parent.parent

INI = """\
[alembic]
script_location = alembic_plugins:environment
version_locations = %(here)s/versions
path_separator = os
"""


_REVISION = """\
from alembic import op

revision = "{name}"
down_revision = {below}


def upgrade():
    {up}


def downgrade():
    {down}
"""


@dataclass(frozen=True)
class CallResult:
    """What a command line answered."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Everything it said."""
        return self.stdout + self.stderr

    @property
    def lines(self) -> list[str]:
        """The answer, line by line."""
        return self.stdout.splitlines()

    @property
    def failures(self) -> list[str]:
        """What Alembic called failed; a question whose answer is not echoed comes before it."""
        return re.findall(r"^(?:Run '.*'\? \[y/N\] )?FAILED: (.*)$", self.output, re.MULTILINE)


class Host:
    """A host with two revisions of its own, in a folder that is the test's.

    Args:
        folder: the folder, which is empty.
        database: where its commands lead to.
        clones: know what its first command has come to before, if they are given.
    """

    def __init__(self, folder: Path, database: Database, clones: Clones | None = None) -> None:
        self.folder = folder
        self.database = database
        self._clones = clones
        self._paths = [folder / "site"]
        self.ini = folder / "alembic.ini"
        self.ini.write_text(INI)
        shutil.copytree(SITUATIONS / "host_versions", folder / "versions")

    def add(self, *situations: str, **named: str) -> "Host":
        """Give the host plugins from `tests/plugins`, some by another name: ``order="empty"``."""
        for name, situation in {**{s: s for s in situations}, **named}.items():
            target = self.folder / "plugins" / name
            shutil.copytree(SITUATIONS / situation, target, ignore=_ignore)
        return self

    def copy_example(self) -> "Host":
        """Become the example host that the repository has."""
        shutil.rmtree(self.folder / "versions")
        for name in ("versions", "plugins"):
            shutil.copytree(EXAMPLE / name, self.folder / name, ignore=_ignore)
        shutil.copy(EXAMPLE / "alembic.ini", self.ini)
        return self

    def remove(self, name: str) -> "Host":
        """Take a plugin's folder away."""
        shutil.rmtree(self.folder / "plugins" / name)
        return self

    def write(self, path: str, text: str) -> Path:
        """Write a file of the host."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text))
        return file

    def declare(self, plugin: str, *lines: str) -> "Host":
        """Give a plugin a declaration, line by line."""
        self.write(f"plugins/{plugin}/plugin.toml", "\n".join((*lines, "")))
        return self

    def revise(self, branch: str, up: str, down: str | None = "") -> "Host":
        """Give a branch its next revision, whose functions execute SQL; with None, it cannot go."""
        place = "versions" if branch == "host" else f"plugins/{branch}/versions"
        number = len(list((self.folder / place).glob(f"{branch}_*.py"))) + 1
        text = _REVISION.format(
            name=f"{branch}_{number}",
            below=repr(f"{branch}_{number - 1}") if number > 1 else None,
            up=_execute(up),
            down="raise NotImplementedError" if down is None else _execute(down),
        )
        self.write(f"{place}/{branch}_{number}.py", text)
        return self

    def configure(self, *lines: str) -> "Host":
        """Add lines to the configuration: options, or sections with options."""
        self.ini.write_text("\n".join((self.ini.read_text(), *lines, "")))
        return self

    def distribute(self, package: str, version: str, entry_points: str) -> Path:
        """Make an installed package, by its folder and the metadata that pip writes."""
        folder = self.folder / "site" / package
        metadata = f"site/{package}-{version}.dist-info"
        self.write(f"site/{package}/__init__.py", "")
        self.write(
            f"{metadata}/METADATA", f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        )
        self.write(f"{metadata}/entry_points.txt", entry_points)
        return folder

    def config(self, **attributes: object) -> Config:
        """Return the configuration, for calls in this process."""
        self.database.ensure()
        config = Config(self.ini, stdout=StringIO())
        config.attributes.update(attributes)
        return config

    def run(self, *arguments: str) -> None:
        """Run a command in this process, which takes less time; for arranging."""
        call = partial(CommandLine(prog="alembic").main, ["-c", str(self.ini), *arguments])
        if self._clones:
            self._clones.arrange(arguments, self.folder, self.database, call)
        else:
            call()

    def run_all(self, commands: list[list[str]]) -> None:
        """Run several commands in this process."""
        for arguments in commands:
            self.run(*arguments)

    def alembic(
        self, *arguments: str, env: dict[str, str] | None = None, fresh: bool = False
    ) -> CallResult:
        """Run the real command line in a process of its own, which may be a fresh interpreter."""
        call = start_alembic if fresh else call_alembic
        return CallResult(*call(arguments, self.folder, {**self._environ(), **(env or {})}))

    def watch(self, *arguments: str, folder: Path | None = None) -> str:
        """Run the real command line; return what is seen, in the order in which it is written."""
        return watch_alembic(arguments, folder or self.folder, self._environ())

    def install(self, folder: Path) -> None:
        """Do what ``pip install -e`` does with a package that is a plugin."""
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        groups = [
            f"[{group}]\n" + "".join(f"{name} = {value}\n" for name, value in entries.items())
            for group, entries in project["entry-points"].items()
        ]
        package = project["name"].replace("-", "_")
        shutil.rmtree(self.distribute(package, project["version"], "".join(groups)))
        self._paths.append(folder)

    def _environ(self) -> dict[str, str]:
        paths = os.pathsep.join(map(str, self._paths))
        return {**os.environ, "DATABASE_URL": self.database.text, "PYTHONPATH": paths}

    def answer(self, answer: str, *arguments: str) -> CallResult:
        """Run the real command line on a terminal, where `answer` is typed."""
        self.database.ensure()
        ours, theirs = pty.openpty()
        os.write(ours, f"{answer}\n".encode())
        done = subprocess.run(
            [sys.executable, "-m", "alembic", *arguments],
            cwd=self.folder,
            stdin=theirs,
            capture_output=True,
            text=True,
            check=False,
        )
        os.close(ours)
        os.close(theirs)
        return CallResult(done.returncode, done.stdout, done.stderr)

    def succeed(self, *arguments: str) -> CallResult:
        """Run a command that has to succeed."""
        result = self.alembic(*arguments)
        assert result.exit_code == 0, result.output
        return result

    def fail(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        """Run a command that has to fail, in one sentence and one way out, and return them."""
        result = self.alembic(*arguments, env=env)
        assert result.exit_code != 0, result.output
        assert "Traceback" not in result.output
        assert len(result.failures) == 1, result.output
        return result.failures[0]

    def refuse(self, *arguments: str) -> str:
        """Run a command that has to fail and to leave the database as it was, but for its event."""
        before = self.database.fingerprint()
        words = self.fail(*arguments)
        assert self.database.fingerprint() == before
        return words


def _execute(sql: str) -> str:
    """Return what executes SQL in a revision, as it is."""
    return f"op.get_bind().exec_driver_sql({sql.replace('%', '%%')!r})" if sql else "pass"


def _ignore(_folder: str, names: list[str]) -> list[str]:
    return [name for name in names if name in ("__pycache__", "ruff.toml")]
