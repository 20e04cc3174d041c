"""Scratch databases that are where a branch is by its files."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from sqlalchemy import Connection

from .. import _alembic
from ..catalog.drift import Key
from ..catalog.states import State
from ..catalog.transaction_rows import Place
from ..execution.branch_states import BranchState, Choose, choose_hanging, read_branch_state
from ..execution.migrator import Migrator
from ..execution.scratch_builds import quiet
from ..loading.search_paths import plugin_search_path
from ..loading.session import Session
from ..planning.operations import CreateNamespace, RegisterPlugin
from ..planning.plan import Plan, Transaction
from ..plugin import HOST


@dataclass(frozen=True)
class ScratchBranch:
    """A branch in a scratch database, where all that is made since is the branch's.

    Attributes:
        migrator: leads to the database.
        name: the branch.
        others: where PostgreSQL has what was there and is not the branch's.
    """

    migrator: Migrator
    name: str
    others: frozenset[Place]

    @property
    def connection(self) -> Connection:
        """The connection of the migrator."""
        return self.migrator.connection

    def read(self) -> BranchState:
        """Return what the objects of the branch are.

        What nobody has recorded is taken for the host's, but in the schema of a plugin: so is what
        was dropped and made again.
        """
        return _read(self.migrator, self.name, self._choose if self.name != HOST else None)

    def _choose(self, host: State) -> set[Key]:
        return {key for key, place in host.places.items() if place not in self.others}

    @contextmanager
    def entering(self) -> Iterator[None]:
        """Have the search path of the branch's revisions in the block."""
        session = self.migrator.session
        found = session.find_usable(self.name) if self.name != HOST else None
        path = plugin_search_path(self.connection, found, session) if found else nullcontext()
        with path:
            yield


@contextmanager
def build_branch(migrator: Migrator, name: str, heads: Sequence[str]) -> Iterator[ScratchBranch]:
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
        others = _find_others(scratch, name)
        scratch.end_reading()
        yield ScratchBranch(scratch, name, others)


def _plan_namespace(_session: Session, name: str) -> Plan:
    return Plan((Transaction((CreateNamespace(name), RegisterPlugin(name)), "upgrade"),))


def read_live(migrator: Migrator, name: str, adopted: Sequence[Key]) -> BranchState:
    """Return what the objects of a branch are.

    Args:
        migrator: leads to the database.
        name: the branch.
        adopted: what is the plugin's besides, and is taken for the host's.
    """
    found = _read(migrator, name, choose_hanging(adopted))
    migrator.end_reading()
    return found


def _read(migrator: Migrator, name: str, choose: Choose | None) -> BranchState:
    ours = (_alembic.version_table(migrator.context).name, *migrator.tables.names)
    return read_branch_state(
        migrator.connection, migrator.session, migrator.tables, ours, name, choose
    )


def _find_others(migrator: Migrator, name: str) -> frozenset[Place]:
    """Return where PostgreSQL has what is the host's, or nobody has recorded."""
    found = _read(migrator, HOST, None) if name != HOST else None
    return frozenset(found.full.places.values() if found else ())
