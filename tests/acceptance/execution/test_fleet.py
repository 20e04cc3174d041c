"""A fleet that is started at once on one database: the work is done once, and nothing is lost."""

from collections import Counter

import pytest
from support.hosts import Host

from ..connection.test_replicas import start

FLEET = 6

PLUGINS = ("billing", "crm_requires_billing", "support_requires_crm")

EACH = ["billing_1", "billing_2", "crm_1", "host_1", "host_2", "support_1"]

EVENTS = "SELECT action FROM alembic_plugin_event ORDER BY id"


def run_fleet(host: Host, *commands: str) -> list[tuple[int, str]]:
    """Run command lines at once, each in its turn until there are enough; return what came."""
    lines = [commands[number % len(commands)].split() for number in range(FLEET)]
    processes = [start(host, *arguments) for arguments in lines]
    outputs = [process.communicate() for process in processes]
    return [
        (process.returncode, stdout + stderr)
        for process, (stdout, stderr) in zip(processes, outputs, strict=True)
    ]


def count_codes(results: list[tuple[int, str]]) -> Counter[int]:
    """Return how many processes have ended with each exit code."""
    return Counter(code for code, _ in results)


@pytest.fixture
def fleet(host: Host) -> Host:
    """A host with a chain of three plugins."""
    return host.add(*PLUGINS)


def test_fleet_installs_once(fleet: Host) -> None:
    results = run_fleet(fleet, f"plugin install {' '.join(PLUGINS)}")
    assert count_codes(results) == {0: FLEET}, results
    assert sum("upgraded support_requires_crm" in said for _, said in results) == 1
    assert sum("nothing to do" in said for _, said in results) == FLEET - 1
    assert sorted(map(str, fleet.database.applied())) == EACH
    assert fleet.database.values(EVENTS) == ["upgrade", "install", "install", "install"]


def test_fleet_upgrades_once(fleet: Host) -> None:
    fleet.run("plugin", "install", *PLUGINS)
    fleet.run("-x", "plugin=billing", "revision", "-m", "more", "--rev-id", "billing_3")
    fleet.run("revision", "-m", "more", "--rev-id", "host_3")
    results = run_fleet(fleet, "upgrade heads", "plugin upgrade --all")
    assert count_codes(results) == {0: FLEET}, results
    assert sorted(map(str, fleet.database.applied())) == sorted([*EACH, "billing_3", "host_3"])


def test_fleet_that_goes_both_ways_meets_clear_refusals_alone(fleet: Host) -> None:
    fleet.run("plugin", "install", *PLUGINS)
    results = run_fleet(fleet, "plugin uninstall billing --cascade --yes", "plugin upgrade --all")
    failures = [said for code, said in results if code]
    assert len(failures) == FLEET // 2 - 1
    assert all("FAILED: Plugin 'billing' is not installed." in said for said in failures), failures
    assert fleet.database.versions() == fleet.database.applied()[-1:] == ["host_2"]
    assert fleet.database.tables() == ["public.accounts"]
