"""The statements that make, drop and alter tables."""

from collections.abc import Iterator

from .column_changes import add_unchecked, describe_column, is_serial
from .diff import Parts
from .drift import Key
from .printed import quote_literal, split_field, split_list, split_on
from .states import State, Statement, Verb, get

_FIXED = {
    "partition key": "the way in which a table is partitioned cannot be changed",
    "server": "the server of a foreign table cannot be changed",
    "bound": "the bounds of a partition are not a matter of revisions",
}


def create_table(state: State, key: Key, inline: list[Key]) -> Iterator[Statement]:
    """Yield what makes a table, with its columns and some constraints."""
    parts, table = state.definitions[key], key[1]
    columns = [it for it in state.find_columns(table) if it not in state.inherited]
    is_typed = "row type" in parts
    lines = [_describe(state, it, is_typed=is_typed) for it in columns]
    lines = [line for line in lines if line]
    lines += [f"CONSTRAINT {split_on(it[1])[0]} {get(state, it)['definition']}" for it in inline]
    unlogged = "UNLOGGED " if "persistence" in parts else ""
    body = "(" + ",".join(f"\n    {line}" for line in lines) + "\n)"
    typed = f" {parts['row type']}" if is_typed else ""
    after = [f"INHERITS ({', '.join(state.find_parents(key))})"] if "parents" in parts else []
    after += [parts[part] for part in ("partition key", "server") if part in parts]
    if "foreign options" in parts:
        after.append(f"OPTIONS ({', '.join(_split_options(parts['foreign options']))})")
    head = f"CREATE {unlogged}{key[0].upper()} {table}{typed}"
    body = "" if typed and not lines else f" {body}"
    sequences = [it for it in map(state.find_sequence, columns) if it is not None]
    along = [it for it in sequences if _is_along(state, it)]
    members = (*columns, *inline, *along)
    yield Statement(Verb.CREATE, key, " ".join([f"{head}{body}", *after]), members=members)
    for column in columns:
        if "validity" in get(state, column):
            yield add_unchecked(column)
    for part in ("row security", "forced row security"):
        if part in parts:
            yield Statement(Verb.ALTER, key, f"ALTER TABLE {table} {parts[part]}", part)


def _describe(state: State, column: Key, *, is_typed: bool) -> str:
    """Return a column as CREATE TABLE has it; nothing where its table's type tells all of it."""
    if not is_typed:
        return describe_column(state, column)
    parts = get(state, column)
    words = " ".join(parts[part] for part in ("default", "nullability") if part in parts)
    return f"{split_field(column[1])[1]} WITH OPTIONS {words}" if words else ""


def _is_along(state: State, sequence: Key) -> bool:
    """Tell whether a sequence is made with its column."""
    column = state.find_owner(sequence)
    return column is not None and ("identity" in get(state, column) or is_serial(state, column))


def _split_options(words: str) -> list[str]:
    """Return the options of a foreign table as SQL has them."""
    pairs = (option.partition("=") for option in split_list(words, "OPTIONS "))
    return [f"{name} {quote_literal(value)}" for name, _, value in pairs]


def find_fixed(before: State, after: State, key: Key) -> str | None:
    """Return why a table cannot be changed as it would have to be; None where it can."""
    then, now = get(before, key), get(after, key)
    return next((why for part, why in _FIXED.items() if then.get(part) != now.get(part)), None)


def alter_table(before: State, after: State, key: Key) -> Iterator[Statement]:
    """Yield what changes a table itself."""
    then, now = get(before, key), get(after, key)
    head = f"ALTER {key[0].upper()} {key[1]}"
    words = {
        "persistence": "SET UNLOGGED" if "persistence" in now else "SET LOGGED",
        "row type": now.get("row type", "NOT OF"),
        "row security": now.get("row security", "DISABLE ROW LEVEL SECURITY"),
        "forced row security": now.get("forced row security", "NO FORCE ROW LEVEL SECURITY"),
    }
    for part, change in words.items():
        if then.get(part) != now.get(part):
            yield Statement(Verb.ALTER, key, f"{head} {change}", part)
    if then.get("parents") != now.get("parents"):
        olds, news = before.find_parents(key), after.find_parents(key)
        for parent in (it for it in olds if it not in news):
            yield Statement(Verb.ALTER, key, f"{head} NO INHERIT {parent}", "parents")
        for parent in (it for it in news if it not in olds):
            yield Statement(Verb.ALTER, key, f"{head} INHERIT {parent}", "parents")
    if then.get("foreign options") != now.get("foreign options"):
        yield Statement(Verb.ALTER, key, f"{head} {_alter_options(then, now)}", "foreign options")


def _alter_options(then: Parts, now: Parts) -> str:
    pairs = (
        [option.partition(" ") for option in _split_options(parts.get("foreign options", ""))]
        for parts in (then, now)
    )
    olds, news = ({name: value for name, _, value in found} for found in pairs)
    words = [f"DROP {name}" for name in olds if name not in news]
    words += [
        f"{'SET' if name in olds else 'ADD'} {name} {value}"
        for name, value in news.items()
        if olds.get(name) != value
    ]
    return f"OPTIONS ({', '.join(words)})"


def drop_table(key: Key) -> Statement:
    """Return what drops a table."""
    lost = None if key[0] == "foreign table" else f"the rows of table {key[1]}"
    return Statement(Verb.DROP, key, f"DROP {key[0].upper()} {key[1]}", lost=lost)
