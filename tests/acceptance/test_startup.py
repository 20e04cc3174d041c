"""An application that starts with several processes."""

import os
from multiprocessing.pool import Pool
from pathlib import Path

import pytest
from support.calls import PROCESSES
from support.hosts import Host

from alembic_plugins import upgrade_on_startup

WORKERS = 8


def start(ini: Path, url: str) -> int:
    """Start a worker of the application; return how many revisions it has run."""
    os.environ["DATABASE_URL"] = url
    return len(upgrade_on_startup(ini, ["crm_requires_billing"]).steps)


@pytest.fixture
def workers() -> Pool:
    """Processes that wait to be workers."""
    return PROCESSES.Pool(WORKERS)


def test_workers_that_start_together_apply_each_revision_once(host: Host, workers: Pool) -> None:
    host.add("billing", "crm_requires_billing").database.ensure()
    with workers:
        counts = workers.starmap(start, [(host.ini, host.database.text)] * WORKERS, chunksize=1)
    assert sorted(counts) == [0] * (WORKERS - 1) + [5]
    assert host.database.plugins() == ["billing", "crm_requires_billing"]
