"""The cost curves: seconds by the number of plugins present."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from .results import Result
from .rows import NEAR
from .shapes import Shape

_USUAL = (10, 20)
"""Revisions a plugin, of the shapes that are drawn."""

_PANELS = {
    "one": "one plugin from empty",
    "nothing": "nothing to do",
    "all": "everything from empty",
}
_TITLES = {
    "tool": "this tool",
    "stock": "stock Alembic",
    "django": "Django",
    "plain": "plain SQL",
}


def draw(results: Iterable[Result], file: Path) -> None:
    """Draw the curves of all contenders, one panel a job."""
    # Imported here, since it takes half a second, and what only measures can do without it.
    from matplotlib.figure import Figure

    curves = _find_curves(results)
    figure = Figure(figsize=(12, 4), layout="constrained")
    for panel, (row, title) in zip(figure.subplots(1, 3), _PANELS.items(), strict=True):
        for label, words in _TITLES.items():
            points = sorted(curves[row, label])
            panel.plot([x for x, _ in points], [y for _, y in points], marker="o", label=words)
        panel.set(title=title, xlabel="plugins present")
        # An empty panel has no logarithms.
        if any(curves[row, label] for label in _TITLES):
            panel.set(xscale="log", yscale="log")
    figure.axes[0].set_ylabel("seconds, median")
    figure.axes[0].legend()
    figure.savefig(file, dpi=120)


def _find_curves(results: Iterable[Result]) -> dict[tuple[str, str], list[tuple[int, float]]]:
    """Return the points by row and contender, of the shapes that differ in their plugins only."""
    curves = defaultdict(list)
    for result in results:
        shape = Shape.parse(result.shape)
        special = shape.chain or shape.merges or shape.revisions not in _USUAL
        if result.latency == NEAR and not special:
            for series in result.series:
                curves[result.row, series.label].append((shape.plugins, series.median))
    return curves
