"""What is done to a table with partitions, or that others inherit from, which are a plugin's."""

import pytest
from support.hosts import Host

from alembic_plugins import commands
from alembic_plugins.errors import NamespaceViolation

PARENTS = {
    "inherits": "CREATE TABLE items (id int, a int)",
    "partition": "CREATE TABLE items (id int, a int) PARTITION BY RANGE (id)",
}
CHILDREN = {
    "inherits": "CREATE TABLE kids () INHERITS (public.items)",
    "partition": "CREATE TABLE kids PARTITION OF public.items FOR VALUES FROM (0) TO (9)",
}


@pytest.fixture(params=list(PARENTS))
def host(host: Host, request: pytest.FixtureRequest) -> Host:
    """A host whose table has a descendant that is a plugin's."""
    host.revise("host", PARENTS[request.param])
    commands.upgrade(host.config())
    host.declare("crm", 'writes = ["items"]').revise(
        "crm", CHILDREN[request.param], "DROP TABLE kids"
    )
    commands.install(host.config(), ["crm"])
    return host


@pytest.mark.parametrize(
    "sql",
    [
        "ALTER TABLE items ADD y int DEFAULT 1",
        "ALTER TABLE items ALTER a TYPE bigint",
        "ALTER TABLE items DROP a",
        "ALTER TABLE items RENAME a TO z",
        "ALTER TABLE items ALTER a SET NOT NULL",
        "ALTER TABLE items ALTER a SET DEFAULT 3",
        "ALTER TABLE items ADD CONSTRAINT c CHECK (a > 0)",
        "ALTER TABLE items ADD CONSTRAINT c CHECK (a > 0); ALTER TABLE items DROP CONSTRAINT c",
        "CREATE INDEX ON items (a)",
        "INSERT INTO items VALUES (1, 1); UPDATE items SET a = 2; DELETE FROM items",
        "INSERT INTO items VALUES (1, 1); TRUNCATE items",
    ],
)
def test_host_changes_its_table_with_what_descends_from_it(host: Host, sql: str) -> None:
    host.revise("host", sql)
    commands.upgrade(host.config())
    commands.uninstall(host.config(), ["crm"])
    assert "crm" not in host.database.schemas()


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO crm.kids VALUES (1, 1)",
        "ALTER TABLE crm.kids ADD CHECK (a > 0)",
        "ALTER TABLE crm.kids RENAME TO children",
        "CREATE INDEX ON crm.kids (a)",
        "DROP TABLE items CASCADE",
        "INSERT INTO items SELECT 1, 1; DROP TABLE crm.kids",
        "DELETE FROM items; ALTER TABLE crm.kids ALTER a SET DEFAULT 1",
    ],
)
def test_what_is_done_to_a_descendant_itself_is_refused(host: Host, sql: str) -> None:
    host.revise("host", sql)
    with pytest.raises(NamespaceViolation):
        commands.upgrade(host.config())
