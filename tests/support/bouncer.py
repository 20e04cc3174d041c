"""PgBouncer in front of the server that the tests run on."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg

from .databases import Database
from .servers import Server

# Debian has it where only root's PATH leads.
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")

_PORT = 6432

_WAIT_SECONDS = 3
"""How long a client waits for a session; it is two minutes where nobody has set it."""

_SETTINGS = """\
[databases]
* = {target}

[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = {mode}
default_pool_size = {size}
server_round_robin = {rotates:d}
query_wait_timeout = {wait_seconds}
log_connections = 0
log_disconnections = 0
log_stats = 0
"""


@contextmanager
def run_bouncer(
    server: Server, mode: str, size: int = 20, *, rotates: bool = False
) -> Iterator[Server]:
    """Give PgBouncer, in place of the server, for as long as the block runs.

    Args:
        server: where PostgreSQL is.
        mode: what a client has a session for: ``session``, ``transaction`` or ``statement``.
        size: how many sessions there are at most, for each database.
        rotates: whether sessions are used in turn, instead of the one that was used last.
    """
    folder = Path(tempfile.mkdtemp(prefix="ap-bouncer-"))
    user = _find_user(server)
    file = folder / "pgbouncer.ini"
    file.write_text(
        _SETTINGS.format(
            target=_render(server),
            port=_PORT,
            folder=folder,
            mode=mode,
            size=size,
            rotates=rotates,
            wait_seconds=_WAIT_SECONDS,
        )
    )
    if user:
        shutil.chown(folder, user)
    try:
        with _start(file, user):
            yield replace(server, host=str(folder), port=_PORT, password=None)
    finally:
        shutil.rmtree(folder)


def fill_pool(database: Database, count: int) -> None:
    """Let a pool have that many sessions, as it has when that many clients were there at once."""
    with ExitStack() as clients:
        for _ in range(count):
            client = clients.enter_context(psycopg.connect(database.plain))
            client.execute("SELECT")


@contextmanager
def _start(file: Path, user: str | None) -> Iterator[None]:
    command = [PROGRAM or "pgbouncer", str(file)]
    with subprocess.Popen(command, user=user, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said: list[str] = []
        for line in process.stderr:
            said.append(line)
            if "process up" in line:
                break
        else:
            raise RuntimeError("".join(said))
        try:
            yield
        finally:
            # No other signal means the same to all versions: stop at once.
            process.kill()


def _find_user(server: Server) -> str | None:
    """Return who may run it: it refuses root, and the server's folder may be its owner's only."""
    if os.geteuid() != 0:
        return None
    socket = Path(server.host, f".s.PGSQL.{server.port}")
    return socket.owner() if socket.exists() else "nobody"


def _render(server: Server) -> str:
    """Return the server as PgBouncer is told it; `auth_type = any` needs the user in it."""
    given = {
        "host": server.host,
        "port": str(server.port),
        "user": server.user,
        "password": server.password,
    }
    quoted = {name: value.replace("'", "''") for name, value in given.items() if value}
    return " ".join(f"{name}='{value}'" for name, value in quoted.items())
