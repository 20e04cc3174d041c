"""What a shell offers when the tabulator key is pressed, by the package argcomplete.

Plugins are looked for on disk: no database is asked, and nothing of a plugin is imported.
"""

import sys
from argparse import Action, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from alembic.config import CommandLine, Config
from alembic.util import CommandError

from .. import _alembic
from ..config.discovery import Discovery
from ..config.settings import read_settings
from ..integration.errors import NoCompletion
from ..plugin import HOST

_SETTINGS = ("plugin", "phase", "wait", "cascade", "yes", "without_hooks", "fail_fast")
"""What may come after ``-x``."""


def print_completion(config: Config, shell: str) -> None:
    """Print what makes a shell complete alembic's commands, options and plugins."""
    try:
        from argcomplete.shell_integration import shellcode
    except ImportError as error:
        raise NoCompletion from error
    config.print_stdout("%s", shellcode(["alembic"], shell=shell).rstrip())


def answer(command_line: CommandLine) -> None:
    """Answer the shell that has asked by the environment, and end the process.

    Without argcomplete there is no answer: the command line, which has no arguments then, is
    refused as ever.
    """
    try:
        from argcomplete import autocomplete
        from argcomplete.completers import FilesCompleter
    except ImportError:
        return
    files = FilesCompleter()

    def complete(prefix: str, action: Action, parsed_args: Namespace, **_: object) -> Iterable[str]:
        found = find_words(command_line, action.dest, parsed_args)
        return files(prefix) if found is None else found

    completer: Any = complete  # Its own class is but a protocol, which is not there without it.
    autocomplete(command_line.parser, always_complete_options="long", default_completer=completer)


def find_words(command_line: CommandLine, argument: str, given: Namespace) -> Iterable[str] | None:
    """Return what may stand for an argument; None is the name of a file.

    Args:
        command_line: Alembic's.
        argument: what argparse calls it.
        given: what stands before it.
    """
    if argument == "x":
        names = _find_plugins(command_line, given)
        return [*(f"{key}=" for key in _SETTINGS[1:]), *(f"plugin={name}" for name in names)]
    if argument in ("plugin", "plugins"):
        return [HOST, *_find_plugins(command_line, given)]
    if argument == "revision" and hasattr(given, "plugin"):
        return ["-1", "base"]
    if argument in ("revision", "revisions"):
        names = (HOST, *_find_plugins(command_line, given))
        return ["head", "heads", "base", *(f"{name}@head" for name in names)]
    return None if argument in ("config", "path", "backup", "folder", "version_path") else ()


def _find_plugins(command_line: CommandLine, given: Namespace) -> Iterable[str]:
    """Return the plugins on disk; none where the configuration is wrong: this is not told here."""
    try:
        toml, ini = _alembic.find_config_files(command_line, given)
        config = Config(ini, toml_file=toml, ini_section=getattr(given, "name", "alembic"))
        for folder in config.get_prepend_sys_paths_list() or ():
            sys.path.insert(0, str(Path(folder).absolute()))
        return Discovery(read_settings(config)).names
    except (CommandError, OSError, ValueError):
        return ()
