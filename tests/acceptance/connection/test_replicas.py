"""Several command lines at the same time, as replicas that are started together are."""

import subprocess
import sys
from typing import IO

import psycopg
import pytest
from support.hosts import Host

REPLICAS = 5


def start(host: Host, *arguments: str) -> "subprocess.Popen[str]":
    """Start a command line, and go on."""
    host.database.ensure()
    return subprocess.Popen(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=host.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def start_all(host: Host, *arguments: str) -> list[tuple[int, str]]:
    """Run the same command line several times at once; return exit codes and what was said."""
    processes = [start(host, *arguments) for _ in range(REPLICAS)]
    outputs = [process.communicate() for process in processes]
    return [
        (process.returncode, stdout + stderr)
        for process, (stdout, stderr) in zip(processes, outputs, strict=True)
    ]


def read_until(stream: IO[str] | None, words: str) -> str:
    """Return the first line of a stream that has some words in it."""
    assert stream is not None
    return next(line for line in stream if words in line)


@pytest.fixture
def replicas(host: Host) -> Host:
    """A host with two plugins, one of which requires the other."""
    return host.add("billing", "crm_requires_billing")


def test_replicas_install_once_and_apply_each_revision_once(replicas: Host) -> None:
    results = start_all(replicas, "plugin", "install", "crm_requires_billing")
    assert [code for code, _ in results] == [0] * REPLICAS
    assert sum("nothing to do" in said for _, said in results) == REPLICAS - 1
    applied = "SELECT count(*), count(DISTINCT revision) FROM alembic_plugin_revision"
    [(rows, revisions)] = replicas.database.query(applied)
    assert rows == revisions == len(set(replicas.database.applied()))


def test_replicas_upgrade_heads_without_an_error(replicas: Host) -> None:
    results = start_all(replicas, "upgrade", "heads")
    assert [code for code, _ in results] == [0] * REPLICAS, results


def test_replicas_uninstall_once(replicas: Host) -> None:
    replicas.run("plugin", "install", "billing")
    results = start_all(replicas, "plugin", "uninstall", "billing", "--yes")
    assert sum(code == 0 for code, _ in results) == 1
    assert sum("Plugin 'billing' is not installed." in s for _, s in results) == REPLICAS - 1


def test_migration_waits_for_a_table_that_is_locked(replicas: Host) -> None:
    replicas.configure("plugin_lock_timeout = 0.1").run("upgrade", "host_1")
    with psycopg.connect(replicas.database.plain) as other:
        other.execute("LOCK TABLE accounts")
        process = start(replicas, "upgrade", "head")
        assert "lock not available" in read_until(process.stderr, "Trying again")
        other.rollback()
    process.communicate()
    assert (process.returncode, replicas.database.versions()) == (0, ["host_2"])


def test_failure_is_an_event(host: Host) -> None:
    host.add("fails_midway").run("upgrade", "head")
    host.fail("plugin", "install", "fails_midway")
    [event] = host.database.query(
        "SELECT plugin, outcome, detail FROM alembic_plugin_event WHERE outcome <> 'done'"
    )
    assert event[:2] == ("fails_midway", "failed")
    assert "fails_2" in str(event[2])
