"""What the objects of a namespace are, and the statements that make other ones of them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from .diff import Definitions, Parts
from .drift import Key, Places
from .printed import split_field, split_list, split_on

T = TypeVar("T")

TABLES = ("table", "foreign table")
VIEWS = ("view", "materialized view")

_NOWHERE = (0, 1 << 40, 0)
"""Comes after what has a number."""


@dataclass(frozen=True)
class State:
    """What the objects of a namespace are.

    A snapshot has the definitions, the notes and the places; the rest is known of what is there,
    and makes for fewer statements in a surer order.

    Attributes:
        definitions: what they are, by kind and identity.
        notes: comments, storage parameters ... of those that have some.
        places: where PostgreSQL has them, which tells in which order they were made.
        needs: what they depend on.
        owners: the columns that own sequences.
        view_columns: the columns of views, each with its type.
        inherited: the columns that tables have only by inheritance.
    """

    definitions: Definitions
    notes: Definitions = field(default_factory=dict)
    places: Places = field(default_factory=dict)
    needs: Mapping[Key, frozenset[Key]] = field(default_factory=dict)
    owners: Mapping[Key, Key] = field(default_factory=dict)
    view_columns: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    inherited: frozenset[Key] = frozenset()

    def select(self, keys: Collection[Key]) -> "State":
        """Return what is known of some objects."""

        def leave(found: Mapping[Key, T]) -> dict[Key, T]:
            return {key: value for key, value in found.items() if key in keys}

        return State(
            leave(self.definitions),
            leave(self.notes),
            leave(self.places),
            {key: it & frozenset(keys) for key, it in leave(self.needs).items()},
            {key: it for key, it in leave(self.owners).items() if it in keys},
            leave(self.view_columns),
            self.inherited & frozenset(keys),
        )

    def join(self, other: "State") -> "State":
        """Return what is known of the objects of two states."""
        return State(
            {**self.definitions, **other.definitions},
            {**self.notes, **other.notes},
            {**self.places, **other.places},
            {**self.needs, **other.needs},
            {**self.owners, **other.owners},
            {**self.view_columns, **other.view_columns},
            self.inherited | other.inherited,
        )

    def find_order(self, key: Key) -> tuple[int, int]:
        """Return what sorts objects in the order in which they were made."""
        place = self.places.get(key, _NOWHERE)
        return place[1:]

    def find_columns(self, table: str) -> list[Key]:
        """Return the columns of a table, in their order."""
        found = (key for key in self.definitions if find_table(key) == table)
        return sorted((key for key in found if key[0] == "column"), key=self.find_order)

    def find_parts(self, table: str) -> list[Key]:
        """Return what hangs on a relation and is no column."""
        return [key for key in self.definitions if find_table(key) == table and key[0] != "column"]

    def find_table_key(self, table: str) -> Key | None:
        """Return the relation of a name."""
        kinds = (*TABLES, *VIEWS)
        return next(((kind, table) for kind in kinds if (kind, table) in self.definitions), None)

    def find_owner(self, sequence: Key) -> Key | None:
        """Return the column that owns a sequence.

        Where it is not known, it is the one that has its default from it, or the only one with an
        identity that can be meant.
        """
        if sequence in self.owners:
            return self.owners[sequence]
        own, table = split_on(sequence[1])
        columns = self.find_columns(table) if table else []
        for column in columns:
            if is_next_of(own, self.definitions[column].get("default")):
                return column
        found = [key for key in columns if "identity" in self.definitions[key]]
        named = [key for key in found if _is_named_for(sequence, key)]
        return next(iter(named or found), None)

    def find_sequence(self, column: Key) -> Key | None:
        """Return the sequence that a column owns."""
        table = split_field(column[1])[0]
        parts = (key for key in self.find_parts(table) if key[0] == "sequence")
        found = [key for key in parts if self.find_owner(key) == column]
        named = (key for key in found if _is_named_for(key, column))
        return next(named, next(iter(found), None))

    def find_parents(self, table: Key) -> list[str]:
        """Return the tables from which one inherits."""
        words = self.definitions[table].get("parents", "")
        return split_list(f"({words.removeprefix('INHERITS ')})") if words else []


def _is_named_for(sequence: Key, column: Key) -> bool:
    """Tell whether a sequence is called as PostgreSQL calls that of a column."""
    name = find_field(column).strip('"')
    return split_on(sequence[1])[0].strip('"').endswith(f"_{name}_seq")


def is_next_of(sequence: str, default: str | None) -> bool:
    """Tell whether a default is the next value of a sequence."""
    doubled = sequence.replace("'", "''")
    return (default or "").startswith(f"DEFAULT nextval('{doubled}'::regclass)")


def find_table(key: Key) -> str:
    """Return the relation that an object is a part of or hangs on; nothing where it is on none."""
    return split_field(key[1])[0] if key[0] == "column" else split_on(key[1])[1]


def find_field(key: Key) -> str:
    """Return the name of a column."""
    return split_field(key[1])[1]


class Verb(StrEnum):
    """What a statement does to an object."""

    CREATE = "create"
    ALTER = "alter"
    DROP = "drop"
    RENAME = "rename"
    NOTE = "note"


@dataclass(frozen=True)
class Statement:
    """A statement, and what it is about.

    Attributes:
        verb: what it does.
        key: the object that it is about, by the name that it has before it.
        sql: the statement, without a semicolon.
        part: which part of the definition or of the notes it changes, where it is about one.
        members: what else it makes: what is on a new table.
        lost: what rows or values it loses; None where it loses nothing.
        refused: what rows may keep it from being run; None where none may.
    """

    verb: Verb
    key: Key
    sql: str
    part: str | None = None
    members: tuple[Key, ...] = ()
    lost: str | None = None
    refused: str | None = None


@dataclass(frozen=True)
class Unexpressed:
    """A difference that no statement can make.

    Attributes:
        key: the object.
        reason: why.
    """

    key: Key
    reason: str

    def __str__(self) -> str:
        return f"{self.key[0]} {self.key[1]}: {self.reason}"


@dataclass(frozen=True)
class Changes:
    """What makes one state of another.

    Attributes:
        statements: in the order in which they can be run.
        unexpressed: what they leave as it is.
    """

    statements: tuple[Statement, ...]
    unexpressed: tuple[Unexpressed, ...] = ()

    def __iter__(self) -> Iterator[Statement]:
        return iter(self.statements)


def get(state: State, key: Key) -> Parts:
    """Return the definition of an object; an empty one where it is not there."""
    return state.definitions.get(key, {})
