"""How the objects of a branch differ from what was recorded of them, in words.

An object that was renamed is told by its number, which is recorded with it. What only has the new
name in its definition is not told besides.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial

from .diff import WHOLES, Definitions, Parts, describe, is_part

Key = tuple[str, str]
"""Kind and identity."""

Places = Mapping[Key, tuple[int, int, int]]
"""Where PostgreSQL has objects; a column has the number of its relation and its own."""

_VALIDITY = "validity"
"""A part that is not compared: what is not valid is told by itself, be it recorded or not."""

_NAMED = {
    *("type", "definition", "labels", "attributes", "owner", "privileges", "storage parameters"),
    *("tablespace", "access method", "replica identity", "comment", "statistics target", "storage"),
    *("compression", "options"),
}
"""Parts of definitions, and notes, that do not say by themselves what they are."""

LETTERS: Mapping[str, Mapping[str, str]] = {
    "storage": {"p": "PLAIN", "e": "EXTERNAL", "x": "EXTENDED", "m": "MAIN"},
    "compression": {"p": "pglz", "l": "lz4"},
}
"""What the letters mean that pg_attribute has for how values are stored."""

_LONGEST = 200


class Change(StrEnum):
    """What has become of an object."""

    GONE = "gone"
    NEW = "new"
    RENAMED = "renamed"
    CHANGED = "changed"
    REPLACED = "replaced"


@dataclass(frozen=True)
class Drift:
    """A difference between an object and what was recorded of it.

    Attributes:
        change: what has become of it.
        kind: PostgreSQL's word: table, column, index ...
        identity: its name as SQL would write it, with the schema; by now, unless it is gone.
        part: which part of its definition has changed.
        expected: that part, or its name, as recorded.
        found: the same as it is.
    """

    change: Change
    kind: str
    identity: str
    part: str | None = None
    expected: str | None = None
    found: str | None = None

    @property
    def key(self) -> Key:
        """Kind and identity."""
        return (self.kind, self.identity)

    def __str__(self) -> str:
        name = f"{self.kind} {self.identity}"
        match self.change:
            case Change.GONE:
                return f"{name} is gone"
            case Change.NEW:
                return f"{name} was made by no revision"
            case Change.REPLACED:
                return f"{name} is another one than the one that was recorded"
            case Change.RENAMED:
                return self._describe_name()
        return self._describe_part(name)

    def _describe_name(self) -> str:
        own, _, table = self.identity.partition(" on ")
        if self.kind != "sequence" or str(self.expected).partition(" on ")[0] != own:
            return f"{self.kind} {self.expected} was renamed to {self.identity}"
        owner = f"a column of {table}" if table else "no column any more"
        return f"{self.kind} {own} is owned by {owner}"

    def _describe_part(self, name: str) -> str:
        part = str(self.part)
        letters = LETTERS.get(part, {})
        before, after = (letters.get(str(it), it) for it in (self.expected, self.found))
        if part == "nullability":
            return f"{name} allows NULL" if after is None else f"{name} does not allow NULL"
        if part == "definition" and _is_long(f"{before}{after}"):
            return f"{name} has another definition"
        the = f"the {part} " if part in _NAMED else ""
        if after is None:
            return f"{name} has lost {the}{_cut(before)}"
        if before is None:
            return f"{name} has got {the}{_cut(after)}"
        return f"{name} has {the}{_cut(after)} instead of {_cut(before)}"


def _is_long(words: str) -> bool:
    return "\n" in words or len(words) > _LONGEST


def _cut(words: str | None) -> str:
    text = " ".join(str(words).split()).removesuffix(" AS")
    return f"'{text if len(text) <= _LONGEST else text[:_LONGEST] + ' ...'}'"


def find_renamed(
    expected: Definitions, found: Definitions, expected_places: Places, found_places: Places
) -> dict[Key, Key]:
    """Return which objects have another name by now, be their former one free or another's.

    Args:
        expected: what was recorded.
        found: what is there.
        expected_places: where that was.
        found_places: where that is.
    """
    by_place = {place: key for key, place in found_places.items()}
    renamed = {
        key: now
        for key, place in expected_places.items()
        if key in expected and (key not in found or found_places.get(key, place) != place)
        if (now := by_place.get(place)) is not None and now[0] == key[0]
    }
    for schema in {_find_schema(key) for key in renamed if key[0] in WHOLES}:
        moved = {_find_schema(now) for key, now in renamed.items() if _is_moved(key, now, schema)}
        if len(moved) == 1 and not any(_find_schema(key) == schema for key in found):
            renamed["schema", schema] = ("schema", moved.pop())
    return renamed


def _find_schema(key: Key) -> str:
    """Return the schema of an object, or of what it hangs on."""
    return key[1].rpartition(" on ")[2].partition(".")[0]


def _is_moved(before: Key, after: Key, schema: str) -> bool:
    """Tell whether a relation of a schema is in another one, by the same name."""
    names = [key[1].partition(".") for key in (before, after)]
    return before[0] in WHOLES and names[0][0] == schema and names[0][2] == names[1][2]


class Names:
    """Replace names of objects in definitions by those that they have now.

    Args:
        renamed: the objects that were renamed.
    """

    def __init__(self, renamed: Mapping[Key, Key]) -> None:
        names = {a: b for a, b in renamed.items() if a[0] not in ("schema", "column")}
        # A constraint or a trigger has no name but on its table; an index is in a schema.
        pairs = [(_cut_table(a), _cut_table(b)) for a, b in names.items()]
        self._wholes = {a: b for a, b in pairs if "." in a}
        schemas = {a[1]: b[1] for a, b in renamed.items() if a[0] == "schema"}
        self._schemas = schemas
        self._pattern = _make_pattern(self._wholes)
        self._schema_pattern = _make_pattern(schemas, after=r"(?=\.)")
        columns: dict[str, dict[str, str]] = {}
        for before, after in renamed.items():
            if before[0] == "column":
                table, name = self._replace(split_column(before[1])[0]), split_column(before[1])[1]
                columns.setdefault(table, {})[name] = split_column(after[1])[1]
        self._columns = columns

    def _replace(self, words: str) -> str:
        if self._pattern:
            words = self._pattern.sub(partial(_choose, self._wholes), words)
        if self._schema_pattern:
            words = self._schema_pattern.sub(partial(_choose, self._schemas), words)
        return words

    def find_table(self, identity: str) -> str:
        """Return the name of an object where it, or what it hangs on, was only moved along."""
        own, on, table = identity.rpartition(" on ")
        if on:
            schema, dot, name = own.rpartition(".")
            moved = f"{self._schemas.get(schema, schema)}{dot}{name}"
            return f"{moved}{on}{self._replace(table)}"
        schema, dot, name = identity.partition(".")
        if dot and schema in self._schemas:
            return f"{self._schemas[schema]}{dot}{name}"
        return identity

    def replace(self, words: str, identity: str) -> str:
        """Return a definition with today's names.

        Args:
            words: the definition.
            identity: whose it is, by now; that tells of which table columns are named in it.
        """
        found = self._replace(words)
        for table, names in self._columns.items():
            pattern = _make_pattern(names) if is_part(identity, [table]) else None
            if pattern:
                found = pattern.sub(partial(_choose, names), found)
        return found


def _choose(names: Mapping[str, str], found: re.Match[str]) -> str:
    return names[found[0]]


def split_column(identity: str) -> tuple[str, str]:
    """Return the table and the name of a column, which may be quoted, with dots in it."""
    start = identity[:-1].rfind('."') if identity.endswith('"') else identity.rfind(".")
    return identity[:start], identity[start + 1 :]


def _cut_table(key: Key) -> str:
    """Return the name of an object without that of the table on which it hangs."""
    return key[1].rpartition(" on ")[0] or key[1]


def _make_pattern(names: Collection[str], after: str = r'(?![\w"$])') -> re.Pattern[str] | None:
    """Return what finds names that are not a part of longer ones."""
    if not names:
        return None
    words = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf'(?<![\w."$])(?:{words}){after}')


def mentions(words: str, name: str) -> bool:
    """Tell whether a definition has a name, which is no part of a longer one."""
    return bool(re.search(rf'(?<![\w"$]){re.escape(name)}(?![\w"$])', words))


class Comparison:
    """Compare the objects of one branch with what was recorded of them.

    Args:
        expected: what was recorded.
        found: what is there.
        renamed: which objects, of whatever branch, have another name by now.
    """

    def __init__(
        self, expected: Definitions, found: Definitions, renamed: Mapping[Key, Key]
    ) -> None:
        self._expected = expected
        self._found = found
        self._renamed = {key: now for key, now in renamed.items() if key in expected}
        spaces = {_find_schema(key) for key in self._renamed}
        self._schemas = {
            key: now for key, now in renamed.items() if key[0] == "schema" and key[1] in spaces
        }
        self._names = Names(renamed)

    def find_drift(self) -> tuple[Drift, ...]:
        """Return what differs, in order, without the parts of what is gone or new itself."""
        drift = [*self._find_renames(), *self._compare()]
        gone, new = (
            {it.identity for it in drift if it.kind in WHOLES and it.change is change}
            for change in (Change.GONE, Change.NEW)
        )
        # What is gone has its former name, which may be another's by now; the rest has today's.
        left = (
            item
            for item in drift
            if not is_part(item.identity, gone if item.change is Change.GONE else new)
        )
        return tuple(sorted(left, key=lambda item: (item.kind, item.identity, str(item.part))))

    def _find_renames(self) -> Iterator[Drift]:
        """Yield what was renamed itself, and not what it hangs on."""
        for before, after in (self._renamed | self._schemas).items():
            if before[0] == "schema" or self.find_now(before) != after:
                yield Drift(Change.RENAMED, *after, expected=before[1], found=after[1])

    def find_now(self, key: Key) -> Key:
        """Return what an object is called if nothing but what it hangs on was renamed."""
        if key[0] == "column":
            table, name = split_column(key[1])
            return (key[0], f"{self._names.replace(table, '')}.{name}")
        return (key[0], self._names.find_table(key[1]))

    def _compare(self) -> Iterator[Drift]:
        expected: dict[Key, tuple[Key, Parts]] = {}
        for key, parts in self._expected.items():
            now = self._renamed.get(key) or self.find_now(key)
            expected[now] = (key, parts)
        for key in expected.keys() | self._found.keys():
            if key not in expected:
                yield Drift(Change.NEW, *key, found=describe(self._found[key]))
                continue
            before, parts = expected[key]
            if key in self._found:
                yield from self._compare_parts(before, key, parts, self._found[key])
            elif before not in self._schemas:
                yield Drift(Change.GONE, *before, expected=describe(parts))

    def _compare_parts(
        self, before: Key, key: Key, expected: Parts, found: Parts
    ) -> Iterator[Drift]:
        for part in sorted((expected.keys() | found.keys()) - {_VALIDITY}):
            then, now = expected.get(part), found.get(part)
            if then != now and (then is None or self.rewrite(then, before, key) != now):
                yield Drift(Change.CHANGED, *key, part, then, now)

    def rewrite(self, words: str, before: Key, key: Key) -> str:
        """Return a recorded definition with the names of today, its own too."""
        own, now = (_cut_table(it).rpartition(".")[2] for it in (before, key))
        pattern = _make_pattern([own]) if own != now else None
        renamed = pattern.sub(lambda _: now, words) if pattern else words
        return self._names.replace(renamed, key[1])


def join_moved(drift: Mapping[str, Sequence[Drift]]) -> dict[str, tuple[Drift, ...]]:
    """Tell once of what is gone of one branch and there as another one's, by the same name.

    It is not known any more whose it is: it was made anew, or it is an index of one branch on a
    table of another's, which was built anew.

    Args:
        drift: that of branches, by their names.
    """
    new = {it.key: it for items in drift.values() for it in items if it.change is Change.NEW}
    gone = {it.key: it for items in drift.values() for it in items if it.change is Change.GONE}
    return {
        name: tuple(found for item in items if (found := _join(item, new, gone)) is not None)
        for name, items in drift.items()
    }


def _join(item: Drift, new: Mapping[Key, Drift], gone: Mapping[Key, Drift]) -> Drift | None:
    """Return what there is to say of an object that may be told twice."""
    if item.change is Change.NEW and item.key in gone:
        return None
    if item.change is not Change.GONE or item.key not in new:
        return item
    found = new[item.key].found
    if " on " not in item.identity and item.kind != "column":
        return replace(item, change=Change.REPLACED, expected=None)
    if item.expected == found:
        return None
    return replace(item, change=Change.CHANGED, part="definition", found=found)
