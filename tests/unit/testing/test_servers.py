"""Which PostgreSQL the tests of authors run on, and what is said where there is none."""

from pathlib import Path

import pytest
from sqlalchemy import make_url

from alembic_plugins.config.errors import EmbeddedUnavailable
from alembic_plugins.testing import servers
from alembic_plugins.testing.servers import NoServer, find_server, to_conninfo


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ALEMBIC_PLUGINS_TEST_URL", raising=False)


def test_url_that_cannot_be_read_is_told_without_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALEMBIC_PLUGINS_TEST_URL", "secret")
    with pytest.raises(
        NoServer, match=r"^ALEMBIC_PLUGINS_TEST_URL cannot be read as a URL\. Correct"
    ):
        find_server(tmp_path, None)


def test_server_that_cannot_be_reached_is_told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ALEMBIC_PLUGINS_TEST_URL", f"postgresql:///x?host={tmp_path}")
    with pytest.raises(NoServer, match="of ALEMBIC_PLUGINS_TEST_URL cannot be reached"):
        find_server(tmp_path, None)


def test_embedded_one_is_started_for_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(folder: Path) -> None:
        raise EmbeddedUnavailable(f"nothing in {folder.name}")

    monkeypatch.setattr(servers, "start_in", refuse)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    with pytest.raises(NoServer, match="There is no PostgreSQL for tests: nothing in embedded"):
        find_server(tmp_path, "/usr/bin/pg_ctl")


def test_url_is_had_as_libpq_has_it() -> None:
    url = make_url("postgresql+psycopg://me:secret@/x?host=/tmp")
    assert to_conninfo(url) == "postgresql://me:secret@/x?host=%2Ftmp"
