"""The table in README.md, out of the results: ``python -m benchmarks.report`` writes it anew."""

import sys
from collections.abc import Iterator
from pathlib import Path

from .plot import draw
from .results import Result, Results
from .rows import ROWS

_BEGIN = "<!-- results: written by python -m benchmarks -->"
_END = "<!-- end of results -->"
_UNITS = {"seconds": "s", "mebibytes": "MiB", "milliseconds": "ms"}


def write_report(results: Results, folder: Path) -> None:
    """Write the plot, and the table between the markers of a README that has them."""
    draw(results.results, folder / "plot.png")
    readme = folder / "README.md"
    if readme.exists():
        before, _, rest = readme.read_text().partition(_BEGIN)
        _, _, after = rest.partition(_END)
        if rest:
            readme.write_text(f"{before}{_BEGIN}\n\n{render(results)}\n{_END}{after}")


def render(results: Results) -> str:
    """Return the results as Markdown."""
    order = [row.name for row in ROWS]
    found = sorted(results.results, key=lambda result: (order.index(result.row), result.latency))
    lines = [
        "| work | size | latency | subject | baseline | ratio | goal | others |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        *map(_render_result, found),
        "",
        *_render_catalogs(results),
        *(f"- {name}: {fact}" for name, fact in results.facts.items()),
    ]
    return "\n".join(lines) + "\n"


def _render_result(result: Result) -> str:
    latency = f"{result.latency} ms" if result.latency else ""
    start = f"| {result.work} | {result.shape} | {latency} |"
    if result.ratio is None:
        return f"{start} could not be run | | | | |"
    goal = "" if result.goal is None else f"{result.goal:.2f} {'✓' if result.met else '✗'}"
    unit = _UNITS[result.unit]
    subject, baseline, *others = (
        f"{series.label} {series.median:.3g} {unit} ({len(series.samples)})"
        for series in result.series
    )
    shown = ", ".join(others)
    found = f"{result.ratio:.2f}" if result.compared == "ratio" else f"{result.ratio:+.2f} {unit}"
    return f"{start} {subject} | {baseline} | {found} | {goal} | {shown} |"


def _render_catalogs(results: Results) -> Iterator[str]:
    for shape, difference in results.catalogs.items():
        yield f"- catalogs at {shape}: {difference or 'equal'}"


if __name__ == "__main__":
    place = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    write_report(Results.read(place), place)
