"""What docs/how-to/check.md shows is what happens."""

import re
import shlex
from pathlib import Path

import pytest
from support.checked import Checked
from support.documents import read_console, read_section, run

from alembic_plugins.checks.run import RULES

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "how-to" / "check.md"


@pytest.mark.parametrize("heading", ["An example", "The lock file"])
def test_console_block_shows_what_happens(checked: Checked, heading: str) -> None:
    checked.revise()
    block = read_section(PAGE, "An example").split("```python\n")[1].split("```")[0]
    path = block.partition("\n")[0].removeprefix("# ")
    (checked.folder / path).write_text(block)
    host = checked.revise(name="host_1")
    host.rename(checked.folder / "versions" / host.name)
    shown = read_console(PAGE, heading)
    assert [(command, run(command, checked.folder)) for command, _ in shown] == [
        (command, output.rstrip("\n") + "\n") for command, output in shown
    ]


def test_every_rule_is_in_the_page() -> None:
    rows = re.findall(
        r"^\| `([a-z-]+)` \| (.*) \| (.*)\. \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    assert rows == [(rule.name, rule.reason, rule.advice) for rule in RULES.values()]


def test_hook_runs_a_command_that_succeeds(checked: Checked) -> None:
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    [entry] = re.findall(r"^  entry: (.*)$", hook, re.MULTILINE)
    checked.revise()
    assert run(shlex.join(shlex.split(entry)), checked.folder) == "no findings\n"


@pytest.mark.parametrize(
    ("path", "matches"),
    [
        ("plugins/tags/versions/tags_1.py", True),
        ("alembic.ini", True),
        ("plugins/tags/tags.lock", True),
        ("plugins/tags/plugin.toml", True),
        ("plugins/tags/models.py", False),
    ],
)
def test_hook_runs_where_files_of_plugins_have_changed(path: str, matches: bool) -> None:
    hook = (ROOT / ".pre-commit-hooks.yaml").read_text("utf-8")
    [pattern] = re.findall(r"^  files: (.*)$", hook, re.MULTILINE)
    assert bool(re.search(pattern, path)) == matches
