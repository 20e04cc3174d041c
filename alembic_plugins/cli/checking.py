"""What ``alembic plugin check`` and ``alembic plugin verify`` run."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from alembic.config import Config

from .. import commands
from .._base_errors import WrongCombination
from .._quoting import join_command
from .._terminal import Style
from ..integration.confirmation import confirm
from .output import number_of, print_json, print_line

# What only a check needs is imported when one is run.
if TYPE_CHECKING:
    from ..checks.findings import CheckReport
    from ..fixing.results import BranchFix
    from ..reports.verification import BranchVerification, Verification


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


def verify(
    config: Config,
    plugins: Sequence[str],
    fix: bool,
    yes: bool,
    dry_run: bool,
    as_json: bool,
    strict: bool,
) -> None:
    """Compare the live database with what was recorded of it after each step."""
    for option, is_given in (("--dry-run", dry_run), ("--yes", yes)):
        if is_given and not fix:
            raise WrongCombination(option, "without --fix", "Leave it out, or add --fix")
    if fix and as_json and not (yes or dry_run):
        raise WrongCombination("--json", "without --yes or --dry-run", "Add one of them")
    if fix:
        found = _fix(config, plugins, yes=yes, dry_run=dry_run, as_json=as_json)
    else:
        found = commands.verify(config, plugins)
        if as_json:
            print_json(config, [branch.to_json() for branch in found.branches])
        else:
            for branch in found.branches:
                _print_branch(config, branch)
            _print_number(config, found)
    if not (found.is_spotless if strict else found.is_clean):
        sys.exit(1)


def _print_number(config: Config, found: "Verification") -> None:
    counted = [number_of(len(found.findings), "finding")] if found.findings else ["no findings"]
    counted += [number_of(len(found.notes), "note")] if found.notes else []
    print_line(config, ", ".join(counted), Style.BAD if found.findings else Style.GOOD)


def _fix(
    config: Config, plugins: Sequence[str], *, yes: bool, dry_run: bool, as_json: bool
) -> "Verification":
    """Bring back what was changed by hand, and return what is found after that."""
    planned = commands.fix_drift(config, plugins, dry_run=True)
    if not as_json:
        for item in planned.branches:
            _print_fix(config, item)
    done = planned
    if planned.fixed and not dry_run:
        confirm(join_command(["alembic", "plugin", "verify", *plugins, "--fix"]), yes=yes)
        done = commands.fix_drift(config, plugins)
    if as_json:
        print_json(config, done.to_json())
    else:
        names = [item.name for item in done.branches if item.fixed]
        if done.done:
            print_line(config, f"fixed {', '.join(names)}", Style.GOOD)
        elif not names:
            print_line(config, "nothing to fix")
        _print_number(config, done.found)
    return done.found


def _print_fix(config: Config, item: "BranchFix") -> None:
    """Print what is brought back of a branch, and what stays."""
    print_line(config, f"{item.name}:", Style.STRONG)
    for words in item.fixed:
        print_line(config, f"  fix: {words}", Style.GOOD)
    for words in item.statements:
        _print_sql(config, words)
    for words in item.locks:
        print_line(config, f"    -- {words}")
    for left in item.left:
        print_line(config, f"  left: {left.words}: {left.reason}", Style.PENDING)
        for words in left.statements:
            _print_sql(config, words)
        if left.lost:
            print_line(config, f"    -- That would lose {left.lost}.")


def _print_sql(config: Config, statement: str) -> None:
    *lines, last = statement.splitlines()
    for line in (*lines, f"{last};"):
        print_line(config, f"    {line}")


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
