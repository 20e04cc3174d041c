"""Capture what is changed by hand, again and again, while somebody works in the database.

Between two looks, nothing is held but a connection: no transaction and no lock. What is looked at
is cheap; definitions are read, and a revision is written, when something has changed and nothing
has for a while.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING

from .._base_errors import PluginError
from ..catalog.activity import read_activity
from ..catalog.queries import read_host_schema
from ..config.errors import AutomigrateForbidden, ConnectionFailed, ConnectionLost
from ..config.settings import PRODUCTION, read_settings
from ..config.sources import ConfigSource, open_config
from ..execution.migrator import Migrator
from ..planning.targets import check_installed
from ..plugin import HOST, Schema
from .automigrate import Captured, capture_changed, find_chosen
from .errors import WatchInterrupted
from .running import run_work
from .signals import finishing_first

if TYPE_CHECKING:
    from ..capture.results import Capture

INTERVAL_SECONDS = 1.0
PAUSE_SECONDS = 3.0


@dataclass(frozen=True)
class Clock:
    """What tells the time, and lets it pass."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


class Settling:
    """Tell when something has changed, and nothing has for a while.

    What is there at the beginning may have been changed before.

    Args:
        pause: how many seconds that is.
    """

    def __init__(self, pause: float) -> None:
        self._pause = pause
        self._seen: str | None = None
        self._since = 0.0
        self._is_due = False

    def look(self, activity: str, now: float) -> bool:
        """Tell whether it is time, and if so, no more until something changes again."""
        if activity != self._seen:
            self._seen, self._since, self._is_due = activity, now, True
        if not self._is_due or now - self._since < self._pause:
            return False
        self._is_due = False
        return True

    def begin_anew(self) -> None:
        """Take everything for changed: what it was time for has not been done."""
        self._seen = None


@dataclass
class Told:
    """What was said, which is not said again until something else is the case."""

    words: dict[str, str] = field(default_factory=dict)

    def is_new(self, name: str, found: object) -> bool:
        """Tell whether it was not said already, of a branch."""
        if not isinstance(found, PluginError):
            self.words.pop(name, None)
            return True
        is_new = self.words.get(name) != str(found)
        self.words[name] = str(found)
        return is_new


def watch_changes(
    source: ConfigSource,
    names: Sequence[str],
    *,
    interval: float = INTERVAL_SECONDS,
    pause: float = PAUSE_SECONDS,
    clock: Clock | None = None,
) -> Iterator["Capture | PluginError"]:
    """Yield what is captured, and what cannot be, until the caller has enough.

    Args:
        source: the host's configuration.
        names: the branches; none are those that the configuration names, or else all.
        interval: how many seconds are between two looks.
        pause: for how many seconds nothing must have changed.
        clock: tells the time.

    Raises:
        AutomigrateForbidden: the environment is marked as production.
        PluginError: what is wrong from the beginning, in words.
    """
    config = open_config(source)
    if read_settings(config).environment == PRODUCTION:
        raise AutomigrateForbidden("Watch a database that is for development")
    run_work(config, partial(_check, names=names), finishes_transfer=False)
    return _watch(source, names, interval, Settling(pause), clock or Clock())


def _check(migrator: Migrator, names: Sequence[str]) -> None:
    check_installed(migrator.session, [name for name in names if name != HOST])


def _watch(
    source: ConfigSource, names: Sequence[str], interval: float, settling: Settling, clock: Clock
) -> Iterator["Capture | PluginError"]:
    told = Told()
    while True:
        wait = partial(_wait, names=names, interval=interval, settling=settling, clock=clock)
        try:
            run_work(source, wait, finishes_transfer=False)
            with finishing_first():
                done = run_work(source, partial(_capture, names=names), finishes_transfer=False)
        except AutomigrateForbidden:
            raise
        except PluginError as error:
            found = _word(error, interval)
            if told.is_new("", found):
                yield found
            settling.begin_anew()
            clock.sleep(interval)
            continue
        told.is_new("", None)
        yield from (it for name, it in done if told.is_new(name, it) and _is_something(it))


def _is_something(found: "Capture | PluginError") -> bool:
    return isinstance(found, PluginError) or found.file is not None


def _word(error: PluginError, interval: float) -> PluginError:
    """Return an error as one after which it is tried again."""
    if isinstance(error, ConnectionFailed | ConnectionLost):
        return WatchInterrupted(error.reason, f"{interval:g}")
    return error


def _wait(
    migrator: Migrator, names: Sequence[str], interval: float, settling: Settling, clock: Clock
) -> None:
    """Return when something has changed, and nothing has for a while."""
    schemas = _find_schemas(migrator, names)
    while True:
        activity = read_activity(migrator.connection, schemas)
        migrator.end_reading()
        if settling.look(activity, clock.now()):
            return
        clock.sleep(interval)


def _find_schemas(migrator: Migrator, names: Sequence[str]) -> set[str]:
    """Return the schemas that branches are in, and that of the host, where new plugins are told."""
    state = migrator.session.state
    chosen = find_chosen(migrator.session, names)
    places = (state.plugins[name].place for name in chosen if name != HOST)
    host_schema = state.host_schema or read_host_schema(migrator.connection)
    return {host_schema, *(place.name for place in places if isinstance(place, Schema))}


def _capture(migrator: Migrator, names: Sequence[str]) -> list[Captured]:
    chosen = find_chosen(migrator.session, names)
    return list(capture_changed(migrator, chosen)) if chosen else []
