"""The statements that make, drop and alter columns and sequences."""

from collections.abc import Iterator

from .diff import Parts
from .drift import Key
from .printed import split_field, split_on
from .states import State, Statement, Verb, find_table, get, is_next_of

_INTEGERS = {"smallint": 2, "integer": 4, "bigint": 8}
_SERIALS = {"smallint": "smallserial", "integer": "serial", "bigint": "bigserial"}
_NUMBERS = (*_INTEGERS, "numeric", "real", "double precision")
_TEXTS = ("character varying", "character", "text")
_SEQUENCE = ("type", "increment", "minimum", "maximum", "start", "cache", "cycle")


def describe_column(state: State, key: Key) -> str:
    """Return a column as CREATE TABLE has it."""
    parts = state.definitions[key]
    name = split_field(key[1])[1]
    words = [name, _SERIALS[parts["type"]] if is_serial(state, key) else parts["type"]]
    words += [parts[part] for part in ("collation", "expression") if part in parts]
    if "default" in parts and not is_serial(state, key):
        words.append(parts["default"])
    if "identity" in parts:
        words += [parts["identity"], *_describe_identity(state, key)]
    elif "nullability" in parts and "validity" not in parts and not is_serial(state, key):
        words.append(parts["nullability"])
    return " ".join(words)


def is_serial(state: State, key: Key) -> bool:
    """Tell whether a column is what PostgreSQL makes of ``serial``, its sequence too."""
    parts = state.definitions[key]
    sequence = state.find_sequence(key)
    if sequence is None or parts["type"] not in _SERIALS or "nullability" not in parts:
        return False
    own = split_on(sequence[1])[0]
    is_plain = is_next_of(own, parts.get("default")) and own.replace('"', "") == _name_sequence(key)
    return is_plain and not _describe_options(state.definitions[sequence], parts["type"])


def _name_sequence(column: Key) -> str:
    """Return what PostgreSQL calls the sequence of a column by itself, but for quotes."""
    table, name = split_field(column[1])
    return f"{table}_{name}_seq".replace('"', "")


def _describe_identity(state: State, key: Key) -> list[str]:
    """Return the options of an identity's sequence, where they are not what they would be."""
    sequence = state.find_sequence(key)
    if sequence is None:
        return []
    own = split_on(sequence[1])[0]
    options = _describe_options(state.definitions[sequence], state.definitions[key]["type"])
    if own.replace('"', "") != _name_sequence(key):
        options.insert(0, f"SEQUENCE NAME {own}")
    return [f"({' '.join(options)})"] if options else []


def _describe_options(parts: Parts, type_: str = "bigint") -> list[str]:
    """Return the options of a sequence that are not what they would be by themselves.

    Args:
        parts: its definition.
        type_: the type that it would have.
    """
    found = parts.get("type", "bigint")
    is_down = parts.get("increment", "INCREMENT 1").startswith("INCREMENT -")
    limit = (1 << (8 * _INTEGERS[found] - 1)) - 1
    lowest, highest = (-limit - 1, -1) if is_down else (1, limit)
    defaults = {
        "increment": "INCREMENT 1",
        "minimum": f"MINVALUE {lowest}",
        "maximum": f"MAXVALUE {highest}",
        "start": (parts.get("maximum") if is_down else parts.get("minimum")) or "",
        "cache": "CACHE 1",
    }
    defaults["start"] = f"START {defaults['start'].rpartition(' ')[2]}"
    options = [f"AS {found}"] if found != type_ else []
    wanted = (part for part in _SEQUENCE[1:] if part in parts)
    return options + [parts[part] for part in wanted if parts[part] != defaults.get(part)]


def create_sequence(key: Key, parts: Parts) -> str:
    """Return what makes a sequence, which no column owns yet."""
    options = " ".join(_describe_options(parts))
    return f"CREATE SEQUENCE {split_on(key[1])[0]} {options}".rstrip()


def own_sequence(state: State, key: Key) -> str:
    """Return what lets a sequence be owned by its column, or by none."""
    owner = state.find_owner(key)
    return f"ALTER SEQUENCE {split_on(key[1])[0]} OWNED BY {owner[1] if owner else 'NONE'}"


def alter_sequence(before: State, after: State, key: Key) -> Iterator[Statement]:
    """Yield what changes a sequence; what comes with its column's type is left out."""
    then, now = get(before, key), get(after, key)
    changed = [part for part in _SEQUENCE if then.get(part) != now.get(part)]
    owner = after.find_owner(key)
    if owner and "identity" in get(after, owner) and "identity" in get(before, owner):
        is_along = get(before, owner).get("type") != get(after, owner).get("type")
        if is_along and {*changed} <= {"type", "minimum", "maximum"}:
            return
    words = [_word_option(part, now) for part in changed]
    if words:
        yield Statement(
            Verb.ALTER, key, f"ALTER SEQUENCE {split_on(key[1])[0]} {' '.join(words)}", changed[0]
        )


def _word_option(part: str, parts: Parts) -> str:
    if part == "type":
        return f"AS {parts['type']}"
    return parts.get(part, "NO CYCLE")


def must_be_remade(before: State, after: State, key: Key) -> bool:
    """Tell whether a column can only be changed by dropping it and adding it again.

    An expression can be replaced since PostgreSQL 17; before that it was dropped, and is another
    column by its number.
    """
    then, now = get(before, key), get(after, key)
    old, new = then.get("expression"), now.get("expression")
    if old == new:
        return False
    if old is None or (new is None and old.endswith("VIRTUAL")):
        return True
    if new is not None and old.rpartition(" ")[2] != new.rpartition(" ")[2]:
        return True
    places = (before.places.get(key), after.places.get(key))
    return new is not None and None not in places and places[0][2] != places[1][2]  # type: ignore[index]


def alter_column(
    before: State, after: State, key: Key, *, retyped: bool = False
) -> Iterator[Statement]:
    """Yield what changes a column, but for what makes it anew.

    Args:
        before: what objects are.
        after: what they are to be.
        key: the column.
        retyped: whether its type has become another one of the same name.
    """
    then, now = get(before, key), get(after, key)
    is_inherited = key in before.inherited and key in after.inherited
    changes = {part for part in then.keys() | now.keys() if then.get(part) != now.get(part)}
    is_typed = bool(changes & {"type", "collation"} or retyped) and not is_inherited
    if "identity" in changes and "identity" in then and "identity" not in now:
        lost = f"how far the identity of column {key[1]} is"
        yield _alter(key, "DROP IDENTITY", "identity", lost=lost)
    if "default" in then and (is_typed or "default" not in now):
        yield _alter(key, "DROP DEFAULT", "default")
    if is_typed:
        yield _alter_type(key, then, now, retyped=retyped)
    if "expression" in changes:
        words = f"SET EXPRESSION {_cut_expression(now)}" if now.get("expression") else ""
        yield _alter(key, words or "DROP EXPRESSION", "expression")
    if {"nullability", "validity"} & changes and not is_inherited:
        yield from _alter_nullability(key, then, now)
    if "default" in now and ("default" in changes or is_typed):
        yield _alter(key, f"SET {now['default']}", "default")
    if "identity" in changes and "identity" in now:
        yield _alter(key, _set_identity(after, key, then), "identity")


def _alter(
    key: Key, words: str, part: str, *, lost: str | None = None, refused: str | None = None
) -> Statement:
    table, name = split_field(key[1])
    sql = f"ALTER TABLE {table} ALTER COLUMN {name} {words}"
    return Statement(Verb.ALTER, key, sql, part, lost=lost, refused=refused)


def _cut_expression(parts: Parts) -> str:
    words = parts["expression"].removeprefix("GENERATED ALWAYS ")
    return words.removesuffix(" STORED").removesuffix(" VIRTUAL")


def _set_identity(state: State, key: Key, then: Parts) -> str:
    parts = state.definitions[key]
    if "identity" in then:
        return f"SET {parts['identity'].removesuffix(' AS IDENTITY')}"
    return " ".join([f"ADD {parts['identity']}", *_describe_identity(state, key)])


def _alter_nullability(key: Key, then: Parts, now: Parts) -> Iterator[Statement]:
    table, name = split_field(key[1])
    if "nullability" not in now:
        yield _alter(key, "DROP NOT NULL", "nullability")
        return
    if "validity" in now:
        if "nullability" in then:
            yield _alter(key, "DROP NOT NULL", "nullability")
        yield add_unchecked(key)
        return
    refused = f"rows of table {table} whose {name} is NULL"
    yield _alter(key, "SET NOT NULL", "nullability", refused=refused)


def add_unchecked(key: Key) -> Statement:
    """Return what lets a column allow no NULL but in the rows that are there."""
    table, name = split_field(key[1])
    sql = f"ALTER TABLE {table} ADD NOT NULL {name} NOT VALID"
    return Statement(Verb.ALTER, key, sql, "nullability")


def _alter_type(key: Key, then: Parts, now: Parts, *, retyped: bool) -> Statement:
    old, new, name = then["type"], now["type"], split_field(key[1])[1]
    collation = now.get("collation", "")
    if not collation and "collation" in then and old == new:
        collation = 'COLLATE pg_catalog."default"'
    words = f"TYPE {new} {collation}".rstrip()
    if retyped and old == new:
        array = "[]" if new.endswith("[]") else ""
        words += f" USING {name}::text{array}::{new}"
    elif not _is_assigned(old, new):
        words += f" USING {name}::{new}"
    is_wide = is_widening(old, new)
    lost = None if is_wide else f"what values of column {key[1]} have that type {new} has not"
    refused = None if is_wide else f"values of column {key[1]} that are no {new}"
    return _alter(key, words, "type", lost=lost, refused=refused)


def _is_assigned(old: str, new: str) -> bool:
    """Tell whether PostgreSQL casts values by itself, and refuses those that are too long."""
    kinds = [words.partition("(")[0] for words in (old, new)]
    both = ({*kinds} <= {*group} for group in (_NUMBERS, _TEXTS))
    return kinds[0] == kinds[1] or any(both) or kinds[1] == "text"


def is_widening(old: str, new: str) -> bool:
    """Tell whether every value of a type is one of another type, and is read as it was."""
    if old == new or new == "text":
        return True
    if new in _INTEGERS:
        return _INTEGERS.get(old, 99) <= _INTEGERS[new]
    kinds = [words.partition("(") for words in (old, new)]
    if new == "numeric":
        return old in _INTEGERS or kinds[0][0] == "numeric"
    if kinds[0][0] == kinds[1][0] == "character varying":
        lengths = [words[2].rstrip(")") for words in kinds]
        return not lengths[1] or (bool(lengths[0]) and int(lengths[0]) <= int(lengths[1]))
    return False


def add_column(state: State, key: Key) -> Iterator[Statement]:
    """Yield what adds a column to its table."""
    parts, table = state.definitions[key], find_table(key)
    is_filled = {"default", "identity", "expression"} & parts.keys()
    refused = (
        f"any rows of table {table}: column {key[1]} has no default, and allows no NULL"
        if "nullability" in parts and "validity" not in parts and not is_filled
        else None
    )
    sequence = state.find_sequence(key)
    is_along = sequence is not None and ("identity" in parts or is_serial(state, key))
    members = (sequence,) if is_along and sequence else ()
    sql = f"ALTER TABLE {table} ADD COLUMN {describe_column(state, key)}"
    yield Statement(Verb.CREATE, key, sql, members=members, refused=refused)
    if "validity" in parts:
        yield add_unchecked(key)


def drop_column(state: State, key: Key) -> Statement:
    """Return what drops a column; what is generated can be generated again."""
    table, name = split_field(key[1])
    lost = None if "expression" in state.definitions[key] else f"the values of column {key[1]}"
    return Statement(Verb.DROP, key, f"ALTER TABLE {table} DROP COLUMN {name}", lost=lost)
