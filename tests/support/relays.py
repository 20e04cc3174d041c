"""A port by which a server is reached from some moment on.

What leads there is a process of its own: libpq's ``PQping`` keeps all threads of this one waiting.
"""

import socket
import struct
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread

from sqlalchemy.engine import URL

_STARTING = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"


class Relay:
    """A port that refuses connections until `open`, and then leads to the server of a URL.

    Without a URL, it leads to what says that it is starting, whatever it is asked.
    """

    def __init__(self, target: URL | None = None) -> None:
        self._target = target
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))  # Who is bound and does not listen refuses.
        self._process: subprocess.Popen[str] | None = None
        self.port: int = self._listener.getsockname()[1]

    @property
    def url(self) -> URL:
        """The URL by which the port is reached."""
        assert self._target is not None
        return self._target.set(host="127.0.0.1", port=self.port, query={})

    def open(self) -> None:
        """Let connections through from now on; may be called again."""
        if self._process is not None:
            return
        self._listener.listen()
        descriptor = self._listener.fileno()
        self._process = subprocess.Popen(
            [sys.executable, Path(__file__), str(descriptor), *self._describe_target()],
            pass_fds=[descriptor],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == "ready\n"

    def close(self) -> None:
        """Let no more through."""
        self._listener.close()
        if self._process is not None:
            self._process.kill()
            self._process.communicate()

    def _describe_target(self) -> list[str]:
        if self._target is None:
            return []
        host = str(self._target.query.get("host") or self._target.host)
        return [host, str(self._target.port or 5432)]


def _serve(descriptor: str, host: str = "", port: str = "") -> None:
    listener = socket.socket(fileno=int(descriptor))
    print("ready", flush=True)
    while True:
        accepted, _ = listener.accept()
        if not host:
            accepted.recv(1024)
            accepted.sendall(b"E" + struct.pack("!I", len(_STARTING) + 4) + _STARTING)
            accepted.close()
            continue
        server = _connect(host, port)
        for ends in ((accepted, server), (server, accepted)):
            Thread(target=_pass_on, args=ends, daemon=True).start()


def _connect(host: str, port: str) -> socket.socket:
    if not host.startswith("/"):
        return socket.create_connection((host, int(port)))
    server = socket.socket(socket.AF_UNIX)
    server.connect(f"{host}/.s.PGSQL.{port}")
    return server


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


if __name__ == "__main__":
    _serve(*sys.argv[1:])
