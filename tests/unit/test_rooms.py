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
    "_detection",
    "_quoting",
    "_terminal",
    "_driver_errors",
    "json_values",
    "_base_errors",
    "_warnings",
    "_alembic",
    "plugin",
    "revisions",
    "registry",
    "store",
    "hooks",
    "config",
    "catalog",
    "namespaces",
    "backup",
    "loading",
    "planning",
    "declared",
    "connection",
    "guard",
    "execution",
    "reports",
    "graph",
    "authoring",
    "checks",
    "capture",
    "fixing",
    "integration",
    "errors",
    "store_commands",
    "inspection",
    "locations",
    "maintenance",
    "startup",
    "results",
    "sync",
    "author_commands",
    "commands",
    "testing",
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


TREES = {module: ast.parse(path.read_text("utf-8")) for module, path in MODULES.items()}
"""The syntax of each module."""


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


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    """Return modules that import each other in a circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def find_private_names(module: str) -> list[tuple[str, str]]:
    """Return the private names that a module imports from other rooms."""
    found = []
    for node in ast.walk(TREES[module]):
        if isinstance(node, ast.ImportFrom):
            others = find_imports(module, [node])
            if any(find_room(other) != find_room(module) for other in others):
                names = (alias.name for alias in node.names if alias.name not in ROOMS)
                found += [(module, name) for name in names if name.startswith("_")]
    return found


IMPORTS = {module: find_imports(module, ast.walk(tree)) for module, tree in TREES.items()}
"""What each module imports, anywhere in it."""


def test_every_room_has_its_place_in_the_order() -> None:
    assert sorted(ROOMS) == sorted({find_room(module) for module in MODULES})


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert find_circle(IMPORTS) == []


def test_modules_import_only_from_rooms_below_their_own() -> None:
    upward = [
        (module, other)
        for module, imported in IMPORTS.items()
        for other in imported
        if ROOMS.index(find_room(other)) > ROOMS.index(find_room(module))
    ]
    assert upward == []


def test_private_names_are_not_used_outside_their_folder() -> None:
    assert [found for module in MODULES for found in find_private_names(module)] == []


def test_folders_say_what_they_are_for_and_import_nothing() -> None:
    folders = [module for module in MODULES if MODULES[module].name == "__init__.py"]
    assert [module for module in folders if len(TREES[module].body) != 1] == []


def test_modules_have_docstrings() -> None:
    assert [module for module, tree in TREES.items() if not ast.get_docstring(tree)] == []


def test_modules_have_at_most_400_lines() -> None:
    lines = {path.name: path.read_text("utf-8").count("\n") for path in PACKAGE.rglob("*.py")}
    assert {name: number for name, number in lines.items() if number > 400} == {}


def test_modules_that_decide_never_see_sqlalchemy() -> None:
    values = {"plugin", "catalog.diff", "revisions.source"}
    deciding = [name for name in MODULES if find_room(name) == "planning" or name in values]
    assert [name for name in deciding if "sqlalchemy" in MODULES[name].read_text("utf-8")] == []


def test_private_names_of_alembic_stay_in_one_module() -> None:
    private = [
        (module, alias.name)
        for module, tree in TREES.items()
        if module != "_alembic"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("alembic.")
        for alias in node.names
        if alias.name.startswith("_")
    ]
    assert private == []


def test_public_names_are_few() -> None:
    assert 0 < len(alembic_plugins.__all__) <= 20


@pytest.mark.parametrize("name", alembic_plugins.__all__)
def test_public_name_resolves(name: str) -> None:
    assert getattr(alembic_plugins, name).__name__ == name


def test_public_errors_are_there_by_their_names() -> None:
    assert [name for name in errors.__all__ if getattr(errors, name).__name__ != name] == []


def test_every_error_of_a_room_is_public() -> None:
    folders = [module for module in MODULES if module.endswith(".errors")]
    classes = {
        node.name
        for module in (*folders, "_base_errors")
        for node in TREES[module].body
        if isinstance(node, ast.ClassDef)
    }
    assert classes == set(errors.__all__)


def test_name_that_is_not_public_is_told() -> None:
    with pytest.raises(AttributeError, match="'alembic_plugins' has no attribute 'no_such'"):
        _ = alembic_plugins.no_such  # type: ignore[attr-defined]  # mypy has to see that, too


def test_version_is_that_of_the_package() -> None:
    assert alembic_plugins.__version__ == version("alembic-plugins")
