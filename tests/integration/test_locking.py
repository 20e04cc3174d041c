"""One migration at a time."""

import pytest
from sqlalchemy import Connection, text
from support.databases import Database

from alembic_plugins.locking import hold_lock
from alembic_plugins.refusals import LockLost, LockTimeout

# Workers share a server, and advisory locks are those of a database.
_HELD = """
    FROM pg_locks l JOIN pg_database d ON d.oid = l.database
    WHERE l.locktype = 'advisory' AND l.granted AND d.datname = current_database()
"""

LOCKS = f"SELECT count(*) {_HELD}"

END_HOLDERS = f"SELECT pg_terminate_backend(l.pid) {_HELD}"


def ignore(_line: str) -> None:
    """Be told who holds the lock."""


def test_lock_is_held_while_the_block_runs(connection: Connection, database: Database) -> None:
    with hold_lock(connection, "versions", 0, ignore):
        assert database.values(LOCKS) == [1]


def test_lock_is_free_after_the_block(connection: Connection, database: Database) -> None:
    with hold_lock(connection, "versions", 0, ignore):
        pass
    assert database.values(LOCKS) == [0]


def test_lock_is_free_after_a_failure(connection: Connection, database: Database) -> None:
    with pytest.raises(ValueError, match="no"), hold_lock(connection, "versions", 0, ignore):
        raise ValueError("no")
    assert database.values(LOCKS) == [0]


def test_lock_outlives_the_transactions_of_the_migration(
    connection: Connection, database: Database
) -> None:
    with hold_lock(connection, "versions", 0, ignore):
        connection.execute(text("SELECT 1"))
        connection.rollback()
        assert database.values(LOCKS) == [1]


def test_second_migration_names_the_first(connection: Connection) -> None:
    second = hold_lock(connection, "versions", 0, ignore)
    with hold_lock(connection, "versions", 0, ignore), pytest.raises(LockTimeout) as excinfo:
        second.__enter__()
    assert "alembic" in excinfo.value.holder


def test_migration_that_waits_tells_for_whom(connection: Connection) -> None:
    told: list[str] = []
    second = hold_lock(connection, "versions", 1.5, told.append)
    with hold_lock(connection, "versions", 0, ignore), pytest.raises(LockTimeout):
        second.__enter__()
    assert told[0].startswith("Waiting for another migration: process ")


def test_other_version_tables_have_locks_of_their_own(
    connection: Connection, database: Database
) -> None:
    with hold_lock(connection, "a", 0, ignore), hold_lock(connection, "b", 0, ignore):
        assert database.values(LOCKS) == [2]


def test_lock_that_was_lost_is_told(connection: Connection, database: Database) -> None:
    with pytest.raises(LockLost), hold_lock(connection, "versions", 0, ignore):
        database.execute(END_HOLDERS)


def test_failure_is_told_where_the_lock_was_lost_too(
    connection: Connection, database: Database
) -> None:
    with pytest.raises(ValueError, match="no"), hold_lock(connection, "versions", 0, ignore):
        raise ValueError(f"no {database.values(END_HOLDERS)}")


def test_transaction_of_the_caller_is_left_open(connection: Connection) -> None:
    connection.execute(text("CREATE TEMPORARY TABLE kept (id int)"))
    with hold_lock(connection, "versions", 0, ignore):
        assert connection.scalar(text("SELECT count(*) FROM kept")) == 0
