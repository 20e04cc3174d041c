"""Bring plugins back from a backup, and see to what a command has left that was ended.

pg_restore brings objects and the registry's rows together, in one transaction. Where the rows are
in the staging schema, all is there, and only registering is left: whoever comes next does that.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from .. import _alembic
from .._base_errors import PluginError
from ..backup import archive
from ..backup.extras import bring_back, find_gone_roles, find_kinds_left_to_us, read_written
from ..catalog.objects import DatabaseObject
from ..catalog.queries import has_schema
from ..connection.writer import RegistryWriter
from ..hooks import Moment
from ..loading.dependencies import find_users
from ..loading.errors import BrokenHooks
from ..loading.session import Session
from ..namespaces.ddl import drop_schema
from ..namespaces.drops import Dropper
from ..namespaces.errors import ObjectsInUse
from ..namespaces.object_statements import forget_epoch
from ..namespaces.ownership import read_ownership, read_plugin_objects
from ..planning.hooks import find_hooks
from ..planning.upkeep import check_returning
from ..plugin import Schema
from ..registry.reading import read_kept
from ..registry.state import InstalledPlugin, State
from ..registry.statements import mark_restored
from ..registry.tables import BACKUP_SCHEMA, make_tables
from .backup_run import copy_rows
from .errors import NotBroughtBack, NotInBackup
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

log = logging.getLogger(__name__)


class Restorer:
    """Bring plugins back from backups.

    Args:
        writer: executes and records.
    """

    def __init__(self, writer: RegistryWriter) -> None:
        self._writer = writer
        self._rows = make_tables(BACKUP_SCHEMA)

    def finish_transfer(self) -> None:
        """Complete the backup or restore of a command that was ended, or undo it."""
        transfer = self._read_transfer()
        if transfer is not None:
            self._finish(transfer)

    def bring_back(self, path: Path, name: str) -> tuple[str, ...]:
        """Bring back the plugins of a backup, with data and registry rows; return their names.

        Raises:
            AlreadyInstalled: the database has one of them.
            NotInBackup: `name` is none of them.
            RestoreFailed: pg_restore says why.
            RequirementNotInstalled: something that one of them needs is not there.
            NamespaceConflict: another plugin has taken a namespace.
        """
        connection = self._writer.connection
        identity = archive.read_identity(connection, path, BACKUP_SCHEMA)
        transfer = self._read_transfer()
        if transfer is not None:
            kept = self._finish(transfer, name if transfer.backup != identity else None)
        else:
            kept = self._find_restored_by_hand(identity, name)
            if kept is not None:
                self._register(kept, path)
        if kept is None or name not in self._find_names(kept):
            kept = self._restore(path, name, identity or str(uuid4()))
        return tuple(kept.plugins)

    def _find_names(self, kept: State) -> set[str]:
        """Return the names of the plugins of a backup, as it has them and as they are now."""
        return {*kept.plugins, *map(self._writer.session.renames.find_current, kept.plugins)}

    def _read_transfer(self) -> Transfer | None:
        """Return what a command of this registry has left in the staging schema."""
        with _alembic.transaction(self._writer.context):
            found = read_transfer(self._writer.connection)
            return found if found and found.registry == find_registry(self._writer) else None

    def _finish(self, transfer: Transfer, unwanted: str | None = None) -> State | None:
        """Register what was restored; return that, and None where nothing was.

        Where a plugin that is `unwanted` is among it, all of it is dropped instead.
        """
        end_programs(self._writer, transfer.backup)
        with _alembic.transaction(self._writer.context):
            kept = self._read_restored() if transfer.action is Action.RESTORE else None
            if kept is None:
                drop_staging(self._writer)
        if kept is None:
            if transfer.action is Action.BACKUP:
                remove_files(transfer, self._writer)
            return None
        if unwanted in self._find_names(kept):
            self._undo(kept, transfer.path)
            return None
        self._register(kept, transfer.path)
        return kept

    def _read_restored(self) -> State | None:
        """Return what is staged, where its plugins are not registered."""
        if not has_staged(self._writer.connection):
            return None
        kept = read_kept(self._writer.connection, self._rows)
        state = self._writer.session.state
        known = {*state.plugins, *state.quarantined}
        return kept if known.isdisjoint(kept.plugins) else None

    def _find_restored_by_hand(self, identity: str | None, name: str) -> State | None:
        """Return what is staged, where an operator's own pg_restore has brought it back."""
        connection = self._writer.connection
        with _alembic.transaction(self._writer.context):
            if identity is None or read_staged_identity(connection) != identity:
                return None
            kept = self._read_restored()
            if kept is None or name not in self._find_names(kept):
                return None
            ownership = read_ownership(connection, self._rows, kept)
            return kept if read_plugin_objects(connection, ownership, name).made else None

    def _restore(self, path: Path, name: str, identity: str) -> State:
        """Run pg_restore, when what the plugins need is known to be there."""
        writer = self._writer
        with self._clean_up(identity):
            with _alembic.transaction(writer.context):
                begin_transfer(writer, Action.INSPECT, identity, path)
            archive.restore(
                writer.connection, path, only=BACKUP_SCHEMA, identity=identity, with_roles=False
            )
            with _alembic.transaction(writer.context):
                kept = read_kept(writer.connection, self._rows)
                extras = read_written(writer.connection)
                gone = find_gone_roles(writer.connection, extras)
                change_transfer(writer, Action.RESTORE)
                present = _find_present(writer, kept.plugins.values())
            if name not in self._find_names(kept):
                raise NotInBackup(name, str(path), tuple(kept.plugins))
            for plugin in kept.plugins.values():
                check_returning(writer.session, plugin, kept)
                find_hooks(writer.session, plugin.name, Moment.AFTER_INSTALL)  # They can be loaded.
            present = [BACKUP_SCHEMA, *present]
            archive.restore(
                writer.connection,
                path,
                present=present,
                identity=identity,
                with_roles=not gone,
                without=find_kinds_left_to_us(extras) if gone else (),
            )
        self._register(kept, path)
        return kept

    @contextmanager
    def _clean_up(self, identity: str) -> Iterator[None]:
        """Leave nothing where the block is refused, unless it was done all the same."""
        writer = self._writer
        try:
            yield
        except PluginError:
            end_programs(writer, identity)
            with _alembic.transaction(writer.context):
                found = read_transfer(writer.connection)
                is_back = found and found.action is Action.RESTORE and has_staged(writer.connection)
                if found and found.backup == identity and not is_back:
                    drop_staging(writer)
            if not is_back:
                raise

    def _register(self, kept: State, path: Path) -> None:
        writer, ours = self._writer, self._writer.tables
        with _alembic.transaction(writer.context):
            writer.ensure_tables()
            for statement in copy_rows(self._rows, ours, list(kept.plugins), kept.registry):
                writer.execute(statement)
            # All that was brought back has other numbers than before.
            writer.execute(forget_epoch(ours, list(kept.plugins)))
            writer.execute(mark_restored(ours, list(kept.plugins)))
            writer.bind_objects()
            for plugin in kept.plugins.values():
                # It is called when the plugin is there, by this command or the next one.
                installing = _has_hook(writer.session, plugin.name)
                restored = replace(plugin, installing=installing)
                writer.pending.add_restored(restored, kept.of(plugin.name))
                writer.pending.add_event(plugin.name, "restore", (), None, detail=f"from {path}")
            lost = tuple(bring_back(writer.connection, read_written(writer.connection)))
            drop_staging(writer)
            writer.flush()
        if lost:
            log.warning("%s", NotBroughtBack(path, lost))

    def _undo(self, kept: State, path: Path) -> None:
        """Drop what was brought back and is not registered.

        Raises:
            ObjectsInUse: something else has come to depend on it.
        """
        writer = self._writer
        names = list(kept.plugins)
        with _alembic.transaction(writer.context):
            ownership = read_ownership(writer.connection, self._rows, kept)
            items: dict[DatabaseObject, None] = {}
            for name in names:
                found = read_plugin_objects(writer.connection, ownership, name)
                items |= dict.fromkeys((*found.objects, *found.unknown))
            dropper = Dropper(writer.connection, writer.execute, names[0])
            dropper.lock(items, ())
            users = find_users(writer.connection, ownership, items, names).values()
            if any(users):
                raise ObjectsInUse(names[0], tuple(str(user) for them in users for user in them))
            dropper.drop(items, ())
            for plugin in kept.plugins.values():
                if plugin.schema_created and isinstance(plugin.namespace, Schema):
                    writer.execute(drop_schema(plugin.namespace.name))
            drop_staging(writer)
        words = "What an interrupted restore of '%s' has brought back of %s is dropped."
        log.warning(words, path, ", ".join(names))


def _has_hook(session: Session, name: str) -> bool:
    """Tell whether a plugin has a hook that is called after its install, as far as can be told."""
    try:
        return bool(find_hooks(session, name, Moment.AFTER_INSTALL))
    except BrokenHooks:
        return True


def _find_present(writer: RegistryWriter, plugins: Iterable[InstalledPlugin]) -> list[str]:
    """Return the schemas of plugins that are there, be it with what is another's."""
    return [
        plugin.namespace.name
        for plugin in plugins
        if isinstance(plugin.namespace, Schema) and has_schema(writer.connection, plugin.namespace)
    ]
