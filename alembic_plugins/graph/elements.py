"""Elements of HTML and SVG: whatever is put into one is escaped, unless it is one itself."""

import re
from collections.abc import Iterable
from html import escape
from typing import Union

from .._base_errors import printable
from .._quoting import find_program


class Markup(str):
    """HTML that is whole, and is not escaped again."""

    __slots__ = ()


Content = Union[str, None, Iterable["Content"]]  # noqa: UP007 - which cannot name itself
"""Text, elements, and what has several of them; None is nothing."""


def render(content: Content) -> Markup:
    """Return content as HTML. What no page can have, or what turns text around, is spelled out."""
    if content is None:
        return Markup()
    if isinstance(content, Markup):
        return content
    if isinstance(content, str):
        return Markup(escape(printable(content)))
    return Markup("".join(map(render, content)))


def element(name: str, *contents: Content, **attributes: str | int | bool | None) -> Markup:
    """Return an element.

    Args:
        name: of the element.
        contents: what is in it.
        attributes: by their names, with underscores for hyphens, and one at the end where Python
            has the word for itself; True is one without a value, and one that is None or False is
            left out.
    """
    written = (
        _write_attribute(key.rstrip("_").replace("_", "-"), value)
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Markup(f"<{name}{''.join(written)}>{render(contents)}</{name}>")


def _write_attribute(name: str, value: str | int) -> str:
    return f" {name}" if value is True else f' {name}="{escape(printable(str(value)))}"'


def mark_commands(words: str) -> list[Content]:
    """Return a sentence with the commands in it, which are quoted, as code."""
    parts = re.split(f"'({re.escape(find_program())} [^']+)'", words)
    return [element("code", part) if number % 2 else part for number, part in enumerate(parts)]


def list_items(items: Iterable[Content], **attributes: str | None) -> Markup:
    """Return a list without numbers; nothing where there are no items."""
    rows = [element("li", item) for item in items]
    return element("ul", rows, **attributes) if rows else Markup()
