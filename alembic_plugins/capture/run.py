"""Write a revision of what was changed by hand, and record it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from alembic.util import rev_id

from .._base_errors import NotWritable
from ..authoring.errors import FilesExist
from ..authoring.naming import check_new_id, name_file
from ..catalog.drift import Change, Key
from ..execution.branch_states import BranchState
from ..execution.errors import ScratchFailed
from ..execution.migrator import Migrator
from ..loading.session import Session
from ..namespaces.comparisons import BranchComparison
from ..planning.captures import plan_capture
from ..planning.plan import Plan
from ..planning.targets import check_installed
from ..plugin import HOST
from ..reports.verify import read_current, verify
from ..reports.verify_objects import find_drift
from .building import build_branch, read_live
from .changing import Way, find_ways, map_renames
from .errors import CannotCapture, CaptureDiffers
from .messages import describe_changes
from .preconditions import check_branch, find_folder, is_changed
from .recorded import leave_hooks
from .remarks import find_remarks
from .rendering import FunctionRenderer, render_file
from .replay import replay
from .results import Capture


def capture(
    migrator: Migrator,
    name: str,
    message: str | None = None,
    *,
    revision: str | None = None,
    dry_run: bool = False,
) -> Capture:
    """Write a revision that makes what was changed by hand, and record it as applied.

    Args:
        migrator: leads to the database.
        name: the plugin, or ``host``.
        message: what the revision is about; None is told by what has changed.
        revision: its id.
        dry_run: write and record nothing.

    Raises:
        CannotCapture: it cannot be captured as it is.
        CaptureDiffers: no statements make what is there, or not in a database of its own.
        NotWritable: the folder of the revisions cannot be written to.
        CapturedChanged: somebody has changed it meanwhile.
    """
    session = migrator.session
    if name != HOST:
        check_installed(session, [name])
    if revision is not None:
        check_new_id(session, revision)
    found = verify(migrator, [name]).branches[0]
    heads = check_branch(session, name, found)
    comparisons = read_current(migrator)
    it = comparisons.get(name)
    if heads and not is_changed(found, it):
        return Capture(name)
    folder = find_folder(session, name)
    adopted = _find_adopted(session, name, comparisons)
    live = read_live(migrator, name, adopted)
    now = datetime.now(UTC).astimezone()
    id_ = revision or rev_id()

    def render(ways: tuple[Way, Way]) -> str:
        bodies = [_render(way) for way in ways]
        words = message or _describe(ways[0])
        return render_file(id_, words, heads, now, (bodies[0], bodies[1]))

    try:
        text, ways = _try_out(migrator, name, heads, it, live, render)
    except ScratchFailed as error:
        reason = f"revisions cannot be run in a scratch database: {error.reason}"
        raise CannotCapture(name, reason, "See to that, and run the command again") from error
    path = folder / name_file(session, name, id_, message or _describe(ways[0]), now)
    if path.exists() and message is None:  # The host's names have no ids in them.
        path = folder / name_file(session, name, id_, f"{id_} {_describe(ways[0])}", now)
    remarks = tuple(find_remarks(migrator, name, found, live, ways))
    result = Capture(name, id_, path, text, (*found.findings, *found.notes), remarks)
    make_plan = partial(_plan, result=result, digest=live.digest, adopted=adopted)
    return result if dry_run else _keep(migrator, result, make_plan)


def _describe(way: Way) -> str:
    return describe_changes(way.before, way.after, way.renamed)


def _render(way: Way) -> str:
    renderer = FunctionRenderer(way.before, way.after)
    return renderer.render(way.statements, way.committed)


def _find_adopted(
    session: Session, name: str, comparisons: Mapping[str, BranchComparison]
) -> tuple[Key, ...]:
    """Return what is the plugin's by its name, and is taken for the host's.

    That is what is new and goes by its prefix, or is in a schema that it shares alone; and what was
    dropped and made again.
    """
    state = session.state
    host = comparisons.get(HOST)
    if name == HOST or host is None:
        return ()
    drift = find_drift(comparisons, state.plugins.values(), state.host_schema or "")
    made = (Change.NEW, Change.REPLACED)
    new = (item.key for item in drift.get(name, ()) if item.change in made)
    return tuple(sorted(key for key in new if key in host.found))


def _try_out(
    migrator: Migrator,
    name: str,
    heads: Sequence[str],
    it: BranchComparison | None,
    live: BranchState,
    render: Callable[[tuple[Way, Way]], str],
) -> tuple[str, tuple[Way, Way]]:
    """Return the text of the file, which was run up, down and up, and what it does."""
    with ExitStack() as stack:
        scratch = stack.enter_context(build_branch(migrator, name, heads))
        before = scratch.read()
        scratch.migrator.end_reading()
        wanted = leave_hooks(migrator, name, it, before, live)
        ways = find_ways(scratch, wanted, map_renames(it, before, wanted))
        problems = [*ways[0].problems, *(f"back, {words}" for words in ways[1].problems)]
        if problems:
            raise CaptureDiffers(name, tuple(problems))
        text = render(ways)
        if ways[0].committed:  # It is not where it was.
            stack.close()
            scratch = stack.enter_context(build_branch(migrator, name, heads))
        replay(scratch, text, before, wanted)
    return text, ways


def _plan(session: Session, *, result: Capture, digest: str, adopted: Sequence[Key]) -> Plan:
    return plan_capture(session, result.plugin, str(result.revision), digest, adopted)


def _keep(migrator: Migrator, result: Capture, make_plan: Callable[[Session], Plan]) -> Capture:
    """Write the file and record it; where it cannot be recorded, it is removed again."""
    path = result.file
    assert path is not None  # noqa: S101 - there is something to capture
    _write(path, result.text)
    try:
        migrator.session.forget_files()
        return replace(result, plan=migrator.run(make_plan))
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise


def _write(path: Path, text: str) -> None:
    """Write a file so that it is never there in part."""
    if path.exists():
        raise FilesExist((str(path),))
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(text, "utf-8")
        part.replace(path)
    except OSError as error:
        with suppress(OSError):
            part.unlink()
        raise NotWritable(str(path), error.strerror or str(error)) from error
