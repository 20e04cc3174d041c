"""What Alembic's operations say as PostgreSQL has it: plain columns and constraints.

All else is executed in PostgreSQL's own words.
"""

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeEngine

from ..catalog.column_changes import describe_column, is_serial
from ..catalog.diff import Parts
from ..catalog.drift import Key
from ..catalog.printed import split_field, split_list, split_on, unquote
from ..catalog.states import State, get

_TYPES: dict[str, Callable[[], TypeEngine[Any]]] = {
    "smallint": sa.SmallInteger,
    "integer": sa.Integer,
    "bigint": sa.BigInteger,
    "text": sa.Text,
    "boolean": sa.Boolean,
    "date": sa.Date,
    "double precision": sa.Double,
    "real": sa.REAL,
    "numeric": sa.Numeric,
    "bytea": sa.LargeBinary,
    "uuid": sa.Uuid,
    "interval": sa.Interval,
    "character varying": sa.String,
    "timestamp without time zone": sa.DateTime,
    "timestamp with time zone": lambda: sa.DateTime(timezone=True),
    "time without time zone": sa.Time,
    "jsonb": postgresql.JSONB,
    "json": sa.JSON,
    "inet": postgresql.INET,
}
_LENGTHS: dict[str, Callable[..., TypeEngine[Any]]] = {
    "character varying": sa.String,
    "numeric": sa.Numeric,
}
_INTEGERS = ("smallint", "integer", "bigint")
_SIMPLE = {"type", "default", "nullability"}
_NAME = re.compile(r'[a-z_][a-z0-9_$]*|"(?:[^"]|"")+"')


class NotPlainError(Exception):
    """Alembic's operations do not say it as PostgreSQL has it."""


def find_name(words: str) -> str:
    """Return a name without quotes; SQLAlchemy puts them where it has to.

    Raises:
        NotPlainError: it has a schema.
    """
    if not _NAME.fullmatch(words):
        raise NotPlainError
    return unquote(words)


def find_names(list_: str) -> list[str]:
    """Return the names of a list in parentheses."""
    found = [find_name(word) for word in split_list(list_)]
    if not found or not list_.startswith("(") or not list_.endswith(")"):
        raise NotPlainError
    return found


def find_type(words: str) -> TypeEngine[Any]:
    """Return what SQLAlchemy calls a type."""
    if words in _TYPES:
        return _TYPES[words]()
    if words.endswith("[]"):
        return postgresql.ARRAY(find_type(words[:-2]))
    name, found, rest = words.partition("(")
    numbers = rest.rstrip(")").split(",")
    if not found or name not in _LENGTHS or not all(it.isdigit() for it in numbers):
        raise NotPlainError
    return _LENGTHS[name](*map(int, numbers))


def find_text(words: str) -> sa.TextClause:
    """Return SQL that has neither parameters nor percent signs for SQLAlchemy."""
    found = sa.text(words)
    if "%" in words or "\\" in words or found.compile().params:
        raise NotPlainError
    return found


def make_column(state: State, key: Key) -> sa.Column[Any]:
    """Return a column."""
    parts = state.definitions[key]
    serial = is_serial(state, key)
    identity = parts.get("identity")
    allowed = {*_SIMPLE, "identity"} if _is_plain_identity(state, key) else _SIMPLE
    if parts.keys() - allowed or (serial and not _is_only_key(state, key)):
        raise NotPlainError
    default = None if serial else _find_default(parts)
    arguments = [sa.Identity(always=" ALWAYS " in identity)] if identity else []
    is_key = parts["type"] in _INTEGERS and _is_only_key(state, key) and not identity
    return sa.Column(
        find_name(split_field(key[1])[1]),
        find_type(parts["type"]),
        *arguments,
        server_default=default,
        nullable="nullability" not in parts,
        autoincrement=False if is_key and not serial else "auto",
    )


def _find_default(parts: Parts) -> sa.TextClause | None:
    words = parts.get("default")
    return None if words is None else find_text(words.removeprefix("DEFAULT "))


def _is_plain_identity(state: State, key: Key) -> bool:
    """Tell whether an identity has no options of its own."""
    words = state.definitions[key].get("identity")
    return words is not None and describe_column(state, key).endswith(words)


def _is_only_key(state: State, key: Key) -> bool:
    """Tell whether a column is its table's primary key, which SQLAlchemy makes a serial."""
    table, name = split_field(key[1])
    words = f"PRIMARY KEY ({name})"
    return any(get(state, part).get("definition") == words for part in state.find_parts(table))


def make_constraint(state: State, key: Key) -> sa.Constraint:
    """Return a constraint."""
    definition, name = state.definitions[key]["definition"], find_name(split_on(key[1])[0])
    kind, _, rest = definition.partition(" (")
    if kind == "PRIMARY KEY":
        return sa.PrimaryKeyConstraint(*find_names(f"({rest}"), name=name)
    if kind == "UNIQUE":
        return sa.UniqueConstraint(*find_names(f"({rest}"), name=name)
    if kind == "CHECK" and definition.endswith(")"):
        return sa.CheckConstraint(find_text(rest[:-1]), name=name)
    if kind == "FOREIGN KEY":
        columns, table, others, actions = split_foreign_key(definition)
        targets = [f"{table}.{other}" for other in others]
        updated, deleted = actions.get("onupdate"), actions.get("ondelete")
        return sa.ForeignKeyConstraint(
            columns, targets, name=name, onupdate=updated, ondelete=deleted
        )
    raise NotPlainError


def split_foreign_key(definition: str) -> tuple[list[str], str, list[str], dict[str, str]]:
    """Return the columns of a foreign key, its table, the columns there, and what it does."""
    own, found, rest = definition.removeprefix("FOREIGN KEY ").partition(" REFERENCES ")
    table, _, rest = rest.partition("(")
    others, _, after = rest.partition(")")
    actions = {}
    for option, word in (("onupdate", " ON UPDATE "), ("ondelete", " ON DELETE ")):
        if after.startswith(word):
            end = after.find(" ON ", len(word))
            actions[option] = after[len(word) : end if end > 0 else None]
            after = after[len(word) + len(actions[option]) :]
    if not found or after or any(" (" in it or "DEFERR" in it for it in actions.values()):
        raise NotPlainError
    names = [find_name(split_on(table)[0]), *find_names(f"({others})")]
    if any("." in name for name in names):
        raise NotPlainError
    return find_names(own), names[0], names[1:], actions
