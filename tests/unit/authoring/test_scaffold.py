"""The files that an author begins with."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from alembic_plugins.authoring import scaffold
from alembic_plugins.errors import (
    BrokenConfiguration,
    FilesExist,
    InvalidName,
    InvalidOption,
    NotWritable,
    PackageTaken,
)


def find_declared(files: tuple[Path, ...]) -> str:
    """Return the declaration of a plugin's package."""
    [file] = (file for file in files if file.name == "plugin.py")
    return file.read_text()


def read_revision(files: tuple[Path, ...]) -> str:
    """Return the first revision."""
    [file] = (file for file in files if file.parent.name == "versions")
    return file.read_text()


def test_package_names_its_entry_point_and_its_revision_files(tmp_path: Path) -> None:
    scaffold.write_package(tmp_path, "audit", package="acme_audit")
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())
    entry_points = project["project"]["entry-points"]["alembic_plugins.plugins"]
    assert entry_points == {"audit": "acme_audit.plugin:plugin"}
    assert project["project"]["name"] == "acme-audit"
    [pattern] = project["tool"]["setuptools"]["package-data"]["acme_audit"]
    assert len(list((tmp_path / "acme_audit").glob(pattern))) == 1


@pytest.mark.parametrize("namespace", [None, "schema audit", "prefix audit_", "schema x existing"])
def test_all_that_is_written_is_python_or_toml(tmp_path: Path, namespace: str | None) -> None:
    files = [
        *scaffold.write_package(tmp_path / "package", "audit", namespace=namespace),
        *scaffold.write_folder(tmp_path / "folder", "audit", namespace=namespace),
    ]
    for file in files:
        if file.suffix == ".py":
            ast.parse(file.read_text())
        elif file.suffix == ".toml":
            tomllib.loads(file.read_text())


@pytest.mark.parametrize(
    ("namespace", "declared", "table"),
    [
        ("prefix audit_", 'namespace=Prefix("audit_")', "audit_entries"),
        ("prefix log audit_", 'namespace=Prefix("log", "audit_")', "log"),
        ("schema logs", 'namespace=Schema("logs")', "entries"),
        ("schema public existing", 'Schema("public", create=False)', "audit_entries"),
        (None, "Plugin", "entries"),
    ],
)
def test_table_fits_the_namespace(
    tmp_path: Path, namespace: str | None, declared: str, table: str
) -> None:
    files = scaffold.write_package(tmp_path, "audit", namespace=namespace)
    assert declared in find_declared(files)
    assert f'op.create_table(\n        "{table}"' in read_revision(files)
    assert f'__tablename__ = "{table}"' in (tmp_path / "audit" / "models.py").read_text()


@pytest.mark.parametrize("package", ["email", "class", "a-b", "pytest"])
def test_package_is_not_called_as_another_module(tmp_path: Path, package: str) -> None:
    with pytest.raises(PackageTaken):
        scaffold.write_package(tmp_path, "audit", package=package)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "namespace", "error"),
    [("public", None, InvalidName), ("audit", "table x", InvalidOption)],
)
def test_what_cannot_be_declared_is_not_written(
    tmp_path: Path, name: str, namespace: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error):
        scaffold.write_folder(tmp_path, name, namespace=namespace)
    assert list(tmp_path.iterdir()) == []


def write_all(folder: Path) -> Iterator[object]:
    """Write one of each into folders."""
    yield scaffold.write_package(folder / "package", "audit")
    yield scaffold.write_folder(folder / "folder", "audit")
    yield scaffold.write_host(folder / "host")
    yield scaffold.write_host(folder / "project", pyproject=True)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    list(write_all(tmp_path))
    before = {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()}
    with pytest.raises(FilesExist):
        scaffold.write_package(tmp_path / "package", "audit")
    with pytest.raises(FilesExist):
        scaffold.write_folder(tmp_path / "folder", "audit")
    for pyproject, name in enumerate(("host", "project")):
        with pytest.raises(FilesExist):
            scaffold.write_host(tmp_path / name, pyproject=bool(pyproject))
    assert {file: file.read_bytes() for file in tmp_path.rglob("*") if file.is_file()} == before


def test_project_of_a_host_is_kept(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    scaffold.write_host(tmp_path, pyproject=True)
    project = tomllib.loads((tmp_path / "pyproject.toml").read_text())
    assert project["project"]["name"] == "shop"
    assert project["tool"]["alembic"]["plugin_folders"] == ["plugins"]


def test_host_keeps_the_template_that_is_there(tmp_path: Path) -> None:
    template = tmp_path / "migrations" / "script.py.mako"
    template.parent.mkdir()
    template.write_text("own")
    with pytest.raises(FilesExist) as caught:
        scaffold.write_host(tmp_path)
    assert caught.value.paths == (str(template),)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [template]
    assert template.read_text() == "own"


def test_project_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool")
    with pytest.raises(BrokenConfiguration):
        scaffold.write_host(tmp_path, pyproject=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["pyproject.toml"]


def test_nothing_is_left_of_what_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "versions").write_text("a file, where a folder has to be")
    with pytest.raises(NotWritable) as caught:
        scaffold.write_folder(tmp_path, "crm")
    assert caught.value.path == str(tmp_path / "versions")
    assert [path.name for path in tmp_path.iterdir()] == ["versions"]
