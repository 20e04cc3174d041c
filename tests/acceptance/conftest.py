"""What several acceptance tests want besides."""

from pathlib import Path

import pytest
from support.clones import Clones
from support.databases import Database
from support.hosts import Host


@pytest.fixture
def other_host(tmp_path: Path, second_database: Database, clones: Clones) -> Host:
    """Another host without plugins, in a folder and on a database of its own."""
    folder = tmp_path / "other"
    folder.mkdir()
    return Host(folder, second_database, clones)
