"""Plugins that declare their tables, from the command line: their whole life."""

import json
import signal
import subprocess
import sys

import pytest
from support.hosts import Host

TABLES = """\
[[tables]]
name = "pages"
[tables.schema]
title = { type = "string", size = 50, required = true }
status = { type = ["draft", "live"], default = "draft" }
rank = { type = "number", min = 0, max = 9 }
"""

PAGE = "INSERT INTO wiki.pages (title, status, rank) VALUES ('one', 'live', 7)"

MADE = "SELECT identity FROM alembic_plugin_object WHERE plugin = 'wiki'"

_SYNC = """\
import sys
from alembic.config import Config
from alembic_plugins.sync import sync_tables
def wait(progress):
    print(progress.table, flush=True)
    sys.stdin.readline()
result = sync_tables(Config("alembic.ini"), "wiki", progress=wait)
print("done", *(change.table for change in result.done))
"""


@pytest.fixture
def wiki(host: Host) -> Host:
    """A host whose database is at its head, and a plugin that is declared by TOML alone."""
    host.run("upgrade", "head")
    host.write("plugins/wiki/tables.toml", TABLES)
    return host.declare("wiki", 'tables = "tables.toml"', 'version = "1.0"')


def change(host: Host, before: str, after: str) -> None:
    """Change the tables that the plugin declares."""
    file = host.folder / "plugins/wiki/tables.toml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))


def test_plugin_is_declared_by_toml_alone_and_changed_five_times(wiki: Host) -> None:
    assert wiki.succeed("plugin", "sync", "wiki").lines == ["synced table wiki.pages: is created"]
    wiki.database.execute(PAGE)
    change(wiki, "size = 50", "size = 60")
    assert wiki.succeed("plugin", "sync", "wiki").lines == [
        "synced table wiki.pages: column title character varying(50) becomes character varying(60)"
    ]
    change(wiki, '["draft", "live"]', '["draft", "live", "gone"]')
    change(wiki, "max = 9", "max = 5")
    result = wiki.succeed("plugin", "sync", "wiki")
    assert "is replaced; CHECK ((status = ANY" in result.stdout
    assert "column rank stays as it is: rows do not keep CHECK (((rank >= 0)" in result.stderr
    change(wiki, "max = 5", "max = 99")
    change(wiki, "required = true", "required = false")
    assert "column title is not required any more" in wiki.succeed("plugin", "sync", "wiki").stdout
    change(wiki, "size = 60", "size = 10")
    change(wiki, "rank = {", 'more = { type = "json", default = {} }\nrank = {')
    result = wiki.succeed("plugin", "sync", "wiki")
    assert result.lines == ["synced table wiki.pages: column more is added as jsonb"]
    assert "character varying(10) does not take all values" in result.stderr
    change(wiki, "size = 10", "size = 60")
    assert wiki.succeed("plugin", "sync", "wiki").output == "nothing to do\n"
    assert wiki.database.query("SELECT title, status, rank, more FROM wiki.pages") == [
        ("one", "live", 7, {})
    ]


def test_dry_run_shows_what_would_be_done(wiki: Host) -> None:
    shown = wiki.succeed("plugin", "sync", "wiki", "--dry-run").lines
    assert [line.split() for line in shown] == [
        ["create", "namespace", "wiki"],
        ["sync", "wiki", "wiki.pages", "is", "created"],
        ["check", "objects"],
    ]
    assert wiki.database.schemas() == []


def test_json_tells_what_was_done_and_what_was_not(wiki: Host) -> None:
    wiki.run("plugin", "sync", "wiki")
    change(wiki, "size = 50", "size = 40")
    change(wiki, "max = 9", "max = 99")
    told = json.loads(wiki.succeed("plugin", "sync", "wiki", "--json").stdout)
    sync, check = told["plan"][0]["operations"]
    assert (sync["operation"], sync["plugin"], sync["table"]) == ("SyncTable", "wiki", "wiki.pages")
    assert sync["changes"][0] == {
        "table": "wiki.pages",
        "column": None,
        "words": "CHECK (((rank >= 0) AND (rank <= 9))) is replaced",
        "statements": ["ALTER TABLE wiki.pages DROP CONSTRAINT pages_rank_check"],
    }
    assert check == {"operation": "CheckObjects"}
    assert [item["column"] for item in told["incompatible"]] == ["title"]
    assert told["unchanged"] == []


def test_list_and_history_know_of_declared_tables(wiki: Host) -> None:
    assert wiki.succeed("plugin", "list").lines == ["[ ] wiki  1.0  schema wiki  tables not synced"]
    wiki.run("plugin", "sync", "wiki")
    assert wiki.succeed("plugin", "list").lines == ["[X] wiki  1.0  schema wiki  tables synced"]
    assert "objects:            table wiki.pages" in wiki.succeed("plugin", "show", "wiki").lines
    (line,) = wiki.succeed("plugin", "history", "wiki").lines
    assert line.endswith("done: table wiki.pages: is created")
    assert wiki.succeed("upgrade", "heads").exit_code == 0
    assert wiki.succeed("current").lines == ["host: host_2 (head)"]


def test_install_says_what_makes_the_tables(wiki: Host) -> None:
    result = wiki.alembic("plugin", "install", "wiki")
    words = (
        "Plugin 'wiki' has no revisions: it declares its tables, which 'alembic plugin sync wiki'"
    )
    assert (result.exit_code, result.failures) == (255, [f"{words} makes. Do that first."])


def test_uninstall_drops_declared_tables(wiki: Host) -> None:
    wiki.run("plugin", "sync", "wiki")
    wiki.database.execute(PAGE)
    result = wiki.succeed("plugin", "uninstall", "wiki", "--yes")
    assert result.lines[1].split()[:4] == ["table", "wiki.pages", "1", "row"]
    assert (wiki.database.schemas(), wiki.database.plugins()) == ([], [])


def test_declared_tables_go_before_those_of_revisions_that_they_refer_to(host: Host) -> None:
    host.revise("wiki", "CREATE TABLE books (id bigserial PRIMARY KEY)", "DROP TABLE books")
    declared = '[{ name = "pages", schema = { book = { type = "relation", to = "books" } } }]'
    host.declare("wiki", f"tables = {declared}")
    host.run_all([["plugin", "install", "wiki"], ["plugin", "sync", "wiki"]])
    host.succeed("plugin", "uninstall", "wiki", "--yes")
    assert host.database.schemas() == []


def test_plugin_whose_revisions_are_taken_back_stays_with_its_declared_tables(host: Host) -> None:
    host.revise("wiki", "CREATE TABLE books (id int)", "DROP TABLE books")
    host.declare("wiki", 'tables = [{ name = "pages" }]')
    host.run_all([["plugin", "install", "wiki"], ["plugin", "sync", "wiki"]])
    host.succeed("plugin", "downgrade", "wiki", "base", "--yes")
    assert (host.database.plugins(), host.database.tables()[-1]) == (["wiki"], "wiki.pages")
    host.succeed("upgrade", "heads")
    assert "wiki.books" in host.database.tables()


def test_plugin_is_set_aside_and_brought_back(wiki: Host) -> None:
    wiki.run_all(
        [["plugin", "sync", "wiki"], ["plugin", "uninstall", "wiki", "--keep-data", "--yes"]]
    )
    assert wiki.alembic("plugin", "sync", "wiki").exit_code == 255
    wiki.run("plugin", "restore", "wiki")
    assert wiki.succeed("plugin", "sync", "wiki").output == "nothing to do\n"


def test_plugin_comes_back_from_a_backup(wiki: Host) -> None:
    wiki.run("plugin", "sync", "wiki")
    wiki.database.execute(PAGE)
    wiki.run("plugin", "uninstall", "wiki", "--backup", str(wiki.folder / "wiki.dump"), "--yes")
    wiki.run("plugin", "restore", "wiki", "--from", str(wiki.folder / "wiki.dump"))
    assert wiki.succeed("plugin", "sync", "wiki").output == "nothing to do\n"
    assert wiki.database.values("SELECT rank FROM wiki.pages") == [7]
    wiki.succeed("plugin", "uninstall", "wiki", "--yes")


def test_plugin_whose_folder_is_gone_can_be_uninstalled(wiki: Host) -> None:
    wiki.run("plugin", "sync", "wiki")
    wiki.remove("wiki")
    assert "its declaration is gone" in wiki.succeed("plugin", "list").stdout
    assert wiki.succeed("upgrade", "heads").output == ""
    wiki.succeed("plugin", "uninstall", "wiki", "--yes")
    assert wiki.database.schemas() == []


def test_plugin_that_others_require_is_synced_first(wiki: Host) -> None:
    wiki.declare(
        "notes",
        'requires = ["wiki"]',
        "[[tables]]",
        'name = "notes"',
        'schema = { page = { type = "relation", to = "wiki.pages" } }',
    )
    assert "'alembic plugin sync wiki'" in wiki.alembic("plugin", "sync", "notes").failures[0]
    wiki.run_all([["plugin", "sync", "wiki"], ["plugin", "sync", "notes"]])
    failures = wiki.alembic("plugin", "uninstall", "wiki", "--yes").failures
    assert failures == [
        "Plugin 'wiki' is required by notes. Uninstall notes first, or pass --cascade."
    ]


def test_hooks_are_called_with_a_sync(wiki: Host) -> None:
    hooks = "".join(
        f"def {moment}(context):\n    print('{moment}', context.keeps_data)\n"
        for moment in ("before_install", "after_install", "before_upgrade", "after_upgrade")
    )
    wiki.write("plugins/wiki/hooks.py", hooks)
    wiki.declare("wiki", 'tables = "tables.toml"', 'hooks = "hooks"')
    told = wiki.succeed("plugin", "sync", "wiki").lines
    assert told[:-1] == ["before_install False", "after_install False"]
    change(wiki, "size = 50", "size = 60")
    told = wiki.succeed("plugin", "sync", "wiki").lines
    assert told[:-1] == ["before_upgrade False", "after_upgrade False"]
    assert wiki.succeed("plugin", "sync", "wiki").output == "nothing to do\n"


def test_broken_file_of_tables_is_told(wiki: Host) -> None:
    wiki.write("plugins/wiki/tables.toml", "[[tables]\n")
    (failure,) = wiki.alembic("plugin", "sync", "wiki").failures
    assert "tables.toml' cannot be read: TOMLDecodeError: Expected ']]'" in failure


def test_file_of_tables_that_is_not_there_is_told(wiki: Host) -> None:
    (wiki.folder / "plugins/wiki/tables.toml").unlink()
    (failure,) = wiki.alembic("plugin", "sync", "wiki").failures
    assert "there is no file 'tables.toml'. Correct it there" in failure


def test_tables_of_json_and_of_models(host: Host) -> None:
    host.write("plugins/wiki/tables.json", '[{"name": "pages"}]')
    host.declare("wiki", 'tables = "tables.json"').run("plugin", "sync", "wiki")
    host.write(
        "plugins/notes/models.py", "from sqlalchemy import *\nm = MetaData()\nTable('n', m)\n"
    )
    host.declare("notes", 'tables = "models:m"').run("plugin", "sync", "notes")
    assert {"wiki.pages", "notes.n"} <= {*host.database.tables()}


def test_sync_that_was_killed_is_carried_on(wiki: Host) -> None:
    tables = "".join(f'[[tables]]\nname = "t{number}"\n' for number in range(4))
    wiki.write("plugins/wiki/tables.toml", tables)
    child = _start(wiki)
    assert child.stdout is not None
    assert child.stdout.readline() == "wiki.t0\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert wiki.database.values(MADE) == ["wiki.t0"]
    done = [f"synced table wiki.t{number}: is created" for number in (1, 2, 3)]
    assert wiki.succeed("plugin", "sync", "wiki").lines == done


def test_of_two_syncs_at_once_one_does_what_there_is_to_do(wiki: Host) -> None:
    children = [_start(wiki, stdin=subprocess.DEVNULL) for _ in range(3)]
    answers = [child.communicate()[0].splitlines()[-1] for child in children]
    assert sorted(answers) == ["done", "done", "done wiki.pages"]


def _start(host: Host, stdin: int = subprocess.PIPE) -> "subprocess.Popen[str]":
    """Start a sync that waits after each table for a line, or the end, of its input."""
    return subprocess.Popen(
        [sys.executable, "-c", _SYNC],
        cwd=host.folder,
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.parametrize("command", [["uninstall", "wiki"], ["downgrade", "wiki", "base"]])
def test_which_tables_go_cannot_be_told_without_a_database(wiki: Host, command: list[str]) -> None:
    assert "Leave out --sql" in wiki.refuse("plugin", *command, "--sql")


def test_sync_whose_hook_fails_is_run_again_or_without_hooks(wiki: Host) -> None:
    wiki.write("plugins/wiki/hooks.py", "def after_install(context): 1/0")
    file = wiki.folder / "plugins/wiki/plugin.toml"
    file.write_text(f'hooks = "hooks"\n{file.read_text()}')
    assert "correct the hook and run the command again" in wiki.refuse("plugin", "sync", "wiki")
    wiki.succeed("plugin", "sync", "wiki", "--without-hooks")
