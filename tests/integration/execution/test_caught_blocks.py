"""Revisions that catch what comes out of their `autocommit_block()`, as published ones do."""

import pytest
from support.hosts import Host

REVISION = """\
from alembic import op

revision = "u2"
down_revision = "u1"


def upgrade():
    {before}
    try:
        with op.get_context().autocommit_block():
            {first}
            op.execute("ALTER TABLE bind DROP CONSTRAINT nope")
    except Exception:
        pass
    op.execute("CREATE TABLE later (i int)")


def downgrade():
    op.execute("DROP TABLE later")
"""


@pytest.mark.parametrize("before", ["pass", 'op.execute("CREATE TABLE early (i int)")'])
@pytest.mark.parametrize(
    "first", ["pass", 'op.execute("CREATE INDEX CONCURRENTLY ix ON bind (i)")']
)
def test_block_whose_failure_is_caught_is_passed_by(host: Host, before: str, first: str) -> None:
    host.write(
        "plugins/usr/versions/u1.py",
        'from alembic import op\nrevision = "u1"\ndown_revision = None\n'
        'def upgrade():\n    op.execute("CREATE TABLE bind (i int)")\n'
        'def downgrade():\n    op.execute("DROP TABLE bind")\n',
    )
    host.write("plugins/usr/versions/u2.py", REVISION.format(before=before, first=first))
    assert "WARNING" not in host.succeed("plugin", "install", "usr").output
    assert {"usr.bind", "usr.later"} <= set(host.database.tables())
    assert host.succeed("plugin", "list").lines[0].startswith("[X] usr")
