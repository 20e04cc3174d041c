"""Numbers, moments and states in words, for readers of the graph."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

from .values import Graph, GraphBranch, GraphObject

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")

KINDS = {
    "installed": "good",
    "applied": "good",
    "available": "still",
    "pending": "todo",
    "outdated": "todo",
    "set aside": "still",
    "quarantined": "still",
    "leftover": "still",
    "edited": "wrong",
    "drifted": "wrong",
    "ahead": "wrong",
    "orphaned": "wrong",
    "broken": "bad",
    "interrupted": "bad",
}
"""How much a state asks for: its colour goes by that."""

MEANINGS = {
    "applied": "the database has it",
    "pending": "its file is there, and the database does not have it",
    "edited": "its file was changed after it was applied",
    "ahead": "the database has it, and the files of its plugin do not",
    "orphaned": "the database has it, and the files of its plugin are gone",
    "interrupted": "it has committed a part of itself, and did not end",
    "set aside": "its plugin was uninstalled with --keep-data",
}
"""What the states of revisions mean."""


def count(number: int, noun: str) -> str:
    """Return a number of things; a noun that is none of one thing alone gets an s."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def size(number: int) -> str:
    """Return a number of bytes as PostgreSQL's ``pg_size_pretty()`` would."""
    value, unit = float(number), 0
    while value >= 10240 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:,.0f} {_UNITS[unit]}"


def moment(value: datetime) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"


def duration(milliseconds: int) -> str:
    """Return a duration."""
    return f"{milliseconds} ms" if milliseconds < 1000 else f"{milliseconds / 1000:,.1f} s"


def join(words: Sequence[str]) -> str:
    """Return words with commas, and an ``and`` before the last one."""
    return " and ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))


def summarize(graph: Graph) -> str:
    """Return how many plugins there are, and in which states."""
    states = Counter(branch.state for branch in graph.plugins)
    told = [f"{number:,} {state}" for state, number in states.most_common()]
    return f"The host and {count(len(graph.plugins), 'plugin')}{': ' * bool(told)}{join(told)}."


def summarize_branch(branch: GraphBranch) -> str:
    """Return in a few words where a branch is and what it has."""
    facts = [branch.namespace or "", count(len(branch.revisions), "revision")]
    facts += [f"{len(branch.pending)} pending"] if branch.pending and branch.applied else []
    tables = [item for item in branch.objects if item.bytes is not None]
    facts += [f"{count(len(tables), 'table')}, {size(branch.bytes)}"] if tables else []
    return " · ".join(filter(None, facts))


def measure(item: GraphObject) -> str:
    """Return how many rows an object has, and what it takes."""
    rows = "" if item.rows is None else count(item.rows, "row")
    return " · ".join(filter(None, (rows, "" if item.bytes is None else size(item.bytes))))
