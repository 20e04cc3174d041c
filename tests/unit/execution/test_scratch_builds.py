"""Why revisions could not be tried out in a database of their own."""

from alembic_plugins.backup.errors import ProgramMissing
from alembic_plugins.errors import MigrationFailed
from alembic_plugins.execution.errors import ScratchFailed
from alembic_plugins.execution.scratch_builds import join_failures


def fail(reason: str, cause: Exception) -> ScratchFailed:
    failure = ScratchFailed("tags", reason, "t1")
    failure.__cause__ = cause
    return failure


FAULT = fail("relation accounts does not exist", MigrationFailed("tags", "t1", "upgrade", "x"))


def test_fault_of_revisions_is_told_where_no_copy_can_be_made() -> None:
    no_copy = fail("there is no pg_dump", ProgramMissing("pg_dump", 18, ()))
    joined = join_failures([FAULT, no_copy, no_copy])
    assert joined.reason == (
        "relation accounts does not exist; nor could they be in a copy of the host's: there is no "
        "pg_dump"
    )
    assert joined.__cause__ is FAULT.__cause__


def test_fault_in_a_copy_is_told() -> None:
    last = fail("column b does not exist", MigrationFailed("tags", "t1", "upgrade", "x"))
    assert join_failures([FAULT, last]) is last
