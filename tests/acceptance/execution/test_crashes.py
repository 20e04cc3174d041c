"""Commands that crash at any of their statements: the next run comes to where it should."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.crashes import (
    EVERY_CRASH,
    Action,
    Crash,
    Moment,
    Rehearsal,
    Scenario,
    rehearse,
)
from support.hosts import Host
from support.servers import Server

EVERY = int(os.environ.get("ALEMBIC_PLUGINS_TEST_EVERY", "50"))
"""Commands are disturbed at every n-th statement, for the sake of time."""

PLUGINS = ("billing", "crm_requires_billing")


def install_older(host: Host) -> None:
    host.add("billing").run("-x", "plugin=billing", "upgrade", "+1")
    host.run("revision", "-m", "more", "--rev-id", "host_3")


def install_billing(host: Host) -> None:
    host.add("billing").run("plugin", "install", "billing")


def install_both(host: Host) -> None:
    host.add(*PLUGINS).run("plugin", "install", "crm_requires_billing")


LITTER = """\
import os

import psycopg

revision = "litter_1"
down_revision = None


def upgrade():
    url = os.environ["DATABASE_URL"].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("CREATE TABLE litter ()")
"""
"""What it does outside of its transaction is there after a crash, and is done again."""


def add_litter(host: Host) -> None:
    host.write("plugins/litter/versions/litter_1_litter.py", LITTER)


def keep_billing(host: Host) -> None:
    install_billing(host)
    host.run("plugin", "uninstall", "billing", "--keep-data", "--yes")


def install_counts_hooks(host: Host) -> None:
    host.add("counts_hooks").run("plugin", "install", "counts_hooks")


def keep_counts_hooks(host: Host) -> None:
    install_counts_hooks(host)
    hooks = host.folder / "plugins/counts_hooks/hooks.py"
    hooks.write_text(hooks.read_text().replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    host.run("plugin", "uninstall", "counts_hooks", "--keep-data", "--yes")


SCENARIOS = {
    "install": Scenario("plugin install crm_requires_billing", lambda host: host.add(*PLUGINS)),
    "upgrade_heads": Scenario("upgrade heads", install_older),
    "uninstall": Scenario("plugin uninstall billing --yes", install_billing),
    "quarantine": Scenario("plugin uninstall billing --keep-data --yes", install_billing),
    "restore": Scenario("plugin restore billing", keep_billing),
    "autocommit": Scenario("plugin install commits_midway", lambda h: h.add("commits_midway")),
    "downgrade_last": Scenario("downgrade -1", install_both),
    "downgrade_base": Scenario("-x plugin=billing downgrade base", install_billing),
    "hooks": Scenario("plugin install counts_hooks", lambda host: host.add("counts_hooks")),
    "hooks_uninstall": Scenario("plugin uninstall counts_hooks --yes", install_counts_hooks),
    "hooks_restore": Scenario("plugin restore counts_hooks", keep_counts_hooks),
}


@pytest.fixture(scope="module")
def rehearsal(
    request: pytest.FixtureRequest, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Rehearsal]:
    """A scenario that was run once."""
    folder = tmp_path_factory.mktemp(request.param)
    with rehearse(server, folder, SCENARIOS[request.param]) as rehearsal:
        yield rehearsal


@pytest.mark.parametrize("crash", EVERY_CRASH, ids=str)
@pytest.mark.parametrize("rehearsal", SCENARIOS, indirect=True)
def test_command_recovers_from_a_crash(rehearsal: Rehearsal, crash: Crash) -> None:
    walk = rehearsal.walk(crash, EVERY)
    assert walk.statements
    assert walk.findings == []


@pytest.mark.parametrize("rehearsal", ["install"], indirect=True)
def test_killed_process_has_no_time_to_speak(rehearsal: Rehearsal) -> None:
    crash = Crash(Moment.BEFORE, Action.KILL, rehearsal.find("COMMIT"))
    result = rehearsal.run_crashed(crash)
    assert (result.exit_code, result.output) == (-signal.SIGKILL, "")


@pytest.mark.parametrize("action", [Action.TERMINATE, Action.LOSE_ANSWER])
@pytest.mark.parametrize("rehearsal", ["install"], indirect=True)
def test_lost_connection_is_told_in_one_sentence(rehearsal: Rehearsal, action: Action) -> None:
    result = rehearsal.run_crashed(Crash(Moment.AFTER, action, rehearsal.find("COMMIT")))
    assert len(result.failures) == 1
    assert "Traceback" not in result.output


def test_walk_finds_what_does_not_recover(server: Server, tmp_path: Path) -> None:
    with rehearse(server, tmp_path, Scenario("plugin install litter", add_litter)) as rehearsal:
        walk = rehearsal.walk(Crash(Moment.BEFORE, Action.KILL), every=1000)
    assert [finding.crash.statement for finding in walk.findings] == [walk.statements[-1]] * 2
    assert 'relation "litter" already exists' in walk.findings[0].problem
