"""How two pictures of one namespace differ."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

Picture = Mapping[tuple[str, str], str]
"""The definition of all that is in a namespace, by its kind and its identity."""

_WHOLES = {"table", "foreign table", "view", "materialized view"}


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


def find_differences(expected: Picture, found: Picture) -> tuple[Difference, ...]:
    """Return what differs, in order, without the parts of what is missing or unexpected itself."""
    wholes = {name for kind, name in expected.keys() ^ found.keys() if kind in _WHOLES}
    differences = _compare(expected, found)
    return tuple(item for item in differences if not _is_part(item.identity, wholes))


def is_about(identity: str, names: Collection[str]) -> bool:
    """Tell whether something has one of some identities, or is a part of what has.

    An index has none of the table's in its own.
    """
    own = identity.rpartition(" on ")[0]
    return identity in names or own in names or _is_part(identity, names)


def _compare(expected: Picture, found: Picture) -> Iterator[Difference]:
    """Yield all that differs, in order."""
    for key in sorted(expected.keys() | found.keys()):
        if expected.get(key) != found.get(key):
            yield Difference(*key, expected.get(key), found.get(key))


def _is_part(identity: str, wholes: Collection[str]) -> bool:
    """Tell whether something hangs on one of `wholes`.

    Dots and blanks within a name are quoted, so these are never in the middle of one.
    """
    return identity.startswith(tuple(f"{whole}." for whole in wholes)) or identity.endswith(
        tuple(f" on {whole}" for whole in wholes)
    )
