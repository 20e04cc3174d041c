"""JSON as jsonb keeps it: what goes in comes out again, and what could not is refused before."""

import json
import math
from decimal import Decimal

JSON = dict[str, "JSON"] | list["JSON"] | str | int | float | bool | None
"""What JSON has for a value. Tuples are taken too, and come back as lists."""

_LONGEST_KEY_BYTES = 2000
"""A key is a part of an index, in which PostgreSQL takes no entry above 2704 bytes."""

_DEEPEST = 200
"""How many lists and mappings may be in one another: what is in itself has no end."""


def encode_entries(entries: dict[str, JSON]) -> str:
    """Return keys and values as a JSON object, if a store can have them.

    Raises:
        TypeError: a key is no string, or a value is nothing that JSON has.
        ValueError: a key or a value is nothing that PostgreSQL can keep.
    """
    for key in entries:
        check_key(key)
    return encode(entries)


def decode(text: str) -> JSON:
    """Return the value that is written as JSON.

    Raises:
        ValueError: Python cannot have it, since somebody else than `encode` has written it.
    """
    try:
        value: JSON = json.loads(text)
    except RecursionError as error:
        raise ValueError("The value has too many lists and mappings in one another.") from error
    return value


def encode(value: object, depth: int = 0) -> str:
    """Return a value as JSON, of which jsonb gives back the same.

    Raises:
        TypeError: it, or something in it, is nothing that JSON has.
        ValueError: PostgreSQL cannot keep it.
    """
    if value is None or isinstance(value, bool | str | int | float):
        return _encode_scalar(value)
    if depth > _DEEPEST:
        raise ValueError(f"The value is in itself, or is more than {_DEEPEST} levels deep.")
    if isinstance(value, list | tuple):
        return f"[{', '.join([encode(item, depth + 1) for item in value])}]"
    if isinstance(value, dict):
        fields = [f"{encode(check_text(k))}: {encode(v, depth + 1)}" for k, v in value.items()]
        return f"{{{', '.join(fields)}}}"
    kind = type(value).__name__
    raise TypeError(f"'{kind}' is no JSON. Take None, bool, int, float, str, list or dict.")


def _encode_scalar(value: bool | str | float | None) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, str):
        return json.dumps(check_text(value), ensure_ascii=False)
    if isinstance(value, int):
        return int.__repr__(value)
    if not math.isfinite(value):
        raise ValueError(f"{value!r} is no JSON, whose numbers are finite.")
    # jsonb has no exponents: 1e23 comes back as digits, of which Python would make an integer.
    digits = format(Decimal(float.__repr__(value)), "f")
    return digits if "." in digits else f"{digits}.0"


def check_key(key: str) -> str:
    """Return a key that a value can be stored by."""
    if len(check_text(key).encode()) > _LONGEST_KEY_BYTES:
        raise ValueError(f"A key has at most {_LONGEST_KEY_BYTES} bytes, and this one has more.")
    return key


def check_text(text: str) -> str:
    """Return a text that PostgreSQL can keep."""
    if not isinstance(text, str):
        raise TypeError(f"{text!r} is no string, as keys of JSON are.")
    if "\0" in text:
        raise ValueError(f"{text!r} has a NUL character, which PostgreSQL cannot keep.")
    if not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError(f"{text!r} has half a surrogate pair, which is no character.")
    return text
