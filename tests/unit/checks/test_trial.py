"""What is told of a revision that does not run in a database of its own."""

from pathlib import Path

from alembic_plugins.checks.sources import RevisionFile
from alembic_plugins.checks.trial import find_failure
from alembic_plugins.errors import MigrationFailed


def test_line_of_a_failure_is_read_before_advice(tmp_path: Path) -> None:
    path = tmp_path / "t1.py"
    reason = f"no table a ('{path}', line 46); what was made before, 'adopt tags' records"
    error = MigrationFailed("tags", "t1", "upgrade", reason)
    finding = find_failure(RevisionFile("tags", path, None), error)
    assert (finding.line, finding.message) == (46, "no table a")
