"""What commands print as JSON is what the schemas in the documentation say, and nothing besides."""

import json
import shlex
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support.hosts import Host

from alembic_plugins.json_values import JSON

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "json.md"
SCHEMAS = json.loads(PAGE.with_name("schemas.json").read_text("utf-8"))

COMMANDS = {
    "list": ["list"],
    "show": ["show audit", "show notes", "show host"],
    "history": ["history"],
    "plan": ["install notes posts", "downgrade audit -1 --yes", "upgrade --all"],
    "footprint": ["install notes --dry-run --footprint"],
    "removal": ["uninstall audit --dry-run"],
    "verify": ["verify"],
    "fix": ["verify --fix --dry-run"],
    "check": ["check notes"],
    "store": ["store audit"],
}


def forbid_others(schema: JSON) -> JSON:
    """Return a schema by which objects have no keys but those that it names."""
    if isinstance(schema, list):
        return [forbid_others(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: forbid_others(value) for key, value in schema.items()}
    if "required" in schema:
        strict.setdefault("additionalProperties", False)
    return strict


@pytest.fixture
def changed(example: Host) -> Host:
    """The example host, with something to be told of everywhere."""
    example.run("plugin", "install", "audit")
    example.database.execute("CREATE TABLE audit.copies (id bigint)")
    return example


def test_output_is_as_the_schemas_say(changed: Host) -> None:
    strict = forbid_others(SCHEMAS)
    assert isinstance(strict, dict)
    problems = []
    for name, commands in COMMANDS.items():
        validator = Draft202012Validator({**strict, "$ref": f"#/$defs/{name}"})
        for command in commands:
            printed = json.loads(changed.alembic("plugin", *shlex.split(command), "--json").stdout)
            found = validator.iter_errors(printed)
            problems += [f"{command}: {error.json_path}: {error.message}" for error in found]
    assert problems == []


def test_schemas_are_valid_and_on_the_page() -> None:
    Draft202012Validator.check_schema(SCHEMAS)
    text = PAGE.read_text("utf-8").partition("```{literalinclude}")[0]
    assert [name for name in COMMANDS if f"`{name}`" not in text] == []
