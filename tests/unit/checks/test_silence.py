"""Rules that are silenced."""

import pytest
from support.checked import Checked

from alembic_plugins._base_errors import InvalidOption


@pytest.fixture
def checked(checked: Checked) -> Checked:
    """A host whose plugin has a downgrade that does nothing."""
    checked.revise("op.execute('SELECT 1')", "pass")
    return checked


def comment(checked: Checked, text: str) -> None:
    """Add a comment to the revision."""
    file = checked.versions / "tags_1.py"
    file.write_text(f"{file.read_text()}# {text}\n")


def test_comment_with_a_reason_silences_a_rule_in_its_file(checked: Checked) -> None:
    comment(checked, "check: ignore[empty-downgrade] nothing was made")
    assert checked.find() == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("check: ignore[empty-downgrade]", {"empty-downgrade", "wrong-ignore"}),
        ("check: ignore because", {"empty-downgrade", "wrong-ignore"}),
        ("check: ignore[no-such-rule] because", {"empty-downgrade", "wrong-ignore"}),
        ("check: ignore[exits, long-id] because", {"empty-downgrade"}),
    ],
)
def test_comment_that_says_too_little_is_found(checked: Checked, text: str, left: set[str]) -> None:
    comment(checked, text)
    assert checked.find_rules() == left


def test_comment_in_a_string_is_none(checked: Checked) -> None:
    file = checked.versions / "tags_1.py"
    file.write_text(f"'# check: ignore[empty-downgrade] because'\n{file.read_text()}")
    assert checked.find_rules() == {"empty-downgrade"}


def test_configuration_silences_a_rule_everywhere(checked: Checked) -> None:
    checked.configure("plugin_check_ignore = exits empty-downgrade")
    assert checked.find() == []


def test_configuration_that_names_no_rule_is_refused(checked: Checked) -> None:
    checked.configure("plugin_check_ignore = emty-downgrade")
    with pytest.raises(InvalidOption) as caught:
        checked.check()
    assert caught.value.value == "emty-downgrade"
