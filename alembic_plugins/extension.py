"""What Alembic loads: the entry point of group ``alembic.plugins``.

Alembic loads this module in every process, inside ``import alembic``, before `alembic.config` can
be imported. It imports only the standard library, and waits for the modules that it extends.
"""

from __future__ import annotations

import gc
import logging
import os
import sys
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

from ._detection import is_host, may_be_host

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Iterator, Sequence
    from importlib.abc import MetaPathFinder
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from alembic.config import CommandLine, Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.runtime.plugins import Plugin as AlembicExtension


def setup(extension: AlembicExtension) -> None:  # noqa: ARG001 - Alembic passes it
    """Extend Alembic's modules, as soon as they are there."""
    waiting = {}
    for name, extend in _EXTENSIONS.items():
        if name in sys.modules:
            _extend(extend)
        else:
            waiting[name] = extend
    if waiting:
        sys.meta_path.insert(0, cast("MetaPathFinder", _AfterImport(waiting)))


class _AfterImport:
    """Find modules as others do, and extend each when it has been executed.

    It is a meta path finder without the base class, whose module would have to be imported.
    """

    def __init__(self, waiting: dict[str, tuple[Callable[[], None], ...]]) -> None:
        self._waiting = waiting

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        extend = self._waiting.pop(fullname, None)
        if extend is None:
            return None
        if not self._waiting:
            sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec and spec.loader:
            execute = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                # What executes a module has it in sys.modules before it is complete.
                _extend(extend)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def _extend(steps: tuple[Callable[[], None], ...]) -> None:
    """Extend a module of Alembic's; never raise, since this runs in an import."""
    try:
        for step in steps:
            step()
    except Exception:
        logging.getLogger(__name__).exception("alembic-plugins could not extend Alembic")


def _import_ours(name: str) -> Any:  # noqa: ANN401 - a module
    """Return one of our modules, or None where that fails: Alembic works without us too."""
    try:
        return import_module(f"{__package__}.{name}")
    except Exception:
        logging.getLogger(__name__).exception("alembic-plugins cannot be used")
        return None


def _extend_command_line() -> None:
    from alembic.config import CommandLine

    init, run_cmd = CommandLine.__init__, CommandLine.run_cmd

    def extended_init(self: CommandLine, prog: str | None = None) -> None:
        init(self, prog)
        _add_commands_when_parsing(self)

    def extended_run_cmd(self: CommandLine, config: Config, options: Namespace) -> None:
        function, positional, keyword = options.cmd
        options.cmd = (_translated(function), positional, keyword)
        with _sparing_imports():
            run_cmd(self, config, options)

    CommandLine.__init__ = extended_init  # type: ignore[method-assign]
    CommandLine.run_cmd = extended_run_cmd  # type: ignore[method-assign]


def _add_commands_when_parsing(command_line: CommandLine) -> None:
    """Let a command line have our commands too, when all that a host adds to it are there."""
    parser = command_line.parser
    parse = parser.parse_known_args

    def parse_known_args(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - argparse's
        parser.parse_known_args = parse  # type: ignore[method-assign]
        cli = _import_ours("cli.arguments")
        if cli:
            completes = "_ARGCOMPLETE" in os.environ
            cli.add_commands(command_line.subparsers, at_once=completes)
            if completes:
                _answer_shell(command_line)
        return parse(*args, **options)

    parser.parse_known_args = parse_known_args  # type: ignore[method-assign]


def _answer_shell(command_line: CommandLine) -> None:
    completion = _import_ours("cli.completion")
    if completion:
        completion.answer(command_line)


@contextmanager
def _sparing_imports() -> Iterator[None]:
    """Look for no garbage in what has been imported, which takes as long as many a command."""
    if not hasattr(gc, "freeze"):
        yield  # It is another Python's collector.
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _translated(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a command that raises in words what can be foreseen, where the host is ours."""

    def run(config: Config, *args: Any, **options: Any) -> Any:  # noqa: ANN401 - any command
        is_ours = getattr(function, "__module__", "").startswith(f"{__package__}.")
        hosts = _import_ours("integration.hosts") if is_ours or may_be_host(config) else None
        if hosts is None:
            return function(config, *args, **options)
        return hosts.run_command(function, config, *args, **options)

    return run


def _extend_script_directory() -> None:
    from alembic.script import ScriptDirectory

    from_config = ScriptDirectory.from_config.__func__  # type: ignore[attr-defined]

    def extended_from_config(cls: type[ScriptDirectory], config: Config) -> ScriptDirectory:
        script: ScriptDirectory = from_config(cls, config)
        hosts = _import_ours("integration.hosts") if is_host(config, script) else None
        if hosts:
            hosts.adopt_script_directory(config, script)
        return script

    ScriptDirectory.from_config = classmethod(extended_from_config)  # type: ignore[assignment]


def _import_hosts_for(environment: EnvironmentContext) -> Any:  # noqa: ANN401 - a module
    ours = is_host(environment.config, environment.script)
    return _import_ours("integration.hosts") if ours else None


def _extend_environment() -> None:
    from alembic.runtime.environment import EnvironmentContext

    enter, leave = EnvironmentContext.__enter__, EnvironmentContext.__exit__

    def extended_enter(self: EnvironmentContext) -> EnvironmentContext:
        hosts = _import_hosts_for(self)
        if hosts:
            hosts.begin_environment(self)
        return enter(self)

    def extended_exit(self: EnvironmentContext, *error: Any) -> None:  # noqa: ANN401 - or None
        try:
            leave(self, *error)
        finally:
            hosts = _import_hosts_for(self)
            if hosts:
                hosts.end_environment(self)

    EnvironmentContext.__enter__ = extended_enter  # type: ignore[method-assign]
    EnvironmentContext.__exit__ = extended_exit  # type: ignore[method-assign]


def _extend_autogenerate() -> None:
    from alembic.autogenerate.api import AutogenContext

    init = AutogenContext.__init__

    def extended_init(self: AutogenContext, *args: Any, **options: Any) -> None:  # noqa: ANN401
        init(self, *args, **options)
        comparisons = _import_ours("integration.comparisons")
        if comparisons:
            comparisons.prepare_comparison(self)

    AutogenContext.__init__ = extended_init  # type: ignore[method-assign]


_EXTENSIONS = {
    "alembic.config": (_extend_command_line, _extend_script_directory, _extend_environment),
    # Alembic loads us from inside `alembic.autogenerate.api`, after which it imports this one.
    "alembic.autogenerate.rewriter": (_extend_autogenerate,),
}
"""What is extended when a module of Alembic's is there."""
