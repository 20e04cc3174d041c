"""What it means that a transaction has failed, which may take a look at the database."""

from collections.abc import Collection, Sequence
from contextlib import suppress
from itertools import takewhile

from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError

from .. import _alembic
from .._base_errors import PluginError, find_sqlstate, join
from ..catalog.queries import Dependent, read_column_dependents, read_dependents
from ..connection.blockers import find_blocker
from ..connection.errors import MigrationFailed
from ..connection.writer import RegistryWriter
from ..guard.errors import NamespaceViolation, TransactionEnded
from ..loading.dependencies import read_branch_objects, read_session_ownership
from ..loading.session import Session
from ..namespaces.errors import ObjectsInUse
from ..namespaces.ownership import Dependents, read_columns, sort_dependents
from ..planning.errors import RevisionInUse
from ..planning.operations import Call, Direction
from ..planning.plan import Plan, Transaction
from ..plugin import HOST, Schema
from ..revisions.failures import (
    find_dependents_in_words,
    is_duplicate,
    is_duplicate_schema,
    is_lock_timeout,
)
from .context import Context
from .errors import HookFailed, MigrationInterrupted

_UNDEFINED_TABLE = "42P01"


def find_cause(context: Context, transaction: Transaction, error: BaseException) -> BaseException:
    """Return what it means that a transaction has failed with an error, be it that error itself.

    The transaction is rolled back, where it was ours.
    """
    writer = context.writer
    failure = error
    if isinstance(error, TransactionEnded) and writer.is_committed:
        kept = f"{error.kept}, but what was committed midway stays"
        failure = TransactionEnded(error.plugin, error.revisions, kept)
    elif isinstance(error, HookFailed):
        kept = _describe_kept(context, transaction, error.plugin)
        reason = add_blocker(writer, error)
        is_there = transaction.action == "install"  # All but the hook was done before.
        failure = HookFailed(error.plugin, error.hook, reason, error.source, kept, is_there)
    elif isinstance(error, MigrationFailed):
        failure = _find_revision_cause(context, error)
    return _find_registry_loss(error, transaction.calls, writer.tables.names) or failure


def _describe_kept(context: Context, failed: Transaction, name: str) -> str:
    """Return what becomes of what was done to a plugin until one of its hooks has failed."""
    before = takewhile(lambda item: item is not failed, context.plan.transactions)
    earlier = [item for item in before if name in item.plugins]
    done = [f"'{c.id}'" for it in earlier for c in it.steps if c.runs and c.plugin == name]
    several = f"revisions {', '.join(done)} have" if done[1:] else f"revision {', '.join(done)} has"
    stays = [f"what {several} done"] if done else []
    stays += ["what was synced before"] if any(it.action == "sync" for it in earlier) else []
    stays += ["what is restored"] if failed.action == "install" else []
    stays += ["what was committed midway"] if context.writer.is_committed else []
    return HookFailed.kept + (f", but {' and '.join(stays)} stays" if stays else "")


def _find_revision_cause(context: Context, error: MigrationFailed) -> PluginError:
    """Return what it means that a revision has failed, after a look at the database."""
    writer, journal = context.writer, context.steps.journal
    advice = find_advice(writer.session, error)
    reason = f"{error.reason}; {advice}" if advice else add_blocker(writer, error)
    facts = (error.plugin, error.revision, error.function, reason)
    if not writer.is_ours:
        return MigrationFailed(*facts) if advice else error
    if error.plugin in writer.session.state.leftover:
        command = f"alembic plugin uninstall {error.plugin} --purge"
        left = f"{error.reason}; what its downgrades have left, '{command}' drops"
        return MigrationFailed(*facts[:3], left)
    if (
        is_duplicate(error)
        and not journal.is_written
        and (gone := _find_gone(writer.session, error))
    ):
        hint = "a revision that does what they did has to say so, replaces = [...]"
        made = f"{error.reason}; the database has {join(gone)}, without a file: {hint}"
        return MigrationFailed(*facts[:3], made)
    is_new = error.plugin not in {HOST, *writer.session.state.plugins}
    if is_duplicate(error) and is_new and not advice and not journal.is_written:
        command = f"alembic plugin adopt {error.plugin}"
        made = f"{error.reason}; what its revisions have made before, '{command}' records"
        return MigrationFailed(*facts[:3], made)
    # Where the connection is lost, nothing more is to be had.
    with suppress(SQLAlchemyError), _alembic.transaction(writer.context):
        if journal.is_written and not journal.is_empty:
            return MigrationInterrupted(*facts, journal.find_invalid())
        words = find_dependents_in_words(error)
        users = _find_users(writer, error.plugin, words, context.plan) if words else {}
        if users:
            return _explain_use(writer, error, users)
    return error if reason == error.reason else MigrationFailed(*facts)


def _find_gone(session: Session, error: MigrationFailed) -> tuple[str, ...]:
    """Return what the database has of a branch, or of none that is known, and no file makes."""
    state = session.state
    known = state.by_revision.keys() | state.unowned.keys()
    return (*session.remembered_branch(error.plugin).ahead, *(state.current_rows - known))


def find_advice(session: Session, error: MigrationFailed) -> str | None:
    """Return what a plugin could declare, and does not, for its revision not to fail."""
    name = error.plugin
    found = session.find_usable(name) if name != HOST else None
    if found is None:
        return None
    if isinstance(error.__cause__, NoSuchTableError):
        is_declared = found.declaration.transaction == "revision"
        advice = "declare transaction = 'revision' where revisions open other connections"
        return None if is_declared else advice
    namespace = found.namespace
    is_new = name not in session.state.plugins
    if is_duplicate_schema(error) and is_new and isinstance(namespace, Schema) and namespace.create:
        schema = f"schema {namespace.name} existing"
        return f"declare namespace = '{schema}' where revisions make the schema"
    return None


def add_blocker(writer: RegistryWriter, error: MigrationFailed | HookFailed) -> str:
    """Return the reason of a failure, with who held the lock that was waited for in vain."""
    blocker = find_blocker(writer.connection) if is_lock_timeout(error) else None
    return f"{error.reason}; the lock is held by {blocker}" if blocker else error.reason


def _explain_use(writer: RegistryWriter, error: MigrationFailed, users: Dependents) -> PluginError:
    """Return what it means that something has users which was to be dropped."""
    name = error.plugin
    owners = users.keys() - {name}
    words = tuple(_describe_user(item, owner) for owner, items in users.items() for item in items)
    if error.function == Direction.UPGRADE:
        reason = f"{error.reason}; it is used by {join(words)}"
        return MigrationFailed(name, error.revision, error.function, reason) if owners else error
    if owners and owners <= writer.session.state.plugins.keys():
        return RevisionInUse(name, tuple(owners), words)
    return ObjectsInUse(name, words)


def _describe_user(item: Dependent, owner: str) -> str:
    whose = {"": "", HOST: " of the host"}
    return str(item) + whose.get(owner, f" of plugin '{owner}'")


def _find_users(writer: RegistryWriter, name: str, words: str, plan: Plan) -> Dependents:
    """Return what uses what a revision was to drop, of what PostgreSQL has named, by branch."""
    session = writer.session
    ownership = read_session_ownership(writer.connection, writer.tables, session)
    objects = read_branch_objects(writer.connection, ownership, name)
    if name in writer.pending.plugins:
        writer.enter(name, plan)  # How PostgreSQL names things depends on the search path.
    columns = read_columns(writer.connection, ownership, name)
    found = read_dependents(writer.connection, {item.key for item in objects})
    found += read_column_dependents(writer.connection, columns)
    writer.leave()
    return sort_dependents(ownership, _find_described(found, words))


def _find_described(found: Sequence[Dependent], words: str) -> list[Dependent]:
    """Return those of some dependents that PostgreSQL names, each at the beginning of a line.

    The description of one may begin with that of another.
    """
    descriptions = [item.description for item in found]
    named = {
        max((d for d in descriptions if line.startswith(d)), key=len, default=None)
        for line in words.splitlines()
    }
    return [item for item in found if item.description in named]


def _find_registry_loss(
    error: BaseException, calls: Sequence[Call], names: Collection[str]
) -> NamespaceViolation | None:
    """Return what an error means where a table of the registry was there before revisions ran.

    Args:
        error: what a statement of ours was answered.
        calls: what was run in the transaction.
        names: the registry's tables.
    """
    if not isinstance(error, DBAPIError) or find_sqlstate(error.orig) != _UNDEFINED_TABLE:
        return None
    lost = [name for name in names if f'"{name}"' in str(error.orig)]
    if not lost or not calls:
        return None
    plugin = calls[-1].plugin
    revisions = tuple(call.id for call in calls if call.plugin == plugin)
    words = f"drops or renames table {lost[0]}, which says what is applied"
    return NamespaceViolation(plugin, revisions, (words,), ("leave that table alone",))
