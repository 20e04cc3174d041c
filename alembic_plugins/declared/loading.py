"""The tables that a plugin's declaration names."""

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import MetaData

from .._base_errors import InvalidDeclaration, explain
from ..config.discovery import FoundPlugin
from .errors import NoTables
from .shapes import read_tables
from .tables import DeclaredTable, read_one

_READERS: Mapping[str, Callable[[str], object]] = {".toml": tomllib.loads, ".json": json.loads}
"""What reads a file, by the end of its name."""


def load_tables(found: FoundPlugin) -> tuple[DeclaredTable, ...]:
    """Return the tables that a plugin declares.

    Raises:
        NoTables: it declares none.
        InvalidDeclaration: a file cannot be read, or an object is no `MetaData`.
        ReferenceFailed: an object cannot be imported.
        InvalidTable: a table is not declared as tables are.
        InvalidColumn: a column is not.
    """
    declared = found.declaration.tables
    if declared is None:
        raise NoTables(found.name)
    if isinstance(declared, list | tuple):
        return tuple(read_one(found.name, item) for item in declared)
    path = Path(str(declared))
    if path.suffix in _READERS:
        return read_tables(found.name, _read_file(found, path), f"'{declared}'")
    metadata = found.load_tables(str(declared))
    if not isinstance(metadata, MetaData):
        raise _refuse(found, f"'{declared}' is no file of TOML or JSON, and no MetaData")
    return tuple(metadata.tables.values())


def _read_file(found: FoundPlugin, path: Path) -> object:
    file = found.find_file(path)
    if file is None or not file.is_file():
        raise _refuse(found, f"there is no file '{path}'")
    try:
        return _READERS[path.suffix](file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _refuse(found, f"'{file}' cannot be read: {explain(error)}") from error


def _refuse(found: FoundPlugin, problem: str) -> InvalidDeclaration:
    return InvalidDeclaration(found.name, found.find_place("tables"), problem)
