"""How answers are printed: columns, JSON, and words for numbers and facts."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from alembic.config import Config

from .._base_errors import in_one_line
from ..planning.phases import describe_waiting
from ..reports.status import PluginStatus

_MARKS = {"available": " ", "installed": "X", "outdated": "X"}


def describe_status(plugin: PluginStatus) -> tuple[str, ...]:
    """Return the columns of a plugin in the list."""
    mark = "!" if plugin.head is None and not plugin.remark else _MARKS.get(plugin.state, "!")
    columns = (f"[{mark}] {plugin.name}", plugin.version or "-", plugin.namespace or "-")
    current = plugin.current or ""
    if plugin.remark:
        return (*columns, f"{current}  {plugin.remark}".strip())
    if plugin.state == "orphaned":
        files = "revision files are" if current else "declaration is"  # It had tables alone.
        return (*columns, f"{current}  its {files} gone".strip())
    if plugin.state == "ahead":
        return (*columns, f"{current}  ahead of its revision files, whose head is {plugin.head}")
    if plugin.head is None:
        return (
            *columns,
            f"{current}  its revision files cannot be read, or there are none".strip(),
        )
    if plugin.state == "installed":
        return (*columns, f"{current} (head)")
    if plugin.state == "outdated":
        behind = f"{number_of(plugin.pending or 0, 'revision')} behind"
        waiting = f", {describe_waiting(plugin.waiting)}" if plugin.waiting else ""
        return (*columns, f"{current or 'at base'}  {behind}{waiting}")
    return columns


def number_of(number: int, noun: str) -> str:
    """Return a number of things in words."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def in_words(value: object) -> str:
    """Return a fact for readers; a dash is none."""
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value) or "-"
    return "-" if value is None or value == "" else str(value)


def print_json(config: Config, value: Any) -> None:  # noqa: ANN401 - anything that json takes
    """Print JSON."""
    config.print_stdout("%s", json.dumps(value, indent=2, default=str))


def print_columns(config: Config, rows: Iterable[Sequence[str]]) -> None:
    """Print rows with columns as wide as their widest cell."""
    rows = [[in_one_line(cell) for cell in row] for row in rows]
    width = max((len(row) for row in rows), default=0)
    widths = [max((len(row[i]) for row in rows if i < len(row)), default=0) for i in range(width)]
    for row in rows:
        line = "  ".join(cell.ljust(widths[i]) for i, cell in enumerate(row)).rstrip()
        config.print_stdout("%s", line)


def print_line(config: Config, line: str) -> None:
    """Print a line as it is: Alembic's own printing would take a percent sign for its own."""
    config.print_stdout("%s", in_one_line(line))
