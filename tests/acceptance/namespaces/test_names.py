"""Whatever PostgreSQL allows as a name works in every command."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from support.hosts import Host

NAMES = ["a%b", "%s", "%(x)s", "a%%b", ":x", "a::b", 'a"b', "a.b", "it's", "a\\b", "$1", "{x}"]
NAMES += ["Ab", "a b", "a\nb", "öÄ€😀", "select", "-- a", "/* a", ";", "*", "?", "[a]"]

KINDS = {"odd": ("", ""), "wiki": ('namespace = "prefix wiki_"', "wiki_")}

MAKE = """
    CREATE TABLE {table} ({name} int PRIMARY KEY, CONSTRAINT {check} CHECK ({name} > 0));
    CREATE INDEX {index} ON {table} ({name});
    CREATE VIEW {view} AS SELECT {name} FROM {table};
    CREATE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
    CREATE TRIGGER {name} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();
    INSERT INTO {table} VALUES (1)
"""

DROP = "DROP VIEW {view}; DROP TABLE {table}; DROP FUNCTION {function}"


def quote(name: str) -> str:
    """Return a name as SQL has it, cut to what PostgreSQL keeps of it."""
    cut = name.encode()[:63].decode(errors="ignore").replace('"', '""')
    return f'"{cut}"'


def write(host: Host, plugin: str, *, with_functions: bool = True, can_go: bool = True) -> None:
    """Give the host a plugin that makes objects of all those names."""
    declaration, prefix = KINDS[plugin]
    host.write(f"plugins/{plugin}/plugin.toml", f"{declaration}\n")
    long = ["x" * 62, "ö" * 31]
    up, down = [], []
    for name in (*NAMES, *long):
        words = {kind: quote(f"{prefix}{kind[0]}{name}") for kind in ("check", "view", "function")}
        words |= {"index": quote(f"{prefix}i{name}"), "table": quote(f"{prefix}{name}")}
        lines = MAKE.format(name=quote(name), **words).strip().split(";\n")
        drops = DROP.format(**words).split("; ")
        up += lines if with_functions else [x for x in lines if "FUNCTION" not in x]
        down += drops if with_functions else drops[:2]
    joined = ";\n".join(up)
    host.revise(plugin, joined, "; ".join(down) if can_go else None)


def find_all(host: Host) -> Sequence[str]:
    """Return all that is there, but for what is recorded."""
    return host.database.dump("--exclude-table-data=*.alembic_*")


@pytest.mark.parametrize("plugin", KINDS)
def test_downgrades_leave_nothing(host: Host, plugin: str) -> None:
    host.run("upgrade", "head")
    before = host.database.catalog()
    write(host, plugin)
    host.succeed("plugin", "install", plugin)
    host.succeed("plugin", "uninstall", plugin, "--yes")
    assert host.database.catalog() == before


@pytest.mark.parametrize("plugin", KINDS)
def test_purge_leaves_nothing(host: Host, plugin: str) -> None:
    host.run("upgrade", "head")
    before = host.database.catalog()
    write(host, plugin, can_go=False)
    host.run("plugin", "install", plugin)
    host.succeed("plugin", "uninstall", plugin, "--purge", "--yes")
    assert host.database.catalog() == before


@pytest.mark.parametrize("plugin", KINDS)
def test_orphan_goes(host: Host, plugin: str) -> None:
    host.run("upgrade", "head")
    before = host.database.catalog()
    write(host, plugin)
    host.run("plugin", "install", plugin)
    host.remove(plugin).succeed("plugin", "uninstall", plugin, "--purge", "--yes")
    assert host.database.catalog() == before


@pytest.mark.parametrize("plugin", KINDS)
def test_what_is_set_aside_comes_back(host: Host, plugin: str) -> None:
    write(host, plugin)
    host.run("plugin", "install", plugin)
    before = find_all(host)
    host.succeed("plugin", "uninstall", plugin, "--keep-data", "--yes")
    host.succeed("plugin", "restore", plugin)
    assert find_all(host) == before


@pytest.mark.parametrize("plugin", KINDS)
def test_what_is_backed_up_comes_back(host: Host, plugin: str, tmp_path: Path) -> None:
    write(host, plugin, with_functions=plugin == "odd")
    host.run("plugin", "install", plugin)
    before = find_all(host)
    file = tmp_path / "a %s b.dump"
    host.succeed("plugin", "uninstall", plugin, "--backup", str(file), "--yes")
    host.succeed("plugin", "restore", plugin, "--from", str(file))
    assert find_all(host) == before


@pytest.mark.parametrize("plugin", KINDS)
def test_commands_that_show_work(host: Host, plugin: str) -> None:
    write(host, plugin)
    host.succeed("plugin", "install", plugin, "--dry-run", "--footprint")
    host.run("plugin", "install", plugin)
    host.succeed("plugin", "show", plugin)
    host.succeed("plugin", "uninstall", plugin, "--purge", "--dry-run")
    host.succeed("plugin", "repair", plugin)
    host.succeed("plugin", "forget", plugin, "--yes")


def test_column_in_a_table_of_the_host_goes(host: Host) -> None:
    host.run("upgrade", "head")
    before = host.database.catalog()
    host.write("plugins/odd/plugin.toml", 'writes = ["accounts"]\n')
    columns = [f"ALTER TABLE public.accounts ADD {quote(name)} int" for name in NAMES]
    host.revise("odd", ";".join(columns), None).run("plugin", "install", "odd")
    host.succeed("plugin", "uninstall", "odd", "--purge", "--yes")
    assert host.database.catalog() == before
