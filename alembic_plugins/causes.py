"""What the failure of a revision means, which may take a look at the database."""

from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

from . import _alembic
from .catalog import read_column_dependents, read_dependents
from .dependencies import read_branch_objects, read_session_ownership
from .errors import PluginError
from .failures import find_dependents_in_words, is_duplicate
from .journal import Journal
from .ownership import read_columns, sort_dependents
from .plan import Direction, Plan
from .plugin import HOST
from .refusals import MigrationFailed, MigrationInterrupted, ObjectsInUse, RevisionInUse
from .scribe import Scribe


def find_cause(scribe: Scribe, journal: Journal, plan: Plan, error: MigrationFailed) -> PluginError:
    """Return what a failure means; its transaction has been rolled back.

    Args:
        scribe: whose connection has met it.
        journal: tells whether the revision had committed something.
        plan: what was run.
        error: the failure.
    """
    facts = (error.plugin, error.revision, error.function, error.reason)
    if error.plugin in scribe.session.state.leftover:
        command = f"alembic plugin uninstall {error.plugin} --purge"
        left = f"{error.reason}; what its downgrades have left, '{command}' drops"
        return MigrationFailed(*facts[:3], left)
    if is_duplicate(error) and error.plugin not in {HOST, *scribe.session.state.plugins}:
        command = f"alembic plugin adopt {error.plugin}"
        made = f"{error.reason}; what its revisions have made before, '{command}' records"
        return MigrationFailed(*facts[:3], made)
    # Where the connection is lost, nothing more is to be had.
    with suppress(SQLAlchemyError), _alembic.transaction(scribe.context):
        if journal.is_written and not journal.is_empty:
            return MigrationInterrupted(*facts, journal.find_invalid())
        dependents = find_dependents_in_words(error)
        if dependents and error.function == Direction.DOWNGRADE:
            return _find_dependents(scribe, error.plugin, dependents, plan) or error
    return error


def _find_dependents(scribe: Scribe, name: str, words: str, plan: Plan) -> PluginError | None:
    """Return who leans on what a downgrade was to drop, of what PostgreSQL has named."""
    session, state = scribe.session, scribe.session.state
    ownership = read_session_ownership(scribe.connection, scribe.tables, session)
    objects = read_branch_objects(scribe.connection, ownership, name)
    if name in scribe.ledger.plugins:
        scribe.enter(name, plan)  # How PostgreSQL names things depends on the search path.
    columns = read_columns(scribe.connection, ownership, name)
    found = read_dependents(scribe.connection, {item.key for item in objects})
    found += read_column_dependents(scribe.connection, columns)
    scribe.leave()
    named = tuple(item for item in found if str(item) in words)
    owners = sort_dependents(ownership, named).keys() - {name}
    if owners and owners <= state.plugins.keys():
        return RevisionInUse(name, tuple(owners))
    return ObjectsInUse(name, tuple(str(item) for item in named)) if named else None
