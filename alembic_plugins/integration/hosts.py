"""Which configurations are of hosts that use us, and what Alembic's own commands see there."""

import atexit
import gc
import logging
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from configparser import Error as ConfigParserError
from contextlib import ExitStack, redirect_stdout, suppress
from functools import partial
from pathlib import Path
from threading import Lock, get_ident
from types import FrameType
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import Revision, RevisionError
from alembic.util import CommandError, err
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from .. import _alembic
from .._base_errors import (
    PluginError,
    explain,
    foreign_code,
)
from .._quoting import quoting_as, quoting_with
from .._warnings import tell_once
from ..config.arguments import check_arguments, find_global_options, read_scope
from ..config.database import translate_errors
from ..config.errors import BrokenConfiguration, ReferenceFailed, WrongUrl
from ..config.phases import check_phaseless
from ..config.references import load_reference
from ..config.settings import describe_fault
from ..config.waiting import read_connect_wait, waiting_for_server
from ..loading.session import Session
from ..plugin import HOST
from ..registry.state import State
from ..revisions.branches import Branch, BranchMap
from ..revisions.errors import DuplicateRevision, UnknownRevision
from .errors import AlreadyRunning, Cancelled, FlaskNeeded, NotAHost, PastEnvironment
from .flask import find_flask_program
from .streams import ensure_streams

log = logging.getLogger(__name__)

_COMMAND = "alembic_plugins.command"
_SESSION = "alembic_plugins.session"
_SCOPES = "alembic_plugins.scopes"


def run_command(
    function: Callable[..., Any],
    config: Config,
    *args: Any,  # noqa: ANN401 - any command
    **options: Any,  # noqa: ANN401 - any command
) -> Any:  # noqa: ANN401 - any command
    """Run a command; where the host is one of ours, raise in words what can be foreseen.

    What one of our own commands prints to stdout is its answer; its failure goes to stderr.
    """
    config.attributes[_COMMAND] = getattr(function, "__name__", None)
    ensure_streams(config)
    try:
        with quoting_with(find_global_options(config)), tell_once():
            return _run_command(function, config, *args, **options)
    except CommandError as error:
        if not _is_ours(function) or config.cmd_opts is None or config.cmd_opts.raiseerr:
            raise
        with redirect_stdout(sys.stderr):
            err(str(error), **config.messaging_opts)


def _is_ours(function: Callable[..., Any]) -> bool:
    return function.__module__.startswith("alembic_plugins.")


def _run_command(
    function: Callable[..., Any],
    config: Config,
    *args: Any,  # noqa: ANN401 - any command
    **options: Any,  # noqa: ANN401 - any command
) -> Any:  # noqa: ANN401 - any command
    try:
        return function(config, *args, **options)
    except KeyboardInterrupt as error:
        if _SESSION not in config.attributes:
            raise
        raise Cancelled from error
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be left to write at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(1) from None
    except (
        SQLAlchemyError,
        ConfigParserError,
        RevisionError,
        ImportError,
        RuntimeError,
        CommandError,
    ) as error:
        if not _is_ours(function) and _SESSION not in config.attributes:
            raise
        with translate_errors():
            raise _translate(error, config) from error


def _translate(error: Exception, config: Config) -> Exception:
    words = " ".join(str(error).split()).rstrip(".")
    if _needs_flask(error, config):
        return FlaskNeeded(str(config.config_file_name))
    if isinstance(error, ConfigParserError):
        return BrokenConfiguration(str(config.config_file_name), describe_fault(error))
    if isinstance(error, RevisionError):
        return UnknownRevision(read_scope(config) or HOST, config.attributes[_COMMAND], words)
    if isinstance(error, ArgumentError) and "URL" in str(error):
        return WrongUrl("the configuration", "cannot be read")  # Its words may hold a password.
    return error


def _needs_flask(error: Exception, config: Config) -> bool:
    """Tell whether an error says that the environment of Flask-Migrate is run without Flask."""
    if isinstance(error, RuntimeError):
        return str(error).startswith("Working outside of application context")
    if not isinstance(error, CommandError) or config.get_alembic_option("script_location"):
        return False
    environment = Path(config.config_file_name or "").with_name("env.py")
    return environment.is_file() and b"current_app" in environment.read_bytes()


def adopt_script_directory(config: Config, script: ScriptDirectory) -> None:
    """Let a script directory of one of our hosts see independent branches.

    The branches are read when a command asks for one: all that are there, or the one that the
    command is about. A plugin that is broken is left out where all are asked for.

    Raises:
        PluginError: what keeps the command from being about the plugin that it names.
    """
    check_arguments(config)
    session = open_session(config, script)
    check_phaseless(config.attributes.get(_COMMAND), session.settings.phase)


class _Turn:
    """Lets one environment be run at a time: `context` and `op` of Alembic are the process's."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._thread: int | None = None

    def take(self) -> None:
        """Wait until no other thread runs an environment.

        Raises:
            AlreadyRunning: this one does, so that there is nothing to wait for.
        """
        if self._thread == get_ident():
            raise AlreadyRunning
        self._lock.acquire()
        self._thread = get_ident()

    def give_back(self) -> None:
        """Let other threads run their environments."""
        self._thread = None
        self._lock.release()


_turn = _Turn()


def begin_environment(environment: EnvironmentContext) -> None:
    """Wait until no other thread runs an environment of one of our hosts.

    Raises:
        AlreadyRunning: this thread runs one.
        InvalidOption: how long to wait for the server is no number of seconds.
    """
    seconds = read_connect_wait(environment.config)
    _turn.take()
    scope = ExitStack()
    if seconds:
        from ..execution.display import make_display  # Most commands do not wait.

        display = scope.enter_context(make_display(environment.config))
        scope.enter_context(waiting_for_server(seconds, display.tell))
    program = find_flask_program(environment.config)
    if program:  # Its own commands do not come by Alembic's command line.
        scope.enter_context(quoting_as(program))
    environment.config.attributes.setdefault(_SCOPES, []).append(scope)


def end_environment(environment: EnvironmentContext) -> None:
    """Let other threads run their environments."""
    environment.config.attributes[_SCOPES].pop().close()
    _turn.give_back()


def open_session(config: Config, script: ScriptDirectory) -> Session:
    """Return the session of the command that `script` was made for.

    Raises:
        ReferenceFailed: ``plugin_bootstrap`` names no function, or the function raised.
    """
    known: Session | None = config.attributes.get(_SESSION)
    if known is not None and known.script is script:
        return known
    if known is None:
        if _COMMAND in config.attributes and hasattr(gc, "freeze"):
            atexit.register(gc.freeze)  # A program that ends needs not look for garbage once more.
        _bootstrap(config)
    session = config.attributes[_SESSION] = Session(config, script, State())
    _narrow(session)
    return session


def _narrow(session: Session) -> None:
    """Let Alembic see what the command is about."""
    config, script = session.config, session.script
    scope = read_scope(config)
    if scope is None and config.attributes.get(_COMMAND) == "merge":
        scope = HOST  # Revisions of different plugins are not to be merged.
    locations = session.host_folders.found
    if scope not in (None, HOST):
        # A plugin that is gone may still be in the database, which only env.py can tell.
        with suppress(PluginError):
            locations = (session.discovery.find(str(scope)).versions,)
    _alembic.set_version_locations(script, locations)
    shows_heads = config.attributes.get(_COMMAND) == "heads"
    branches = partial(find_branches, session, scope, alike=shows_heads)
    shown = _ShownMap(branches, scope or HOST, script.env_py_location)
    script.revision_map = shown
    generate = partial(_generate_revision, session, script.generate_revision)
    script.generate_revision = generate  # type: ignore[method-assign]
    if shows_heads:  # Others do more with them than to show them.
        script.get_revisions = shown.find_shown  # type: ignore[method-assign]


def _generate_revision(
    session: Session,
    generate: Callable[..., Script | None],
    *args: Any,  # noqa: ANN401 - as Alembic
    **options: Any,  # noqa: ANN401 - as Alembic
) -> Script | None:
    """Write a new revision; see `new_revisions.generate_revision`."""
    from .new_revisions import generate_revision  # Most commands write none.

    return generate_revision(session, generate, *args, **options)


class _ShownMap(BranchMap):
    """What commands show; an upgrade or downgrade is planned by us, on other maps.

    Alembic walks this one for it only where ``env.py`` names us and leaves the work to Alembic,
    which would then run all plugins' revisions in the host's schema.
    """

    def __init__(self, find: Callable[[], Sequence[Branch]], main: str, environment: str) -> None:
        super().__init__(find, main)
        self._environment = environment

    def iterate_revisions(
        self,
        upper: str | tuple[str, ...] | None,
        lower: str | tuple[str, ...] | None,
        implicit_base: bool = False,
        inclusive: bool = False,
        assert_relative_length: bool = True,
        select_for_downgrade: bool = False,
    ) -> Iterator[Revision]:
        """Walk revisions to show them.

        Raises:
            NotAHost: they are walked to be run, by ``env.py``.
            PastEnvironment: they are walked to be run, by a script.
        """
        if implicit_base or select_for_downgrade:
            at_fault = NotAHost if _is_running(self._environment) else PastEnvironment
            raise at_fault(self._environment)
        return super().iterate_revisions(
            upper, lower, inclusive=inclusive, assert_relative_length=assert_relative_length
        )


def _is_running(path: str) -> bool:
    """Tell whether a file is being executed by this thread."""
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code.co_filename != path:
        frame = frame.f_back
    return frame is not None


def find_branches(session: Session, scope: str | None, *, alike: bool = False) -> list[Branch]:
    """Return one branch, or all that are on disk and in order.

    Of those that have a revision of the same id the first one, or with `alike` all.
    """
    if scope is not None:
        return [session.branch(scope)]
    branches = [session.branch(HOST)]
    owners = dict.fromkeys(branches[0].infos, HOST)
    for name in session.discovery.names:
        try:
            branch = session.branch(name)
        except PluginError as error:
            log.warning("Plugin '%s' is left out. %s", name, error)
            continue
        twice = next(iter(branch.infos.keys() & owners.keys()), None)
        if twice is not None:
            warning = DuplicateRevision(twice, (f"in '{owners[twice]}'", f"in '{name}'"))
            log.warning("%s%s", "" if alike else f"Plugin '{name}' is left out. ", warning)
        if twice is None or alike:
            branches.append(branch)
            owners |= dict.fromkeys(branch.infos, name)
    return branches


def _bootstrap(config: Config) -> None:
    reference = config.get_alembic_option("plugin_bootstrap")
    if reference:
        function = load_reference("plugin_bootstrap", reference)
        option = "plugin_bootstrap"
        with foreign_code(lambda error: ReferenceFailed(option, reference, explain(error))):
            function()
