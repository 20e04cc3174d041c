"""``alembic plugin check``, as it is called by authors and by CI."""

import json

import pytest
from support.hosts import Host

FILE = "plugins/tags/versions/tags_1.py"
ADVICE = (
    "Drop it in a later release, when no running version uses it any more, by a revision that is "
    'marked phase = "contract"'
)

REVISION = """\
from alembic import op

revision = "tags_1"
down_revision = None


def upgrade():
    op.drop_column("tags", "id")


def downgrade():
    pass
"""


@pytest.fixture
def host(host: Host) -> Host:
    """A host with a plugin whose revision does what it should not."""
    host.write(FILE, REVISION)
    return host


def test_findings_are_told_by_their_lines(host: Host) -> None:
    nowhere = {"DATABASE_URL": "postgresql://nowhere.invalid/database"}
    result = host.alembic("plugin", "check", "tags", env=nowhere)
    assert result.exit_code == 1
    assert result.lines == [
        f"{FILE}:8: ban-drop-column: a column is dropped. {ADVICE}.",
        f"{FILE}:11: empty-downgrade: downgrade() does nothing. Undo what upgrade() does, or "
        "say why nothing has to be, by '# check: ignore[empty-downgrade] reason'.",
        "2 findings",
    ]


def test_nothing_found_is_success(host: Host) -> None:
    assert host.succeed("plugin", "check", "host").lines == ["no findings"]


def test_all_but_installed_packages_are_checked_by_default(host: Host) -> None:
    host.add("two_heads")
    lines = host.alembic("plugin", "check").lines
    assert {line.partition("/versions")[0] for line in lines[:-1]} == {
        "plugins/tags",
        "plugins/two_heads",
    }


def test_findings_are_annotations_of_github(host: Host) -> None:
    first = host.alembic("plugin", "check", "tags", "--github").lines[0]
    assert first == (
        f"::error file={FILE},line=8,title=ban-drop-column::a column is dropped. {ADVICE}."
    )


def test_findings_are_json(host: Host) -> None:
    first, _ = json.loads(host.alembic("plugin", "check", "tags", "--json").stdout)
    assert first == {
        "rule": "ban-drop-column",
        "level": "error",
        "plugin": "tags",
        "file": FILE,
        "line": 8,
        "message": "a column is dropped",
        "advice": ADVICE,
    }


def test_findings_are_sarif(host: Host) -> None:
    log = json.loads(host.alembic("plugin", "check", "tags", "--sarif").stdout)
    [run] = log["runs"]
    assert log["version"] == "2.1.0"
    assert [result["ruleId"] for result in run["results"]] == ["ban-drop-column", "empty-downgrade"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [
        result["ruleId"] for result in run["results"]
    ]
    assert run["results"][0]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": FILE},
        "region": {"startLine": 8},
    }


def test_rule_is_explained(host: Host) -> None:
    assert host.succeed("plugin", "check", "--explain", "exits").lines == [
        "exits: A revision that ends the process ends the whole command, of other plugins too.",
        "Raise an exception instead.",
    ]


def test_rule_that_is_not_there_cannot_be_explained(host: Host) -> None:
    words = host.refuse("plugin", "check", "--explain", "exit")
    assert words.startswith("Option '--explain' is 'exit'. Set it to one of adding-field-with-")


def test_two_formats_are_refused(host: Host) -> None:
    words = host.refuse("plugin", "check", "--json", "--sarif")
    assert words == "Option '--json' cannot be given with --sarif. Leave out one of them."


def test_plugin_that_is_not_there_is_refused(host: Host) -> None:
    assert host.refuse("plugin", "check", "tag").startswith("There is no plugin 'tag'")


def test_broken_declaration_is_a_finding(host: Host) -> None:
    host.declare("tags", "name = 1")
    result = host.alembic("plugin", "check", "tags")
    assert result.exit_code == 1
    assert "alembic.ini:1: broken-plugin: The declaration of plugin 'tags'" in result.lines[0]


def test_lock_files_are_written(host: Host) -> None:
    assert host.succeed("plugin", "check", "host", "--lock").lines == [
        "wrote host.lock",
        "no findings",
    ]
    assert (host.folder / "host.lock").is_file()
