"""One check: which files, by which rules, and what of it is left when all is silenced that is."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from .._base_errors import InvalidOption, PluginError
from ..loading.session import Session
from ..plugin import HOST
from ..revisions.errors import RevisionCycle
from .code import check_code, opens_connection
from .findings import CheckReport, Finding, Rule
from .folders import check_folders
from .graph import Graph
from .history import History
from .linting import MISSING, find_linter, lint
from .linting import RULES as SQL_RULES
from .lock import check_lock, write_lock
from .names import check_former_names
from .namespaces import check_overlaps, check_prefix
from .rules import BROKEN_PLUGIN, FILE_RULES
from .silence import check_silences, find_silenced
from .sources import Files, RevisionFile, choose, read_files
from .squashes import check_squashes
from .statements import Rendered, leave_unchecked, reading_statements

RULES: Mapping[str, Rule] = {**{rule.name: rule for rule in FILE_RULES}, **SQL_RULES}
"""Every rule by name."""


def check_files(
    session: Session,
    names: Sequence[str] = (),
    *,
    diff_base: str | None = None,
    lock: bool = False,
    tried: Sequence[Finding] = (),
) -> CheckReport:
    """Check the files of plugins, or of the host.

    Args:
        session: what is on disk.
        names: whose; none are the host's and those of all plugins that are no installed packages.
        diff_base: report only on files that are new or changed since that commit, branch or tag.
        lock: write the lock files, so that the files are as they have them.
        tried: what `trial.try_revisions` has found, to be told with the rest.

    Raises:
        InvalidOption: the configuration silences a rule that there is not.
        UnknownPlugin: there is no plugin of one of the names.
        NoRepository: git does not tell what has changed since `diff_base`.
        LinterFailed: squawk is installed, and cannot be run.
    """
    ignored = _check_ignored(session)
    for name in names:
        if name != HOST:
            session.discovery.check_known(name)
    branches, broken = read_files(session)
    chosen = choose(branches, names)
    written = tuple(filter(None, map(write_lock, chosen))) if lock else ()
    history = History(diff_base)
    changed = None
    if diff_base is not None:
        changed = history.find_changed(folder for files in chosen for folder in files.folders)
    findings = list(_find_broken(session, broken, names))
    for found in (_check_files(chosen, branches), _check_history(chosen, history), tried):
        findings += [f for f in found if changed is None or f.file in changed]
    findings += (finding for files in chosen for finding in check_lock(files))
    rendered = _render(session, chosen, changed)
    findings += (finding for revision in rendered for finding in revision.findings)
    linter = find_linter()
    if linter:
        findings += lint(linter, rendered, partial(_render_before, session, chosen))
    remarks = () if linter else (MISSING,)
    return CheckReport(_leave(findings, chosen, ignored), written, remarks)


def find_rule(name: str) -> Rule:
    """Return the rule of a name.

    Raises:
        InvalidOption: there is none.
    """
    if name not in RULES:
        raise InvalidOption("--explain", name, f"one of {', '.join(sorted(RULES))}")
    return RULES[name]


def _check_ignored(session: Session) -> Collection[str]:
    for name in session.settings.check_ignore:
        if name not in RULES:
            expected = f"names of rules, out of {', '.join(sorted(RULES))}"
            raise InvalidOption("plugin_check_ignore", name, expected)
    return session.settings.check_ignore


def _find_broken(
    session: Session, broken: Mapping[str, PluginError], names: Collection[str]
) -> Iterator[Finding]:
    place = session.settings.here / session.settings.source
    for name, error in broken.items():
        if not names or name in names:
            yield Finding(BROKEN_PLUGIN, name, place, 1, str(error).rstrip("."))


def _check_files(chosen: Iterable[Files], branches: Mapping[str, Files]) -> Iterator[Finding]:
    graph = Graph(branches)
    for files in chosen:
        yield from check_folders(files)
        yield from graph.check(files)
        yield from check_squashes(files)
        yield from check_overlaps(files, branches)
        yield from check_former_names(files, branches)
        for file in files.revisions:
            yield from check_code(file)
            yield from check_prefix(file, files)
            yield from check_silences(file, RULES)


def _check_history(chosen: Iterable[Files], history: History) -> Iterator[Finding]:
    for files in chosen:
        yield from history.check(files)


def _render(
    session: Session, chosen: Iterable[Files], changed: Collection[Path] | None
) -> tuple[Rendered, ...]:
    """Return the SQL of those revisions that are reported on and open no connections."""
    with reading_statements(session) as reader:
        return tuple(
            leave_unchecked(file) if opens_connection(file) else reader.read(file, info)
            for files in chosen
            for file, info in files.readable
            if changed is None or file.path in changed
        )


def _render_before(
    session: Session, chosen: Iterable[Files], file: RevisionFile
) -> tuple[Rendered, ...]:
    """Return the SQL of those revisions that one comes after, of which nothing is reported."""
    files = next(each for each in chosen if file in each.revisions)
    known = {info.revision: (other, info) for other, info in files.readable}
    revision = file.info.revision if file.info else ""
    try:
        before = files.branch.close([revision]) - {revision}
        order = [each for each in files.branch.order if each in before and each in known]
    except RevisionCycle:
        return ()  # That is another finding.
    with reading_statements(session) as reader:
        return tuple(
            reader.read(*known[each]) for each in order if not opens_connection(known[each][0])
        )


def _leave(
    findings: Iterable[Finding], chosen: Iterable[Files], ignored: Collection[str]
) -> tuple[Finding, ...]:
    """Return the findings that neither the configuration nor a comment silences, sorted."""
    silenced = {file.path: find_silenced(file) for files in chosen for file in files.revisions}
    left = (
        finding
        for finding in findings
        if finding.rule.name not in ignored
        and finding.rule.name not in silenced.get(finding.file, ())
    )
    return tuple(sorted(set(left), key=lambda finding: finding.order))
