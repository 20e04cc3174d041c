"""What ``env.py`` calls, and how a command's work gets from there to the migrator."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from io import StringIO
from typing import Any, Generic, TypeVar

from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection

from .. import _alembic
from .._base_errors import InvalidOption
from .._warnings import tell_once
from ..config.database import DRIVERS, translate_errors
from ..config.references import load_reference
from ..connection.autobegin import end_autobegun
from ..connection.visits import is_autocommit
from ..execution.migrator import PROGRESS, Migrator
from ..loading.session import Session
from ..planning import targets
from ..planning.identifiers import split_target
from ..planning.projection import simulate
from ..planning.squashes import find_squashed
from ..plugin import HOST
from ..registry.state import State
from ..registry.tables import VERSION
from .errors import ConnectionIgnored, NotAHost, NoTransactions, UnsupportedDriver
from .hosts import open_session

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
                from .stock import run_stock  # Our own commands do without.

                run_stock(migrator, environment, work)
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
        from .stock import find_start

        scope, revision = find_start(session, context.opts)
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
