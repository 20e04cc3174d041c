"""From what a caller names to a configuration."""

from pathlib import Path

import pytest
from alembic.config import Config

from alembic_plugins.config.sources import extend_config, keep_config, open_config
from alembic_plugins.errors import BrokenConfiguration

from ..builders import write_file


def test_configuration_is_taken_as_it_is() -> None:
    config = Config()
    assert open_config(config) is config


@pytest.mark.parametrize("name", ["alembic.ini", "pyproject.toml"])
@pytest.mark.parametrize("kind", [Path, str])
def test_files_of_a_folder_are_one_configuration(
    tmp_path: Path, name: str, kind: type[Path | str]
) -> None:
    write_file(tmp_path / "alembic.ini", "[alembic]\nsqlalchemy.url = here\n")
    write_file(tmp_path / "pyproject.toml", '[tool.alembic]\nscript_location = "there"\n')
    config = open_config(kind(tmp_path / name))
    assert config.get_alembic_option("sqlalchemy.url") == "here"
    assert config.get_alembic_option("script_location") == "there"


@pytest.mark.parametrize("name", ["alembic.ini", "pyproject.toml"])
def test_one_file_will_do(tmp_path: Path, name: str) -> None:
    text = '[tool.alembic]\nscript_location = "x"\n[alembic]\nscript_location = x\n'
    (tmp_path / name).write_text(text if name.endswith("ini") else text.partition("[alembic]")[0])
    config = open_config(tmp_path / name)
    assert config.get_alembic_option("script_location") == "x"


def test_file_of_another_name_is_an_ini_file(tmp_path: Path) -> None:
    path = write_file(tmp_path / "other.cfg", "[alembic]\nscript_location = x\n")
    assert open_config(path).get_alembic_option("script_location") == "x"


@pytest.mark.parametrize(
    ("name", "reason"), [("alembic.ini", "there is no such file"), ("", "it is a folder")]
)
def test_path_that_leads_to_no_file_is_told(tmp_path: Path, name: str, reason: str) -> None:
    with pytest.raises(BrokenConfiguration) as excinfo:
        open_config(tmp_path / name)
    assert (excinfo.value.file, excinfo.value.reason) == (str(tmp_path / name), reason)


def test_attributes_are_added_to_another_configuration() -> None:
    config = Config(attributes={"plugin": "audit"})
    extended = extend_config(config, connection=1)
    assert extended.attributes == {"plugin": "audit", "connection": 1}
    assert config.attributes == {"plugin": "audit"}


def test_configuration_of_a_path_is_kept_until_a_file_changes(tmp_path: Path) -> None:
    path = write_file(tmp_path / "alembic.ini", "[alembic]\nscript_location = x\n")
    kept = keep_config(path)
    assert keep_config(str(path)) is kept
    write_file(tmp_path / "pyproject.toml", "[tool.alembic]\n")
    other = keep_config(path)
    assert other is not kept
    path.write_text("[alembic]\nscript_location = another\n")
    assert keep_config(path).get_alembic_option("script_location") == "another"


def test_configuration_that_is_given_is_the_one_that_is_kept() -> None:
    config = Config()
    assert keep_config(config) is config
