"""Files, names, rows and answers that nobody expects."""

import os
import re
from pathlib import Path

import pytest
from support.hosts import Host

REVISION = """\
'''{doc}'''
revision = "{id}"
down_revision = None


def upgrade():
    {up}


def downgrade():
    pass
"""


@pytest.fixture
def two(host: Host) -> Host:
    """A host with a plugin that is installed, and one that has nothing yet."""
    host.revise("bar", "CREATE TABLE a (id int PRIMARY KEY)", "DROP TABLE a")
    host.run("plugin", "install", "bar")
    (host.folder / "plugins/odd/versions").mkdir(parents=True)
    return host


def write(host: Host, up: str = "pass", doc: str = "") -> Path:
    """Write a revision of the odd plugin."""
    return host.write("plugins/odd/versions/o1.py", REVISION.format(doc=doc, id="o1", up=up))


def make_loop(path: Path) -> None:
    """Make a link that leads to itself."""
    path.symlink_to(path.name)


@pytest.mark.parametrize("make", [make_loop, os.mkfifo, os.mkdir])
def test_what_is_no_file_breaks_one_plugin_only(two: Host, make: object) -> None:
    write(two)
    assert callable(make)
    make(two.folder / "plugins/odd/versions/x.py")
    lines = two.succeed("plugin", "list").lines
    assert lines[0].startswith("[X] bar")
    two.run("upgrade", "heads")


@pytest.mark.parametrize(
    ("text", "shown"), [("\\x1b[31mred", "\\x1b[31mred"), ("a\\udcffb", "a\\udcffb")]
)
def test_what_a_terminal_obeys_or_cannot_show_is_escaped(two: Host, text: str, shown: str) -> None:
    write(two, f'raise ValueError("{text}")')
    words = two.fail("plugin", "install", "odd")
    assert shown in words
    assert shown in two.succeed("plugin", "history", "odd").stdout
    assert words.isprintable()


def test_names_of_objects_make_no_lines_and_obey_no_terminal(host: Host) -> None:
    names = ("fake\nuninstalled odd", "red\x1b[31m", "tab\there", "per%scent")
    for name in names:
        host.revise("odd", f'CREATE TABLE "{name}" ()', f'DROP TABLE "{name}"')
    host.run("plugin", "install", "odd")
    backup = str(host.folder / "odd.dump")
    outputs = [
        host.succeed("plugin", "show", "odd").output,
        host.succeed("plugin", "install", "odd", "--dry-run", "--footprint").output,
        host.succeed("plugin", "forget", "odd", "--dry-run").output,
        host.succeed("plugin", "uninstall", "odd", "--backup", backup, "--yes").output,
    ]
    for output in outputs:
        assert all(line.isprintable() for line in output.splitlines())
    assert r'table  odd."fake\nuninstalled odd"' in outputs[-1]
    assert outputs[-1].splitlines().count("uninstalled odd") == 1


def test_escapes_in_messages_of_revisions_are_escaped(two: Host) -> None:
    write(two, doc="\x1b[31mred")
    two.run("plugin", "install", "odd")
    assert "\x1b" not in two.succeed("-x", "plugin=odd", "history").output


@pytest.mark.parametrize(
    ("column", "table"),
    [
        ("down_revision", "alembic_plugin_revision"),
        ("depends_on", "alembic_plugin_revision"),
        ("requires", "alembic_plugin"),
    ],
)
def test_list_that_is_null_is_told_by_table_and_row(two: Host, column: str, table: str) -> None:
    two.database.execute(
        f"ALTER TABLE {table} ALTER {column} DROP NOT NULL; UPDATE {table} SET {column} = NULL"
    )
    words = two.succeed("plugin", "list").stderr
    assert re.search(f"in table '{table}'(, of 'bar',)? is damaged: its {column} is NULL", words)


def test_detail_and_hint_of_postgresql_are_told_and_recorded(two: Host) -> None:
    two.revise("bar", "INSERT INTO a VALUES (1), (1)")
    words = two.fail("plugin", "upgrade", "bar")
    assert 'violates unique constraint "a_pkey"; Key (id)=(1) already exists (' in words
    assert "already exists" in two.succeed("plugin", "history", "bar").output


def test_misspelt_option_is_told(two: Host) -> None:
    two.configure("plugin_fodlers = x")
    assert "There is no option 'plugin_fodlers'" in two.refuse("plugin", "list")
