"""How answers are printed: columns, colours, JSON, and words for numbers and facts."""

import json
import sys
from collections.abc import Callable, Iterable, Sequence
from textwrap import wrap
from typing import Any

from alembic.config import Config

from .._base_errors import in_one_line
from .._terminal import Style, find_width, paint
from ..planning.phases import describe_waiting
from ..reports.status import PluginStatus

_MARKS = {"available": " ", "installed": "X", "outdated": "X"}

_STYLES = {
    "installed": Style.GOOD,
    "outdated": Style.PENDING,
    "quarantined": Style.ASIDE,
    **dict.fromkeys(("ahead", "broken", "orphaned", "interrupted", "leftover"), Style.BAD),
    "missing": Style.BAD,
}
"""How states look; each is told by a word, too."""

StyleOf = Callable[[Any], Sequence[Style | None]]
"""Takes a row, and returns the styles of its first columns."""

_INDENT = "    "
_LEAST_ROOM = 12


def is_broken(plugin: PluginStatus) -> bool:
    """Tell whether what is there of a plugin cannot be read, and nothing else says so."""
    return plugin.head is None and not plugin.remark


def find_style(plugin: PluginStatus) -> Style | None:
    """Return how a plugin looks in the list; None is as any text."""
    return Style.BAD if is_broken(plugin) else _STYLES.get(plugin.state)


def describe_state(plugin: PluginStatus) -> str:
    """Return a plugin's state in words."""
    if plugin.state == "outdated":
        return f"outdated, {number_of(plugin.pending or 0, 'revision')} behind"
    return plugin.state


def style_of_tree(row: Sequence[str]) -> Sequence[Style | None]:
    """Return the styles of a row of the tree, whose last column begins with a state."""
    return None, None, _STYLES.get(row[-1].partition(",")[0])


def style_of_event(row: Sequence[str]) -> Sequence[Style | None]:
    """Return the styles of a row of the history, whose last column begins with an outcome."""
    outcome = Style.BAD if row[-1].startswith("failed") else Style.GOOD
    return *(None for _ in row[1:]), outcome


def describe_status(plugin: PluginStatus) -> tuple[str, ...]:
    """Return the columns of a plugin in the list."""
    mark = "!" if is_broken(plugin) else _MARKS.get(plugin.state, "!")
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


def print_columns(
    config: Config, rows: Iterable[Sequence[str]], *, style_of: StyleOf = lambda _row: ()
) -> None:
    """Print rows with columns as wide as their widest cell.

    On a terminal that is too narrow for a row, its last columns are printed below the others.
    """
    given = list(rows)
    cells = [[in_one_line(cell) for cell in row] for row in given]
    count = max((len(row) for row in cells), default=0)
    widths = [max((len(row[i]) for row in cells if i < len(row)), default=0) for i in range(count)]
    room = find_width(config.stdout)
    for row, made in zip(given, cells, strict=True):
        styles = [*style_of(row), *[None] * len(made)]
        padded = [cell.ljust(widths[i]) for i, cell in enumerate(made)]
        if room is not None and len("  ".join(padded).rstrip()) > room:
            _print_folded(config, made, styles, room)
        else:
            padded[-1:] = [cell.rstrip() for cell in padded[-1:]]
            _print_cells(config, padded, styles)


def _print_cells(config: Config, cells: Sequence[str], styles: Sequence[Style | None]) -> None:
    styled = (paint(c, s, config.stdout) for c, s in zip(cells, styles, strict=False))
    config.print_stdout("%s", "  ".join(styled).rstrip())


def _print_folded(
    config: Config, cells: Sequence[str], styles: Sequence[Style | None], room: int
) -> None:
    """Print a row in several lines, those after the first one indented."""
    first, *rest = cells
    _print_cells(config, [first], styles)
    text = "  ".join(cell.strip() for cell in rest if cell.strip())
    for line in wrap(text, max(room - len(_INDENT), _LEAST_ROOM), break_on_hyphens=False):
        config.print_stdout("%s", _INDENT + line)


def print_line(config: Config, line: str, style: Style | None = None) -> None:
    """Print a line as it is: Alembic's own printing would take a percent sign for its own."""
    config.print_stdout("%s", paint(in_one_line(line), style, config.stdout))


def warn(words: str) -> None:
    """Say on stderr what is wrong, and hinders nothing."""
    print(f"{paint('WARNING:', Style.PENDING, sys.stderr)} {words}", file=sys.stderr)
