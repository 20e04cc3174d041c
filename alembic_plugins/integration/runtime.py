"""What ``env.py`` calls, and how a command's work gets from there to the migrator."""

import logging
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from io import StringIO
from typing import Any, Generic, TypeVar

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from .. import _alembic
from .._base_errors import InvalidOption
from .._quoting import join_command
from .._warnings import tell_once
from ..config.database import DRIVERS, translate_errors
from ..config.settings import (
    load_reference,
    read_cascade,
    read_scope,
    read_yes,
)
from ..connection.autobegin import end_autobegun
from ..connection.visits import is_autocommit
from ..execution.migrator import PROGRESS, Migrator
from ..loading.session import Session
from ..planning import targets
from ..planning.identifiers import find_scope, split_target
from ..planning.phases import describe_held
from ..planning.plan import Plan
from ..planning.projection import simulate
from ..planning.settled import MakePlan
from ..planning.squashes import find_squashed
from ..plugin import HOST
from ..registry.state import State
from ..registry.tables import VERSION
from ..revisions.branches import Branch, BranchMap
from ..revisions.files import RevisionInfo
from .auto_sync import upgrade_and_sync
from .confirmation import confirm
from .errors import ConnectionIgnored, NotAHost, NoTransactions, UnsupportedDriver
from .hosts import find_branches, open_session

log = logging.getLogger(__name__)

T = TypeVar("T")

_PER_REVISION = "alembic_plugins_transaction_per_revision"
_WORK = "alembic_plugins_work"


class Work(Generic[T]):
    """The work of one of our commands, handed to ``env.py`` as Alembic hands over its own.

    Args:
        function: gets the `Migrator` of this command, and returns the command's result.
        start: in offline mode, the branches that are taken for installed, with their revisions.
        state: there, what the database is taken for, instead.
        finishes_transfer: whether a backup or restore that was interrupted is finished before.
    """

    def __init__(
        self,
        function: Callable[[Migrator], T],
        start: Mapping[str, str] | None = None,
        state: State | None = None,
        *,
        finishes_transfer: bool = True,
    ) -> None:
        self._function = function
        self.start = start or {}
        self.state = state
        self._finishes_transfer = finishes_transfer
        self.results: list[T] = []
        """What `function` has returned, once for each database that ``env.py`` configures."""

    def run(self, migrator: Migrator) -> None:
        """Do the work on a database."""
        if self._finishes_transfer:
            migrator.finish_transfer()
        self.results.append(self._function(migrator))

    def __call__(self, rows: object, context: MigrationContext) -> Iterable[Any]:
        """Refuse to be run by Alembic itself; see `refuse`."""
        return refuse(rows, context)


def refuse(_rows: object, context: MigrationContext) -> Iterable[Any]:
    """Be the work that Alembic's own ``context.run_migrations()`` finds: ``env.py`` is not adapted.

    Raises:
        NotAHost: always.
    """
    raise NotAHost(context.script.env_py_location if context.script else "env.py")


def configure(connection: Connection | None = None, **options: Any) -> None:  # noqa: ANN401 - Alembic's
    """Configure Alembic's context; to be called in ``env.py`` in place of ``context.configure()``.

    Takes what `alembic.context.configure` takes, and passes it through. With
    ``transaction_per_migration`` each revision has a transaction of its own, else each plugin has
    one a command. For autogenerate, `target_metadata` and the filters are narrowed to what the
    command is about.
    """
    environment = _alembic.current_environment()
    # An ``env.py`` for several databases configures again and again.
    work = environment.context_opts.get(_WORK, environment.context_opts["fn"])
    per_revision = bool(options.pop("transaction_per_migration", False))
    if options.get("transactional_ddl") is False:
        raise InvalidOption("transactional_ddl", "False", "True: migrations of plugins need it")
    given = environment.config.attributes.values()
    if connection is not None and all(connection is not value for value in given):
        end_autobegun(connection)
    if environment.is_offline_mode():
        options["literal_binds"] = True  # Rows of the registry are inserted with values.
    reference = environment.config.get_alembic_option("plugin_target_metadata")
    if reference and options.get("target_metadata") is None:
        options["target_metadata"] = load_reference("plugin_target_metadata", reference)
    environment.configure(
        connection=connection,
        # The outer transaction, which would cover all plugins, is never begun.
        transaction_per_migration=True,
        **{_PER_REVISION: per_revision, _WORK: work, **options, "fn": refuse},
    )
    if environment.is_offline_mode():
        from ..revisions.rendering import render_with

        render_with(environment.get_context())


def run_migrations(**run_args: Any) -> None:  # noqa: ANN401 - as Alembic
    """Do a command's work; to be called in ``env.py`` in place of ``context.run_migrations()``.

    Args:
        run_args: passed to each revision's function, as Alembic does.

    Raises:
        PluginError: what is wrong, in words.
    """
    environment = _alembic.current_environment()
    context = environment.get_context()
    if _WORK not in context.opts:
        refuse((), context)  # `configure()` was left to Alembic.
    _check_driver(context)
    work, attributes = context.opts[_WORK], environment.config.attributes
    _check_given(context, attributes.get("connection") if isinstance(work, Work) else None)
    printed = _printed_whole(context) if context.as_sql else nullcontext()
    with translate_errors(), tell_once(), printed:
        session = open_session(environment.config, environment.script)
        session.configure(transaction_per_revision=context.opts[_PER_REVISION])
        migrator = Migrator(session, context, run_args, attributes.get(PROGRESS))
        if context.as_sql:
            migrator.assume(_assume_state(session, context, work))
        else:
            migrator.read()
        try:
            if isinstance(work, Work):
                work.run(migrator)
            else:
                _run_stock(migrator, environment, work)
        finally:
            migrator.put_back_path()


def _check_given(context: MigrationContext, given: object) -> None:
    """Check that the connection that a caller has given is the one that is used."""
    if isinstance(given, Connection) and not context.as_sql and context.connection is not given:
        raise ConnectionIgnored(context.script.env_py_location if context.script else "env.py")


def _check_driver(context: MigrationContext) -> None:
    dialect = context.dialect
    place = context.script.env_py_location if context.script else "env.py"
    if dialect.name != "postgresql" or not (context.as_sql or dialect.driver in DRIVERS):
        raise UnsupportedDriver(place, f"{dialect.name}+{dialect.driver}")
    if context.connection is not None and not context.as_sql and is_autocommit(context.connection):
        raise NoTransactions(place)


@contextmanager
def _printed_whole(context: MigrationContext) -> Iterator[None]:
    """Print SQL when all of it is there: a script with a part of it would be run by somebody."""
    output = context.impl.output_buffer
    assert output is not None  # noqa: S101 - offline mode has one
    script = context.impl.output_buffer = StringIO()
    try:
        yield
        output.write(script.getvalue())
        output.flush()
    finally:
        context.impl.output_buffer = output


def _assume_state(session: Session, context: MigrationContext, work: object) -> State:
    """Return the state that offline mode starts from: an empty database, or what was named.

    What is named is taken for installed as it would be by us, with all that it needs.
    """
    if isinstance(work, Work):
        if work.state is not None:
            return work.state
        start = work.start
    else:
        scope, revision = _find_start(session, context.opts)
        scope, revision = split_target(session, scope or HOST, revision)
        start = {scope or HOST: revision} if revision else {}
    if not start or start == {HOST: "base"}:
        return session.state
    squashed = find_squashed(session, start)
    plan = targets.upgrade_to(session, start)
    state = simulate(session, plan, schema_created=True)
    rows = {row for name in state.branches for row in state.heads(name)}
    rows = {*(rows - {*squashed.values()}), *squashed}
    state = replace(state, rows=frozenset(rows), version_table=True, registry=VERSION)
    return replace(state, squashed=squashed)


def _find_start(session: Session, options: Mapping[str, Any]) -> tuple[str | None, str]:
    """Return the branch that a command names, and the revision that it is at in offline mode."""
    scope, start = read_scope(session.config), options.get("starting_rev") or ""
    target = options.get("destination_rev") or "base"
    return (find_scope(session, scope, start, target) if start else scope), start


def _plan_downgrade(session: Session, scope: str | None, target: str, *, cascade: bool) -> Plan:
    from ..planning.removals import downgrade  # Most commands remove nothing.

    return downgrade(session, scope, target, cascade=cascade)


def _run_stock(
    migrator: Migrator, environment: EnvironmentContext, work: Callable[..., Any]
) -> None:
    """Do the work of a stock command."""
    command = _alembic.stock_command(work)
    config = migrator.session.config
    scope, _ = _find_start(migrator.session, environment.context_opts)
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
        makes_heads = command == "upgrade" and (scope not in (None, HOST) or target == "heads")
        if makes_heads:
            names = [] if scope in (None, HOST) else [str(scope)]
            plan = upgrade_and_sync(plans[command], names, migrator)
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
        for ahead in find_ahead(session, choose_branches(session, scope)):
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
    branches = list(choose_branches(migrator.session, scope))
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


def choose_branches(session: Session, scope: str | None) -> Sequence[Branch]:
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
