"""Revisions of what was changed by hand that are written without being asked for each."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeAlias

from .._base_errors import PluginError
from ..config.settings import AUTOMIGRATE
from ..execution.migrator import Migrator
from ..loading.session import Session
from ..plugin import HOST
from .named_plugins import warn_of_unknown

# Most hosts capture nothing by themselves: then it, and all that it needs, is not imported.
if TYPE_CHECKING:
    from ..capture.results import Capture

log = logging.getLogger(__name__)

Captured: TypeAlias = "tuple[str, Capture | PluginError]"
"""A branch, and what was captured of it, or why it cannot be."""


def capture_before_upgrade(
    migrator: Migrator, names: Iterable[str] = (), *, dry_run: bool = False
) -> None:
    """Capture what was changed by hand, where the configuration says so, and tell what was written.

    What cannot be captured is a warning, and the upgrade goes on.

    Args:
        migrator: leads to the database.
        names: what the upgrade is about; none are the host and all plugins that are installed.
        dry_run: only say what would be captured.
    """
    session = migrator.session
    if not session.settings.automigrate or migrator.context.as_sql:
        return
    warn_of_unknown(session, AUTOMIGRATE, session.settings.automigrate)
    chosen = find_chosen(session, names)
    chosen = [name for name in chosen if _is_named(session, name)]
    if not chosen:
        return
    if dry_run:
        from ..capture.changed import find_changed

        for name in find_changed(migrator, chosen):
            log.warning("'%s' was changed by hand, which an upgrade captures before it.", name)
        return
    from ..checks.formats import find_path

    for _, found in capture_changed(migrator, chosen):
        if isinstance(found, PluginError):
            log.warning("%s The upgrade goes on.", found)
        elif found.file is not None:
            words = "'%s' was changed by hand: wrote %s, and recorded it as applied."
            log.warning(words, found.plugin, find_path(found.file))


def capture_changed(migrator: Migrator, names: Sequence[str] = ()) -> Iterator[Captured]:
    """Capture what was changed by hand, and yield what was written, or why it cannot be.

    One process does that at a time: another one finds nothing to capture any more, or waits.

    Args:
        migrator: leads to the database.
        names: the branches; none are all.
    """
    from ..capture.changed import find_changed

    if not find_changed(migrator, names):
        return
    with migrator.capturing():
        migrator.session.forget_files()
        migrator.read()
        for name in find_changed(migrator, names):
            found = _capture(migrator, name)
            migrator.read()
            # It was taken back meanwhile, or somebody has captured it.
            if not isinstance(found, PluginError) or find_changed(migrator, [name]):
                yield name, found


def _capture(migrator: Migrator, name: str) -> "Capture | PluginError":
    from ..capture.run import capture
    from ..config.errors import ConnectionFailed, ConnectionLost

    try:
        return capture(migrator, name)
    except (ConnectionFailed, ConnectionLost):
        raise
    except PluginError as error:
        migrator.end_reading()
        return error


def find_chosen(session: Session, names: Iterable[str]) -> list[str]:
    """Return the branches of some names that the database has, with a revision.

    No names are all branches, or those that the configuration names, if it names some.
    """
    there = [name for name in (HOST, *session.state.plugins) if session.state.heads(name)]
    wanted = set(names)
    if wanted:
        return [name for name in there if name in wanted]
    if session.settings.automigrate:
        return [name for name in there if _is_named(session, name)]
    return there


def _is_named(session: Session, name: str) -> bool:
    """Tell whether the configuration says that changes of a branch are captured."""
    declared = None if name == HOST else session.declaration(name)
    formerly = declared.formerly if declared is not None else ()
    return session.settings.captures(name, *formerly)
