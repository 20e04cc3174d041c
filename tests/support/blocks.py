"""The blocks of code of a page of documentation, in their order.

What a block is, is told by its language. A file begins with its path in a comment, and is written;
a console block is commands with what they print; Python is executed, with the names of the blocks
before it; SQL is executed in the host's database; of TOML, INI, JSON and YAML without a path it is
tried whether they can be read. Comments, which readers do not see, say before a block what has to
be done first, ``<!-- run: alembic plugin install audit -->``, that it is a part of a file,
``<!-- the end of models.py -->``, or why it is not run, ``<!-- not run: it takes a cluster -->``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

_BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]+) -->\n\n?)?"
    r"^(?P<fence>`{3,})(?P<language>[\w{}-]*)[^\n`]*\n(?P<text>.*?)^(?P=fence)$",
    re.DOTALL | re.MULTILINE,
)

_END_OF = re.compile(r"<!-- the end of (\S+) -->")

_BEFORE = re.compile(r"^<!-- run: (.+) -->$", re.MULTILINE)

PATH = re.compile(r"(?:#|--) ([\w./-]+\.\w+)(?:[,:].*)?\n")
"""How the first line of a file tells its path."""


@dataclass(frozen=True)
class Block:
    """A block of code of a page."""

    language: str
    text: str
    line: int
    reason: str | None
    """Why it is not run."""

    end_of: str | None
    """The file at whose end it is put."""

    before: tuple[str, ...]
    """Commands that are run before it."""


def read_blocks(text: str) -> Iterator[Block]:
    """Return the blocks of a page in their order, but for Sphinx's directives."""
    end = 0
    for found in _BLOCK.finditer(text):
        between = text[end : found.start()]
        end = found.end()
        end_of = _END_OF.search(between)
        before = tuple(_BEFORE.findall(between))
        if not found["language"].startswith("{"):
            line = text.count("\n", 0, found.start("text"))
            file = end_of[1] if end_of else None
            yield Block(found["language"], found["text"], line, found["reason"], file, before)
