"""What statements keep others from while they run, in the words of ``check``."""

from collections.abc import Iterable, Iterator
from enum import IntEnum

from ..catalog.printed import split
from ..catalog.states import TABLES, VIEWS, State, Statement, Verb, find_table, get


class _Wait(IntEnum):
    """Who waits for a table that is locked."""

    NOBODY = 0
    WRITERS = 1
    EVERYBODY = 2


_QUIET = ("comment", "privileges", "storage parameters", "statistics target", "options")
"""Notes that nobody waits for."""

_READING = ("nullability", "validity")
"""Parts for which PostgreSQL reads all of a table."""

_LOOSE = ("function", "procedure", "aggregate", "type", "sequence", "schema", "statistics object")
"""What is on no table."""


def describe_locks(statements: Iterable[Statement], after: State) -> tuple[str, ...]:
    """Return who waits for statements that run in one transaction, in sentences.

    Args:
        statements: the statements.
        after: what objects are by then.
    """
    waits: dict[str, _Wait] = {}
    read: dict[str, None] = {}
    for statement in statements:
        for table, wait in _find_waits(statement, after):
            waits[table] = max(wait, waits.get(table, _Wait.NOBODY))
        if _reads(statement, after):
            read[_find_relation(statement)] = None
    found = []
    for wait, words in (
        (_Wait.EVERYBODY, "Nobody reads or writes {} until it is done"),
        (_Wait.WRITERS, "Nobody writes to {} until it is done"),
    ):
        tables = sorted(table for table, it in waits.items() if it is wait)
        found += [words.format(", ".join(tables))] if tables else []
    found += [f"PostgreSQL reads all of {', '.join(sorted(read))}"] if read else []
    return tuple(f"{words}." for words in found)


def _find_relation(statement: Statement) -> str:
    kind, identity = statement.key
    return identity if kind in (*TABLES, *VIEWS) else find_table(statement.key)


def _find_waits(statement: Statement, after: State) -> Iterator[tuple[str, _Wait]]:
    kind, part = statement.key[0], statement.part
    if kind in _LOOSE or (statement.verb is Verb.NOTE and part in _QUIET):
        return
    definition = get(after, statement.key).get("definition", "")
    wait = _Wait.EVERYBODY
    if part == "validity" and kind == "constraint":
        wait = _Wait.NOBODY
    elif statement.verb is Verb.CREATE and kind in ("index", "trigger"):
        wait = _Wait.WRITERS
    elif statement.verb is Verb.CREATE and definition.startswith("FOREIGN KEY "):
        wait = _Wait.WRITERS
        target = split(definition, " REFERENCES ")[-1]
        yield target[: target.index("(")], wait
    elif statement.verb is Verb.CREATE and kind in VIEWS:
        return
    elif part == "validity":
        wait = _Wait.WRITERS if kind == "index" else wait
    yield _find_relation(statement), wait


def _reads(statement: Statement, after: State) -> bool:
    """Tell whether PostgreSQL reads all rows of a table."""
    kind = statement.key[0]
    parts = get(after, statement.key)
    if statement.verb is Verb.CREATE:
        return kind == "index" or (kind == "constraint" and "validity" not in parts)
    if statement.verb is not Verb.ALTER:
        return False
    return statement.part in _READING and (kind != "column" or "nullability" in parts)
