"""Let PostgreSQL print definitions anew that another server, or another release, has printed.

A definition that was dumped and restored, or that a later release prints, may read otherwise and
mean the same. In a copy of the database, the recorded definition takes the place of the one that
is there: what PostgreSQL prints then is compared.
"""

from collections.abc import Collection, Iterator
from contextlib import ExitStack
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from ..catalog.diff import Definitions, Parts
from ..catalog.drift import Key, split_column
from ..catalog.snapshot import read_definitions
from ..registry.sql import raw
from .errors import ScratchFailed
from .scratch import copy_database, make_scratch_database

# The relation of a name, or the schema of what is none.
_RELATION = text("SELECT CAST(pg_catalog.to_regclass(:name) AS oid)")

_RELATIONS = ("table", "view", "materialized view", "foreign table", "index", "sequence")


class DatabaseCopy:
    """A copy of a database, without its rows, which is made when it is first asked for.

    Args:
        connection: leads to the database.
    """

    def __init__(self, connection: Connection) -> None:
        self._source = connection
        self._stack = ExitStack()
        self._copy: Connection | ScratchFailed | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        """Drop it again."""
        self._stack.close()

    def open(self, branch: str) -> Connection:
        """Return a connection to it.

        Args:
            branch: for what is said when it cannot be made.

        Raises:
            ScratchFailed: it cannot be made.
        """
        if self._copy is None:
            try:
                self._copy = self._make(branch)
            except ScratchFailed as error:
                self._copy = error
        if isinstance(self._copy, ScratchFailed):
            raise self._copy
        return self._copy

    def _make(self, branch: str) -> Connection:
        with ExitStack() as stack:
            scratch = stack.enter_context(make_scratch_database(self._source, branch, ""))
            copy_database(self._source, scratch, (), branch, "")
            self._stack = stack.pop_all()
            return scratch


def find_same(
    scratch: Connection, keys: Collection[Key], expected: Definitions, found: Definitions
) -> tuple[set[Key], set[Key]]:
    """Return which objects are what was recorded, and of which that cannot be told.

    Args:
        scratch: leads to a copy of the database.
        keys: the objects, each of which is there and was recorded.
        expected: what was recorded.
        found: what is there.
    """
    same, untold = set(), set()
    for key in keys:
        statements = list(_replace(key, _leave_out_validity(expected[key]), found[key]))
        if not statements:
            untold.add(key)
            continue
        printed = _print(scratch, key, statements)
        wanted = _leave_out_validity(found[key])
        if printed is not None and _leave_out_validity(printed) == wanted:
            same.add(key)
    return same, untold


def _leave_out_validity(parts: Parts) -> Parts:
    """Return a definition without what is told of an object by itself."""
    return {name: words for name, words in parts.items() if name != "validity"}


def _print(scratch: Connection, key: Key, statements: Collection[str]) -> Parts | None:
    """Return what PostgreSQL prints of an object after some statements; None where they fail."""
    with scratch.begin() as transaction:
        try:
            for statement in statements:
                scratch.execute(raw(statement))
            found = _read(scratch, key)
        except DBAPIError:
            found = None
        transaction.rollback()
    return found


def _read(scratch: Connection, key: Key) -> Parts | None:
    kind, identity = key
    name = identity.rpartition(" on ")[2]
    if kind == "column":
        name = split_column(name)[0]
    is_relation = kind in _RELATIONS or kind == "column" or " on " in identity
    oid = scratch.scalar(_RELATION, {"name": name}) if is_relation else None
    relations = [] if oid is None else [oid]
    schemas = [] if relations else [name.partition(".")[0].strip('"')]
    return read_definitions(scratch, relations, schemas).get(key)


def _replace(key: Key, expected: Parts, found: Parts) -> Iterator[str]:
    """Yield what gives an object its recorded definition; nothing where there is no way."""
    kind, identity = key
    if kind == "column":
        yield from _replace_column(identity, expected, found)
    elif kind == "type":
        yield from _replace_domain(identity, expected)
    elif kind in ("view", "materialized view"):
        yield from _replace_view(kind, identity, expected)
    elif kind == "policy":
        yield from _replace_policy(identity, expected)
    elif kind in ("function", "procedure"):
        yield expected["definition"]
    else:
        yield from _replace_part(kind, identity, expected.get("definition", ""))


def _replace_part(kind: str, identity: str, definition: str) -> Iterator[str]:
    """Yield what replaces an object that its definition makes, or adds to its table."""
    own, _, table = identity.rpartition(" on ")
    if kind == "constraint":
        yield f"ALTER TABLE {table} DROP CONSTRAINT {own} CASCADE"
        yield f"ALTER TABLE {table} ADD CONSTRAINT {own} {definition}"
    elif kind in ("trigger", "rule"):
        yield f"DROP {kind} {own} ON {table} CASCADE"
        yield definition
    elif kind == "index":
        yield f"DROP INDEX {own} CASCADE"
        yield definition
    elif kind == "statistics object":
        yield f"DROP STATISTICS {identity}"
        yield definition


def _replace_view(kind: str, identity: str, expected: Parts) -> Iterator[str]:
    options, query = expected.get("options", "AS"), expected["definition"].rstrip(" ;\n")
    data = " WITH NO DATA" if kind == "materialized view" else ""
    yield f"DROP {kind} {identity} CASCADE"
    yield f"CREATE {kind} {identity} {options} {query}{data}"


def _replace_policy(identity: str, expected: Parts) -> Iterator[str]:
    own, _, table = identity.rpartition(" on ")
    words = {**expected, "kind": f"AS {expected.get('kind', 'PERMISSIVE')}"}
    order = ("kind", "command", "roles", "using", "check")
    yield f"DROP POLICY {own} ON {table}"
    yield f"CREATE POLICY {own} ON {table} {' '.join(words[it] for it in order if it in words)}"


def _replace_column(identity: str, expected: Parts, found: Parts) -> Iterator[str]:
    table, name = split_column(identity)
    if expected.keys() != found.keys():
        return
    if "expression" in expected:
        collation = expected.get("collation", "")
        whole = f"{expected['type']} {collation} {expected['expression']}"
        nullability = expected.get("nullability", "")
        yield f"ALTER TABLE {table} DROP COLUMN {name} CASCADE"
        yield f"ALTER TABLE {table} ADD COLUMN {name} {whole} {nullability}"
    elif "default" in expected:
        yield f"ALTER TABLE {table} ALTER COLUMN {name} SET {expected['default']}"


def _replace_domain(identity: str, expected: Parts) -> Iterator[str]:
    if "type" in expected:
        order = ("type", "collation", "default", "nullability", "constraints")
        words = " ".join(expected[part] for part in order if part in expected)
        yield f"DROP DOMAIN {identity} CASCADE"
        yield f"CREATE DOMAIN {identity} AS {words}"
