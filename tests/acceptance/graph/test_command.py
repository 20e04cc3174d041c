"""``alembic plugin graph``, where something is not as it should be."""

import pytest
from support.hosts import Host

NOWHERE = "postgresql://deploy:s3cret@localhost:1/shop"


@pytest.fixture
def nowhere(host: Host) -> Host:
    """A host whose database cannot be reached."""
    return host.add("billing")


def test_database_that_cannot_be_reached_is_told_without_its_password(nowhere: Host) -> None:
    words = nowhere.fail("plugin", "graph", "--html", "x.html", env={"DATABASE_URL": NOWHERE})
    assert words.startswith("Cannot connect to the database: ")
    assert "s3cret" not in words
    assert not (nowhere.folder / "x.html").exists()


def test_flowchart_wants_no_database(nowhere: Host) -> None:
    done = nowhere.alembic("plugin", "graph", "--mermaid", env={"DATABASE_URL": NOWHERE})
    assert done.lines == ["flowchart LR", '    host["host"]', '    plugin_billing["billing 2.1"]']


def test_page_and_flowchart_are_not_made_at_once(nowhere: Host) -> None:
    words = nowhere.fail("plugin", "graph", "--mermaid", "--html", "x.html")
    assert words == "Option '--mermaid' cannot be given with --html. Leave out one of them."


def test_page_has_no_password_and_changes_nothing(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")
    before = host.database.fingerprint()
    url = host.database.text.replace("postgres@", "postgres:s3cret@", 1)
    done = host.alembic("plugin", "graph", "--html", "x.html", env={"DATABASE_URL": url})
    assert (done.output, "s3cret" in url) == ("wrote x.html\n", True)
    assert "s3cret" not in (host.folder / "x.html").read_text()
    assert host.database.fingerprint() == before


def test_page_that_cannot_be_written_is_told(host: Host) -> None:
    words = host.fail("plugin", "graph", "--html", "no/such/folder.html")
    assert words.startswith("File 'no/such/folder.html' cannot be written: No such file")
