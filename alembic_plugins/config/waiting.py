"""Wait for a server that is still starting, or cannot be reached yet.

That is asked of libpq's ``PQping``, which needs neither a password nor a database that exists: what
keeps the role out is told at once, as ever.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from threading import get_ident
from typing import Any

from alembic.config import Config

from .arguments import read_arguments
from .flags import read_seconds

_OPTION = "plugin_connect_wait"
_PAUSE_SECONDS = 0.25
_TIMEOUT_SECONDS = 2
"""How long libpq tries to reach a server that does not answer at all; other threads wait, too."""


def read_connect_wait(config: Config) -> float:
    """Return how many seconds to wait for a server that cannot be reached yet.

    That is ``--wait``, or ``-x wait=SECONDS``, or ``plugin_connect_wait``.

    Raises:
        InvalidOption: it is no number of seconds.
    """
    given = {
        "--wait": getattr(config.cmd_opts, "wait", None),
        "-x wait": read_arguments(config).get("wait"),
        _OPTION: config.get_alembic_option(_OPTION),
    }
    option, value = next((item for item in given.items() if item[1] is not None), (_OPTION, None))
    return read_seconds(option, value) or 0


@contextmanager
def waiting_for_server(seconds: float, tell: Callable[[str], None]) -> Iterator[None]:
    """Before this thread connects in the block, wait until the server takes connections.

    Engines whose connections somebody's own function makes connect at once.

    Args:
        seconds: how long, all in all; 0 is not at all.
        tell: told what is waited for, again and again.
    """
    if not seconds:
        yield
        return
    from sqlalchemy import Engine, event

    wait = _Wait(seconds, tell)
    event.listen(Engine, "do_connect", wait.before_connecting)
    try:
        yield
    finally:
        event.remove(Engine, "do_connect", wait.before_connecting)


class _Wait:
    """What is left of the time, and who has it."""

    def __init__(self, seconds: float, tell: Callable[[str], None]) -> None:
        self._tell = tell
        self._thread = get_ident()
        self._until = time.monotonic() + seconds

    def before_connecting(
        self,
        dialect: Any,  # noqa: ANN401 - SQLAlchemy's
        _record: object,
        arguments: Sequence[Any],
        parameters: Mapping[str, Any],
    ) -> None:
        """Wait for the server that a connection leads to; SQLAlchemy connects then."""
        if dialect.name != "postgresql" or get_ident() != self._thread:
            return
        while (left := self._until - time.monotonic()) > 0:
            state = find_server_state(arguments, parameters)
            if state is None:
                return
            self._tell(f"Waiting for the database: the server {state}")
            time.sleep(min(_PAUSE_SECONDS, left))


def find_server_state(arguments: Sequence[Any], parameters: Mapping[str, Any]) -> str | None:
    """Return why a server does not take connections yet, or None where it does.

    None is also where that cannot be told, as with parameters that libpq refuses.

    Args:
        arguments: what the driver connects with, by position.
        parameters: likewise by name.
    """
    from psycopg import ProgrammingError, pq
    from psycopg.conninfo import make_conninfo

    known = {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
    given = {key: _join(parameters[key]) for key in known & parameters.keys() if parameters[key]}
    given.setdefault("connect_timeout", str(_TIMEOUT_SECONDS))
    base = arguments[0] if arguments and isinstance(arguments[0], str) else ""
    try:
        conninfo = make_conninfo(base, **given)
    except ProgrammingError:
        return None
    states = {pq.Ping.REJECT: "is starting", pq.Ping.NO_RESPONSE: "does not answer"}
    return states.get(pq.Ping(pq.PGconn.ping(conninfo.encode())))


def _join(value: object) -> str:
    """Return what libpq has for one value, or for one a host."""
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
