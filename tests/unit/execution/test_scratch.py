"""The SQL that makes a scratch database and drops it."""

import pytest

from alembic_plugins.execution.scratch import CreateDatabase, DropDatabase

from ..builders import to_sql


@pytest.mark.parametrize(("name", "quoted"), [("scratch_1", "scratch_1"), ("User", '"User"')])
def test_database_is_made_of_what_every_database_has(name: str, quoted: str) -> None:
    assert to_sql(CreateDatabase(name)) == f"CREATE DATABASE {quoted} TEMPLATE template0"


@pytest.mark.parametrize(("name", "quoted"), [("scratch_1", "scratch_1"), ("User", '"User"')])
def test_database_is_dropped_whoever_is_connected_to_it(name: str, quoted: str) -> None:
    assert to_sql(DropDatabase(name)) == f"DROP DATABASE IF EXISTS {quoted} WITH (FORCE)"
