"""What a scratch database starts with, in which the revisions of plugins are tried out."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any, Protocol, TypeVar

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.schema import CreateSchema

from .. import _alembic
from .._base_errors import PluginError
from ..catalog.queries import has_schema
from ..config.settings import read_settings
from ..guard.errors import NamespaceViolation
from ..loading.session import Session
from ..namespaces.inferred import Inferred
from ..planning.plan import Plan
from ..planning.projection import plan_copy
from ..planning.removals import downgrade
from ..planning.settled import MakePlan
from ..planning.targets import upgrade_exactly
from ..plugin import HOST, Schema
from ..registry.state import State
from ..registry.tables import Tables
from .errors import ScratchFailed
from .scratch import NO_COPY, copy_database, drop_namespace, make_scratch_database

Targets = Mapping[str, Sequence[str]]
"""The revisions up to which plugins are run, by their names."""


class PlanRunner(Protocol):
    """One command's work on one database; see `alembic_plugins.execution.migrator.Migrator`."""

    session: Session
    context: MigrationContext

    @property
    def connection(self) -> Connection:
        """The connection."""
        ...

    @property
    def tables(self) -> Tables:
        """The registry's tables."""
        ...

    def read(self) -> bool:
        """Read what the database remembers."""
        ...

    def run(self, make_plan: MakePlan) -> Plan:
        """Run what `make_plan` plans."""
        ...

    def end_reading(self) -> None:
        """End the transaction that reading has begun."""
        ...


Scratch = TypeVar("Scratch", bound=PlanRunner)

Way = Callable[[PlanRunner, PlanRunner, Targets], None]
"""Runs revisions in a scratch database; it takes that, the host's, and the revisions."""


@contextmanager
def build(
    live: PlanRunner,
    make: Callable[[Session, MigrationContext], Scratch],
    targets: Targets,
    *,
    guarded: bool,
) -> Iterator[Scratch]:
    """Run plugins' revisions up to some, and all that they need, in a database of their own.

    It starts empty. Where they cannot be run there, the schemas are made that plugins use as they
    are found; where that is not enough, as where no revision makes the host's tables, it has what
    the host's database has, but for rows, and for what the plugins have made.

    Args:
        live: the work on the host's database.
        make: makes the like for the scratch database.
        targets: the revisions.
        guarded: whether what the guard refuses is a failure at once. It cannot tell anything in
            a copy of the host's database.

    Raises:
        ScratchFailed: that cannot be done.
    """
    with ExitStack() as stack:
        failures: list[ScratchFailed] = []
        for run_targets, settings in _find_ways(live, targets):
            scratch = stack.enter_context(_make_scratch(live, make, targets, settings))
            try:
                with _alembic.replaced_context(live.context, scratch.context), quiet():
                    run_targets(scratch, live, targets)
                break
            except ScratchFailed as error:
                failures.append(error)
                if guarded and isinstance(error.__cause__, NamespaceViolation):
                    raise
                stack.close()
        else:
            raise join_failures(failures)
        yield scratch


@contextmanager
def _make_scratch(
    live: PlanRunner,
    make: Callable[[Session, MigrationContext], Scratch],
    targets: Targets,
    settings: Mapping[str, Any],
) -> Iterator[Scratch]:
    """Make a scratch database, where nothing is read from yet."""
    context, known = live.context, live.session
    name, revisions = next(iter(targets.items()), (HOST, ()))
    with make_scratch_database(live.connection, name, " ".join(revisions)) as connection:
        options = {**context.opts, "as_sql": False}
        inner = MigrationContext(context.dialect, connection, options, context.environment_context)
        changed = replace(read_settings(known.config), **settings)
        session = Session(known.config, known.script, State(), changed)
        session.configure(transaction_per_revision=known.transaction_per_revision)
        yield make(session, inner)


def _run_in_empty(scratch: PlanRunner, _live: PlanRunner, targets: Targets) -> None:
    """Run plugins' revisions, and all that they need, in an empty database."""
    _run_targets(scratch, targets)


def _run_in_schemas(scratch: PlanRunner, live: PlanRunner, targets: Targets) -> None:
    """Do as `_run_in_empty` does, where the schemas are that somebody has made for plugins."""
    with scratch.connection.begin():
        for name in _find_schemas(live, targets):
            scratch.connection.execute(CreateSchema(name, if_not_exists=True))
    _run_targets(scratch, targets)


def _find_schemas(live: PlanRunner, targets: Targets) -> tuple[str, ...]:
    """Return the schemas of the host's database that plugins use as they are found."""
    session = live.session
    names = dict.fromkeys(name for name in targets if name != HOST)
    for name in [*names]:
        names |= dict.fromkeys(session.find_requirements(name))
    spaces = (session.find_plugin(name).namespace for name in names)
    found = [it for it in spaces if isinstance(it, Schema) and not it.create]
    there = tuple(it.name for it in found if has_schema(live.connection, it))
    live.end_reading()
    return there


def _run_in_reverted_copy(scratch: PlanRunner, live: PlanRunner, targets: Targets) -> None:
    """Run plugins' revisions in a copy of the host's database, from which they have gone.

    They go by their downgrades, and what is in their namespaces then is dropped.
    """
    _copy(scratch, live, targets, targets)
    for name in [*targets][::-1]:
        with _trying(name, targets[name]):
            scratch.read()
            scratch.run(partial(downgrade, scope=name, target="base", cascade=True))
    _clear(scratch, targets)
    _run_targets(scratch, targets)


def _run_in_cleared_copy(scratch: PlanRunner, live: PlanRunner, targets: Targets) -> None:
    """Do as `_run_in_reverted_copy` does, where the downgrades cannot be run."""
    _copy(scratch, live, targets, {})
    _clear(scratch, targets)
    _run_targets(scratch, targets)


# What hooks do elsewhere would stay.
_EMPTY: Mapping[str, Any] = {"without_hooks": True, "phase": None}
# Whose the objects of a copy are is not known, and not asked; the host's revisions are applied.
_COPY = {**_EMPTY, "guard": "off", "guard_reads": "off", "host_first": False}


def _find_ways(live: PlanRunner, targets: Targets) -> Iterator[tuple[Way, Mapping[str, Any]]]:
    """Yield the ways to try revisions out, in the order in which to go them, and settings there."""
    yield _run_in_empty, _EMPTY
    if targets.keys() - {HOST}:
        if _find_schemas(live, targets):
            yield _run_in_schemas, _EMPTY
        yield _run_in_reverted_copy, _COPY
        yield _run_in_cleared_copy, _COPY


def join_failures(failures: Sequence[ScratchFailed]) -> ScratchFailed:
    """Return why revisions could not be tried out in any way.

    Where the host's database could not even be copied, that is why it has come to no other way, and
    not what is wrong with the revisions.
    """
    first, last = failures[0], failures[-1]
    if first.reason == last.reason or not isinstance(last.__cause__, NO_COPY):
        return last
    reason = f"{first.reason}; nor could they be in a copy of the host's: {last.reason}"
    joined = ScratchFailed(first.name, reason, first.target)
    joined.__cause__ = first.__cause__
    return joined


def _copy(scratch: PlanRunner, live: PlanRunner, targets: Targets, recorded: Targets) -> None:
    """Make in the scratch database what the host's has, without rows; record what is applied."""
    name = next(iter(targets))
    tables = (*live.tables.names, _alembic.version_table(live.context).name)
    try:
        copy_database(live.connection, scratch.connection, tables, name, " ".join(targets[name]))
    finally:
        live.end_reading()
        scratch.end_reading()
    scratch.read()
    session, known = scratch.session, live.session
    for target in targets:
        session.add_inferred(target, Inferred(()))
    applied = {
        branch: {item.revision for item in known.state.of(branch)}
        for branch in known.state.branches
        if branch not in targets and not known.remembered_branch(branch).orphaned
    }
    with _trying(name, targets[name]):
        scratch.run(partial(plan_copy, applied=applied, targets=recorded))


def _clear(scratch: PlanRunner, targets: Targets) -> None:
    """Drop what is in the namespaces of plugins."""
    for name in targets:
        drop_namespace(scratch.connection, scratch.session.find_plugin(name).namespace)


def _run_targets(scratch: PlanRunner, targets: Targets) -> None:
    scratch.read()
    for name, revisions in targets.items():
        with _trying(name, revisions):
            for revision in revisions:
                scratch.run(partial(upgrade_exactly, name=name, target=revision))


@contextmanager
def _trying(name: str, revisions: Sequence[str]) -> Iterator[None]:
    """Let what fails in the block be a failure to try a plugin's revisions out."""
    try:
        yield
    except PluginError as error:
        reason = getattr(error, "reason", None) or str(error).rstrip(".")
        raise ScratchFailed(name, reason, " ".join(revisions)) from error


@contextmanager
def quiet() -> Iterator[None]:
    """Say nothing of what is only tried out, short of errors."""
    logger = logging.getLogger("alembic_plugins")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
