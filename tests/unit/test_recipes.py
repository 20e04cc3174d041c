"""Workflows that we write, show and use are what GitHub and GitLab take."""

import subprocess
import sys
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml
from support.blocks import PATH, read_blocks

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how-to" / "ci.md"
WRITTEN = ROOT / "alembic_plugins/authoring/templates/package/tests.yml.template"
RELEASE = ROOT / ".github" / "workflows" / "release.yml"


def find_files() -> dict[str, str]:
    """Return the files that the page on CI shows, by their paths."""
    blocks = [(PATH.match(block.text), block.text) for block in read_blocks(PAGE.read_text())]
    return {path[1]: text for path, text in blocks if path}


@pytest.mark.parametrize(
    ("schema", "files"),
    [
        (
            "github-workflows",
            {
                "tests.yml": Template(WRITTEN.read_text()).substitute(),
                "release.yml": RELEASE.read_text(),
                "check.yml": find_files()[".github/workflows/check.yml"],
            },
        ),
        ("gitlab-ci", {"gitlab-ci.yml": find_files()[".gitlab-ci.yml"]}),
    ],
)
def test_workflows_are_valid(tmp_path: Path, schema: str, files: dict[str, str]) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    done = subprocess.run([*command, *files], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "ok -- validation done\n")


def test_hook_that_is_shown_is_the_hook_of_the_repository() -> None:
    [ours] = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    [repository] = yaml.safe_load(find_files()[".pre-commit-config.yaml"])["repos"]
    [shown] = repository["hooks"]
    assert shown == {key: value for key, value in ours.items() if key != "description"}


def test_release_takes_a_tag_and_no_secret() -> None:
    text = RELEASE.read_text()
    workflow: dict[Any, Any] = yaml.safe_load(text)
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML takes `on` for a boolean.
    assert workflow["jobs"]["publish"]["permissions"] == {"id-token": "write"}
    assert "secrets." not in text
