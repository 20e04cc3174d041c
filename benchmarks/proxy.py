"""A TCP proxy that makes a near database far: what passes arrives later, in both directions."""

import socket
import time
from contextlib import suppress
from queue import SimpleQueue
from threading import Thread
from types import TracebackType

from .databases import Address


class Proxy:
    """Pass bytes on to a server so that a round trip takes longer by a given time.

    Only time is added: what is sent while something is under way follows it without waiting, as
    on a real line. Threads, since their sleep is exact to 0.1 ms, and an event loop's to 1 ms.
    """

    def __init__(self, target: Address, round_trip: float) -> None:
        """Take the server's address, and the round trip in seconds."""
        self._target = target
        self._delay = round_trip / 2
        self._listener = socket.create_server(("127.0.0.1", 0))

    def __enter__(self) -> "Proxy":
        Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._listener.close()

    @property
    def address(self) -> Address:
        """Where the server seems to be."""
        return self._target.at("127.0.0.1", self._listener.getsockname()[1])

    def _accept(self) -> None:
        # The end of the proxy closes the listener.
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, self._target.open_socket() as server:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = Thread(target=_pass_on, args=(server, client, self._delay), daemon=True)
            back.start()
            _pass_on(client, server, self._delay)
            back.join()


def _pass_on(source: socket.socket, sink: socket.socket, delay: float) -> None:
    """Pass on what comes, each piece when its time has come, until the end of it."""
    pieces: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
    Thread(target=_receive, args=(source, delay, pieces), daemon=True).start()
    # One side may be gone while something is under way to it.
    with suppress(OSError):
        while True:
            due, piece = pieces.get()
            time.sleep(max(0.0, due - time.monotonic()))
            if not piece:
                sink.shutdown(socket.SHUT_WR)
                return
            sink.sendall(piece)


def _receive(
    source: socket.socket, delay: float, pieces: "SimpleQueue[tuple[float, bytes]]"
) -> None:
    piece = b"first"
    while piece:
        try:
            piece = source.recv(65536)
        except OSError:
            piece = b""
        pieces.put((time.monotonic() + delay, piece))
