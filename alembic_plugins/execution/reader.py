"""Read what a command has to know of its database, before it plans and under the lock."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from .. import _alembic
from ..connection.host_path import HostPath
from ..loading.session import Session
from ..planning.plan import Plan
from ..planning.projection import plan_catch_up, simulate
from ..plugin import HOST, Schema
from ..registry.reading import read_state
from ..registry.state import State
from ..registry.tables import VERSION, Tables, make_tables

if TYPE_CHECKING:
    from ..namespaces.ownership import Dependents
    from ..namespaces.recorded import RecordedObject


class DatabaseReader:
    """Read what the database remembers, and answer the session's other questions about it.

    No transaction stays open after that: nobody may wait for what reading has locked.

    Args:
        session: the command's view of disk and database, which takes over what is read.
        context: Alembic's, configured by ``env.py``.
    """

    def __init__(self, session: Session, context: MigrationContext) -> None:
        self.session = session
        self.context = context
        self._path = HostPath(context)
        self._state: State | None = None
        self._recorded: frozenset[str] = frozenset()
        self._catch_up = Plan()

    @property
    def connection(self) -> Connection:
        """The connection; in offline mode one that prints."""
        connection = self.context.connection
        assert connection is not None  # noqa: S101 - a configured context has one
        return connection

    @property
    def tables(self) -> Tables:
        """The registry's tables, which stand beside the version table."""
        return make_tables(self.context.version_table_schema)

    @property
    def recorded(self) -> frozenset[str]:
        """The plugins that have a row in the registry."""
        return self._recorded

    @property
    def catch_up(self) -> Plan:
        """What records what another tool has done to the version table since."""
        return self._catch_up

    def assume(self, state: State) -> None:
        """Take the database to be in `state`, which offline mode cannot read."""
        from .renaming import check_renamed

        check_renamed(state)
        self.session.update(state)
        self._recorded = frozenset(state.plugins.keys() - state.lost)

    def read(self) -> bool:
        """Read what the database remembers, with what another tool has done to it since.

        Return whether that is something else than when it was read before.
        """
        versions = _alembic.version_table(self.context)
        trusted = self.session.settings.trusted_roles
        state = read_state(self.connection, versions, self.tables, trusted)
        self.end_reading()
        if state.host_schema != state.first_schema:
            self._path.put_first(state.host_schema)
        if state == self._state:
            return False
        self._state = state
        self.session.update(state, self)
        known = self.session.state
        self._recorded = frozenset({*known.plugins, *known.quarantined} - known.lost)
        self._catch_up = plan_catch_up(self.session)
        if self._catch_up.transactions:
            caught_up = simulate(self.session, self._catch_up, schema_created=False)
            self.session.update(caught_up, self)
        return True

    def read_anew(self) -> None:
        """Read all of it, be it as it was: a rename that has failed changes what it means."""
        self._state = None
        self.read()

    def keep_host_first(self, plan: Plan) -> None:
        """Keep the host's schema first where a plugin's will come, by which the role is called."""
        state = self.session.state
        new = {step.plugin for step in plan.steps} - {HOST, *state.plugins}
        spaces = [self.session.find_plugin(name).namespace for name in new]
        if any(isinstance(space, Schema) and space.name == state.role for space in spaces):
            self._path.put_first(state.host_schema)

    def put_back_path(self) -> None:
        """Put the search path back that was found."""
        self._path.put_back()

    def end_reading(self) -> None:
        """End the transaction that reading has begun: nobody may wait for what it has locked."""
        if not (self.context.as_sql or _alembic.in_external_transaction(self.context)):
            self.connection.rollback()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in the block, and end the transaction that this has begun, if it has begun one."""
        fresh = not self.connection.in_transaction()
        yield self.connection
        if fresh:
            self.end_reading()

    def find_users(self, name: str) -> "Dependents":
        """Return what depends on a plugin's objects, by the plugin that it belongs to."""
        from ..loading.dependencies import find_dependents

        with self.reading() as connection:
            return find_dependents(connection, self.tables, self.session, name)

    def find_sources(self, revisions: Sequence[str]) -> Mapping[str, str]:
        """Return files of applied revisions as they were then."""
        from ..registry.history import read_sources

        with self.reading() as connection:
            return read_sources(connection, self.tables, revisions)

    def read_made(self, name: str) -> "tuple[RecordedObject, ...]":
        """Return what the revisions of a plugin have made."""
        from ..namespaces.recorded import read_recorded

        with self.reading() as connection:
            plugins = self.session.state.plugins.values()
            rows = read_recorded(connection, self.tables, VERSION, plugins, "")
        return tuple(row for row in rows if row.plugin == name and row.made)
