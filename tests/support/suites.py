"""A throwaway project with tests, and what pytest says of them."""

from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

import alembic
import psycopg
import pytest
from psycopg import sql

import alembic_plugins
from alembic_plugins.testing.servers import to_conninfo

from .hosts import Host
from .servers import Server

_ALONE = ("-p", "no:pytest_postgresql", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")

_NO_MODULES = {"templates", "testing", "env", "__main__"}


def load_all() -> None:
    """Import all modules of ours and Alembic's.

    After a test that runs pytest inside of this process, what it has imported is forgotten; two
    modules of the same name would be left.
    """
    for package in (alembic, alembic_plugins):
        folder = Path(str(package.__file__)).parent
        for file in folder.rglob("*.py"):
            parts = file.relative_to(folder).with_suffix("").parts
            if _NO_MODULES.isdisjoint(parts):
                import_module(".".join((package.__name__, *parts)).removesuffix(".__init__"))
    for name in ("collection", "trials"):  # They import the rest of it.
        import_module(f"alembic_plugins.testing.{name}")


@dataclass
class Outcome:
    """What pytest has said.

    Attributes:
        failed: the names of tests that have failed, by plugin, each with what it says.
        passed: the names of those that have passed.
        skipped: the names of those that were left out, with the reason.
        text: all that was printed.
        exit_code: pytest's.
    """

    failed: dict[str, str] = field(default_factory=dict)
    passed: list[str] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    text: str = ""
    exit_code: int = 0

    def find_failures(self, plugin: str) -> dict[str, str]:
        """Return the ready tests that have failed for a plugin, without ``test_``, and why."""
        found = ((*name.rstrip("]").partition("["), text) for name, text in self.failed.items())
        return {
            test.removeprefix("test_"): text
            for test, _, id_, text in found
            if id_.split("-")[0] == plugin
        }


class Suite:
    """A host with tests.

    Args:
        pytester: runs pytest in the host's folder.
        host: the host, whose database nobody asks for.
    """

    def __init__(self, pytester: pytest.Pytester, host: Host) -> None:
        self.pytester = pytester
        self.host = host

    def run(self, *arguments: str) -> Outcome:
        """Run pytest inside of this process."""
        result = self.pytester.runpytest_inprocess(*_ALONE, *arguments)
        outcome = Outcome(text=result.stdout.str() + result.stderr.str(), exit_code=int(result.ret))
        assert hasattr(result, "reprec"), outcome.text
        for report in result.reprec.getreports("pytest_runtest_logreport"):
            name = report.nodeid.partition("::")[2]
            if report.failed:
                outcome.failed[name] = report.longreprtext
            elif report.skipped:
                outcome.skipped[name] = getattr(report, "wasxfail", "") or report.longrepr[2]
            elif report.when == "call":
                outcome.passed.append(name)
        return outcome


def list_templates(server: Server, comment: str) -> list[str]:
    """Return the template databases whose comment is LIKE a text."""
    query = "SELECT datname FROM pg_database WHERE shobj_description(oid, 'pg_database') LIKE %s"
    with psycopg.connect(to_conninfo(server.url("postgres"))) as connection:
        return [name for (name,) in connection.execute(query, [comment]).fetchall()]


def drop_templates(server: Server, comment: str) -> None:
    """Drop the template databases whose comment is LIKE a text."""
    with psycopg.connect(to_conninfo(server.url("postgres")), autocommit=True) as connection:
        for name in list_templates(server, comment):
            connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(name)))
