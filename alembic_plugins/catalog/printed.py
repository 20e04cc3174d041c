"""Take apart what PostgreSQL prints: qualified names, and lists whose members may be quoted."""

from collections.abc import Iterator

_QUOTES = "'\""


def _find_outside(words: str) -> Iterator[int]:
    """Yield where characters are that are neither quoted nor in parentheses."""
    depth, quote = 0, ""
    for place, letter in enumerate(words):
        if quote:
            quote = "" if letter == quote else quote
        elif letter in _QUOTES:
            quote = letter
        else:
            depth -= letter in ")]"
            if depth == 0:
                yield place
            depth += letter in "(["


def split(words: str, separator: str) -> list[str]:
    """Return what is between separators that are neither quoted nor in parentheses."""
    pieces, start = [], 0
    for place in _find_outside(words):
        if place >= start and words.startswith(separator, place):
            pieces.append(words[start:place])
            start = place + len(separator)
    return [*pieces, words[start:]]


def split_list(words: str | None, before: str = "") -> list[str]:
    """Return the members of a list in parentheses.

    Args:
        words: the list; None is an empty one.
        before: what is before its parentheses.
    """
    inner = (words or "").removeprefix(before).strip()[1:-1]
    return split(inner, ", ") if inner else []


def split_name(identity: str) -> tuple[str, str]:
    """Return the schema, or nothing, and the name of an object, without a function's arguments."""
    *schema, name = split(split(identity, "(")[0], ".")
    return ".".join(schema), name


def split_on(identity: str) -> tuple[str, str]:
    """Return the name of an object and of the relation that it is on; nothing where it is on none.

    The name of an index, or of a sequence, has its schema.
    """
    own, *table = split(identity, " on ")
    return own, " on ".join(table)


def split_field(identity: str) -> tuple[str, str]:
    """Return the table and the name of a column."""
    *table, name = split(identity, ".")
    return ".".join(table), name


def unquote(name: str) -> str:
    """Return a name as the catalogs have it."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def quote_literal(words: str) -> str:
    """Return a text as SQL has it, whatever `standard_conforming_strings` is."""
    doubled = words.replace("'", "''")
    if "\\" not in words:
        return f"'{doubled}'"
    escaped = doubled.replace("\\", "\\\\")
    return f"E'{escaped}'"
