"""Which database is used, and its errors in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.config import Config
from psycopg import Error
from sqlalchemy import create_engine
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, ProgrammingError

from alembic_plugins.config.database import connect, find_url, translate_errors
from alembic_plugins.errors import (
    ConnectionFailed,
    ConnectionLost,
    DatabaseRefused,
    NoGreenlet,
    PluginError,
    WrongUrl,
)

SECRET = "s3cret"


@pytest.fixture(autouse=True)
def _no_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the database of whoever runs the tests."""
    monkeypatch.delenv("DATABASE_URL", raising=False)


def make_config(url: str) -> Config:
    """Return a configuration with a URL."""
    config = Config()
    config.set_main_option("sqlalchemy.url", url)
    return config


def find_causes(error: BaseException | None) -> Iterator[BaseException]:
    """Find an error and all that is printed with it."""
    if error is not None:
        yield error
        context = None if error.__suppress_context__ else error.__context__
        yield from find_causes(error.__cause__ or context)


def test_url_of_the_configuration_is_found() -> None:
    url = find_url(make_config("postgresql://bob@db/app"))
    assert str(url) == "postgresql+psycopg://bob@db/app"


def test_url_of_the_environment_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://env/app")
    assert str(find_url(make_config("postgresql://ini/app"))) == "postgresql+psycopg://env/app"


def test_empty_url_of_the_environment_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "")
    assert str(find_url(make_config("postgresql://ini/app"))) == "postgresql+psycopg://ini/app"


def test_there_need_be_no_url() -> None:
    assert find_url(Config()) is None


@pytest.mark.parametrize(
    "url",
    [
        "postgres://db/app",
        "postgresql://db/app",
        "postgresql+psycopg2://db/app",
        "postgresql+asyncpg://db/app",
    ],
)
def test_every_url_of_postgresql_is_used_through_psycopg(url: str) -> None:
    assert str(find_url(make_config(url))) == "postgresql+psycopg://db/app"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("nonsense", "cannot be read"),
        ("postgresql://bob@db:port/app", "cannot be read"),
        ("mysql://db/app", "is one of mysql, and plugins need PostgreSQL"),
        ("sqlite://", "is one of sqlite, and plugins need PostgreSQL"),
    ],
)
def test_wrong_url_is_told_with_its_source(url: str, problem: str) -> None:
    with pytest.raises(WrongUrl) as excinfo:
        find_url(make_config(url))
    assert (excinfo.value.source, excinfo.value.problem) == ("sqlalchemy.url", problem)


@pytest.mark.parametrize(
    "url", [f"postgresql//bob:{SECRET}@db", f"postgresql://bob:{SECRET}@db:x/a", f"my:{SECRET}"]
)
def test_password_in_a_wrong_url_is_never_told(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(WrongUrl) as excinfo:
        find_url(Config())
    assert SECRET not in "".join(str(error) for error in find_causes(excinfo.value))


def test_connection_that_is_given_is_used_as_it_is() -> None:
    with create_engine("sqlite://").connect() as given:
        with connect(Config(attributes={"connection": given})) as connection:
            assert connection is given
        assert not given.closed


def test_server_that_cannot_be_reached_is_told_without_the_password(tmp_path: Path) -> None:
    url = f"postgresql://bob:{SECRET}@/app?host={tmp_path}"
    with pytest.raises(ConnectionFailed) as excinfo, connect(make_config(url)):
        pass
    assert SECRET not in str(excinfo.value)


def fail(
    kind: type[DBAPIError], text: str, *, lost: bool = False, statement: str | None = None
) -> PluginError:
    """Return what becomes of an error of the driver."""
    error = kind(statement, {"password": SECRET}, Error(text), connection_invalidated=lost)
    with pytest.raises(PluginError) as excinfo, translate_errors():
        raise error
    assert excinfo.value.__cause__ is error
    return excinfo.value


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_server_that_is_not_there_is_a_failed_connection(kind: type[DBAPIError]) -> None:
    found = fail(kind, "connection refused\n\tIs the server running?\n")
    assert vars(found) == {"database": "the database", "reason": "connection refused"}


@pytest.mark.parametrize("statement", ["SELECT", None])
def test_connection_that_is_lost_is_told_as_lost(statement: str | None) -> None:
    found = fail(OperationalError, "server closed the connection", lost=True, statement=statement)
    assert isinstance(found, ConnectionLost)


@pytest.mark.parametrize("kind", [OperationalError, ProgrammingError, DBAPIError])
def test_statement_that_fails_is_refused_in_postgresqls_words(kind: type[DBAPIError]) -> None:
    found = fail(kind, "permission denied.\nDETAIL: no", statement=f"INSERT {SECRET}")
    assert isinstance(found, DatabaseRefused)
    assert found.reason == "permission denied"


def test_error_without_a_text_has_a_reason_all_the_same() -> None:
    assert "refused: ." not in str(fail(ProgrammingError, "", statement="SELECT"))


def test_other_errors_pass() -> None:
    with pytest.raises(ZeroDivisionError), translate_errors():
        raise ZeroDivisionError


def test_missing_greenlet_is_told() -> None:
    with pytest.raises(NoGreenlet), translate_errors():
        raise ImportError("SQLAlchemy requires that the Python 'greenlet' library is installed.")
