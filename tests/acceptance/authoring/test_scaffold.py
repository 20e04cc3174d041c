"""What is written for an author works at once."""

from collections.abc import Callable
from pathlib import Path

import pytest
from support.calls import call_alembic
from support.databases import Database


@pytest.fixture
def alembic(tmp_path: Path, database: Database) -> Callable[..., str]:
    """What runs a command line in the host's folder, and has to succeed."""

    def run(*words: str, folder: Path = tmp_path / "app") -> str:
        env = {"DATABASE_URL": database.text, "PYTHONPATH": str(tmp_path / "site")}
        code, stdout, stderr = call_alembic(words, folder, env)
        assert code == 0, stdout + stderr
        return stdout

    run("plugin", "init-host", "app", folder=tmp_path)
    return run


@pytest.mark.parametrize(
    "options", [(), ("--async",), ("--pyproject",), ("--async", "--pyproject")]
)
def test_host_has_revisions_and_plugins(
    tmp_path: Path, database: Database, options: tuple[str, ...], alembic: Callable[..., str]
) -> None:
    alembic("plugin", "init-host", "own", *options, folder=tmp_path)
    own = tmp_path / "own"
    alembic("revision", "-m", "begin", "--rev-id", "a1", folder=own)
    alembic("plugin", "new", "crm", "--folder", folder=own)
    alembic("plugin", "install", "crm", folder=own)
    assert "a1" in database.versions()
    assert database.tables() == ["crm.entries"]
    alembic("plugin", "uninstall", "crm", "--yes", folder=own)
    assert database.tables() == []


@pytest.mark.parametrize(
    ("namespace", "table"),
    [("schema crm", "crm.entries"), ("prefix crm_", "public.crm_entries")],
)
def test_folder_is_a_plugin_whose_models_are_as_its_tables(
    database: Database, namespace: str, table: str, alembic: Callable[..., str]
) -> None:
    alembic("plugin", "new", "crm", "--folder", "--namespace", namespace)
    alembic("plugin", "install", "crm")
    assert database.tables() == [table]
    alembic("-x", "plugin=crm", "check")


def test_package_is_a_plugin_when_it_is_installed(
    tmp_path: Path, database: Database, alembic: Callable[..., str]
) -> None:
    alembic("plugin", "new", "crm", "--path", "../site", "--package", "acme_crm")
    metadata = tmp_path / "site" / "acme_crm-0.1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-crm\nVersion: 0.1.0\n")
    group = "[alembic_plugins.plugins]\ncrm = acme_crm.plugin:plugin\n"
    (metadata / "entry_points.txt").write_text(group)
    alembic("plugin", "install", "crm")
    assert database.tables() == ["crm.entries"]
    alembic("-x", "plugin=crm", "check")


def test_next_commands_can_be_pasted(tmp_path: Path, alembic: Callable[..., str]) -> None:
    written = alembic("plugin", "new", "crm", "--path", "../my plugins")
    assert written.splitlines()[-2:] == [
        'next: pip install -e "../my plugins"',
        "next, in the folder of a host: alembic plugin install crm",
    ]
    ini = tmp_path / "app" / "alembic.ini"
    ini.rename(ini.with_name("other.ini"))
    written = alembic("-c", "other.ini", "plugin", "new", "crm", "--folder")
    next_command = written.splitlines()[-1].removeprefix("next: alembic ")
    assert next_command == "-c other.ini plugin install crm"


def test_host_without_folders_for_plugins_is_told(
    tmp_path: Path, alembic: Callable[..., str]
) -> None:
    alembic("plugin", "init-host", "other", folder=tmp_path)
    ini = tmp_path / "other" / "alembic.ini"
    ini.write_text(ini.read_text().replace("plugin_folders = plugins", "plugin_folders ="))
    code, stdout, stderr = call_alembic(("plugin", "new", "crm", "--folder"), ini.parent, {})
    assert code != 0
    assert "Option 'plugin_folders' is ''" in stdout + stderr
