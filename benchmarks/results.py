"""What was measured, and the file that keeps it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

FILE = "results.json"


@dataclass(frozen=True)
class Series:
    """What the repeats of one run took."""

    label: str
    samples: tuple[float, ...]

    @property
    def median(self) -> float:
        """The median of the repeats."""
        return median(self.samples)


@dataclass(frozen=True)
class Result:
    """A row at one shape and one latency; without series, `failure` says why."""

    row: str
    work: str
    shape: str
    latency: int
    unit: str
    goal: float | None
    commit: str
    series: tuple[Series, ...] = ()
    failure: str | None = None
    compared: str = "ratio"

    @property
    def key(self) -> tuple[str, str, int]:
        """What is measured once only."""
        return (self.row, self.shape, self.latency)

    @property
    def ratio(self) -> float | None:
        """The subject's median in parts of the baseline's, or what it takes more."""
        if not self.series:
            return None
        subject, baseline = self.series[0].median, self.series[1].median
        return subject / baseline if self.compared == "ratio" else subject - baseline

    @property
    def met(self) -> bool | None:
        """Whether the goal is met, if there is one."""
        return None if self.ratio is None or self.goal is None else self.ratio <= self.goal


@dataclass
class Results:
    """All that was measured.

    Attributes:
        facts: where the last of it was measured, and with which command.
        catalogs: by shape, what differs between the catalogs of contenders, or None.
        results: the measurements, each key once.
    """

    facts: Mapping[str, str]
    catalogs: dict[str, str | None] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Add a result in place of an earlier one."""
        self.results = [found for found in self.results if found.key != result.key]
        self.results.append(result)

    def write(self, folder: Path) -> None:
        """Write the file."""
        data = asdict(self)
        for result, written in zip(self.results, data["results"], strict=True):
            written["ratio"] = result.ratio
            for series, written_series in zip(result.series, written["series"], strict=True):
                written_series["median"] = series.median
        (folder / FILE).write_text(json.dumps(data, indent=1) + "\n")

    @classmethod
    def read(cls, folder: Path) -> "Results":
        """Return what the file holds."""
        data = json.loads((folder / FILE).read_text())
        results = []
        for written in data["results"]:
            del written["ratio"]
            series = tuple(
                Series(one["label"], tuple(one["samples"])) for one in written.pop("series")
            )
            results.append(Result(**written, series=series))
        return cls(data["facts"], data["catalogs"], results)
