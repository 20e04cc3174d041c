"""Where plugins keep values: in the database as JSON, or in this process as whatever they are.

An application can use it without importing Alembic: it imports SQLAlchemy alone, and its errors are
`KeyError`, `TypeError` and `ValueError`. What else PostgreSQL refuses is SQLAlchemy's `DBAPIError`.
"""

import os
from collections.abc import Callable, ItemsView, Iterable, Iterator, MutableMapping, ValuesView
from threading import RLock
from typing import TYPE_CHECKING, Any, TypeVar, overload

from sqlalchemy import (
    ColumnElement,
    Connection,
    CursorResult,
    Executable,
    Text,
    and_,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB, Insert, insert
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.exc import DBAPIError

from ._driver_errors import find_sqlstate
from .json_values import JSON as JSON
from .json_values import check_key, check_text, decode, encode, encode_entries
from .registry.tables import make_tables

if TYPE_CHECKING:
    from _typeshed import SupportsKeysAndGetItem

__all__ = ["JSON", "PluginStore", "VolatileStore", "volatile_store"]

T = TypeVar("T")

_UNDEFINED_TABLE, _FOREIGN_KEY_VIOLATION = "42P01", "23503"

_HOST = "host"
"""What `alembic_plugins.plugin` calls the host, which would import Alembic."""

_MISSING = object()
"""Stands for a value that is not there: None is one."""


class PluginStore(MutableMapping[str, JSON]):
    """The values that a plugin keeps in the database: a mapping, of which nothing is held here.

    It works in the transaction of `connection`: others see what it has changed when that is
    committed, and nothing is left of it when that is rolled back. What is returned is a copy. The
    values go where the plugin goes: they are deleted when it is uninstalled, come back
    with it when it was set aside or written to a backup, and none can be stored for a plugin that
    the database does not have.

    Args:
        connection: leads to the database; of an `AsyncConnection`, ``run_sync`` hands it over.
        plugin: the plugin's name.
        schema: where the registry's tables are; by default they are found on the search path.

    Raises:
        TypeError: a key is no string, or a value is nothing that JSON has.
        ValueError: a key or a value is nothing that PostgreSQL can keep: a number that is not
            finite, or a string with a NUL character or half a surrogate pair. Both are raised
            before anything is sent. Or the registry's table is not there, or the database does not
            have the plugin: that PostgreSQL tells, and the transaction has to be rolled back.
    """

    def __init__(self, connection: Connection, plugin: str, schema: str | None = None) -> None:
        if not isinstance(connection, Connection | MockConnection):
            kind = type(connection).__name__
            raise TypeError(
                f"A store needs a Connection of SQLAlchemy, and '{kind}' is none. Take "
                "engine.connect(), session.connection(), or 'await connection.run_sync(function)', "
                "which calls a function with one."
            )
        self._connection = connection
        if not isinstance(schema, str | None):
            raise TypeError(f"{schema!r} is no string, as the name of a schema is.")
        self._plugin = _check_name(plugin)
        self._schema = schema
        self._table = make_tables(schema).value

    def __getitem__(self, key: str) -> JSON:
        """Return the value of a key."""
        found = self._read(key)
        if found is None:
            raise KeyError(key)
        return decode(found)

    def __setitem__(self, key: str, value: JSON) -> None:
        """Store a value, in place of the one that is there."""
        self.update({key: value})

    def __delitem__(self, key: str) -> None:
        """Delete a value."""
        deleted = self._execute(self._table.delete().where(self._is_key(key)))
        # One that only prints statements cannot tell.
        if isinstance(self._connection, Connection) and not deleted.rowcount:
            raise KeyError(key)

    def __iter__(self) -> Iterator[str]:
        """Return an iterator over the keys as they are now, in order."""
        table = self._table
        query = select(table.c.key).where(self._is_ours).order_by(table.c.key)
        return iter(self._execute(query).scalars().all())

    def __len__(self) -> int:
        """Return how many values there are."""
        counted = select(func.pg_catalog.count(self._table.c.key)).where(self._is_ours)
        return int(self._execute(counted).scalar_one())

    def items(self) -> ItemsView[str, JSON]:
        """Return the keys with their values as they are now, in order."""
        return self.find("").items()

    def values(self) -> ValuesView[JSON]:
        """Return the values as they are now, in the order of their keys."""
        return self.find("").values()

    def find(self, prefix: str) -> dict[str, JSON]:
        """Return the keys that begin with `prefix`, in order, with their values."""
        table = self._table
        begins = func.pg_catalog.starts_with(table.c.key, literal(check_text(prefix), Text))
        query = select(table.c.key, cast(table.c.value, Text).label("value")).where(
            self._is_ours, begins
        )
        rows = self._execute(query.order_by(table.c.key)).all()
        return {row.key: decode(row.value) for row in rows}

    @overload
    def update(self, other: "SupportsKeysAndGetItem[str, JSON]", /, **values: JSON) -> None: ...
    @overload
    def update(self, other: Iterable[tuple[str, JSON]], /, **values: JSON) -> None: ...
    @overload
    def update(self, /, **values: JSON) -> None: ...
    def update(self, other: Any = (), /, **values: JSON) -> None:
        """Store several values in one statement."""
        new = encode_entries(dict(other, **values))
        if new != "{}":
            statement = self._insert(new)
            changed = {"value": statement.excluded.value}
            self._execute(
                statement.on_conflict_do_update(index_elements=["plugin", "key"], set_=changed)
            )

    def setdefault(  # type: ignore[override]  # None is a value here, and not the lack of one
        self, key: str, default: JSON = None
    ) -> JSON:
        """Return the value of a key, after storing `default` where there is none."""
        new = encode(default)
        while (found := self._read(check_key(key))) is None:
            if self._add(key, new):
                return decode(new)
        return decode(found)

    def modify(self, key: str, function: Callable[[Any], JSON], default: JSON = None) -> Any:  # noqa: ANN401 - what the caller knows it to be
        """Store what `function` returns of a value, and return that.

        What others store meanwhile is not lost: they wait, or `function` is called again, with
        their value.

        Args:
            key: the key.
            function: gets the value, which it may change.
            default: what it gets where there is none.
        """
        initial = encode(default)
        while True:
            old = self._read(check_key(key), locks=True)
            new = encode(function(decode(initial if old is None else old)))
            if self._add(key, new) if old is None else self._replace(key, old, new):
                return decode(new)

    def pop(self, key: str, default: Any = _MISSING) -> Any:  # noqa: ANN401 - or the default
        """Delete a value and return it; where there is none, return `default` if it is given."""
        deleted = self._table.delete().where(self._is_key(key))
        found = self._execute(deleted.returning(cast(self._table.c.value, Text))).scalar()
        if found is not None:
            return decode(found)
        if default is _MISSING:
            raise KeyError(key)
        return default

    def clear(self) -> None:
        """Delete all values."""
        self._execute(self._table.delete().where(self._is_ours))

    def _read(self, key: str, *, locks: bool = False) -> str | None:
        """Return a value as it is sent, None where there is none."""
        query = select(cast(self._table.c.value, Text)).where(self._is_key(key))
        found = self._execute(query.with_for_update() if locks else query).scalar()
        return None if found is None else str(found)

    def _add(self, key: str, new: str) -> bool:
        """Store a value unless there is one, be it that somebody has stored it just now."""
        statement = self._insert(f"{{{encode(key)}: {new}}}").on_conflict_do_nothing()
        return self._execute(statement.returning(self._table.c.key)).first() is not None

    def _replace(self, key: str, old: str, new: str) -> bool:
        """Store a value in place of another one, unless that was changed.

        It may have been where each statement is a transaction, which keeps no lock.
        """
        is_old = self._table.c.value == _to_jsonb(old)
        changed = self._table.update().where(self._is_key(key), is_old)
        return self._execute(changed.values(value=_to_jsonb(new))).rowcount > 0

    def _insert(self, values: str) -> Insert:
        """Return the statement that stores the values of a JSON object.

        Whoever stores several of them does it in the same order, so that nobody waits in a circle.
        """
        new = func.pg_catalog.jsonb_each(_to_jsonb(values)).table_valued(
            column("key", Text), column("value", JSONB), name="new"
        )
        rows = select(literal(self._plugin, Text), new.c.key, new.c.value)
        return insert(self._table).from_select(["plugin", "key", "value"], rows)

    @property
    def _is_ours(self) -> ColumnElement[bool]:
        return self._table.c.plugin == self._plugin

    def _is_key(self, key: str) -> ColumnElement[bool]:
        return and_(self._is_ours, self._table.c.key == check_text(key))

    def _execute(self, statement: Executable) -> CursorResult[Any]:
        """Execute a statement, wherever the connection's own options would have it go."""
        options = {"schema_translate_map": None}
        try:
            return self._connection.execute(statement, execution_options=options)
        except DBAPIError as error:
            reason = self._explain(find_sqlstate(error.orig))
            if reason is None:
                raise
            raise ValueError(reason) from error

    def _explain(self, sqlstate: str | None) -> str | None:
        """Return what it means that PostgreSQL has refused a statement, None where it tells."""
        if sqlstate == _UNDEFINED_TABLE:
            where = f"in schema '{self._schema}'" if self._schema else "on the search path"
            return (
                f"There is no table '{self._table.name}' {where}. Name the schema that it is in, "
                f"or make it by 'alembic plugin store {self._plugin} set KEY JSON'."
            )
        if sqlstate == _FOREIGN_KEY_VIOLATION:
            if self._plugin == _HOST:
                return (
                    "The host is no plugin, and keeps no values. Name a plugin that is installed."
                )
            return (
                f"The database does not have plugin '{self._plugin}'. Install it first by "
                f"'alembic plugin install {self._plugin}'."
            )
        return None


def _check_name(plugin: str) -> str:
    """Return a plugin's name, if it could be one."""
    if not isinstance(plugin, str):
        raise TypeError(f"{plugin!r} is no string, as the name of a plugin is.")
    return check_text(plugin)


def _to_jsonb(text: str) -> ColumnElement[Any]:
    return cast(literal(text, Text), JSONB)


class VolatileStore:
    """The values that a plugin keeps in this process: whatever they are, for all of its threads.

    Nothing of it is left when the process ends. A process that is forked begins with a copy.
    """

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}
        self._making: dict[tuple[int, str], RLock] = {}

    def get(self, key: str, default: Any = None) -> Any:  # noqa: ANN401 - whatever was kept
        """Return the value of a key, or `default` where there is none."""
        return self._values.get(key, default)

    def set(self, key: str, value: object) -> None:
        """Keep a value, in place of the one that is there."""
        self._values[key] = value

    def has(self, key: str) -> bool:
        """Tell whether there is a value, be it None."""
        return key in self._values

    def remove(self, key: str) -> bool:
        """Remove a value; tell whether there was one."""
        return self._values.pop(key, _MISSING) is not _MISSING

    def get_or_set(self, key: str, function: Callable[[], T]) -> T:
        """Return the value of a key, after keeping what `function` returns where there is none.

        Of several threads one calls its function, and the others wait for that. Where it raises,
        the next one calls its own.
        """
        # A lock that another thread has held while the process was forked is never released.
        place = (os.getpid(), key)
        while True:
            found: Any = self._values.get(key, _MISSING)
            if found is not _MISSING:
                kept: T = found
                return kept
            lock = self._making.setdefault(place, RLock())
            with lock:
                # While this thread has waited, another one may have made the value, and it may
                # have been removed: then the lock is another one by now.
                if self._making.get(place) is not lock or key in self._values:
                    continue
                try:
                    made: T = self._values.setdefault(key, function())
                    return made
                finally:
                    self._making.pop(place, None)

    def __len__(self) -> int:
        """Return how many values there are."""
        return len(self._values)

    def snapshot(self) -> dict[str, Any]:
        """Return the values as they are now, by key."""
        return self._values.copy()


_VOLATILE: dict[str, VolatileStore] = {}


def volatile_store(plugin: str) -> VolatileStore:
    """Return the store that a plugin has in this process: the same one for all who ask."""
    return _VOLATILE.setdefault(_check_name(plugin), VolatileStore())
