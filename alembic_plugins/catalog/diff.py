"""How what is in one namespace differs from what was there before, or is elsewhere."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

Catalog = Mapping[tuple[str, str], str]
"""The definition of all that is in a namespace, by its kind and its identity."""

Parts = Mapping[str, str]
"""A definition: a column's type, default, nullability ..., each as SQL has it."""

Definitions = Mapping[tuple[str, str], Parts]
"""The same as a `Catalog`, by the parts of which definitions are made."""

_ORDER = (
    *("persistence", "kind", "type", "collation", "default", "expression", "identity"),
    *("nullability", "constraints", "row type", "parents", "bound", "partition key", "server"),
    *("foreign options", "row security", "forced row security", "command", "roles", "using"),
    *("check", "start", "increment", "minimum", "maximum", "cache", "cycle", "labels"),
    *("attributes", "options", "definition", "enabled", "validity"),
)
"""The order of parts in one definition."""

WHOLES = {"table", "foreign table", "view", "materialized view"}


@dataclass(frozen=True)
class Difference:
    """Something that is not as it was expected.

    Attributes:
        kind: PostgreSQL's word: table, column, index ...
        identity: its name as SQL would write it, with the schema.
        expected: its definition as it should be; None for what should not be there.
        found: its definition as it is; None for what is not there.
    """

    kind: str
    identity: str
    expected: str | None
    found: str | None

    def __str__(self) -> str:
        name = f"{self.kind} {self.identity}"
        if self.found is None:
            return f"{name} is missing"
        if self.expected is None:
            return f"{name} is not expected"
        # The text of a function or a view would bury the other lines.
        if "\n" in self.found + self.expected:
            return f"{name} has another definition"
        return f"{name} is '{self.found}' instead of '{self.expected}'"


def find_differences(expected: Catalog, found: Catalog) -> tuple[Difference, ...]:
    """Return what differs, in order, without the parts of what is missing or unexpected itself."""
    wholes = {name for kind, name in expected.keys() ^ found.keys() if kind in WHOLES}
    differences = _compare(expected, found)
    return tuple(item for item in differences if not is_part(item.identity, wholes))


def describe(parts: Parts) -> str:
    """Return a definition as a whole."""
    return " ".join(parts[name] for name in _ORDER if name in parts)


def is_about(identity: str, names: Collection[str]) -> bool:
    """Tell whether something has one of some identities, or is a part of what has.

    An index has none of the table's in its own.
    """
    own = identity.rpartition(" on ")[0]
    return identity in names or own in names or is_part(identity, names)


def _compare(expected: Catalog, found: Catalog) -> Iterator[Difference]:
    """Yield all that differs, in order."""
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield Difference(*key, expected.get(key), found.get(key))


def is_part(identity: str, wholes: Collection[str]) -> bool:
    """Tell whether something hangs on one of `wholes`, a relation by its identity.

    Dots and blanks within a name are quoted, so these are never in the middle of one.
    """
    return identity.startswith(tuple(f"{whole}." for whole in wholes)) or identity.endswith(
        tuple(f" on {whole}" for whole in wholes)
    )
