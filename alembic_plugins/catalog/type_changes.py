"""The statements that make, drop and alter types."""

from collections.abc import Iterator, Sequence

from .diff import Parts
from .drift import Key
from .printed import split, split_list, split_name
from .states import Statement, Verb

_DOMAIN = ("type", "collation", "default", "nullability", "constraints")
_ENUM = "ENUM "
_OLD = "_before"
_RANGE = {" COLLATE ": "COLLATION", " CANONICAL ": "CANONICAL", " SUBTYPE_DIFF ": "SUBTYPE_DIFF"}


def create_type(key: Key, parts: Parts) -> str:
    """Return what makes a type.

    Raises:
        LookupError: PostgreSQL tells too little of it.
    """
    identity = key[1]
    for part in ("labels", "attributes"):
        if part in parts:
            return f"CREATE TYPE {identity} AS {parts[part]}"
    if parts.get("definition", "").startswith("RANGE OF "):
        return f"CREATE TYPE {identity} AS RANGE ({_describe_range(parts['definition'])})"
    if "type" in parts:
        words = " ".join(parts[name] for name in _DOMAIN if name in parts)
        return f"CREATE DOMAIN {identity} AS {words}"
    raise LookupError("there is no definition of it that could be written down")


def _describe_range(definition: str) -> str:
    words = definition.removeprefix("RANGE OF ")
    for clause, option in _RANGE.items():
        words = f", {option} = ".join(split(words, clause))
    return f"SUBTYPE = {words}"


def can_alter_type(before: Parts, after: Parts) -> bool:
    """Tell whether a type can be changed while columns have it."""
    if "labels" in before and "labels" in after:
        return next(_alter_labels("", before, after), None) is not None
    if "attributes" in before and "attributes" in after:
        return True
    return "type" in before and all(
        before.get(part) == after.get(part) for part in ("type", "collation")
    )


def alter_type(key: Key, before: Parts, after: Parts) -> Iterator[Statement]:
    """Yield what changes a type as `can_alter_type` tells that it can be."""
    if "labels" in after:
        for sql in _alter_labels(key[1], before, after):
            yield Statement(Verb.ALTER, key, sql, "labels")
    elif "attributes" in after:
        yield from _alter_attributes(key, before, after)
    else:
        yield from _alter_domain(key, before, after)


def replace_type(key: Key, parts: Parts) -> tuple[list[str], str]:
    """Return what puts another type by the name of one, and what drops that at last.

    Raises:
        LookupError: PostgreSQL tells too little of it.
    """
    schema, name = split_name(key[1])
    is_quoted = name.startswith('"')
    old = f'{name[:-1]}{_OLD}"' if is_quoted else f"{name}{_OLD}"
    word = "DOMAIN" if "type" in parts else "TYPE"
    renamed = f"ALTER TYPE {key[1]} RENAME TO {old}"
    dot = "." if schema else ""
    return [renamed, create_type(key, parts)], f"DROP {word} {schema}{dot}{old}"


def find_added_labels(before: Parts, after: Parts) -> list[str]:
    """Return the labels of an enumeration that are new, as SQL has them."""
    known = split_list(before.get("labels"), _ENUM)
    return [label for label in split_list(after.get("labels"), _ENUM) if label not in known]


def find_removed_labels(before: Parts, after: Parts) -> list[str]:
    """Return the labels of an enumeration that are gone, as SQL has them."""
    return find_added_labels(after, before)


def _alter_labels(identity: str, before: Parts, after: Parts) -> Iterator[str]:
    """Yield what changes the labels of an enumeration; nothing where none can be taken away."""
    then, now = (split_list(parts["labels"], _ENUM) for parts in (before, after))
    kept = [label for label in now if label in then]
    if kept == then:
        yield from _add_labels(identity, then, now)
    elif len(then) == len(now) and not _is_swapped(then, now):
        pairs = [(a, b) for a, b in zip(then, now, strict=True) if a != b]
        yield from (f"ALTER TYPE {identity} RENAME VALUE {a} TO {b}" for a, b in pairs)


def _is_swapped(then: Sequence[str], now: Sequence[str]) -> bool:
    """Tell whether a label is at another's place: then it was not renamed."""
    changed = [(a, b) for a, b in zip(then, now, strict=True) if a != b]
    return any(a in now or b in then for a, b in changed)


def _add_labels(identity: str, then: Sequence[str], now: Sequence[str]) -> Iterator[str]:
    """Yield what adds labels, each behind the one that is before it by then."""
    there = set(then)
    for place, label in enumerate(now):
        if label in there:
            continue
        where = ""
        if any(other in there for other in now[place + 1 :]):
            following = next(other for other in now[place + 1 :] if other in there)
            where = f" AFTER {now[place - 1]}" if place else f" BEFORE {following}"
        there.add(label)
        yield f"ALTER TYPE {identity} ADD VALUE {label}{where}"


def _alter_attributes(key: Key, before: Parts, after: Parts) -> Iterator[Statement]:
    then, now = (
        {split(words, " ")[0]: words for words in split_list(parts["attributes"])}
        for parts in (before, after)
    )
    head = f"ALTER TYPE {key[1]}"
    for name, new in _find_renamed(list(then.values()), list(now.values())):
        yield Statement(Verb.ALTER, key, f"{head} RENAME ATTRIBUTE {name} TO {new}", "attributes")
        then[new] = then.pop(name).replace(name, new, 1)
    for name in then.keys() - now.keys():
        lost = f"the values of attribute {name} of type {key[1]}"
        yield Statement(Verb.ALTER, key, f"{head} DROP ATTRIBUTE {name}", "attributes", lost=lost)
    for name, words in now.items():
        if name not in then:
            yield Statement(Verb.ALTER, key, f"{head} ADD ATTRIBUTE {words}", "attributes")
        elif then[name] != words:
            sql = f"{head} ALTER ATTRIBUTE {name} TYPE {words.removeprefix(name).strip()}"
            yield Statement(Verb.ALTER, key, sql, "attributes")


def _find_renamed(then: Sequence[str], now: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield the attributes that have other names at the same places; all others are the same."""
    if len(then) != len(now):
        return
    known = {split(words, " ")[0] for words in (*then, *now)}
    for before, after in zip(then, now, strict=True):
        (a, *type_), (b, *other) = split(before, " "), split(after, " ")
        is_same = type_ == other and a != b
        if is_same and not any(w.startswith(f"{b} ") for w in then) and b in known:
            yield a, b


def _alter_domain(key: Key, before: Parts, after: Parts) -> Iterator[Statement]:
    head = f"ALTER DOMAIN {key[1]}"
    if before.get("default") != after.get("default"):
        words = f"SET {after['default']}" if "default" in after else "DROP DEFAULT"
        yield Statement(Verb.ALTER, key, f"{head} {words}", "default")
    if before.get("nullability") != after.get("nullability"):
        is_set = "nullability" in after
        sql = f"{head} {'SET' if is_set else 'DROP'} NOT NULL"
        refused = f"values NULL in columns of domain {key[1]}" if is_set else None
        yield Statement(Verb.ALTER, key, sql, "nullability", refused=refused)
    then, now = (_split_constraints(parts) for parts in (before, after))
    for name in then:
        if then[name] != now.get(name):
            yield Statement(Verb.ALTER, key, f"{head} DROP CONSTRAINT {name}", "constraints")
    for name, words in now.items():
        if words != then.get(name):
            refused = f"values in columns of domain {key[1]} that {name} does not allow"
            sql = f"{head} ADD CONSTRAINT {name} {words}"
            yield Statement(Verb.ALTER, key, sql, "constraints", refused=refused)


def _split_constraints(parts: Parts) -> dict[str, str]:
    """Return the constraints of a domain, by their names."""
    found = {}
    for words in split(f" {parts.get('constraints', '')}", " CONSTRAINT "):
        name, *rest = split(words.strip(), " ")
        if rest:
            found[name] = " ".join(rest)
    return found
