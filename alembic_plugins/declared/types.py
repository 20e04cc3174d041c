"""Which types of PostgreSQL take all values of another one."""

import re
from dataclasses import dataclass

_WORDS = re.compile(r"(?P<before>[^(]+)(?:\((?P<size>\d+)(?:,(?P<scale>-?\d+))?\))?(?P<after>.*)")

_DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
"""The whole numbers, with their digits."""

_EXACT = {("smallint", "real"), ("real", "double precision")} | {
    (whole, "double precision") for whole in ("smallint", "integer")
}
"""Pairs of types of which the second has each number of the first."""

_SIZED = ("character", "character varying", "bit varying")
_PRECISE = ("timestamp", "time", "interval")
_TEXTS = ("text", "character varying")


@dataclass(frozen=True)
class _Type:
    """A type in PostgreSQL's words: its name, its size or precision, and its scale."""

    name: str
    size: int | None = None
    scale: int | None = None

    @classmethod
    def parse(cls, words: str) -> "_Type":
        """Return the type that words such as ``timestamp(3) with time zone`` mean."""
        match = _WORDS.fullmatch(words)
        if match is None:
            return cls(words)
        size, scale = match["size"], match["scale"]
        name = match["before"] + match["after"]
        return cls(name, int(size) if size else None, int(scale) if scale else None)


def is_wider(before: str, after: str) -> bool:
    """Tell whether a type, in PostgreSQL's words, takes all values of another one as they are."""
    if before.endswith("[]") and after.endswith("[]"):
        return is_wider(before[:-2], after[:-2])
    old, new = _Type.parse(before), _Type.parse(after)
    if old.name == new.name:
        return _has_room(old, new)
    if old.name == "character varying" and new == _Type("text"):
        return True
    if old.name == "text":
        return new == _Type("character varying")
    if old.name in _DIGITS and new.name in _DIGITS:
        return _DIGITS[old.name] < _DIGITS[new.name]
    if old.name in _DIGITS and new.name == "numeric":
        return new.size is None or new.size - (new.scale or 0) >= _DIGITS[old.name]
    return (old.name, new.name) in _EXACT


def _has_room(old: _Type, new: _Type) -> bool:
    """Tell whether of two types of one name the second has room for all values of the first."""
    if new.size is None:
        return old.name != "character"  # Without a size, that has one character.
    if old.size is None:
        return False
    if old.name == "numeric":
        whole, scale = old.size - (old.scale or 0), old.scale or 0
        return new.size - (new.scale or 0) >= whole and (new.scale or 0) >= scale
    if old.name.startswith((*_SIZED, *_PRECISE)):
        return new.size >= old.size
    return False
