"""What ``alembic plugin check`` and ``alembic plugin verify`` run."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic.config import Config

from .. import commands
from .._base_errors import WrongCombination
from .._terminal import Style
from .output import number_of, print_json, print_line

# What only a check needs is imported when one is run.
if TYPE_CHECKING:
    from ..checks.findings import CheckReport
    from ..reports.verification import BranchVerification


def check(
    config: Config,
    plugins: Sequence[str],
    lock: bool,
    database: bool,
    as_json: bool,
    as_github: bool,
    as_sarif: bool,
    diff_base: str | None,
    explain: str | None,
) -> None:
    """Check the files of plugins for mistakes, without a database."""
    if explain is not None:
        from ..checks.run import find_rule

        rule = find_rule(explain)
        print_line(config, f"{rule.name}: {rule.reason}")
        print_line(config, f"{rule.advice}.")
        return
    form = _choose_form(json=as_json, github=as_github, sarif=as_sarif)
    report = commands.check(config, plugins, diff_base=diff_base, lock=lock, database=database)
    for remark in report.remarks:
        print(remark, file=sys.stderr)
    _print(config, report, form)
    if report.fails:
        sys.exit(1)


def _choose_form(**forms: bool) -> str | None:
    chosen = [name for name, is_given in forms.items() if is_given]
    if len(chosen) > 1:
        raise WrongCombination(f"--{chosen[0]}", f"with --{chosen[1]}", "Leave out one of them")
    return chosen[0] if chosen else None


def _print(config: Config, report: "CheckReport", form: str | None) -> None:
    from .. import __version__
    from ..checks import formats

    if form == "json":
        print_json(config, [formats.to_json(finding) for finding in report.findings])
    elif form == "sarif":
        print_json(config, formats.to_sarif(report.findings, __version__))
    else:
        describe = formats.to_annotation if form == "github" else formats.to_line
        for path in report.written if form is None else ():
            print_line(config, f"wrote {formats.find_path(path)}")
        for finding in report.findings:
            style = Style.BAD if finding.rule.fails else Style.PENDING
            # What a code host reads has no colours, on whatever stream.
            print_line(config, describe(finding), style if form is None else None)
        if form is None:
            failing = sum(finding.rule.fails for finding in report.findings)
            summary = number_of(failing, "finding") if failing else "no findings"
            print_line(config, summary, Style.BAD if failing else Style.GOOD)


def verify(config: Config, plugins: Sequence[str], as_json: bool, strict: bool) -> None:
    """Compare the live database with what was recorded of it after each step."""
    found = commands.verify(config, plugins)
    if as_json:
        print_json(config, [branch.to_json() for branch in found.branches])
    else:
        for branch in found.branches:
            _print_branch(config, branch)
        counted = [number_of(len(found.findings), "finding")] if found.findings else ["no findings"]
        counted += [number_of(len(found.notes), "note")] if found.notes else []
        print_line(config, ", ".join(counted), Style.BAD if found.findings else Style.GOOD)
    if not (found.is_spotless if strict else found.is_clean):
        sys.exit(1)


def _print_branch(config: Config, branch: "BranchVerification") -> None:
    """Print what is found of a branch, if that is something."""
    lines: list[tuple[str, Style]] = [(f"  {item}", Style.BAD) for item in branch.findings]
    lines += [(f"  note: {item}", Style.PENDING) for item in branch.notes]
    lines += [(f"  not compared: {words}", Style.PENDING) for words in branch.remarks]
    if lines:
        header = f"{branch.name}{', ' if branch.since else ''}{branch.since}:"
        print_line(config, header, Style.STRONG)
    for line, style in lines:
        print_line(config, line, style)
