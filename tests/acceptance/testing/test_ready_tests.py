"""The ready tests: a good plugin passes all of them, and for each one there is a bad plugin."""

import subprocess
from pathlib import Path

from support.hosts import Host
from support.suites import Suite

pytest_plugins = ["pytester"]

_MODELS = """\
from sqlalchemy import Column, Integer, MetaData, Table

metadata = MetaData()
Table("tags", metadata, Column("id", Integer, primary_key=True){more})
"""

_TAGS = "CREATE TABLE tags (id serial PRIMARY KEY)"

_BUSY = """
    DO $$ BEGIN
        PERFORM pg_sleep(0.2);
        IF (SELECT count(*) > 2 FROM pg_stat_activity WHERE datname = current_database()) THEN
            RAISE 'others are connected';
        END IF;
    END $$
"""

_ONCE = (
    "DO $$ BEGIN IF current_setting('test.seen', true) = 'yes' THEN RAISE 'seen'; END IF; "
    "PERFORM set_config('test.seen', 'yes', false); END $$"
)

_NO_ROWS = "DO $$ BEGIN IF EXISTS (SELECT FROM tags) THEN RAISE 'there are rows'; END IF; END $$"

_OFFLINE = """\
from alembic import context, op

revision = "offline_1"
down_revision = None


def upgrade():
    kind = "int" if context.is_offline_mode() else "bigint"
    op.execute(f"CREATE TABLE tags (id {kind})")


def downgrade():
    op.execute("DROP TABLE tags")
"""

_ASKS = """\
from alembic import op

revision = "forgetful_1"
down_revision = None


def upgrade():
    op.execute("CREATE TABLE tags (id int)")


def downgrade():
    for (name,) in op.get_bind().exec_driver_sql("SELECT 'tags'").all():
        op.execute(f"DROP TABLE {name}")
"""


_REVISION = """\
from alembic import op

revision = "{name}"
down_revision = {below}


def upgrade():
    op.execute({up!r})


def downgrade():
    op.execute({down!r})
"""


def revise(host: Host, plugin: str, up: str, down: str) -> None:
    """Give a plugin its next revision."""
    folder = f"plugins/{plugin}/versions"
    number = len([*(host.folder / folder).glob("*.py")]) + 1
    below = repr(f"{plugin}_{number - 1}") if number > 1 else None
    text = _REVISION.format(name=f"{plugin}_{number}", below=below, up=up, down=down)
    host.write(f"{folder}/{plugin}_{number}.py", text)


def add_good(host: Host) -> None:
    """Give a host a plugin that does nothing wrong."""
    revise(host, "good", _TAGS, "DROP TABLE tags")
    revise(host, "good", "CREATE VIEW ids AS SELECT id FROM tags", "DROP VIEW ids")
    host.declare("good", 'models = "models:metadata"')
    host.write("plugins/good/models.py", _MODELS.format(more=""))
    host.write("plugins/good/rows/good_1.sql", "INSERT INTO tags DEFAULT VALUES")


def add_bad(host: Host) -> None:
    """Give a host plugins of which each does one thing wrong."""
    host.add("two_heads")
    revise(host, "careless", _TAGS, "DROP TABLE tags")
    host.write("plugins/careless/versions/careless_2.py.txt", 'revision = "careless_2"')
    revise(
        host,
        "trespasser",
        "ALTER TABLE public.accounts ADD COLUMN stray int",
        "ALTER TABLE public.accounts DROP COLUMN stray",
    )
    revise(host, "modeless", _TAGS, "DROP TABLE tags")
    host.declare("modeless", 'models = "models:metadata"')
    host.write("plugins/modeless/models.py", _MODELS.format(more=', Column("word", Integer)'))
    revise(host, "sticky", _TAGS, "SELECT 1")
    host.write("plugins/forgetful/versions/forgetful_1.py", _ASKS)
    revise(host, "rowless", _TAGS, "DROP TABLE tags")
    revise(host, "rowless", _NO_ROWS, "SELECT 1")
    host.write("plugins/rowless/rows/rowless_1.sql", "INSERT INTO tags DEFAULT VALUES")
    host.write("plugins/offline/versions/offline_1.py", _OFFLINE)
    revise(host, "impatient", _BUSY, "SELECT 1")
    revise(host, "once", _ONCE, "SELECT 1")
    revise(host, "tracing", _TAGS, "DROP TABLE tags")
    revise(host, "tracing", "ALTER TABLE tags ADD COLUMN IF NOT EXISTS word text", "SELECT 1")


_INI = """\
[pytest]
alembic_plugins_skip = tags test_works_with_rows: it has none
alembic_plugins_xfail = tags-tags_1 test_downgrade_leaves_no_trace: it shall stay
"""

_ROWS = """\
import pytest


@pytest.fixture
def plugin_rows():
    return {"after": {"tags_1": [{"__tablename__": "tags", "id": 7}]}}
"""

_MODULE = """\
import pytest

from alembic_plugins.testing.checks import test_has_one_head

pytestmark = pytest.mark.alembic_plugins_skip(
    plugin="tags", check="test_has_one_head", reason="not here"
)
"""


def run_git(folder: Path, *words: str) -> None:
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


_FAILURES = {
    ("careless", "passes_check"): """\
Plugin 'careless' does not keep to rules:
  plugins/careless/versions/careless_2.py.txt:1: file-not-run: Alembic will never run it: of its \
name.
    Give it a name that ends in .py, directly in the versions folder, or remove it.""",
    ("forgetful", "uninstalls_without_its_files"): """\
Plugin 'forgetful' cannot be uninstalled.
Revision 'forgetful_1' of 'forgetful' cannot be downgraded without its file, since its downgrade() \
could not be rendered as SQL: its downgrade() asks the database something. Put back the version of \
the plugin's package that has it, or drop the plugin's objects with 'alembic plugin uninstall \
forgetful --purge'.""",
    ("impatient", "installs_beside_another_process"): """\
Plugin 'impatient' cannot be installed by two processes at once.
upgrade() of revision 'impatient_1' of 'impatient' failed: others are connected \
('plugins/impatient/versions/impatient_1.py', line 8). Its transaction was rolled back; correct \
the revision and run the command again.
  statement: DO $$ BEGIN PERFORM pg_sleep(0.2); IF (SELECT count(*) > 2 FROM pg_stat_activity \
WHERE datname = current_database()) THEN RAISE 'others are connected'; END IF; END $$""",
    ("modeless", "models_match_its_head"): """\
The models of plugin 'modeless' and its revisions differ. A new one would be:
  op.add_column('tags', sa.Column('word', sa.Integer(), nullable=True))""",
    ("offline", "offline_sql_makes_the_same"): """\
After the SQL of plugin 'offline', the database is another one:
  column offline.tags.id is 'integer' instead of 'bigint'""",
    ("once", "upgrades_downgrades_and_upgrades"): f"""\
Revision 'once_1' of plugin 'once': seen.
  plugins/once/versions/once_1.py:8: op.execute("{_ONCE}")
Correct the revision.""",
    ("rowless", "works_with_rows"): f"""\
Revision 'rowless_2' of plugin 'rowless', with rows, cannot be run up.
upgrade() of revision 'rowless_2' of 'rowless' failed: there are rows \
('plugins/rowless/versions/rowless_2.py', line 8). Its transaction was rolled back; correct the \
revision and run the command again.
  statement: {_NO_ROWS}""",
    ("sticky", "installs_uninstalls_and_reinstalls"): """\
Plugin 'sticky' cannot be uninstalled.
The downgrades of plugin 'sticky' leave table sticky.tags. Drop that too with 'alembic plugin \
uninstall sticky --purge'; nothing was changed.""",
    ("tracing", "downgrade_leaves_no_trace"): """\
Revision 'tracing_2' of plugin 'tracing': after downgrade(), column tracing.tags.word is not \
expected.
  plugins/tracing/versions/tracing_2.py:11: def downgrade():
Let downgrade() undo all that upgrade() does, and nothing else.""",
    ("trespasser", "stays_in_its_namespace"): """\
Revision 'trespasser_1' of 'trespasser' alters table public.accounts, which belongs to the host. \
Declare writes = ["accounts"] in folder 'plugins/trespasser', or correct the revision; its \
transaction was rolled back.""",
    ("two_heads", "has_one_head"): """\
Plugin 'two_heads' has 2 heads:
  two_2a: plugins/two_heads/versions/two_2a_create_left_heads.py
  two_2b: plugins/two_heads/versions/two_2b_create_right_heads.py
Join them with 'alembic -x plugin=two_heads merge heads', or let one follow the other.""",
}


def test_bad_plugins_fail_in_words_each_by_its_own_test(suite: Suite) -> None:
    add_good(suite.host)
    add_bad(suite.host)
    chosen = " or ".join(f"({plugin} and {test})" for plugin, test in _FAILURES)
    found = suite.run("--alembic-plugins", "-k", f"good or {chosen}")
    assert found.find_failures("good") == {}
    assert {p: found.find_failures(p) for p, _ in _FAILURES} == {
        plugin: {test: text} for (plugin, test), text in _FAILURES.items()
    }


def test_what_hangs_on_order_and_earlier_releases_is_found(suite: Suite) -> None:
    late = "DO $$ BEGIN IF to_regclass('early.tags') IS NULL THEN CREATE TABLE alone (id int); "
    late += "END IF; END $$"
    revise(suite.host, "early", _TAGS, "DROP TABLE tags")
    revise(suite.host, "late", late, "DROP TABLE IF EXISTS alone")
    run_git(suite.host.folder, "init", "-q")
    run_git(suite.host.folder, "add", ".")
    run_git(suite.host.folder, "commit", "-qm", "release")
    run_git(suite.host.folder, "tag", "v1.0")
    revise(suite.host, "early", "CREATE TABLE words (id int)", "DROP TABLE words")
    edited = suite.host.folder / "plugins/late/versions/late_1.py"
    edited.write_text(edited.read_text().replace("alone", "lonely"))
    found = suite.run("--alembic-plugins=early,late", "-k", "order or release")
    assert found.passed == ["test_upgrades_from_release[early-v1.0]"]
    assert found.failed == {
        "test_upgrades_from_release[late-v1.0]": """\
After the upgrade of plugin 'late' from v1.0, the database is another one:
  table late.alone is not expected
  table late.lonely is missing""",
        "test_order_of_installation_does_not_matter[early+late]": """\
After an install in reverse order of early, late, the database is another one:
  table late.lonely is not expected""",
    }


def test_tests_are_skipped_and_expected_to_fail_with_reasons(suite: Suite) -> None:
    revise(suite.host, "tags", _TAGS, "SELECT 1")
    suite.host.write("pytest.ini", _INI)
    suite.host.write("test_tags.py", _MODULE)
    found = suite.run("--alembic-plugins", "-k", "head or trace or sticky or rows")
    assert (found.failed, found.passed) == ({}, ["test_has_one_head[tags]"])
    assert found.skipped == {
        "test_models_match_its_head[tags]": "Skipped: plugin 'tags' declares no models",
        "test_works_with_rows[tags]": "Skipped: it has none",
        "test_downgrade_leaves_no_trace[tags-tags_1]": "it shall stay",
        "test_has_one_head[tags]": "Skipped: not here",
    }


def test_plugin_that_is_not_there_is_named(suite: Suite) -> None:
    revise(suite.host, "tags", _TAGS, "DROP TABLE tags")
    suite.host.write("audit/test_x.py", "def test_x(): pass")
    found = suite.run("--alembic-plugins=audit")
    assert found.exit_code == 2
    words = "There is no plugin 'audit'. The plugins that are found: tags. Write paths of tests"
    assert words in found.text


def test_rows_are_those_of_the_conftest_in_the_folder_of_tests(suite: Suite) -> None:
    revise(suite.host, "tags", _TAGS, "DROP TABLE tags")
    revise(suite.host, "tags", _NO_ROWS, "SELECT 1")
    suite.host.write("tests/conftest.py", _ROWS)
    suite.host.write("tests/test_x.py", "def test_x(): pass")
    found = suite.run("--alembic-plugins", "-k", "with_rows or test_x")
    assert found.passed == ["test_x"]
    words = "Revision 'tags_2' of plugin 'tags', with rows, cannot be run up."
    assert found.failed["test_works_with_rows[tags]"].startswith(words)


def test_rows_that_cannot_be_inserted_are_told(suite: Suite) -> None:
    revise(suite.host, "tags", _TAGS, "DROP TABLE tags")
    suite.host.write("conftest.py", _ROWS.replace('"id"', '"word"'))
    found = suite.run("--alembic-plugins", "-k", "with_rows")
    assert found.failed["test_works_with_rows[tags]"] == (
        "The rows for revision 'tags_1' of plugin 'tags' cannot be inserted.\n"
        "Unconsumed column names: word"
    )
