"""Revisions that are tried out in a database of their own."""

import json
import subprocess
from pathlib import Path

from sqlalchemy import make_url
from support.documents import read_console
from support.hosts import Host

from alembic_plugins.errors import NoScratchDatabase

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "check.md"


def find(host: Host, name: str) -> list[tuple[str, str]]:
    """Return rules and messages of what is found, but for what has been found in the files."""
    found = json.loads(host.alembic("plugin", "check", name, "--database", "--json").stdout)
    tried = ("fails-in-database", "downgrade-differs", "upgrade-differs", "unusable-rows")
    return [(each["rule"], each["message"]) for each in found if each["rule"] in tried]


def test_revisions_that_can_be_taken_back_are_fine(host: Host) -> None:
    host.add("crm_requires_billing", "billing")
    assert find(host, "crm_requires_billing") == []
    assert host.succeed("plugin", "list").lines[0].startswith("[ ] billing")


def test_what_the_first_downgrade_leaves_behind_is_found(host: Host) -> None:
    host.revise("tags", "CREATE TABLE tags (id int)")
    assert find(host, "tags") == [
        ("downgrade-differs", "downgrade() leaves behind table tags.tags")
    ]


def test_what_a_later_downgrade_leaves_behind_is_found(host: Host) -> None:
    host.revise("tags", "CREATE TABLE tags (id int)", "DROP TABLE tags")
    host.revise("tags", "ALTER TABLE tags ADD COLUMN IF NOT EXISTS word text")
    host.revise("tags", "CREATE TABLE words (id int)", "DROP TABLE words")
    assert find(host, "tags") == [
        ("downgrade-differs", "after downgrade(), column tags.tags.word is not expected")
    ]


def test_what_a_downgrade_takes_away_besides_is_found(host: Host) -> None:
    host.revise("tags", "CREATE TABLE tags (id int NOT NULL)", "DROP TABLE tags")
    host.revise("tags", "SELECT 1", "ALTER TABLE tags ALTER id DROP NOT NULL")
    words = "after downgrade(), column tags.tags.id is 'integer' instead of 'integer NOT NULL'"
    assert ("downgrade-differs", words) in find(host, "tags")


def test_what_is_made_otherwise_the_second_time_is_found(host: Host) -> None:
    host.revise("tags", "CREATE TABLE tags (id int)", "DROP TABLE tags")
    set_default = "format('ALTER TABLE tags ALTER id SET DEFAULT %s', pg_current_xact_id())"
    host.revise(
        "tags",
        f"DO $$ BEGIN EXECUTE {set_default}; END $$",
        "ALTER TABLE tags ALTER id DROP DEFAULT",
    )
    assert [rule for rule, _ in find(host, "tags")] == ["upgrade-differs"]


def test_revisions_after_one_that_fails_are_told_as_notes(host: Host) -> None:
    host.revise("tags", "SELECT nowhere")
    host.revise("tags", "SELECT 1")
    found = json.loads(host.alembic("plugin", "check", "tags", "--database", "--json").stdout)
    notes = [(Path(f["file"]).stem, f["message"]) for f in found if f["level"] == "note"]
    assert ("tags_2", "it was not tried, as it follows one that fails or was not tried") in notes


def test_revision_that_fails_is_found(host: Host) -> None:
    host.revise("tags", "CREATE TABLE tags (id int)", "DROP TABLE tags")
    host.revise("tags", "SELECT nowhere")
    [(rule, message)] = find(host, "tags")
    assert rule == "fails-in-database"
    assert message.startswith('column "nowhere" does not exist')


def test_revision_that_the_guard_refuses_is_found(host: Host) -> None:
    host.declare("tags", 'namespace = "prefix tags_"')
    host.revise("tags", "CREATE VIEW words AS SELECT 1 AS one", "DROP VIEW words")
    [(rule, message)] = find(host, "tags")
    assert rule == "fails-in-database"
    assert "creates view public.words" in message


def test_downgrade_that_fails_lets_later_revisions_be_tried(host: Host) -> None:
    host.revise("tags", "CREATE TABLE tags (id int)", None)
    host.revise("tags", "CREATE TABLE words (id int)")
    rules = [rule for rule, _ in find(host, "tags")]
    assert rules == ["fails-in-database", "downgrade-differs"]


def test_revision_that_fails_with_rows_is_found_as_the_page_shows(host: Host) -> None:
    [(shown, content), (check, output)] = read_console(PAGE, "With rows")
    host.revise("tags", "CREATE TABLE tags (word text, number int)", "DROP TABLE tags")
    host.revise("tags", "UPDATE tags SET number = word::integer", "UPDATE tags SET number = NULL")
    for path in (host.folder / "plugins/tags/versions").iterdir():
        path.write_text(path.read_text().replace("op.get_bind().exec_driver_sql", "op.execute"))
    host.write(shown.removeprefix("cat "), content)
    result = host.alembic(*check.split()[1:])
    assert (result.exit_code, result.stdout.strip()) == (1, output.strip())


def test_downgrade_that_fails_with_rows_is_found(host: Host) -> None:
    host.revise("tags", "CREATE TABLE tags (word text)", "DROP TABLE tags")
    host.revise(
        "tags",
        "ALTER TABLE tags ALTER word DROP NOT NULL",
        "ALTER TABLE tags ALTER word SET NOT NULL",
    )
    host.write("plugins/tags/rows/tags_2.sql", "INSERT INTO tags VALUES (NULL)")
    assert (
        "fails-in-database",
        'with rows, downgrade() fails: column "word" of relation "tags" contains null values',
    ) in find(host, "tags")


def test_rows_that_cannot_be_inserted_are_found(host: Host) -> None:
    host.revise("tags", "CREATE TABLE tags (id int)", "DROP TABLE tags")
    host.write("plugins/tags/rows/tags_1.sql", "INSERT INTO tags VALUES ('50 %')")
    host.write("plugins/tags/rows/tags_7.sql", "INSERT INTO tags VALUES (1)")
    assert find(host, "tags") == [
        ("unusable-rows", 'invalid input syntax for type integer: "50 %"'),
        ("unusable-rows", "there is no revision 'tags_7'"),
    ]


def test_role_that_may_create_no_databases_is_told(host: Host) -> None:
    host.revise("tags", "CREATE TABLE tags (id int)", "DROP TABLE tags")
    url = make_url(host.database.text).update_query_dict({"options": "-c role=pg_monitor"})
    env = {"DATABASE_URL": url.render_as_string(hide_password=False)}
    words = host.fail("plugin", "check", "tags", "--database", env=env)
    assert words == str(NoScratchDatabase("permission denied to create database"))


def test_only_new_revisions_are_told_of(host: Host) -> None:
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@b")
    host.revise("tags", "CREATE TABLE tags (id int)")
    for words in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "all")):
        subprocess.run([*git, *words], cwd=host.folder, check=True)
    assert host.succeed("plugin", "check", "tags", "--database", "--diff-base", "HEAD").lines == [
        "no findings"
    ]
