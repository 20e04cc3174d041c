"""What is offered for an argument, and what happens without argcomplete."""

import sys
from argparse import Namespace
from io import StringIO
from pathlib import Path

import pytest
from alembic.config import CommandLine, Config

from alembic_plugins.cli import completion
from alembic_plugins.errors import NoCompletion


@pytest.fixture
def given(tmp_path: Path) -> Namespace:
    """A command line whose configuration has a plugin on disk."""
    (tmp_path / "plugins" / "crm" / "versions").mkdir(parents=True)
    ini = tmp_path / "my.ini"
    ini.write_text("[alembic]\nscript_location = alembic_plugins:environment\n")
    return Namespace(config=[str(ini)])


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        ("plugin", ["host", "crm"]),
        ("plugins", ["host", "crm"]),
        ("revisions", ["head", "heads", "base", "host@head", "crm@head"]),
        ("message", []),
        ("backup", None),
        ("config", None),
    ],
)
def test_argument_has_its_words(given: Namespace, argument: str, words: list[str] | None) -> None:
    found = completion.find_words(CommandLine(), argument, given)
    assert (found if found is None else list(found)) == words


def test_wrong_configuration_offers_no_plugins(given: Namespace) -> None:
    Path(given.config[0]).write_text("[alembic]\nplugin_wrong = 1\n")
    assert list(completion.find_words(CommandLine(), "plugin", given) or ()) == ["host"]


def test_code_of_a_shell_needs_argcomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "argcomplete.shell_integration", None)
    with pytest.raises(NoCompletion):
        completion.print_completion(Config(stdout=StringIO()), "bash")


def test_shell_has_no_answer_without_argcomplete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "argcomplete", None)
    assert completion.answer(CommandLine()) is None  # type: ignore[func-returns-value]
