"""Every revision of a plugin, run up, down and up again in a database of its own, and with rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from .. import _alembic
from .._base_errors import PluginError
from ..catalog.diff import Catalog, find_differences
from ..catalog.snapshot import read_catalog
from ..execution.errors import ScratchFailed
from ..execution.migrator import Migrator
from ..execution.scratch_builds import quiet
from ..loading.search_paths import plugin_search_path
from ..namespaces.inferred import place_rows
from ..planning.removals import downgrade
from ..planning.targets import upgrade_by_parts, upgrade_to
from ..plugin import Namespace
from ..revisions.failures import describe_refusal
from ..revisions.undo import run_statement
from .errors import NoScratchDatabase
from .findings import Finding, Rule
from .rules import (
    DOWNGRADE_DIFFERS,
    FAILS_IN_DATABASE,
    SQUASH_DIFFERS,
    UNCHECKED,
    UNUSABLE_ROWS,
    UPGRADE_DIFFERS,
)
from .sources import Files, RevisionFile, choose, read_files


def try_revisions(
    migrator: Migrator, names: Sequence[str] = (), *, with_rows: bool = True
) -> tuple[Finding, ...]:
    """Try out every revision of plugins; return what is wrong with them.

    Args:
        migrator: leads to the server where the database is made, and dropped again.
        names: whose revisions; see `checks.run.check`. Those of the host are not tried.
        with_rows: try them out with rows, too, where there are some.

    Raises:
        NoScratchDatabase: the database cannot be made.
    """
    branches, _ = read_files(migrator.session)
    chosen = [files for files in choose(branches, names) if files.plugin and files.revisions]
    return tuple(
        finding for files in chosen for finding in _try_plugin(migrator, files, with_rows=with_rows)
    )


def _try_plugin(migrator: Migrator, files: Files, *, with_rows: bool) -> Iterator[Finding]:
    try:
        order = migrator.session.branch(files.name).order
    except PluginError:
        return  # Why the branch cannot be read is another finding.
    empty = [*_try_in_scratch(migrator, files, order, _Trial.run)]
    yield from empty
    rows = {path.stem: path for path in files.rows} if with_rows else {}
    for revision in rows.keys() - set(order):
        path = rows.pop(revision)
        yield Finding(UNUSABLE_ROWS, files.name, path, 1, f"there is no revision {revision!r}")
    if rows and not any(finding.rule in (FAILS_IN_DATABASE, UNCHECKED) for finding in empty):
        yield from _try_in_scratch(migrator, files, order, partial(_Trial.run_with_rows, rows=rows))


def _try_in_scratch(
    migrator: Migrator,
    files: Files,
    order: Sequence[str],
    run: Callable[["_Trial", Sequence[str]], Iterator[Finding]],
) -> Iterator[Finding]:
    """Run revisions in a database of their own, where the first one is applied."""
    by_id = {info.revision: file for file, info in files.readable}
    try:
        with (
            migrator.build({files.name: (order[0],)}, guarded=True) as other,
            _alembic.replaced_context(migrator.context, other.context),
            quiet(),
        ):
            yield from run(_Trial(other, files, by_id), order)
    except ScratchFailed as error:
        if not isinstance(error.__cause__, PluginError):
            raise NoScratchDatabase(error.reason) from error
        yield find_failure(by_id[order[0]], error)
        yield from _leave_rest(by_id, order[1:])


class _Trial:
    """The revisions of one plugin in a database that is at the first of them."""

    def __init__(self, migrator: Migrator, files: Files, by_id: dict[str, RevisionFile]) -> None:
        self._migrator = migrator
        self._name = files.name
        self._by_id = by_id
        assert files.plugin is not None  # noqa: S101 - the host's are not tried
        self._namespace: Namespace = files.plugin.namespace

    def run(self, order: Sequence[str]) -> Iterator[Finding]:
        """Try revisions out, of which the first one is applied; stop where none can follow."""
        branch = self._migrator.session.branch(self._name)
        before: Catalog = {}
        followed: set[str] = set()
        for number, revision in enumerate(order):
            file = self._by_id[revision]
            down = [each for each in branch.infos[revision].down_revision if each in branch]
            if number and (not down or not followed.isdisjoint(down)):
                # To downgrade it would downgrade what else follows the same revision, too.
                yield file.find(UNCHECKED, 1, "it is on a branch of its own, and was not tried")
                yield from _leave_rest(self._by_id, order[number + 1 :])
                return
            followed.update(down)
            try:
                if number:
                    self._upgrade(revision)
                after = self._read()
                yield from self._go_down_and_up(file, revision, down, before, after)
                yield from self._go_by_parts(file, revision, down, after)
            except PluginError as error:
                yield find_failure(file, error)
            if not self._is_applied(revision):
                yield from _leave_rest(self._by_id, order[number + 1 :])
                return
            before = after

    def run_with_rows(self, order: Sequence[str], rows: Mapping[str, Path]) -> Iterator[Finding]:
        """Try revisions out with rows: all up, and all down again; stop at what fails."""
        branch = self._migrator.session.branch(self._name)
        downs = [branch.infos[revision].down_revision for revision in order]
        try:
            for number, revision in enumerate(order):
                file, function = self._by_id[revision], "upgrade"
                if number:
                    self._upgrade(revision)
                if revision in rows:
                    self._insert(rows[revision])
            for revision, down in zip(reversed(order), reversed(downs), strict=True):
                file, function = self._by_id[revision], "downgrade"
                self._downgrade([each for each in down if each in branch])
        except DBAPIError as error:
            message = describe_refusal(error.orig)
            yield Finding(UNUSABLE_ROWS, self._name, rows[revision], 1, message)
        except PluginError as error:
            yield find_failure(file, error, f"with rows, {function}() fails: ")

    def _insert(self, rows: Path) -> None:
        """Run the SQL of a file on the plugin's search path."""
        migrator, statement = self._migrator, rows.read_text("utf-8")
        migrator.read()
        migrator.end_reading()
        found = migrator.session.find_plugin(self._name)
        with (
            migrator.connection.begin(),
            plugin_search_path(migrator.connection, found, migrator.session),
        ):
            run_statement(migrator.context, statement)

    def _go_down_and_up(
        self,
        file: RevisionFile,
        revision: str,
        down: Sequence[str],
        before: Catalog,
        after: Catalog,
    ) -> Iterator[Finding]:
        self._downgrade(down)
        found = self._compare_with(file, before) if down else self._find_left(file)
        differences = list(found)
        yield from differences
        try:
            self._upgrade(revision)
        except PluginError:
            if differences:
                return  # What is in its way has been told.
            raise
        yield from _compare(file, UPGRADE_DIFFERS, "upgrade", after, self._read())

    def _go_by_parts(
        self, file: RevisionFile, revision: str, down: Sequence[str], after: Catalog
    ) -> Iterator[Finding]:
        """Compare what a squash has made with what is made by the files that it replaces."""
        branch = self._migrator.session.branch(self._name)
        replaced = branch.squashes.find_aliases(revision)
        if not replaced or not {info.revision for info in branch.squashes.replaced} >= {*replaced}:
            return
        self._downgrade(down)
        self._migrator.read()
        self._migrator.run(partial(upgrade_by_parts, name=self._name, squash=revision))
        yield from _compare(file, SQUASH_DIFFERS, "upgrade", self._read(), after)

    def _compare_with(self, file: RevisionFile, before: Catalog) -> Iterator[Finding]:
        return _compare(file, DOWNGRADE_DIFFERS, "downgrade", before, self._read())

    def _find_left(self, file: RevisionFile) -> Iterator[Finding]:
        """Find what is left of the first revision, which may share its schema with others."""
        self._migrator.read()
        made = self._migrator.read_made(self._name)
        for row in place_rows(self._migrator.connection, made):
            message = f"downgrade() leaves behind {row.kind} {row.identity}"
            yield file.find(DOWNGRADE_DIFFERS, file.find_function("downgrade"), message)
        self._migrator.end_reading()

    def _is_applied(self, revision: str) -> bool:
        self._migrator.read()
        return revision in self._migrator.session.state.by_revision

    def _upgrade(self, revision: str) -> None:
        self._migrator.read()
        self._migrator.run(partial(upgrade_to, targets={self._name: revision}))

    def _downgrade(self, down: Sequence[str]) -> None:
        self._migrator.read()
        target = down[0] if down else "base"
        self._migrator.run(partial(downgrade, scope=self._name, target=target, cascade=True))

    def _read(self) -> Catalog:
        catalog = read_catalog(self._migrator.connection, self._namespace)
        self._migrator.end_reading()
        return catalog


def _leave_rest(by_id: Mapping[str, RevisionFile], revisions: Sequence[str]) -> Iterator[Finding]:
    """Say of revisions that they were not tried."""
    for revision in revisions:
        message = "it was not tried, as it follows one that fails or was not tried"
        yield by_id[revision].find(UNCHECKED, 1, message)


def _compare(
    file: RevisionFile, rule: Rule, function: str, expected: Catalog, found: Catalog
) -> Iterator[Finding]:
    line = file.find_function(function)
    for difference in find_differences(expected, found):
        yield file.find(rule, line, f"after {function}(), {difference}")


def find_failure(file: RevisionFile, error: PluginError, where: str = "") -> Finding:
    """Return why a revision does not run, at the line that the error names."""
    words = str(getattr(error, "reason", None) or error).rstrip(".")
    message, found, rest = words.rpartition(f" ('{file.path}', line ")
    if not found:
        return file.find(FAILS_IN_DATABASE, 1, where + words)
    # What follows tells what to do about it in the host's database.
    return file.find(FAILS_IN_DATABASE, int(rest.partition(")")[0]), where + message)
