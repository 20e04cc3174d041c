"""Scratch databases that are where a branch is by its files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from .. import _alembic
from ..execution.branch_states import BranchState, read_branch_state
from ..execution.migrator import Migrator
from ..execution.scratch_builds import quiet
from ..loading.session import Session
from ..planning.operations import CreateNamespace, RegisterPlugin
from ..planning.plan import Plan, Transaction
from ..plugin import HOST


@contextmanager
def build_branch(migrator: Migrator, name: str, heads: Sequence[str]) -> Iterator[Migrator]:
    """Make a database in which a branch is at some revisions; none are before its first one.

    Raises:
        ScratchFailed: that cannot be done.
    """
    session = migrator.session
    targets = {name: tuple(heads)}
    if not heads:
        required = [it for it in session.find_requirements(name) if session.state.heads(it)]
        needed = required or ([HOST] if session.state.heads(HOST) else [])
        targets = {it: session.state.heads(it) for it in needed}
    with migrator.build(targets) as scratch:
        if not heads:
            with quiet():
                scratch.read()
                scratch.run(lambda session: _plan_namespace(session, name))
        scratch.read()
        scratch.end_reading()
        yield scratch


def _plan_namespace(_session: Session, name: str) -> Plan:
    return Plan((Transaction((CreateNamespace(name), RegisterPlugin(name)), "upgrade"),))


def read_branch(migrator: Migrator, name: str, adopted: Sequence[tuple[str, str]]) -> BranchState:
    """Return what the objects of a branch are in a database; see `read_branch_state`."""
    ours = (_alembic.version_table(migrator.context).name, *migrator.tables.names)
    return read_branch_state(
        migrator.connection, migrator.session, migrator.tables, ours, name, adopted
    )
