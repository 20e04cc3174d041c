"""The names that plugins had before."""

from support.checked import Checked

FORMERLY = 'formerly = ["billing"]'


def test_former_name_of_another_plugin_is_found(checked: Checked) -> None:
    checked.add("billing").declare(FORMERLY).revise()
    assert checked.find() == [("former-name-taken", "plugin.toml", 1)]


def test_former_name_that_two_claim_is_found(checked: Checked) -> None:
    checked.add("empty").declare(FORMERLY).revise()
    (checked.folder / "plugins" / "empty" / "plugin.toml").write_text(FORMERLY)
    assert checked.find() == [("former-name-taken", "plugin.toml", 1)]


def test_requirement_by_a_former_name_is_found(checked: Checked) -> None:
    checked.add("billing").declare('requires = ["money?"]').revise()
    (checked.folder / "plugins" / "billing" / "plugin.toml").write_text('formerly = ["money"]')
    assert checked.find() == [("former-name-used", "plugin.toml", 1)]


def test_former_name_that_nobody_else_has_is_fine(checked: Checked) -> None:
    checked.declare(FORMERLY).revise()
    assert checked.find() == []


def test_dependency_by_a_former_name_is_there(checked: Checked) -> None:
    checked.add("billing").declare('requires = ["billing"]').revise(depends_on="money")
    (checked.folder / "plugins" / "billing" / "plugin.toml").write_text('formerly = ["money"]')
    assert checked.find() == []
