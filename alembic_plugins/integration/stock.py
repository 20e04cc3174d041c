"""What stock Alembic's commands do on a host: plan, or see the branches that they are about."""

import logging
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext

from .. import _alembic
from .._quoting import join_command
from ..config.arguments import read_cascade, read_scope, read_yes
from ..execution.migrator import Migrator
from ..loading.session import Session
from ..planning import targets
from ..planning.identifiers import find_scope
from ..planning.phases import describe_held
from ..planning.plan import Plan
from ..planning.settled import MakePlan
from ..plugin import HOST
from ..revisions.branches import Branch, BranchMap
from ..revisions.files import RevisionInfo
from .auto_sync import upgrade_and_sync
from .automigrate import capture_before_upgrade
from .confirmation import confirm
from .hosts import find_branches

log = logging.getLogger(__name__)


def find_start(session: Session, options: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the branch that a command names, and the revision that it is at in offline mode."""
    scope, start = read_scope(session.config), options.get("starting_rev") or ""
    target = options.get("destination_rev") or "base"
    return (find_scope(session, scope, start, target) if start else scope), start


def _plan_downgrade(session: Session, scope: str | None, target: str, *, cascade: bool) -> Plan:
    from ..planning.removals import downgrade  # Most commands remove nothing.

    return downgrade(session, scope, target, cascade=cascade)


def run_stock(
    migrator: Migrator, environment: EnvironmentContext, work: Callable[..., Any]
) -> None:
    """Do the work of a stock command."""
    command = _alembic.stock_command(work)
    config = migrator.session.config
    scope, _ = find_start(migrator.session, environment.context_opts)
    cascade = read_cascade(config)
    target = environment.context_opts.get("destination_rev") or "base"
    plans: dict[str | None, MakePlan] = {
        "upgrade": lambda session: targets.upgrade(session, scope, target),
        "downgrade": partial(_plan_downgrade, scope=scope, target=target, cascade=cascade),
        "stamp": lambda session: targets.stamp(session, scope, target),
    }
    if command in plans:
        migrator.finish_transfer()
        if migrator.context.purge and not migrator.context.as_sql:
            _confirm_purge(config, plans[command](migrator.session))
        if command == "upgrade":
            capture_before_upgrade(migrator, _find_names(scope, target))
        makes_heads = command == "upgrade" and (scope not in (None, HOST) or target == "heads")
        if makes_heads:
            plan = upgrade_and_sync(plans[command], _find_names(scope, target), migrator)
        else:
            plan = migrator.run(plans[command])
        if not migrator.context.as_sql:
            for line in describe_held(plan.held):
                config.print_stdout("%s", line)
        is_relative = command == "downgrade" and target.startswith("-")
        if is_relative and scope is None and not migrator.context.as_sql:
            _tell_branches(config, plan)
    else:
        _run_other(migrator, environment, work, command)


def _find_names(scope: str | None, target: str) -> list[str]:
    """Return the branches that an upgrade is about; none are all."""
    if scope in (None, HOST):
        return [] if target == "heads" else [HOST]
    return [str(scope)]


def _tell_branches(config: Config, plan: Plan) -> None:
    """Say which branches ``downgrade -N`` has been about: that was left to the database."""
    for name, count in Counter(step.plugin for step in plan.steps).items():
        config.print_stdout(f"downgraded {name}: {count} revision{'s' * (count > 1)}")


def _confirm_purge(config: Config, plan: Plan) -> None:
    """Ask on the command line whether ``stamp --purge`` shall forget plugins, if it would."""
    if plan.outcomes and config.cmd_opts is not None:
        names = ", ".join(plan.outcomes)
        what = "the registry forgets all that it knows of plugins"
        print(f"{what}, whose objects stay: {names}", file=sys.stderr)
        scope = read_scope(config)
        options = ["-x", f"plugin={scope}"] if scope else []
        targets = getattr(config.cmd_opts, "revisions", ())
        command = join_command(["alembic", *options, "stamp", "--purge", *targets])
        confirm(command, yes=read_yes(config), way="-x yes=true before 'stamp'")


def _run_other(
    migrator: Migrator,
    environment: EnvironmentContext,
    work: Callable[..., Any],
    command: str | None,
) -> None:
    """Do work that reads, or whose steps another tool has chosen, on the branches in question."""
    session = migrator.session
    scope = read_scope(session.config)
    revision_context = environment.context_opts.get("revision_context")
    if revision_context is not None and command != "check":
        from .new_revisions import find_written

        scope = find_written(session, revision_context.command_args["head"])
    if revision_context is not None and revision_context.command_args["autogenerate"]:
        checks = scope is None and command == "check"
        names = _find_compared(migrator) if checks else [scope or HOST]
        _autogenerate(migrator, environment, work, names)
        return
    if command == "current":
        from ..reports.status import find_ahead  # An upgrade has nothing to report.

        for damaged in session.state.damage:
            log.warning("%s", damaged)
        for ahead in find_ahead(session, _choose_branches(session, scope)):
            log.warning("%s", ahead)
    # A new revision goes onto one branch; what only shows, shows all.
    alone = command in ("revision", "merge")
    steps = _call_on_branches(migrator, environment, work, scope or (HOST if alone else None))
    if steps:
        migrator.run(lambda session: targets.run_steps(session, steps))


def _autogenerate(
    migrator: Migrator,
    environment: EnvironmentContext,
    work: Callable[..., Any],
    names: Sequence[str],
) -> None:
    """Compare the models of some with the database."""
    from .autogenerate import narrow_autogenerate
    from .checks import check_each

    def compare(name: str) -> None:
        migrator.session.branch(name)  # Models say nothing where its files do not lead on.
        with narrow_autogenerate(migrator.session, migrator.context, name):
            _call_on_branches(migrator, environment, work, name)

    check_each(names, compare, environment.context_opts["revision_context"])


def _find_compared(migrator: Migrator) -> list[str]:
    """Return what ``check`` compares: the host and installed plugins, where they have models."""
    found = []
    for name in migrator.session.state.plugins:
        declaration = migrator.session.declaration(name)
        if declaration and declaration.models:
            found.append(name)
    return [HOST, *found] if migrator.context.opts["target_metadata"] or not found else found


def _call_on_branches(
    migrator: Migrator,
    environment: EnvironmentContext,
    work: Callable[..., Any],
    scope: str | None,
) -> list[tuple[str, bool]]:
    """Call a work function that sees some branches only; return the steps that it wants run."""
    branches = list(_choose_branches(migrator.session, scope))
    state = migrator.session.state  # Whose squashes are known by now.
    if scope is None and _alembic.stock_command(work) is None:
        # Another tool may be about to install what is on disk.
        known = {branch.name for branch in branches}
        found = find_branches(migrator.session, None)
        branches += [branch for branch in found if branch.name not in known]
    script = environment.script
    script.revision_map = shown = BranchMap(lambda: branches, scope or HOST)
    # Each row is the head of what is applied of its branch, and no ancestor of another one.
    # In the order of the branches, where Alembic has a set.
    script.get_all_current = shown.find_shown  # type: ignore[assignment, method-assign]
    if any(branch.ahead for branch in branches):  # Then what is applied is no head.
        heads = [r for b in branches for r in (b.heads() if b.orphaned else b.file_heads)]
        script.get_heads = lambda consider_depends_on=False: heads  # type: ignore[method-assign]  # noqa: ARG005
    rows = tuple(
        row
        for branch in branches
        for row in (branch.heads() if branch.orphaned else state.heads(branch.name))
    )
    _alembic.narrow_heads(migrator.context, rows)
    steps = list(work(rows, migrator.context))
    return [(step.info.up_revision_id, step.is_upgrade) for step in steps]


def _choose_branches(session: Session, scope: str | None) -> Sequence[Branch]:
    """Return the branches that a reading command is about: one, or all that are applied.

    Rows of the version table that neither a file nor the registry explains are the last one.
    """
    if scope is not None:
        installed = scope in session.state.branches and scope != HOST
        return [session.remembered_branch(scope) if installed else session.branch(scope)]
    at_base = session.state.at_base - session.state.leftover
    names = dict.fromkeys((HOST, *session.state.branches, *sorted(at_base)))
    branches = [session.remembered_branch(name) for name in names]
    unknown_rows = sorted(session.state.current_rows - session.state.by_revision.keys())
    unknown = [RevisionInfo(row, (), (), (), "", None) for row in unknown_rows]
    return [*branches, *([Branch("unknown", unknown, orphaned=True)] if unknown else [])]
