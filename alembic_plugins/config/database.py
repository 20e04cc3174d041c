"""Which database, and its errors in words."""

import json
import os
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from logging.config import fileConfig
from typing import Any

from alembic.config import Config
from sqlalchemy import Connection, Engine, engine_from_config, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool

from .._base_errors import explain, first_line
from ..revisions.failures import describe_refusal
from .errors import (
    BrokenConfiguration,
    ConnectionFailed,
    ConnectionLost,
    DatabaseRefused,
    NoGreenlet,
    NoLibpq,
    WrongConnection,
    WrongUrl,
)

_DRIVER = "postgresql+psycopg"

_CONNECT_ARGS = "sqlalchemy.connect_args"
_POOL = "sqlalchemy.pool"
_NO_POOL = {"sqlalchemy.poolclass": NullPool}

DRIVERS = ("psycopg", "psycopg_async", "asyncpg", "psycopg2")
"""What migrations run on. Only psycopg's sync connections take statements ahead of answers."""


def find_url(config: Config) -> URL | None:
    """Return the URL of the database: ``DATABASE_URL``, else ``sqlalchemy.url``, else None.

    Raises:
        WrongUrl: it is no URL, or not one of PostgreSQL.
    """
    for source, value in (
        ("DATABASE_URL", os.environ.get("DATABASE_URL")),
        ("sqlalchemy.url", config.get_alembic_option("sqlalchemy.url")),
    ):
        if value:
            return _parse_url(source, value)
    return None


def _parse_url(source: str, value: str) -> URL:
    try:
        url = make_url(value)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        # The cause is left out: it quotes the URL, which may hold a password.
        raise WrongUrl(source, "cannot be read") from None
    if backend not in ("postgresql", "postgres"):
        raise WrongUrl(source, f"is one of {backend}, and plugins need PostgreSQL")
    return url.set(drivername=_DRIVER)


@contextmanager
def connect(config: Config) -> Iterator[Connection]:
    """Connect to the host's database, or use the connection or engine that is given.

    That is ``config.attributes["connection"]``, and is left as it is. So is the connection of what
    has a ``connect()`` as an engine has it.

    Without a URL an embedded PostgreSQL is started, which stops when the process ends.

    Raises:
        WrongUrl: the URL is no URL, or not one of PostgreSQL.
        WrongConnection: what is given is something else.
        BrokenConfiguration: SQLAlchemy does not take an option ``sqlalchemy.*``.
        ConnectionFailed: the server cannot be reached, or does not let us in.
        NoDatabase: there is no URL, and no embedded PostgreSQL is wanted.
        EmbeddedUnavailable: there is no URL, and no embedded PostgreSQL.
    """
    given = config.attributes.get("connection")
    if isinstance(given, Connection):
        yield given
        return
    if given is not None and not isinstance(given, Engine):
        with _open_lent(given) as connection:
            yield connection
        return
    with translate_errors():
        engine = given or _make_engine(config)
    try:
        with _open(engine, config) as connection:
            yield connection
    finally:
        if given is None:
            engine.dispose()


@contextmanager
def _open_lent(given: Any) -> Iterator[Connection]:  # noqa: ANN401 - what a caller has given
    """Connect by what stands in for an engine, as a test that keeps a transaction open has it."""
    is_driver = hasattr(given, "cursor")  # psycopg's connections have a connect(), too.
    opened: Any = given.connect() if hasattr(given, "connect") and not is_driver else None
    if not hasattr(opened, "__enter__"):
        raise WrongConnection(type(given).__name__)
    with opened as connection:
        if not isinstance(connection, Connection):
            raise WrongConnection(type(given).__name__)
        yield connection


def _open(engine: Engine, config: Config) -> Connection:
    """Connect by an engine, whose options are only looked at now, some of them."""
    try:
        with translate_errors():
            return engine.connect()
    except DatabaseRefused as error:
        raise ConnectionFailed("the database", error.reason) from error
    except ArgumentError as error:
        raise BrokenConfiguration(str(config.config_file_name), explain(error)) from error


def provide_url(config: Config) -> URL:
    """Return the URL of the host's database; without one, start an embedded PostgreSQL.

    Raises:
        WrongUrl: the URL is no URL, or not one of PostgreSQL.
        NoDatabase: there is no URL, and no embedded PostgreSQL is wanted.
        EmbeddedUnavailable: there is no URL, and no embedded PostgreSQL.
    """
    url = find_url(config)
    if url is not None:
        return url
    from .embedded import start_embedded

    return start_embedded(config)


def _make_engine(config: Config) -> Engine:
    """Return an engine with the options ``sqlalchemy.*`` of the configuration."""
    url = provide_url(config)
    options = {**config.toml_alembic_config, **config.get_section(config.config_ini_section, {})}
    arguments = options.get(_CONNECT_ARGS)
    try:
        if isinstance(arguments, str):
            options[_CONNECT_ARGS] = json.loads(arguments)
        pooled = {} if any(option.startswith(_POOL) for option in options) else _NO_POOL
        return engine_from_config({**options, **pooled}, url=url)
    except (ArgumentError, TypeError, ValueError) as error:
        raise BrokenConfiguration(str(config.config_file_name), explain(error)) from error


@contextmanager
def translate_errors() -> Iterator[None]:
    """The one place where PostgreSQL's errors become ours, with the cause kept.

    Raises:
        ConnectionFailed: the server cannot be reached.
        ConnectionLost: it cannot any more.
        DatabaseRefused: a statement failed.
        NoGreenlet: SQLAlchemy finds none.
        NoLibpq: psycopg finds no libpq.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if error.statement is not None and not error.connection_invalidated:
            raise DatabaseRefused(describe_refusal(error.orig)) from error
        if error.connection_invalidated:
            raise ConnectionLost(first_line(error.orig)) from error
        raise ConnectionFailed("the database", first_line(error.orig)) from error
    except DBAPIError as error:
        raise DatabaseRefused(describe_refusal(error.orig)) from error
    except ImportError as error:
        if lacks_libpq(error):
            raise NoLibpq from error
        if "'greenlet'" in str(error):
            raise NoGreenlet from error
        raise


def lacks_libpq(error: BaseException) -> bool:
    """Tell whether an import has failed since psycopg finds no libpq."""
    frames = traceback.walk_tb(error.__traceback__)
    return isinstance(error, ImportError) and any(
        frame.f_globals.get("__name__") == "psycopg.pq" for frame, _ in frames
    )


def set_up_logging(config: Config) -> None:
    """Configure logging from the configuration file, if that says anything of it.

    An application that calls commands has its own logging, of which nothing would be left.
    """
    is_command = config.cmd_opts is not None
    if is_command and config.config_file_name and config.file_config.has_section("loggers"):
        fileConfig(config.config_file_name, disable_existing_loggers=False)
