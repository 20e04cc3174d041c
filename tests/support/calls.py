"""The command line in a process of its own, forked from one that has imported Alembic.

An interpreter that has to start and to import everything takes longer than most commands. What is
imported only where it is needed is asked of processes of their own.
"""

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from io import TextIOWrapper
from pathlib import Path
from pkgutil import walk_packages
from tempfile import TemporaryDirectory

from alembic.config import main

import alembic_plugins

_NOT_OURS = ("flask_commands", "environment.env")
"""What is imported by hosts, if at all."""

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(
    [
        __name__,
        "sqlalchemy.dialects.postgresql.psycopg",
        *("asyncpg", "psycopg2", "sqlalchemy.ext.asyncio"),  # Hosts on them take twice the time.
        "importlib.resources.readers",
        *(
            module.name
            for module in walk_packages(alembic_plugins.__path__, "alembic_plugins.")
            if not module.ispkg and not module.name.endswith(_NOT_OURS)
        ),
        "support.frozen",
    ]
)


def call_alembic(
    arguments: Sequence[str], folder: Path, env: Mapping[str, str]
) -> tuple[int, str, str]:
    """Run ``python -m alembic``; return its exit code and what it wrote to stdout and stderr."""
    with TemporaryDirectory() as written:
        streams = [Path(written, name) for name in ("stdout", "stderr")]
        code = _call(arguments, folder, env, streams)
        stdout, stderr = (stream.read_text() for stream in streams)
    return code, stdout, stderr


def watch_alembic(arguments: Sequence[str], folder: Path, env: Mapping[str, str]) -> str:
    """Do as `call_alembic` does; return what is seen, whichever stream it is written to."""
    with TemporaryDirectory() as written:
        screen = Path(written, "screen")
        _call(arguments, folder, env, [screen, screen])
        return screen.read_text()


def _call(
    arguments: Sequence[str], folder: Path, env: Mapping[str, str], streams: Sequence[Path]
) -> int:
    process = PROCESSES.Process(target=_run, args=(arguments, folder, dict(env), streams))
    process.start()
    process.join()
    code = process.exitcode or 0
    process.close()
    return code


def start_alembic(
    arguments: Sequence[str], folder: Path, env: Mapping[str, str]
) -> tuple[int, str, str]:
    """Do as `call_alembic` does, in an interpreter that obeys the environment from its start."""
    done = subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=folder,
        env=env,
        # Not this process's stdin: with a terminal's, Alembic breaks lines.
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def _run(
    arguments: Sequence[str], folder: Path, env: Mapping[str, str], streams: Sequence[Path]
) -> None:
    for fd, path in enumerate((Path(os.devnull), *streams)):
        flags = os.O_RDONLY if fd == 0 else os.O_WRONLY | os.O_CREAT | os.O_APPEND
        os.dup2(os.open(path, flags), fd)
    assert isinstance(sys.stdout, TextIOWrapper)
    sys.stdout.reconfigure(line_buffering=True)  # As it is on a terminal.
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(env)
    sys.path[:0] = [str(folder), *env.get("PYTHONPATH", "").split(os.pathsep)]
    sys.argv = ["alembic", *arguments]
    main(prog="alembic")
