"""Databases that meet a squash."""

from pathlib import Path

import pytest
from support.hosts import Host

SQUASH = ("plugin", "squash", "tags", "--rev-id", "squashed")
REVISIONS = "SELECT revision FROM alembic_plugin_revision WHERE plugin = 'tags' ORDER BY 1"
MADE = """
    SELECT DISTINCT revision FROM alembic_plugin_object
    WHERE plugin = 'tags' AND revision IS NOT NULL ORDER BY 1
"""
SHAPE = """
    SELECT c.relname, c.relkind::text, a.attname, a.atttypid::regtype::text
    FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
    WHERE c.relnamespace = to_regnamespace('tags') AND NOT a.attisdropped
    ORDER BY 1, 3
"""
OLD = ["tags_1", "tags_2", "tags_3"]
STOCK = """
    DROP TABLE alembic_plugin, alembic_plugin_revision, alembic_plugin_event,
        alembic_plugin_journal, alembic_plugin_object, alembic_plugin_value,
        alembic_plugin_snapshot
"""


@pytest.fixture
def tagged(host: Host) -> Host:
    """A host with a plugin of three revisions, and one that depends on the second one."""
    host.revise("tags", "CREATE TABLE tags (id int PRIMARY KEY)", "DROP TABLE tags")
    host.revise("tags", "ALTER TABLE tags ADD word text", "ALTER TABLE tags DROP COLUMN word")
    host.revise("tags", "CREATE INDEX tags_word ON tags (word)", "DROP INDEX tags_word")
    host.revise("posts", "CREATE TABLE posts (tag int REFERENCES tags)", "DROP TABLE posts")
    for file in host.folder.glob("plugins/*/versions/*.py"):
        file.write_text(file.read_text().replace("op.get_bind().exec_driver_sql", "op.execute"))
    file = host.folder / "plugins/posts/versions/posts_1.py"
    file.write_text(f'{file.read_text()}\n\ndepends_on = "tags_2"\n')
    return host.declare("posts", 'requires = ["tags"]')


def squash(host: Host, *, with_files: bool = True) -> Path:
    """Squash the plugin, with the old files or without them; return the file."""
    host.run(*SQUASH)
    versions = host.folder / "plugins/tags/versions"
    for name in () if with_files else OLD:
        (versions / f"{name}.py").unlink()
    return next(versions.glob("*squashed*"))


def read_shape(host: Host) -> list[tuple[object, ...]]:
    """Return what the plugin's schema has."""
    return host.database.query(SHAPE)


@pytest.mark.parametrize("applied", ["base", "tags_1", "tags_2", "tags_3"])
def test_database_is_the_same_whichever_way_it_has_come(tagged: Host, applied: str) -> None:
    tagged.run("plugin", "install", "tags")
    expected = read_shape(tagged)
    tagged.run("-x", "plugin=tags", "downgrade", applied)
    squash(tagged)
    tagged.succeed("plugin", "install", "tags")
    assert read_shape(tagged) == expected
    assert tagged.database.values(REVISIONS) == ["squashed"]
    assert tagged.database.values(MADE) == ["squashed"]
    assert "squashed" in tagged.database.versions()


def test_recorded_squash_is_downgraded_by_itself(tagged: Host) -> None:
    tagged.run("plugin", "install", "posts")
    squash(tagged, with_files=False)
    assert tagged.succeed("upgrade", "heads").output == ""
    assert tagged.refuse("-x", "plugin=tags", "downgrade", "base").startswith(
        "The downgrade of 'tags' would take away what is needed by posts."
    )
    tagged.succeed("-x", "plugin=tags", "-x", "cascade=true", "downgrade", "base")
    assert read_shape(tagged) == []


def test_recorded_squash_is_downgraded_without_its_file(tagged: Host) -> None:
    tagged.run("plugin", "install", "tags")
    squash(tagged, with_files=False)
    tagged.run("plugin", "upgrade", "tags")
    tagged.remove("tags").remove("posts")
    tagged.succeed("plugin", "uninstall", "tags", "--yes")
    assert (read_shape(tagged), tagged.database.plugins()) == ([], [])


def test_half_of_a_squash_is_refused_without_the_files_and_can_go(tagged: Host) -> None:
    tagged.run("-x", "plugin=tags", "upgrade", "tags_2")
    squash(tagged, with_files=False)
    assert "'squashed' of 'tags'" in tagged.fail("upgrade", "heads")
    assert tagged.succeed("upgrade", "head").output == ""
    tagged.succeed("plugin", "uninstall", "tags", "--yes")
    assert read_shape(tagged) == []


def test_squash_that_says_nothing_is_not_run_over_what_is_there(tagged: Host) -> None:
    tagged.run("plugin", "install", "tags")
    file = squash(tagged, with_files=False)
    file.write_text(file.read_text().replace("replaces = ", "names = "))
    words = tagged.fail("upgrade", "heads")
    assert words.startswith("'tags' on disk no longer has what the database has of it, tags_3,")
    tagged.run_all([["plugin", "forget", "tags", "--yes"], ["plugin", "adopt", "tags"]])
    assert tagged.succeed("upgrade", "heads").output == ""
    assert tagged.database.values(REVISIONS) == ["squashed"]


@pytest.mark.parametrize("with_files", [True, False])
def test_database_of_stock_alembic_meets_the_squash(tagged: Host, with_files: bool) -> None:
    tagged.run("plugin", "install", "tags")
    tagged.database.execute(STOCK)
    squash(tagged, with_files=with_files)
    assert "tags: squashed (head)" in tagged.succeed("current").lines
    tagged.succeed("upgrade", "heads")
    assert tagged.database.values(REVISIONS) == ["squashed"]


@pytest.mark.parametrize(("start", "with_files"), [("tags_3", False), ("tags_1", True)])
def test_script_leads_from_an_old_revision_to_the_squash(
    tagged: Host, start: str, with_files: bool
) -> None:
    tagged.run("-x", "plugin=tags", "upgrade", start)
    squash(tagged, with_files=with_files)
    script = tagged.succeed("-x", "plugin=tags", "upgrade", f"{start}:head", "--sql").stdout
    tagged.database.feed(script)
    assert tagged.database.values(REVISIONS) == ["squashed"]
    assert "squashed" in tagged.database.versions()
    assert tagged.succeed("plugin", "upgrade", "tags").stdout == "nothing to do\n"


def test_what_was_set_aside_before_comes_back_to_the_squash(tagged: Host) -> None:
    tagged.run("plugin", "install", "posts")
    tagged.run("plugin", "uninstall", "posts", "tags", "--keep-data", "--yes")
    squash(tagged, with_files=False)
    tagged.succeed("plugin", "restore", "tags")
    tagged.succeed("plugin", "restore", "posts")
    assert tagged.succeed("upgrade", "heads").output == ""
    assert tagged.database.values(REVISIONS) == ["squashed"]
    needed = "SELECT depends_on FROM alembic_plugin_revision WHERE plugin = 'posts'"
    assert tagged.database.values(needed) == [["squashed"]]


def test_check_compares_the_squash_with_what_it_replaces(tagged: Host) -> None:
    file = squash(tagged)
    assert "-differs" not in tagged.alembic("plugin", "check", "tags", "--database").output
    file.write_text(file.read_text().replace("    _upgrade_tags_3()\n", ""))
    file.write_text(file.read_text().replace("    _downgrade_tags_3()\n", ""))
    found = tagged.alembic("plugin", "check", "tags", "--database").output
    assert "squash-differs: after upgrade(), index tags.tags" in found


def test_squash_is_not_recorded_where_the_last_one_fails(tagged: Host) -> None:
    tagged.run("-x", "plugin=tags", "upgrade", "tags_2")
    squash(tagged)
    tagged.database.execute("CREATE INDEX tags_word ON tags.tags (word)")
    assert "tags_3" in tagged.fail("upgrade", "heads")
    assert tagged.database.values(REVISIONS) == ["tags_1", "tags_2"]
    assert "squash" not in tagged.database.values("SELECT action FROM alembic_plugin_event")


def test_what_a_squash_of_the_host_has_not_named_is_told(host: Host) -> None:
    host.run("upgrade", "head")
    host.database.execute(STOCK)
    host.run("plugin", "squash", "host", "--rev-id", "squashed")
    for file in (host.folder / "versions").glob("*.py"):
        if "squashed" in file.name:
            file.write_text(file.read_text().replace("replaces = ", "names = "))
        else:
            file.unlink()
    assert "has to say so, replaces = [...]" in host.fail("upgrade", "head")
