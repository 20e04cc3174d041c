"""How the rooms lean on each other, read from their syntax."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from importlib.metadata import version
from pathlib import Path

import pytest

import alembic_plugins

PACKAGE = Path(alembic_plugins.__file__).parent
ROOMS = {path.stem: path for path in sorted(PACKAGE.glob("*.py")) if path.stem != "__init__"}

LAYERS: tuple[set[str], ...] = (
    {"blockers", "flaskhost", "quoting", "streams"},
    {"_base_errors"},
    {"_alembic", "drift", "errors", "parameters", "rendering", "replay", "results", "sourcefile"},
    {"sql", "tables", "written"},
    {"custody_errors", "driver_errors", "failures", "guard_errors", "identify", "plugin"},
    {"objects"},
    {"refusals", "revision_errors"},
    {"confirmation", "revisionfile", "upkeep_errors"},
    {"branches", "catalog", "changes", "index", "locking", "namespaces", "programs", "rows"},
    {"registry"},
    {"versiontables"},
    {"scratch", "settings"},
    {
        "backup",
        "discovery",
        "drops",
        "embedded",
        "foreignkeys",
        "inheritance",
        "picture",
        "plan",
        "recorded",
    },
    {"journaled", "shapes", "undo"},
    {"archive", "database", "extras", "ownership", "progress", "quarantine", "records"},
    {"sent", "traces"},
    {
        "autobegin",
        "claims",
        "contents",
        "ledger",
        "permissions",
        "pipeline",
        "references",
        "session",
    },
    {
        "autogenerate",
        "dependencies",
        "dependents",
        "footprint",
        "guard",
        "hosting",
        "identifiers",
        "scribe",
    },
    {"simulate"},
    {"estate", "remedies", "targets", "upkeep"},
    {"bookkeeping", "enforcement", "recording", "staging"},
    {"endings", "safekeeping", "watch"},
    {"journal", "restoring"},
    {"causes", "outcomes", "steps"},
    {"executor"},
    {"trials"},
    {"migrator"},
    {"adoption", "preview", "status"},
    {"answers", "output", "runtime"},
    {"running"},
    {"commands"},
    {"doors"},
    {"cli"},
    {"extension", "flask_commands"},
)
"""From the ground upwards: a room imports only from layers below its own."""

RANK = {room: rank for rank, layer in enumerate(LAYERS) for room in layer}


def find_imports(nodes: Iterator[ast.AST] | list[ast.stmt]) -> set[str]:
    """Return the rooms that import statements among `nodes` name."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.level == 1:
            found |= {node.module} if node.module else {alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found |= {node.module.removeprefix("alembic_plugins.")} & set(ROOMS)
    return found


def parse(room: str) -> ast.Module:
    """Return the syntax tree of a room."""
    return ast.parse(ROOMS[room].read_text("utf-8"))


def find_circle(graph: dict[str, set[str]]) -> list[str]:
    """Return rooms that import each other in a circle."""
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_rooms_import_each_other_in_a_circle() -> None:
    graph = {room: find_imports(parse(room).body) for room in ROOMS}
    assert find_circle(graph) == []


def test_every_room_has_one_layer() -> None:
    assert sorted(room for layer in LAYERS for room in layer) == sorted(ROOMS)


@pytest.mark.parametrize("room", ROOMS)
def test_room_imports_only_from_below(room: str) -> None:
    imported = find_imports(ast.walk(parse(room)))
    assert {other for other in imported if RANK[other] >= RANK[room]} == set()


@pytest.mark.parametrize("room", ["plan", "plugin", "drift", "sourcefile", "targets", "upkeep"])
def test_room_that_decides_never_sees_sqlalchemy(room: str) -> None:
    assert "sqlalchemy" not in ROOMS[room].read_text("utf-8")


@pytest.mark.parametrize(
    "room",
    [
        "plugin",
        "plan",
        "drift",
        "sourcefile",
        "errors",
        "refusals",
        "upkeep_errors",
        "custody_errors",
        "driver_errors",
        "tables",
    ],
)
def test_room_at_the_ground_never_imports_upwards_late(room: str) -> None:
    tree = parse(room)
    assert find_imports(ast.walk(tree)) == find_imports(tree.body)


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_module_has_at_most_400_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 400


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: path.name)
def test_module_has_a_docstring(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@pytest.mark.parametrize("room", sorted(set(ROOMS) - {"_alembic"}))
def test_private_names_of_alembic_stay_in_one_room(room: str) -> None:
    imports = [node for node in ast.walk(parse(room)) if isinstance(node, ast.ImportFrom)]
    alembics = [node for node in imports if (node.module or "").startswith("alembic.")]
    names = [alias.name for node in alembics for alias in node.names]
    assert [name for name in names if name.startswith("_")] == []


def test_front_window_is_small() -> None:
    assert 0 < len(alembic_plugins.__all__) <= 20


@pytest.mark.parametrize("name", alembic_plugins.__all__)
def test_name_in_the_front_window_resolves(name: str) -> None:
    assert getattr(alembic_plugins, name).__name__ == name


def test_name_that_is_not_in_the_front_window_is_told() -> None:
    with pytest.raises(AttributeError, match="'alembic_plugins' has no attribute 'no_such'"):
        _ = alembic_plugins.no_such  # type: ignore[attr-defined]  # mypy has to see that, too


def test_version_is_that_of_the_package() -> None:
    assert alembic_plugins.__version__ == version("alembic-plugins")
