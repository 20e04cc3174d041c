"""Names and texts of declared tables, as PostgreSQL can have them."""

import json
from typing import TypeGuard
from zlib import crc32

from ..json_values import check_text

_LONGEST_BYTES = 63
"""PostgreSQL cuts off what is longer of a name."""

_SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
"""What PostgreSQL calls columns that each table has."""


def is_text(value: object) -> TypeGuard[str]:
    """Tell whether a value is a text, and one that PostgreSQL can keep."""
    try:
        check_text(value)  # type: ignore[arg-type]  # It tells of others.
    except (TypeError, ValueError):
        return False
    return True


def quote(value: object) -> str:
    """Return a value as TOML and JSON write it, as far as that goes."""
    words = json.dumps(value, ensure_ascii=False, default=str)
    return words.encode(errors="backslashreplace").decode()  # Half a surrogate pair is no text.


def make_name(*parts: str) -> str:
    """Return the name of a constraint or an index, whose last part tells what it is."""
    return cut_name("_".join(parts), parts[-1])


def cut_name(name: str, ending: str = "") -> str:
    """Return a name that PostgreSQL has not to cut: before its ending, a digest tells the rest."""
    if len(name.encode()) <= _LONGEST_BYTES:
        return name
    end = f"_{crc32(name.encode()):08x}" + (f"_{ending}" if ending else "")
    return name.encode()[: _LONGEST_BYTES - len(end)].decode(errors="ignore") + end


def find_fault(name: object) -> str | None:
    """Return what is wrong with the name of a table or a column."""
    if not is_text(name) or not name or "." in name:
        return f"its name is {quote(name)}; expected a text without a dot"
    if len(name.encode()) > _LONGEST_BYTES:
        return f"its name has more than {_LONGEST_BYTES} bytes"
    return None


def find_column_fault(name: object) -> str | None:
    """Return what is wrong with the name of a column."""
    if name in _SYSTEM_COLUMNS:
        return "PostgreSQL has a column of that name in each table; expected another name"
    return find_fault(name)
