"""What of a registry goes into a backup, and comes out of it."""

import pytest
from sqlalchemy import Insert

from alembic_plugins.execution.backup_run import copy_rows
from alembic_plugins.registry.tables import make_tables

OLDER = ["alembic_plugin", "alembic_plugin_revision", "alembic_plugin_object"]


@pytest.mark.parametrize(("version", "copied"), [(3, OLDER), (4, [*OLDER, "alembic_plugin_value"])])
def test_rows_are_copied_of_the_tables_that_a_version_has(version: int, copied: list[str]) -> None:
    found = copy_rows(make_tables("staging"), make_tables(None), ["billing"], version)
    assert [s.table.name for s in found if isinstance(s, Insert)] == copied
