"""What the rooms of the package may import, read from their syntax."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import version
from pathlib import Path

import pytest

import alembic_plugins
from alembic_plugins import errors

PACKAGE = Path(alembic_plugins.__file__).parent

ROOMS = (
    "_quoting",
    "_base_errors",
    "_alembic",
    "plugin",
    "revisions",
    "registry",
    "config",
    "catalog",
    "namespaces",
    "backup",
    "loading",
    "planning",
    "connection",
    "guard",
    "execution",
    "reports",
    "integration",
    "errors",
    "commands",
    "cli",
    "environment",
    "flask_commands",
    "extension",
)
"""The rooms from the ground up, folders and single modules alike: each imports only from rooms
before its own. The package itself, ``__init__``, imports nothing until it is asked for a name."""

MODULES = {
    ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path != PACKAGE / "__init__.py"
}


def find_room(module: str) -> str:
    """Return the room that a module, named from the package on, is in."""
    return module.partition(".")[0]


def find_imports(module: str, nodes: Iterator[ast.AST] | list[ast.stmt]) -> set[str]:
    """Return the modules of ours that import statements among `nodes` of a module name."""
    package = module if MODULES[module].name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for node in nodes:
        if not isinstance(node, ast.ImportFrom):
            continue
        base = (node.module or "").removeprefix("alembic_plugins").removeprefix(".")
        if node.level:
            parts = package.split(".") if package else []
            kept = parts[: len(parts) - (node.level - 1)]
            base = ".".join((*kept, *((node.module,) if node.module else ())))
        elif not (node.module or "").startswith("alembic_plugins"):
            continue
        names = {".".join(filter(None, (base, alias.name))) for alias in node.names}
        found |= {name if name in MODULES else base for name in names}
    return found - {"", module}


def parse(module: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(MODULES[module].read_text("utf-8"))


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_every_room_has_its_place_in_the_order() -> None:
    assert sorted(ROOMS) == sorted({find_room(module) for module in MODULES})


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {module: find_imports(module, ast.walk(parse(module))) for module in MODULES}
    assert find_circle(graph) == []


@pytest.mark.parametrize("module", MODULES)
def test_module_imports_only_from_rooms_below_its_own(module: str) -> None:
    room = find_room(module)
    imported = {find_room(other) for other in find_imports(module, ast.walk(parse(module)))}
    assert {other for other in imported - {room} if ROOMS.index(other) > ROOMS.index(room)} == set()


@pytest.mark.parametrize("module", MODULES)
def test_private_name_is_not_used_outside_its_folder(module: str) -> None:
    for node in ast.walk(parse(module)):
        if isinstance(node, ast.ImportFrom) and find_imports(module, [node]):
            modules = find_imports(module, [node])
            outside = [other for other in modules if find_room(other) != find_room(module)]
            names = [alias.name for alias in node.names if alias.name not in ROOMS]
            assert not (outside and [name for name in names if name.startswith("_")])


@pytest.mark.parametrize(
    "module", [name for name in MODULES if MODULES[name].name == "__init__.py"]
)
def test_folder_says_what_it_is_for_and_imports_nothing(module: str) -> None:
    tree = parse(module)
    assert ast.get_docstring(tree) or module == "environment"
    assert len(tree.body) <= 1


@pytest.mark.parametrize("module", [name for name in MODULES if find_room(name) == "planning"])
def test_planning_never_sees_sqlalchemy(module: str) -> None:
    assert "sqlalchemy" not in MODULES[module].read_text("utf-8")


@pytest.mark.parametrize("module", ["plugin", "catalog.diff", "revisions.source"])
def test_module_of_values_never_sees_sqlalchemy(module: str) -> None:
    assert "sqlalchemy" not in MODULES[module].read_text("utf-8")


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_module_has_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_module_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("module", sorted(set(MODULES) - {"_alembic"}))
def test_private_names_of_alembic_stay_in_one_module(module: str) -> None:
    imports = [node for node in ast.walk(parse(module)) if isinstance(node, ast.ImportFrom)]
    alembics = [node for node in imports if (node.module or "").startswith("alembic.")]
    names = [alias.name for node in alembics for alias in node.names]
    assert [name for name in names if name.startswith("_")] == []


def test_public_names_are_few() -> None:
    assert 0 < len(alembic_plugins.__all__) <= 20


@pytest.mark.parametrize("name", alembic_plugins.__all__)
def test_public_name_resolves(name: str) -> None:
    assert getattr(alembic_plugins, name).__name__ == name


@pytest.mark.parametrize("name", errors.__all__)
def test_public_error_is_there_by_its_name(name: str) -> None:
    assert getattr(errors, name).__name__ == name


def test_every_error_of_a_room_is_public() -> None:
    folders = [module for module in MODULES if module.endswith(".errors")]
    classes = {
        node.name
        for module in (*folders, "_base_errors")
        for node in parse(module).body
        if isinstance(node, ast.ClassDef)
    }
    assert classes == set(errors.__all__)


def test_name_that_is_not_public_is_told() -> None:
    with pytest.raises(AttributeError, match="'alembic_plugins' has no attribute 'no_such'"):
        _ = alembic_plugins.no_such  # type: ignore[attr-defined]  # mypy has to see that, too


def test_version_is_that_of_the_package() -> None:
    assert alembic_plugins.__version__ == version("alembic-plugins")
