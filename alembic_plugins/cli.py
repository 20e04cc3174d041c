"""The arguments of ``alembic plugin``, a command group of the stock ``alembic``."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

_PLUGIN = ("plugin", {"metavar": "NAME", "help": "the plugin's name"})
_PLUGINS = ("plugins", {"metavar": "NAME", "nargs": "+", "help": "plugins by name"})
_SOME_PLUGINS = ("plugins", {"metavar": "NAME", "nargs": "*", "help": "plugins by name"})
_ANY_PLUGIN = ("plugin", {"metavar": "NAME", "nargs": "?", "help": "one plugin only"})
_REVISION = ("revision", {"metavar": "REVISION", "help": "a revision id, -N or base"})

_JSON = ("--json", {"dest": "as_json", "help": "print JSON"})
_SQL = ("--sql", {"dest": "sql", "help": "print SQL instead of touching a database"})
_DRY_RUN = ("--dry-run", {"dest": "dry_run", "help": "print the plan and change nothing"})
_YES = ("--yes", {"dest": "yes", "help": "do not ask"})
_ALL = ("--all", {"dest": "all_plugins", "help": "every installed plugin, and the host"})
_CASCADE = ("--cascade", {"dest": "cascade", "help": "uninstall the plugins that depend on it too"})
_PURGE = ("--purge", {"dest": "purge", "help": "drop what the downgrades leave behind"})

Argument = tuple[str, dict[str, Any]]


def add_commands(subparsers: Any) -> None:  # noqa: ANN401 - argparse's class is private
    """Add ``plugin`` and its commands to Alembic's own."""
    from . import doors

    group = subparsers.add_parser("plugin", help="Install, uninstall and show plugins.")
    commands = group.add_subparsers(metavar="COMMAND", required=True)

    def add(
        name: str, door: Callable[..., None], positional: list[Argument], flags: list[Argument]
    ) -> None:
        line = (door.__doc__ or "").partition("\n")[0]
        parser: ArgumentParser = commands.add_parser(name, help=line, description=line)
        for argument, options in positional:
            parser.add_argument(argument, **options)
        for argument, options in flags:
            parser.add_argument(argument, action="store_true", **options)
        names = [argument for argument, _ in positional]
        parser.set_defaults(cmd=(door, names, [options["dest"] for _, options in flags]))

    add("list", doors.list_plugins, [], [_JSON])
    add("show", doors.show, [_PLUGIN], [_JSON])
    add("install", doors.install, [_PLUGINS], [_SQL, _DRY_RUN])
    add("upgrade", doors.upgrade, [_SOME_PLUGINS], [_ALL, _SQL, _DRY_RUN])
    add("downgrade", doors.downgrade, [_PLUGIN, _REVISION], [_YES, _SQL, _DRY_RUN])
    add("uninstall", doors.uninstall, [_PLUGINS], [_CASCADE, _PURGE, _YES, _SQL, _DRY_RUN])
    add("history", doors.history, [_ANY_PLUGIN], [_JSON])
