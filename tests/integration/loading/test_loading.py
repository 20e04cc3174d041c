"""Revision files that take what another one imports."""

import pytest
from support.hosts import Host

FILE = """
{imports}
from alembic import op

revision = "foo_{number}"
down_revision = {below}
{top}


def upgrade():
    {body}


def downgrade():
    pass
"""


def write(host: Host, *, top: str = "", body: str = "pass") -> None:
    """Write two revisions, of which the first takes what the second imports."""
    host.write("site/lending/__init__.py", "")
    host.write("site/lending/books.py", "TITLE = 'Emma'")
    one = {"imports": "import lending", "number": 1, "below": None, "top": top, "body": body}
    two = {"imports": "import lending.books", "number": 2, "below": "'foo_1'", "top": ""}
    host.write("plugins/foo/versions/foo_1.py", FILE.format(**one))
    host.write("plugins/foo/versions/foo_2.py", FILE.format(**two, body="pass"))


def test_failure_hints_at_the_option(host: Host) -> None:
    write(host, body="print(lending.books.TITLE)")
    words = host.fail("plugin", "install", "foo")
    assert "module 'lending' has no attribute 'books'; set plugin_load = all where" in words


def test_file_that_cannot_be_loaded_hints_at_the_option(host: Host) -> None:
    write(host, top="TITLE = lending.books.TITLE")
    assert "; set plugin_load = all where" in host.fail("plugin", "install", "foo")


def test_all_files_of_a_branch_are_loaded_where_the_host_wants_that(host: Host) -> None:
    host.configure("plugin_load = all")
    write(host, body="op.execute(f'CREATE TABLE {lending.books.TITLE} ()')")
    host.succeed("plugin", "install", "foo")
    assert "foo.emma" in host.database.tables()


def test_file_that_fails_then_stops_its_own_plugin_only(host: Host) -> None:
    host.configure("plugin_load = all")
    for name in ("aaa", "foo", "zzz"):
        host.revise(name, "CREATE TABLE t ()").run("plugin", "install", name)
        host.revise(name, "CREATE TABLE u ()")
    host.write(
        "plugins/foo/versions/foo_3.py", "revision = 'foo_3'; down_revision = 'foo_2'; 1 / 0"
    )
    assert "ZeroDivisionError" in host.alembic("upgrade", "heads").output
    assert {"aaa.u", "zzz.u"} < set(host.database.tables())


@pytest.mark.parametrize("value", ["some", "1"])
def test_option_has_two_values(host: Host, value: str) -> None:
    host.configure(f"plugin_load = {value}")
    assert "Set it to needed or all" in host.refuse("plugin", "list")
