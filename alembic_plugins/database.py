"""Which database, and its errors in words."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from logging.config import fileConfig

from alembic.config import Config
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError
from sqlalchemy.pool import NullPool

from .errors import first_line
from .failures import describe_refusal
from .refusals import ConnectionFailed, DatabaseRefused, WrongUrl

_DRIVER = "postgresql+psycopg"

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
    """Connect to the host's database, or use ``config.attributes["connection"]`` as it is.

    Without a URL an embedded PostgreSQL is started, which stops when the process ends.

    Raises:
        WrongUrl: the URL is no URL, or not one of PostgreSQL.
        ConnectionFailed: the server cannot be reached, or does not let us in.
        EmbeddedUnavailable: there is no URL, and no embedded PostgreSQL.
    """
    given = config.attributes.get("connection")
    if given is not None:
        yield given
        return
    url = find_url(config)
    if url is None:
        from .embedded import start_embedded

        url = start_embedded(config)
    with translate_errors():
        connection = create_engine(url, poolclass=NullPool).connect()
    with connection:
        yield connection


@contextmanager
def translate_errors() -> Iterator[None]:
    """The one place where PostgreSQL's errors become ours, with the cause kept.

    Raises:
        ConnectionFailed: the server cannot be reached, or the connection was lost.
        DatabaseRefused: a statement failed.
    """
    try:
        yield
    except (OperationalError, InterfaceError) as error:
        if error.statement is not None and not error.connection_invalidated:
            raise DatabaseRefused(describe_refusal(error.orig)) from error
        raise ConnectionFailed("the database", first_line(error.orig)) from error
    except DBAPIError as error:
        raise DatabaseRefused(describe_refusal(error.orig)) from error


def set_up_logging(config: Config) -> None:
    """Configure logging from the configuration file, if that says anything of it."""
    if config.config_file_name and config.file_config.has_section("loggers"):
        fileConfig(config.config_file_name, disable_existing_loggers=False)
