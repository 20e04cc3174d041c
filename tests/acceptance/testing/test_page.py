"""The page about tests: what it shows is what happens, and it names all that there is."""

import re
from pathlib import Path

from support.documents import read_section
from support.suites import Suite

from alembic_plugins.testing import checks

pytest_plugins = ["pytester"]

PAGE = Path(__file__).parents[3] / "docs" / "how-to" / "testing.md"


def test_author_sees_what_the_page_shows(suite: Suite) -> None:
    section = read_section(PAGE, "For an author")
    module, console, failure = re.findall(r"```\w+\n(.*?)```", section, re.DOTALL)
    suite.host.revise("tags", "CREATE TABLE tags (word text)", "DROP TABLE tags")
    suite.host.revise("tags", "ALTER TABLE tags ADD COLUMN color text")
    for file in (suite.host.folder / "plugins/tags/versions").iterdir():
        file.write_text(file.read_text().replace("op.get_bind().exec_driver_sql", "op.execute"))
    suite.host.write("plugins/tags/versions/tags_2.py", _SECOND)
    suite.host.write("tests/test_tags.py", module)
    found = suite.run("-v", "tests/test_tags.py")
    shown = re.findall(r"^(\S+::\S+ [A-Z]+)", found.text, re.MULTILINE)
    assert shown == console.splitlines()[1:]
    assert found.failed["test_downgrade_leaves_no_trace[tags-tags_2]"] in failure


_SECOND = """\
# check: ignore[empty-downgrade] the page shows what the other test says
from alembic import op

revision = "tags_2"
down_revision = "tags_1"


def upgrade():
    op.execute("ALTER TABLE tags ADD COLUMN IF NOT EXISTS color text")



def downgrade():
    pass
"""


def test_every_ready_test_is_in_the_table_of_the_page() -> None:
    rows = re.findall(r"^\| `(test_\w+)` \|", read_section(PAGE, "The ready tests"), re.MULTILINE)
    assert sorted(rows) == sorted(checks.__all__)
