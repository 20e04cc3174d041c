"""The PostgreSQL that tests run on: the one that is named, an installed or the embedded one."""

import atexit
import os
import shutil
import subprocess
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from .._base_errors import first_line
from ..config.embedded import start_in
from ..config.errors import EmbeddedUnavailable

NAMED_BY = "ALEMBIC_PLUGINS_TEST_URL"

DRIVER = "postgresql+psycopg"

_UNSAFE = ("fsync", "full_page_writes", "synchronous_commit", "autovacuum")
"""What tests can do without: nobody asks that their databases outlive a crash."""

_NONE = (
    "There is no PostgreSQL for tests: {reason}. Set ALEMBIC_PLUGINS_TEST_URL to the URL of one, "
    "or run \"pip install 'alembic-plugins[testing]'\"."
)


class NoServer(Exception):
    """There is no PostgreSQL for tests; the text says so, and what can be done."""


def find_server(folder: Path, program: str | None) -> URL:
    """Return the URL of a server, which is started where none is named.

    Args:
        folder: where the data of a server is that is started here.
        program: the ``pg_ctl`` that is to start it, where somebody has named one.

    Raises:
        NoServer: there is none, or it cannot be reached.
    """
    named = os.environ.get(NAMED_BY)
    if named:
        return _check_named(named)
    pg_ctl = None if _is_root() else _find_program(program)
    try:
        _make_own(folder)
        if pg_ctl is not None:
            return _start_installed(pg_ctl, folder)
        return _start_embedded(folder)
    except (EmbeddedUnavailable, ImportError, OSError, subprocess.CalledProcessError) as error:
        reason = getattr(error, "reason", None) or first_line(error)
        raise NoServer(_NONE.format(reason=reason)) from error


def to_conninfo(url: URL) -> str:
    """Return a URL as libpq has it."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _check_named(named: str) -> URL:
    try:
        url = make_url(named).set(drivername=DRIVER)
        psycopg.connect(to_conninfo(url), connect_timeout=10).close()
    except (ArgumentError, ValueError):
        # The cause is left out: it quotes the URL, which may hold a password.
        raise NoServer(f"{NAMED_BY} cannot be read as a URL. Correct it.") from None
    except psycopg.OperationalError as error:
        words = f"The PostgreSQL of {NAMED_BY} cannot be reached: {first_line(error)}."
        raise NoServer(f"{words} Start it, or correct the URL.") from error
    return url


def _is_root() -> bool:
    """Tell whether PostgreSQL would refuse to run as whom we do."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _find_program(named: str | None) -> Path | None:
    """Return a ``pg_ctl``: the one that is named, on PATH, or beside ``pg_config``."""
    for candidate in (named, shutil.which("pg_ctl"), _find_beside_config()):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    return None


def _find_beside_config() -> str | None:
    config = shutil.which("pg_config")
    if config is None:
        return None
    done = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
    return str(Path(done.stdout.strip()) / "pg_ctl") if done.returncode == 0 else None


def _start_embedded(folder: Path) -> URL:
    url = start_in(folder / "embedded")
    with psycopg.connect(to_conninfo(url), autocommit=True) as connection:
        [(safe,)] = connection.execute("SHOW fsync").fetchall()
        if safe == "on":
            for setting in _UNSAFE:
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
    return url


@cache
def _start_installed(pg_ctl: Path, folder: Path) -> URL:
    """Start an installed PostgreSQL unless another process has; the last one stops it."""
    import fasteners

    version = _run([pg_ctl, "--version"]).split()[2].partition(".")[0]
    place = folder / f"postgresql-{version}"
    place.mkdir(parents=True, exist_ok=True)
    users = fasteners.InterProcessReaderWriterLock(place / "users.lock")
    users.acquire_read_lock()
    data, socket = place / "data", _find_socket_folder(place)
    with fasteners.InterProcessLock(place / "start.lock"):
        if not (data / "PG_VERSION").exists():
            shutil.rmtree(data, ignore_errors=True)  # Whoever has made it was ended midway.
            initdb = pg_ctl.with_name(f"initdb{pg_ctl.suffix}")
            _run([initdb, "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])
        if not _is_running(pg_ctl, data):
            unsafe = " ".join(f"-c {setting}=off" for setting in _UNSAFE)
            options = f"-c listen_addresses='' -c max_connections=300 -k '{socket}' {unsafe}"
            _run([pg_ctl, "-D", data, "-l", place / "log", "-w", "-o", options, "start"])
    atexit.register(_leave, users, pg_ctl, data)
    return URL.create(DRIVER, "postgres", database="postgres", query={"host": str(socket)})


def _find_socket_folder(place: Path) -> Path:
    """Return a folder for the socket, whose path may not be long; only we may enter it."""
    name = f"alembic-plugins-{sha256(str(place).encode()).hexdigest()[:16]}"
    return _make_own(Path("/tmp") / name, mode=0o700)  # noqa: S108 - it is ours, or not used


def _make_own(folder: Path, *, mode: int = 0o777) -> Path:
    """Make a folder that others must not have made before us."""
    folder.mkdir(mode=mode, parents=True, exist_ok=True)
    if hasattr(os, "geteuid") and folder.stat().st_uid != os.geteuid():
        raise PermissionError(f"'{folder}' belongs to somebody else")
    return folder


def _is_running(pg_ctl: Path, data: Path) -> bool:
    command = [str(pg_ctl), "-D", str(data), "status"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0  # noqa: S603


def _leave(users: Any, pg_ctl: Path, data: Path) -> None:  # noqa: ANN401 - it is not typed
    """Stop the server, unless others use it."""
    users.release_read_lock()
    if users.acquire_write_lock(blocking=False):
        command = [str(pg_ctl), "-D", str(data), "-m", "fast", "-w", "stop"]
        subprocess.run(command, capture_output=True, check=False)  # noqa: S603
        users.release_write_lock()


def _run(command: list[Path | str]) -> str:
    """Run a program whose output is an error's reason, or nobody's concern."""
    # A server that is started would keep our pipes open: it gets none but a file.
    log = subprocess.DEVNULL if command[-1] == "start" else subprocess.PIPE
    done = subprocess.run(  # noqa: S603
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        env={**os.environ, "LC_ALL": "C"},
        text=True,
        check=False,
    )
    if done.returncode:
        raise OSError((done.stderr or "").strip() or f"{command[0]} exits with {done.returncode}")
    return done.stdout or ""
