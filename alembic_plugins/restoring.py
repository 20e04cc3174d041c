"""Bring plugins back from a backup, and see to what a command has left that was ended.

pg_restore brings objects and the registry's rows together, in one transaction. Where the rows are
in the staging schema, all is there, and only registering is left: whoever comes next does that.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from . import _alembic, backup
from .catalog import has_schema
from .custody_errors import NotBroughtBack
from .dependencies import find_users
from .drops import Dropper
from .errors import PluginError
from .extras import bring_back, find_gone_roles, read_written
from .namespaces import drop_schema
from .objects import DatabaseObject
from .ownership import read_holdings, read_ownership
from .plan import Fate
from .plugin import Schema
from .records import forget_epoch
from .refusals import ObjectsInUse
from .registry import InstalledPlugin, State, read_kept
from .safekeeping import copy_rows
from .scribe import Scribe
from .staging import (
    Action,
    Transfer,
    begin_transfer,
    change_transfer,
    drop_staging,
    end_programs,
    find_registry,
    has_staged,
    read_staged_identity,
    read_transfer,
    remove_files,
)
from .tables import BACKUP_SCHEMA, make_tables
from .upkeep import check_returning
from .upkeep_errors import NotInBackup

log = logging.getLogger(__name__)


class Restorer:
    """Bring plugins back from backups.

    Args:
        scribe: who executes and records.
    """

    def __init__(self, scribe: Scribe) -> None:
        self._scribe = scribe
        self._rows = make_tables(BACKUP_SCHEMA)

    def settle(self) -> None:
        """Complete what a command has left that was ended, or take it back."""
        transfer = self._read_transfer()
        if transfer is not None:
            self._settle(transfer)

    def bring_back(self, path: Path, name: str) -> tuple[str, ...]:
        """Bring back the plugins of a backup, with data and registry rows; return their names.

        Raises:
            AlreadyInstalled: the database has one of them.
            NotInBackup: `name` is none of them.
            RestoreFailed: pg_restore says why.
            RequirementNotInstalled: something that one of them needs is not there.
            NamespaceConflict: another plugin has taken a namespace.
        """
        connection = self._scribe.connection
        identity = backup.read_identity(connection, path, BACKUP_SCHEMA)
        transfer = self._read_transfer()
        if transfer is not None:
            kept = self._settle(transfer, name if transfer.backup != identity else None)
        else:
            kept = self._find_restored_by_hand(identity, name)
            if kept is not None:
                self._register(kept, path)
        if kept is None or name not in kept.plugins:
            kept = self._restore(path, name, identity or str(uuid4()))
        return tuple(kept.plugins)

    def _read_transfer(self) -> Transfer | None:
        """Return what a command of this registry has left in the staging schema."""
        with _alembic.transaction(self._scribe.context):
            found = read_transfer(self._scribe.connection)
            return found if found and found.registry == find_registry(self._scribe) else None

    def _settle(self, transfer: Transfer, unwanted: str | None = None) -> State | None:
        """Register what was restored; return that, and None where nothing was.

        Where a plugin that is `unwanted` is among it, all of it is dropped instead.
        """
        end_programs(self._scribe, transfer.backup)
        with _alembic.transaction(self._scribe.context):
            kept = self._read_restored() if transfer.action is Action.RESTORE else None
            if kept is None:
                drop_staging(self._scribe)
        if kept is None:
            if transfer.action is Action.BACKUP:
                remove_files(transfer, self._scribe)
            return None
        if unwanted in kept.plugins:
            self._undo(kept, transfer.path)
            return None
        self._register(kept, transfer.path)
        return kept

    def _read_restored(self) -> State | None:
        """Return what is staged, where its plugins are not registered."""
        if not has_staged(self._scribe.connection):
            return None
        kept = read_kept(self._scribe.connection, self._rows)
        state = self._scribe.session.state
        known = {*state.plugins, *state.quarantined}
        return kept if known.isdisjoint(kept.plugins) else None

    def _find_restored_by_hand(self, identity: str | None, name: str) -> State | None:
        """Return what is staged, where an operator's own pg_restore has brought it back."""
        connection = self._scribe.connection
        with _alembic.transaction(self._scribe.context):
            if identity is None or read_staged_identity(connection) != identity:
                return None
            kept = self._read_restored()
            if kept is None or name not in kept.plugins:
                return None
            ownership = read_ownership(connection, self._rows, kept)
            return kept if read_holdings(connection, ownership, name).made else None

    def _restore(self, path: Path, name: str, identity: str) -> State:
        """Run pg_restore, when what the plugins need is known to be there."""
        scribe = self._scribe
        with self._clean_up(identity):
            with _alembic.transaction(scribe.context):
                begin_transfer(scribe, Action.INSPECT, identity, path)
            backup.restore(
                scribe.connection, path, only=BACKUP_SCHEMA, identity=identity, with_roles=False
            )
            with _alembic.transaction(scribe.context):
                kept = read_kept(scribe.connection, self._rows)
                gone = find_gone_roles(scribe.connection, read_written(scribe.connection))
                change_transfer(scribe, Action.RESTORE)
                present = _find_present(scribe, kept.plugins.values())
            if name not in kept.plugins:
                raise NotInBackup(name, str(path), tuple(kept.plugins))
            for plugin in kept.plugins.values():
                check_returning(scribe.session, plugin, kept)
            present = [BACKUP_SCHEMA, *present]
            backup.restore(
                scribe.connection, path, present=present, identity=identity, with_roles=not gone
            )
        self._register(kept, path)
        return kept

    @contextmanager
    def _clean_up(self, identity: str) -> Iterator[None]:
        """Leave nothing where the block is refused, unless it was done all the same."""
        scribe = self._scribe
        try:
            yield
        except PluginError:
            end_programs(scribe, identity)
            with _alembic.transaction(scribe.context):
                found = read_transfer(scribe.connection)
                is_back = found and found.action is Action.RESTORE and has_staged(scribe.connection)
                if found and found.backup == identity and not is_back:
                    drop_staging(scribe)
            if not is_back:
                raise

    def _register(self, kept: State, path: Path) -> None:
        scribe, ours = self._scribe, self._scribe.tables
        with _alembic.transaction(scribe.context):
            scribe.ensure_tables()
            for statement in copy_rows(self._rows, ours, list(kept.plugins)):
                scribe.execute(statement)
            # All that was brought back has other numbers than before.
            scribe.execute(forget_epoch(ours, list(kept.plugins)))
            scribe.bind_objects()
            for plugin in kept.plugins.values():
                scribe.ledger.add_restored(plugin, kept.of(plugin.name))
                scribe.ledger.add_event(plugin.name, Fate.RESTORED, (), None, detail=f"from {path}")
            lost = tuple(bring_back(scribe.connection, read_written(scribe.connection)))
            drop_staging(scribe)
            scribe.flush()
        if lost:
            log.warning("%s", NotBroughtBack(path, lost))

    def _undo(self, kept: State, path: Path) -> None:
        """Drop what was brought back and is not registered.

        Raises:
            ObjectsInUse: something else has come to depend on it.
        """
        scribe = self._scribe
        names = list(kept.plugins)
        with _alembic.transaction(scribe.context):
            ownership = read_ownership(scribe.connection, self._rows, kept)
            items: dict[DatabaseObject, None] = {}
            for name in names:
                found = read_holdings(scribe.connection, ownership, name)
                items |= dict.fromkeys((*found.objects, *found.unknown))
            dropper = Dropper(scribe.connection, scribe.execute, names[0])
            dropper.lock(items, ())
            users = find_users(scribe.connection, ownership, items, names).values()
            if any(users):
                raise ObjectsInUse(names[0], tuple(str(user) for them in users for user in them))
            dropper.drop(items, ())
            for plugin in kept.plugins.values():
                if plugin.schema_created and isinstance(plugin.namespace, Schema):
                    scribe.execute(drop_schema(plugin.namespace.name))
            drop_staging(scribe)
        words = "What an interrupted restore of '%s' has brought back of %s is dropped."
        log.warning(words, path, ", ".join(names))


def _find_present(scribe: Scribe, plugins: Iterable[InstalledPlugin]) -> list[str]:
    """Return the schemas of plugins that are there, be it with what is another's."""
    return [
        plugin.namespace.name
        for plugin in plugins
        if isinstance(plugin.namespace, Schema) and has_schema(scribe.connection, plugin.namespace)
    ]
