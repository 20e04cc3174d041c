"""The course of a benchmark: rows, repeats that take turns, and what is told meanwhile."""

import argparse
import logging
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .arena import Arena, Equipment
from .catalogs import describe_difference
from .contenders import CONTENDERS
from .measure import CommandFailed
from .report import write_report
from .results import Result, Results, Series
from .rows import NEAR, ROWS, Row, Run
from .shapes import Shape

_log = logging.getLogger(__name__)


class Session:
    """Measure rows, and write results and progress."""

    def __init__(self, options: argparse.Namespace, equipment: Equipment, results: Results) -> None:
        self._options = options
        self._equipment = equipment
        self._results = results
        self._arenas: dict[Shape, Arena] = {}
        self._commit = _name_commit()

    def measure_shape(self, shape: Shape) -> None:
        """Measure all rows of a shape."""
        for row in self._choose_rows(shape):
            for latency in self._options.latency:
                if row.fits(shape, latency):
                    self._results.add(self._measure_row(row, shape, latency))
                    self._write()
        self._compare_catalogs(shape)
        self._write()
        for arena in self._arenas.values():
            arena.close()
        self._arenas.clear()

    def _choose_rows(self, shape: Shape) -> Iterator[Row]:
        """Give the rows that are asked for and fit a shape."""
        for row in ROWS:
            is_wanted = row.name in self._options.only and row.fits(shape, NEAR)
            if is_wanted and (row.shape or shape in self._options.sizes):
                yield row

    def _measure_row(self, row: Row, shape: Shape, latency: int) -> Result:
        goal = row.goals.get((str(shape), latency))
        facts = (row.name, row.work, str(shape), latency, row.unit, goal, self._commit)
        try:
            series = self._measure_series(row, shape, latency)
            return Result(*facts, series=series, compared=row.compared)
        except CommandFailed as failed:
            _log.info(f"{row.name} at {shape} could not be run: {failed}")
            return Result(*facts, failure=str(failed))

    def _measure_series(self, row: Row, shape: Shape, latency: int) -> tuple[Series, ...]:
        runs = [run for run in row.runs if self._takes_part(run, row, latency)]
        samples: dict[Run, list[float]] = {run: [] for run in runs}
        for run in row.runs[:2]:
            # Not measured: it fills the caches that are meant to be full.
            self._get_arena(run, shape).measure(run, latency)
        for number in range(self._options.repeats * row.times):
            # Taking turns, so that what else the machine does meets all of them.
            for run in runs:
                if run in row.runs[:2] or number < self._options.other_repeats:
                    sample = self._get_arena(run, shape).measure(run, latency)
                    samples[run].append(getattr(sample, row.unit))
                    _log.info(
                        f"{row.name} {shape} {latency} ms, {run.label} {number + 1}:"
                        f" {sample.seconds:.2f} s, {sample.mebibytes:.0f} MiB"
                    )
        return tuple(Series(run.label, tuple(found)) for run, found in samples.items())

    def _takes_part(self, run: Run, row: Row, latency: int) -> bool:
        can = run.job in CONTENDERS[run.contender].arguments
        return run in row.runs[:2] or (can and latency == NEAR and self._options.other_repeats > 0)

    def _get_arena(self, run: Run, shape: Shape) -> Arena:
        wanted = shape.alone() if run.alone else shape
        return self._arenas.setdefault(wanted, Arena(wanted, self._equipment))

    def _compare_catalogs(self, shape: Shape) -> None:
        catalogs = self._arenas[shape].read_catalogs() if shape in self._arenas else {}
        if "tool" not in catalogs or "stock" not in catalogs:
            return
        differences = {
            name: describe_difference(catalogs["tool"], catalog)
            for name, catalog in catalogs.items()
        }
        told = "; ".join(f"{name}: {words}" for name, words in differences.items() if words)
        self._results.catalogs[str(shape)] = told or None
        _log.info(f"catalogs at {shape}: {told or 'equal'} ({', '.join(catalogs)})")

    def _write(self) -> None:
        self._results.write(self._options.out)
        write_report(self._results, self._options.out)


def _name_commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    return subprocess.check_output(command, cwd=Path(__file__).parent, text=True).strip()
