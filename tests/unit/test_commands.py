"""What commands refuse before they look at anything."""

from inspect import isfunction
from pathlib import Path

import pytest
from alembic.config import Config

from alembic_plugins import author_commands, commands, inspection, maintenance, store_commands
from alembic_plugins.errors import InvalidName, OfflineUnknown, WrongCombination

PATH = Path("billing.dump")


@pytest.mark.parametrize(("purge", "backup"), [(True, None), (False, PATH), (True, PATH)])
def test_data_is_either_kept_or_dropped(purge: bool, backup: Path | None) -> None:
    with pytest.raises(WrongCombination) as excinfo:
        commands.uninstall(Config(), ["billing"], keep_data=True, purge=purge, backup=backup)
    assert excinfo.value.option == "--keep-data"


@pytest.mark.parametrize(
    ("keep_data", "backup", "option"), [(True, None, "--keep-data"), (False, PATH, "--backup")]
)
def test_data_cannot_be_kept_without_a_database(
    keep_data: bool, backup: Path | None, option: str
) -> None:
    with pytest.raises(OfflineUnknown) as excinfo:
        commands.uninstall(Config(), ["billing"], keep_data=keep_data, backup=backup, sql=True)
    assert excinfo.value.command == f"alembic plugin uninstall --sql {option}"


def test_upgrade_of_all_cannot_be_told_without_a_database() -> None:
    with pytest.raises(OfflineUnknown):
        commands.upgrade(Config(), sql=True)


@pytest.mark.parametrize("name", ["../x", "host", "head", ""])
def test_restore_wants_a_name_that_a_plugin_can_have(name: str) -> None:
    with pytest.raises(InvalidName):
        commands.restore(Config(), name, path=PATH)


@pytest.mark.parametrize("name", ["../x", "host", "head", ""])
def test_adopt_wants_a_name_that_a_plugin_can_have(name: str) -> None:
    with pytest.raises(InvalidName):
        commands.adopt(Config(), name)


MODULES = (author_commands, commands, inspection, maintenance, store_commands)
"""The modules whose functions are commands, but for the `QUESTIONS` of health checks."""

QUESTIONS = {"is_up_to_date", "pending"}


def test_every_command_is_public_and_nothing_else() -> None:
    own = {
        name
        for module in MODULES
        for name, value in vars(module).items()
        if isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    }
    assert own - QUESTIONS == set(commands.__all__)


def test_every_command_is_found_by_its_name() -> None:
    assert [getattr(commands, name).__name__ for name in commands.__all__] == commands.__all__


def test_what_is_no_command_is_told() -> None:
    with pytest.raises(AttributeError, match=r"'alembic_plugins.commands' has no attribute 'ad'"):
        _ = commands.ad  # type: ignore[attr-defined]  # mypy has to see that, too
