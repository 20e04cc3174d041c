"""Tables as plain mappings declare them, checked by name and by type, as frozen values."""

import json
import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import TypeGuard

from .errors import InvalidColumn, InvalidTable
from .names import find_column_fault, find_fault, is_text, quote

_MOST_CHARACTERS = 10_485_760
"""The largest size of PostgreSQL's varchar."""

KEY = "id"
"""The primary key of a table that declares none."""

NOW = "now"
"""The default of a datetime that is the time of its row."""


class Kind(StrEnum):
    """What a column holds; the value is what declares it, but for enumerations, which are lists."""

    STRING = "string"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    JSON = "json"
    RELATION = "relation"
    ENUMERATION = "enumeration"


_KEYS: Mapping[Kind, frozenset[str]] = {
    Kind.STRING: frozenset({"default", "size"}),
    Kind.NUMBER: frozenset({"default", "min", "max"}),
    Kind.BOOLEAN: frozenset({"default"}),
    Kind.DATETIME: frozenset({"default"}),
    Kind.JSON: frozenset({"default"}),
    Kind.RELATION: frozenset({"to", "cascade"}),
    Kind.ENUMERATION: frozenset({"default"}),
}
"""The keys that a column of some type may have, besides those that all have."""

_COMMON = frozenset({"type", "required", "unique", "primary_key"})

_SINGLE = [str(kind) for kind in Kind if kind is not Kind.ENUMERATION]


@dataclass(frozen=True)
class ColumnShape:
    """A column of a declared table.

    Attributes:
        name: its name.
        kind: what it holds.
        required: whether it always has a value.
        default: the value of rows that give none; None is none. A value of JSON is its text.
        unique: whether no two rows have the same value.
        primary_key: whether it is the table's key, or a part of it.
        size: how many characters a string has at most; None is any number.
        min: the least number.
        max: the greatest one.
        values: those of an enumeration.
        to: the table that a relation leads to.
        cascade: whether a row goes with the row that it relates to.
    """

    name: str
    kind: Kind
    required: bool = False
    default: str | int | float | bool | datetime | None = None
    unique: bool = False
    primary_key: bool = False
    size: int | None = None
    min: int | float | None = None
    max: int | float | None = None
    values: tuple[str, ...] = ()
    to: str = ""
    cascade: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether its numbers are whole: it has a bound, and none with a fraction."""
        bounds = [bound for bound in (self.min, self.max) if bound is not None]
        return bool(bounds) and all(isinstance(bound, int) for bound in bounds)


@dataclass(frozen=True)
class IndexShape:
    """An index of a declared table; without a name it gets one by its columns."""

    columns: tuple[str, ...]
    unique: bool = False
    name: str | None = None


@dataclass(frozen=True)
class TableShape:
    """A declared table; without a primary key of its own, it gets a column ``id``."""

    name: str
    columns: tuple[ColumnShape, ...]
    indexes: tuple[IndexShape, ...] = ()


def _is_list(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)


def _is_whole(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: object) -> TypeGuard[int | float]:
    return _is_whole(value) or (isinstance(value, float) and math.isfinite(value))


def read_tables(plugin: str, declared: object, source: str) -> tuple[TableShape, ...]:
    """Return the tables that a file of TOML or JSON declares: a list, or ``{"tables": [...]}``.

    Args:
        plugin: the plugin's name, for messages.
        declared: what the file has.
        source: the file, for messages.

    Raises:
        InvalidTable: it, or one of them, is not declared as tables are.
        InvalidColumn: a column is not.
    """
    if isinstance(declared, Mapping) and set(declared) == {"tables"}:
        declared = declared["tables"]
    if not _is_list(declared):
        problem = f"expected a list 'tables', and found {quote(declared)}"
        raise InvalidTable(plugin, source, problem)
    return tuple(read_table(plugin, item) for item in declared)


def read_table(plugin: str, declared: object) -> TableShape:
    """Return the table that a mapping ``{name, schema, indexes}`` declares.

    Raises:
        InvalidTable: it is not declared as tables are.
        InvalidColumn: a column is not.
    """
    if not isinstance(declared, Mapping):
        problem = f"found {quote(declared)}; expected {{name, schema, indexes}}"
        raise InvalidTable(plugin, "", problem)
    name = declared.get("name")
    reader = _TableReader(plugin, "" if name is None else str(name))
    if fault := find_fault(name):
        raise reader.refuse(fault)
    return reader.read(declared)


def read_column(plugin: str, table: str, name: str, declared: object) -> ColumnShape:
    """Return the column that a mapping ``{type, ...}`` declares.

    Raises:
        InvalidColumn: it is not declared as columns are.
    """
    return _ColumnReader(plugin, table, name).read(declared)


def read_named_column(plugin: str, table: str, declared: object) -> ColumnShape:
    """Return the column that a mapping ``{name, type, ...}`` declares.

    Raises:
        InvalidColumn: it is not declared as columns are.
    """
    if not isinstance(declared, Mapping) or declared.get("name") is None:
        problem = f"found {quote(declared)}; expected {{name, type, ...}}"
        raise InvalidColumn(plugin, table, "", problem)
    keys = {key: value for key, value in declared.items() if key != "name"}
    return read_column(plugin, table, declared["name"], keys)


@dataclass(frozen=True)
class _TableReader:
    """Read one table, and tell what is wrong with it."""

    plugin: str
    table: str

    def refuse(self, problem: str) -> InvalidTable:
        """Return the error that something is wrong with the table."""
        return InvalidTable(self.plugin, self.table, problem)

    def read(self, declared: Mapping[str, object]) -> TableShape:
        """Return the table."""
        if unknown := declared.keys() - {"name", "schema", "indexes"}:
            raise self.refuse(f"'{min(unknown)}' is not one of name, schema, indexes")
        schema, indexes = declared.get("schema", {}), declared.get("indexes", [])
        if not isinstance(schema, Mapping):
            raise self.refuse(f"'schema' is {quote(schema)}; expected columns by name")
        if not _is_list(indexes):
            raise self.refuse(f"'indexes' is {quote(indexes)}; expected a list")
        columns = tuple(read_column(self.plugin, self.table, *item) for item in schema.items())
        names = {column.name for column in columns}
        if not any(column.primary_key for column in columns):
            if KEY in names:
                problem = f"a table without a key gets one named '{KEY}'"
                way_out = "expected another name, or primary_key = true"
                raise InvalidColumn(self.plugin, self.table, KEY, f"{problem}; {way_out}")
            names.add(KEY)
        return TableShape(self.table, columns, self._read_indexes(indexes, names))

    def _read_indexes(
        self, indexes: Sequence[object], names: Collection[str]
    ) -> tuple[IndexShape, ...]:
        found: dict[object, IndexShape] = {}
        for index in indexes:
            shape = self._read_index(index, names)
            called = shape.name or shape.columns
            if called in found:
                what = quote(shape.name or list(shape.columns))
                problem = f"two indexes are called by {what}; expected another 'name' for one"
                raise self.refuse(problem)
            found[called] = shape
        return tuple(found.values())

    def _read_index(self, index: object, names: Collection[str]) -> IndexShape:
        if not isinstance(index, Mapping) or not index.keys() <= {"columns", "unique", "name"}:
            raise self.refuse(f"an index is {quote(index)}; expected {{columns, unique, name}}")
        columns, unique, name = (index.get(key) for key in ("columns", "unique", "name"))
        if not _is_list(columns) or not columns:
            raise self.refuse(f"'columns' of an index is {quote(columns)}; expected a list")
        for column in columns:
            if column not in names:
                raise self.refuse(f"an index has the column {quote(column)}, which is none of its")
        if not isinstance(unique, bool | None):
            raise self.refuse(f"'unique' of an index is {quote(unique)}; expected true or false")
        if name is not None and (fault := find_fault(name)):
            raise self.refuse(f"of an index, {fault}")
        return IndexShape(tuple(map(str, columns)), bool(unique), name)


@dataclass(frozen=True)
class _ColumnReader:
    """Read one column, and tell what is wrong with it."""

    plugin: str
    table: str
    name: str

    def _refuse(self, problem: str) -> InvalidColumn:
        return InvalidColumn(self.plugin, self.table, self.name, problem)

    def _expect(self, key: str, value: object, expected: str) -> InvalidColumn:
        return self._refuse(f"'{key}' is {quote(value)}; expected {expected}")

    def read(self, declared: object) -> ColumnShape:
        if fault := find_column_fault(self.name):
            raise self._refuse(fault)
        if not isinstance(declared, Mapping) or "type" not in declared:
            raise self._refuse(f"found {quote(declared)}; expected {{type, ...}}")
        kind = self._read_kind(declared["type"])
        known = _COMMON | _KEYS[kind]
        for key in declared:
            if key not in known:
                others = ", ".join(sorted(known))
                raise self._refuse(
                    f"'{key}' is nothing that a {kind} has; expected one of {others}"
                )
        flags = {
            key: self._read_flag(key, declared.get(key, False))
            for key in ("required", "unique", "primary_key", "cascade")
        }
        shape = ColumnShape(
            self.name,
            kind,
            **flags,
            size=self._read_size(declared.get("size")),
            min=self._read_bound("min", declared.get("min")),
            max=self._read_bound("max", declared.get("max")),
            values=tuple(declared["type"]) if kind is Kind.ENUMERATION else (),
            to=self._read_target(declared.get("to")) if kind is Kind.RELATION else "",
        )
        self._check_bounds(shape)
        return self._add_default(shape, declared.get("default"))

    def _read_kind(self, value: object) -> Kind:
        if _is_list(value):
            if not value or not all(map(is_text, value)) or len(set(value)) < len(value):
                raise self._expect("type", value, "a list of different strings")
            return Kind.ENUMERATION
        if value not in _SINGLE:
            expected = f"one of {', '.join(_SINGLE)}, or a list of strings"
            raise self._expect("type", value, expected)
        return Kind(str(value))

    def _read_flag(self, key: str, value: object) -> bool:
        if not isinstance(value, bool):
            raise self._expect(key, value, "true or false")
        return value

    def _read_size(self, value: object) -> int | None:
        if value is None:
            return None
        if not _is_whole(value) or not 0 < value <= _MOST_CHARACTERS:
            raise self._expect("size", value, f"a whole number from 1 to {_MOST_CHARACTERS}")
        return value

    def _read_bound(self, key: str, value: object) -> int | float | None:
        if value is None:
            return None
        if not _is_number(value):
            raise self._expect(key, value, "a number")
        return value

    def _read_target(self, value: object) -> str:
        if not is_text(value) or not value or value.count(".") > 1:
            raise self._expect("to", value, "'TABLE' or 'PLUGIN.TABLE'")
        return value

    def _check_bounds(self, shape: ColumnShape) -> None:
        if shape.min is not None and shape.max is not None and shape.min > shape.max:
            raise self._expect("min", shape.min, f"no more than 'max', which is {shape.max}")
        bounds = [bound for bound in (shape.min, shape.max) if bound is not None]
        if shape.is_whole and any(not -(2**63) <= bound < 2**63 for bound in bounds):
            raise self._refuse("a whole bound is outside of 64 bits; expected one with a fraction")

    def _add_default(self, shape: ColumnShape, value: object) -> ColumnShape:
        if value is None:
            return shape
        return replace(shape, default=_DEFAULTS[shape.kind](self, shape, value))

    def read_string(self, shape: ColumnShape, value: object) -> str:
        """Return the default of a string."""
        if not is_text(value):
            raise self._expect("default", value, "a string")
        if shape.size is not None and len(value) > shape.size:
            raise self._expect("default", value, f"at most {shape.size} characters")
        return value

    def read_number(self, shape: ColumnShape, value: object) -> int | float:
        """Return the default of a number."""
        if not _is_number(value):
            raise self._expect("default", value, "a number")
        if shape.is_whole and not isinstance(value, int):
            raise self._expect("default", value, "a whole number, as the bounds are")
        if shape.min is not None and value < shape.min:
            raise self._expect("default", value, f"at least {shape.min}")
        if shape.max is not None and value > shape.max:
            raise self._expect("default", value, f"at most {shape.max}")
        return value

    def read_boolean(self, shape: ColumnShape, value: object) -> bool:  # noqa: ARG002
        """Return the default of a boolean."""
        return self._read_flag("default", value)

    def read_datetime(self, shape: ColumnShape, value: object) -> str | datetime:  # noqa: ARG002
        """Return the default of a datetime."""
        expected = "'now' or a date and time as 2030-01-31T12:00:00Z"
        if value == NOW:
            return NOW
        if isinstance(value, date) and not isinstance(value, datetime):
            raise self._expect("default", value, expected)
        try:
            return value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
        except ValueError as error:
            raise self._expect("default", value, expected) from error

    def read_json(self, shape: ColumnShape, value: object) -> str:  # noqa: ARG002
        """Return the default of JSON, as its text."""
        try:
            text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise self._expect("default", value, "what JSON can have") from error
        if "\\u0000" in text:
            raise self._expect("default", value, "no NUL, which jsonb cannot have")
        if not is_text(text):
            raise self._expect("default", value, "whole characters")
        return text

    def read_enumeration(self, shape: ColumnShape, value: object) -> str:
        """Return the default of an enumeration."""
        if value not in shape.values:
            raise self._expect("default", value, f"one of {', '.join(map(repr, shape.values))}")
        return str(value)


_Default = str | int | float | bool | datetime

_DEFAULTS: Mapping[Kind, Callable[[_ColumnReader, ColumnShape, object], _Default]] = {
    Kind.STRING: _ColumnReader.read_string,
    Kind.NUMBER: _ColumnReader.read_number,
    Kind.BOOLEAN: _ColumnReader.read_boolean,
    Kind.DATETIME: _ColumnReader.read_datetime,
    Kind.JSON: _ColumnReader.read_json,
    Kind.ENUMERATION: _ColumnReader.read_enumeration,
}
