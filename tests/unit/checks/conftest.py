"""What tests of checks want."""

from pathlib import Path

import pytest
from support.checked import Checked


@pytest.fixture
def checked(tmp_path: Path) -> Checked:
    """A host with one plugin, which is empty."""
    return Checked(tmp_path)
