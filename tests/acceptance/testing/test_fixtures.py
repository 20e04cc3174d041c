"""The fixtures, as tests of plugins and of applications use them."""

from uuid import uuid4

import pytest
from support.suites import Suite

pytest_plugins = ["pytester"]

_REVISION = """\
from pathlib import Path

from alembic import op

revision = "tags_{number}"
down_revision = {below}


def upgrade():
    with Path("ran").open("a") as file:
        file.write("{number}")
    {up}


def downgrade():
    {down}
"""

_FIRST = 'op.execute("CREATE TABLE tags (id serial PRIMARY KEY, word text)")'

_TESTS = """\
import asyncio

import pytest
from sqlalchemy import text


def test_rows_outlive_a_revision(plugin_migrations):
    assert plugin_migrations.at("tags_1").tables("tags") == ["tags"]
    plugin_migrations.insert("tags", "tags", {"id": 1, "word": "a"}, {"id": 2, "word": "b"})
    plugin_migrations.upgrade("tags")
    assert plugin_migrations.rows("tags", "tags") == [
        {"id": 1, "name": "a"}, {"id": 2, "name": "b"}
    ]
    assert plugin_migrations.at("tags_1").rows("tags", "tags")[0] == {"id": 1, "word": "a"}
    assert plugin_migrations.catalog("tags")["column", "tags.tags.word"] == "text"
    plugin_migrations.uninstall("tags", purge=True)
    plugin_migrations.install("tags")
    assert plugin_migrations.rows("tags", "tags") == []
    assert "accounts" in plugin_migrations.tables("host")


def test_migrations_run_inside_an_event_loop(plugin_migrations):
    async def install():
        plugin_migrations.install("tags")

    asyncio.run(install())
    assert plugin_migrations.tables("tags") == ["tags"]


@pytest.mark.parametrize("number", range(2))
def test_application_has_all_tables_and_no_rows(plugin_database, number):
    with plugin_database.engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM tags.tags")) == 0
        connection.execute(text("INSERT INTO tags.tags DEFAULT VALUES"))
    assert plugin_database.url.database.startswith("alembic_plugins_test_")


def test_empty_database(plugin_empty_engine):
    with plugin_empty_engine.connect() as connection:
        assert connection.scalar(text("SELECT to_regclass('accounts')")) is None


def test_failure_is_short(plugin_migrations):
    plugin_migrations.upgrade("tags", "nowhere")
"""

_CONFTEST = """\
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def plugin_config():
    return Path(__file__).parent.parent / "elsewhere.ini"
"""


@pytest.fixture
def tags(suite: Suite) -> Suite:
    """A host with a plugin that notes its revisions as they are run, and tests of it."""
    host = suite.host
    for number, (below, up, down) in enumerate(
        (
            (None, _FIRST, 'op.drop_table("tags")'),
            ("tags_1", _rename("word", "name"), _rename("name", "word")),
        ),
        1,
    ):
        text = _REVISION.format(number=number, below=repr(below), up=up, down=down)
        host.write(f"plugins/tags/versions/tags_{number}.py", text)
    # Templates that earlier runs have made are not to be found.
    host.write("plugins/tags/unique.txt", str(uuid4()))
    host.write("tests/test_tags.py", _TESTS)
    return suite


def _rename(old: str, new: str) -> str:
    return f'op.alter_column("tags", "{old}", new_column_name="{new}")'


def test_fixtures_do_what_the_page_says(tags: Suite) -> None:
    tags.host.write("tests/conftest.py", _CONFTEST)
    tags.host.ini.rename(tags.host.folder / "elsewhere.ini")
    found = tags.run("tests")
    assert [*found.failed] == ["test_failure_is_short"], found.text
    *_, last = found.failed["test_failure_is_short"].split("plugin_migrations.upgrade(")
    assert [line for line in last.splitlines()[1:] if line] == [
        "E       alembic_plugins.revisions.errors.UnknownRevision: 'nowhere' leads nowhere on "
        "branch 'tags': No such revision or branch 'nowhere'. See 'alembic -x plugin=tags "
        "history'.",
        "tests/test_tags.py:44: UnknownRevision",
    ]
    assert len(found.passed) == 5


def test_templates_are_kept_and_depend_on_files(tags: Suite) -> None:
    chosen = ("tests", "-k", "application")
    runs = [_count_runs(tags, *chosen), _count_runs(tags, *chosen)]
    runs.append(_count_runs(tags, *chosen, "--alembic-plugins-rebuild"))
    tags.host.write("plugins/tags/models.py", f"unique = '{uuid4()}'")
    assert [*runs, _count_runs(tags, *chosen)] == ["12", "", "12", "12"]


def _count_runs(suite: Suite, *arguments: str) -> str:
    """Return the revisions that a run of pytest has run."""
    ran = suite.host.folder / "ran"
    ran.unlink(missing_ok=True)
    assert suite.run(*arguments).failed == {}
    return ran.read_text() if ran.exists() else ""


def test_processes_of_xdist_share_a_template_and_what_was_found(tags: Suite) -> None:
    arguments = ("-n2", "-k", "application or trace", "--alembic-plugins", "-p", "no:cacheprovider")
    result = tags.pytester.runpytest_subprocess(*arguments, "tests")
    result.assert_outcomes(passed=4)
    assert sorted((tags.host.folder / "ran").read_text()) == sorted("12" + "1122")


def test_suite_that_uses_nothing_imports_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import sys

        def test_x():
            assert not {"alembic", "sqlalchemy", "psycopg"} & set(sys.modules)
    """)
    alone = ("-p", "no:pytest_postgresql", "-p", "no:hypothesispytest", "-p", "no:cacheprovider")
    pytester.runpytest_subprocess(*alone).assert_outcomes(passed=1)


def test_plugin_can_be_left_out(suite: Suite) -> None:
    found = suite.pytester.runpytest_subprocess("-p", "no:alembic_plugins", "--alembic-plugins")
    assert found.ret == pytest.ExitCode.USAGE_ERROR
