"""What is measured against what, and the goals, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from .contenders import Job
from .shapes import Shape

NEAR = 0
"""The latency, in ms, of a database without a proxy before it."""

_MOST_PLUGINS_AFAR = 100
"""Stock Alembic would take a quarter of an hour for 500, with 20 ms, and that five times."""


@dataclass(frozen=True)
class Run:
    """A contender's command under conditions.

    Attributes:
        contender: a key of `contenders.CONTENDERS`.
        job: what it does.
        bytecode: the revision files have been compiled before.
        index: the tool has run before, and kept what it keeps about revision files.
        alone: its project has no other plugin than the target.
        crowded: the database has 5,000 relations of others.
    """

    contender: str
    job: Job
    bytecode: bool = True
    index: bool = True
    alone: bool = False
    crowded: bool = False

    @property
    def label(self) -> str:
        """What tells it from the other runs of its row."""
        if self.job is Job.FRESH_TESTS:
            return f"{self.contender}, made anew"
        if self.job is Job.STARTUP:
            return f"{self.contender}, by `upgrade_on_startup`"
        return f"{self.contender}, 1 present" if self.alone else self.contender


@dataclass(frozen=True)
class Row:
    """A ratio: what the subject takes, in parts of what the baseline takes; or a difference.

    Attributes:
        name: its name in options.
        work: what is done, in words.
        subject: what is judged.
        baseline: what it is judged by.
        others: what is shown beside them.
        goals: the highest ratio that will do, by shape and latency; or the highest difference.
        unit: what is compared.
        compared: whether it is a ratio, or what the subject takes more than the baseline.
        shape: the one shape that it is about, where those asked for do not matter.
        afar: it is measured with latencies too.
        times: how many times more often than others it is repeated, since it takes so little.
    """

    name: str
    work: str
    subject: Run
    baseline: Run
    others: tuple[Run, ...] = ()
    goals: Mapping[tuple[str, int], float] = field(default_factory=dict)
    unit: Literal["seconds", "mebibytes", "milliseconds"] = "seconds"
    compared: Literal["ratio", "difference"] = "ratio"
    shape: str | None = None
    afar: bool = False
    times: int = 1

    @property
    def runs(self) -> tuple[Run, ...]:
        """All that is run, the subject first and the baseline second."""
        return (self.subject, self.baseline, *self.others)

    def fits(self, shape: Shape, latency: int) -> bool:
        """Tell whether it is measured with a shape and a latency."""
        if latency != NEAR and (not self.afar or shape.plugins > _MOST_PLUGINS_AFAR):
            return False
        if self.shape:
            return str(shape) == self.shape
        return not self.baseline.alone or (shape.plugins > 1 and not shape.chain)


def _against_all(name: str, work: str, job: Job, goals: Mapping[tuple[str, int], float]) -> Row:
    """Return a row of the cost curves."""
    others = tuple(Run(contender, job) for contender in ("django", "plain"))
    return Row(name, work, Run("tool", job), Run("stock", job), others, goals, afar=True)


ROWS: tuple[Row, ...] = (
    _against_all(
        "all",
        "everything from empty",
        Job.EVERYTHING,
        {("100x20", NEAR): 0.85, ("500x20", NEAR): 0.60, ("100x20", 20): 0.25},
    ),
    _against_all("one", "one plugin from empty", Job.ONE, {("500x20", NEAR): 0.20}),
    Row(
        "one-cold",
        "one plugin from empty, without bytecode and index",
        Run("tool", Job.ONE, bytecode=False, index=False),
        Run("stock", Job.ONE, bytecode=False),
        goals={("500x20", NEAR): 0.12},
    ),
    Row(
        "one-alone",
        "one plugin from empty, all present against 1",
        Run("tool", Job.ONE),
        Run("tool", Job.ONE, alone=True),
        goals={("500x20", NEAR): 1.10},
    ),
    Row(
        "memory",
        "one plugin from empty, all present against 1, peak memory",
        Run("tool", Job.ONE),
        Run("tool", Job.ONE, alone=True),
        goals={("500x20", NEAR): 1.15},
        unit="mebibytes",
    ),
    _against_all(
        "nothing", "nothing to do, `upgrade heads`", Job.NOTHING, {("500x20", NEAR): 0.22}
    ),
    Row(
        "nothing-cold",
        "nothing to do, without bytecode and index",
        Run("tool", Job.NOTHING, bytecode=False, index=False),
        Run("stock", Job.NOTHING, bytecode=False),
    ),
    Row(
        "startup",
        "nothing to do, ten calls of `upgrade_on_startup` against `alembic.command.upgrade`",
        Run("tool", Job.STARTUP),
        Run("stock", Job.CALLS),
        goals={("100x20", NEAR): 0.50},
    ),
    Row(
        "startup-own",
        "nothing to do, ten calls of `upgrade_on_startup` against our `upgrade heads`",
        Run("tool", Job.STARTUP),
        Run("tool", Job.CALLS),
        goals={("100x20", NEAR): 1.05},
    ),
    Row(
        "heads",
        "`heads`",
        Run("tool", Job.HEADS),
        Run("stock", Job.HEADS),
        goals={("500x20", NEAR): 0.22},
    ),
    Row(
        "heads-cold",
        "`heads`, without bytecode and index",
        Run("tool", Job.HEADS, bytecode=False, index=False),
        Run("stock", Job.HEADS, bytecode=False),
    ),
    Row(
        "current",
        "`current`",
        Run("tool", Job.CURRENT),
        Run("stock", Job.CURRENT),
        goals={("500x20", NEAR): 0.22},
    ),
    Row(
        "downgrade",
        "one plugin to base, all installed",
        Run("tool", Job.DOWNGRADE),
        Run("stock", Job.DOWNGRADE),
        (Run("django", Job.DOWNGRADE),),
        goals={("500x20", NEAR): 0.22},
    ),
    Row(
        "import",
        "`import alembic`, with the extension against without",
        Run("tool", Job.IMPORT),
        Run("stock", Job.IMPORT),
        goals={("1x10", NEAR): 1.03},
        shape="1x10",
        times=6,
    ),
    Row(
        "guard",
        "guarded against unguarded install",
        Run("tool", Job.ONE),
        Run("unguarded", Job.ONE),
        shape="1x50",
        afar=True,
    ),
    Row(
        "watch",
        "install with guard and record of objects against without either",
        Run("tool", Job.ONE),
        Run("unwatched", Job.ONE),
        goals={("1x50", NEAR): 1.25},
        shape="1x50",
        afar=True,
    ),
    Row(
        "snapshot",
        "everything from empty, with a snapshot after each step against without",
        Run("tool", Job.EVERYTHING),
        Run("unrecorded", Job.EVERYTHING),
        goals={("1x50", NEAR): 1.05, ("50x20", NEAR): 1.05},
        afar=True,
    ),
    Row(
        "verify",
        "`plugin verify` of all that is there against stock's `upgrade heads` with nothing to do",
        Run("tool", Job.VERIFY),
        Run("stock", Job.NOTHING),
        goals={("500x20", NEAR): 1.00},
    ),
    Row(
        "guard-crowded",
        "guarded against unguarded install, beside 5,000 other relations",
        Run("tool", Job.ONE, crowded=True),
        Run("unguarded", Job.ONE, crowded=True),
        shape="1x50",
    ),
    Row(
        "suite-start",
        "a suite of one test with a `plugin_database` that is made already, against one of one "
        "test without",
        Run("tool", Job.FIRST_TEST),
        Run("bare", Job.FIRST_TEST),
        goals={("1x50", NEAR): 0.6},
        compared="difference",
        shape="1x50",
        times=3,
    ),
    Row(
        "suite-database",
        "a `plugin_database`, the median of 100, against `CREATE DATABASE ... TEMPLATE`",
        Run("tool", Job.DATABASES),
        Run("bare", Job.DATABASES),
        goals={("1x50", NEAR): 1.3},
        unit="milliseconds",
        shape="1x50",
    ),
    Row(
        "suite-databases",
        "a suite of 100 tests with a `plugin_database` each, against 100 such copies",
        Run("tool", Job.DATABASES),
        Run("bare", Job.DATABASES),
        shape="1x50",
    ),
    Row(
        "suite-ready",
        "all ready tests, with templates made anew against kept ones",
        Run("tool", Job.FRESH_TESTS),
        Run("tool", Job.TESTS),
        shape="1x50",
    ),
)
